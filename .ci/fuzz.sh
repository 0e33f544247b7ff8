#!/bin/sh
# Fuzzes for FUZZ_SECONDS (60) in all: `make fuzz`.
#
#   .ci/fuzz.sh BUILD TARGET…
#
# Begins with the inputs of spec/fuzz/corpus/TARGET; what it adds goes to BUILD/corpus/TARGET, and
# what fails to BUILD/crash-TARGET-….  An input that found something belongs into spec/fuzz/corpus.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
build=$1
shift
seconds=$((${FUZZ_SECONDS:-60} / $#))
[ "$seconds" -ge 1 ] || seconds=1
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"
failed=0
for name in "$@"; do
  mkdir -p "$build/corpus/$name"
  log="$build/fuzz-$name.log"
  if "$build/fuzz/$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
    -print_final_stats=1 -artifact_prefix="$build/crash-$name-" \
    "$build/corpus/$name" "spec/fuzz/corpus/$name" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "fuzz $name: ${runs:-?} inputs in $seconds s, nothing found"
  else
    failed=1
    tail -n 40 "$log"
    echo "fuzz $name: FAILED, the input is $build/crash-$name-…"
  fi
done
exit $failed
