#!/bin/sh
# SPDX-License-Identifier: MIT
# gears.sh BUILD: Debian's Mesa under gemd-run --drm draws gears, and our driver: no pixel differs.
# 77: there is no such Mesa here.
set -u
build=$1
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
chmod 700 "$directory"
export XDG_RUNTIME_DIR="$directory"
[ -e "/usr/lib/$(uname -m)-linux-gnu/dri/i915_dri.so" ] ||
    { echo "gears: Debian's i915_dri.so is not installed"; exit 77; }
for program in eglgears vm-pixels; do
    [ -x "$build/bin/$program" ] || { echo "gears: no $program"; exit 77; }
done

# The stock driver's first configuration has ten bits of a colour otherwise.
EGL_PLATFORM=surfaceless allow_rgb10_configs=false "$build/bin/gemd-run" --drm -- \
    "$build/bin/eglgears" --offscreen --frames 20 --quiet --png "$directory/stock.png" \
    >"$directory/out" 2>"$directory/log" || { cat "$directory/log"; exit 1; }
cat "$directory/out"
grep -q 'renderer="i915 (chipset: G33)"' "$directory/out" || { echo 'gears: not the i915 driver'; exit 1; }
! grep 'refused' "$directory/log" || exit 1
"$build/bin/gemd-run" -- "$build/bin/eglgears" --offscreen --frames 20 --quiet \
    --png "$directory/own.png" || exit 1
exec "$build/bin/vm-pixels" "$directory/stock.png" "$directory/own.png"
