#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: exports.sh LIBRARY    the vendor library shows one symbol and leans on no other Mesa
set -eu
exported=$(nm -D --defined-only "$1" | awk '{print $3}' | sort)
[ "$exported" = __egl_Main ] || { echo "exports: $exported"; exit 1; }
if readelf -d "$1" | grep -E 'NEEDED.*(glapi|libEGL|libGL|gallium)'; then
    echo 'another Mesa could get in'; exit 1
fi
