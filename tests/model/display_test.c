/* SPDX-License-Identifier: MIT */
/* Pipes and planes under the test's own clock, and once under the real one. */
#include "tests/model/test.h"

#include <poll.h>
#include <time.h>

#include "hw/model/core.h"
#include "hw/model/timing.h"

#define LINE_NS  31747u /* 800 pixels at 25.2 MHz, rounded up */
#define STRIDE   (640 * 4)
#define PLANE_ON (DSPCNTR_ENABLE | DSPCNTR_XRGB8888 << DSPCNTR_FORMAT_SHIFT)
#define BUFFERS  (1u << 21)

static int setup(void **state)
{
    static struct model_harness h;

    harness_init_clock(&h, NULL);
    hw_write(h.dev, ECOSKPD, MASKED_CLEAR(ECO_FLIP_DONE));
    harness_bind(&h, 0x01000000, BUFFERS);
    harness_bind(&h, 0x02000000, BUFFERS);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    harness_finish(*state);
    return 0;
}

static const struct display_scanout *scanout(struct model_harness *h, unsigned plane)
{
    return &((struct model *)h->dev)->display.planes[plane].live;
}

static uint32_t frames(struct model_harness *h, unsigned pipe)
{
    uint32_t at = pipe * PIPE_STRIDE;

    return hw_read(h->dev, FRAMEHIGH_A + at) << 8 | hw_read(h->dev, FRAMEPIXEL_A + at) >> 24;
}

static void clocks_are_exact(void **state)
{
    static const struct {
        uint32_t dpll, fp;
        uint64_t num, den;
        const char *chipset;
    } rows[] = {
        /* DAC, p1 4, p2 10: 25.2 MHz */
        {DPLL_VCO_ENABLE | 1u << 26 | 1u << 19, 2u << 16 | 5u << 8 | 5u, 96000000u * 42ull, 160,
         NULL},
        /* DAC, p1 2, p2 5 */
        {DPLL_VCO_ENABLE | 1u << 26 | 1u << 24 | 1u << 17, 3u << 16 | 14u << 8 | 8u,
         96000000u * 90ull, 50, NULL},
        /* LVDS, p1 1, p2 14, spread spectrum */
        {DPLL_VCO_ENABLE | 2u << 26 | 3u << 13 | 1u << 16, 1u << 16 | 10u << 8 | 7u,
         100000000u * 69ull, 42, NULL},
        /* Pineview's layout: p1 4 from bit 15 on, p2 10, n 4, m2 40 */
        {DPLL_VCO_ENABLE | 1u << 26 | 1u << 18, 1u << 20 | 40u, 96000000u * 42ull, 160,
         "pineview-g"},
        /* p1 9, p2 5, n 6, m2 254 */
        {DPLL_VCO_ENABLE | 1u << 26 | 1u << 24 | 1u << 23, 1u << 22 | 254u, 96000000u * 256ull,
         6 * 45, "pineview-m"},
    };
    const struct model_class *gen3 = model_chipset_find("915g")->class;
    const struct model_class *pineview = model_chipset_find("pineview-g")->class;
    uint64_t num;
    uint64_t den;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct model_class *class = model_chipset_find(rows[i].chipset)->class;
        assert_true(model_timing_dot_clock(class, rows[i].dpll, rows[i].fp, &num, &den));
        assert_int_equal(num * rows[i].den, den * rows[i].num);
    }
    const uint32_t dead[] = {
        1u << 26 | 1u << 19,                              /* VCO off */
        DPLL_VCO_ENABLE | 1u << 26,                       /* no P1 */
        DPLL_VCO_ENABLE | 1u << 26 | 3u << 19,            /* two P1 */
        DPLL_VCO_ENABLE | 1u << 19,                       /* no mode */
        DPLL_VCO_ENABLE | 1u << 26 | 1u << 19 | 2u << 13, /* TV clock */
        DPLL_VCO_ENABLE | 1u << 26 | 1u << 19 | 1u << 25, /* reserved P2 */
    };
    for (size_t i = 0; i < COUNT(dead); i++) {
        assert_false(model_timing_dot_clock(gen3, dead[i], rows[0].fp, &num, &den));
    }
    const uint32_t no_n[] = {40u, 3u << 20 | 40u, 1u << 16 | 40u}; /* none, two, n 0 */
    for (size_t i = 0; i < COUNT(no_n); i++) {
        assert_false(model_timing_dot_clock(pineview, rows[3].dpll, no_n[i], &num, &den));
    }
}

/* Each event comes in exactly the nanosecond that its pixel asks for, after years, too. */
static void events_come_on_their_pixel(void **state)
{
    struct display_pipe pipe = {.begin = 12345,
                                .rate_num = 96000000ull * 42,
                                .rate_den = 160,
                                .line_pixels = 800,
                                .lines = 525};

    for (uint64_t pass = 0; pass < UINT64_C(6000000000); pass = pass * 3 + 1) {
        uint64_t pixels = model_timing_pass_at(&pipe, pass, 480);
        uint64_t when = model_timing_when(&pipe, pixels);
        assert_int_equal(model_timing_pixels(&pipe, when), pixels);
        assert_int_equal(model_timing_pixels(&pipe, when - 1), pixels - 1);
        assert_int_equal(model_timing_passes(&pipe, pixels, 480), pass + 1);
        assert_int_equal(model_timing_passes(&pipe, pixels - 1, 480), pass);
        assert_int_equal(model_timing_line(&pipe, pixels), 480);
    }
}

static void frames_and_lines_follow_the_clock(void **state)
{
    struct model_harness *h = *state;

    harness_mode(h, 0);
    assert_int_equal(frames(h, 0), 0);
    assert_int_equal(hw_read(h->dev, PIPEDSL_A), 524);
    harness_advance(h, 10 * LINE_NS);
    assert_int_equal(hw_read(h->dev, PIPEDSL_A), 9);
    assert_in_range(hw_read(h->dev, FRAMEPIXEL_A) & 0xffffff, 8000, 8010);
    assert_int_equal(hw_read(h->dev, ISR) & INT_PIPE_A_VBLANK, 0);
    harness_advance(h, 480 * LINE_NS);
    assert_int_equal(hw_read(h->dev, ISR) & INT_PIPE_A_VBLANK, INT_PIPE_A_VBLANK);
    harness_advance(h, 35 * LINE_NS);
    assert_int_equal(frames(h, 0), 1);
    /* an hour at 60 Hz: 25.2 MHz / (800 * 525) is exact */
    harness_advance(h, UINT64_C(3600000000000));
    assert_int_equal(frames(h, 0), 1 + 3600 * 60);
    assert_int_equal(frames(h, 1), 0);
    /* the count outlives the pipe's being off */
    hw_write(h->dev, PIPECONF_A, 0);
    harness_advance(h, UINT64_C(3600000000000));
    assert_int_equal(frames(h, 0), 1 + 3600 * 60);
    hw_write(h->dev, PIPECONF_A, PIPECONF_ENABLE);
    harness_advance(h, 3 * HARNESS_FRAME_NS);
    assert_int_equal(frames(h, 0), 1 + 3600 * 60 + 3);
}

static void vblank_interrupts(void **state)
{
    struct model_harness *h = *state;

    for (unsigned pipe = 0; pipe < 2; pipe++) {
        uint32_t stat = PIPESTAT_A + pipe * PIPE_STRIDE;
        uint32_t event = pipe == 0 ? INT_PIPE_A_EVENT : INT_PIPE_B_EVENT;
        harness_mode(h, pipe);
        hw_write(h->dev, IMR, ~event);
        hw_write(h->dev, IER, event);
        hw_write(h->dev, stat, PIPESTAT_VBLANK_ENABLE);
        harness_advance(h, 480 * LINE_NS);
        assert_false(harness_irq(h));
        harness_advance(h, LINE_NS);
        assert_true(harness_irq(h));
        assert_int_equal(hw_read(h->dev, IIR), event);
        assert_int_equal(hw_read(h->dev, stat), PIPESTAT_VBLANK_ENABLE | PIPESTAT_VBLANK);
        /* a level until PIPESTAT is acknowledged */
        hw_write(h->dev, IIR, event);
        assert_int_equal(hw_read(h->dev, IIR), event);
        hw_write(h->dev, stat, PIPESTAT_VBLANK_ENABLE | PIPESTAT_VBLANK);
        hw_write(h->dev, IIR, event);
        assert_int_equal(hw_read(h->dev, IIR), 0);
        hw_irq_unmask(h->dev);
        assert_false(harness_irq(h));
        /* off: the status still comes, the interrupt does not */
        hw_write(h->dev, stat, 0);
        harness_advance(h, HARNESS_FRAME_NS);
        assert_int_equal(hw_read(h->dev, stat), PIPESTAT_VBLANK | PIPESTAT_VSYNC);
        assert_int_equal(hw_read(h->dev, IIR), 0);
        hw_write(h->dev, stat, PIPESTAT_VBLANK | PIPESTAT_VSYNC);
        hw_write(h->dev, PIPECONF_A + pipe * PIPE_STRIDE, 0);
    }
}

static void show(struct model_harness *h, unsigned plane, uint32_t address)
{
    uint32_t at = plane * PIPE_STRIDE;

    hw_write(h->dev, DSPSTRIDE_A + at, STRIDE);
    hw_write(h->dev, DSPCNTR_A + at, PLANE_ON | (plane == 1 ? DSPCNTR_PIPE_B : 0));
    hw_write(h->dev, DSPADDR_A + at, address);
}

static void planes_latch_at_vblank(void **state)
{
    struct model_harness *h = *state;

    for (unsigned plane = 0; plane < 2; plane++) {
        uint32_t at = plane * PIPE_STRIDE;
        uint32_t flip = plane == 0 ? INT_PLANE_A_FLIP : INT_PLANE_B_FLIP;
        /* at once while the pipe is off */
        show(h, plane, 0x01000000);
        assert_int_equal(scanout(h, plane)->address, 0x01000000);
        harness_mode(h, plane);
        show(h, plane, 0x02000000);
        assert_int_equal(hw_read(h->dev, DSPADDR_A + at), 0x02000000);
        assert_int_equal(hw_read(h->dev, ISR) & flip, flip);
        harness_advance(h, 480 * LINE_NS - 40000);
        assert_int_equal(scanout(h, plane)->address, 0x01000000);
        harness_advance(h, 40000);
        assert_int_equal(scanout(h, plane)->address, 0x02000000);
        assert_int_equal(scanout(h, plane)->stride, STRIDE);
        assert_int_equal(scanout(h, plane)->source, 639u << 16 | 479);
        assert_int_equal(hw_read(h->dev, ISR) & flip, 0);
        /* without a write to DSPADDR the rest is not armed */
        hw_write(h->dev, DSPSTRIDE_A + at, 64);
        harness_advance(h, HARNESS_FRAME_NS);
        assert_int_equal(scanout(h, plane)->stride, STRIDE);
    }
    assert_int_equal(hw_read(h->dev, PGTBL_ER), 0);
}

/* A vblank that nobody looked at has latched what stood before it, not what came after. */
static void a_late_write_misses_the_vblank(void **state)
{
    struct model_harness *h = *state;

    harness_mode(h, 0);
    show(h, 0, 0x01000000);
    h->now += HARNESS_FRAME_NS; /* behind the model's back */
    hw_write(h->dev, DSPADDR_A, 0x02000000);
    assert_int_equal(scanout(h, 0)->address, 0x01000000);
    h->now += HARNESS_FRAME_NS;
    assert_int_equal(hw_read(h->dev, ISR) & INT_PLANE_A_FLIP, 0);
    assert_int_equal(scanout(h, 0)->address, 0x02000000);
}

static void scanout_without_memory_faults(void **state)
{
    struct model_harness *h = *state;

    harness_mode(h, 0);
    show(h, 0, 0x02000000 + BUFFERS - 4096);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), 0);
    harness_advance(h, HARNESS_FRAME_NS);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), PGTBL_ER_DISPLAY_A);
}

static void flips_from_the_ring(void **state)
{
    struct model_harness *h = *state;

    show(h, 0, 0x01000000);
    harness_mode(h, 0);
    hw_write(h->dev, IMR, ~(uint32_t)INT_PLANE_A_FLIP);
    SUBMIT(h, MI_DISPLAY_FLIP, STRIDE, 0x02000000, MI_STORE_DATA_INDEX, 0x100, 1,
           MI_WAIT_FOR_EVENT | MI_WAIT_PLANE_A_FLIP, MI_STORE_DATA_INDEX, 0x104, 2);
    while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
    }
    assert_int_equal(load(&h->status[0x40]), 1);
    assert_int_equal(load(&h->status[0x41]), 0);
    assert_int_equal(hw_read(h->dev, DSPADDR_A), 0x02000000);
    assert_int_equal(hw_read(h->dev, IIR), INT_PLANE_A_FLIP);
    assert_int_equal(hw_read(h->dev, ISR) & INT_PLANE_A_FLIP, INT_PLANE_A_FLIP);
    assert_int_equal(scanout(h, 0)->address, 0x01000000);
    assert_int_not_equal(hw_read(h->dev, INSTDONE), INSTDONE_IDLE);
    harness_advance(h, HARNESS_FRAME_NS);
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x41]), 2);
    assert_int_equal(scanout(h, 0)->address, 0x02000000);
    assert_int_equal(hw_read(h->dev, ISR) & INT_PLANE_A_FLIP, 0);
}

/* With ECO_FLIP_DONE the bit comes when the flip is done. */
static void flip_done_interrupts(void **state)
{
    struct model_harness *h = *state;

    show(h, 0, 0x01000000);
    harness_mode(h, 0);
    hw_write(h->dev, ECOSKPD, MASKED_SET(ECO_FLIP_DONE));
    hw_write(h->dev, IMR, ~(uint32_t)INT_PLANE_A_FLIP);
    hw_write(h->dev, IER, INT_PLANE_A_FLIP);
    RUN(h, MI_DISPLAY_FLIP, STRIDE, 0x02000000);
    assert_int_equal(hw_read(h->dev, IIR), 0);
    harness_advance(h, HARNESS_FRAME_NS);
    assert_true(harness_irq(h));
    assert_int_equal(hw_read(h->dev, IIR), INT_PLANE_A_FLIP);
}

static void asynchronous_flips_do_not_wait(void **state)
{
    struct model_harness *h = *state;

    show(h, 0, 0x01000000);
    harness_mode(h, 0);
    RUN(h, MI_DISPLAY_FLIP | 1u << 22, STRIDE, 0x02000000,
        MI_WAIT_FOR_EVENT | MI_WAIT_PLANE_A_FLIP);
    assert_int_equal(scanout(h, 0)->address, 0x02000000);
}

static void the_streamer_waits_for_vblanks_and_lines(void **state)
{
    struct model_harness *h = *state;

    harness_mode(h, 1);
    SUBMIT(h, MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_A_VBLANK << MI_WAIT_PIPE_B_SHIFT,
           MI_STORE_DATA_INDEX, 0x100, 1, 0x12u << 23 | 1u << 20, 100u << 16 | 110,
           MI_WAIT_FOR_EVENT | MI_WAIT_PLANE_A_LINES << MI_WAIT_PIPE_B_SHIFT, MI_STORE_DATA_INDEX,
           0x104, 2);
    while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
    }
    harness_advance(h, 480 * LINE_NS);
    assert_int_equal(load(&h->status[0x40]), 0);
    harness_advance(h, LINE_NS);
    while (load(&h->status[0x40]) == 0) {
    }
    while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
    }
    harness_advance(h, 100 * LINE_NS);
    assert_int_equal(load(&h->status[0x41]), 0);
    harness_advance(h, 50 * LINE_NS);
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x41]), 2);
}

/* A wait for a pipe that is off ends by a kick of RING_WAIT, or by a reset. */
static void a_wait_without_end_can_be_kicked(void **state)
{
    struct model_harness *h = *state;

    SUBMIT(h, MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_A_VBLANK, MI_STORE_DATA_INDEX, 0x100, 1);
    while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
    }
    hw_write(h->dev, PRB0_CTL, hw_read(h->dev, PRB0_CTL));
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x40]), 1);
    SUBMIT(h, MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_A_VBLANK, MI_STORE_DATA_INDEX, 0x100, 2);
    while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
    }
    harness_reset(h);
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x40]), 1);
}

static void bad_modes_do_not_tick(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, PIPECONF_A, PIPECONF_ENABLE);
    assert_true(harness_logged(h, "without a clock"));
    harness_advance(h, HARNESS_FRAME_NS);
    assert_int_equal(frames(h, 0), 0);
    assert_int_equal(hw_read(h->dev, PIPEDSL_A), 0);
    hw_write(h->dev, PIPECONF_A, 0);
    harness_mode(h, 0);
    hw_write(h->dev, VTOTAL_A, 0);
    harness_advance(h, HARNESS_FRAME_NS);
    assert_true(harness_logged(h, "with vblank from line 480 of 1"));
    assert_int_equal(frames(h, 0), 1);
    harness_advance(h, HARNESS_FRAME_NS);
    assert_int_equal(frames(h, 0), 2);
    hw_write(h->dev, PIPECONF_A, 0);
    hw_write(h->dev, PIPECONF_A, PIPECONF_ENABLE);
    assert_true(harness_logged(h, "with vblank from line"));
}

/* Timing that is written while the pipe runs counts from its next frame on, all together. */
static void modes_change_while_the_pipe_runs(void **state)
{
    struct model_harness *h = *state;

    harness_mode(h, 0);
    harness_advance(h, 100 * LINE_NS);
    /* half as many lines: 120 Hz */
    hw_write(h->dev, VTOTAL_A, 261u << 16 | 239);
    hw_write(h->dev, VBLANK_A, 261u << 16 | 239);
    hw_write(h->dev, VSYNC_A, 251u << 16 | 249);
    assert_int_equal(hw_read(h->dev, PIPEDSL_A), 99);
    harness_advance(h, 400 * LINE_NS);
    assert_int_equal(hw_read(h->dev, PIPEDSL_A), 499);
    assert_int_equal(hw_read(h->dev, PIPESTAT_A) & PIPESTAT_VBLANK, PIPESTAT_VBLANK);
    hw_write(h->dev, PIPESTAT_A, 0xffff);
    harness_advance(h, 26 * LINE_NS);
    assert_int_equal(frames(h, 0), 1);
    assert_int_equal(hw_read(h->dev, PIPEDSL_A), 0);
    harness_advance(h, 238 * LINE_NS);
    assert_int_equal(hw_read(h->dev, PIPEDSL_A), 238);
    assert_int_equal(hw_read(h->dev, PIPESTAT_A) & PIPESTAT_VBLANK, 0);
    harness_advance(h, 3 * LINE_NS);
    assert_int_equal(hw_read(h->dev, PIPESTAT_A) & PIPESTAT_VBLANK, PIPESTAT_VBLANK);
    harness_advance(h, 262 * LINE_NS);
    assert_int_equal(frames(h, 0), 2);
    /* twice as long lines: the count goes on */
    hw_write(h->dev, HTOTAL_A, 1599u << 16 | 639);
    hw_write(h->dev, HBLANK_A, 1599u << 16 | 639);
    harness_advance(h, 262 * LINE_NS);
    assert_int_equal(frames(h, 0), 3);
    harness_advance(h, 280 * LINE_NS);
    assert_int_equal(frames(h, 0), 3);
    harness_advance(h, 10 * LINE_NS);
    assert_int_equal(frames(h, 0), 4);
    /* unseen for long, an old frame ends before the new ones are counted */
    hw_write(h->dev, VTOTAL_A, 523u << 16 | 239);
    h->now += 2 * 262 * LINE_NS + 2 * 524 * LINE_NS;
    assert_int_equal(frames(h, 0), 6);
    /* off and on counts from there */
    hw_write(h->dev, PIPECONF_A, 0);
    assert_int_equal(frames(h, 0), 6);
}

/* A pipe that was enabled before its clock begins when it has one. */
static void a_late_clock_starts_the_pipe(void **state)
{
    struct model_harness *h = *state;
    uint32_t dpll;

    harness_mode(h, 0);
    hw_write(h->dev, PIPECONF_A, 0);
    dpll = hw_read(h->dev, DPLL_A);
    hw_write(h->dev, DPLL_A, 0);
    hw_write(h->dev, PIPECONF_A, PIPECONF_ENABLE);
    harness_advance(h, 2 * HARNESS_FRAME_NS);
    assert_int_equal(frames(h, 0), 0);
    hw_write(h->dev, DPLL_A, dpll);
    harness_advance(h, 2 * HARNESS_FRAME_NS);
    assert_int_equal(frames(h, 0), 2);
}

static void expect_event(struct model_harness *h, uint32_t status)
{
    assert_true(harness_irq(h));
    assert_int_equal(hw_read(h->dev, PIPESTAT_A) & status, status);
    hw_write(h->dev, PIPESTAT_A, status << 16 | 0xffff);
    hw_write(h->dev, IIR, INT_PIPE_A_EVENT);
    hw_irq_unmask(h->dev);
    assert_false(harness_irq(h));
}

static void vsync_and_lines_interrupt(void **state)
{
    struct model_harness *h = *state;

    harness_mode(h, 0);
    hw_write(h->dev, IMR, ~(uint32_t)INT_PIPE_A_EVENT);
    hw_write(h->dev, IER, INT_PIPE_A_EVENT);
    hw_write(h->dev, PIPESTAT_A, PIPESTAT_VSYNC << 16);
    harness_advance(h, 489 * LINE_NS);
    assert_false(harness_irq(h));
    harness_advance(h, LINE_NS);
    expect_event(h, PIPESTAT_VSYNC);
    harness_advance(h, HARNESS_FRAME_NS);
    expect_event(h, PIPESTAT_VSYNC);
    /* the scan line window: by its register, then by command; it is entered once a frame */
    harness_advance(h, 40 * LINE_NS); /* line 5 */
    hw_write(h->dev, PIPESTAT_A, PIPESTAT_LINE_COMPARE << 16 | 0xffff);
    hw_write(h->dev, SLC_A, 1u << 31 | 100u << 16 | 110);
    harness_advance(h, 90 * LINE_NS);
    assert_false(harness_irq(h));
    harness_advance(h, 5 * LINE_NS);
    expect_event(h, PIPESTAT_LINE_COMPARE);
    RUN(h, 0x12u << 23, 50u << 16 | 60);
    assert_int_equal(hw_read(h->dev, SLC_A), 1u << 31 | 50u << 16 | 60);
    harness_advance(h, 440 * LINE_NS);
    assert_false(harness_irq(h));
    harness_advance(h, 60 * LINE_NS);
    expect_event(h, PIPESTAT_LINE_COMPARE);
}

/* Two fields a frame, half a line longer each than half the lines; their events alternate. */
static void fields_alternate(void **state)
{
    struct model_harness *h = *state;
    uint32_t seen[4];

    harness_mode(h, 0);
    hw_write(h->dev, PIPECONF_A, 0);
    /* 525 lines: the register has one less, the hardware adds two halves */
    hw_write(h->dev, VTOTAL_A, 523u << 16 | 479);
    hw_write(h->dev, VBLANK_A, 523u << 16 | 479);
    hw_write(h->dev, PIPECONF_A, PIPECONF_ENABLE | 6u << 21);
    for (unsigned i = 0; i < 4; i++) {
        hw_write(h->dev, PIPESTAT_A, 0xffff);
        harness_advance(h, HARNESS_FRAME_NS / 2 + 1);
        seen[i] = hw_read(h->dev, PIPESTAT_A) & (PIPESTAT_ODD_FIELD | PIPESTAT_EVEN_FIELD);
        assert_int_equal(hw_read(h->dev, PIPESTAT_A) & PIPESTAT_VBLANK, PIPESTAT_VBLANK);
        assert_int_equal(frames(h, 0), i + 1);
    }
    assert_true(seen[0] == PIPESTAT_ODD_FIELD || seen[0] == PIPESTAT_EVEN_FIELD);
    assert_int_equal(seen[0] ^ seen[1], PIPESTAT_ODD_FIELD | PIPESTAT_EVEN_FIELD);
    assert_int_equal(seen[2], seen[0]);
    assert_int_equal(seen[3], seen[1]);
}

/* The real clock: interrupts come as often as the mode says, and not before their time. */
static void the_thread_raises_vblanks(void **state)
{
    struct model_harness h;
    struct timespec begin;
    struct timespec end;

    harness_init(&h, NULL);
    hw_write(h.dev, IMR, ~(uint32_t)INT_PIPE_A_EVENT);
    hw_write(h.dev, IER, INT_PIPE_A_EVENT);
    hw_write(h.dev, PIPESTAT_A, PIPESTAT_VBLANK_ENABLE);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    harness_mode(&h, 0);
    for (int i = 0; i < 10; i++) {
        struct pollfd poll_fd = {.fd = hw_irq_fd(h.dev), .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, 30000), 1);
        assert_true(harness_irq(&h));
        assert_int_equal(hw_read(h.dev, IIR), INT_PIPE_A_EVENT);
        hw_write(h.dev, PIPESTAT_A, PIPESTAT_VBLANK_ENABLE | PIPESTAT_VBLANK);
        hw_write(h.dev, IIR, INT_PIPE_A_EVENT);
        hw_irq_unmask(h.dev);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t ns = (end.tv_sec - begin.tv_sec) * INT64_C(1000000000) + end.tv_nsec - begin.tv_nsec;
    assert_true(ns >= 9 * (int64_t)(HARNESS_FRAME_NS - 1));
    /* and a streamer that waits is woken by the same thread */
    RUN(&h, MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_A_VBLANK, 0x12u << 23, 100u << 16 | 100,
        MI_WAIT_FOR_EVENT | MI_WAIT_PLANE_A_LINES, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&h.status[0x40]), 1);
    harness_finish(&h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_are_exact),
        cmocka_unit_test(events_come_on_their_pixel),
        TEST(frames_and_lines_follow_the_clock),
        TEST(vblank_interrupts),
        TEST(planes_latch_at_vblank),
        TEST(a_late_write_misses_the_vblank),
        TEST(scanout_without_memory_faults),
        TEST(flips_from_the_ring),
        TEST(flip_done_interrupts),
        TEST(asynchronous_flips_do_not_wait),
        TEST(the_streamer_waits_for_vblanks_and_lines),
        TEST(a_wait_without_end_can_be_kicked),
        TEST(bad_modes_do_not_tick),
        TEST(modes_change_while_the_pipe_runs),
        TEST(a_late_clock_starts_the_pipe),
        TEST(vsync_and_lines_interrupt),
        TEST(fields_alternate),
        cmocka_unit_test(the_thread_raises_vblanks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
