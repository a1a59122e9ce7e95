#!/usr/bin/env bash
# Builds and runs every test; `--long` adds the long fuzzing and twin runs. Last line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/.."
long=0
[ "${1:-}" = --long ] && long=1
export GARAM_LONG=$long HF_HUB_OFFLINE=1

{ scripts/setup.sh && cmake --build build; } || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
passed=0 failed=0 skipped=0
results=build/results
rm -rf $results && mkdir -p $results

# C++: every GoogleTest binary, counted by its own report.
for binary in build/bin/*[-_]tests; do
  [ -x "$binary" ] || continue
  name=$(basename "$binary")
  echo "== $name"
  "$binary" --gtest_brief=1 --gtest_output="xml:$results/$name.xml" || [ -f "$results/$name.xml" ] || failed=$((failed + 1))
done
# MLIR: lit.
echo "== lit"
.venv/bin/lit -q -j2 --xunit-xml-output=$results/lit.xml build/tests || [ -f $results/lit.xml ] || failed=$((failed + 1))
# Python.
echo "== pytest"
.venv/bin/pytest -q -n 2 -p no:logging --junit-xml=$results/pytest.xml tests/python tests/e2e tests/lowering || [ -f $results/pytest.xml ] || failed=$((failed + 1))
# The contract and the machine under sanitizers.
echo "== sanitizers"
scripts/sanitize.sh $results || [ -n "$(ls $results/sanitize-*.xml 2>/dev/null)" ] || failed=$((failed + 1))

# Rules of the simulator, one changed at a time: the twin notices.
if [ $long = 1 ]; then
  echo "== mutants"
  if .venv/bin/python tests/twin/mutants/run.py build; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
fi

# The same cycles and bits in 100 runs, two at once, and without the compiler's optimisation.
if [ $long = 1 ]; then
  echo "== determinism"
  if scripts/determinism.sh; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
fi

read -r p f s < <(.venv/bin/python scripts/count.py $results)
passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
