#!/bin/sh
# Runs one program of tests for test.sh, which sets the environment up.
#
#   .ci/one.sh LOGS KIND NAME
#
# KIND: c (a program of cmocka, by its path), corpus (inputs of a fuzzer), spec (in vbolua), collector (a spec in
# vbolua, a whole collection at every allocation), stock (a spec in lua5.4).
# Prints one line, and appends "KIND NAME PASSED FAILED SKIPPED SECONDS" to LOGS/results.
logs=$1
kind=$2
name=$3
log=$logs/$kind/$name.log
mkdir -p "${log%/*}"

# A journal of its own: what one spec leaves unfinished must not stop the changes of another.
export XDG_STATE_HOME="$log.state"

run() {
  case "$kind" in
  c) "$name" ;;
  corpus) "$BUILD/fuzz/$name" "spec/fuzz/corpus/$name"/* ;;
  spec) "$VBOLUA" --no-journal "$BUSTED" -o plainTerminal "$name" ;;
  collector)
    LUA_INIT='collectgarbage("incremental", 1, 1000)' "$VBOLUA" --no-journal "$BUSTED" -o plainTerminal "$name"
    ;;
  stock) lua5.4 "$BUSTED" -o plainTerminal "$name" ;;
  esac
}

started=$(date +%s)
run >"$log" 2>&1
status=$?
seconds=$(($(date +%s) - started))

counts=$(awk '
  /^\[  PASSED  \] [0-9]+ test/ { p += $4 }
  /^\[  FAILED  \] [0-9]+ test/ { f += $4 }
  /^\[  SKIPPED \] [0-9]+ test/ { s += $4 }
  /^[0-9]+ success(es)? \/ [0-9]+ failures? \/ [0-9]+ errors? \/ [0-9]+ pending/ {
    p += $1; f += $4 + $7; s += $10 }
  END { print p + 0, f + 0, s + 0 }' "$log")
# shellcheck disable=SC2086  # three numbers
set -- $counts
passed=$1 failed=$2 skipped=$3
if [ "$kind" = corpus ] && [ $status -eq 0 ]; then
  passed=1
fi
# A crash, a leak or no test at all is a failure that no test counted.
if [ "$failed" -eq 0 ] && { [ $status -ne 0 ] || [ $((passed + skipped)) -eq 0 ]; }; then
  failed=1
  echo "-- exit status $status" >>"$log"
fi
echo "$kind $name $passed $failed $skipped $seconds" >>"$logs/results"

case "$kind" in
c) shown=${name##*/} ;;
corpus) shown="inputs of the fuzzer $name" ;;
spec) shown=$name ;;
collector) shown="$name, a collection at every allocation" ;;
stock) shown="$name in lua5.4" ;;
esac
if [ "$failed" -gt 0 ]; then
  printf '%5d FAILED  %s\n' "$failed" "$shown"
  exit 1
fi
printf '%5d passed  %s\n' "$passed" "$shown"
