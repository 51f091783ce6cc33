# SPDX-License-Identifier: MIT
# What i915 and the daemon did to registers, beside each other. Sourced after gemd.sh.

registers_document=$vm_top/../../doc/registers.md

# registers_compare CHIP I915-DIRECTORY GEMD-DIRECTORY: adds differences that nobody explains to
# registers_unexplained, and reads that the model answers otherwise a second time to registers_differ.
registers_compare() {
    local chip=$1 status=0 line unexplained differ trace
    line=$("$vm_build/bin/gemctl" trace compare --names i915,gemd --quiet --explained "$registers_document" \
        "$2/registers" "$3/registers") || status=1
    grep -q '^trace: .* shown=1 ' <<<"$line" || status=1 # else there was little to compare
    [ "$status" = 0 ] || sed "s/^/$chip: /" <<<"$line" >&2
    unexplained=$(sed -n 's/^trace: .* unexplained=\([0-9]*\)$/\1/p' <<<"$line")
    judge_count registers_unexplained "${unexplained:-1}"
    for trace in "$2/registers" "$3/registers"; do
        line=$("$vm_build/bin/gemctl" trace replay "$trace") || { status=1; head -n 20 <<<"$line" >&2; }
        differ=$(sed -n 's/^trace: .* differ=\([0-9]*\) .*/\1/p' <<<"$line")
        judge_count registers_differ "${differ:-1}"
    done
    say "vm: registers on $chip: unexplained=${unexplained:-unknown} failed=$status"
    return "$status"
}
