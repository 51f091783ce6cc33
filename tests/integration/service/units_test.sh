#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: units_test.sh UNIT DIRECTORY GEMD GEMCTL: what systemd's own tools say of what is installed,
# and the daemon on a socket that they hand in. Code 77: there are no such tools.
set -u
unit=$1 sources=$2 gemd=$3 gemctl=$4
command -v systemd-analyze >/dev/null || exit 77
dir=$(mktemp -d)
failures=0
check() {
    if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAILED $1: expected '$2', got '$3'"; failures=$((failures + 1)); fi
}
sed "s|^ExecStart=[^ ]*|ExecStart=$gemd|" "$unit" >"$dir/gemd.service"
cp "$sources/gemd.socket" "$dir"
systemd-analyze verify --man=no "$dir/gemd.service" "$dir/gemd.socket" >"$dir/out" 2>&1
check "the units are sound" 0 $?
# In tenths: 0 is nothing exposed, 100 is everything.
systemd-analyze security --offline=true --threshold=15 "$dir/gemd.service" >"$dir/security" 2>&1
check "little is exposed" 0 $?
tail -n 1 "$dir/security"
if command -v systemd-sysusers >/dev/null && command -v systemd-tmpfiles >/dev/null; then
    mkdir -p "$dir/root/etc" "$dir/root/run" "$dir/root/usr/lib/sysusers.d" "$dir/root/usr/lib/tmpfiles.d"
    cp "$sources/gemd.sysusers" "$dir/root/usr/lib/sysusers.d/gemd.conf"
    cp "$sources/gemd.tmpfiles" "$dir/root/usr/lib/tmpfiles.d/gemd.conf"
    # Root's file system would be changed without --root; a user may not do even that.
    if [ "$(id -u)" = 0 ]; then
        systemd-sysusers --root="$dir/root" gemd.conf >>"$dir/out" 2>&1
        check "the user is made" 1 "$(grep -c '^gemd:' "$dir/root/etc/passwd")"
        systemd-tmpfiles --root="$dir/root" --create gemd.conf >>"$dir/out" 2>&1
        check "the directories are made" "755 755" "$(stat -c %a "$dir/root/run/gemd" "$dir/root/etc/gemd" | xargs)"
    fi
fi
if command -v systemd-socket-activate >/dev/null; then
    systemd-socket-activate --seqpacket --listen="$dir/gemd.sock" "$gemd" --policy none >"$dir/log" 2>&1 &
    activator=$!
    i=0
    while [ ! -S "$dir/gemd.sock" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
    "$gemctl" --socket "$dir/gemd.sock" status >"$dir/status"
    check "a client that came first is served" 0 $?
    check "by the daemon that took the activator's place" "pid: $activator" "$(grep '^pid: ' "$dir/status")"
    kill "$activator"
    wait "$activator"
    check "which ends well" 0 $?
fi
[ $failures = 0 ] || cat "$dir/out"
rm -rf "$dir"
[ $failures = 0 ]
