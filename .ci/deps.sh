#!/bin/sh
# Finds out what this machine lacks to build, test, lint or show vbolua, and names each missing
# thing with the Debian package that brings it.
#
#   .ci/deps.sh check   GROUP…   prints what is missing; exit status 1 when anything is
#   .ci/deps.sh install GROUP…   the same, then installs it with apt-get (as root, or through sudo);
#                                asks first where standard input and output are a terminal; where
#                                it cannot install, or may not (INSTALL=0), stops with status 1
#
# Groups: build, server (the rehearsal server), demo, test, bench, lint, node (what specs take from
# npm: spec/support/node/package.json, installed as its lock says into build/node).  Plain sh: this
# runs before anything else is there.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
missing=""  # one "package: what for" a line
packages="" # the packages, once each
modules=""  # set: npm packages are missing

lacks() { # package, what for
  missing="$missing  $1: $2
"
  case " $packages " in
  *" $1 "*) ;;
  *) packages="$packages $1" ;;
  esac
}

command_needed() { # command, package, what for
  command -v "$1" >/dev/null 2>&1 || lacks "$2" "$3"
}

# A header counts as there when pkg-config knows its library or the file is where Debian puts it,
# so that the answer is also right while pkg-config itself is missing.
header_needed() { # pkg-config name, header, package, what for
  if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$1" 2>/dev/null; then
    return
  fi
  for at in /usr/include/"$2" /usr/include/*-linux-gnu/"$2" /usr/local/include/"$2"; do
    [ -e "$at" ] && return
  done
  lacks "$3" "$4"
}

lua_module_needed() { # module, package, what for
  if command -v lua5.4 >/dev/null 2>&1; then
    if lua5.4 - "$1" 2>/dev/null <<'LUA'; then
local name = ...
local found = package.searchpath(name, package.path) or package.searchpath(name, package.cpath)
os.exit(found and 0 or 1)
LUA
      return
    fi
  fi
  lacks "$2" "$3"
}

group_build() {
  if ! command -v "${CC:-cc}" >/dev/null 2>&1; then
    lacks gcc "the C compiler (${CC:-cc})"
  fi
  header_needed libc-headers stdio.h libc6-dev "headers of the C library"
  command_needed pkg-config pkg-config "finds the libraries"
  header_needed libcurl curl/curl.h libcurl4-openssl-dev "headers of libcurl (HTTP)"
  header_needed openssl openssl/ssl.h libssl-dev "headers of OpenSSL (TLS, SHA-256, secrets)"
  header_needed zlib zlib.h zlib1g-dev "headers of zlib (checks of archives)"
  header_needed libutf8proc utf8proc.h libutf8proc-dev "headers of utf8proc (comparing names)"
  header_needed sqlite3 sqlite3.h libsqlite3-dev "headers of SQLite (the journal of runs)"
  header_needed lua5.4 lua5.4/lua.h liblua5.4-dev "headers and library of Lua 5.4"
  header_needed lua5.4-cjson lua5.4/lua-cjson.h lua-cjson-dev "JSON, linked into the interpreter"
}

group_server() {
  header_needed libmicrohttpd microhttpd.h libmicrohttpd-dev "the rehearsal server's HTTP"
  header_needed libarchive archive.h libarchive-dev "the rehearsal server's ZIP"
  header_needed gmime-3.0 gmime-3.0/gmime/gmime.h libgmime-3.0-dev "the rehearsal server's mail"
}

# Line editing, which the interpreter loads when it reads commands.
editing_needed() {
  for at in /usr/lib/libedit.so.2 /usr/lib/*-linux-gnu/libedit.so.2; do
    [ -e "$at" ] && return
  done
  lacks libedit2 "line editing in the REPL"
}

group_demo() {
  group_build
  group_server
  editing_needed
  command_needed openssl openssl "shows the SHA-256 of what was saved"
}

group_test() {
  group_build
  group_server
  command_needed lua5.4 lua5.4 "stock Lua, which the module is tested in"
  lua_module_needed cjson lua-cjson "JSON for stock Lua"
  lua_module_needed busted.runner lua-busted "runs the specs"
  lua_module_needed lfs lua-filesystem "folders, in the specs"
  header_needed cmocka cmocka.h libcmocka-dev "runs the C tests"
  command_needed openssl openssl "makes certificates for the tests"
  command_needed luarocks luarocks "tests the rock"
  command_needed zip zip "packs the rock"
  command_needed unzip unzip "checks saved archives, and unpacks the rock"
  command_needed bsdtar libarchive-tools "checks saved archives once more"
  command_needed curl curl "another client, which drives the rehearsal server"
  command_needed python3 python3 "a client of it in another language"
  if ! perl -MEmail::Outlook::Message -e 1 >/dev/null 2>&1; then
    lacks libemail-outlook-message-perl "reads saved .msg files back"
  fi
  if ! perl -MEmail::Address -e 1 >/dev/null 2>&1; then
    lacks libemail-address-perl "msgconvert, which comes with the former, needs it"
  fi
  command_needed readpst pst-utils "reads saved .pst files back"
  command_needed pffexport pff-tools "reads saved .pst files back once more"
  command_needed script bsdutils "gives the REPL a terminal in its spec"
  command_needed localedef libc-bin "makes a Turkish locale"
  [ -e /usr/share/i18n/locales/tr_TR ] || lacks locales "what a Turkish locale is made of"
  editing_needed
}

group_bench() {
  group_build
  group_server
  command_needed curl curl "the client that vbolua is measured beside"
  command_needed openssl openssl "reads the certificate of the rehearsal server"
  [ -x /usr/bin/time ] || lacks time "measures CPU time and memory"
}

group_lint() {
  command_needed luacheck lua-check "checks the Lua files"
  command_needed clang clang "the second compiler"
  command_needed clang-tidy clang-tidy "checks the C files"
  command_needed clang-format clang-format "checks the layout of the C files"
}

group_node() {
  command_needed node nodejs "runs a validator and a client that are not ours"
  command_needed npm npm "installs them"
  # The copy of the lock is written last: where it is, all of it is there.
  cmp -s "$root/spec/support/node/package-lock.json" "$root/build/node/installed.json" || modules=1
}

# The registry and its certificates are npm's own settings.
install_modules() {
  at="$root/build/node"
  rm -rf "$at" && mkdir -p "$at" &&
    cp "$root/spec/support/node/package.json" "$root/spec/support/node/package-lock.json" "$at" &&
    (cd "$at" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=2) &&
    cp "$at/package-lock.json" "$at/installed.json"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

may_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null 2>&1 || return 1
  [ -t 0 ] || sudo -n true 2>/dev/null
}

# Whether the person at the terminal agrees; yes where there is none.
agreed() { # question
  [ -t 0 ] && [ -t 1 ] || return 0
  printf '%s [Y/n] ' "$1" >&2
  answer=""
  read -r answer || return 1
  case "$answer" in
  "" | [Yy]*) return 0 ;;
  *) return 1 ;;
  esac
}

look() {
  missing=""
  packages=""
  modules=""
  for group in $groups; do
    "group_$group"
  done
}

mode=${1:-check}
[ $# -gt 0 ] && shift
groups=${*:-build}
case "$mode" in
check | install) ;;
*)
  echo "usage: .ci/deps.sh check|install [build|server|demo|test|bench|lint|node]…" >&2
  exit 2
  ;;
esac
for group in $groups; do
  case "$group" in
  build | server | demo | test | bench | lint | node) ;;
  *)
    echo "deps: no group \"$group\"; there are build, server, demo, test, bench, lint and node" >&2
    exit 2
    ;;
  esac
done

# Packages of npm come last: npm itself may be one of Debian's.
finish() {
  [ -n "$modules" ] || return 0
  if [ "$mode" = check ]; then
    echo "missing: packages of npm; install with: .ci/deps.sh install node" >&2
    return 1
  fi
  echo "missing: packages of npm, in build/node: a validator and clients of other makers" >&2
  if [ "${INSTALL:-}" = 0 ] || ! agreed "install them with npm?"; then
    echo "nothing is installed" >&2
    return 1
  fi
  echo "installing packages of npm in build/node" >&2
  log=$(mktemp)
  if ! install_modules >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "npm could not install them" >&2
    return 1
  fi
  rm -f "$log"
}

look
if [ -z "$missing" ]; then
  finish
  exit
fi
echo "missing (Debian package: what it is for):" >&2
printf '%s' "$missing" >&2
if [ "$mode" = check ]; then
  echo "install with: apt-get install$packages" >&2
  exit 1
fi
if [ "${INSTALL:-}" = 0 ]; then
  echo "nothing is installed (INSTALL=0); install with: apt-get install$packages" >&2
  exit 1
fi
if ! may_install; then
  echo "cannot install: needs apt-get, and root or sudo.  On Debian: apt-get install$packages" >&2
  exit 1
fi
if ! agreed "install them with apt-get?"; then
  echo "nothing is installed; install with: apt-get install$packages" >&2
  exit 1
fi
echo "installing:$packages" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The first try spares the download of the package lists where they are fresh.
# shellcheck disable=SC2086  # one word a package
if ! as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y --no-install-recommends $packages >"$log" 2>&1; then
  as_root apt-get update >"$log" 2>&1 || true
  if ! as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends $packages >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install:$packages" >&2
    exit 1
  fi
fi
look
if [ -n "$missing" ]; then
  echo "still missing after installing:" >&2
  printf '%s' "$missing" >&2
  exit 1
fi
rm -f "$log"
finish
