/* SPDX-License-Identifier: MIT */
#include "gemd/pipe.h"

#include <time.h>

#include "gemd/core_clock.h"
#include "hw/gen3/regs.h"

#define DPLL_MODE_DAC          (1u << 26)
#define DPLL_P2_FAST           (1u << 24) /* divides by 5 instead of 10 */
#define DPLL_P1_SHIFT          16
#define DPLL_P1_SHIFT_PINEVIEW 15
#define FP_N_SHIFT             16
#define FP_M1_SHIFT            8
#define PLL_SETTLE_NS          150000
#define PLL_WRITES             4 /* it settles with each */
#define PIPE_OFF_STEP_NS       1000000
#define PIPE_OFF_STEPS         40
#define DPLL_MODE_MASK         (3u << 26)
#define DPLL_REFERENCE_MASK    (3u << 13)
#define CLOCK_PARTS            200u /* a clock that differs by one of so many is the same */

const struct pipe_head pipe_analog = {0};

static void wait_ns(long ns)
{
    struct timespec time = {.tv_nsec = ns};
    nanosleep(&time, NULL);
}

static void start_clock(struct hw_device *dev, const struct mode_pll *pll)
{
    bool pineview = pll->kind == MODE_PLL_PINEVIEW;
    unsigned p1_shift = pineview ? DPLL_P1_SHIFT_PINEVIEW : DPLL_P1_SHIFT;
    uint32_t n = pineview ? 1u << pll->n : pll->n;
    uint32_t divisors = n << FP_N_SHIFT | pll->m1 << FP_M1_SHIFT | pll->m2;
    uint32_t control = DPLL_VCO_ENABLE | DPLL_VGA_DISABLE | DPLL_MODE_DAC |
                       1u << (p1_shift + pll->p1 - 1) | (pll->p2 == 5 ? DPLL_P2_FAST : 0);
    hw_write(dev, FPA0, divisors);
    hw_write(dev, FPA1, divisors);
    /* New dividers are taken only while VGA is not disabled (B.8). */
    hw_write(dev, DPLL_A, control & ~DPLL_VGA_DISABLE);
    for (unsigned i = 0; i < PLL_WRITES; i++) {
        hw_write(dev, DPLL_A, control);
        (void)hw_read(dev, DPLL_A);
        wait_ns(PLL_SETTLE_NS);
    }
}

static uint32_t range(uint32_t first, uint32_t end)
{
    return (end - 1) << 16 | (first - 1);
}

static uint32_t port_of(const struct mode *mode)
{
    return ADPA_ENABLE | (mode->hsync_high ? ADPA_HSYNC_HIGH : 0) |
           (mode->vsync_high ? ADPA_VSYNC_HIGH : 0);
}

void pipe_start(struct hw_device *dev, const struct mode *mode)
{
    hw_write(dev, VGACNTRL, VGACNTRL_DISABLE);
    start_clock(dev, &mode->pll);
    hw_write(dev, HTOTAL_A, range(mode->width, mode->htotal));
    hw_write(dev, HBLANK_A, range(mode->hblank_start, mode->hblank_end));
    hw_write(dev, HSYNC_A, range(mode->hsync_start, mode->hsync_end));
    hw_write(dev, VTOTAL_A, range(mode->height, mode->vtotal));
    hw_write(dev, VBLANK_A, range(mode->vblank_start, mode->vblank_end));
    hw_write(dev, VSYNC_A, range(mode->vsync_start, mode->vsync_end));
    hw_write(dev, PIPESRC_A, (mode->width - 1) << 16 | (mode->height - 1));
    hw_write(dev, BCLRPAT_A, 0);
    hw_write(dev, ADPA, port_of(mode));
    hw_write(dev, PIPECONF_A,
             PIPECONF_ENABLE |
                 (core_clock_wants_double(dev, mode->pll.clock_khz) ? PIPECONF_DOUBLE_WIDE : 0));
    (void)hw_read(dev, PIPECONF_A);
}

/* Returns when it stands still. */
static void disable(struct hw_device *dev, uint32_t offset)
{
    hw_write(dev, PIPECONF_A + offset, 0);
    uint32_t line = hw_read(dev, PIPEDSL_A + offset);
    for (int i = 0; i < PIPE_OFF_STEPS; i++) {
        wait_ns(PIPE_OFF_STEP_NS);
        uint32_t now = hw_read(dev, PIPEDSL_A + offset);
        if (now == line) {
            break;
        }
        line = now;
    }
}

void pipe_stop(struct hw_device *dev)
{
    pipe_hide_plane(dev, &pipe_analog);
    disable(dev, 0);
    hw_write(dev, ADPA, ADPA_NO_SYNCS);
    hw_write(dev, DPLL_A, DPLL_VGA_DISABLE);
}

/* What pipe A's PLL gives; 0: it does not run, or not for the DAC from the usual reference. */
static uint32_t read_clock(struct hw_device *dev)
{
    const bool pineview = pipe_pll_kind(dev) == MODE_PLL_PINEVIEW;
    const uint32_t control = hw_read(dev, DPLL_A);
    const uint32_t fp = hw_read(dev, (control & DPLL_FP1_SELECT) != 0 ? FPA1 : FPA0);
    const uint32_t p1_bits =
        pineview ? control >> DPLL_P1_SHIFT_PINEVIEW & 0x1ffu : control >> DPLL_P1_SHIFT & 0xffu;
    const uint32_t n_bits = fp >> FP_N_SHIFT & (pineview ? 0xffu : 0x3fu);
    if ((control & (DPLL_VCO_ENABLE | DPLL_MODE_MASK | DPLL_REFERENCE_MASK)) !=
            (DPLL_VCO_ENABLE | DPLL_MODE_DAC) ||
        p1_bits == 0 || (pineview && n_bits == 0)) {
        return 0;
    }
    struct mode_pll pll = {
        .kind = pipe_pll_kind(dev),
        .n = pineview ? (uint32_t)__builtin_ctz(n_bits) : n_bits,
        .m1 = pineview ? 0 : fp >> FP_M1_SHIFT & 0x3fu,
        .m2 = fp & (pineview ? 0xffu : 0x3fu),
        .p1 = (uint32_t)__builtin_ctz(p1_bits) + 1,
        .p2 = (control & DPLL_P2_FAST) != 0 ? 5 : 10,
    };
    return mode_pll_clock(&pll);
}

bool pipe_has_mode(struct hw_device *dev, const struct mode *mode)
{
    const struct {
        uint32_t reg, value;
    } rows[] = {
        {HTOTAL_A, range(mode->width, mode->htotal)},
        {HBLANK_A, range(mode->hblank_start, mode->hblank_end)},
        {HSYNC_A, range(mode->hsync_start, mode->hsync_end)},
        {VTOTAL_A, range(mode->height, mode->vtotal)},
        {VBLANK_A, range(mode->vblank_start, mode->vblank_end)},
        {VSYNC_A, range(mode->vsync_start, mode->vsync_end)},
        {PIPESRC_A, (mode->width - 1) << 16 | (mode->height - 1)},
        {ADPA, port_of(mode)},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (hw_read(dev, rows[i].reg) != rows[i].value) {
            return false;
        }
    }
    const uint32_t clock = read_clock(dev), wanted = mode->pll.clock_khz;
    return hw_read(dev, PIPECONF_A) == PIPECONF_ENABLE &&
           (clock > wanted ? clock - wanted : wanted - clock) <= wanted / CLOCK_PARTS;
}

/* Mobile chips protect clocks and pipes while the panel has power; others do not mind. */
static void unprotect(struct hw_device *dev)
{
    hw_write(dev, PP_CONTROL, PP_CONTROL_KEY | (hw_read(dev, PP_CONTROL) & 0xffffu));
}

/* Another pipe at the analog port would drive it together with ours. */
static void stop_others(struct hw_device *dev)
{
    const uint32_t port = hw_read(dev, ADPA);
    if ((port & (ADPA_ENABLE | ADPA_PIPE_B)) == (ADPA_ENABLE | ADPA_PIPE_B)) {
        disable(dev, PIPE_STRIDE);
        hw_write(dev, ADPA, ADPA_NO_SYNCS);
        hw_write(dev, DPLL_B, hw_read(dev, DPLL_B) & ~DPLL_VCO_ENABLE);
    }
    if ((hw_read(dev, PIPECONF_A) & PIPECONF_ENABLE) != 0) {
        pipe_stop(dev);
    }
}

void pipe_take_over(struct hw_device *dev, const struct mode *mode)
{
    if (!pipe_has_mode(dev, mode)) {
        unprotect(dev);
        stop_others(dev);
        pipe_start(dev, mode);
        return;
    }
    hw_write(dev, VGACNTRL, VGACNTRL_DISABLE);
    hw_write(dev, BCLRPAT_A, 0);
}

void pipe_blank_all(struct hw_device *dev)
{
    for (uint32_t offset = 0; offset <= 2 * PIPE_STRIDE; offset += PIPE_STRIDE) {
        const uint32_t control = hw_read(dev, DSPCNTR_A + offset);
        if ((control & DSPCNTR_ENABLE) != 0) {
            hw_write(dev, DSPCNTR_A + offset, control & ~DSPCNTR_ENABLE);
            hw_write(dev, DSPADDR_A + offset, 0);
        }
    }
    for (uint32_t offset = 0; offset <= CURSOR_STRIDE; offset += CURSOR_STRIDE) {
        const uint32_t control = hw_read(dev, CURCNTR_A + offset);
        if ((control & CURCNTR_MODE_MASK) != 0) {
            hw_write(dev, CURCNTR_A + offset, control & ~CURCNTR_MODE_MASK);
            hw_write(dev, CURBASE_A + offset, 0);
        }
    }
}

/* Of the picture's upper left pixel. Plane A covers the source, whatever the register says. */
static uint32_t position(const struct pipe_head *head, const struct pipe_plane *plane)
{
    if (head->plane == 0 || plane->width > head->width || plane->height > head->height) {
        return 0;
    }
    return (head->height - plane->height) / 2 << 16 | (head->width - plane->width) / 2;
}

static uint32_t control_of(const struct pipe_head *head, const struct pipe_plane *plane)
{
    static const uint8_t formats[] = {
        [GEMD_FORMAT_XRGB8888] = DSPCNTR_XRGB8888,
        [GEMD_FORMAT_RGB565] = DSPCNTR_RGB565,
        [GEMD_FORMAT_XRGB1555] = DSPCNTR_XRGB1555,
        [GEMD_FORMAT_C8] = DSPCNTR_C8,
    };
    return DSPCNTR_ENABLE | (uint32_t)formats[plane->format] << DSPCNTR_FORMAT_SHIFT |
           (plane->gamma ? DSPCNTR_GAMMA : 0) | (head->pipe != 0 ? DSPCNTR_PIPE_B : 0);
}

void pipe_show_plane(struct hw_device *dev, const struct pipe_head *head,
                     const struct pipe_plane *plane, bool same)
{
    const uint32_t at = head->plane * PIPE_STRIDE;
    if (!same) {
        hw_write(dev, DSPSTRIDE_A + at, plane->stride);
        hw_write(dev, DSPPOS_A + at, position(head, plane));
        hw_write(dev, DSPSIZE_A + at, (plane->height - 1) << 16 | (plane->width - 1));
        hw_write(dev, DSPCNTR_A + at, control_of(head, plane));
    }
    hw_write(dev, DSPADDR_A + at, plane->address); /* arms all of them */
}

/* It stays on its pipe: a change takes effect at that one's vblank. */
void pipe_hide_plane(struct hw_device *dev, const struct pipe_head *head)
{
    const uint32_t at = head->plane * PIPE_STRIDE;
    hw_write(dev, DSPCNTR_A + at, head->pipe != 0 ? DSPCNTR_PIPE_B : 0);
    hw_write(dev, DSPADDR_A + at, 0);
}

/* Reads both halves of the counter as of one moment. */
static uint32_t read_counter(struct hw_device *dev, const struct pipe_head *head, uint32_t *pixel)
{
    const uint32_t at = head->pipe * PIPE_STRIDE;
    uint32_t high = hw_read(dev, FRAMEHIGH_A + at) & 0xffffu;
    for (;;) {
        uint32_t low = hw_read(dev, FRAMEPIXEL_A + at);
        uint32_t again = hw_read(dev, FRAMEHIGH_A + at) & 0xffffu;
        if (again == high) {
            *pixel = low & 0xffffffu;
            return high << 8 | low >> 24;
        }
        high = again;
    }
}

uint32_t pipe_vblank_count(struct hw_device *dev, const struct pipe_head *head,
                           const struct mode *mode)
{
    uint32_t pixel;
    uint32_t frames = read_counter(dev, head, &pixel);
    /*
     * The counter grows where the first active line begins; the vblank before it has begun when
     * the pixel counter has come to the hsync of the last active line (B.5).
     */
    uint32_t vblank_start = mode->vblank_start * mode->htotal - (mode->htotal - mode->hsync_start);
    return (frames + (pixel >= vblank_start)) & 0xffffffu;
}

uint32_t pipe_frame_count(struct hw_device *dev, const struct pipe_head *head)
{
    uint32_t pixel;
    return read_counter(dev, head, &pixel);
}
