# SPDX-License-Identifier: MIT
# Shared by every script here: where things live, and how we speak of progress.
# Sourced, not run. Sets: top, cache, mesa_version, mesa_src, mesa_build, jobs.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export HOME=${HOME:-/root}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gemd
mesa_version=22.3.6
mesa_src=$cache/mesa-$mesa_version/source
mesa_build=$cache/mesa-$mesa_version/build
jobs=$(nproc)
export DEBIAN_FRONTEND=noninteractive
# Meson and Mesa's generators must meet Debian's python3 and its modules, not another one on PATH.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8
unset PYTHONPATH PYTHONHOME

started=$SECONDS
if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi

say() { printf '%s[%4ds]%s %s\n' "$bold" $((SECONDS - started)) "$plain" "$*" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# as_root CMD...: runs CMD with root's rights, by sudo where we are not root.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo -E env PATH="$PATH" "$@"
    else die "needs root or sudo for: $*"; fi
}

# quietly LOG CMD...: output goes to LOG; shown only when CMD fails.
quietly() {
    local log=$1; shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        die "failed: $* (whole log: $log)"
    fi
}

# build_with_progress NAME LOG NINJA...: one line for every 100 steps, as a build that is silent for
# minutes looks like one that hangs; the last lines of LOG when it fails.
build_with_progress() {
    local name=$1 log=$2; shift 2
    mkdir -p "$(dirname "$log")"
    local status
    set +e
    NINJA_STATUS='[%f/%t] ' "$@" 2>&1 | tee "$log" | awk -v name="$name" -F'[][/]' '
        /^\[[0-9]+\/[0-9]+\]/ && $2 > 0 && ($2 % 100 == 0 || $2 == $3) {
            printf "        %s: %s of %s steps\n", name, $2, $3; fflush()
        }' >&2
    status=${PIPESTATUS[0]}
    set -e
    if [ "$status" -ne 0 ]; then
        grep -A 20 -E '^FAILED' "$log" | tail -n 60 >&2 || tail -n 60 "$log" >&2
        die "building failed: $name (whole log: $log)"
    fi
}
