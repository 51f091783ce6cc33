# SPDX-License-Identifier: MIT
# One boot with the daemon on the PCI device, and what it was found to be. Sourced after judge.sh.

# Whether the daemon that was built drives PCI devices.
gemd_has_pci() { "$vm_build/bin/gemd" --device help 2>/dev/null | grep -q '^pci'; }

gemd_initramfs() {
    local stage=$1.stage
    initramfs_begin "$stage"
    initramfs_modules "$stage" uio_pci_generic 9p 9pnet_virtio virtio_pci
    install -m 644 "$vm_top/guest/gemd" "$stage/job"
    initramfs_end "$stage" "$1"
}

# gemd_boot DIRECTORY CHIP SECONDS: adds to gemd_tests, gemd_failed, pixels_differ and irqs.
gemd_boot() {
    local directory=$1 chip=$2 status=0 name result
    rm -rf "$directory"
    mkdir -p "$directory"
    say "vm: gemd on $chip: booting"
    server_start "$directory" "$chip"
    server_device "$directory"
    vm_boot "$directory" "$vm_work/gemd.cpio" "$3" "vm_chip=$chip" "${vm_device[@]}" \
        -virtfs "local,path=$vm_work/gl,mount_tag=gl,security_model=none,readonly=on" || status=1
    server_stop
    judge_expect "$directory" job_status 0 || status=1
    while read -r name result; do
        judge_count gemd_tests 1
        [ "$result" = 0 ] && continue
        judge_count gemd_failed 1
        say "vm: gemd on $chip: $name failed"
        status=1
    done < <(sed -n 's/^vm: gemd_test=\([^ ]*\) status=\([0-9]*\) .*/\1 \2/p' "$directory/results" | tr -d '\r')
    judge_count gemd_failed 0
    while read -r result; do judge_count pixels_differ "$result"; done < <(
        sed -n 's/^vm-pixels: .*pixels_differ=\([0-9]*\).*/\1/p' "$directory/results" | tr -d '\r')
    judge_count irqs "$(vm_result "$directory" irqs | grep -E '^[0-9]+$' || echo 0)"
    say "vm: gemd on $chip: irqs=$(vm_result "$directory" irqs) failed=$status"
    return "$status"
}
