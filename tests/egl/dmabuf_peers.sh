#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: dmabuf_peers.sh PEER RUN VENDOR: programs give each other dma-bufs: both on our EGL driver, and
# one of them on the system's Mesa by the DRM adapter, either way. To be run by gemd-run --private.
set -u
peer=$1 run=$2 vendor=$3
[ -e /usr/lib/x86_64-linux-gnu/dri/i915_dri.so ] || { echo "no i915 driver of the system"; exit 77; }
folder=$(mktemp -d) failures=0
trap 'rm -rf "$folder"' EXIT
ours() { __EGL_VENDOR_LIBRARY_FILENAMES=$vendor timeout 60 "$peer" "$@"; }
# The descriptors are files of the same user; the adapter's programs have another EGL driver.
stock() { env -u __EGL_VENDOR_LIBRARY_FILENAMES timeout 60 "$run" --drm "$peer" "$@"; }

for pair in "ours ours" "ours stock" "stock ours"; do
    read -r giver taker <<<"$pair"
    "$giver" give "$folder/$giver-$taker" &
    given=$!
    "$taker" take "$folder/$giver-$taker" || { echo "FAILED $taker takes of $giver"; failures=$((failures + 1)); }
    wait $given || { echo "FAILED $giver gives to $taker"; failures=$((failures + 1)); }
done
echo "dmabuf_peers: pairs=3 failures=$failures"
[ $failures = 0 ]
