#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: lost.sh BIN: eglgears loses its daemon in mid-frame; it ends with an error, not by a signal.
set -u
BIN=$1
DIR=$(mktemp -d)
export BIN DIR
trap 'rm -rf "$DIR"' EXIT
unset DISPLAY WAYLAND_DISPLAY
"$BIN/gemd-run" --private sh -c '
    "$BIN/eglgears" --quiet --interval 0 --size 64x64 >"$DIR/out" 2>"$DIR/err" &
    gears=$!
    # It is drawing once the daemon has seen its batches.
    for try in $(seq 400); do
        "$BIN/gemctl" status >"$DIR/status"
        [ "$(sed -n "s/^batches: //p" "$DIR/status")" -gt 10 ] && break
        sleep 0.025
    done
    kill -KILL "$(sed -n "s/^pid: //p" "$DIR/status")"
    wait $gears' 2>"$DIR/run.err"
code=$?
cat "$DIR/err" "$DIR/run.err"
echo "exit code $code"
grep -q 'batches: [1-9]' "$DIR/status" && [ $code = 1 ] && grep -q '^eglgears: .*lost' "$DIR/err"
