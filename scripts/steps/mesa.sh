# SPDX-License-Identifier: MIT
# Step: Mesa, pristine from Debian's source package, built once per user as static archives.
# Sourced after common.sh; call step_mesa. Builds are keyed by version and options.

mesa_options=(
    --buildtype=release -Db_ndebug=true -Dplatforms= -Dglx=disabled -Degl=disabled -Dgbm=disabled
    -Ddri3=disabled -Dgallium-drivers=i915,swrast -Dvulkan-drivers= -Dllvm=enabled
    -Dshared-llvm=enabled -Dshared-glapi=enabled -Dopengl=true -Dgles1=enabled -Dgles2=enabled
    -Dosmesa=false -Dgallium-vdpau=disabled -Dgallium-va=disabled -Dgallium-xa=disabled
    -Dgallium-nine=false -Dgallium-opencl=disabled -Dlmsensors=disabled -Dlibunwind=disabled
    -Dvalgrind=disabled -Dbuild-tests=false -Dtools=
    -Dshader-cache=disabled -Dzstd=disabled
)

# The archives that we link (cmake/GemdMesa.cmake), as paths below the build directory.
mesa_targets=(
    src/mesa/libmesa.a src/mesa/libmesa_sse41.a src/mapi/shared-glapi/libglapi.so.0.0.0
    src/compiler/glsl/libglsl.a src/compiler/glsl/glcpp/libglcpp.a
    src/compiler/nir/libnir.a src/compiler/libcompiler.a
    src/gallium/auxiliary/libgallium.a src/gallium/auxiliary/libgalliumvl_stub.a
    src/gallium/drivers/i915/libi915.a src/gallium/drivers/softpipe/libsoftpipe.a
    src/gallium/drivers/llvmpipe/libllvmpipe.a src/gallium/winsys/sw/null/libws_null.a
    src/util/libxmlconfig.a src/util/libmesa_util.a src/util/libmesa_util_sse41.a
    src/util/format/libmesa_format.a src/c11/impl/libmesa_util_c11.a
)

# The machine's own apt sources name the mirror; a private list asks the same mirror for sources,
# so that the system's files stay as they are.
mesa_fetch() {
    local apt=$cache/apt
    rm -rf "$apt" "$mesa_src" "$mesa_src.part"
    mkdir -p "$apt/lists/partial" "$mesa_src.part"
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' \
        'Origin: Debian' 'Component: main' | sort -u |
        sed 's|^\([^ ]*\) \(.*\)$|deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \1 \2 main|' >"$apt/sources.list"
    grep -q . "$apt/sources.list" || die "apt knows no Debian archive here (run apt-get update?)"
    local options=(-o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User=root)
    quietly "$cache/log/mesa-update" apt-get "${options[@]}" update
    local version
    version=$(apt-cache "${options[@]}" showsrc --only-source mesa | sed -n "s/^Version: \($mesa_version-.*\)/\1/p" | sort -V | tail -n 1)
    [ -n "$version" ] || die "Debian's archive has no source of mesa $mesa_version any more"
    say "Mesa: getting the source package $version"
    (cd "$apt" && quietly "$cache/log/mesa-source" apt-get "${options[@]}" --download-only source "mesa=$version")
    (cd "$apt" && quietly "$cache/log/mesa-unpack" dpkg-source --no-check --skip-patches -x mesa_*.dsc "$mesa_src.part/tree")
    mv "$mesa_src.part/tree" "$mesa_src"
    rm -rf "$mesa_src.part" "$apt"
}

step_mesa() {
    # Other options need another build; other targets only what is missing from this one.
    local options key stamp=$mesa_build/gemd-complete configured=$mesa_build/gemd-configured
    options=$(printf '%s\n' "$mesa_version" "${mesa_options[@]}" | sha256sum | cut -c1-16)
    key=$(printf '%s\n' "$options" "${mesa_targets[@]}" | sha256sum | cut -c1-16)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]; then say "Mesa $mesa_version: built already"; return; fi
    mkdir -p "$cache/log"
    exec 9>"$cache/mesa.lock"
    flock 9
    if [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]; then flock -u 9; return; fi
    [ -f "$mesa_src/meson.build" ] || mesa_fetch
    if [ "$(cat "$configured" 2>/dev/null)" != "$options" ]; then
        say "Mesa: configuring"
        rm -rf "$mesa_build"
        quietly "$cache/log/mesa-setup" env CC=gcc CXX=g++ CFLAGS= CXXFLAGS= \
            meson setup "$mesa_build" "$mesa_src" "${mesa_options[@]}"
        echo "$options" >"$configured"
    fi
    say "Mesa: building $mesa_version on $jobs cores, once per user (5 to 6 minutes on 2 cores)"
    build_with_progress Mesa "$cache/log/mesa-build" ninja -C "$mesa_build" -j "$jobs" "${mesa_targets[@]}"
    echo "$key" >"$stamp"
    flock -u 9
}
