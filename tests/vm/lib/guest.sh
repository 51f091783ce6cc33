# SPDX-License-Identifier: MIT
# The guest: Debian's kernel with a few modules, busybox, and programs of this machine in an
# initramfs. Sourced after archive.sh.

vm_guest=$vm_cache/guest/root
vm_kernel=$vm_cache/guest/vmlinux

# The guest's userland is made of this machine's programs: their libraries must be Debian 12's.
step_guest() {
    archive_fetch guest bookworm busybox-static linux-image-amd64
    kernel_version=$(basename "$vm_guest"/lib/modules/*)
    if [ ! -e "$vm_kernel" ] || [ "$vm_guest" -nt "$vm_kernel" ]; then
        quietly "$cache/log/vm-kernel" python3 "$vm_lib/kernel.py" "$vm_guest"/boot/vmlinuz-* "$vm_kernel.part"
        quietly "$cache/log/vm-modules" "$vm_guest/bin/busybox" depmod -b "$vm_guest" "$kernel_version"
        mv "$vm_kernel.part" "$vm_kernel"
    fi
    say "vm: guest: Debian 12, kernel $kernel_version"
}

# initramfs_begin STAGE: an empty root with busybox and tests/vm/guest/init.
initramfs_begin() {
    local stage=$1 applet
    rm -rf "$stage"
    mkdir -p "$stage"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,run,etc,root,var,lib64,lib/modules/"$kernel_version"}
    cp "$vm_guest/bin/busybox" "$stage/bin/busybox"
    for applet in $("$stage/bin/busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$stage/bin/$applet"
    done
    ln -s ../bin/busybox "$stage/sbin/modprobe"
    install -m 755 "$vm_top/guest/init" "$stage/init"
}

# initramfs_modules STAGE NAME...: kernel modules with what they need.
initramfs_modules() {
    local stage=$1 name path line base=lib/modules/$kernel_version; shift
    for name in "$@"; do
        # "PATH: PATH...": all that it needs, direct or not.
        line=$(grep -E "(^|/)$name\.ko:" "$vm_guest/$base/modules.dep") || die "no module $name in kernel $kernel_version"
        for path in ${line/:/}; do
            [ -e "$stage/$base/$path" ] && continue
            mkdir -p "$stage/$base/$(dirname "$path")"
            cp "$vm_guest/$base/$path" "$stage/$base/$path"
            grep -F "$path:" "$vm_guest/$base/modules.dep" | grep "^$path:" >>"$stage/$base/modules.dep"
        done
    done
}

# initramfs_program STAGE FILE [NAME]: FILE as /usr/bin/NAME, with the libraries that it is linked to.
initramfs_program() {
    local stage=$1 file=$2
    install -m 755 "$file" "$stage/usr/bin/${3:-$(basename "$file")}"
    initramfs_libraries "$stage" "$file"
}

# initramfs_libraries STAGE FILE: at the places where they are here, which is where they are looked
# for; the loader itself is one of them.
initramfs_libraries() {
    local stage=$1 library
    for library in $(ldd "$2" 2>/dev/null | grep -Eo '/[^ ]+' | sort -u); do
        [ -e "$stage$library" ] && continue
        mkdir -p "$stage$(dirname "$library")"
        cp -L "$library" "$stage$library"
    done
}

# initramfs_file STAGE FILE: at its own place, with the libraries that it is linked to.
initramfs_file() {
    mkdir -p "$1$(dirname "$2")"
    cp -L "$2" "$1$2"
    initramfs_libraries "$1" "$2"
}

# initramfs_end STAGE OUT: uncompressed, which the guest unpacks fastest.
initramfs_end() {
    (cd "$1" && find . | "$vm_guest/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) >"$2.part"
    mv "$2.part" "$2"
    rm -rf "$1"
}
