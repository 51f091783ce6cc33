#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scanout.sh SIZE FRAMES, under gemd-run, with BIN and DIR set: holds the last frame of
# eglgears on the screen and takes pictures of the screen until one equals eglgears' own.
set -eu
rm -f "$DIR/hold"
mkfifo "$DIR/hold"
"$BIN/eglgears" --size "$1" --frames "$2" --png "$DIR/drawn.png" --hold <"$DIR/hold" >"$DIR/drawn.log" &
gears=$!
exec 3>"$DIR/hold"
# The same pixels make the same file: both are written by the same code.
result=differs
for try in $(seq 200); do
    if [ -s "$DIR/drawn.png" ] && "$BIN/gemctl" screenshot "$DIR/seen.png" >/dev/null 2>&1 &&
        cmp -s "$DIR/drawn.png" "$DIR/seen.png"; then
        result=same
        break
    fi
    kill -0 $gears || break
    sleep 0.05
done
exec 3>&-
wait $gears
rm -f "$DIR/hold" "$DIR/seen.png" "$DIR/drawn.png"
echo "scanout: $result after $try pictures"
[ "$result" = same ]
