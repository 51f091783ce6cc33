#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: view.sh BIN: gemd-view shows the screen of a daemon on which eglgears holds a frame, on an X
# server of the test's own (under xvfb-run). 77: there is none.
set -eu
[ -n "${DISPLAY:-}" ] || exit 77
BIN=$1
DIR=$(mktemp -d)
export BIN DIR
trap 'rm -rf "$DIR"' EXIT
unset WAYLAND_DISPLAY
"$BIN/gemd-run" --private sh -c '
    mkfifo "$DIR/hold"
    "$BIN/eglgears" --quiet --size 320x200 --frames 3 --hold <"$DIR/hold" >/dev/null &
    exec 3>"$DIR/hold"
    # Until the first frame is up there is nothing to show.
    for try in $(seq 100); do
        "$BIN/gemd-view" --once >"$DIR/out" 2>"$DIR/err" && break
        sleep 0.05
    done
    exec 3>&-
    wait'
cat "$DIR/out" "$DIR/err"
grep -q 'showed 320x200' "$DIR/out"
