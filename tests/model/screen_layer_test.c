/* SPDX-License-Identifier: MIT */
/* What lies over what on a screen: planes, cursors and the overlay. */
#include "tests/model/screen_bed.h"

#include <string.h>

/* B lies over A, C over both or, if it says so, below. */
static void planes_lie_over_each_other(void **state)
{
    struct screen_bed *bed = *state;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    for (uint32_t i = 0; i < 64 * 64; i++) {
        ((uint32_t *)(void *)bed->other)[i] = 0x00ff0000;
        ((uint32_t *)(void *)bed->other)[i + 64 * 64] = 0x0000ff00;
    }
    screen_paint_surface(bed->surface, 256, WIDTH, HEIGHT);
    screen_place(bed, 1, 10, 8, 20, 10);
    screen_place(bed, 2, 25, 12, 100, 100);
    screen_show(bed, 0, ENABLE(6), SURFACE, 256);
    screen_show(bed, 1, ENABLE(6), OTHER, 256);
    screen_show(bed, 2, ENABLE(6), OTHER + 64 * 64 * 4, 256);
    const uint32_t *screen = screen_look(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint32_t expected = screen_paint(x, y);
            expected = x >= 10 && x < 30 && y >= 8 && y < 18 ? 0xffff0000 : expected;
            expected = x >= 25 && y >= 12 ? 0xff00ff00 : expected;
            assert_int_equal(screen[y * WIDTH + x], expected);
        }
    }
    screen_show(bed, 2, ENABLE(6) | DSPCNTR_BOTTOM, OTHER + 64 * 64 * 4, 256);
    screen = screen_look(bed, 0, WIDTH, HEIGHT);
    assert_int_equal(screen[13 * WIDTH + 26], 0xffff0000);
    assert_int_equal(screen[20 * WIDTH + 40], screen_paint(40, 20));
    /* A's key lets C through */
    screen_set(bed, DSPKEYVAL_A, 0, screen_paint(40, 20) & 0xffffff);
    screen_set(bed, DSPKEYMSK_A, 0, 0xffffff);
    screen_show(bed, 0, ENABLE(6) | DSPCNTR_KEY, SURFACE, 256);
    screen = screen_look(bed, 0, WIDTH, HEIGHT);
    assert_int_equal(screen[20 * WIDTH + 40], 0xff00ff00);
    assert_int_equal(screen[20 * WIDTH + 41], screen_paint(41, 20));
}

static void keys_and_alpha_let_through(void **state)
{
    struct screen_bed *bed = *state;
    uint32_t *words = (uint32_t *)(void *)bed->other;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        ((uint32_t *)(void *)bed->surface)[i] = 0x0080ff40;
    }
    words[0] = 0x00112233;
    words[1] = 0x00112234;
    words[2] = 0x80400020; /* premultiplied */
    words[3] = 0xff010203;
    words[4] = 0x00000000;
    screen_place(bed, 1, 3, 2, 5, 1);
    screen_set(bed, DSPKEYVAL_A, 1, 0x00112233);
    screen_set(bed, DSPKEYMSK_A, 1, 0x00ffffff);
    screen_show(bed, 0, ENABLE(6), SURFACE, 256);
    screen_show(bed, 1, ENABLE(7) | DSPCNTR_KEY, OTHER, 256);
    const uint32_t *row = screen_look(bed, 0, WIDTH, HEIGHT) + 2 * WIDTH + 3;
    assert_int_equal(row[0], 0xff80ff40);
    assert_int_equal(row[1], 0xff112234);
    assert_int_equal(row[2], 0xff400020);
    assert_int_equal(row[5], 0xff80ff40);
    screen_show(bed, 1, ENABLE(7) | DSPCNTR_BLEND, OTHER, 256);
    row = screen_look(bed, 0, WIDTH, HEIGHT) + 2 * WIDTH + 3;
    /* 0x40 + 0x80 * 127/255, 0 + 0xff * 127/255, 0x20 + 0x40 * 127/255 */
    assert_int_equal(row[2], 0xff807f40);
    assert_int_equal(row[3], 0xff010203);
    assert_int_equal(row[4], 0xff80ff40);
    /* a format without alpha is opaque */
    screen_show(bed, 1, ENABLE(6) | DSPCNTR_BLEND, OTHER, 256);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[2 * WIDTH + 5], 0xff400020);
}

static void set_cursor(struct screen_bed *bed, unsigned index, uint32_t control, int x, int y)
{
    uint32_t at = index * CURSOR_STRIDE;
    uint32_t sx = x < 0 ? 0x8000u | (uint32_t)-x : (uint32_t)x;
    uint32_t sy = y < 0 ? 0x8000u | (uint32_t)-y : (uint32_t)y;

    hw_write(bed->h.dev, CURCNTR_A + at, control);
    hw_write(bed->h.dev, CURPOS_A + at, sy << 16 | sx);
    hw_write(bed->h.dev, CURBASE_A + at, bed->cursor_base);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
}

/* Each size of ARGB, at places that the screen cuts on each side. */
static void argb_cursors_are_blended(void **state)
{
    static const struct {
        uint32_t mode;
        int side;
    } modes[] = {{0x27, 64}, {0x22, 128}, {0x23, 256}};
    static const int places[][2] = {{0, 0},     {10, 7},    {-5, 3},  {3, -9},
                                    {-40, -40}, {190, 150}, {-300, 0}};
    struct screen_bed *bed = *state;

    screen_mode(bed, 0, 200, 160);
    screen_background(bed, 0x000064c8);
    for (unsigned m = 0; m < COUNT(modes); m++) {
        int side = modes[m].side;
        for (int i = 0; i < side * side; i++) {
            /* opaque, nothing, half, in turns; the colour says where */
            uint32_t alpha = i % 3 == 0 ? 255 : i % 3 == 1 ? 0 : 128;
            uint32_t colour = alpha == 0 ? 0 : (uint32_t)(i % side / 4) << 16 | 0x10u;
            ((uint32_t *)(void *)bed->cursor)[i] = alpha << 24 | colour;
        }
        for (unsigned p = 0; p < COUNT(places); p++) {
            set_cursor(bed, 0, modes[m].mode, places[p][0], places[p][1]);
            const uint32_t *screen = screen_look(bed, 0, 200, 160);
            for (int y = 0; y < 160; y++) {
                for (int x = 0; x < 200; x++) {
                    int cx = x - places[p][0], cy = y - places[p][1];
                    uint32_t expected = 0xff0064c8;
                    int i = cy * side + cx;
                    if (cx >= 0 && cx < side && cy >= 0 && cy < side && i % 3 != 1) {
                        uint32_t red = (uint32_t)(cx / 4);
                        /* half: 0x64 * 127/255 = 49.8, 0x10 + 0xc8 * 127/255 = 115.6 */
                        expected = BLACK | red << 16 | (i % 3 == 0 ? 0x10u : 50u << 8 | 116u);
                    }
                    if (screen[y * 200 + x] != expected) {
                        fail_msg("mode 0x%x at %d,%d: pixel %d,%d is 0x%08x, not 0x%08x",
                                 modes[m].mode, places[p][0], places[p][1], x, y,
                                 screen[y * 200 + x], expected);
                    }
                }
            }
        }
    }
    set_cursor(bed, 0, 0, 0, 0);
    assert_int_equal(screen_look(bed, 0, 200, 160)[0], 0xff0064c8);
}

static void xor_cursors_mask_and_invert(void **state)
{
    struct screen_bed *bed = *state;
    uint32_t *words = (uint32_t *)(void *)bed->cursor;
    const uint32_t modes[] = {0x07, 0x02, 0x03};

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_background(bed, 0x00123456);
    words[0] = 0x00fedcba; /* opaque */
    words[1] = 0xff000000; /* transparent */
    words[2] = 0xffffffff; /* inverts */
    words[3] = 0xff00ff00;
    for (unsigned i = 0; i < COUNT(modes); i++) {
        set_cursor(bed, 0, modes[i], 2, 1);
        const uint32_t *row = screen_look(bed, 0, WIDTH, HEIGHT) + WIDTH + 2;
        assert_int_equal(row[0], 0xfffedcba);
        assert_int_equal(row[1], 0xff123456);
        assert_int_equal(row[2], 0xffedcba9);
        assert_int_equal(row[3], 0xff12cb56);
    }
}

/* Two planes of a bit: the combinations 00, 01, 10, 11 by mode. */
static void two_bit_cursors_use_their_palette(void **state)
{
    static const struct {
        uint32_t mode;
        uint32_t expected[4];
    } rows[] = {
        {0x04, {0xff111111, 0xff222222, 0xff123456, 0xff333333}},
        {0x05, {0xff111111, 0xff222222, 0xff123456, 0xffedcba9}},
        {0x06, {0xff111111, 0xff222222, 0xff333333, 0xff444444}},
    };
    struct screen_bed *bed = *state;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_background(bed, 0x00123456);
    for (uint32_t i = 0; i < 4; i++) {
        hw_write(bed->h.dev, CURPALET_A + 4 * i, 0x111111u * (i + 1));
    }
    /* row 1: the first plane 0011, the second 0101, at pixels 0 to 3 and at 60 to 63 */
    bed->cursor[16] = 0x30;
    bed->cursor[24] = 0x50;
    bed->cursor[23] = 0x03;
    bed->cursor[31] = 0x05;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        set_cursor(bed, 0, rows[i].mode, 0, 4);
        const uint32_t *row = screen_look(bed, 0, WIDTH, HEIGHT) + 5 * WIDTH;
        assert_memory_equal(row, rows[i].expected, sizeof(rows[i].expected));
        assert_memory_equal(row + 60, rows[i].expected, sizeof(rows[i].expected));
        assert_int_equal(row[8], rows[i].expected[0]);
    }
}

/* CURBASE arms the rest; the vblank takes it; cursor B may go to pipe A. */
static void cursors_latch_at_vblank(void **state)
{
    struct screen_bed *bed = *state;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_background(bed, 0x00123456);
    for (uint32_t i = 0; i < 64 * 64; i++) {
        ((uint32_t *)(void *)bed->cursor)[i] = 0xff00ff00;
    }
    set_cursor(bed, 1, 0x27, 5, 5);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[5 * WIDTH + 5], 0xff00ff00);
    hw_write(bed->h.dev, CURPOS_A + CURSOR_STRIDE, 6u << 16 | 6);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[5 * WIDTH + 5], 0xff00ff00);
    hw_write(bed->h.dev, CURBASE_A + CURSOR_STRIDE, bed->cursor_base);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[5 * WIDTH + 5], 0xff00ff00);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[5 * WIDTH + 5], 0xff123456);
    set_cursor(bed, 1, 0x27 | 1u << CURCNTR_PIPE_SHIFT, 5, 5);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[7 * WIDTH + 7], 0xff123456);
    /* nothing there: as black as transparent */
    hw_write(bed->h.dev, CURCNTR_A, 0x27);
    hw_write(bed->h.dev, CURBASE_A, 0x0f000000);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[0], 0xff123456);
}

#define OVERLAY_BLOCK      0x04000000u
#define OVERLAY_FLIP(mode) (0x11u << 23 | (uint32_t)(mode) << 21)

/* A block with a window of twice the source's size at 4,6 on pipe A, in full-range colours. */
static uint32_t *bind_overlay(struct screen_bed *bed, uint32_t format, uint32_t *place_of_it)
{
    uint32_t *block = harness_bind(&bed->h, OVERLAY_BLOCK, HW_PAGE_SIZE);

    *place_of_it = OVERLAY_BLOCK;
    if (bed->h.dev->identity.needs_physical) {
        *place_of_it =
            (uint32_t)hw_dma_bus_address(bed->h.dev, &bed->h.dma[bed->h.dma_count - 1], 0);
    }
    block[0] = OTHER;
    block[2] = OTHER + 0x1000;
    block[3] = OTHER + 0x2000;
    block[6] = 32u << 16 | 64;
    block[11] = 6u << 16 | 4;
    block[12] = 16u << 16 | 16;
    block[13] = 8;
    block[15] = 8;
    block[16] = 2048u << 20 | 2048u << 3;
    block[18] = 64u << 18;
    block[19] = 128;
    block[26] = format << 10 | 1;
    return block;
}

static void the_overlay_shows_video(void **state)
{
    struct screen_bed *bed = *state;
    uint32_t place_of_it;
    uint32_t *block = bind_overlay(bed, 12, &place_of_it);

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_background(bed, 0x00102030);
    for (uint32_t y = 0; y < 8; y++) {
        for (uint32_t x = 0; x < 8; x++) {
            bed->other[y * 64 + x] = (uint8_t)(y * 20 + x); /* luma */
            bed->other[0x1000 + y / 2 * 32 + x / 2] = 128;
            bed->other[0x2000 + y / 2 * 32 + x / 2] = 128;
        }
    }
    bed->other[0x2000 + 32 + 1] = 228; /* red in the pixels 2,2 to 3,3 */
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[6 * WIDTH + 4], 0xff102030);
    RUN(&bed->h, OVERLAY_FLIP(1), place_of_it);
    assert_int_equal(hw_read(bed->h.dev, PIPESTAT_A) & PIPESTAT_OVERLAY, PIPESTAT_OVERLAY);
    const uint32_t *screen = screen_look(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint32_t sx = (x - 4) / 2, sy = (y - 6) / 2;
            uint32_t expected = 0xff102030;
            if (x >= 4 && x < 20 && y >= 6 && y < 22) {
                uint32_t grey = sy * 20 + sx;
                expected = BLACK | grey * 0x010101;
                if (sx / 2 == 1 && sy / 2 == 1) {
                    /* V 100 more: 1.402 of it to red, 0.714 less green */
                    uint32_t red = grey + 140 < 255 ? grey + 140 : 255;
                    uint32_t green = grey > 71 ? grey - 71 : 0;
                    expected = BLACK | red << 16 | green << 8 | grey;
                }
            }
            assert_int_equal(screen[y * WIDTH + x], expected);
        }
    }
    /* packed, each order; then keyed; then off */
    static const uint8_t packed[4][4] = {
        {90, 128, 91, 128}, {92, 128, 93, 128}, {128, 94, 128, 95}, {128, 96, 128, 97}};
    for (unsigned order = 0; order < 4; order++) {
        memcpy(bed->other, packed[order], 4);
        block[26] = order << 14 | 8u << 10 | 1;
        RUN(&bed->h, OVERLAY_FLIP(0), place_of_it);
        screen = screen_look(bed, 0, WIDTH, HEIGHT);
        assert_int_equal(screen[6 * WIDTH + 4], BLACK | (90 + 2 * order) * 0x010101);
        assert_int_equal(screen[6 * WIDTH + 6], BLACK | (91 + 2 * order) * 0x010101);
    }
    memcpy(bed->other, &(uint32_t){0x00fedcba}, 4);
    block[26] = 1u << 10 | 1;
    block[20] = 0x00102030;
    block[21] = 1u << 31;
    memcpy(bed->surface + 7 * 1024 + 4 * 4, &(uint32_t){0x00102031}, 4);
    RUN(&bed->h, OVERLAY_FLIP(0), place_of_it);
    screen = screen_look(bed, 0, WIDTH, HEIGHT);
    assert_int_equal(screen[6 * WIDTH + 4], 0xfffedcba);
    assert_int_equal(screen[7 * WIDTH + 4], 0xff102031);
    assert_int_equal(screen[7 * WIDTH + 5], 0xfffedcba);
    RUN(&bed->h, OVERLAY_FLIP(2), place_of_it);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[6 * WIDTH + 4], 0xff102030);
    RUN(&bed->h, OVERLAY_FLIP(1), 0x0f000000);
    assert_int_equal(hw_read(bed->h.dev, PGTBL_ER) & PGTBL_ER_OVERLAY, PGTBL_ER_OVERLAY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, screen_setup, screen_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(planes_lie_over_each_other),        TEST(keys_and_alpha_let_through),
        TEST(argb_cursors_are_blended),          TEST(xor_cursors_mask_and_invert),
        TEST(two_bit_cursors_use_their_palette), TEST(cursors_latch_at_vblank),
        TEST(the_overlay_shows_video),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
