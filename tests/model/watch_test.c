/* SPDX-License-Identifier: MIT */
/* The watch mode: exactly what commands read and write, and who did. */
#include "tests/model/test.h"

#include <string.h>

#include "hw/model/watch.h"

#define BATCH_START (MI_BATCH_BUFFER_START | MI_BATCH_GTT)
#define LINES       512u

struct notes {
    struct model_watch_access accesses[LINES];
    size_t count;
};

struct bed {
    struct model_harness h;
    struct notes notes;
};

static void note(void *user, const struct model_watch_access *access)
{
    struct notes *notes = user;

    if (notes->count < LINES) {
        notes->accesses[notes->count++] = *access;
    }
}

static int setup(void **state)
{
    static struct bed bed;

    bed.notes.count = 0;
    harness_init(&bed.h, NULL);
    *state = &bed;
    return model_set_watch(bed.h.dev, note, &bed.notes);
}

static int teardown(void **state)
{
    struct bed *bed = *state;

    harness_finish(&bed->h);
    return 0;
}

/* What a test expects of one report, without the command. */
struct expected {
    enum model_watch_engine engine;
    bool write;
    uint64_t address;
    uint64_t size;
};

/* The reports of the command at 'command' are these and no others, in this order. */
static void expect(const struct model_harness *h, const struct notes *notes, uint64_t command,
                   uint32_t header, const struct expected *expected, size_t count)
{
    size_t seen = 0;

    for (size_t i = 0; i < notes->count; i++) {
        const struct model_watch_access *access = &notes->accesses[i];
        if (access->command != command) {
            continue;
        }
        if (seen == count) {
            fail_msg("0x%llx: engine %u, %s of 0x%llx, %llu bytes is one too many",
                     (unsigned long long)command, access->engine, access->write ? "write" : "read",
                     (unsigned long long)access->address, (unsigned long long)access->size);
        }
        assert_int_equal(access->header, header);
        assert_int_equal(access->engine, expected[seen].engine);
        assert_int_equal(access->write, expected[seen].write);
        /* The status page has a bus address on 915 and 945; nothing else here has. */
        uint64_t offset = expected[seen].address - HARNESS_STATUS_PAGE;
        bool physical = h->dev->identity.needs_physical && offset < HW_PAGE_SIZE;
        assert_int_equal(access->physical, physical);
        assert_int_equal(access->address,
                         physical ? h->status_place + offset : expected[seen].address);
        assert_int_equal(access->size, expected[seen].size);
        seen++;
    }
    assert_int_equal(seen, count);
}

#define EXPECT(bed, command, header, ...)                                                          \
    expect(&(bed)->h, &(bed)->notes, command, header, (const struct expected[]){__VA_ARGS__},      \
           COUNT(((const struct expected[]){__VA_ARGS__})))
#define WHITE    0xffffffffu
#define VERTICES 0x00300000u
#define COLOR_ROW(y)                                                                               \
    {                                                                                              \
        MODEL_WATCH_COLOR, true, DATA + (y)*64 + 16, 16                                            \
    }
#define TILE_ROW(y)                                                                                \
    {                                                                                              \
        MODEL_WATCH_COLOR, true, DATA + (y)*512 + 16, 16                                           \
    }
#define BLIT_READ(at, size)                                                                        \
    {                                                                                              \
        MODEL_WATCH_BLITTER, false, at, size                                                       \
    }
#define BLIT_WRITE(at, size)                                                                       \
    {                                                                                              \
        MODEL_WATCH_BLITTER, true, at, size                                                        \
    }
#define FETCH(address, dwords)                                                                     \
    {                                                                                              \
        MODEL_WATCH_STREAMER, false, address, 4 * (dwords)                                         \
    }

static void the_streamer_fetches_and_stores(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;
    uint32_t *batch = harness_bind(h, BATCH, 0x1000);

    harness_bind(h, DATA, 0x1000);
    memcpy(batch,
           (uint32_t[]){MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, DATA + 8, 7, MI_NOOP,
                        MI_BATCH_BUFFER_END},
           20);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1, BATCH_START, BATCH, MI_REPORT_HEAD);
    EXPECT(bed, HARNESS_RING, MI_STORE_DATA_INDEX, FETCH(HARNESS_RING, 3),
           {MODEL_WATCH_STREAMER, true, HARNESS_STATUS_PAGE + 0x100, 4});
    EXPECT(bed, HARNESS_RING + 12, BATCH_START, FETCH(HARNESS_RING + 12, 2));
    EXPECT(bed, HARNESS_RING + 20, MI_REPORT_HEAD, FETCH(HARNESS_RING + 20, 1),
           {MODEL_WATCH_STREAMER, true, HARNESS_STATUS_PAGE + 16, 4});
    EXPECT(bed, BATCH, MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, FETCH(BATCH, 3),
           {MODEL_WATCH_STREAMER, true, DATA + 8, 4});
    EXPECT(bed, BATCH + 12, MI_NOOP, FETCH(BATCH + 12, 1));
    EXPECT(bed, BATCH + 16, MI_BATCH_BUFFER_END, FETCH(BATCH + 16, 1));
    assert_int_equal(bed->notes.count, 9);
}

static void it_can_be_turned_off_and_on(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    assert_int_equal(model_set_watch(h->dev, NULL, NULL), 0);
    RUN(h, MI_NOOP, MI_NOOP);
    assert_int_equal(bed->notes.count, 0);
    assert_int_equal(model_set_watch(h->dev, note, &bed->notes), 0);
    RUN(h, MI_NOOP, MI_NOOP);
    assert_int_equal(bed->notes.count, 2);
    assert_int_equal(bed->notes.accesses[1].command, HARNESS_RING + 12);
    assert_int_equal(model_set_watch(h->dev, note, &bed->notes), 0);
    RUN(h, MI_NOOP, MI_NOOP);
    assert_int_equal(bed->notes.count, 4);
}

/* 16x16 ARGB8888 of 64 bytes a row at DATA, a program that takes the diffuse colour. */
static void set_target(struct model_harness *h, uint32_t buffer_bits)
{
    RUN(h, 0x7d8e0001, 0x03000000 | buffer_bits, DATA, 0x7d850000, 0x10880300, 0x7d800003,
        0x40000000, 0, 0x000f000f, 0, 0x7d040743, 0xffffffff, 0x00902440, 0, 0x00000006, 0x7d050005,
        0x190a3c00, 0, 0, 0x02203ca0, 0x01230000, 0);
}

#define FOUR  0x40800000u
#define EIGHT 0x41000000u

static uint64_t primitive_at(struct model_harness *h)
{
    return HARNESS_RING + h->tail;
}

/* A rectangle of pixels [4, 8) x [4, 8): 16 bytes in each of four rows. */
static void a_rectangle_writes_its_pixels(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    harness_bind(h, DATA, 0x1000);
    set_target(h, 64);
    bed->notes.count = 0;
    uint64_t at = primitive_at(h);
    /* RECTLIST: lower right, lower left, upper left */
    RUN(h, 0x7f1c000b, EIGHT, EIGHT, 0, WHITE, FOUR, EIGHT, 0, WHITE, FOUR, FOUR, 0, WHITE);
    assert_false(harness_stopped(h));
    EXPECT(bed, at, 0x7f1c000b, FETCH(at, 13), COLOR_ROW(4), COLOR_ROW(5), COLOR_ROW(6),
           COLOR_ROW(7));
}

/* The same on an X tile: rows are 512 bytes apart. */
static void a_tiled_rectangle_writes_its_pixels(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    harness_bind(h, DATA, 0x2000);
    set_target(h, 512 | 1u << 22);
    bed->notes.count = 0;
    uint64_t at = primitive_at(h);
    RUN(h, 0x7f1c000b, EIGHT, EIGHT, 0, WHITE, FOUR, EIGHT, 0, WHITE, FOUR, FOUR, 0, WHITE);
    assert_false(harness_stopped(h));
    EXPECT(bed, at, 0x7f1c000b, FETCH(at, 13), TILE_ROW(4), TILE_ROW(5), TILE_ROW(6), TILE_ROW(7));
}

/* Vertices from memory: a triangle over two pixels of the first row and one of the second. */
static void vertices_are_read_from_memory(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;
    uint32_t *vertices = harness_bind(h, VERTICES, 0x1000);

    harness_bind(h, DATA, 0x1000);
    set_target(h, 64);
    memcpy(vertices + 4 * 4,
           (uint32_t[]){0, 0, 0, WHITE, 0x40400000, 0, 0, WHITE, 0, 0x40400000, 0, WHITE}, 48);
    /* S0 and S1: the buffer, 4 dwords a vertex */
    RUN(h, 0x7d040031, VERTICES, 4u << 24 | 4u << 16);
    bed->notes.count = 0;
    uint64_t at = primitive_at(h);
    /* TRILIST, sequential, three vertices from the fourth on */
    RUN(h, 0x7f800003, 4);
    assert_false(harness_stopped(h));
    /* a block that is drawn in part is read, too */
    EXPECT(bed, at, 0x7f800003, FETCH(at, 2), {MODEL_WATCH_VERTEX, false, VERTICES + 64, 48},
           {MODEL_WATCH_COLOR, false, DATA, 8}, {MODEL_WATCH_COLOR, false, DATA + 64, 4},
           {MODEL_WATCH_COLOR, true, DATA, 8}, {MODEL_WATCH_COLOR, true, DATA + 64, 4});
}

/* Blending reads what it writes. */
static void blending_reads_the_target(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    harness_bind(h, DATA, 0x1000);
    set_target(h, 64);
    /* S6: blend, add, one, one; colour write */
    RUN(h, 0x7d040400, 1u << 15 | 2u << 8 | 2u << 4 | 1u << 2 | 2);
    bed->notes.count = 0;
    uint64_t at = primitive_at(h);
    RUN(h, 0x7f1c000b, EIGHT, FOUR, 0, WHITE, FOUR, FOUR, 0, WHITE, FOUR, 0x40400000, 0, WHITE);
    assert_false(harness_stopped(h));
    EXPECT(bed, at, 0x7f1c000b, FETCH(at, 13), {MODEL_WATCH_COLOR, false, DATA + 3 * 64 + 16, 16},
           COLOR_ROW(3));
}

static void blits_read_and_write_rows(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    harness_bind(h, DATA, 0x2000);
    /* 3 x 2 pixels of 32 bits at (1, 1), pitch 256; then copied to DATA + 0x1000, (0, 0) */
    RUN(h, 0x54300004, 3u << 24 | 0xf0u << 16 | 256, 1u << 16 | 1, 3u << 16 | 4, DATA, 5);
    EXPECT(bed, HARNESS_RING, 0x54300004, FETCH(HARNESS_RING, 6), BLIT_WRITE(DATA + 256 + 4, 12),
           BLIT_WRITE(DATA + 512 + 4, 12));
    uint64_t at = primitive_at(h);
    RUN(h, 0x54f00006, 3u << 24 | 0xccu << 16 | 256, 0, 2u << 16 | 3, DATA + 0x1000, 1u << 16 | 1,
        256, DATA);
    EXPECT(bed, at, 0x54f00006, FETCH(at, 8), BLIT_READ(DATA + 256 + 4, 12),
           BLIT_READ(DATA + 512 + 4, 12), BLIT_WRITE(DATA + 0x1000, 12),
           BLIT_WRITE(DATA + 0x1100, 12));
    /* only alpha: one byte of four, and nothing has to be read */
    at = primitive_at(h);
    RUN(h, 0x54200004, 3u << 24 | 0xf0u << 16 | 256, 0, 1u << 16 | 2, DATA, 5);
    EXPECT(bed, at, 0x54200004, FETCH(at, 6), BLIT_WRITE(DATA + 3, 1), BLIT_WRITE(DATA + 7, 1));
    /* the destination counts: D xor P */
    at = primitive_at(h);
    RUN(h, 0x54300004, 3u << 24 | 0x5au << 16 | 256, 0, 1u << 16 | 2, DATA, 5);
    EXPECT(bed, at, 0x54300004, FETCH(at, 6), BLIT_READ(DATA, 8), BLIT_WRITE(DATA, 8));
}

/* Behind a fence a blit's rows are where the tiles have them. */
static void fenced_blits_are_told_as_tiles(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    harness_bind(h, DATA, 0x4000);
    /* X tiles, 1 MiB, a pitch of 1024 */
    hw_write(h->dev, FENCE(0), DATA | 1u << FENCE_PITCH_SHIFT | FENCE_VALID);
    /* rows 7 and 8, bytes 508 to 516 */
    RUN(h, 0x54300004, 3u << 24 | 0xf0u << 16 | 1024, 7u << 16 | 127, 9u << 16 | 129, DATA, 5);
    EXPECT(bed, HARNESS_RING, 0x54300004, FETCH(HARNESS_RING, 6),
           BLIT_WRITE(DATA + 7 * 512 + 508, 4), BLIT_WRITE(DATA + 0x1000 + 7 * 512, 4),
           BLIT_WRITE(DATA + 0x2000 + 508, 4), BLIT_WRITE(DATA + 0x3000, 4));
}

/* Memory by bus addresses is told as such. */
static void physical_stores_are_told(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    harness_bind(h, DATA, 0x1000);
    uint32_t bus = (uint32_t)hw_dma_bus_address(h->dev, &h->dma[h->dma_count - 1], 0);
    RUN(h, MI_STORE_DATA_IMM, bus + 16, 3, MI_NOOP);
    assert_int_equal(bed->notes.count, 3);
    assert_int_equal(bed->notes.accesses[1].address, bus + 16);
    assert_true(bed->notes.accesses[1].physical);
    assert_true(bed->notes.accesses[1].write);
}

/* A command that stops the streamer is told; watching ends although the streamer stands. */
static void a_stopped_streamer_can_be_watched(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    RUN(h, MI_NOOP, 0x20000000);
    assert_int_equal(bed->notes.count, 1);
    assert_int_equal(model_set_watch(h->dev, NULL, NULL), 0);
    assert_int_equal(model_set_watch(h->dev, note, &bed->notes), 0);
    harness_reset(h);
    harness_start_ring(h);
    RUN(h, MI_NOOP, MI_NOOP);
    assert_int_equal(bed->notes.count, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_streamer_fetches_and_stores), TEST(it_can_be_turned_off_and_on),
        TEST(a_rectangle_writes_its_pixels),   TEST(a_tiled_rectangle_writes_its_pixels),
        TEST(vertices_are_read_from_memory),   TEST(blending_reads_the_target),
        TEST(blits_read_and_write_rows),       TEST(fenced_blits_are_told_as_tiles),
        TEST(physical_stores_are_told),        TEST(a_stopped_streamer_can_be_watched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
