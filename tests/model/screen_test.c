/* SPDX-License-Identifier: MIT */
/* The picture that a monitor shows, against pictures made plainly here. */
#include "tests/model/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH          64u
#define HEIGHT         48u
#define SURFACE        0x01000000u
#define OTHER          0x02000000u
#define CURSOR         0x03000000u
#define BYTES          (1u << 20)
#define ENABLE(format) (DSPCNTR_ENABLE | (uint32_t)(format) << DSPCNTR_FORMAT_SHIFT)
#define BLACK          0xff000000u

struct bed {
    struct model_harness h;
    uint8_t *surface, *other, *cursor;
    uint32_t cursor_base; /* what CURBASE wants */
    uint32_t screen[256 * 256];
};

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));

    harness_init_clock(&bed->h, NULL);
    bed->surface = harness_bind(&bed->h, SURFACE, BYTES);
    bed->other = harness_bind(&bed->h, OTHER, BYTES);
    bed->cursor = harness_bind(&bed->h, CURSOR, BYTES);
    bed->cursor_base = CURSOR;
    if (bed->h.dev->identity.needs_physical) {
        bed->cursor_base =
            (uint32_t)hw_dma_bus_address(bed->h.dev, &bed->h.dma[bed->h.dma_count - 1], 0);
    }
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;

    harness_finish(&bed->h);
    free(bed);
    return 0;
}

/* A register of pipe or plane B or C. */
static void set(struct bed *bed, uint32_t reg_a, unsigned index, uint32_t value)
{
    hw_write(bed->h.dev, reg_a + index * PIPE_STRIDE, value);
}

static void set_mode(struct bed *bed, unsigned pipe, uint32_t width, uint32_t height)
{
    harness_small_mode(&bed->h, pipe, width, height);
}

static void show(struct bed *bed, unsigned plane, uint32_t control, uint32_t address,
                 uint32_t stride)
{
    set(bed, DSPSTRIDE_A, plane, stride);
    set(bed, DSPCNTR_A, plane, control);
    set(bed, DSPADDR_A, plane, address);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
}

static void place(struct bed *bed, unsigned plane, uint32_t x, uint32_t y, uint32_t width,
                  uint32_t height)
{
    set(bed, DSPPOS_A, plane, y << 16 | x);
    set(bed, DSPSIZE_A, plane, (height - 1) << 16 | (width - 1));
}

static uint32_t *look(struct bed *bed, unsigned pipe, uint32_t width, uint32_t height)
{
    memset(bed->screen, 0x55, sizeof(bed->screen));
    assert_int_equal(hw_screen_read(bed->h.dev, pipe, bed->screen, width, height), 0);
    return bed->screen;
}

/* Any colour that says where it is from. */
static uint32_t paint(uint32_t x, uint32_t y)
{
    return BLACK | (x * 3 + 1) << 16 | (y * 5 + 2) << 8 | ((x ^ y) & 0xffu);
}

static void paint_surface(uint8_t *surface, uint32_t stride, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint32_t colour = paint(x, y);
            memcpy(surface + (size_t)y * stride + x * 4, &colour, 4);
        }
    }
}

static void a_pipe_that_is_off_shows_nothing(void **state)
{
    struct bed *bed = *state;
    uint32_t width, height;

    for (unsigned pipe = 0; pipe < 3; pipe++) {
        assert_int_equal(hw_screen_size(bed->h.dev, pipe, &width, &height), -ENODATA);
        assert_int_equal(hw_screen_read(bed->h.dev, pipe, bed->screen, 4, 4), -ENODATA);
    }
    set_mode(bed, 0, WIDTH, HEIGHT);
    assert_int_equal(hw_screen_size(bed->h.dev, 0, &width, &height), 0);
    assert_int_equal(width, WIDTH);
    assert_int_equal(height, HEIGHT);
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[i], BLACK);
        i += 97;
    }
}

/* One word, by each format; red, green and blue as a monitor of eight bits gets them. */
static void formats_are_decoded(void **state)
{
    static const struct {
        unsigned format, bytes;
        uint32_t word, colour;
    } rows[] = {
        {2, 1, 0xa7, 0xffa7a7a7},
        {3, 2, 0x8000 | 31 << 10 | 16 << 5 | 1, 0xffff8408},
        {4, 2, 31 << 10 | 16 << 5 | 1, 0xffff8408},
        {4, 2, 5 << 10 | 0 << 5 | 31, 0xff2900ff},
        {5, 2, 31u << 11 | 32 << 5 | 1, 0xffff8208},
        {5, 2, 7 << 11 | 63 << 5 | 30, 0xff39fff7},
        {6, 4, 0x00123456, 0xff123456},
        {7, 4, 0x80fedcba, 0xfffedcba},
        {8, 4, 1023u | 512 << 10 | 4 << 20, 0xffff8001},
        {9, 4, 3u << 30 | 8u | 1020u << 10 | 0u << 20, 0xff02ff00},
        {10, 4, 1023u << 20 | 512 << 10 | 4, 0xffff8001},
        {11, 4, 1u << 30 | 8u << 20 | 1020u << 10, 0xff02ff00},
        {14, 4, 0x00123456, 0xff563412},
        {15, 4, 0x80fedcba, 0xffbadcfe},
    };
    struct bed *bed = *state;

    for (unsigned plane = 0; plane < 3; plane++) {
        set_mode(bed, 0, WIDTH, HEIGHT);
        place(bed, plane, 0, 0, WIDTH, HEIGHT);
        for (unsigned i = 0; i < COUNT(rows); i++) {
            memset(bed->surface, 0, BYTES);
            memcpy(bed->surface + 2 * 512 + 5 * rows[i].bytes, &rows[i].word, rows[i].bytes);
            show(bed, plane, ENABLE(rows[i].format), SURFACE, 512);
            const uint32_t *screen = look(bed, 0, WIDTH, HEIGHT);
            assert_int_equal(screen[2 * WIDTH + 5], rows[i].colour);
            assert_int_equal(screen[2 * WIDTH + 4], BLACK);
            assert_int_equal(screen[2 * WIDTH + 6], BLACK);
            assert_int_equal(screen[3 * WIDTH + 5], BLACK);
        }
        show(bed, plane, ENABLE(0), SURFACE, 512);
        assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[2 * WIDTH + 5], BLACK);
        show(bed, plane, 0, 0, 512);
    }
}

/* The start address moves the picture over a larger surface, to the pixel. */
static void panning_moves_the_picture(void **state)
{
    struct bed *bed = *state;
    const uint32_t stride = 1024, moves[][2] = {{0, 0}, {1, 0}, {0, 1}, {100, 57}, {7, 200}};

    set_mode(bed, 0, WIDTH, HEIGHT);
    paint_surface(bed->surface, stride, 256, 300);
    for (unsigned i = 0; i < COUNT(moves); i++) {
        show(bed, 0, ENABLE(6), SURFACE + moves[i][1] * stride + moves[i][0] * 4, stride);
        const uint32_t *screen = look(bed, 0, WIDTH, HEIGHT);
        for (uint32_t y = 0; y < HEIGHT; y++) {
            for (uint32_t x = 0; x < WIDTH; x++) {
                assert_int_equal(screen[y * WIDTH + x],
                                 BLACK | paint(x + moves[i][0], y + moves[i][1]));
            }
        }
    }
}

static void lines_are_doubled(void **state)
{
    struct bed *bed = *state;

    set_mode(bed, 0, WIDTH, HEIGHT);
    paint_surface(bed->surface, 512, WIDTH, HEIGHT);
    show(bed, 0, ENABLE(6) | DSPCNTR_LINE_DOUBLE, SURFACE, 512);
    const uint32_t *screen = look(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        assert_int_equal(screen[y * WIDTH + 9], paint(9, y / 2));
    }
}

/* A fence makes the display read tiles. */
static void tiled_surfaces_are_scanned_out(void **state)
{
    struct bed *bed = *state;

    set_mode(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT + 3; y++) {
        for (uint32_t x = 0; x < 256; x++) {
            uint32_t colour = paint(x, y);
            memcpy(bed->surface + harness_tile_offset(&bed->h, GEN3_TILED_X, 1024, x * 4, y),
                   &colour, 4);
        }
    }
    hw_write(bed->h.dev, FENCE(2), SURFACE | FENCE_VALID | 1u << FENCE_PITCH_SHIFT);
    show(bed, 0, ENABLE(6), SURFACE + 3 * 1024 + 100 * 4, 1024);
    const uint32_t *screen = look(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            assert_int_equal(screen[y * WIDTH + x], paint(x + 100, y + 3));
        }
    }
}

/* B lies over A, C over both or, if it says so, below. */
static void planes_lie_over_each_other(void **state)
{
    struct bed *bed = *state;

    set_mode(bed, 0, WIDTH, HEIGHT);
    for (uint32_t i = 0; i < 64 * 64; i++) {
        ((uint32_t *)(void *)bed->other)[i] = 0x00ff0000;
        ((uint32_t *)(void *)bed->other)[i + 64 * 64] = 0x0000ff00;
    }
    paint_surface(bed->surface, 256, WIDTH, HEIGHT);
    place(bed, 1, 10, 8, 20, 10);
    place(bed, 2, 25, 12, 100, 100);
    show(bed, 0, ENABLE(6), SURFACE, 256);
    show(bed, 1, ENABLE(6), OTHER, 256);
    show(bed, 2, ENABLE(6), OTHER + 64 * 64 * 4, 256);
    const uint32_t *screen = look(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint32_t expected = paint(x, y);
            expected = x >= 10 && x < 30 && y >= 8 && y < 18 ? 0xffff0000 : expected;
            expected = x >= 25 && y >= 12 ? 0xff00ff00 : expected;
            assert_int_equal(screen[y * WIDTH + x], expected);
        }
    }
    show(bed, 2, ENABLE(6) | DSPCNTR_BOTTOM, OTHER + 64 * 64 * 4, 256);
    screen = look(bed, 0, WIDTH, HEIGHT);
    assert_int_equal(screen[13 * WIDTH + 26], 0xffff0000);
    assert_int_equal(screen[20 * WIDTH + 40], paint(40, 20));
    /* A's key lets C through */
    set(bed, DSPKEYVAL_A, 0, paint(40, 20) & 0xffffff);
    set(bed, DSPKEYMSK_A, 0, 0xffffff);
    show(bed, 0, ENABLE(6) | DSPCNTR_KEY, SURFACE, 256);
    screen = look(bed, 0, WIDTH, HEIGHT);
    assert_int_equal(screen[20 * WIDTH + 40], 0xff00ff00);
    assert_int_equal(screen[20 * WIDTH + 41], paint(41, 20));
}

static void keys_and_alpha_let_through(void **state)
{
    struct bed *bed = *state;
    uint32_t *words = (uint32_t *)(void *)bed->other;

    set_mode(bed, 0, WIDTH, HEIGHT);
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        ((uint32_t *)(void *)bed->surface)[i] = 0x0080ff40;
    }
    words[0] = 0x00112233;
    words[1] = 0x00112234;
    words[2] = 0x80400020; /* premultiplied */
    words[3] = 0xff010203;
    words[4] = 0x00000000;
    place(bed, 1, 3, 2, 5, 1);
    set(bed, DSPKEYVAL_A, 1, 0x00112233);
    set(bed, DSPKEYMSK_A, 1, 0x00ffffff);
    show(bed, 0, ENABLE(6), SURFACE, 256);
    show(bed, 1, ENABLE(7) | DSPCNTR_KEY, OTHER, 256);
    const uint32_t *row = look(bed, 0, WIDTH, HEIGHT) + 2 * WIDTH + 3;
    assert_int_equal(row[0], 0xff80ff40);
    assert_int_equal(row[1], 0xff112234);
    assert_int_equal(row[2], 0xff400020);
    assert_int_equal(row[5], 0xff80ff40);
    show(bed, 1, ENABLE(7) | DSPCNTR_BLEND, OTHER, 256);
    row = look(bed, 0, WIDTH, HEIGHT) + 2 * WIDTH + 3;
    /* 0x40 + 0x80 * 127/255, 0 + 0xff * 127/255, 0x20 + 0x40 * 127/255 */
    assert_int_equal(row[2], 0xff807f40);
    assert_int_equal(row[3], 0xff010203);
    assert_int_equal(row[4], 0xff80ff40);
    /* a format without alpha is opaque */
    show(bed, 1, ENABLE(6) | DSPCNTR_BLEND, OTHER, 256);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[2 * WIDTH + 5], 0xff400020);
}

static void palettes_of_eight_bits(void **state)
{
    struct bed *bed = *state;

    for (unsigned pipe = 0; pipe < 2; pipe++) {
        set_mode(bed, pipe, WIDTH, HEIGHT);
        place(bed, pipe, 0, 0, WIDTH, HEIGHT);
        for (uint32_t i = 0; i < 256; i++) {
            hw_write(bed->h.dev, PALETTE_A + 0x800 * pipe + 4 * i,
                     (255 - i) << 16 | (i ^ 0x55u) << 8 | (i * 7 & 0xffu));
        }
        uint32_t route = pipe == 1 ? DSPCNTR_PIPE_B : 0;
        bed->surface[3] = 0x33;
        show(bed, pipe, ENABLE(2) | DSPCNTR_GAMMA | route, SURFACE, 256);
        assert_int_equal(look(bed, pipe, WIDTH, HEIGHT)[3],
                         BLACK | (255 - 0x33) << 16 | (0x33 ^ 0x55) << 8 | (0x33 * 7 & 0xff));
        memcpy(bed->surface, &(uint32_t){0x00102030}, 4);
        show(bed, pipe, ENABLE(6) | DSPCNTR_GAMMA | route, SURFACE, 256);
        assert_int_equal(look(bed, pipe, WIDTH, HEIGHT)[0],
                         BLACK | (255 - 0x10) << 16 | (0x20 ^ 0x55) << 8 | (0x30 * 7 & 0xff));
        show(bed, pipe, ENABLE(6) | route, SURFACE, 256);
        assert_int_equal(look(bed, pipe, WIDTH, HEIGHT)[0], 0xff102030);
    }
}

/* Ten bits: 128 segments of a value and a slope. */
static void palettes_of_ten_bits(void **state)
{
    struct bed *bed = *state;

    set_mode(bed, 0, WIDTH, HEIGHT);
    set(bed, PIPECONF_A, 0, PIPECONF_ENABLE | PIPECONF_10_BIT);
    for (uint32_t i = 0; i < 128; i++) {
        /* red: the inverse, flat; green: itself, rising by 8 (8 << 0); blue: 1000, rising by 32 */
        uint32_t red = 1023 - i * 8, green = i * 8, blue = 1000;
        uint32_t high = (red >> 8) << 16 | (3u << 6 | 8u << 2 | green >> 8) << 8 |
                        (1u << 6 | 8u << 2 | blue >> 8);
        hw_write(bed->h.dev, PALETTE_A + 8 * i,
                 (red & 255) << 16 | (green & 255) << 8 | (blue & 255));
        hw_write(bed->h.dev, PALETTE_A + 8 * i + 4, high);
    }
    /* 10:10:10 in: red 100, green 517, blue 6 */
    memcpy(bed->surface, &(uint32_t){100u | 517u << 10 | 6u << 20}, 4);
    memcpy(bed->surface + 4, &(uint32_t){0u | 1023u << 10 | 0u << 20}, 4);
    show(bed, 0, ENABLE(8) | DSPCNTR_GAMMA, SURFACE, 256);
    const uint32_t *screen = look(bed, 0, WIDTH, HEIGHT);
    /* red 1023 - 96, green 517, blue 1000 + 32 * 6/8 beyond the end */
    assert_int_equal(screen[0], BLACK | (1023 - 96) >> 2 << 16 | 517 >> 2 << 8 | 1023 >> 2);
    assert_int_equal(screen[1], BLACK | 1023 >> 2 << 16 | 1023 >> 2 << 8 | 1000 >> 2);
}

static void set_cursor(struct bed *bed, unsigned index, uint32_t control, int x, int y)
{
    uint32_t at = index * CURSOR_STRIDE;
    uint32_t sx = x < 0 ? 0x8000u | (uint32_t)-x : (uint32_t)x;
    uint32_t sy = y < 0 ? 0x8000u | (uint32_t)-y : (uint32_t)y;

    hw_write(bed->h.dev, CURCNTR_A + at, control);
    hw_write(bed->h.dev, CURPOS_A + at, sy << 16 | sx);
    hw_write(bed->h.dev, CURBASE_A + at, bed->cursor_base);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
}

static void show_background(struct bed *bed, uint32_t colour)
{
    for (uint32_t i = 0; i < 256 * 256; i++) {
        ((uint32_t *)(void *)bed->surface)[i] = colour;
    }
    show(bed, 0, ENABLE(6), SURFACE, 1024);
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
    struct bed *bed = *state;

    set_mode(bed, 0, 200, 160);
    show_background(bed, 0x000064c8);
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
            const uint32_t *screen = look(bed, 0, 200, 160);
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
    assert_int_equal(look(bed, 0, 200, 160)[0], 0xff0064c8);
}

static void xor_cursors_mask_and_invert(void **state)
{
    struct bed *bed = *state;
    uint32_t *words = (uint32_t *)(void *)bed->cursor;
    const uint32_t modes[] = {0x07, 0x02, 0x03};

    set_mode(bed, 0, WIDTH, HEIGHT);
    show_background(bed, 0x00123456);
    words[0] = 0x00fedcba; /* opaque */
    words[1] = 0xff000000; /* transparent */
    words[2] = 0xffffffff; /* inverts */
    words[3] = 0xff00ff00;
    for (unsigned i = 0; i < COUNT(modes); i++) {
        set_cursor(bed, 0, modes[i], 2, 1);
        const uint32_t *row = look(bed, 0, WIDTH, HEIGHT) + WIDTH + 2;
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
    struct bed *bed = *state;

    set_mode(bed, 0, WIDTH, HEIGHT);
    show_background(bed, 0x00123456);
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
        const uint32_t *row = look(bed, 0, WIDTH, HEIGHT) + 5 * WIDTH;
        assert_memory_equal(row, rows[i].expected, sizeof(rows[i].expected));
        assert_memory_equal(row + 60, rows[i].expected, sizeof(rows[i].expected));
        assert_int_equal(row[8], rows[i].expected[0]);
    }
}

/* CURBASE arms the rest; the vblank takes it; cursor B may go to pipe A. */
static void cursors_latch_at_vblank(void **state)
{
    struct bed *bed = *state;

    set_mode(bed, 0, WIDTH, HEIGHT);
    show_background(bed, 0x00123456);
    for (uint32_t i = 0; i < 64 * 64; i++) {
        ((uint32_t *)(void *)bed->cursor)[i] = 0xff00ff00;
    }
    set_cursor(bed, 1, 0x27, 5, 5);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[5 * WIDTH + 5], 0xff00ff00);
    hw_write(bed->h.dev, CURPOS_A + CURSOR_STRIDE, 6u << 16 | 6);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[5 * WIDTH + 5], 0xff00ff00);
    hw_write(bed->h.dev, CURBASE_A + CURSOR_STRIDE, bed->cursor_base);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[5 * WIDTH + 5], 0xff00ff00);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[5 * WIDTH + 5], 0xff123456);
    set_cursor(bed, 1, 0x27 | 1u << CURCNTR_PIPE_SHIFT, 5, 5);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[7 * WIDTH + 7], 0xff123456);
    /* nothing there: as black as transparent */
    hw_write(bed->h.dev, CURCNTR_A, 0x27);
    hw_write(bed->h.dev, CURBASE_A, 0x0f000000);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[0], 0xff123456);
}

/* The border lies between what is active and what is blanked. */
static void borders_have_their_colour(void **state)
{
    struct bed *bed = *state;
    uint32_t width, height;

    set_mode(bed, 0, WIDTH, HEIGHT);
    paint_surface(bed->surface, 256, WIDTH, HEIGHT);
    show(bed, 0, ENABLE(6), SURFACE, 256);
    hw_write(bed->h.dev, BCLRPAT_A, 0x00334455);
    hw_write(bed->h.dev, HBLANK_A, (WIDTH + 100 - 4 - 1) << 16 | (WIDTH + 6 - 1));
    hw_write(bed->h.dev, VBLANK_A, (HEIGHT + 20 - 3 - 1) << 16 | (HEIGHT + 2 - 1));
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(hw_screen_size(bed->h.dev, 0, &width, &height), 0);
    assert_int_equal(width, WIDTH + 10);
    assert_int_equal(height, HEIGHT + 5);
    const uint32_t *screen = look(bed, 0, width + 2, height + 2);
    for (uint32_t y = 0; y < height + 2; y++) {
        for (uint32_t x = 0; x < width + 2; x++) {
            bool beyond = x >= width || y >= height;
            bool active = x >= 4 && x < 4 + WIDTH && y >= 3 && y < 3 + HEIGHT;
            assert_int_equal(screen[y * (width + 2) + x], beyond   ? BLACK
                                                          : active ? paint(x - 4, y - 3)
                                                                   : 0xff334455);
        }
    }
    /* a smaller read is cut, not scaled */
    screen = look(bed, 0, 10, 9);
    assert_int_equal(screen[8 * 10 + 9], paint(5, 5));
    assert_int_equal(screen[10 * 9], 0x55555555);
    set(bed, PIPECONF_A, 0, PIPECONF_ENABLE | PIPECONF_FORCE_BORDER);
    assert_int_equal(look(bed, 0, width, height)[20 * width + 20], 0xff334455);
}

/* Twice as large on the panel, on pipe B of a mobile chip. */
static void the_fitter_fills_the_panel(void **state)
{
    struct bed *bed = *state;
    const char *name = bed->h.dev->identity.name;
    bool mobile = strstr(name, "gm") != NULL || strcmp(name, "pineview-m") == 0;

    set_mode(bed, 1, 2 * WIDTH, 2 * HEIGHT);
    place(bed, 1, 0, 0, WIDTH, HEIGHT);
    set(bed, PIPESRC_A, 1, (WIDTH - 1) << 16 | (HEIGHT - 1));
    paint_surface(bed->surface, 256, WIDTH, HEIGHT);
    show(bed, 1, ENABLE(6) | DSPCNTR_PIPE_B, SURFACE, 256);
    const uint32_t *screen = look(bed, 1, 2 * WIDTH, 2 * HEIGHT);
    assert_int_equal(screen[2 * WIDTH * (HEIGHT - 1) + WIDTH - 1], paint(WIDTH - 1, HEIGHT - 1));
    assert_int_equal(screen[WIDTH], BLACK);
    hw_write(bed->h.dev, PFIT_CONTROL, PFIT_ENABLE);
    screen = look(bed, 1, 2 * WIDTH, 2 * HEIGHT);
    for (uint32_t y = 0; mobile && y < 2 * HEIGHT; y++) {
        for (uint32_t x = 0; x < 2 * WIDTH; x++) {
            assert_int_equal(screen[y * 2 * WIDTH + x], paint(x / 2, y / 2));
        }
    }
    hw_write(bed->h.dev, PFIT_CONTROL,
             PFIT_ENABLE | PFIT_HORIZONTAL_BILINEAR | PFIT_VERTICAL_BILINEAR);
    memset(bed->surface, 0, BYTES);
    memcpy(bed->surface + 256 * 4 + 4 * 4, &(uint32_t){0x00ff0000}, 4);
    screen = look(bed, 1, 2 * WIDTH, 2 * HEIGHT);
    if (mobile) {
        /* 3/4 of 3/4, then 3/4 of 1/4 */
        assert_in_range(screen[8 * 2 * WIDTH + 8] >> 16 & 255, 142, 145);
        assert_in_range(screen[8 * 2 * WIDTH + 7] >> 16 & 255, 46, 49);
        assert_int_equal(screen[8 * 2 * WIDTH + 11] >> 16 & 255, 0);
    }
}

/* Two monitors, two modes, two surfaces; on mobile chips A may drive B and B drive A. */
static void two_pipes_show_two_pictures(void **state)
{
    struct bed *bed = *state;

    set_mode(bed, 0, WIDTH, HEIGHT);
    set_mode(bed, 1, 100, 80);
    paint_surface(bed->surface, 512, 128, 80);
    for (uint32_t i = 0; i < 128 * 128; i++) {
        ((uint32_t *)(void *)bed->other)[i] = 0x00abcdef;
    }
    for (unsigned swap = 0; swap < 2; swap++) {
        uint32_t to_a = 0, to_b = DSPCNTR_PIPE_B;
        place(bed, 1, 0, 0, 100, 80);
        show(bed, 0, ENABLE(6) | (swap != 0 ? to_b : to_a), SURFACE, 512);
        show(bed, 1, ENABLE(6) | (swap != 0 ? to_a : to_b), OTHER, 512);
        unsigned pipe = swap;
        uint32_t width = pipe == 0 ? WIDTH : 100, height = pipe == 0 ? HEIGHT : 80;
        const uint32_t *screen = look(bed, pipe, width, height);
        assert_int_equal(screen[0], paint(0, 0));
        assert_int_equal(screen[width * height - 1], paint(width - 1, height - 1));
        width = pipe == 0 ? 100 : WIDTH;
        height = pipe == 0 ? 80 : HEIGHT;
        screen = look(bed, 1 - pipe, width, height);
        assert_int_equal(screen[0], 0xffabcdef);
        assert_int_equal(screen[width * height - 1], 0xffabcdef);
    }
}

#define OVERLAY_BLOCK      0x04000000u
#define OVERLAY_FLIP(mode) (0x11u << 23 | (uint32_t)(mode) << 21)

/* A block with a window of twice the source's size at 4,6 on pipe A, in full-range colours. */
static uint32_t *bind_overlay(struct bed *bed, uint32_t format, uint32_t *place_of_it)
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
    struct bed *bed = *state;
    uint32_t place_of_it;
    uint32_t *block = bind_overlay(bed, 12, &place_of_it);

    set_mode(bed, 0, WIDTH, HEIGHT);
    show_background(bed, 0x00102030);
    for (uint32_t y = 0; y < 8; y++) {
        for (uint32_t x = 0; x < 8; x++) {
            bed->other[y * 64 + x] = (uint8_t)(y * 20 + x); /* luma */
            bed->other[0x1000 + y / 2 * 32 + x / 2] = 128;
            bed->other[0x2000 + y / 2 * 32 + x / 2] = 128;
        }
    }
    bed->other[0x2000 + 32 + 1] = 228; /* red in the pixels 2,2 to 3,3 */
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[6 * WIDTH + 4], 0xff102030);
    RUN(&bed->h, OVERLAY_FLIP(1), place_of_it);
    assert_int_equal(hw_read(bed->h.dev, PIPESTAT_A) & PIPESTAT_OVERLAY, PIPESTAT_OVERLAY);
    const uint32_t *screen = look(bed, 0, WIDTH, HEIGHT);
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
        screen = look(bed, 0, WIDTH, HEIGHT);
        assert_int_equal(screen[6 * WIDTH + 4], BLACK | (90 + 2 * order) * 0x010101);
        assert_int_equal(screen[6 * WIDTH + 6], BLACK | (91 + 2 * order) * 0x010101);
    }
    memcpy(bed->other, &(uint32_t){0x00fedcba}, 4);
    block[26] = 1u << 10 | 1;
    block[20] = 0x00102030;
    block[21] = 1u << 31;
    memcpy(bed->surface + 7 * 1024 + 4 * 4, &(uint32_t){0x00102031}, 4);
    RUN(&bed->h, OVERLAY_FLIP(0), place_of_it);
    screen = look(bed, 0, WIDTH, HEIGHT);
    assert_int_equal(screen[6 * WIDTH + 4], 0xfffedcba);
    assert_int_equal(screen[7 * WIDTH + 4], 0xff102031);
    assert_int_equal(screen[7 * WIDTH + 5], 0xfffedcba);
    RUN(&bed->h, OVERLAY_FLIP(2), place_of_it);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[6 * WIDTH + 4], 0xff102030);
    RUN(&bed->h, OVERLAY_FLIP(1), 0x0f000000);
    assert_int_equal(hw_read(bed->h.dev, PGTBL_ER) & PGTBL_ER_OVERLAY, PGTBL_ER_OVERLAY);
}

/* Memory that is not there is black; whatever the registers say, nobody is harmed. */
static void wild_registers_do_no_harm(void **state)
{
    struct bed *bed = *state;
    uint32_t seed = 12345;
    const uint32_t wild[] = {DSPCNTR_A, DSPSTRIDE_A, DSPPOS_A,    DSPSIZE_A,  DSPADDR_A,
                             PIPESRC_A, HTOTAL_A,    HBLANK_A,    VTOTAL_A,   VBLANK_A,
                             VSYNC_A,   PIPECONF_A,  DSPKEYVAL_A, DSPKEYMSK_A};

    set_mode(bed, 0, WIDTH, HEIGHT);
    show(bed, 0, ENABLE(6), 0x0e000000, 256);
    assert_int_equal(look(bed, 0, WIDTH, HEIGHT)[0], BLACK);
    for (unsigned i = 0; i < 300; i++) {
        for (unsigned r = 0; r < COUNT(wild); r++) {
            seed = seed * 1664525u + 1013904223u;
            uint32_t value = seed ^ seed >> 13;
            value |= wild[r] == PIPECONF_A || wild[r] == DSPCNTR_A ? 1u << 31 : 0;
            set(bed, wild[r], seed >> 20 & 1u, value);
        }
        hw_write(bed->h.dev, CURCNTR_A, seed >> 5);
        hw_write(bed->h.dev, CURPOS_A, seed * 3);
        hw_write(bed->h.dev, CURBASE_A, seed * 7);
        if (bed->h.dev->identity.name[0] != 'g') {
            hw_write(bed->h.dev, PFIT_CONTROL, seed);
        }
        harness_advance(&bed->h, HARNESS_FRAME_NS);
        for (unsigned pipe = 0; pipe < 2; pipe++) {
            (void)!hw_screen_read(bed->h.dev, pipe, bed->screen, 32, 32);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pipe_that_is_off_shows_nothing),
        TEST(formats_are_decoded),
        TEST(panning_moves_the_picture),
        TEST(lines_are_doubled),
        TEST(tiled_surfaces_are_scanned_out),
        TEST(planes_lie_over_each_other),
        TEST(keys_and_alpha_let_through),
        TEST(palettes_of_eight_bits),
        TEST(palettes_of_ten_bits),
        TEST(argb_cursors_are_blended),
        TEST(xor_cursors_mask_and_invert),
        TEST(two_bit_cursors_use_their_palette),
        TEST(cursors_latch_at_vblank),
        TEST(borders_have_their_colour),
        TEST(the_fitter_fills_the_panel),
        TEST(two_pipes_show_two_pictures),
        TEST(the_overlay_shows_video),
        TEST(wild_registers_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
