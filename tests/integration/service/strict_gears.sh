#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: strict_gears.sh BIN [compiles], with GEMD_DAEMON set to a daemon that dies of a system call
# too many: gears on it; its compiler works after the sandbox has closed, and the screen is there for operators.
set -eu
BIN=$1 COMPILES=${2:-}
DIR=$(mktemp -d)
export BIN DIR COMPILES
trap 'rm -rf "$DIR"' EXIT
"$BIN/gemd-run" --private sh -euc '
    mkfifo "$DIR/hold"
    "$BIN/eglgears" --quiet --interval 0 --size 320x200 --frames 200 --hold <"$DIR/hold" &
    gears=$!
    exec 3>"$DIR/hold"
    # A mapping that is code and of no file is a program that was compiled.
    pid=$("$BIN/gemctl" status | sed -n "s/^pid: //p")
    seen=no try=0
    while [ $seen = no ] && [ $try -lt 400 ]; do
        grep -q "r-xp 00000000 00:00 0 *$" "/proc/$pid/maps" && seen=yes
        sleep 0.05; try=$((try + 1))
    done
    echo "compiled: $seen"
    [ -z "$COMPILES" ] || [ $seen = yes ]
    "$BIN/gemctl" screenshot "$DIR/seen.png"
    "$BIN/gemctl" errors >/dev/null
    "$BIN/gemctl" gtt >/dev/null
    grep -q "^Seccomp:.2" "/proc/$pid/status"
    exec 3>&-
    wait $gears
    # Still the same one, and well.
    [ "$("$BIN/gemctl" status | sed -n "s/^pid: //p")" = "$pid" ]'
