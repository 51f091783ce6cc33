# SPDX-License-Identifier: MIT
# Step: Debian's packages, only those that are missing. Sourced after common.sh.
# doc/dependencies.md says what each is for.

packages_build=(
    # compilers and builders
    build-essential cmake ninja-build pkg-config python3
    # Mesa: fetching it, building it
    ca-certificates dpkg-dev meson python3-mako flex bison llvm-15-dev
    zlib1g-dev libexpat1-dev libdrm-dev
    # us
    libevent-dev libseccomp-dev libpciaccess-dev libjansson-dev libncurses-dev systemtap-sdt-dev libpng-dev libzstd-dev libxxhash-dev libsdl2-dev libvncserver-dev libwayland-dev libwayland-egl-backend-dev wayland-protocols libx11-dev libxcb1-dev libxcb-shm0-dev libxcb-present-dev libxcb-xfixes0-dev libegl-dev libgl-dev libgles-dev libopengl-dev libglvnd-core-dev
)
# Programs that the tests run, and what they are written with.
packages_test=(
    libcmocka-dev libudev-dev libgbm-dev mesa-utils mesa-utils-bin waffle-utils xvfb xauth
    # the suites of others, and the programs whose traces are replayed
    piglit apitrace weston libgl1-mesa-dri libegl-mesa0 glmark2-es2-x11 neverball
    # programs that run on the stock driver, under the DRM adapter
    kmscube libdrm-tests glmark2-es2-drm glmark2-es2-wayland libsdl2-tests intel-gpu-tools
    sway cage foot xwayland xserver-xorg-core xserver-xorg-video-intel x11-xserver-utils drm-info
    # programs with windows of ours, and what eglgears is built with
    gtk-3-examples qtbase5-examples qtwayland5 libdecor-0-dev libxkbcommon-dev libglu1-mesa-dev libxext-dev
)

# What fuzzes (tests/fuzz/run): libFuzzer; AFL++ only where it is asked for.
packages_fuzz=(clang-14 libclang-rt-14-dev)
packages_afl=(afl++)

# Peers and scenes of the benchmarks.
packages_bench=(xvfb xauth glmark2-es2-x11 virgl-server libegl-mesa0 libgl1-mesa-dri)

# step_packages PACKAGE...: afterwards all of them are installed.
step_packages() {
    local name missing=()
    for name in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
    done
    if [ ${#missing[@]} = 0 ]; then say "packages: all $# are installed"; return; fi
    say "packages: installing ${missing[*]}"
    local options=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
    quietly "$cache/log/packages-update" as_root apt-get "${options[@]}" update
    quietly "$cache/log/packages" as_root apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}"
}
