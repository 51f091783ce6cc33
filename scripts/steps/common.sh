# SPDX-License-Identifier: MIT
# Shared by every script here: where things live, and how we speak of progress.
# Sourced, not run. Sets: top, cache, mesa_version, mesa_src, mesa_build, jobs.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gemd
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
