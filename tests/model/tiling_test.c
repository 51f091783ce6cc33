/* SPDX-License-Identifier: MIT */
/*
 * Tiled surfaces by every way that leads to them, for each layout of memory that the chipset can
 * have: whoever wrote a picture, everybody reads the same, and the pages behind it hold it as
 * tiles and memory controller have it (doc/gen3.md A.8, A.9).
 */
#include "tests/model/test.h"

#include <stdlib.h>
#include <string.h>

#include "hw/model/watch.h"
#include "tests/lib/chipset.h"

#define WIDTH  160u
#define HEIGHT 136u
#define PITCH  1024u
#define TILED  0x01000000u
#define LINEAR 0x02000000u
#define BYTES  (1u << 20)

#define COLOUR_BUFFER 0x03000000u
#define DEPTH_BUFFER  0x07000000u
#define BUFFER_FENCED (1u << 23)
#define BUFFER_TILED  (1u << 22)
#define BUFFER_Y      (1u << 21)
#define MAP_FENCED    4u
#define MAP_TILED     2u
#define MAP_Y         1u

struct bed {
    struct model_harness h;
    const char *memory;
    bool walk_y;
    uint32_t order; /* XORed with a page's offset in the surface: its offset on the bus */
    uint8_t *tiled, *linear;
    uint64_t tiled_bus;
    uint32_t expected[HEIGHT][WIDTH];
    uint32_t screen[HEIGHT * WIDTH];
    uint64_t told; /* where a watcher heard of the last pixel */
};

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* Another one in each pixel. */
static uint32_t paint(uint32_t x, uint32_t y, uint32_t picture)
{
    return (y * WIDTH + x) * 0x01020305u + picture * 0x9e3779b1u;
}

/* Where a pixel is in the pages of the tiled surface, as they are on the bus. */
static uint64_t place(const struct bed *bed, uint32_t x, uint32_t y)
{
    enum gen3_tiling tiling = bed->walk_y ? GEN3_TILED_Y : GEN3_TILED_X;
    uint64_t at = harness_tile_offset(&bed->h, tiling, PITCH, x * 4, y) ^ bed->order;

    return at ^ (uint64_t)harness_flip(bed->memory, bed->walk_y, bed->tiled_bus + at) << 6;
}

/* Of one piece, so that engines have no reason but the swizzle to go slowly, or 'scattered'. */
static void open_bed(struct bed *bed, const char *memory, bool walk_y, bool scattered)
{
    memset(bed, 0, sizeof(*bed));
    bed->memory = memory;
    bed->walk_y = walk_y;
    bed->order = scattered ? BYTES - HW_PAGE_SIZE : 0;
    harness_init_memory(&bed->h, memory);
    bed->linear = harness_bind(&bed->h, LINEAR, BYTES);
    bed->tiled = harness_bind(&bed->h, TILED, BYTES);
    const struct hw_dma *dma = &bed->h.dma[bed->h.dma_count - 1];
    bed->tiled_bus = hw_dma_bus_address(bed->h.dev, dma, 0);
    for (uint32_t page = 0; page < BYTES / HW_PAGE_SIZE; page++) {
        hw_gtt_write(bed->h.dev, TILED / HW_PAGE_SIZE + page,
                     harness_pte(bed->tiled_bus + (page * HW_PAGE_SIZE ^ bed->order)));
    }
    uint32_t width = harness_tile_width(&bed->h, walk_y ? GEN3_TILED_Y : GEN3_TILED_X);
    hw_write(bed->h.dev, FENCE(0),
             TILED | FENCE_VALID | (walk_y ? FENCE_WALK_Y : 0) |
                 (uint32_t)__builtin_ctz(PITCH / width) << FENCE_PITCH_SHIFT);
}

static void paint_expected(struct bed *bed, uint32_t picture)
{
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            bed->expected[y][x] = paint(x, y, picture);
        }
    }
}

static void paint_linear(struct bed *bed, uint32_t picture)
{
    paint_expected(bed, picture);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        memcpy(bed->linear + y * PITCH, bed->expected[y], WIDTH * 4);
    }
}

/* ---- the 3D pipeline ---- */

static void set_target(struct bed *bed, uint32_t buffer, uint32_t address)
{
    RUN(&bed->h, 0x7d8e0001, buffer | PITCH, address, 0x7d850000, 0x10880308, 0x7d800003,
        0x40000000, 0, (HEIGHT - 1) << 16 | (WIDTH - 1), 0, 0x7c800002);
}

/* A rectangle with a texel for each pixel. */
static void draw_map(struct bed *bed, uint32_t bits, uint32_t address)
{
    const uint32_t w = bits_of(WIDTH), h = bits_of(HEIGHT);

    RUN(&bed->h, 0x7d040743, 0xfffffff0, 0x00902040, 0, 6, 0x7d050008, 0x19083c00, 0, 0, 0x19180000,
        0, 0, 0x15200000, 0x01000000, 0, 0x7d000003, 1, address,
        (HEIGHT - 1) << 21 | (WIDTH - 1) << 10 | 0x180 | bits, (PITCH / 4 - 1) << 21, 0x7d010003, 1,
        0, 2u << 12 | 2u << 9, 0);
    RUN(&bed->h, MI_FLUSH | MI_FLUSH_MAP_CACHE, 0x7f1c000e, w, h, 0, w, h, 0, h, 0, 0, h, 0, 0, 0,
        0, 0);
    assert_false(harness_stopped(&bed->h));
}

static uint32_t tiled_buffer(const struct bed *bed)
{
    return BUFFER_TILED | (bed->walk_y ? BUFFER_Y : 0);
}

static uint32_t tiled_map(const struct bed *bed)
{
    return MAP_TILED | (bed->walk_y ? MAP_Y : 0);
}

static void clear_rect(struct bed *bed, uint32_t what, uint32_t argb, uint32_t stencil, uint32_t x,
                       uint32_t y, uint32_t width, uint32_t height)
{
    const uint32_t x0 = bits_of((float)x), y0 = bits_of((float)y);
    const uint32_t x1 = bits_of((float)(x + width)), y1 = bits_of((float)(y + height));

    RUN(&bed->h, 0x7d9c0005, 1u << 16 | what, 0, 0, argb, bits_of(1), stencil, 0x7f280005, x1, y1,
        x0, y1, x0, y0);
    assert_false(harness_stopped(&bed->h));
    for (uint32_t j = y; j < y + height; j++) {
        for (uint32_t i = x; i < x + width; i++) {
            bed->expected[j][i] = what & 4 ? argb : stencil << 24 | 0xffffff;
        }
    }
}

/* Rows of rectangles of 16 x 1 pixels, of another depth each. 's6': what of it is drawn. */
static void draw_depths(struct bed *bed, uint32_t s6)
{
    uint32_t dw[1 + WIDTH / 16 * 12];

    RUN(&bed->h, 0x7d040743, 0xffffffff, 0x00902440, 0, s6, 0x7d050005, 0x190a3c00, 0, 0,
        0x02203ca0, 0x01230000, 0);
    dw[0] = 0x7f1c0000 | (COUNT(dw) - 2);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t i = 0; i < WIDTH / 16; i++) {
            const uint32_t depth = y * WIDTH + i;
            const uint32_t z = bits_of((float)depth / 16777215.0f);
            const uint32_t x0 = bits_of(16.0f * (float)i), x1 = bits_of(16.0f * (float)(i + 1));
            const uint32_t y0 = bits_of((float)y), y1 = bits_of((float)(y + 1));
            const uint32_t rectangle[12] = {x1, y1,         z,  0xffffffff, x0, y1,
                                            z,  0xffffffff, x0, y0,         z,  0xffffffff};
            memcpy(dw + 1 + 12 * i, rectangle, sizeof(rectangle));
            for (uint32_t x = 16 * i; x < 16 * (i + 1); x++) {
                bed->expected[y][x] = (bed->expected[y][x] & 0xff000000) | depth;
            }
        }
        harness_run(&bed->h, dw, COUNT(dw));
    }
    assert_false(harness_stopped(&bed->h));
}

/* ---- who writes ---- */

static void write_by_aperture(struct bed *bed)
{
    paint_expected(bed, 1);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        assert_int_equal(
            hw_aperture_write(bed->h.dev, TILED + y * PITCH, bed->expected[y], WIDTH * 4), 0);
    }
}

static void write_by_drawing(struct bed *bed)
{
    paint_linear(bed, 2);
    set_target(bed, COLOUR_BUFFER | tiled_buffer(bed), TILED);
    draw_map(bed, 0, LINEAR);
}

static void write_by_fenced_drawing(struct bed *bed)
{
    paint_linear(bed, 3);
    set_target(bed, COLOUR_BUFFER | BUFFER_FENCED, TILED);
    draw_map(bed, 0, LINEAR);
}

static void write_by_clears(struct bed *bed)
{
    set_target(bed, COLOUR_BUFFER | tiled_buffer(bed), TILED);
    clear_rect(bed, 4, 0x12345678, 0, 0, 0, WIDTH, HEIGHT);
    for (uint32_t i = 0; i < 20; i++) {
        clear_rect(bed, 4, paint(i, 0, 4), 0, i * 7, i * 6, 1 + i, 1 + i % 9);
    }
}

/* The first one is large enough to wait for what is drawn to it. */
static void write_by_fills(struct bed *bed)
{
    for (uint32_t i = 0; i < 20; i++) {
        const uint32_t x = i * 7, y = i * 6, width = i == 0 ? WIDTH : i;
        const uint32_t height = i == 0 ? HEIGHT : 1 + i % 9, colour = paint(i, 0, 5);
        RUN(&bed->h, 0x54300004, 3u << 24 | 0xf0u << 16 | PITCH, y << 16 | x,
            (y + height) << 16 | (x + width), TILED, colour);
        for (uint32_t j = y; j < y + height; j++) {
            for (uint32_t k = x; k < x + width; k++) {
                bed->expected[j][k] = colour;
            }
        }
    }
}

static void write_by_copy(struct bed *bed)
{
    paint_linear(bed, 6);
    RUN(&bed->h, 0x54f00006, 3u << 24 | 0xccu << 16 | PITCH, 0, HEIGHT << 16 | WIDTH, TILED, 0,
        PITCH, LINEAR);
}

/* Moves the picture by some pixels inside of itself. */
static void write_by_move(struct bed *bed)
{
    const uint32_t right = 21, down = 3;

    write_by_copy(bed);
    RUN(&bed->h, 0x54f00006, 3u << 24 | 0xccu << 16 | PITCH, down << 16 | right,
        HEIGHT << 16 | WIDTH, TILED, 0, PITCH, TILED);
    for (uint32_t y = HEIGHT; y-- > down;) {
        memmove(&bed->expected[y][right], &bed->expected[y - down][0], (WIDTH - right) * 4);
    }
}

/* Cleared, drawn, and then looked at by a test for equal depth. */
static void write_by_depth(struct bed *bed)
{
    RUN(&bed->h, 0x7d8e0001, DEPTH_BUFFER | tiled_buffer(bed) | PITCH, TILED);
    set_target(bed, COLOUR_BUFFER, LINEAR);
    memset(bed->linear, 0, BYTES);
    clear_rect(bed, 3, 0, 0x5a, 0, 0, WIDTH, HEIGHT);
    draw_depths(bed, 1u << 19 | 1u << 3 | 2);
    draw_depths(bed, 1u << 19 | 3u << 16 | 6);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint32_t pixel;
            memcpy(&pixel, bed->linear + y * PITCH + x * 4, 4);
            assert_int_equal(pixel, 0xffffffff);
        }
    }
    RUN(&bed->h, 0x7d8e0001, DEPTH_BUFFER, 0);
}

/* ---- who reads ---- */

static void check_linear(struct bed *bed)
{
    for (uint32_t y = 0; y < HEIGHT; y++) {
        assert_memory_equal(bed->linear + y * PITCH, bed->expected[y], WIDTH * 4);
    }
}

static void read_pages(struct bed *bed)
{
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            assert_memory_equal(bed->tiled + place(bed, x, y), &bed->expected[y][x], 4);
        }
    }
}

static void read_by_aperture(struct bed *bed)
{
    uint32_t row[WIDTH];

    for (uint32_t y = 0; y < HEIGHT; y++) {
        assert_int_equal(hw_aperture_read(bed->h.dev, TILED + y * PITCH, row, sizeof(row)), 0);
        assert_memory_equal(row, bed->expected[y], sizeof(row));
    }
}

static void read_by_copy(struct bed *bed)
{
    memset(bed->linear, 0, BYTES);
    RUN(&bed->h, 0x54f00006, 3u << 24 | 0xccu << 16 | PITCH, 0, HEIGHT << 16 | WIDTH, LINEAR, 0,
        PITCH, TILED);
    check_linear(bed);
}

static void read_by_sampling(struct bed *bed)
{
    memset(bed->linear, 0, BYTES);
    set_target(bed, COLOUR_BUFFER, LINEAR);
    draw_map(bed, tiled_map(bed), TILED);
    check_linear(bed);
}

/* Of maps that begin inside of the surface's first page, by lines. */
static void read_by_sampling_inside(struct bed *bed)
{
    static const struct {
        uint32_t x, y;
    } starts[] = {{1, 0}, {0, 1}, {96, 2}, {3, 3}};

    set_target(bed, COLOUR_BUFFER, LINEAR);
    for (size_t i = 0; i < COUNT(starts); i++) {
        const uint32_t x = starts[i].x, y = starts[i].y;

        memset(bed->linear, 0, BYTES);
        draw_map(bed, tiled_map(bed), TILED + y * PITCH + x * 4);
        for (uint32_t row = y; row < HEIGHT; row++) {
            assert_memory_equal(bed->linear + (row - y) * PITCH, &bed->expected[row][x],
                                (WIDTH - x) * 4);
        }
    }
}

static void read_by_fenced_sampling(struct bed *bed)
{
    memset(bed->linear, 0, BYTES);
    set_target(bed, COLOUR_BUFFER, LINEAR);
    draw_map(bed, MAP_FENCED, TILED);
    check_linear(bed);
}

static void read_screen(struct bed *bed)
{
    harness_small_mode(&bed->h, 0, WIDTH, HEIGHT);
    hw_write(bed->h.dev, DSPSTRIDE_A, PITCH);
    hw_write(bed->h.dev, DSPCNTR_A, DSPCNTR_ENABLE | 6u << DSPCNTR_FORMAT_SHIFT);
    hw_write(bed->h.dev, DSPADDR_A, TILED);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
    assert_int_equal(hw_screen_read(bed->h.dev, 0, bed->screen, WIDTH, HEIGHT), 0);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            assert_int_equal(bed->screen[y * WIDTH + x], bed->expected[y][x] | 0xff000000);
        }
    }
}

/* ---- all of it ---- */

struct way {
    const char *name;
    void (*go)(struct bed *bed);
};

static const struct way writers[] = {
    {"aperture", write_by_aperture},
    {"drawing", write_by_drawing},
    {"fenced drawing", write_by_fenced_drawing},
    {"clears", write_by_clears},
    {"fills", write_by_fills},
    {"copy", write_by_copy},
    {"move", write_by_move},
    {"depth", write_by_depth},
};

static const struct way readers[] = {
    {"pages", read_pages},
    {"aperture", read_by_aperture},
    {"copy", read_by_copy},
    {"sampling", read_by_sampling},
    {"sampling inside", read_by_sampling_inside},
    {"fenced sampling", read_by_fenced_sampling},
    {"screen", read_screen},
};

static void for_each_layout(void (*check)(struct bed *bed))
{
    struct bed *bed = malloc(sizeof(*bed));
    const char *memory;

    assert_non_null(bed);
    for (size_t i = 0; (memory = model_channels_name(test_chipset_name(), i)) != NULL; i++) {
        for (unsigned kind = 0; kind < 4; kind++) {
            open_bed(bed, memory, kind & 1, kind & 2);
            check(bed);
            harness_finish(&bed->h);
        }
    }
    free(bed);
}

static void read_what_each_writes(struct bed *bed)
{
    for (size_t w = 0; w < COUNT(writers); w++) {
        writers[w].go(bed);
        for (size_t r = 0; r < COUNT(readers); r++) {
            print_message("%s, %s%s: %s to %s\n", bed->memory, bed->walk_y ? "Y" : "X",
                          bed->order != 0 ? ", scattered" : "", writers[w].name, readers[r].name);
            readers[r].go(bed);
        }
    }
}

static void all_ways_agree(void **state)
{
    (void)state;
    for_each_layout(read_what_each_writes);
}

static void note(void *user, const struct model_watch_access *access)
{
    struct bed *bed = user;

    if (access->write) {
        bed->told = access->address;
    }
}

static void hear_of_pixels(struct bed *bed)
{
    assert_int_equal(model_set_watch(bed->h.dev, note, bed), 0);
    for (uint32_t i = 0; i < 40; i++) {
        const uint32_t x = i * 37 % WIDTH, y = i * 11 % HEIGHT;
        const uint64_t at = TILED + (place(bed, x, y) ^ bed->order);
        set_target(bed, COLOUR_BUFFER | tiled_buffer(bed), TILED);
        clear_rect(bed, 4, i, 0, x, y, 1, 1);
        assert_int_equal(bed->told, at);
        bed->told = 0;
        RUN(&bed->h, 0x54300004, 3u << 24 | 0xf0u << 16 | PITCH, y << 16 | x,
            (y + 1) << 16 | (x + 1), TILED, i);
        assert_int_equal(bed->told, at);
    }
    assert_int_equal(model_set_watch(bed->h.dev, NULL, NULL), 0);
}

/* A watcher is told where in the GTT it is, after tiles and memory controller. */
static void watchers_hear_where_it_is(void **state)
{
    (void)state;
    for_each_layout(hear_of_pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_agree),
        cmocka_unit_test(watchers_hear_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
