/* SPDX-License-Identifier: MIT */
/*
 * Extents, byte by byte: random blits, textures, targets and vertices on chips of both classes. The
 * buffer that just holds what is touched is enough (of textures: with whole rows), and one byte
 * less is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hw/gen3/chip.h"
#include "samples.h"

#define ROUNDS 4000

static struct stream s;

static uint32_t random_below(uint32_t limit)
{
    static uint64_t x = 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t)(x >> 16) % limit;
}

/* The highest byte so far, and the lowest. */
static int64_t highest, lowest;

static void touch(int64_t from, int64_t bytes)
{
    highest = from + bytes > highest ? from + bytes : highest;
    lowest = from < lowest ? from : lowest;
}

static void touch_nothing(void)
{
    highest = INT64_MIN;
    lowest = INT64_MAX;
}

static bool is_accepted(uint32_t buffer, uint64_t size)
{
    static struct stream copy;

    copy = s;
    copy.buffers[buffer].size = size;
    return stream_check(&copy) == VALIDATOR_ACCEPTED;
}

/* The least size that is enough, which must be 'size'. */
static void assert_needs(uint32_t buffer, uint64_t size, const char *what)
{
    if (!is_accepted(buffer, size)) {
        struct stream copy = s;

        copy.buffers[buffer].size = size;
        (void)stream_check(&copy);
        fail_msg("%s: %llu bytes are refused: %s: %s", what, (unsigned long long)size,
                 validator_rule_name(copy.verdict.rule), copy.verdict.text);
    }
    if (size > 1 && is_accepted(buffer, size - 1)) {
        fail_msg("%s: %llu bytes are accepted", what, (unsigned long long)size - 1);
    }
}

/* Signed pitches: rows below the address, and above it. */
static void test_blits(void **state)
{
    static const uint32_t bytes[4] = {1, 2, 2, 4};

    for (int round = 0; round < ROUNDS; round++) {
        int32_t x = (int32_t)random_below(300), y = (int32_t)random_below(300);
        int32_t w = 1 + (int32_t)random_below(300), h = 1 + (int32_t)random_below(300);
        int32_t pitch = (int32_t)random_below(4000) - 2000;
        uint32_t depth = random_below(4), delta = random_below(1u << 21);

        pitch += pitch == 0;
        stream_init(&s);
        PUT(&s, 0x54300004, depth << 24 | 0xf00000 | (uint16_t)pitch, (uint32_t)(y << 16 | x),
            (uint32_t)((y + h) << 16 | (x + w)));
        stream_address(&s, STREAM_TARGET, delta, VALIDATOR_READ | VALIDATOR_WRITE);
        PUT(&s, 0);
        touch_nothing();
        for (int32_t row = y; row < y + h; row++) {
            touch((int64_t)delta + (int64_t)row * pitch + x * (int64_t)bytes[depth],
                  w * (int64_t)bytes[depth]);
        }
        if (lowest < 0) {
            assert_false(is_accepted(STREAM_TARGET, UINT64_C(1) << 31));
        } else if (highest > delta) {
            assert_needs(STREAM_TARGET, (uint64_t)highest, "a blit");
        }
    }
}

/* Bytes of a row through an X fence: whole tiles, and all of the row of tiles where it goes on. */
static void touch_tiles(int64_t from, int64_t bytes, uint32_t pitch)
{
    const int64_t row_of_tiles = (int64_t)pitch * 8;

    for (int64_t at = from; at < from + bytes; at = (at / 512 + 1) * 512) {
        const uint32_t x = (uint32_t)(at % pitch), y = (uint32_t)(at / pitch);

        touch((int64_t)(gen3_tile_offset(GEN3_TILED_X, pitch, x, y) / 4096 * 4096), 4096);
    }
    if (from % pitch + bytes > pitch) {
        touch((from + bytes - 1) / row_of_tiles * row_of_tiles, row_of_tiles);
    }
    touch(from, bytes);
}

/* From any byte, and over any number of rows. */
static void test_tiled_blits(void **state)
{
    for (int round = 0; round < ROUNDS; round++) {
        const uint32_t x = random_below(40), y = random_below(40);
        const uint32_t w = 1 + random_below(500), h = 1 + random_below(20);
        const uint32_t pitch = 512u << random_below(4), delta = random_below(1u << 16);

        stream_init(&s);
        PUT(&s, 0x54300004, 0x03f00000 | pitch, y << 16 | x, (y + h) << 16 | (x + w));
        stream_address(&s, STREAM_TARGET, delta, VALIDATOR_READ | VALIDATOR_WRITE);
        PUT(&s, 0);
        s.buffers[STREAM_TARGET].tiling = GEN3_TILED_X;
        s.buffers[STREAM_TARGET].pitch = pitch;
        touch_nothing();
        /* What is left of the rectangle is passed over, but a row counts from the address. */
        for (uint32_t row = y; row < y + h; row++) {
            touch_tiles((int64_t)delta + (int64_t)row * pitch, (x + w) * INT64_C(4), pitch);
        }
        assert_needs(STREAM_TARGET, (uint64_t)highest, "a blit of tiles");
    }
}

/* How a surface says how it is tiled, and is then: MS3's bits, or BUF_INFO's. */
static enum gen3_tiling random_tiling(uint32_t *pitch, uint32_t width_bytes)
{
    enum gen3_tiling tiling = (enum gen3_tiling)random_below(3);
    uint32_t unit = tiling == GEN3_LINEAR ? 4 : 512;

    *pitch = (width_bytes + unit - 1) / unit * unit + random_below(3) * unit;
    return tiling;
}

static uint32_t smaller(uint32_t size, uint32_t level)
{
    return size >> level > 0 ? size >> level : 1;
}

/* Every block of every image; in tiles only the last byte of the tile counts. */
static bool touch_texture(const struct gen3_texture *t, enum gen3_tiling tiling, uint32_t pitch)
{
    for (uint32_t level = 0; level < t->levels; level++) {
        uint32_t slices = t->cube ? 6 : t->volume ? smaller(t->depth, level) : 1;
        uint32_t columns = (smaller(t->width, level) + t->block_width - 1) / t->block_width;
        uint32_t rows = (smaller(t->height, level) + t->block_height - 1) / t->block_height;

        for (uint32_t slice = 0; slice < slices; slice++) {
            uint32_t x, y;

            if (!gen3_texture_image(t, pitch, level, slice, &x, &y) ||
                (x + columns) * t->block_bytes > pitch) {
                return false;
            }
            for (uint32_t row = 0; row < rows; row++) {
                uint64_t last =
                    gen3_tile_offset(tiling, pitch, (x + columns) * t->block_bytes - 1, y + row);

                touch((int64_t)last, 1);
            }
        }
    }
    return true;
}

static void put_texture(const struct gen3_texture *t, enum gen3_tiling tiling, uint32_t pitch,
                        uint32_t format)
{
    build_texture(&s);
    s.words[AT_MS3] = (t->height - 1) << 21 | (t->width - 1) << 10 | format |
                      (tiling != GEN3_LINEAR ? 2 : 0) | (tiling == GEN3_TILED_Y ? 1 : 0);
    s.words[AT_MS4] =
        (pitch / 4 - 1) << 21 | 0x3fu << 15 | (4 * (t->levels - 1)) << 9 | (t->depth - 1);
    s.words[AT_SS2] = 0x00300000; /* linear between levels */
    s.words[AT_TEXTURE_PROGRAM + 1] = 0x19081c00;
    s.words[AT_TEXTURE_PROGRAM + 4] = 0x19180000 | (t->cube ? 1u : t->volume ? 2u : 0) << 22;
    s.buffers[STREAM_TEXTURE].tiling = tiling;
    s.buffers[STREAM_TEXTURE].pitch = pitch;
}

static void test_textures(void **state)
{
    static const struct {
        uint32_t format, bytes, width, height;
    } formats[] = {{0x180, 4, 1, 1}, {0x100, 2, 1, 1},  {0x80, 1, 1, 1},
                   {0x300, 8, 4, 4}, {0x308, 16, 4, 4}, {0x318, 16, 8, 4}};
    static const uint16_t devices[] = {0x2582, 0x27a2, 0x29c2, 0xa011};
    unsigned judged = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint32_t f = random_below(6), kind = random_below(3), pitch;
        struct gen3_texture t = {
            .width = 1 + random_below(200),
            .depth = kind == 2 ? 1 + random_below(20) : 1,
            .levels = 1 + random_below(5),
            .block_bytes = formats[f].bytes,
            .block_width = formats[f].width,
            .block_height = formats[f].height,
            .cube = kind == 1,
            .volume = kind == 2,
        };

        stream_init(&s);
        s.pci_device = devices[random_below(4)];
        t.is_945_class = gen3_chip_find(s.pci_device)->is_945_class;
        t.height = t.cube ? t.width : 1 + random_below(200);
        enum gen3_tiling tiling = random_tiling(&pitch, t.width * t.block_bytes * 2);
        if (pitch > 8192 || (tiling == GEN3_TILED_Y && !t.is_945_class)) {
            continue;
        }
        touch_nothing();
        bool is_texture = touch_texture(&t, tiling, pitch);
        put_texture(&t, tiling, pitch, formats[f].format);
        if (!is_texture) {
            assert_false(is_accepted(STREAM_TEXTURE, UINT64_C(1) << 28));
            continue;
        }
        /* Images lie in one rectangle: its last row, or row of tiles, is held whole. */
        uint64_t row = (uint64_t)pitch * gen3_tile_height(tiling);
        assert_true(is_accepted(STREAM_TEXTURE, ((uint64_t)highest + row - 1) / row * row));
        /* What is mended when it does not fit is refused with a whole level more only. */
        if (t.levels > 1) {
            assert_false(is_accepted(STREAM_TEXTURE, (uint64_t)highest - 1));
            judged++;
        }
    }
    assert_true(judged > ROUNDS / 4);
}

/* Whole tiles, of a map that begins 'rest' bytes by lines from where tiles do. */
static void touch_map(const struct gen3_texture *t, enum gen3_tiling tiling, uint32_t pitch,
                      uint32_t start, uint32_t rest)
{
    const uint32_t end = rest % pitch + t->width * t->block_bytes;

    for (uint32_t row = rest / pitch; row < rest / pitch + t->height; row++) {
        touch(start + (int64_t)(gen3_tile_offset(tiling, pitch, end - 1, row) / 4096 * 4096), 4096);
    }
}

/* However tiles are walked from inside of a row of them. */
static void test_textures_inside_rows(void **state)
{
    unsigned judged = 0;

    for (int round = 0; round < ROUNDS; round++) {
        const enum gen3_tiling tiling = random_below(2) == 0 ? GEN3_TILED_X : GEN3_TILED_Y;
        const struct gen3_texture t = {.width = 1 + random_below(200),
                                       .height = 1 + random_below(200),
                                       .depth = 1,
                                       .levels = 1,
                                       .block_bytes = 4,
                                       .block_width = 1,
                                       .block_height = 1,
                                       .is_945_class = true};
        const uint32_t pitch = 512 * (1 + random_below(6)), delta = random_below(64 * 1024) * 4;
        const uint32_t rest = delta % 4096, width = t.width * 4;

        if (width > pitch) {
            continue;
        }
        stream_init(&s);
        s.pci_device = 0x29c2;
        put_texture(&t, tiling, pitch, 0x180);
        s.relocs[1].delta = delta;
        if (delta % pitch + width > pitch || rest % pitch + width > pitch) {
            assert_false(is_accepted(STREAM_TEXTURE, UINT64_C(1) << 28));
            continue;
        }
        touch_nothing();
        touch_map(&t, tiling, pitch, delta, 0);
        touch_map(&t, tiling, pitch, 0, delta);
        touch_map(&t, tiling, pitch, delta - rest, rest);
        assert_needs(STREAM_TEXTURE, (uint64_t)highest, "a map inside a row of tiles");
        judged++;
    }
    assert_true(judged > ROUNDS / 8);
}

static void test_targets(void **state)
{
    static const struct {
        uint32_t format, bytes;
    } formats[] = {{0, 1}, {2, 2}, {3, 4}, {10, 4}};

    for (int round = 0; round < ROUNDS; round++) {
        uint32_t f = random_below(4), pitch;
        uint32_t right = random_below(300), bottom = random_below(300);
        enum gen3_tiling tiling = random_tiling(&pitch, (right + 2) * formats[f].bytes);

        stream_init(&s);
        build_triangle(&s);
        s.words[AT_INFO] = 3u << 24 | pitch | (tiling != GEN3_LINEAR ? 1u << 22 : 0) |
                           (tiling == GEN3_TILED_Y ? 1u << 21 : 0);
        s.words[AT_FORMATS] = 0x10880008 | formats[f].format << 8;
        s.words[AT_RECT_MAX] = bottom << 16 | right;
        s.buffers[STREAM_TARGET].tiling = tiling;
        s.buffers[STREAM_TARGET].pitch = pitch;
        touch_nothing();
        /* Pairs of pixels, and of rows. */
        for (uint32_t y = 0; y <= (bottom | 1); y++) {
            touch((int64_t)gen3_tile_offset(tiling, pitch, (right | 1) * formats[f].bytes, y),
                  formats[f].bytes);
        }
        assert_needs(STREAM_TARGET,
                     tiling == GEN3_LINEAR ? (uint64_t)highest
                                           : ((uint64_t)highest + 4095) / 4096 * 4096,
                     "a target");
    }
}

static void test_vertices(void **state)
{
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t pitch = 4 + random_below(20), delta = random_below(100) * 4;
        uint32_t index[4] = {random_below(1000), random_below(1000), random_below(1000), 0xffff};
        bool sequence = random_below(2) != 0;

        stream_init(&s);
        stream_put_triangle_state(&s);
        PUT(&s, 0x7d040031);
        stream_address(&s, STREAM_VERTICES, delta, VALIDATOR_READ);
        PUT(&s, 4u << 24 | pitch << 16);
        touch_nothing();
        for (uint32_t i = 0; i < 3; i++) {
            touch(delta + 4 * (int64_t)pitch * (sequence ? index[0] + i : index[i]), 16);
        }
        if (sequence) {
            PUT(&s, 0x7f800003, index[0]);
        } else {
            PUT(&s, 0x7f820003, index[1] << 16 | index[0], index[3] << 16 | index[2]);
        }
        assert_needs(STREAM_VERTICES, (uint64_t)highest, "vertices");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blits),    cmocka_unit_test(test_tiled_blits),
        cmocka_unit_test(test_textures), cmocka_unit_test(test_textures_inside_rows),
        cmocka_unit_test(test_targets),  cmocka_unit_test(test_vertices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
