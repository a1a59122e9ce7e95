#!/usr/bin/env bash
# Builds runtime/ and sim/ with address and undefined-behaviour sanitizers and runs their tests; reports go to the folder given.
set -uo pipefail
cd "$(dirname "$0")/.."
results=${1:-build-sanitize/results}
mkdir -p "$results"
cmake --preset sanitize >/dev/null && cmake --build build-sanitize --target runtime_tests insns-tests memory_tests units-tests || exit 1
status=0
for binary in build-sanitize/bin/*[-_]tests; do
  report=$results/sanitize-$(basename "$binary").xml
  # SystemC's coroutines switch stacks, which the stack-use-after-return check takes for errors.
  ASAN_OPTIONS=detect_stack_use_after_return=0 UBSAN_OPTIONS=print_stacktrace=1 \
    "$binary" --gtest_brief=1 --gtest_output="xml:$report" || status=1
  # A binary that was stopped leaves no report; one that cannot be read counts as a failure.
  [ -f "$report" ] || echo "stopped" > "$report"
done
exit $status
