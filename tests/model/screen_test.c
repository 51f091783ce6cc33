/* SPDX-License-Identifier: MIT */
/* The picture that a monitor shows of one plane, against pictures made plainly here. */
#include "tests/model/screen_bed.h"

#include <errno.h>
#include <string.h>

static void a_pipe_that_is_off_shows_nothing(void **state)
{
    struct screen_bed *bed = *state;
    uint32_t width, height;

    for (unsigned pipe = 0; pipe < 3; pipe++) {
        assert_int_equal(hw_screen_size(bed->h.dev, pipe, &width, &height), -ENODATA);
        assert_int_equal(hw_screen_read(bed->h.dev, pipe, bed->screen, 4, 4), -ENODATA);
    }
    screen_mode(bed, 0, WIDTH, HEIGHT);
    assert_int_equal(hw_screen_size(bed->h.dev, 0, &width, &height), 0);
    assert_int_equal(width, WIDTH);
    assert_int_equal(height, HEIGHT);
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[i], BLACK);
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
    struct screen_bed *bed = *state;

    for (unsigned plane = 0; plane < 3; plane++) {
        screen_mode(bed, 0, WIDTH, HEIGHT);
        screen_place(bed, plane, 0, 0, WIDTH, HEIGHT);
        for (unsigned i = 0; i < COUNT(rows); i++) {
            memset(bed->surface, 0, BYTES);
            memcpy(bed->surface + 2 * 512 + 5 * rows[i].bytes, &rows[i].word, rows[i].bytes);
            screen_show(bed, plane, ENABLE(rows[i].format), SURFACE, 512);
            const uint32_t *screen = screen_look(bed, 0, WIDTH, HEIGHT);
            assert_int_equal(screen[2 * WIDTH + 5], rows[i].colour);
            assert_int_equal(screen[2 * WIDTH + 4], BLACK);
            assert_int_equal(screen[2 * WIDTH + 6], BLACK);
            assert_int_equal(screen[3 * WIDTH + 5], BLACK);
        }
        screen_show(bed, plane, ENABLE(0), SURFACE, 512);
        assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[2 * WIDTH + 5], BLACK);
        screen_show(bed, plane, 0, 0, 512);
    }
}

/* The start address moves the picture over a larger surface, to the pixel. */
static void panning_moves_the_picture(void **state)
{
    struct screen_bed *bed = *state;
    const uint32_t stride = 1024, moves[][2] = {{0, 0}, {1, 0}, {0, 1}, {100, 57}, {7, 200}};

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_paint_surface(bed->surface, stride, 256, 300);
    for (unsigned i = 0; i < COUNT(moves); i++) {
        screen_show(bed, 0, ENABLE(6), SURFACE + moves[i][1] * stride + moves[i][0] * 4, stride);
        const uint32_t *screen = screen_look(bed, 0, WIDTH, HEIGHT);
        for (uint32_t y = 0; y < HEIGHT; y++) {
            for (uint32_t x = 0; x < WIDTH; x++) {
                assert_int_equal(screen[y * WIDTH + x],
                                 BLACK | screen_paint(x + moves[i][0], y + moves[i][1]));
            }
        }
    }
}

static void lines_are_doubled(void **state)
{
    struct screen_bed *bed = *state;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_paint_surface(bed->surface, 512, WIDTH, HEIGHT);
    screen_show(bed, 0, ENABLE(6) | DSPCNTR_LINE_DOUBLE, SURFACE, 512);
    const uint32_t *screen = screen_look(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        assert_int_equal(screen[y * WIDTH + 9], screen_paint(9, y / 2));
    }
}

/* A fence makes the display read tiles. */
static void tiled_surfaces_are_scanned_out(void **state)
{
    struct screen_bed *bed = *state;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT + 3; y++) {
        for (uint32_t x = 0; x < 256; x++) {
            uint32_t colour = screen_paint(x, y);
            memcpy(bed->surface + harness_tile_offset(&bed->h, GEN3_TILED_X, 1024, x * 4, y),
                   &colour, 4);
        }
    }
    hw_write(bed->h.dev, FENCE(2), SURFACE | FENCE_VALID | 1u << FENCE_PITCH_SHIFT);
    screen_show(bed, 0, ENABLE(6), SURFACE + 3 * 1024 + 100 * 4, 1024);
    const uint32_t *screen = screen_look(bed, 0, WIDTH, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            assert_int_equal(screen[y * WIDTH + x], screen_paint(x + 100, y + 3));
        }
    }
}

static void palettes_of_eight_bits(void **state)
{
    struct screen_bed *bed = *state;

    for (unsigned pipe = 0; pipe < 2; pipe++) {
        screen_mode(bed, pipe, WIDTH, HEIGHT);
        screen_place(bed, pipe, 0, 0, WIDTH, HEIGHT);
        for (uint32_t i = 0; i < 256; i++) {
            hw_write(bed->h.dev, PALETTE_A + 0x800 * pipe + 4 * i,
                     (255 - i) << 16 | (i ^ 0x55u) << 8 | (i * 7 & 0xffu));
        }
        uint32_t route = pipe == 1 ? DSPCNTR_PIPE_B : 0;
        bed->surface[3] = 0x33;
        screen_show(bed, pipe, ENABLE(2) | DSPCNTR_GAMMA | route, SURFACE, 256);
        assert_int_equal(screen_look(bed, pipe, WIDTH, HEIGHT)[3],
                         BLACK | (255 - 0x33) << 16 | (0x33 ^ 0x55) << 8 | (0x33 * 7 & 0xff));
        memcpy(bed->surface, &(uint32_t){0x00102030}, 4);
        screen_show(bed, pipe, ENABLE(6) | DSPCNTR_GAMMA | route, SURFACE, 256);
        assert_int_equal(screen_look(bed, pipe, WIDTH, HEIGHT)[0],
                         BLACK | (255 - 0x10) << 16 | (0x20 ^ 0x55) << 8 | (0x30 * 7 & 0xff));
        screen_show(bed, pipe, ENABLE(6) | route, SURFACE, 256);
        assert_int_equal(screen_look(bed, pipe, WIDTH, HEIGHT)[0], 0xff102030);
    }
}

/* Ten bits: 128 segments of a value and a slope. */
static void palettes_of_ten_bits(void **state)
{
    struct screen_bed *bed = *state;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_set(bed, PIPECONF_A, 0, PIPECONF_ENABLE | PIPECONF_10_BIT);
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
    screen_show(bed, 0, ENABLE(8) | DSPCNTR_GAMMA, SURFACE, 256);
    const uint32_t *screen = screen_look(bed, 0, WIDTH, HEIGHT);
    /* red 1023 - 96, green 517, blue 1000 + 32 * 6/8 beyond the end */
    assert_int_equal(screen[0], BLACK | (1023 - 96) >> 2 << 16 | 517 >> 2 << 8 | 1023 >> 2);
    assert_int_equal(screen[1], BLACK | 1023 >> 2 << 16 | 1023 >> 2 << 8 | 1000 >> 2);
}

/* The border lies between what is active and what is blanked. */
static void borders_have_their_colour(void **state)
{
    struct screen_bed *bed = *state;
    uint32_t width, height;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_paint_surface(bed->surface, 256, WIDTH, HEIGHT);
    screen_show(bed, 0, ENABLE(6), SURFACE, 256);
    hw_write(bed->h.dev, BCLRPAT_A, 0x00334455);
    hw_write(bed->h.dev, HBLANK_A, (WIDTH + 100 - 4 - 1) << 16 | (WIDTH + 6 - 1));
    hw_write(bed->h.dev, VBLANK_A, (HEIGHT + 20 - 3 - 1) << 16 | (HEIGHT + 2 - 1));
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(hw_screen_size(bed->h.dev, 0, &width, &height), 0);
    assert_int_equal(width, WIDTH + 10);
    assert_int_equal(height, HEIGHT + 5);
    const uint32_t *screen = screen_look(bed, 0, width + 2, height + 2);
    for (uint32_t y = 0; y < height + 2; y++) {
        for (uint32_t x = 0; x < width + 2; x++) {
            bool beyond = x >= width || y >= height;
            bool active = x >= 4 && x < 4 + WIDTH && y >= 3 && y < 3 + HEIGHT;
            assert_int_equal(screen[y * (width + 2) + x], beyond   ? BLACK
                                                          : active ? screen_paint(x - 4, y - 3)
                                                                   : 0xff334455);
        }
    }
    /* a smaller read is cut, not scaled */
    screen = screen_look(bed, 0, 10, 9);
    assert_int_equal(screen[8 * 10 + 9], screen_paint(5, 5));
    assert_int_equal(screen[10 * 9], 0x55555555);
    screen_set(bed, PIPECONF_A, 0, PIPECONF_ENABLE | PIPECONF_FORCE_BORDER);
    assert_int_equal(screen_look(bed, 0, width, height)[20 * width + 20], 0xff334455);
}

/* Twice as large on the panel, on pipe B of a mobile chip. */
static void the_fitter_fills_the_panel(void **state)
{
    struct screen_bed *bed = *state;
    const char *name = bed->h.dev->identity.name;
    bool mobile = strstr(name, "gm") != NULL || strcmp(name, "pineview-m") == 0;

    screen_mode(bed, 1, 2 * WIDTH, 2 * HEIGHT);
    screen_place(bed, 1, 0, 0, WIDTH, HEIGHT);
    screen_set(bed, PIPESRC_A, 1, (WIDTH - 1) << 16 | (HEIGHT - 1));
    screen_paint_surface(bed->surface, 256, WIDTH, HEIGHT);
    screen_show(bed, 1, ENABLE(6) | DSPCNTR_PIPE_B, SURFACE, 256);
    const uint32_t *screen = screen_look(bed, 1, 2 * WIDTH, 2 * HEIGHT);
    assert_int_equal(screen[2 * WIDTH * (HEIGHT - 1) + WIDTH - 1],
                     screen_paint(WIDTH - 1, HEIGHT - 1));
    assert_int_equal(screen[WIDTH], BLACK);
    hw_write(bed->h.dev, PFIT_CONTROL, PFIT_ENABLE);
    screen = screen_look(bed, 1, 2 * WIDTH, 2 * HEIGHT);
    for (uint32_t y = 0; mobile && y < 2 * HEIGHT; y++) {
        for (uint32_t x = 0; x < 2 * WIDTH; x++) {
            assert_int_equal(screen[y * 2 * WIDTH + x], screen_paint(x / 2, y / 2));
        }
    }
    hw_write(bed->h.dev, PFIT_CONTROL,
             PFIT_ENABLE | PFIT_HORIZONTAL_BILINEAR | PFIT_VERTICAL_BILINEAR);
    memset(bed->surface, 0, BYTES);
    memcpy(bed->surface + 256 * 4 + 4 * 4, &(uint32_t){0x00ff0000}, 4);
    screen = screen_look(bed, 1, 2 * WIDTH, 2 * HEIGHT);
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
    struct screen_bed *bed = *state;

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_mode(bed, 1, 100, 80);
    screen_paint_surface(bed->surface, 512, 128, 80);
    for (uint32_t i = 0; i < 128 * 128; i++) {
        ((uint32_t *)(void *)bed->other)[i] = 0x00abcdef;
    }
    for (unsigned swap = 0; swap < 2; swap++) {
        uint32_t to_a = 0, to_b = DSPCNTR_PIPE_B;
        screen_place(bed, 1, 0, 0, 100, 80);
        screen_show(bed, 0, ENABLE(6) | (swap != 0 ? to_b : to_a), SURFACE, 512);
        screen_show(bed, 1, ENABLE(6) | (swap != 0 ? to_a : to_b), OTHER, 512);
        unsigned pipe = swap;
        uint32_t width = pipe == 0 ? WIDTH : 100, height = pipe == 0 ? HEIGHT : 80;
        const uint32_t *screen = screen_look(bed, pipe, width, height);
        assert_int_equal(screen[0], screen_paint(0, 0));
        assert_int_equal(screen[width * height - 1], screen_paint(width - 1, height - 1));
        width = pipe == 0 ? 100 : WIDTH;
        height = pipe == 0 ? 80 : HEIGHT;
        screen = screen_look(bed, 1 - pipe, width, height);
        assert_int_equal(screen[0], 0xffabcdef);
        assert_int_equal(screen[width * height - 1], 0xffabcdef);
    }
}

/* Memory that is not there is black; whatever the registers say, nobody is harmed. */
static void wild_registers_do_no_harm(void **state)
{
    struct screen_bed *bed = *state;
    uint32_t seed = 12345;
    const uint32_t wild[] = {DSPCNTR_A, DSPSTRIDE_A, DSPPOS_A,    DSPSIZE_A,  DSPADDR_A,
                             PIPESRC_A, HTOTAL_A,    HBLANK_A,    VTOTAL_A,   VBLANK_A,
                             VSYNC_A,   PIPECONF_A,  DSPKEYVAL_A, DSPKEYMSK_A};

    screen_mode(bed, 0, WIDTH, HEIGHT);
    screen_show(bed, 0, ENABLE(6), 0x0e000000, 256);
    assert_int_equal(screen_look(bed, 0, WIDTH, HEIGHT)[0], BLACK);
    for (unsigned i = 0; i < 300; i++) {
        for (unsigned r = 0; r < COUNT(wild); r++) {
            seed = seed * 1664525u + 1013904223u;
            uint32_t value = seed ^ seed >> 13;
            value |= wild[r] == PIPECONF_A || wild[r] == DSPCNTR_A ? 1u << 31 : 0;
            screen_set(bed, wild[r], seed >> 20 & 1u, value);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, screen_setup, screen_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pipe_that_is_off_shows_nothing),
        TEST(formats_are_decoded),
        TEST(panning_moves_the_picture),
        TEST(lines_are_doubled),
        TEST(tiled_surfaces_are_scanned_out),
        TEST(palettes_of_eight_bits),
        TEST(palettes_of_ten_bits),
        TEST(borders_have_their_colour),
        TEST(the_fitter_fills_the_panel),
        TEST(two_pipes_show_two_pictures),
        TEST(wild_registers_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
