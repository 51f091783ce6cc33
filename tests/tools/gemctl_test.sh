#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: gemctl_test.sh GEMCTL: what it does without a daemon.
set -u
gemctl=$1
dir=$(mktemp -d)
export GEMD_SOCKET="$dir/nobody.sock"
failures=0
check() {
    if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAILED $1: expected '$2', got '$3'"; failures=$((failures + 1)); fi
}
"$gemctl" >/dev/null 2>&1; check "no command" 2 $?
"$gemctl" dance >/dev/null 2>&1; check "an unknown command" 2 $?
"$gemctl" screenshot >/dev/null 2>&1; check "an argument too few" 2 $?
"$gemctl" status now >/dev/null 2>&1; check "an argument too many" 2 $?
"$gemctl" help >/dev/null; check "help" 0 $?
check "--version" "gemctl" "$("$gemctl" --version | cut -d' ' -f1)"
"$gemctl" status >/dev/null 2>"$dir/err"; check "no daemon" 1 $?
check "which is said with the path" 1 "$(grep -c "$dir/nobody.sock" "$dir/err")"
"$gemctl" --socket "$0" status >/dev/null 2>&1; check "a path that is no socket" 1 $?

# MI_FLUSH, MI_NOOP, MI_BATCH_BUFFER_END, MI_NOOP, little-endian
printf '\000\000\000\002\000\000\000\000\000\000\000\005\000\000\000\000' >"$dir/good"
"$gemctl" decode "$dir/good" >"$dir/out"; check "a clean stream" 0 $?
check "one line for each dword" 4 "$(wc -l <"$dir/out")"
check "with names" 1 "$(grep -c 'BATCH_BUFFER_END' "$dir/out")"
"$gemctl" decode - <"$dir/good" | cmp -s - "$dir/out"; check "from standard input" 0 $?
# client 1 does not exist
printf '\000\000\000\040' >"$dir/bad"
"$gemctl" decode "$dir/bad" >/dev/null 2>&1; check "an unknown command in the stream" 1 $?
printf '\000\000\000' >"$dir/odd"
"$gemctl" decode "$dir/odd" >/dev/null 2>&1; check "three bytes" 1 $?
"$gemctl" decode "$dir/none" >/dev/null 2>&1; check "no such file" 1 $?
rm -rf "$dir"
[ $failures = 0 ]
