# SPDX-License-Identifier: MIT
# Step: CBMC, which checks tests/validator/proofs. Sourced after common.sh.
# Debian 12 has none; that of Debian 13 runs beside it with its own C library, unpacked privately.

cbmc_release=trixie
cbmc_packages=(cbmc minisat libc6 libgcc-s1 libstdc++6 zlib1g)
cbmc_programs=(cbmc goto-cc goto-instrument)

# cbmc_is_new DIRECTORY: whether the one there can be used.
cbmc_is_new() {
    local major
    major=$("$1/cbmc" --version 2>/dev/null | sed -n '1s/^\([0-9]*\)\..*/\1/p')
    [ "${major:-0}" -ge 6 ]
}

# cbmc_wrap TREE: programs in TREE/run that start those of TREE with the libraries of TREE.
cbmc_wrap() {
    local name
    mkdir -p "$1/run"
    for name in "${cbmc_programs[@]}"; do
        cat >"$1/run/$name.$$" <<'END'
#!/bin/sh
tree=$(dirname "$(dirname "$0")")
libraries=$tree/usr/lib/x86_64-linux-gnu
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$tree/usr/lib" "$tree/usr/bin/$(basename "$0")" "$@"
END
        chmod +x "$1/run/$name.$$"
        mv "$1/run/$name.$$" "$1/run/$name"
    done
}

# The machine's own apt sources name the mirror; the system's files stay as they are.
cbmc_fetch() {
    local apt=$cache/cbmc.apt part=$cache/cbmc.part package
    rm -rf "$apt" "$part"
    mkdir -p "$apt/lists/partial" "$apt/packages" "$part"
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' \
        'Origin: Debian' 'Component: main' | sed -n 's/^\([^ ]*\) [a-z]*$/\1/p' | sort -u | head -n 1 |
        sed "s|.*|deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] & $cbmc_release main|" >"$apt/sources.list"
    grep -q . "$apt/sources.list" || die "apt knows no Debian archive here (run apt-get update?)"
    : >"$apt/status"
    local options=(-o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt"
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2)
    quietly "$cache/log/cbmc-update" apt-get "${options[@]}" update
    say "CBMC: getting the packages of $cbmc_release"
    (cd "$apt/packages" && quietly "$cache/log/cbmc-download" apt-get "${options[@]}" download "${cbmc_packages[@]}")
    for package in "$apt"/packages/*.deb; do
        quietly "$cache/log/cbmc-unpack" dpkg-deb -x "$package" "$part"
    done
    cbmc_wrap "$part"
    cbmc_is_new "$part/run" || die "the CBMC of $cbmc_release does not run here"
    rm -rf "$cache/cbmc" "$apt"
    mv "$part" "$cache/cbmc"
}

# step_cbmc: sets cbmc_run, the directory of its programs. 77: there is none, and none can be had.
step_cbmc() {
    cbmc_run=$(dirname "$(command -v cbmc || echo /none/)")
    if cbmc_is_new "$cbmc_run"; then return 0; fi
    cbmc_run=$cache/cbmc/run
    mkdir -p "$cache/log"
    exec 8>"$cache/cbmc.lock"
    flock 8
    if [ ! -x "$cbmc_run/cbmc" ] && [ -x "$cache/cbmc/usr/bin/cbmc" ]; then cbmc_wrap "$cache/cbmc"; fi
    if ! cbmc_is_new "$cbmc_run" && ! (cbmc_fetch); then
        flock -u 8
        say "CBMC: none of version 6 on PATH, and Debian's cannot be had"
        return 77
    fi
    flock -u 8
}
