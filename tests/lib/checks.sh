# SPDX-License-Identifier: MIT
# Checks of a script test, which ends with [ "$failures" = 0 ]. Sourced; $logs is for its files.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failures=0
check() { # check WHAT COMMAND...
    local what=$1; shift
    if "$@" >/dev/null 2>&1; then echo "ok $what"; else echo "FAILED $what"; failures=$((failures + 1)); fi
}
fails() { ! "$@"; }
