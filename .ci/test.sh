#!/bin/sh
# Runs the C tests and then the specs.  `make test` calls it; the environment says how:
#
#   BUILD=build SANITIZE= SPEC= .ci/test.sh C-TEST-PROGRAM…
#
# SPEC names the specs to run (all of spec/ when empty).  SANITIZE=1 runs with an aggressive
# collector and fails when a handle was left to it.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
build=${BUILD:-build}
failed=0

VBO_BUILD="$root/$build"
VBO_PEER="$root/$build/peer"
VBOLUA="$root/$build/vbolua"
VBOLUA_HISTORY=
export VBO_BUILD VBO_PEER VBOLUA VBOLUA_HISTORY
unset VBO_HOST VBO_USER VBO_PASSWORD VBO_PIN VBO_CA VBO_TRACE LUA_INIT LUA_INIT_5_4
export LC_ALL="${LC_ALL:-C.UTF-8}"

if [ -n "${SANITIZE:-}" ]; then
  # halt_on_error: UBSan only prints otherwise.
  export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"
  export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0"
  export VBO_CHECK_HANDLES=1 VBO_SANITIZE=1
  # A collection whenever memory has grown by a tenth.
  export LUA_INIT='collectgarbage("incremental", 110, 1000)'
fi

busted=$(command -v busted) || {
  echo "busted is missing: apt-get install lua-busted" >&2
  exit 1
}

for program in "$@"; do
  echo "== $(basename "$program")"
  "$program" || failed=1
done

if [ -z "${SPEC:-}" ]; then
  for name in ${FUZZ_TARGETS:-}; do
    echo "== fuzz corpus $name"
    "$build/fuzz/$name" "spec/fuzz/corpus/$name"/* || failed=1
  done
fi

# Each spec file in a process of its own, as many at a time as there are processors.
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
echo "== specs in vbolua, $jobs at a time"
# The interpreter has the module inside; the path is for specs that look at its files, or run a part
# of it in another process.
# shellcheck disable=SC2086  # a list of files
printf '%s\n' ${SPEC:-$(find spec -name '*_spec.lua' | LC_ALL=C sort)} |
  LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;;" LUA_CPATH="$VBO_BUILD/?.so;;" BUSTED="$busted" \
    xargs -n 1 -P "$jobs" .ci/spec.sh "$logs" || failed=1
find "$logs" -name '*.log' | LC_ALL=C sort | while read -r log; do
  spec=${log#"$logs/"}
  spec=${spec%.log}
  if grep -qx "$spec" "$logs/failed" 2>/dev/null; then
    echo "-- $spec"
    grep -av '^[0-9]* success.* pending' "$log"
  else
    sed -n '/^Pending/,$p' "$log"
  fi
done

# The bindings once more with a whole collection at every allocation, which is too slow for
# specs that hold much.
if [ -n "${SANITIZE:-}" ] && [ -z "${SPEC:-}" ]; then
  echo "== specs of the bindings, a collection at every allocation"
  LUA_INIT='collectgarbage("incremental", 1, 1000)' \
    LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;;" LUA_CPATH="$VBO_BUILD/?.so;;" \
    "$VBOLUA" "$busted" -o plainTerminal spec/core_spec.lua spec/server_spec.lua || failed=1
fi

# Stock Lua sees the module as LuaRocks and `make install` give it.  A sanitized module
# cannot be loaded by it.
if [ -z "${SANITIZE:-}" ] && [ -z "${SPEC:-}" ]; then
  stock=""
  for name in json core error catalogue examples; do
    [ -e "spec/${name}_spec.lua" ] && stock="$stock spec/${name}_spec.lua"
  done
  if [ -n "$stock" ]; then
    echo "== specs in stock lua5.4:$stock"
    # shellcheck disable=SC2086
    LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;;" LUA_CPATH="$VBO_BUILD/?.so;;" \
      lua5.4 "$busted" -o plainTerminal $stock || failed=1
  fi
fi
exit $failed
