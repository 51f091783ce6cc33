# SPDX-License-Identifier: MIT
# QEMU with vfio-user-pci (10.1 and later), which Debian 12 has not, run from the cache with its own
# loader and libraries. Sourced after archive.sh.

vm_qemu_root=$vm_cache/qemu/root
vm_memory=1G
vm_accel=tcg # runs everywhere; KVM is faster where it can run a stock kernel

qemu() {
    local root=$vm_qemu_root
    "$root/usr/lib64/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$root/usr/lib/x86_64-linux-gnu" \
        "$root/usr/bin/qemu-system-x86_64" -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
}

step_qemu() {
    archive_fetch qemu "trixie-backports trixie" qemu-system-x86
    qemu_version=$(qemu --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
    [ -n "$qemu_version" ] || unavailable "Debian's QEMU does not run here"
    qemu -device help 2>/dev/null | grep -q '"vfio-user-pci"' || unavailable "QEMU $qemu_version has no vfio-user-pci"
    say "vm: QEMU $qemu_version"
}

# vm_boot DIRECTORY INITRAMFS SECONDS KERNEL-ARGUMENTS [QEMU-ARGUMENT...]: one boot, from power-on to
# power-off. DIRECTORY gets 'console' (the kernel's lines), 'results' (the job's), 'qemu' (its own).
# Fails when the guest does not turn itself off in time. The memory is a shared file: a device that
# another process serves gets descriptors of it. A busy machine may keep the guest's CPU waiting for
# long: that is no fault of the guest's timer, nor a stall of its kernel.
vm_boot() {
    local directory=$1 initramfs=$2 seconds=$3 append=$4 status=0; shift 4
    mkdir -p "$directory"
    rm -f "$directory"/{console,results,qemu}
    set -- -M q35 -accel "$vm_accel" -nodefaults -no-user-config -display none -vga none -no-reboot -m "$vm_memory" \
        -object "memory-backend-memfd,id=ram0,size=$vm_memory,share=on" -machine memory-backend=ram0 \
        -serial "file:$directory/console" -serial "file:$directory/results" \
        -kernel "$vm_kernel" -initrd "$initramfs" \
        -append "console=ttyS0 panic=-1 loglevel=7 no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1 $append" "$@"
    declare -fx qemu
    export vm_qemu_root
    timeout -k 5 "$seconds" bash -c 'qemu "$@"' qemu "$@" >"$directory/qemu" 2>&1 </dev/null &
    echo $! >"$directory/pid"
    wait $! || status=$?
    rm -f "$directory/pid"
    if [ "$status" = 124 ]; then
        say "vm: $(basename "$directory"): not finished after $seconds s"
    elif ! grep -q '^vm: job_status=' "$directory/results" 2>/dev/null; then
        say "vm: $(basename "$directory"): QEMU ended with status $status before the guest's job did"
        status=1
    fi
    return "$status"
}

# vm_stop DIRECTORY: of a boot that goes on.
vm_stop() {
    [ -e "$1/pid" ] || return 0
    kill "$(cat "$1/pid")" 2>/dev/null || true
    rm -f "$1/pid"
}

# vm_result DIRECTORY KEY: the value that the guest gave last; empty when it gave none.
vm_result() { sed -n "s/^vm: \(.* \)\{0,1\}$2=\([^ ]*\).*/\2/p" "$1/results" | tail -n 1 | tr -d '\r'; }
