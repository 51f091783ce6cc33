#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: extensions.sh TABLE LISTER RUN: what the driver reports, in software and on a daemon, is what
# doc/egl-extensions.md says. LISTER is egl_extensions, RUN is gemd-run.
set -u
table=$1 lister=$2 run=$3
failures=0
fail() { echo "FAILED $*"; failures=$((failures + 1)); }

# rows: "EXTENSION<TAB>HERE" of the table, from stdin.
rows() { sed -n 's/^| *\(EGL_[A-Za-z0-9_]*\) *|[^|]*| *\([^|]*[^| ]\) *|.*/\1\t\2/p'; }

# where NAME HERE WHO: the platforms (of those that LISTER knows) that must have it; WHO is gpu or
# software, who renders.
where() {
    case $2 in
    no:*) ;;
    client*) echo client ;;
    device*) echo node ;;
    "yes, on the GPU"*) [ "$3" = gpu ] && echo screen surfaceless device x11 wayland ;;
    yes*) echo screen surfaceless device x11 wayland ;;
    *)
        [[ ${2%%:*} == *screen* ]] && echo screen
        [[ ${2%%:*} == *X11* ]] && echo x11
        [[ ${2%%:*} == *Wayland* ]] && echo wayland
        ;;
    esac
}

# wanted WHO: the lines that LISTER should print, for the platforms that are in 'seen'.
wanted() {
    local name here platform
    while IFS=$'\t' read -r name here; do
        for platform in $(where "$name" "$here" "$1"); do
            [[ $seen == *" $platform "* ]] && echo "$platform: $name"
        done
    done < <(rows <"$table")
}

# compare WHO COMMAND...: each line there and not here, and the other way round.
compare() {
    local who=$1 reported line
    shift
    reported=$("$@") || { fail "$who: $* failed"; return; }
    seen=" $(cut -d: -f1 <<<"$reported" | sort -u | tr '\n' ' ')"
    while read -r line; do fail "$who reports $line, which the table denies or lacks"; done \
        < <(comm -23 <(sort -u <<<"$reported") <(wanted "$who" | sort -u))
    while read -r line; do fail "$who lacks $line"; done \
        < <(comm -13 <(sort -u <<<"$reported") <(wanted "$who" | sort -u))
    platforms+="$who:$(wc -w <<<"$seen") "
}

platforms='' seen=''
unset WAYLAND_DISPLAY DISPLAY
compare software "$lister"
[ ! -x "$run" ] || compare gpu "$run" --private "$lister"
if command -v xvfb-run >/dev/null; then
    compare software xvfb-run -a "$lister"
fi
count=$(rows <"$table" | wc -l)
[ "$count" -gt 40 ] || fail "the table has $count rows"
[ "$count" = "$(rows <"$table" | cut -f1 | sort -u | wc -l)" ] || fail "an extension has two rows"

# It can fail: a row that lies, and one that is missing.
lies() ( # lies SED: the table, bent
    sed "$1" "$table" >"$bent"
    table=$bent failures=0
    compare software "$lister" >/dev/null
    [ $failures != 0 ]
)
bent=$(mktemp)
trap 'rm -f "$bent"' EXIT
lies 's/^\(| EGL_EXT_pixel_format_float |.*|\) no:[^|]*|/\1 yes |/' || fail "a lie is believed"
lies '/^| EGL_KHR_image_base /d' || fail "a missing row is not missed"

echo "extensions: rows=$count platforms=${platforms% } failures=$failures"
[ $failures = 0 ]
