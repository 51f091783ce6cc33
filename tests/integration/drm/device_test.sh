#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: device_test.sh BUILD: programs under gemd-run --drm, as who runs this and, for root, as nobody.
set -uo pipefail
build=$1
source "$(dirname "$0")/../../lib/checks.sh"
export XDG_RUNTIME_DIR=$logs/run TMPDIR=$logs # a gemd-run that is killed leaves something
mkdir -m 700 "$XDG_RUNTIME_DIR"
unset GEMD_SOCKET LD_PRELOAD
drm() { timeout 60 "$build/bin/gemd-run" --private --drm "$@"; }
probe=$build/tests/drm_probe
host=$(ls -l /dev/dri 2>&1)

# shown WHAT COMMAND...: a check that tells what a failed one said.
shown() {
    local what=$1; shift
    "$@" >"$logs/said" 2>&1 || cat "$logs/said"
    check "$what" grep -q "failed=0" "$logs/said"
}

shown "names" drm "$probe" paths
shown "DRM files" drm "$probe" device
shown "DRM files, with one processor" timeout 60 taskset -c "$(taskset -cp $$ | sed 's/.*[ :]//;s/[-,].*//')" \
    "$build/bin/gemd-run" --private --drm "$probe" device
shown "fences" drm "$probe" sync
check "the connector's modes are the screen's" drm grep -qxE '[0-9]+x[0-9]+' /sys/class/drm/card0-VGA-1/modes
drm sh -c 'exit 7'
check "the program's status" [ $? = 7 ]
drm sh -c 'kill -KILL $$' 2>/dev/null
check "the program's signal" [ $? = 137 ]
LD_PRELOAD=libm.so.6 drm sh -c 'echo "$LD_PRELOAD"' >"$logs/said"
check "what was preloaded stays" grep -q '/libgemd_drm.so:libm.so.6$' "$logs/said"
check "no vendor is chosen" drm sh -c '[ -z "${__EGL_VENDOR_LIBRARY_FILENAMES-}" ]'
chosen='[ -n "${__EGL_VENDOR_LIBRARY_FILENAMES-}" ] && [ -f "${GBM_BACKENDS_PATH-}/i915_gbm.so" ]'
if [ -e "$build/lib/gbm/i915_gbm.so" ]; then
    check "a vendor and a GBM backend are chosen" drm --egl sh -c "$chosen"
    check "and not for whom Mesa is chosen in there" drm --egl "$build/bin/gemd-run" --private --drm \
        sh -c '[ -z "${__EGL_VENDOR_LIBRARY_FILENAMES-}${GBM_BACKENDS_PATH-}" ]'
fi
check "nothing stays behind" [ -z "$(ls -A "$XDG_RUNTIME_DIR")" ]
check "the host has what it had" [ "$host" = "$(ls -l /dev/dri 2>&1)" ]

# Two at a time do not meet; one in the other is the inner one's.
drm sh -c 'echo "$LD_PRELOAD"' >"$logs/one"
drm sh -c 'echo "$LD_PRELOAD"' >"$logs/two"
check "a directory for each" fails cmp -s "$logs/one" "$logs/two"
check "in one another" drm "$build/bin/gemd-run" --private --drm "$probe" device

# With a daemon that runs already.
"$build/bin/gemd" --socket "$logs/socket" --policy none --ready-fd 3 3>"$logs/ready" 2>"$logs/daemon" &
daemon=$!
for _ in $(seq 100); do [ -s "$logs/ready" ] && break; sleep 0.1; done
GEMD_SOCKET=$logs/socket shown "a daemon that runs" timeout 60 "$build/bin/gemd-run" --drm "$probe" device
check "it goes on" kill -0 "$daemon"
kill "$daemon"; wait "$daemon"

# What remains of a program when gemd-run is gone gets errors, and is told once.
drm bash -c 'trap "" TERM; exec 9</dev/dri/card0; kill -KILL $PPID; sleep 1; exec "$0" inherited 9' "$probe" >"$logs/said" 2>&1
sleep 2
check "a device that is gone" grep -q "^libgemd_drm: no server" "$logs/said"
check "is told once" [ "$(grep -c '^libgemd_drm:' "$logs/said")" = 1 ]

if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$probe" 2>/dev/null; then
    chown 65534 "$XDG_RUNTIME_DIR" "$logs"
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
    # timeout and not drm: setpriv runs programs, not functions.
    shown "names, as nobody" as_nobody timeout 60 "$build/bin/gemd-run" --private --drm "$probe" paths
    shown "DRM files, as nobody" as_nobody timeout 60 "$build/bin/gemd-run" --private --drm "$probe" device
fi
[ "$failures" = 0 ]
