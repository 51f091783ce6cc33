/* SPDX-License-Identifier: MIT */
/* The blitter against a reference that goes pixel by pixel and bit by bit. */
#include "tests/model/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/surface.h"

#define SURFACE_BYTES (1u << 20)
#define COLOR_BLT     0x54000004u
#define SRC_COPY_BLT  0x54c00006u
#define WRITE_ALPHA   (1u << 21)
#define WRITE_RGB     (1u << 20)
#define BR13_CLIP     (1u << 30)
#define SETUP_CLIP    0x40c00001u
#define SETUP_BLT     0x40400006u
#define XY(x, y)      ((uint32_t)(y) << 16 | ((uint32_t)(x)&0xffffu))

/* Two surfaces; each may be fenced, so that addresses in it are those of a tiled one. */
struct fixture {
    struct model_harness h;
    uint8_t *memory[2];
    uint8_t *expected; /* of surface 0 */
    uint32_t seed;
};

static const uint32_t base[2] = {0x01000000, 0x01100000};

static uint32_t rnd(struct fixture *f)
{
    f->seed = f->seed * 1664525u + 1013904223u;
    return f->seed >> 8;
}

static int setup(void **state)
{
    static struct fixture f;

    harness_init(&f.h, NULL);
    f.memory[0] = harness_bind(&f.h, base[0], SURFACE_BYTES);
    f.memory[1] = harness_bind(&f.h, base[1], SURFACE_BYTES);
    f.expected = malloc(SURFACE_BYTES);
    f.seed = 4711;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    free(f->expected);
    harness_finish(&f->h);
    return 0;
}

/* One blit as the reference understands it. */
struct op {
    bool copy;
    uint32_t cpp, rop, mask, colour;
    int x1, y1, x2, y2, sx, sy;
    int pitch, source_pitch;
    enum gen3_tiling tiling, source_tiling;
    bool clipped;
    int cx1, cy1, cx2, cy2;
    unsigned source; /* which surface */
};

/* Where byte 'at' of the linear view lies. */
static uint64_t place(const struct fixture *f, enum gen3_tiling tiling, int pitch, int64_t at)
{
    if (tiling == GEN3_LINEAR) {
        return (uint64_t)at;
    }
    return harness_tile_offset(&f->h, tiling, (uint32_t)pitch, (uint32_t)(at % pitch),
                               (uint32_t)(at / pitch));
}

static uint8_t rop_bits(uint32_t rop, uint8_t p, uint8_t s, uint8_t d)
{
    uint8_t result = 0;

    for (unsigned bit = 0; bit < 8; bit++) {
        unsigned index = (p >> bit & 1u) << 2 | (s >> bit & 1u) << 1 | (d >> bit & 1u);
        result |= (uint8_t)((rop >> index & 1u) << bit);
    }
    return result;
}

/* Fills f->expected from the surfaces as they are before the blit. */
static void reference(struct fixture *f, const struct op *op)
{
    memcpy(f->expected, f->memory[0], SURFACE_BYTES);
    for (int y = op->y1; y < op->y2; y++) {
        for (int x = op->x1; x < op->x2; x++) {
            if (op->clipped && (x < op->cx1 || x >= op->cx2 || y < op->cy1 || y >= op->cy2)) {
                continue;
            }
            for (uint32_t b = 0; b < op->cpp; b++) {
                int64_t at = (int64_t)y * op->pitch + (int64_t)x * op->cpp + b;
                int64_t from = (int64_t)(op->sy + y - op->y1) * op->source_pitch +
                               (int64_t)(op->sx + x - op->x1) * op->cpp + b;
                uint64_t to = place(f, op->tiling, op->pitch, at);
                uint8_t s = 0;
                if (op->copy) {
                    s = f->memory[op->source][place(f, op->source_tiling, op->source_pitch, from)];
                }
                uint8_t p = op->copy ? 0 : (uint8_t)(op->colour >> 8 * b);
                uint8_t d = f->memory[0][to];
                uint8_t m = (uint8_t)(op->mask >> 8 * b);
                uint8_t r = rop_bits(op->rop, p, s, d);
                f->expected[to] = (uint8_t)((r & m) | (d & ~m));
            }
        }
    }
}

static void set_fence(struct fixture *f, unsigned surface, enum gen3_tiling tiling, int pitch)
{
    uint32_t value = 0;

    if (tiling != GEN3_LINEAR) {
        uint32_t widths = (uint32_t)pitch / harness_tile_width(&f->h, tiling);
        value = base[surface] | FENCE_VALID | (uint32_t)__builtin_ctz(widths) << FENCE_PITCH_SHIFT |
                (tiling == GEN3_TILED_Y ? FENCE_WALK_Y : 0);
    }
    hw_write(f->h.dev, FENCE(surface * (f->h.dev->identity.fence_count - 1)), value);
}

static void run_op(struct fixture *f, const struct op *op)
{
    static const uint32_t depth[] = {0, 0, 1, 0, 3};
    uint32_t mask_bits = (op->mask >> 24 ? WRITE_ALPHA : 0) | (op->mask & 1u ? WRITE_RGB : 0);
    uint32_t br13 = depth[op->cpp] << 24 | op->rop << 16 | ((uint32_t)op->pitch & 0xffffu) |
                    (op->clipped ? BR13_CLIP : 0);
    const uint32_t words[] = {
        SETUP_CLIP,
        XY(op->cx1, op->cy1),
        XY(op->cx2, op->cy2),
        (op->copy ? SRC_COPY_BLT : COLOR_BLT) | (op->cpp == 4 ? mask_bits : 0),
        br13,
        XY(op->x1, op->y1),
        XY(op->x2, op->y2),
        base[0],
        op->copy ? XY(op->sx, op->sy) : op->colour,
        (uint32_t)op->source_pitch & 0xffffu,
        base[op->source],
    };

    set_fence(f, 0, op->tiling, op->pitch);
    set_fence(f, 1, op->source_tiling, op->source_pitch);
    harness_run(&f->h, words, op->copy ? 11 : 9);
    assert_false(harness_stopped(&f->h));
}

static void fill_random(struct fixture *f)
{
    for (unsigned s = 0; s < 2; s++) {
        for (size_t i = 0; i < SURFACE_BYTES; i += 4) {
            uint32_t word = rnd(f) ^ rnd(f) << 16;
            memcpy(f->memory[s] + i, &word, 4);
        }
    }
}

static int random_pitch(struct fixture *f, enum gen3_tiling tiling)
{
    if (tiling == GEN3_LINEAR) {
        return 600 + (int)(rnd(f) % 200);
    }
    uint32_t width = harness_tile_width(&f->h, tiling);

    return (int)width << (width == 512 ? rnd(f) % 2 : 2 + rnd(f) % 2);
}

static struct op random_op(struct fixture *f, bool copy, uint32_t rop)
{
    static const uint32_t cpps[] = {1, 2, 4};
    struct op op = {.copy = copy, .rop = rop, .colour = rnd(f) ^ rnd(f) << 12, .source = 1};

    op.cpp = cpps[rnd(f) % 3];
    op.mask = 0xffffffffu;
    if (op.cpp == 4 && rnd(f) % 2 == 0) {
        static const uint32_t masks[] = {0, 0x00ffffff, 0xff000000};
        op.mask = masks[rnd(f) % 3];
    }
    op.tiling = (enum gen3_tiling)(rnd(f) % 3);
    op.source_tiling = (enum gen3_tiling)(rnd(f) % 3);
    op.pitch = random_pitch(f, op.tiling);
    op.source_pitch = random_pitch(f, op.source_tiling);
    int width = (op.pitch < op.source_pitch ? op.pitch : op.source_pitch) / (int)op.cpp;
    op.x1 = (int)(rnd(f) % (uint32_t)(width / 2));
    op.y1 = (int)(rnd(f) % 40);
    op.x2 = op.x1 + (int)(rnd(f) % (uint32_t)(width / 2));
    op.y2 = op.y1 + (int)(rnd(f) % 20);
    op.sx = (int)(rnd(f) % (uint32_t)(width / 2));
    op.sy = (int)(rnd(f) % 40);
    op.clipped = rnd(f) % 4 == 0;
    op.cx1 = op.x1 + (int)(rnd(f) % 20) - 10;
    op.cy1 = op.y1 + (int)(rnd(f) % 10) - 5;
    op.cx2 = op.x2 + (int)(rnd(f) % 20) - 10;
    op.cy2 = op.y2 + (int)(rnd(f) % 10) - 5;
    return op;
}

static void check(struct fixture *f, const struct op *op)
{
    reference(f, op);
    run_op(f, op);
    if (memcmp(f->memory[0], f->expected, SURFACE_BYTES) != 0) {
        fail_msg("%s rop 0x%02x cpp %u mask 0x%08x tiling %d<-%d pitch %d<-%d (%d,%d)-(%d,%d) from "
                 "(%d,%d) clip %d (%d,%d)-(%d,%d)",
                 op->copy ? "copy" : "fill", op->rop, op->cpp, op->mask, op->tiling,
                 op->source_tiling, op->pitch, op->source_pitch, op->x1, op->y1, op->x2, op->y2,
                 op->sx, op->sy, op->clipped, op->cx1, op->cy1, op->cx2, op->cy2);
    }
}

static void all_raster_operations(void **state)
{
    struct fixture *f = *state;

    fill_random(f);
    for (uint32_t rop = 0; rop < 256; rop++) {
        for (int copy = 0; copy < 2; copy++) {
            struct op op = random_op(f, copy != 0, rop);
            check(f, &op);
        }
    }
}

static void the_usual_two_operations(void **state)
{
    struct fixture *f = *state;

    fill_random(f);
    for (int i = 0; i < 200; i++) {
        bool copy = i % 2 != 0;
        struct op op = random_op(f, copy, copy ? 0xcc : 0xf0);
        check(f, &op);
    }
}

/* Source and destination in one surface, in all directions. */
static void overlapping_copies(void **state)
{
    struct fixture *f = *state;

    fill_random(f);
    for (int i = 0; i < 100; i++) {
        struct op op = random_op(f, true, i % 4 == 0 ? 0x66 : 0xcc);
        op.source = 0;
        op.source_pitch = op.pitch;
        op.source_tiling = op.tiling;
        set_fence(f, 1, GEN3_LINEAR, 0);
        op.x1 = 30;
        op.y1 = 20;
        op.x2 = 30 + 40;
        op.y2 = 20 + 30;
        op.sx = op.x1 + (int)(rnd(f) % 21) - 10;
        op.sy = op.y1 + (int)(rnd(f) % 21) - 10;
        check(f, &op);
    }
}

/* Upside down: the source's last row first. */
static void negative_pitch(void **state)
{
    struct fixture *f = *state;

    fill_random(f);
    memcpy(f->expected, f->memory[0], SURFACE_BYTES);
    for (int y = 0; y < 10; y++) {
        memcpy(f->expected + y * 256, f->memory[1] + (9 - y) * 512, 16 * 4);
    }
    const uint32_t words[] = {SRC_COPY_BLT | WRITE_ALPHA | WRITE_RGB,
                              0x03cc0100,
                              XY(0, 0),
                              XY(16, 10),
                              base[0],
                              XY(0, 0),
                              (uint32_t)-512,
                              base[1] + 9 * 512};
    harness_run(&f->h, words, COUNT(words));
    assert_false(harness_stopped(&f->h));
    assert_memory_equal(f->memory[0], f->expected, SURFACE_BYTES);
}

/* doc/gen3.md J.1 */
static void the_worked_examples(void **state)
{
    struct fixture *f = *state;
    const uint32_t fill[] = {0x54300004, 0x03f00400, 0x00080010, 0x00180020, base[0], 0xff00ff00};
    const uint32_t copy[] = {0x54c00006, 0x01cc0200, 0x00060005, 0x000a000f,
                             base[0],    0x00030002, 0x00000100, base[1]};

    harness_run(&f->h, fill, COUNT(fill));
    size_t first = 8 * 1024 + 16 * 4;
    size_t last = 23 * 1024 + 32 * 4;
    assert_int_equal(((uint32_t *)f->memory[0])[first / 4], 0xff00ff00);
    assert_int_equal(((uint32_t *)f->memory[0])[first / 4 - 1], 0);
    assert_int_equal(((uint32_t *)f->memory[0])[last / 4 - 1], 0xff00ff00);
    assert_int_equal(((uint32_t *)f->memory[0])[last / 4], 0);
    fill_random(f);
    harness_run(&f->h, copy, COUNT(copy));
    for (int y = 0; y < 4; y++) {
        assert_memory_equal(f->memory[0] + (6 + y) * 512 + 10, f->memory[1] + (3 + y) * 256 + 4,
                            20);
    }
}

static void setup_blt_sets_the_clip(void **state)
{
    struct fixture *f = *state;
    const uint32_t words[] = {SETUP_BLT,
                              0x03f00400,
                              XY(4, 4),
                              XY(6, 6),
                              base[0],
                              0,
                              0,
                              base[1],
                              COLOR_BLT | WRITE_ALPHA | WRITE_RGB,
                              0x03f00400 | BR13_CLIP,
                              XY(0, 0),
                              XY(100, 100),
                              base[0],
                              0x11223344};

    harness_run(&f->h, words, COUNT(words));
    unsigned set = 0;
    for (size_t i = 0; i < SURFACE_BYTES / 4; i++) {
        set += ((uint32_t *)f->memory[0])[i] != 0;
    }
    assert_int_equal(set, 4);
    assert_int_equal(((uint32_t *)f->memory[0])[5 * 256 + 5], 0x11223344);
}

/* An empty rectangle touches nothing, not even memory that is not there. */
static void empty_rectangles(void **state)
{
    struct fixture *f = *state;
    const uint32_t words[] = {COLOR_BLT, 0x03f00400, XY(5, 5), XY(5, 9), 0, 1,
                              COLOR_BLT, 0x03f00400, XY(5, 9), XY(9, 5), 0, 1};

    harness_run(&f->h, words, COUNT(words));
    assert_false(harness_stopped(&f->h));
}

struct bad {
    const char *name;
    uint32_t words[8];
    uint32_t pgtbl_er;
};

static const struct bad bad_blits[] = {
    {"gen4's tiling bit", {COLOR_BLT | 1u << 11, 0x03f00400, 0, XY(1, 1), 0x01000000, 0}, 0},
    {"gen4's source tiling bit",
     {SRC_COPY_BLT | 1u << 15, 0x03cc0400, 0, XY(1, 1), 0x01000000, 0, 64, 0x01000000},
     0},
    {"reserved bits of BR13", {COLOR_BLT, 0x07f00400, 0, XY(1, 1), 0x01000000, 0}, 0},
    {"no memory", {COLOR_BLT | WRITE_RGB, 0x03f00400, 0, XY(1, 1), 0x08000000, 0}, PGTBL_ER_LC_PTE},
    {"below the GTT",
     {COLOR_BLT | WRITE_RGB, 0x03f00400, XY(0, -8), XY(1, 1), 0, 0},
     PGTBL_ER_LC_PTE},
    {"source not there",
     {SRC_COPY_BLT | WRITE_RGB, 0x03cc0400, 0, XY(1, 1), 0x01000000, 0, 64, 0x08000000},
     PGTBL_ER_LC_PTE},
    {"beyond the surface",
     {COLOR_BLT | WRITE_RGB, 0x03f07000, 0, XY(1, 100), 0x01000000, 0},
     PGTBL_ER_LC_PTE},
};

static void stops_on_what_it_cannot_do(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(bad_blits); i++) {
        print_message("%s\n", bad_blits[i].name);
        size_t count = (bad_blits[i].words[0] & 0xff) + 2;
        harness_run(&f->h, bad_blits[i].words, count);
        assert_int_equal(hw_read(f->h.dev, PGTBL_ER), bad_blits[i].pgtbl_er);
        assert_int_equal(hw_read(f->h.dev, ESR),
                         bad_blits[i].pgtbl_er != 0 ? ERROR_PAGE_TABLE : ERROR_INSTRUCTION);
        harness_reset(&f->h);
        harness_start_ring(&f->h);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_raster_operations), TEST(the_usual_two_operations),
        TEST(overlapping_copies),    TEST(negative_pitch),
        TEST(the_worked_examples),   TEST(setup_blt_sets_the_clip),
        TEST(empty_rectangles),      TEST(stops_on_what_it_cannot_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
