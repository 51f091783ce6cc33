#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: scripts_test.sh TREE: the scripts of the virtual machine, without one: they skip where it
# cannot be had, and they see what a guest's lines say.
set -u
top_tree=$1
source "$top_tree/tests/lib/checks.sh"
skips() { "$@"; [ $? = 77 ]; }
export XDG_CACHE_HOME=$logs/cache
vm_top=$top_tree/tests/vm
for script in "$vm_top"/run "$vm_top"/prepare "$vm_top"/lib/*.sh; do
    check "$(basename "$script") parses" bash -n "$script"
done
for script in init judge gemd; do
    check "guest/$script parses" sh -n "$vm_top/guest/$script"
done
check "run refuses what it does not know" fails "$vm_top/run" --dance now
check "run refuses parts that it does not know" fails "$vm_top/run" --part dance
check "run skips without programs" skips "$vm_top/run" --build "$logs"

source "$vm_top/lib/machine.sh"
set +e

# Without a mirror, an archive or a loader that works there is no machine, and no failure.
nowhere() { (apt-get() { :; }; cat() { :; }; archive_mirror); }
check "no mirror, no machine" skips nowhere
known() { (apt-get() { printf '%s\n' 'http://here/debian-security/' 'http://here/debian/'; }; archive_mirror); }
check "the mirror is the machine's own" test "$(known)" = http://here/debian
broken() { (archive_tree "$logs/tree" suite; apt-get() { return 100; }; attempt vm-test apt-get update); }
check "no archive, no machine" skips broken
check "no QEMU, no machine" skips eval '(archive_fetch() { :; }; vm_qemu_root=$logs; step_qemu)'

# What is complete is not asked for again.
again() {
    mkdir -p "$vm_cache/thing"
    printf '%s\n' suite package | sha256sum | cut -c1-16 >"$vm_cache/thing/complete"
    (apt-get() { touch "$logs/asked"; }; archive_fetch thing suite package) && [ ! -e "$logs/asked" ]
}
check "what is there stays" again

# The kernel's name in the archive is another package's.
printf '%s\n' 'linux-image-6.1.0-1-amd64=6.1.1' 'linux-image-amd64=6.1.1' 'kmod=30' >"$logs/plan"
check "the kernel is found by its other name" test \
    "$(archive_alternatives "$logs/plan" linux-image-amd64)" = 'linux-image-amd64|linux-image-6.1.0-1-amd64'

# A guest's lines.
guest=$logs/guest
mkdir -p "$guest"
good() {
    printf '%s\n' 'vm: booted=6.1' 'vm: i915_load_status=0 from=1 to=2' 'vm: i915_driver=i915' 'vm: i915_wedged=0' \
        'vm: batches=20 batches_wrong=0 batches_error=0' 'vm: console_error=0' 'vm: irqs=7' 'vm: job_status=0' >"$guest/results"
    echo '[    1.0] all is well' >"$guest/console"
}
sums() { i915_wedged='' i915_warns='' pixels_differ='' irqs=''; }
good
check "a value is found" test "$(vm_result "$guest" to)" = 2
check "a value behind others" test "$(vm_result "$guest" batches_error)" = 0
check "none is empty" test -z "$(vm_result "$guest" nothing)"
check "a good boot" judge_all_expected "$guest" load
check "a boot that did not do all" fails judge_all_expected "$guest" all
sums; judge_kernel "$guest"
check "a good kernel" test "$i915_wedged,$i915_warns,$irqs" = 0,0,7
echo '[    2.0] WARNING: CPU: 0 PID: 1 at drivers/gpu/drm/i915/x.c:1' >>"$guest/console"
judge_kernel "$guest" 2>/dev/null
check "a warning counts" test $? != 0
check "and is in the sum" test "$i915_wedged,$i915_warns,$irqs" = 0,1,14
good; sed -i 's/i915_wedged=0/i915_wedged=1/' "$guest/results"; sums; judge_kernel "$guest"
check "a wedged driver counts" test "$?,$i915_wedged" = 1,1
good; sed -i 's/batches_wrong=0/batches_wrong=3/' "$guest/results"
check "a wrong batch counts" fails judge_all_expected "$guest" load
good; echo 'vm: irqs_of_batches=20' >>"$guest/results"
check "batches interrupt" judge_interrupts "$guest"
echo 'vm: irqs_of_batches=2' >>"$guest/results"
check "too few interrupts count" fails judge_interrupts "$guest"
good
check "none, too" fails judge_interrupts "$guest"
good; sed -i '/i915_wedged/d' "$guest/results"; sums; judge_kernel "$guest"
check "a guest that says nothing counts" test "$?,$i915_wedged" = 1,1
sums; judge_screen "$guest" 1024x768 2>/dev/null
check "no screenshot, no number" test "$?,$pixels_differ" = 1,

# Registers: what the traces' reader says is counted.
vm_build=$logs/build
mkdir -p "$vm_build/bin"
# reader DIFFER STATUS UNEXPLAINED STATUS [SHOWN]: of a replay, of a comparison.
reader() {
    cat >"$vm_build/bin/gemctl" <<END
#!/bin/sh
[ "\$2" = compare ] && { echo "trace: chips=g33,g33 shown=${5:-1} differ=9 unexplained=$3"; exit $4; }
echo "trace: reads=9 differ=$1 registers=1"
exit $2
END
    chmod +x "$vm_build/bin/gemctl"
}
registers() {
    registers_unexplained='' registers_differ=''
    registers_compare g33 "$guest" "$guest" 2>/dev/null
    registers_sums=$?,$registers_unexplained,$registers_differ
}
reader 0 0 0 0; registers
check "registers that are explained" test "$registers_sums" = 0,0,0
reader 0 0 4 3; registers
check "registers that are not" test "$registers_sums" = 1,4,0
reader 2 3 0 0; registers
check "a model that answers otherwise" test "$registers_sums" = 1,0,4
reader 0 0 0 0 0; registers
check "no screen, no comparison" test "$registers_sums" = 1,0,0
rm "$vm_build/bin/gemctl"; registers
check "no reader, no trust" test "$registers_sums" = 1,1,2

# The tests that run in the guest are the daemon's, but for those that have a reason.
listed() { python3 "$vm_lib/tests.py" <<'END'
{"tests": [
 {"name": "a_test", "command": ["/no/a_test"], "properties": [{"name": "LABELS", "value": ["integration"]},
  {"name": "TIMEOUT", "value": 60.0}, {"name": "ENVIRONMENT", "value": ["A=1"]}]},
 {"name": "a_on_945g", "command": ["/no/a_test", "--chipset", "945g"], "properties": [{"name": "LABELS", "value": ["chipsets"]}]},
 {"name": "other", "command": ["/no/other"], "properties": []}, {"name": "not_built"}]}
END
}
check "the tests of the daemon are found" test "$(listed)" = "a_test 60 A=1 /no/a_test"
tests_left_out=('b_*' 'it is another' 'c' 'it has to')
check "a test is left out" test "$(printf '%s\n' 'a 1 x' 'b_1 1 y' 'c 1 z' | tests_select)" = "a 1 x"
check "the reason is known" test "$(tests_reason b_1)" = 'it is another'
check "a pattern for nothing is an error" fails tests_select <<<'b_1 1 y'
printf '%s\n' 'a 1 x' 'ab 1 x' >"$logs/list"
echo 'vm: gemd_test=ab status=1 from=1 to=2' >"$guest/results"
check "a test that was not run is missed" test "$(tests_missing "$guest" "$logs/list")" = ' a'
[ $failures = 0 ]
