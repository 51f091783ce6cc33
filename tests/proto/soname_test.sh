# SPDX-License-Identifier: MIT
# usage: soname_test.sh READELF LIBRARY HEADER
# The library is called libgemd.so.0 and exports exactly the functions that the header marks.
set -eu
"$1" -d "$2" | grep -q 'Library soname: \[libgemd.so.0\]' || { echo "wrong soname"; exit 1; }
exported=$("$1" --dyn-syms -W "$2" |
    awk '$5 == "GLOBAL" && $7 != "UND" && $4 != "NOTYPE" { print $8 }' | grep -v '^__' | sort)
# A declaration may be broken before the name of its function.
promised=$(tr '\n' ' ' <"$3" | grep -o 'GEMD_API [^(]*(' | sed 's/GEMD_API GEMD_CHECKED/GEMD_API/' |
    grep -o 'gemd_[a-z_]*($' | tr -d '(' | sort)
[ -n "$promised" ] || { echo "no promises found"; exit 1; }
if [ "$exported" != "$promised" ]; then
    echo "exported:"; echo "$exported"; echo "promised:"; echo "$promised"
    exit 1
fi
