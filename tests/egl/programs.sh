#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: programs.sh NAME    runs one of Debian's programs and looks at what it prints.
# The environment names the vendor file, and either a socket that nobody listens on or (gemd-run) a
# daemon's; $EXPECTED is a word of the renderer's name. 77: not installed.
set -u
expected=${EXPECTED:-}
need() { command -v "$1" >/dev/null || { echo "$1 is not installed"; exit 77; }; }
output=$(mktemp); trap 'rm -f "$output"' EXIT

# expect TEXT...: each must be there
expect() {
    local text
    for text in "$@"; do
        grep -qF -- "$text" "$output" || { echo "missing: $text"; cat "$output"; exit 1; }
    done
}

# eglinfo fails when one platform of those it tries has no server; the text says what worked.
platform() { sed -n "/^$1 platform:/,/^[A-Z].* platform:/p" "$output"; }

case $1 in
eglinfo)
    need eglinfo
    env -u DISPLAY -u WAYLAND_DISPLAY eglinfo >"$output" 2>&1
    for name in Surfaceless Device; do
        platform "$name" | grep -qF 'EGL version string: 1.5' ||
            { echo "no EGL 1.5 on $name"; cat "$output"; exit 1; }
        platform "$name" | grep -qF "EGL driver name: $expected" ||
            { echo "not $expected on $name"; cat "$output"; exit 1; }
        platform "$name" | grep -qE '^0x0?1 ' || { echo "no configs on $name"; cat "$output"; exit 1; }
    done ;;
es2_info)
    need es2_info; need xvfb-run
    xvfb-run -a es2_info >"$output" 2>&1 || { echo "exit $?"; cat "$output"; exit 1; }
    expect 'EGL_VERSION: 1.5' 'GL_VERSION: OpenGL ES' "GL_RENDERER: $expected" ;;
piglit-fence-sync)
    # What needs a second display or the kernel's sw_sync skips itself.
    piglit=/usr/lib/x86_64-linux-gnu/piglit/bin/egl_khr_fence_sync
    need "$piglit"
    while read -r passes profile; do
        PIGLIT_PLATFORM=surfaceless_egl LD_PRELOAD=$EGL_ANY_CONFIG \
            "$piglit" $profile -auto >"$output" 2>&1
        if [ "$(grep -c ' : "pass"}}' "$output")" -lt "$passes" ] ||
                grep -qE '"(fail|crash|warn)"' "$output"; then
            echo "piglit: ${profile:-fence_sync}"; cat "$output"; exit 1
        fi
    done <<<$'13\n8 android_native\n1 wait_sync' ;;
wflinfo-*)
    need wflinfo
    wflinfo -p surfaceless_egl -a "${1#wflinfo-}" >"$output" 2>&1 ||
        { echo "exit $?"; cat "$output"; exit 1; }
    case $1 in
    *-gl) expect 'OpenGL version string: ' ;;
    *-gles1) expect 'OpenGL version string: OpenGL ES-CM 1.1' ;;
    *-gles2) expect 'OpenGL version string: OpenGL ES ' ;;
    esac
    expect "OpenGL renderer string: $expected" ;;
*)
    echo "usage: programs.sh NAME"; exit 2 ;;
esac
[ -n "$expected" ] || expect 'rendering in software with'
