/* SPDX-License-Identifier: MIT */
/* Registers: gen3.md B.5 to B.8. */
#include "gemd/panel.h"

#include <time.h>

#include "hw/gen3/regs.h"

#define PLANE            1u /* B: unlike A it has a position and a size of its own */
#define FRAME_STEP_NS    1000000
#define FRAME_STEPS      60 /* a panel has 40 Hz at least */
#define REFRESH_GUESS    60000u
#define DPLL_LVDS        (2u << 26)
#define DPLL_MODE_MASK   (3u << 26)
#define DPLL_FAST        (1u << 24) /* divides by 7 instead of 14 */
#define DPLL_REFERENCE   (3u << 13)
#define REFERENCE_KHZ    96000u
#define REFERENCE_SPREAD 100000u
#define FIRST(range)     (((range)&0xffffu) + 1)
#define END(range)       (((range) >> 16 & 0xffffu) + 1)

static uint32_t read_pipe(const struct panel *panel, struct hw_device *dev, uint32_t reg_a)
{
    return hw_read(dev, reg_a + panel->head.pipe * PIPE_STRIDE);
}

/* The dot clock, in kHz, that firmware has made; 0: by dividers that are none. */
static uint32_t read_clock(const struct panel *panel, struct hw_device *dev)
{
    const bool pineview = pipe_pll_kind(dev) == MODE_PLL_PINEVIEW;
    const uint32_t control = hw_read(dev, DPLL_A + 4 * panel->head.pipe);
    const uint32_t second = (control & DPLL_FP1_SELECT) != 0 ? 4 : 0;
    const uint32_t fp = hw_read(dev, FPA0 + 8 * panel->head.pipe + second);
    const uint32_t p1_bits = pineview ? control >> 15 & 0x1ffu : control >> 16 & 0xffu;
    const uint32_t n_bits = fp >> 16 & (pineview ? 0xffu : 0x3fu);
    if ((control & DPLL_MODE_MASK) != DPLL_LVDS || p1_bits == 0 || (pineview && n_bits == 0)) {
        return 0;
    }
    const struct mode_pll pll = {
        .kind = pipe_pll_kind(dev),
        .n = pineview ? (uint32_t)__builtin_ctz(n_bits) : n_bits,
        .m1 = pineview ? 0 : fp >> 8 & 0x3fu,
        .m2 = fp & (pineview ? 0xffu : 0x3fu),
        .p1 = (uint32_t)__builtin_ctz(p1_bits) + 1,
        .p2 = (control & DPLL_FAST) != 0 ? 7 : 14,
    };
    const bool spread = (control & DPLL_REFERENCE) == DPLL_REFERENCE;
    return (uint32_t)((uint64_t)mode_pll_clock(&pll) * (spread ? REFERENCE_SPREAD : REFERENCE_KHZ) /
                      REFERENCE_KHZ);
}

static void read_mode(struct panel *panel, struct hw_device *dev)
{
    const uint32_t htotal = read_pipe(panel, dev, HTOTAL_A);
    const uint32_t vtotal = read_pipe(panel, dev, VTOTAL_A);
    const uint32_t source = read_pipe(panel, dev, PIPESRC_A);
    struct mode *mode = &panel->mode;
    *mode = (struct mode){
        .width = END(source),
        .height = FIRST(source),
        .htotal = END(htotal),
        .hsync_start = FIRST(read_pipe(panel, dev, HSYNC_A)),
        .hsync_end = END(read_pipe(panel, dev, HSYNC_A)),
        .hblank_start = FIRST(htotal),
        .hblank_end = END(htotal),
        .vtotal = END(vtotal),
        .vsync_start = FIRST(read_pipe(panel, dev, VSYNC_A)),
        .vsync_end = END(read_pipe(panel, dev, VSYNC_A)),
        .vblank_start = FIRST(read_pipe(panel, dev, VBLANK_A)),
        .vblank_end = END(vtotal),
        .refresh_millihertz = REFRESH_GUESS,
    };
    mode->pll.clock_khz = read_clock(panel, dev);
    if (mode->pll.clock_khz != 0) {
        mode->refresh_millihertz = (uint32_t)((uint64_t)mode->pll.clock_khz * 1000000u /
                                              ((uint64_t)mode->htotal * mode->vtotal));
    }
    panel->head.width = mode->width;
    panel->head.height = mode->height;
}

static bool is_fine(uint32_t size)
{
    return size >= MODE_SIZE_MIN && size <= MODE_SIZE_MAX;
}

bool panel_find(struct panel *panel, struct hw_device *dev, const struct found *found)
{
    const uint32_t port = hw_read(dev, LVDS); /* zero, where there is none */
    *panel =
        (struct panel){.found = found, .head = {.pipe = (port & LVDS_PIPE_B) != 0, .plane = PLANE}};
    if ((port & LVDS_ENABLE) == 0 || port == ~0u ||
        (read_pipe(panel, dev, PIPECONF_A) & PIPECONF_ENABLE) == 0) {
        return false;
    }
    read_mode(panel, dev);
    const struct mode *mode = &panel->mode;
    return is_fine(mode->width) && is_fine(mode->height) && mode->hsync_start < mode->htotal &&
           mode->vblank_start < mode->vtotal;
}

void panel_take_over(const struct panel *panel, struct hw_device *dev)
{
    found_revive(panel->found, dev);
    hw_write(dev, VGACNTRL, VGACNTRL_DISABLE);
}

void panel_blank(const struct panel *panel, struct hw_device *dev)
{
    const struct timespec step = {.tv_nsec = FRAME_STEP_NS};
    const uint32_t control = hw_read(dev, DSPCNTR_A + panel->head.plane * PIPE_STRIDE);
    if ((control & DSPCNTR_ENABLE) == 0) {
        return;
    }
    pipe_hide_plane(dev, &panel->head);
    /* Taken at the next vblank, which is before the next frame. */
    const uint32_t frame = pipe_frame_count(dev, &panel->head);
    for (int i = 0; i < FRAME_STEPS && pipe_frame_count(dev, &panel->head) == frame; i++) {
        nanosleep(&step, NULL);
    }
}
