# SPDX-License-Identifier: MIT
# Step: our own tree, with a preset of CMakePresets.json. Sourced after common.sh.

# step_build PRESET: afterwards $top/build/PRESET is up to date.
step_build() {
    local preset=$1
    local tree=$top/build/$preset
    quietly "$cache/log/configure-$preset" cmake -S "$top" -B "$tree" --preset "$preset"
    say "gemd: building ($preset)"
    build_with_progress "gemd ($preset)" "$cache/log/build-$preset" ninja -C "$tree" -j "$jobs"
}
