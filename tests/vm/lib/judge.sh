# SPDX-License-Identifier: MIT
# One boot with Linux's i915 on the model, and what it was found to be. Sourced after server.sh.

judge_kernel_faults='WARNING: CPU|BUG:|Oops|general protection fault|blocked for more than'

# judge_initramfs OUT: i915 with what asks it.
judge_initramfs() {
    local stage=$1.stage
    initramfs_begin "$stage"
    initramfs_modules "$stage" i915 9p 9pnet_virtio virtio_pci
    initramfs_program "$stage" "$vm_build/bin/i915-judge"
    install -m 644 "$vm_top/guest/judge" "$stage/job"
    initramfs_end "$stage" "$1"
}

# judge_gl DIRECTORY: a root with eglgears, Debian's OpenGL driver and ours with its daemon, which the
# guest mounts: it reads of it what it needs, where an initramfs would be all in its memory.
judge_gl() {
    local file root=/usr/lib/x86_64-linux-gnu
    rm -rf "$1"
    mkdir -p "$1"/{usr/bin,lib64,dev,proc,sys,tmp,run}
    initramfs_program "$1" "$vm_build/bin/vm-pixels"
    for file in "$root"/dri/i915_dri.so "$root"/lib{EGL_mesa.so.0,GL.so.1,gbm.so.1} /usr/share/glvnd/egl_vendor.d/50_mesa.json \
        "$vm_build"/bin/{eglgears,gemd,gemd-run} "$vm_build"/lib/lib{gemd.so.0,EGL_gemd.so.0,gemd_i915.so,gemd_jit.so} \
        "$vm_build/share/glvnd/egl_vendor.d/10_gemd.json"; do
        initramfs_file "$1" "$file"
    done
    ln -s "$vm_build" "$1/gemd"
}

# Debian's packages libgl1-mesa-dri and libegl-mesa0, which scripts/run-tests installs.
judge_has_gl() {
    [ -e /usr/lib/x86_64-linux-gnu/dri/i915_dri.so ] && [ -e /usr/share/glvnd/egl_vendor.d/50_mesa.json ] &&
        [ -e "$vm_build/lib/libgemd_i915.so" ] && [ -x "$vm_build/bin/eglgears" ]
}

# judge_boot DIRECTORY CHIP MODE STEPS SECONDS: one boot; screenshots when the guest asks. STEPS are
# 'load' or 'all', which also draws.
judge_boot() {
    local directory=$1 chip=$2 mode=$3 steps=$4 seconds=$5 status=0 append
    rm -rf "$directory"
    mkdir -p "$directory"
    say "vm: $chip at $mode: booting"
    server_start "$directory" "$chip"
    server_device "$directory"
    append="video=VGA-1:$mode@60e vm_steps=$steps"
    if [ "$steps" = all ] && [ -d "$vm_work/gl" ]; then
        append="$append vm_gl=$chip"
        vm_device+=(-virtfs "local,path=$vm_work/gl,mount_tag=gl,security_model=none,readonly=on")
    fi
    vm_boot "$directory" "$vm_work/judge.cpio" "$seconds" "$append" "${vm_device[@]}" &
    server_shots "$directory" $! console || status=$?
    server_stop
    judge_report "$directory" "$chip" "$mode" "$steps" || status=1
    return "$status"
}

# judge_expect DIRECTORY KEY VALUE: a result that must be so.
judge_expect() {
    local seen
    seen=$(vm_result "$1" "$2")
    [ "$seen" = "$3" ] && return
    say "vm: $(basename "$1"): $2 is '$seen', not '$3'"
    return 1
}

# judge_all_expected DIRECTORY STEPS: each line of "KEY=VALUE" must be so.
judge_all_expected() {
    local directory=$1 status=0 pair
    local wanted=(job_status=0 i915_load_status=0 i915_driver=i915 batches_wrong=0 batches_error=0 console_error=0)
    if [ "$2" = all ]; then
        wanted+=(hang_error=0 hang_wait=0 hang_blamed=1 suspend_status=0
            i915_wedged_after_hang=0 i915_wedged_after_wedge=0 i915_wedged_after_suspend=0)
    fi
    for pair in "${wanted[@]}"; do
        judge_expect "$directory" "${pair%%=*}" "${pair#*=}" || status=1
    done
    return "$status"
}

# judge_interrupts DIRECTORY: the driver, which looks for itself when it must, was told of some of its 100 batches.
judge_interrupts() {
    local count
    count=$(vm_result "$1" irqs_of_batches)
    [ "${count:-0}" -ge 15 ] && return
    say "vm: $(basename "$1"): ${count:-no} interrupts for 100 batches"
    return 1
}

# judge_count NAME NUMBER: adds; a sum of which nothing was seen stays empty.
judge_count() { printf -v "$1" '%d' $((${!1:-0} + $2)); }

# judge_kernel DIRECTORY: the driver's trust in the GPU, and the kernel's complaints.
judge_kernel() {
    local warns status=0
    if [ "$(vm_result "$1" i915_wedged)" = 0 ]; then judge_count i915_wedged 0
    else judge_count i915_wedged 1; status=1; fi
    warns=$(grep -cE "$judge_kernel_faults" "$1/console") || true
    judge_count i915_warns "$warns"
    if [ "$warns" != 0 ]; then
        grep -E "$judge_kernel_faults" "$1/console" | head -n 5 >&2
        status=1
    fi
    judge_count irqs "$(vm_result "$1" irqs | grep -E '^[0-9]+$' || echo 0)"
    return "$status"
}

# judge_screen DIRECTORY MODE: each pixel of the console is what its font and cells say.
judge_screen() {
    local differ
    if [ ! -e "$1/console.png" ]; then
        say "vm: $(basename "$1"): no screenshot of the console"
        return 1
    fi
    "$vm_build/bin/vm-screen" "$1/console.png" "$1/results" >"$1/screen" 2>&1 || true
    differ=$(sed -n "s/.*width=${2%x*} height=${2#*x} .*text=[1-9].* pixels_differ=\([0-9]*\)$/\1/p" "$1/screen")
    judge_count pixels_differ "${differ:-1}"
    [ "$differ" = 0 ] && return
    say "vm: $(basename "$1"): the console is not on the screen: $(cat "$1/screen")"
    return 1
}

# judge_drawing DIRECTORY: the same gears by Debian's driver and by ours, both in the guest: what a
# processor's float instructions round to is theirs, and the emulated one is not this machine's.
judge_drawing() {
    local differ
    grep -q '^vm: gl_status=' "$1/results" || return 0
    sed -n '/^vm: gl_picture/,/^vm: gl_picture_end/p' "$1/results" | grep -v '^vm:' | tr -d '\r' |
        base64 -d >"$1/gears.png" 2>/dev/null || true
    differ=$(sed -n 's/^vm-pixels: .*pixels_differ=\([0-9]*\).*/\1/p' "$1/results")
    judge_count pixels_differ "${differ:-1}"
    judge_count drawings 1
    [ "$differ" = 0 ] && grep -q '^GL_RENDERER: i915' "$1/results" && return
    say "vm: $(basename "$1"): Debian's driver draws otherwise: pixels_differ=${differ:-unknown} $(grep -a GL_RENDERER "$1/results")"
    return 1
}

# judge_report DIRECTORY CHIP MODE STEPS: adds to i915_wedged, i915_warns, pixels_differ, drawings and
# irqs.
judge_report() {
    local status=0
    judge_all_expected "$1" "$4" || status=1
    judge_kernel "$1" || status=1
    judge_interrupts "$1" || status=1
    judge_screen "$1" "$3" || status=1
    judge_drawing "$1" || status=1
    say "vm: $2 at $3: wedged=$(vm_result "$1" i915_wedged) irqs=$(vm_result "$1" irqs) failed=$status"
    return "$status"
}
