# SPDX-License-Identifier: MIT
# Step: eglgears of mesa-demos, built unmodified from Debian's source package, which no binary
# package has. Sourced after common.sh.

demos_version=9.0.0
demos_release=trixie
demos=$cache/mesa-demos
demos_programs=(eglgears_wayland eglgears_x11)

# The machine's own apt sources name the mirror. What upstream released is enough of the package;
# apt compares it with the index, and keeps nothing that differs.
demos_fetch() {
    local apt=$cache/demos.apt
    rm -rf "$apt" "$1"
    mkdir -p "$apt/lists/partial" "$1"
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' \
        'Origin: Debian' 'Component: main' | sed -n 's/^\([^ ]*\) [a-z]*$/\1/p' | sort -u | head -n 1 |
        sed "s|.*|deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] & $demos_release main|" >"$apt/sources.list"
    grep -q . "$apt/sources.list" || die "apt knows no Debian archive here (run apt-get update?)"
    local options=(-o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User=root -o Acquire::Retries=2)
    quietly "$cache/log/demos-update" apt-get "${options[@]}" update
    say "mesa-demos: getting the source package of $demos_release"
    (cd "$apt" && apt-get "${options[@]}" --download-only source mesa-demos) >"$cache/log/demos-source" 2>&1 || true
    [ -f "$apt/mesa-demos_$demos_version.orig.tar.gz" ] || die "Debian's archive has no mesa-demos $demos_version"
    tar -xzf "$apt/mesa-demos_$demos_version.orig.tar.gz" -C "$1" --strip-components=1
    rm -rf "$apt"
}

demos_build() {
    local part=$cache/demos.part name
    demos_fetch "$part"
    quietly "$cache/log/demos-setup" env CC=gcc CXX=g++ CFLAGS= CXXFLAGS= \
        meson setup "$part/build" "$part" --buildtype=release -Dglut=disabled -Dosmesa=disabled \
        -Dvulkan=disabled -Dgles1=disabled -Dlibdrm=disabled
    quietly "$cache/log/demos-build" ninja -C "$part/build" -j "$jobs" "${demos_programs[@]/#/src/egl/opengl/}"
    rm -rf "$demos"
    mkdir -p "$demos"
    for name in "${demos_programs[@]}"; do mv "$part/build/src/egl/opengl/$name" "$demos/"; done
    echo "$demos_version" >"$demos/version"
    rm -rf "$part"
}

# step_demos: 77: there are none, and none can be had.
step_demos() {
    [ "$(cat "$demos/version" 2>/dev/null)" != "$demos_version" ] || return 0
    mkdir -p "$cache/log"
    exec 7>"$cache/demos.lock"
    flock 7
    if [ "$(cat "$demos/version" 2>/dev/null)" != "$demos_version" ] && ! (demos_build); then
        flock -u 7
        say "mesa-demos: Debian's source package cannot be had or built"
        return 77
    fi
    flock -u 7
}
