#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: sandbox_test.sh BIN CONFINE: what the sandbox says on kernels that lack parts of it, and what
# the log needs of files that are closed when it writes.
set -u
gemd=$1/gemd gemctl=$1/gemctl confine=$2
dir=$(mktemp -d)
daemon=
trap 'kill $daemon 2>/dev/null; rm -rf "$dir"' EXIT
failures=0
check() {
    if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAILED $1: expected '$2', got '$3'"; cat "$dir/log"; failures=$((failures + 1)); fi
}
# start COMMAND...: a daemon at the end of COMMAND, until it is ready; its log is in $dir/log.
start() {
    mkfifo "$dir/ready"
    "$@" --socket "$dir/gemd.sock" --ready-fd 3 --policy none 3>"$dir/ready" 2>"$dir/log" &
    daemon=$!
    cat "$dir/ready" >/dev/null
    rm "$dir/ready"
}
# fails COMMAND...: a daemon that is to end by itself.
fails() { timeout 20 "$@" --socket "$dir/gemd.sock" --policy none 2>"$dir/log"; }
stop() {
    kill "$daemon" 2>/dev/null
    wait "$daemon"
}
status() { "$gemctl" --socket "$dir/gemd.sock" status >/dev/null 2>&1; }

# ---- a kernel without Landlock ----
mkdir "$dir/kept"
start "$confine" deny landlock_create_ruleset -- "$gemd" --sandbox on --capture "$dir/kept"
check "no Landlock: it runs" 0 "$(status; echo $?)"
check "and says what that means" 1 "$(grep -c 'no Landlock: no file can be opened or removed, --capture keeps nothing' "$dir/log")"
stop; check "and ends well" 0 $?
check "without removing its socket" yes "$(test -S "$dir/gemd.sock" && echo yes)"
start "$gemd" --sandbox strict
check "which does not stop the next" 0 "$(status; echo $?)"
stop
fails "$confine" deny landlock_create_ruleset -- "$gemd" --sandbox strict
check "no Landlock: strict does not start" 1 $?
check "and says why" 1 "$(grep -c 'error: --sandbox: files cannot be closed: this kernel has no Landlock' "$dir/log")"

# ---- a kernel without filters of system calls ----
start "$confine" deny seccomp -- "$gemd" --sandbox on
check "no seccomp: it runs" 0 "$(status; echo $?)"
check "and says what that means" 1 "$(grep -c 'no seccomp filters: all system calls stay open' "$dir/log")"
stop; check "and ends well" 0 $?
fails "$confine" deny seccomp -- "$gemd" --sandbox strict
check "no seccomp: strict does not start" 1 $?
check "and says why" 1 "$(grep -c 'error: --sandbox: system calls cannot be closed: this kernel has no seccomp filters' "$dir/log")"

# ---- a log in a time zone that is in a file, on a terminal ----
# A zone nine hours east of Greenwich, as tzfile(5) has it.
{
    printf 'TZif\0'; printf '\0%.0s' $(seq 15)
    printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\001\0\0\0\004'
    printf '\0\0\176\220\0\0EST\0'
} >"$dir/zone"
# Lines before files are closed would look the zone up, such as root's that it is root.
user=""
[ "$(id -u)" != 0 ] || user="--user root"
if command -v script >/dev/null; then
    before=$(TZ=":$dir/zone" date +%H)
    TZ=":$dir/zone" NO_COLOR=1 script -qec "timeout 1 '$gemd' --sandbox strict $user --policy none --socket '$dir/gemd.sock'" /dev/null </dev/null >"$dir/log"
    after=$(TZ=":$dir/zone" date +%H)
    seen=$(sed -n 's/^\([0-9][0-9]\):.*gemd: .*: ready at .*/\1/p' "$dir/log")
    check "the time is the zone's" yes "$([ "$seen" = "$before" ] || [ "$seen" = "$after" ] && echo yes)"
    check "which is another one" yes "$([ "$seen" != "$(date -u +%H)" ] && echo yes)"
fi

# ---- a log that is the journal's ----
journal() { # journal COMMAND...: standard error is what JOURNAL_STREAM says
    JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$@"
}
start journal "$gemd" --sandbox strict
kill -HUP "$daemon"
for _ in $(seq 200); do [ "$(grep -c 'policy: ' "$dir/log")" -ge 1 ] && break; sleep 0.05; done
check "the journal's priorities" 1 "$(grep -c '^<6>.*ready at' "$dir/log")"
check "also of what comes later: the policy read again" 1 "$(grep -c '^<6>policy: ' "$dir/log")"
stop; check "and ends well" 0 $?
[ $failures = 0 ]
