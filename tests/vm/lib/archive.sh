# SPDX-License-Identifier: MIT
# Debian packages without installing them: a private apt tree per suite, whose packages stay in the
# cache (backports move on) and are unpacked beside it. Sourced after scripts/steps/common.sh.

vm_cache=$cache/vm
archive_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# unavailable REASON: the machine cannot be had here; that is no failure (exit 77).
unavailable() { printf '%s: skipped: %s\n' "$(basename "$0")" "$*" >&2; exit 77; }

# attempt LOG CMD...: output goes to LOG; its last lines are the reason when CMD fails.
attempt() {
    local log=$cache/log/$1; shift
    mkdir -p "$cache/log"
    "$@" >"$log" 2>&1 || unavailable "$* failed (whole log: $log): $(tail -n 2 "$log" | tr '\n' ' ')"
}

# The mirror that the machine's own apt sources name; also when it has never got their lists.
archive_mirror() {
    local uri
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
        'Component: main' 2>/dev/null | grep -Ev 'security/?$' | sort -u | head -n 1)
    if [ -z "$uri" ]; then
        uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
            grep -Ev '^#' | grep -Eo 'https?://[^ ]*/debian/?( |$)' | head -n 1 | tr -d ' ')
    fi
    [ -n "$uri" ] || unavailable "apt knows no Debian archive here"
    printf '%s' "${uri%/}"
}

# archive_fetch NAME SUITES PACKAGE...: downloads PACKAGEs of the first suite and unpacks them into
# $vm_cache/NAME/root; with all that they depend on, as for an empty machine, when NAME is in
# archive_closed. Once: what is there stays. An interrupted one goes on with the packages it has.
archive_closed=' qemu '
archive_fetch() {
    local name=$1 suites=$2; shift 2
    local tree=$vm_cache/$name key
    key=$(printf '%s\n' "$suites" "$@" | sha256sum | cut -c1-16)
    if [ "$(cat "$tree/complete" 2>/dev/null)" = "$key" ]; then return; fi
    archive_tree "$tree" "$suites"
    say "vm: $name: asking for $* of ${suites%% *}"
    attempt "vm-$name-update" apt-get "${archive_options[@]}" update
    attempt "vm-$name-plan" apt-get "${archive_options[@]}" -s -t "${suites%% *}" install "$@"
    # "Inst NAME (VERSION ORIGIN [ARCHITECTURE])"
    sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' "$cache/log/vm-$name-plan" >"$tree/plan"
    if [[ $archive_closed != *" $name "* ]]; then
        grep -E "^($(archive_alternatives "$tree/plan" "$@"))=" "$tree/plan" >"$tree/plan.part"
        mv "$tree/plan.part" "$tree/plan"
    fi
    archive_download "$tree"
    archive_unpack "$tree"
    echo "$key" >"$tree/complete"
}

# archive_alternatives PLAN PACKAGE...: the PACKAGEs as a pattern; the kernel's is a name for another.
archive_alternatives() {
    local plan=$1; shift
    local IFS='|'
    printf '%s' "$*|$(sed -n 's/^\(linux-image-[0-9][^=]*\)=.*/\1/p' "$plan" | head -n 1)"
}

# archive_tree TREE SUITES: what apt needs to know, apart from the system's; sets archive_options.
archive_tree() {
    local tree=$1 suite mirror
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || unavailable "no apt here"
    [ "$(dpkg --print-architecture)" = amd64 ] || unavailable "not an amd64 machine"
    [ -e "$archive_keyring" ] || unavailable "no $archive_keyring (package debian-archive-keyring)"
    mirror=$(archive_mirror)
    mkdir -p "$tree/lists/partial" "$tree/archives/partial" "$tree/empty"
    : >"$tree/status"
    for suite in $2; do
        echo "deb [signed-by=$archive_keyring] $mirror $suite main"
    done >"$tree/sources.list"
    archive_options=(-o "Dir::Etc::SourceList=$tree/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::Etc::Preferences=/dev/null -o "Dir::Etc::PreferencesParts=$tree/empty"
        -o "Dir::State=$tree" -o "Dir::State::Lists=$tree/lists" -o "Dir::State::status=$tree/status"
        -o "Dir::Cache=$tree" -o "Dir::Cache::archives=$tree/archives" -o Debug::NoLocking=true
        -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o Acquire::Retries=3
        -o Acquire::Languages=none -o APT::Architectures=amd64)
}

# archive_download TREE: the packages of the plan that are not there, twenty at a time.
archive_download() {
    local tree=$1 package file missing=() count=0 i
    : >"$tree/packages"
    while read -r package; do
        file=${package/=/_} file=${file//:/%3a}
        echo "$file" >>"$tree/packages"
        count=$((count + 1))
        compgen -G "$tree/archives/${file}_*.deb" >/dev/null || missing+=("$package")
    done <"$tree/plan"
    say "vm: $(basename "$tree"): $count packages, ${#missing[@]} to get"
    mkdir -p "$tree/archives/new"
    for ((i = 0; i < ${#missing[@]}; i += 20)); do
        (cd "$tree/archives/new" &&
            attempt "vm-$(basename "$tree")-download" apt-get "${archive_options[@]}" download "${missing[@]:i:20}") || exit
        # Whole ones only: a name says that a package is there.
        mv "$tree/archives/new"/*.deb "$tree/archives"
    done
    rm -rf "$tree/archives/new"
}

# archive_unpack TREE: what the plan names, and nothing older that lies beside it.
archive_unpack() {
    local tree=$1 part=$1/root.part file
    rm -rf "$part" "$tree/root"
    mkdir -p "$part"
    while read -r file; do
        dpkg-deb -x "$tree/archives/$file"_*.deb "$part" || die "cannot unpack $tree/archives/$file"
    done <"$tree/packages"
    rm -rf "$tree/lists" "$tree"/*pkgcache.bin
    mv "$part" "$tree/root"
}
