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

# gemd_same DIRECTORY NAME: the screen of then is, pixel by pixel, as it was found.
gemd_same() {
    local differ
    differ=$("$vm_build/bin/vm-pixels" "$1"/{found,$2}.png 2>&1 | sed -n 's/.*pixels_differ=\([0-9]*\)$/\1/p')
    judge_count pixels_differ "${differ:-1}"
    [ "$differ" = 0 ] && return
    say "vm: $(basename "$1"): the screen of one that was $2 is not as it was found: pixels_differ=${differ:-unknown}"
    return 1
}

# gemd_screens DIRECTORY: the picture of the firmware is on the screen, another one while the daemon runs, and
# the first one again, pixel by pixel, after the daemon was killed and after it has ended.
gemd_screens() {
    local directory=$1 name status=0
    if "$vm_build/bin/vm-pixels" "$directory"/{found,running}.png >/dev/null 2>&1 || [ ! -e "$directory/running.png" ]; then
        say "vm: $(basename "$directory"): the daemon does not show anything else than the firmware did"
        status=1
    fi
    for name in killed stopped; do
        gemd_same "$directory" "$name" || status=1
    done
    return "$status"
}

# gemd_firmware CHIP STEPS: what its screen is at power-on. Mobile chips have a panel, on pipe B; CTest's tests want
# screens of any size.
gemd_firmware() {
    case $1-$2 in
    *gm-gears | *gme-gears | *-m-gears) echo panel ;;
    *) echo monitor ;;
    esac
}

# gemd_boot DIRECTORY CHIP STEPS SECONDS: one boot. STEPS are 'gears', or 'tests': those of CTest.
# Adds to gemd_tests, gemd_failed, pixels_differ and irqs.
gemd_boot() {
    local directory=$1 chip=$2 steps=$3 seconds=$4 status=0 name result
    rm -rf "$directory"
    mkdir -p "$directory"
    say "vm: gemd on $chip, $steps: booting"
    server_start "$directory" "$chip" --firmware "$(gemd_firmware "$chip" "$steps")"
    server_device "$directory"
    vm_boot "$directory" "$vm_work/gemd.cpio" "$seconds" "vm_chip=$chip vm_steps=$steps" "${vm_device[@]}" \
        -virtfs "local,path=$vm_work/gl,mount_tag=gl,security_model=none,readonly=on" &
    server_shots "$directory" $! || status=1
    server_stop
    if [ "$steps" = tests ]; then
        gemd_same "$directory" measured || status=1
    else
        gemd_screens "$directory" || status=1
    fi
    judge_expect "$directory" job_status 0 || status=1
    while read -r name result; do
        judge_count gemd_tests 1
        [ "$result" = 0 ] && continue
        judge_count gemd_failed 1
        say "vm: gemd on $chip: $name failed"
        status=1
    done < <(sed -n 's/^vm: gemd_test=\([^ ]*\) status=\([0-9]*\) .*/\1 \2/p' "$directory/results" | tr -d '\r')
    name=
    [ "$steps" != tests ] || name=$(tests_missing "$directory" "$vm_work/gl/tests")
    if [ -n "$name" ]; then
        judge_count gemd_failed "$(wc -w <<<"$name")"
        say "vm: gemd on $chip: not run:$name"
        status=1
    fi
    judge_count gemd_failed 0
    while read -r result; do judge_count pixels_differ "$result"; done < <(
        sed -n 's/^vm-pixels: .*pixels_differ=\([0-9]*\).*/\1/p' "$directory/results" | tr -d '\r')
    [ "$status" = 0 ] || grep -a '^gemd: .*error: ' "$directory/results" | sort -u | head -n 5 >&2 || true
    judge_count irqs "$(vm_result "$directory" irqs | grep -E '^[0-9]+$' || echo 0)"
    say "vm: gemd on $chip, $steps: irqs=$(vm_result "$directory" irqs) failed=$status"
    return "$status"
}
