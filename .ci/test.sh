#!/bin/sh
# Runs the C tests, the inputs that fuzzers found, and the specs.  `make test` calls it; the
# environment says how:
#
#   BUILD=build SANITIZE= SPEC= FUZZ_TARGETS= RETRY= .ci/test.sh C-TEST-PROGRAM...
#
# SPEC names the specs to run (all of spec/ when empty).  SANITIZE=1 runs with an aggressive
# collector and fails when a handle was left to it.  RETRY=1 runs what failed once more by itself:
# what passes then is flaky, and listed by name.  The last line is the total.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
export BUILD="${BUILD:-build}"

VBO_BUILD="$root/$BUILD"
VBO_PEER="$root/$BUILD/peer"
VBOLUA="$root/$BUILD/vbolua"
VBOLUA_HISTORY=
export VBO_BUILD VBO_PEER VBOLUA VBOLUA_HISTORY
if [ -e "$VBO_BUILD/kill.so" ]; then export VBO_KILL_SHIM="$VBO_BUILD/kill.so"; fi
unset VBO_HOST VBO_USER VBO_PASSWORD VBO_PIN VBO_CA VBO_TRACE VBO_JOURNAL STATE_DIRECTORY LUA_INIT LUA_INIT_5_4
export LC_ALL="${LC_ALL:-C.UTF-8}"
# The interpreter has the module inside; the path is for specs that look at its files, or run a part
# of it in another process, and for stock Lua.
export LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;;" LUA_CPATH="$VBO_BUILD/?.so;;"

if [ -n "${SANITIZE:-}" ]; then
  # halt_on_error: UBSan only prints otherwise.
  export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"
  export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0"
  export VBO_CHECK_HANDLES=1 VBO_SANITIZE=1
  # A collection whenever memory has grown by a tenth.
  export LUA_INIT='collectgarbage("incremental", 110, 1000)'
fi

BUSTED=$(command -v busted) || {
  echo "busted is missing: apt-get install lua-busted" >&2
  exit 1
}
export BUSTED

logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
times=$BUILD/test-times
touch "$logs/results" "$times"

# In stock Lua the module is as LuaRocks and `make install` give it, which a sanitized one cannot be.
# A collection at every allocation is too slow for specs that hold much: it is for the bindings.
stock="base/json core/core base/error catalogue/catalogue contract/examples"
bindings="core/core core/server"

list() { # program...
  for program in "$@"; do echo "c $program"; done
  if [ -n "${SPEC:-}" ]; then
    for name in $SPEC; do echo "spec $name"; done
    return
  fi
  for name in ${FUZZ_TARGETS:-}; do echo "corpus $name"; done
  find spec -name '*_spec.lua' | sed 's/^/spec /'
  if [ -z "${SANITIZE:-}" ]; then
    for name in $stock; do echo "stock spec/${name}_spec.lua"; done
  else
    for name in $bindings; do echo "collector spec/${name}_spec.lua"; done
  fi
}

# Before any run of everything has written how long each takes.
long="cli/signals core/server contract/walk contract/faults contract/answer_fuzz contract/install
  contract/bad_input contract/versions contract/pages contract/upgrade contract/moved
  runtime/parallel"

# The longest first, so that the last ones end together: by the seconds that they took last time, in
# this build or another.
longest_first() {
  {
    for name in $long; do echo "spec spec/${name}_spec.lua 60"; done
    cat build*/test-times "$times" 2>/dev/null
    echo
    cat
  } | awk '
    NF == 3 { seconds[$1 " " $2] = $3 }
    NF == 2 { print ($0 in seconds) ? seconds[$0] : 5, $0 }' |
    LC_ALL=C sort -k 1,1nr -k 2 | cut -d ' ' -f 2-
}

# Each in a process of its own, as many at a time as there are processors.
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}
echo "== tests, $jobs at a time"
list "$@" | longest_first | xargs -n 2 -P "$jobs" .ci/one.sh "$logs"

# A run of everything says how long each takes.
if [ -z "${SPEC:-}" ]; then
  awk '{ print $1, $2, $6 }' "$logs/results" >"$times"
fi

: >"$logs/flaky"
awk '$4 > 0 { print $1, $2 }' "$logs/results" | LC_ALL=C sort >"$logs/failed"
if [ -n "${RETRY:-}" ]; then
  mkdir "$logs/again"
  while read -r kind name; do
    echo "== once more: $name"
    if .ci/one.sh "$logs/again" "$kind" "$name" </dev/null; then
      echo "$kind $name" >>"$logs/flaky"
    fi
  done <"$logs/failed"
fi

is_flaky() { grep -qxF "$1" "$logs/flaky"; }

while read -r kind name; do
  if is_flaky "$kind $name"; then
    echo "-- flaky, it passed when it ran once more by itself: $name"
  else
    echo "-- failed: $name"
  fi
  grep -av -e '^[0-9]* success.* pending' -e '^\[ RUN ' -e '^\[       OK' "$logs/$kind/$name.log"
done <"$logs/failed"

# What is skipped, a line for each reason.
find "$logs" -name '*.log' ! -path "$logs/again/*" -exec cat {} + | awk '
  /^Pending -> / { title = 2; next }
  title == 2 { why = $0; title = 1; next }
  title == 1 {
    title = 0
    if (sub("^[^ ]*:[0-9]+: ", "")) why = $0
    reasons[why]++
  }
  /^\[  SKIPPED \] [a-z_]/ { reasons["not for this system: " $4]++ }
  END { for (why in reasons) print "skipped " reasons[why] ": " why }' | LC_ALL=C sort

while read -r _ name; do echo "flaky: $name"; done <"$logs/flaky"

# A flaky one counts as what it was when it ran by itself.
{
  awk 'FILENAME == ARGV[1] { flaky[$0] = 1; next } !(($1 " " $2) in flaky)' \
    "$logs/flaky" "$logs/results"
  while read -r line; do grep -F "$line " "$logs/again/results"; done <"$logs/flaky"
} | awk '{ p += $3; f += $4; s += $5 } END { print p + 0, f + 0, s + 0 }' >"$logs/total"
read -r passed failed skipped <"$logs/total"
line="$passed passed, $failed failed, $skipped skipped"
flaky=$(wc -l <"$logs/flaky")
[ "$flaky" -gt 0 ] && line="$line, $((flaky)) flaky"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
