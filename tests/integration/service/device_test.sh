#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: device_test.sh BIN: what is said of devices that cannot be had, and a trace of one that can.
set -euo pipefail
bin=$1 work=$(mktemp -d /tmp/gemd-device-XXXXXX) daemon=
trap '[ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null || true; rm -rf "$work"' EXIT
failed=0
complain() {
    echo "device: $*" >&2
    failed=1
}

# expect STATUS TEXT ARGUMENT...
expect() {
    local wanted=$1 text=$2 status=0; shift 2
    "$bin/gemd" --socket "$work/socket" "$@" >"$work/said" 2>&1 || status=$?
    [ "$status" = "$wanted" ] || complain "$*: status $status, not $wanted"
    grep -qF -- "$text" "$work/said" || complain "$*: not said: $text: $(cat "$work/said")"
}

expect 1 "nothing is at 0000:ff:1f.7" --device pci:0000:ff:1f.7
expect 2 "there is no such device" --device pci:0000:ff:20.0
expect 2 "pci:DDDD:BB:DD.F" --device pcix
expect 0 "model:g33" --device help
expect 0 "pci:DDDD:BB:DD.F" --device help
expect 1 "--trace-registers $work/no/file: No such file" --trace-registers "$work/no/file"
# Where there is a GPU of gen3 nobody wants this test to take it.
if ! grep -qsE '^0x(2582|258a|2592|2772|27a2|27ae|29c2|29b2|29d2|a001|a011)$' /sys/bus/pci/devices/*/device; then
    expect 1 "no GPU of gen3 (915, 945, G33, Pineview) is here" --device pci
fi

mkfifo "$work/ready"
"$bin/gemd" --socket "$work/socket" --ready-fd 3 --trace-registers "$work/trace" 3>"$work/ready" 2>"$work/log" &
daemon=$!
read -r ready <"$work/ready" || true
[ "$ready" = READY ] || complain "no daemon with a trace: $(cat "$work/log")"
kill "$daemon"
wait "$daemon" || complain "the daemon with a trace ended with $?"
daemon=
[ "$(head -n 1 "$work/trace")" = "# gemd-trace 1 g33 8086:29c2" ] || complain "its first line: $(head -n 1 "$work/trace")"
# All entries name the scratch page at first, interrupts are on, and off at the end.
grep -qE '^[0-9]+ G 00000\+65536 [0-9a-f]{8}$' "$work/trace" || complain "no page table in the trace"
grep -E ' w 020a0 ' "$work/trace" | tail -n 1 | grep -q ' 00000000$' || complain "interrupts stay on"
[ "$(stat -c %a "$work/trace")" = 600 ] || complain "others can read the trace"
exit "$failed"
