#!/bin/sh
# Runs one spec file for test.sh, which says in what: VBOLUA, BUSTED, LUA_PATH, LUA_CPATH.
#
#   .ci/spec.sh FOLDER-OF-LOGS FILE
#
# One line says how it went; the log tells the rest.
log=$1/$2.log
mkdir -p "${log%/*}"
"$VBOLUA" "$BUSTED" -o plainTerminal "$2" >"$log" 2>&1
status=$?
summary=$(grep -a '^[0-9]* success.* pending' "$log" | tail -n 1)
echo "${summary:-no tests were run (exit status $status)}  $2"
# What was skipped and why, and what failed, is for the end.
if [ "$status" -ne 0 ]; then
  echo "$2" >>"$1/failed"
elif ! grep -aq '^Pending' "$log"; then
  rm -f "$log"
fi
exit "$status"
