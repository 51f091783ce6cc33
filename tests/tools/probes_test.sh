#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: probes_test.sh GEMD DOCUMENT: the probes of the daemon are those that the document lists.
set -u
notes=$(readelf -n "$1" | sed -n '/Provider: gemd$/{n;s/.*Name: *//p}' | sort -u)
told=$(sed -n 's/^| `\([a-z_]*\)(.*/\1/p' "$2" | sort -u)
if [ -z "$notes" ]; then echo "FAILED: $1 has no probes"; exit 1; fi
if [ "$notes" != "$told" ]; then
    echo "FAILED: the program has:"; echo "$notes"; echo "the document has:"; echo "$told"; exit 1
fi
echo "ok $(echo "$notes" | wc -l) probes"
