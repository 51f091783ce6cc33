#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: run_test.sh GEMD-RUN: its private daemon's life, with a stand-in that behaves as told.
set -u
run=$1
dir=$(mktemp -d)
export TMPDIR="$dir" GEMD_DAEMON="$dir/daemon" GEMD_EGL_VENDOR="$dir/vendor.json" DIR="$dir"
export GEMD_SOCKET="$dir/nobody.sock"
failures=0
check() { # check WHAT EXPECTED ACTUAL
    if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAILED $1: expected '$2', got '$3'"; failures=$((failures + 1)); fi
}
# The stand-in: options --socket S --ready-fd N [--device D]; notes what it is told and its end.
cat >"$dir/daemon" <<'DAEMON'
#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in --socket) socket=$2 ;; --ready-fd) fd=$2 ;; --device) device=$2 ;; esac
    shift 2
done
[ -e "$DIR/broken" ] && exit 3
trap 'echo ended >>"$DIR/log"; kill $sleep; exit 0' TERM
echo "device=${device-none}" >>"$DIR/log"
echo $$ >"$DIR/pid"
: >"$socket"
sleep 60 >/dev/null 2>&1 &
sleep=$!
eval "echo >&$fd"; eval "exec $fd>&-"
wait
DAEMON
chmod +x "$dir/daemon"
wait_for_end() { # until process $1 is gone, up to ten seconds
    for _ in $(seq 200); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.05; done
    return 1
}

out=$("$run" sh -c 'echo "$GEMD_SOCKET|$__EGL_VENDOR_LIBRARY_FILENAMES"; test -e "$GEMD_SOCKET"')
check "the program's exit code" 0 $?
check "its vendor file" "$dir/vendor.json" "${out#*|}"
check "the daemon ends with the program" "ended" "$(tail -n 1 "$dir/log")"
check "its directory is gone" "" "$(find "$dir" -name 'gemd-run.*')"

"$run" --device model:none sh -c 'exit 42'; check "another exit code" 42 $?
check "the device is passed on" "device=model:none" "$(grep -v ended "$dir/log" | tail -n 1)"
"$run" sh -c 'kill -9 $$'; check "a signal's exit code" 137 $?
"$run" "$dir/nothing-there" 2>/dev/null; check "a program that is not there" 127 $?
"$run" "$dir/vendor.json" 2>/dev/null; check "a file that is not there either" 127 $?
"$run" "$dir" 2>/dev/null; check "a program that cannot run" 126 $?
"$run" 2>/dev/null; check "no program" 125 $?
check "--help" 0 "$("$run" --help >/dev/null; echo $?)"
"$run" sh -c '[ "$1" = --device ]' sh --device x; check "the program's options are its own" 0 $?

"$run" sh -c 'trap "exit 7" TERM; echo up >"$DIR/up"; while :; do sleep 0.05; done' & pid=$!
while [ ! -e "$dir/up" ]; do sleep 0.05; done
kill -TERM $pid; wait $pid; check "SIGTERM is passed on" 7 $?

rm -f "$dir/up"
"$run" sh -c 'echo $$ >"$DIR/child"; echo up >"$DIR/up"; exec sleep 60' & pid=$!
while [ ! -e "$dir/up" ]; do sleep 0.05; done
daemon=$(cat "$dir/pid"); kill -KILL $pid; wait $pid 2>/dev/null
wait_for_end "$daemon"; check "the daemon ends when gemd-run is killed" 0 $?
wait_for_end "$(cat "$dir/child")"; check "and so does the program" 0 $?
rm -rf "$dir"/gemd-run.*

touch "$dir/broken"
"$run" true 2>/dev/null; check "a daemon that does not start" 125 $?
check "and leaves nothing behind" "" "$(find "$dir" -name 'gemd-run.*')"
rm -rf "$dir"
[ $failures = 0 ]
