#!/bin/sh
# Runs the examples against a rehearsal server: `make demo` calls this.
#
#   VBOLUA=build/vbolua examples/demo.sh [FOLDER]
#
# FOLDER receives what is saved; default a new temporary one.
set -eu

vbolua=${VBOLUA:-vbolua}
case $vbolua in */*) vbolua=$(cd "$(dirname "$vbolua")" && pwd)/$(basename "$vbolua") ;; esac
examples=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d "${TMPDIR:-/tmp}/vbolua-demo.XXXXXX")}
mkdir -p "$folder"
cd "$folder"

ready=$(mktemp "${TMPDIR:-/tmp}/vbolua-ready.XXXXXX")
"$vbolua" sim --listen 127.0.0.1:0 >"$ready" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$ready"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tries=0
until grep -q '^fingerprint: ' "$ready"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
    echo "the rehearsal server did not start" >&2
    exit 1
  fi
  sleep 0.1
done

field() { sed -n "s/^$1: //p" "$ready"; }
VBO_HOST=$(field listening) VBO_USER=$(field user) VBO_PASSWORD=$(field password)
VBO_PIN=$(field fingerprint)
export VBO_HOST VBO_USER VBO_PASSWORD VBO_PIN
unset VBO_CA VBO_VERSION VBO_JOURNAL STATE_DIRECTORY
# The demo's runs are not among those of its user.
export XDG_STATE_HOME="$folder/state"

echo "== a rehearsal server on $VBO_HOST, pinned to $VBO_PIN"
echo
echo "== rolling a OneDrive back (examples/onedrive_rollback.lua)"
"$vbolua" "$examples/onedrive_rollback.lua"
echo
echo "== bringing one mail back (examples/single_mail.lua)"
"$vbolua" "$examples/single_mail.lua"
echo
echo "== a run that is killed in its middle, and resumed (examples/hand_over.lua)"
# The server makes the second copy, and its answer takes long: there the run dies.
"$vbolua" sim weather 'operation=OneDrive_CopyTo* nth=2 latency=10' >/dev/null
"$vbolua" "$examples/hand_over.lua" >handed-over.txt 2>&1 &
run=$!
tries=0
until "$vbolua" sim weather | grep -q '^1 of 2' || [ "$tries" -gt 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
kill -KILL "$run"
wait "$run" 2>/dev/null || true
cat handed-over.txt
echo "killed; the journal knows:"
"$vbolua" runs
"$vbolua" sim weather clear
echo "and it goes on:"
"$vbolua" resume --unknown=retry
"$vbolua" runs
echo
echo "== what the attack did to everybody, and undoing it (examples/ransomware.lua)"
"$vbolua" "$examples/ransomware.lua"
echo
echo "== everybody's OneDrive, several at once (examples/mass_save.lua)"
"$vbolua" "$examples/mass_save.lua" all
"$vbolua" verify all
echo
echo "== what else was saved in $folder"
find . -type f -not -path './all/*' -not -path './state/*' | sort | while IFS= read -r file; do
  printf '%s  %s bytes\n  SHA-256 %s\n' "$file" "$(wc -c <"$file" | tr -d ' ')" \
    "$(openssl dgst -sha256 -r "$file" | cut -d' ' -f1)"
done
echo
echo "== what changed in production"
"$vbolua" sim changes
