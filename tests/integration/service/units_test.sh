#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: units_test.sh UNIT DIRECTORY BIN CONFINE: what systemd's own tools say of what is installed,
# and the daemon on a socket that they hand in, and with the system calls that the unit leaves. Code
# 77: there are no such tools.
set -u
unit=$1 sources=$2 gemd=$3/gemd gemctl=$3/gemctl confine=$4
command -v systemd-analyze >/dev/null || { echo "skipped: there is no systemd-analyze"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
check() {
    if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAILED $1: expected '$2', got '$3'"; failures=$((failures + 1)); fi
}

# ---- what systemd thinks of them ----
sed "s|^ExecStart=[^ ]*|ExecStart=$gemd|" "$unit" >"$dir/gemd.service"
cp "$sources/gemd.socket" "$dir"
systemd-analyze verify --man=no "$dir/gemd.service" "$dir/gemd.socket" >"$dir/out" 2>&1
check "the units are sound" 0 $?
# In tenths: 0 is nothing exposed, 100 is everything.
systemd-analyze security --offline=true --threshold=12 "$dir/gemd.service" >"$dir/security" 2>&1
check "little is exposed" 0 $?
tail -n 1 "$dir/security"
check "compiled programs may run" 0 "$(grep -c '^MemoryDenyWriteExecute=yes' "$unit")"

# ---- user and directories ----
# Without --root they would be the machine's; a user may not do even this.
if command -v systemd-sysusers >/dev/null && command -v systemd-tmpfiles >/dev/null && [ "$(id -u)" = 0 ]; then
    mkdir -p "$dir/root/etc" "$dir/root/run" "$dir/root/usr/lib/sysusers.d" "$dir/root/usr/lib/tmpfiles.d"
    cp "$sources/gemd.sysusers" "$dir/root/usr/lib/sysusers.d/gemd.conf"
    cp "$sources/gemd.tmpfiles" "$dir/root/usr/lib/tmpfiles.d/gemd.conf"
    systemd-sysusers --root="$dir/root" gemd.conf >>"$dir/out" 2>&1
    check "the user is made" 1 "$(grep -c '^gemd:' "$dir/root/etc/passwd")"
    systemd-tmpfiles --root="$dir/root" --create gemd.conf >>"$dir/out" 2>&1
    check "the directories are made" "755 755" "$(stat -c %a "$dir/root/run/gemd" "$dir/root/etc/gemd" | xargs)"
fi

# ---- a socket that is handed in ----
await_socket() {
    local i=0
    while [ ! -S "$1" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
}
if command -v systemd-socket-activate >/dev/null; then
    systemd-socket-activate --seqpacket --listen="$dir/gemd.sock" "$gemd" --policy none --sandbox strict >"$dir/log" 2>&1 &
    activator=$!
    await_socket "$dir/gemd.sock"
    "$gemctl" --socket "$dir/gemd.sock" status >"$dir/status"
    check "a client that came first is served" 0 $?
    check "by the daemon that took the activator's place" "pid: $activator" "$(grep '^pid: ' "$dir/status")"
    kill "$activator"
    wait "$activator"
    check "which ends well" 0 $?
fi

# ---- the system calls that the unit leaves ----
expand() { # expand NAME|@SET...: names
    local name
    for name in "$@"; do
        case $name in
        @*) expand $(systemd-analyze syscall-filter "$name" | sed '1d; s/#.*//') ;;
        *) echo "$name" ;;
        esac
    done
}
expand $(sed -n 's/^SystemCallFilter=\([^~].*\)/\1/p' "$unit") | sort -u >"$dir/allowed"
expand $(sed -n 's/^SystemCallFilter=~\(.*\)/\1/p' "$unit") | sort -u >"$dir/denied"
calls=$(comm -23 "$dir/allowed" "$dir/denied")
check "the filter is a list" yes "$([ "$(wc -w <<<"$calls")" -gt 100 ] && echo yes)"
check "without what is privileged" 0 "$(grep -cxE 'capset|setuid|mount|ptrace' <<<"$calls")"
# As the unit has it: nobody in particular, no capability, not even one that could be had.
as=()
if [ "$(id -u)" = 0 ]; then
    as=(setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs)
fi
if [ "$(id -u)" != 0 ] || { command -v setpriv >/dev/null && "${as[@]}" test -x "$gemd" -a -x "$confine"; }; then
    mkdir -m 777 "$dir/run"
    chmod 755 "$dir"
    mkfifo "$dir/ready"
    "${as[@]}" "$confine" only $calls -- "$gemd" --socket "$dir/run/gemd.sock" --ready-fd 3 --policy none \
        --sandbox strict 3>"$dir/ready" 2>"$dir/log" &
    daemon=$!
    check "it starts with what the filter leaves" READY "$(cat "$dir/ready")"
    "$gemctl" --socket "$dir/run/gemd.sock" status >"$dir/status"
    check "and answers" 0 $?
    check "closed as strictly as it was told" 0 "$(grep -ciE 'warning|error' "$dir/log")"
    kill "$daemon"
    wait "$daemon"
    check "and ends well" 0 $?
    [ $failures = 0 ] || cat "$dir/log"
else
    echo "skipped: nobody else can run the build, so the filter was not tried"
fi
[ $failures = 0 ] || cat "$dir/out"
[ $failures = 0 ]
