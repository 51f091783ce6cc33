# SPDX-License-Identifier: MIT
# The virtual machine as a whole. Sourced, with vm_top set, by the scripts of tests/vm.

source "$vm_top/../../scripts/steps/common.sh"
vm_lib=$vm_top/lib
source "$vm_lib/archive.sh"
source "$vm_lib/qemu.sh"
source "$vm_lib/guest.sh"
source "$vm_lib/server.sh"
source "$vm_lib/judge.sh"
source "$vm_lib/tests.sh"
source "$vm_lib/gemd.sh"
source "$vm_lib/registers.sh"

# machine_prepare: sets qemu_version and kernel_version. One at a time per user.
machine_prepare() {
    mkdir -p "$vm_cache"
    exec 8>"$vm_cache/lock"
    flock 8
    step_qemu
    step_guest
    flock -u 8
    exec 8>&-
}
