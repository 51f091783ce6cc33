/* SPDX-License-Identifier: MIT */
/* EDIDs as a monitor might send them: what is taken is sane, and so is each mode that is made. */
#include <string.h>

#include "gemd/mode.h"
#include "tests/fuzz/targets/target.h"
#include "tests/unit/gemd/edid_blocks.h"

static void check_mode(const struct timing *timing, enum mode_pll_kind kind)
{
    struct mode mode;
    char reason[MODE_REASON_MAX];

    if (mode_of_timing(kind, timing, timing->width, timing->height, &mode, reason) != 0) {
        return;
    }
    if (mode.width < MODE_SIZE_MIN || mode.width > MODE_SIZE_MAX || mode.height < MODE_SIZE_MIN ||
        mode.height > MODE_SIZE_MAX || mode.htotal > 8192 || mode.vtotal > 4096 ||
        mode.hblank_start >= mode.hblank_end || mode.vblank_start >= mode.vblank_end ||
        mode.pll.clock_khz > MODE_CLOCK_MAX_KHZ + MODE_CLOCK_MAX_KHZ / 200 ||
        mode.refresh_millihertz == 0) {
        target_fail("a mode of %ux%u, %u by %u in all, %u kHz", mode.width, mode.height,
                    mode.htotal, mode.vtotal, mode.pll.clock_khz);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t block[EDID_BLOCK];
    struct edid edid;
    const char *reason = NULL;

    edid_block_panel(block);
    memcpy(block, bytes, size < EDID_BLOCK ? size : EDID_BLOCK);
    if (size % 4 != 3) { /* most get further than the first look */
        memcpy(block, "\x00\xff\xff\xff\xff\xff\xff\x00", 8);
        block[18] = 1;
        edid_block_seal(block);
    }
    if (edid_parse(block, &edid, &reason) != 0) {
        if (reason == NULL) {
            target_fail("refused without a reason");
        }
        return 0;
    }
    if (edid.timing_count > EDID_TIMINGS_MAX || strlen(edid.name) >= sizeof(edid.name) ||
        strlen(edid.maker) != 3) {
        target_fail("%u timings, a name of %zu bytes", edid.timing_count, strlen(edid.name));
    }
    for (unsigned i = 0; i < edid.timing_count; i++) {
        const struct timing *timing = &edid.timings[i];
        if (!timing_is_sane(timing)) {
            target_fail("timing %u of %ux%u is none", i, timing->width, timing->height);
        }
        (void)edid_takes(&edid, timing);
        check_mode(timing, MODE_PLL_GEN3);
        check_mode(timing, MODE_PLL_PINEVIEW);
    }
    return 0;
}
