#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: replay.sh SEEDS REPLAY TARGET MUTATIONS [CORPUS]...
set -eu
seeds=$1 replay=$2 target=$3 mutations=$4
shift 4
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$seeds" "$target" "$directory"
"$replay" "$directory" "$@" --mutate "$mutations"
