/* SPDX-License-Identifier: MIT */
#include "gemd/pipe.h"

#include <time.h>

#include "hw/gen3/regs.h"

#define DPLL_MODE_DAC          (1u << 26)
#define DPLL_P2_FAST           (1u << 24) /* divides by 5 instead of 10 */
#define DPLL_P1_SHIFT          16
#define DPLL_P1_SHIFT_PINEVIEW 15
#define FP_N_SHIFT             16
#define FP_M1_SHIFT            8
#define PLL_SETTLE_NS          150000
#define PIPE_OFF_STEP_NS       1000000
#define PIPE_OFF_STEPS         40

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
    uint32_t control = DPLL_VGA_DISABLE | DPLL_MODE_DAC | 1u << (p1_shift + pll->p1 - 1) |
                       (pll->p2 == 5 ? DPLL_P2_FAST : 0);
    hw_write(dev, FPA0, divisors);
    hw_write(dev, FPA1, divisors);
    hw_write(dev, DPLL_A, control);
    hw_write(dev, DPLL_A, control | DPLL_VCO_ENABLE);
    wait_ns(PLL_SETTLE_NS);
    hw_write(dev, DPLL_A, control | DPLL_VCO_ENABLE);
}

static uint32_t range(uint32_t first, uint32_t end)
{
    return (end - 1) << 16 | (first - 1);
}

void pipe_start(struct hw_device *dev, const struct mode *mode)
{
    hw_write(dev, VGACNTRL, VGACNTRL_DISABLE);
    start_clock(dev, &mode->pll);
    hw_write(dev, HTOTAL_A, range(mode->width, mode->htotal));
    hw_write(dev, HBLANK_A, range(mode->width, mode->htotal));
    hw_write(dev, HSYNC_A, range(mode->hsync_start, mode->hsync_end));
    hw_write(dev, VTOTAL_A, range(mode->height, mode->vtotal));
    hw_write(dev, VBLANK_A, range(mode->height, mode->vtotal));
    hw_write(dev, VSYNC_A, range(mode->vsync_start, mode->vsync_end));
    hw_write(dev, PIPESRC_A, (mode->width - 1) << 16 | (mode->height - 1));
    hw_write(dev, BCLRPAT_A, 0);
    hw_write(dev, ADPA, ADPA_ENABLE);
    hw_write(dev, PIPECONF_A, PIPECONF_ENABLE);
    (void)hw_read(dev, PIPECONF_A);
}

void pipe_stop(struct hw_device *dev)
{
    pipe_hide_plane(dev);
    hw_write(dev, PIPECONF_A, 0);
    uint32_t line = hw_read(dev, PIPEDSL_A);
    for (int i = 0; i < PIPE_OFF_STEPS; i++) {
        wait_ns(PIPE_OFF_STEP_NS);
        uint32_t now = hw_read(dev, PIPEDSL_A);
        if (now == line) {
            break;
        }
        line = now;
    }
    hw_write(dev, ADPA, 0);
    hw_write(dev, DPLL_A, DPLL_VGA_DISABLE);
}

void pipe_show_plane(struct hw_device *dev, const struct pipe_plane *plane, bool same)
{
    if (!same) {
        hw_write(dev, DSPSTRIDE_A, plane->stride);
        hw_write(dev, DSPPOS_A, 0);
        hw_write(dev, DSPSIZE_A, (plane->height - 1) << 16 | (plane->width - 1));
        hw_write(dev, DSPCNTR_A, DSPCNTR_ENABLE | DSPCNTR_XRGB8888 << DSPCNTR_FORMAT_SHIFT);
    }
    hw_write(dev, DSPADDR_A, plane->address); /* arms all of them */
}

void pipe_hide_plane(struct hw_device *dev)
{
    hw_write(dev, DSPCNTR_A, 0);
    hw_write(dev, DSPADDR_A, 0);
}

/* Reads both halves of the counter as of one moment. */
static uint32_t read_counter(struct hw_device *dev, uint32_t *pixel)
{
    uint32_t high = hw_read(dev, FRAMEHIGH_A) & 0xffffu;
    for (;;) {
        uint32_t low = hw_read(dev, FRAMEPIXEL_A);
        uint32_t again = hw_read(dev, FRAMEHIGH_A) & 0xffffu;
        if (again == high) {
            *pixel = low & 0xffffffu;
            return high << 8 | low >> 24;
        }
        high = again;
    }
}

uint32_t pipe_vblank_count(struct hw_device *dev, const struct mode *mode)
{
    uint32_t pixel;
    uint32_t frames = read_counter(dev, &pixel);
    /*
     * The counter grows where the first active line begins; the vblank before it has begun when
     * the pixel counter has come to the hsync of the last active line (B.5).
     */
    uint32_t vblank_start = mode->height * mode->htotal - (mode->htotal - mode->hsync_start);
    return (frames + (pixel >= vblank_start)) & 0xffffffu;
}

uint32_t pipe_frame_count(struct hw_device *dev)
{
    uint32_t pixel;
    return read_counter(dev, &pixel);
}
