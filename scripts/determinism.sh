#!/usr/bin/env bash
# The same program and chip give the same cycles and bits: N runs each (100), units constructed in either order, two at once in
# two threads and in two processes, and a build without optimisation (build-plain) beside the one in build/. Exit 1 if
# anything differs.
set -uo pipefail
cd "$(dirname "$0")/.."
runs=${1:-100}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
status=0
cmake --build build --target run-digests units-tests >/dev/null && cmake --preset plain >/dev/null &&
  cmake --build build-plain --target run-digests >/dev/null || exit 1

agree() { # WHAT FILE: as the runs one after another
  if cmp -s "$out/first" "$2"; then echo "same: $1"; else echo "differs: $1"; diff "$out/first" "$2"; status=1; fi
}
build/bin/run-digests >"$out/first" || exit 1
echo "$(wc -l <"$out/first") programs and modes, $(awk '{sum += $4} END {print sum}' "$out/first") cycles"
build/bin/run-digests --rounds "$runs" >"$out/many" || status=1
agree "$runs runs, units in either order" "$out/many"
build/bin/run-digests >"$out/one" & one=$!
build/bin/run-digests >"$out/two" & two=$!
wait $one && wait $two || status=1
agree "two processes at once, the one" "$out/one"
agree "two processes at once, the other" "$out/two"
build-plain/bin/run-digests >"$out/plain" || status=1
agree "a build with -O0" "$out/plain"
if GARAM_LONG=1 build/bin/units-tests --gtest_brief=1 --gtest_filter='Determinism.*' >"$out/threads"; then
  echo "same: two threads at once, and 100 runs of larger programs"
else
  cat "$out/threads"
  status=1
fi
exit $status
