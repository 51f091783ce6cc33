#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: scripts_test.sh TREE: the scripts parse, explain themselves and agree with the documents.
set -u
top=$1
source "$top/tests/lib/checks.sh"
cd "$top" || exit 1
for script in scripts/run-gears scripts/run-tests bench/run-gears scripts/steps/*.sh; do
    check "$script parses" bash -n "$script"
done
for script in scripts/run-gears scripts/run-tests bench/run-gears .ci/run; do
    check "$script can be run" test -x "$script"
done
check "run-gears --help" scripts/run-gears --help
check "run-gears refuses what it does not know" fails scripts/run-gears --dance
check "bench refuses what it does not know" fails bench/run-gears --dance

source scripts/steps/packages.sh
check "there are packages" test "${#packages_build[@]}" -gt 10
for package in "${packages_build[@]}" "${packages_test[@]}"; do
    check "doc/dependencies.md names $package" grep -qE "(^|[ ,|])$package([ ,;|]|\$)" doc/dependencies.md
done

# A failing command stops a script, and its output is shown.
source scripts/steps/common.sh
check "quietly succeeds" quietly "$logs/a" true
output=$( (quietly "$logs/b" sh -c 'echo the reason; exit 3') 2>&1)
check "quietly fails" test $? != 0
check "and shows why" grep -q 'the reason' <<<"$output"
output=$( (build_with_progress it "$logs/b" sh -c 'echo "[1/2] one"; echo "FAILED: two"; exit 1') 2>&1)
check "a failed build stops" test $? != 0
check "and shows what failed" grep -q 'FAILED: two' <<<"$output"
output=$( (build_with_progress it "$logs/b" sh -c 'for i in $(seq 250); do echo "[$i/250] x"; done') 2>&1)
check "progress is told" test "$(grep -c 'of 250 steps' <<<"$output")" = 3
[ $failures = 0 ]
