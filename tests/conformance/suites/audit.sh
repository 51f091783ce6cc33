#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: audit.sh BUILD: run-piglit and run-traces must notice what is wrong. Failures are made for
# them: tests that silicon fails, with a table that says it does not; spoiled pictures; no tests.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
build=$1
[ -d /usr/lib/x86_64-linux-gnu/piglit ] && command -v eglretrace wflinfo Xvfb >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect CODE PATTERN COMMAND...: how it ends, and what its last line says.
expect() {
    local code=$1 pattern=$2 status=0
    shift 2
    "$@" >"$folder/output" 2>&1 || status=$?
    if [ "$status" != "$code" ] || ! tail -n 1 "$folder/output" | grep -Eq "$pattern"; then
        echo "ended with $status, not $code and '$pattern': $*" >&2
        cat "$folder/output" >&2
        exit 1
    fi
}

piglit=("$here/run-piglit" --build "$build" --results "$folder/results.json" --jobs 2)
some='^shaders@(glsl-fwidth|glsl-fs-mix|glsl-sin|glsl-cos)$'
touch "$folder"/i915-g33-{fails,flakes,skips}.txt
expect 0 'pass=2 skip=0 regressions=0 ' "${piglit[@]}" --only "$some"
expect 0 'pass=2 skip=0 regressions=0 differs=0 ' "${piglit[@]}" --only "$some" --against "$folder/results.json"
sed -i 's/"pass"/"fail"/' "$folder/results.json"
expect 1 'pass=2 skip=0 regressions=0 differs=2 ' "${piglit[@]}" --only "$some" --against "$folder/results.json"
expect 2 'nowhere' "${piglit[@]}" --only "$some" --against "$folder/nowhere"
expect 1 'pass=2 skip=0 regressions=1 ' "${piglit[@]}" --only "$some" --table "$folder"
expect 2 'no test is selected' "${piglit[@]}" --only 'no such test'
expect 2 'pass=0 skip=1 regressions=0 ' "${piglit[@]}" --only '^spec@glsl-1.30@execution@fs-large-local-array$'
expect 2 'fails.txt' "${piglit[@]}" --only "$some" --table "$folder/nowhere"
expect 0 'run=1 pass=1 ' "$here/run-traces" --build "$build" --only '^es2gears_x11$'
expect 1 'run=1 pass=0 ' "$here/run-traces" --build "$build" --only '^es2gears_x11$' --inject
expect 2 'run=0 pass=0 ' "$here/run-traces" --build "$build" --only 'no such program'
