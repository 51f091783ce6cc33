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
"$gemctl" audit 1 >/dev/null 2>&1; check "audit without on or off" 2 $?
"$gemctl" audit 1 perhaps >/dev/null 2>&1; check "audit with neither" 2 $?
"$gemctl" audit -1 on >/dev/null 2>&1; check "audit of no number" 2 $?
"$gemctl" audit 1 on >/dev/null 2>&1; check "audit without a daemon" 1 $?

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

# raw streams: two batches that are sound, one that is not, and what has no end
"$gemctl" check "$dir/good" >"$dir/out"; check "a sound stream" 0 $?
check "the summary" "check: streams=1 accepted=1 refused=0 raw=1" "$(tail -n 1 "$dir/out")"
cat "$dir/good" "$dir/good" >"$dir/two"
check "two streams in a file" 2 "$("$gemctl" check "$dir/two" | sed -n 's/.*streams=\([0-9]*\).*/\1/p')"
# MI_USER_INTERRUPT, MI_BATCH_BUFFER_END
printf '\000\000\000\001\000\000\000\005' >"$dir/forbidden"
"$gemctl" check "$dir/good" "$dir/forbidden" >"$dir/out"; check "a refused stream" 3 $?
check "with dword and rule" 1 "$(grep -c 'batch 1 dword 0: MI_USER_INTERRUPT 0x01000000: FORBIDDEN_COMMAND' "$dir/out")"
check "counted" 1 "$(grep -c '^FORBIDDEN_COMMAND  *1$' "$dir/out")"
check "--quiet" 2 "$("$gemctl" check --quiet "$dir/forbidden" | wc -l)"
"$gemctl" check "$dir/bad" >/dev/null; check "an unknown command is refused" 3 $?
# XY_COLOR_BLT of 64 x 64 pixels, pitch 256, at 0x100000
printf '\004\000\060\124\000\001\360\003\000\000\000\000\100\000\100\000\000\000\020\000\000\000\000\000\000\000\000\005\000\000\000\000' >"$dir/blit"
"$gemctl" check "$dir/blit" >/dev/null; check "addresses are taken for buffers" 0 $?
"$gemctl" check --buffer-size 16384 "$dir/blit" >/dev/null; check "of the size that is given" 0 $?
"$gemctl" check --buffer-size 16383 "$dir/blit" >"$dir/out"; check "and no larger" 3 $?
check "with the numbers" 1 "$(grep -c 'BLIT_EXTENT: .*16384.*16383' "$dir/out")"
"$gemctl" check --audit --buffer-size 16383 "$dir/blit" >"$dir/out"; check "an audit refuses, too" 3 $?
check "and counts" 1 "$(grep -c '^BLIT_EXTENT  *1$' "$dir/out")"
check "what it calls refused" 1 "$(grep -c 'accepted=0 refused=1' "$dir/out")"
"$gemctl" check --audit "$dir/blit" >/dev/null; check "and accepts what is sound" 0 $?
# DST_BUF_VARS with two reserved bits apart, DRAW_RECT with one, MI_BATCH_BUFFER_END
printf '\000\000\205\175\101\003\210\020\003\000\200\175\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\005' >"$dir/several"
check "one broken rule at a time" 1 "$("$gemctl" check "$dir/several" | grep -c 'RESERVED_BITS: ')"
check "and all of them" 2 "$("$gemctl" check --audit "$dir/several" | grep -c 'RESERVED_BITS: ')"
"$gemctl" check --device 915gm "$dir/blit" >/dev/null; check "on another chip" 0 $?
"$gemctl" check --device 965g "$dir/blit" >/dev/null 2>&1; check "a chip that is none" 2 $?
"$gemctl" check --buffer-size lots "$dir/blit" >/dev/null 2>&1; check "a size that is none" 2 $?
"$gemctl" check >/dev/null 2>&1; check "check without a file" 2 $?
"$gemctl" check --help >/dev/null; check "check --help" 0 $?
"$gemctl" check "$dir/none" >/dev/null 2>&1; check "check of no file" 1 $?
"$gemctl" check "$dir/odd" >/dev/null 2>&1; check "check of three bytes" 1 $?
# a record without words, and the same cut
printf 'gemdstr1\302\051\000\000\007\000\000\000\005\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000' >"$dir/record"
"$gemctl" check "$dir/record" >"$dir/out"; check "a record without an end" 3 $?
check "names session and batch" 1 "$(grep -c 'session 7 batch 5 .*NO_END' "$dir/out")"
"$gemctl" decode "$dir/record" >"$dir/out"; check "decode of a record" 0 $?
check "says whose it is" 1 "$(grep -c '^session 7 batch 5 device 29c2' "$dir/out")"
head -c 30 "$dir/record" >"$dir/cut"
"$gemctl" check "$dir/cut" >/dev/null 2>&1; check "a record that is cut" 1 $?

# policies, read without a daemon
printf 'deny uid 7\nallow uid 5-9 role operator weight 7 bytes 1M:2M\nallow gid 9 class background\n' >"$dir/policy"
check "a sound policy" "$dir/policy: 3 rules" "$("$gemctl" policy check "$dir/policy")"
check "the first rule counts" "connect: denied" "$("$gemctl" policy show 7 "$dir/policy" | tail -n 1)"
check "a range" "weight: 7" "$("$gemctl" policy show 8 "$dir/policy" | grep weight)"
check "quotas" "bytes: 1048576:2097152" "$("$gemctl" policy show 8 "$dir/policy" | grep ^bytes)"
check "no rule" "rule: none" "$("$gemctl" policy show 4000001 "$dir/policy" | grep rule)"
printf '# fine\nallow uid 3 wait 5\n' >"$dir/policy"
"$gemctl" policy check "$dir/policy" 2>"$dir/err"; check "a mistake" 3 $?
check "with file, line, and word" 1 "$(grep -c "$dir/policy:2: \"wait\"" "$dir/err")"
chmod o+w "$dir/policy"
"$gemctl" policy check "$dir/policy" 2>/dev/null; check "a policy that others may write" 1 $?
"$gemctl" policy check "$dir/none" 2>/dev/null; check "no policy there" 1 $?
"$gemctl" policy check none >/dev/null; check "the built-in one" 0 $?
"$gemctl" policy show nobody-of-that-name none 2>/dev/null; check "no such user" 1 $?
"$gemctl" policy 2>/dev/null; check "policy what" 2 $?
"$gemctl" policy praise 2>/dev/null; check "policy with another word" 2 $?

# recordings, as files of streams and without a daemon
recording=$(dirname "$0")/../golden/recordings/painter.rec
check "a recording's batches" "check: streams=12 accepted=12 refused=0 raw=0" "$("$gemctl" check "$recording" | tail -n 1)"
"$gemctl" decode "$recording" >"$dir/out"; check "decoded" 0 $?
check "each of them" 12 "$(grep -c '^session 0 batch' "$dir/out")"
head -c 1000 "$recording" >"$dir/cut"
"$gemctl" decode "$dir/cut" >/dev/null 2>"$dir/err"
check "a cut one is told" 1 "$(grep -c "$dir/cut" "$dir/err")"
for command in record replay reduce; do
    "$gemctl" $command >/dev/null 2>&1; check "$command of nothing" 2 $?
    "$gemctl" $command --help | grep -q "usage: gemctl $command"; check "$command --help" 0 $?
    "$gemctl" $command --what "$recording" >/dev/null 2>&1; check "$command with no such option" 2 $?
done
"$gemctl" record --session 1 -o "$dir/x" >/dev/null 2>&1; check "record without a daemon" 1 $?
"$gemctl" replay --against "$dir/nobody.sock" "$recording" >/dev/null 2>&1; check "replay without one" 1 $?
traces=$(dirname "$0")/traces
"$gemctl" trace replay "$traces/945gm" >"$dir/out"; check "a trace on its own model" 0 $?
check "its sums" 1 "$(grep -c '^trace: lines=479 .* differ=0 registers=0$' "$dir/out")"
"$gemctl" trace --device model:g33 replay "$traces/945gm" >"$dir/out"; check "on another model" 3 $?
check "what differs" 1 "$(grep -c 'differs 02020 PGTBL_CTL' "$dir/out")"
"$gemctl" trace compare "$traces/945gm" "$traces/945gm" >"$dir/out"; check "a trace with itself" 0 $?
sed 's/w 60000 /w 60004 /' "$traces/945gm" >"$dir/other"
"$gemctl" trace compare --names a,b "$traces/945gm" "$dir/other" >"$dir/out"; check "with another" 3 $?
check "who writes it" 1 "$(grep -c 'HTOTAL.0.: only a writes it' "$dir/out")"
printf '| 60000-60004 | H | a | |\n| 60004 | H | value | |\n' >"$dir/why"
"$gemctl" trace compare --names a,b --quiet --explained "$dir/why" "$traces/945gm" "$dir/other" >"$dir/out"
check "explained" 0 $?
check "and quiet" 1 "$(wc -l <"$dir/out")"
"$gemctl" trace --help | grep -q 'usage: gemctl trace'; check "trace --help" 0 $?
for wrong in "" dance replay "replay a b" "compare a" "replay --device g33 a" "compare --names a b c" "--what"; do
    "$gemctl" trace $wrong >/dev/null 2>&1; check "trace $wrong" 2 $?
done
for missing in "replay /nowhere" "compare $traces/945gm /nowhere" "replay --device model:g34 $traces/945gm" \
    "compare --explained /nowhere $traces/945gm $traces/945gm"; do
    "$gemctl" trace $missing >/dev/null 2>&1; check "trace $missing" 1 $?
done
"$gemctl" trace replay "$0" >/dev/null 2>&1; check "what is no trace" 1 $?
rm -rf "$dir"
[ $failures = 0 ]
