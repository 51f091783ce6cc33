#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: hwtest_test.sh GEMCTL GEMD HARDWARE.md: the list on the model, as a program, and as the document has it.
set -u
gemctl=$1 gemd=$2 document=$3
dir=$(mktemp -d)
export GEMD_SOCKET="$dir/nobody.sock"
failures=0
check() {
    if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAILED $1: expected '$2', got '$3'"; failures=$((failures + 1)); fi
}
hwtest() { "$gemctl" hwtest --device model:945gm "$@"; }
cd "$dir" || exit 1

"$gemctl" hwtest --list >list; check "--list" 0 $?
awk '{ print $1, $2 }' list >names
sed -n 's/^| \(h[0-9]*\) `\([a-z-]*\)` |.*/\1 \2/p' "$document" >documented
diff names documented; check "the document has the same list" 0 $?

hwtest --dangerous 2>progress; check "nothing differs on the model" 0 $?
check "a line of progress for each" "$(wc -l <list)" "$(grep -c '^h[0-9]' progress)"
check "all are in the report" "$(wc -l <list)" "$(grep -c '^item: h' hwtest.txt)"
check "each with its result" "$(wc -l <list)" "$(grep -c -E '^result: (ok|skipped)$' hwtest.txt)"
check "and a reason" 0 "$(grep -c '^reason: $' hwtest.txt)"
check "it ends with the summary" 1 "$(tail -n 1 hwtest.txt | grep -c '^hwtest: items=[0-9]* ok=[0-9]* differs=0 failed=0 skipped=[0-9]*$')"
check "it is its owner's alone" 600 "$(stat -c %a hwtest.txt)"
[ "$failures" = 0 ] || cat progress

hwtest --only ids,h7 --skip h7 --output - >report 2>/dev/null; check "to standard output" 0 $?
check "some only" "hwtest: items=2 ok=1 differs=0 failed=0 skipped=1" "$(tail -n 1 report)"
hwtest --only ids --output "$dir/none/report" 2>/dev/null; check "a report that cannot be written" 1 $?
hwtest --only idss 2>error; check "an unknown name" 2 $?
check "which is told" 1 "$(grep -c "no item 'idss'" error)"
hwtest --skip '' 2>/dev/null; check "an empty name" 2 $?
hwtest now 2>/dev/null; check "an argument" 2 $?
hwtest --fast 2>/dev/null; check "an unknown option" 2 $?
"$gemctl" hwtest --device model:vga 2>/dev/null; check "no such device" 2 $?
"$gemctl" hwtest --help | grep -q -- '--dangerous'; check "--help" 0 $?
"$gemd" --device model:g33 --hwtest -- --only ids --output - >report 2>/dev/null; check "by the daemon's program" 0 $?
"$gemd" --device model:g33 --trace-registers trace --hwtest -- --only ids --output - >report 2>/dev/null
check "with a trace" 0 $?
check "that has something" 1 "$([ -s trace ] && echo 1)"

cd /
rm -r "$dir"
echo "hwtest_test: failures=$failures"
[ "$failures" = 0 ]
