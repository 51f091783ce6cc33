#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: hotplug_test.sh BUILD: the model's monitor is pulled out and plugged in under a program that listens.
set -uo pipefail
build=$1
source "$(dirname "$0")/../../lib/checks.sh"
export XDG_RUNTIME_DIR=$logs/run TMPDIR=$logs GEMD_SOCKET=$logs/socket
mkdir -m 700 "$XDG_RUNTIME_DIR"
unset LD_PRELOAD

"$build/bin/gemd" --socket "$GEMD_SOCKET" --policy none --ready-fd 3 3>"$logs/ready" 2>"$logs/daemon" &
daemon=$!
for _ in $(seq 100); do [ -s "$logs/ready" ] && break; sleep 0.1; done
timeout 200 "$build/bin/gemd-run" --drm "$build/tests/drm_probe" uevents 3 >"$logs/said" 2>"$logs/errors" &
probe=$!

# after N: when the program has said its Nth line.
after() {
    for _ in $(seq 600); do
        [ "$(wc -l <"$logs/said")" -ge "$1" ] && return
        kill -0 "$probe" 2>/dev/null || return
        sleep 0.1
    done
}
# A panel of 1280x1024 alone: the header, who made it, no modes but its own, its timing, and the sum.
panel() {
    local hex=00ffffffffffff0010ac17a0010000000c0f010308221b782aee91a3544c99260f5054000000
    hex+=01010101010101010101010101010101302a009851002a4030701300520e1100001e
    hex+=000000fd00384c1e510e000a202020202020000000fc00464c41542031370a2020202020
    hex+=00000010000000000000000000000000000000
    local sum=0 i
    for ((i = 0; i < ${#hex}; i += 2)); do ((sum += 16#${hex:i:2})); done
    hex+=$(printf '%02x' $(((256 - sum % 256) % 256)))
    printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")"
}
panel >"$logs/edid"
after 1; check "unplugged" "$build/bin/gemctl" monitor unplug
after 2; check "plugged in" "$build/bin/gemctl" monitor plug
after 3; check "another one" "$build/bin/gemctl" monitor plug "$logs/edid"
wait "$probe"
check "the program's checks" [ $? = 0 ]
[ -s "$logs/errors" ] && cat "$logs/errors"
check "what it saw" [ "$(cut -d ' ' -f 1,3 "$logs/said" | tr '\n' ,)" = \
    "connected 1024x768,disconnected -,connected 1024x768,connected 1280x1024," ]
check "the panel's modes are the panel's" [ "$(tail -n 1 "$logs/said")" = "connected 1 1280x1024" ]
check "no file" fails "$build/bin/gemctl" monitor plug "$logs/none" 2>/dev/null
check "a short file" fails "$build/bin/gemctl" monitor plug "$logs/ready" 2>/dev/null
kill "$daemon"; wait "$daemon"
[ "$failures" = 0 ]
