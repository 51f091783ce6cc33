/* SPDX-License-Identifier: MIT */
/* Sizes of surfaces, the walk over tiles, and the places of a texture's images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hw/gen3/surface.h"

/* Each byte of a tiled surface has a place of its own, inside the extent. */
static void check_walk(enum gen3_tiling tiling)
{
    static uint8_t seen[64 * 1024];
    uint64_t extent;

    memset(seen, 0, sizeof(seen));
    assert_true(gen3_surface_extent(tiling, 1024, 1024, 64, &extent));
    assert_int_equal(extent, sizeof(seen));
    for (uint32_t y = 0; y < 64; y++) {
        for (uint32_t x = 0; x < 1024; x++) {
            uint64_t offset = gen3_tile_offset(tiling, 1024, x, y);

            assert_true(offset < sizeof(seen));
            assert_int_equal(seen[offset], 0);
            seen[offset] = 1;
        }
    }
}

static void test_walks(void **state)
{
    check_walk(GEN3_LINEAR);
    check_walk(GEN3_TILED_X);
    check_walk(GEN3_TILED_Y);
    check_walk(GEN3_TILED_Y_915);
}

static void test_places_in_tiles(void **state)
{
    assert_int_equal(gen3_tile_offset(GEN3_LINEAR, 100, 7, 3), 307);
    assert_int_equal(gen3_tile_offset(GEN3_TILED_X, 1024, 513, 9), 8192 + 4096 + 512 + 1);
    assert_int_equal(gen3_tile_offset(GEN3_TILED_Y, 256, 145, 34), 8192 + 4096 + 512 + 32 + 1);
    assert_int_equal(gen3_tile_offset(GEN3_TILED_Y_915, 1024, 545, 10),
                     8192 + 4096 + 2 * 128 + 2 * 16 + 1);
    assert_int_equal(gen3_tile_run(GEN3_TILED_X, 513), 511);
    assert_int_equal(gen3_tile_run(GEN3_TILED_Y, 513), 15);
    assert_int_equal(gen3_tile_run(GEN3_TILED_Y_915, 513), 15);
    assert_int_equal(gen3_tiling_y(true), GEN3_TILED_Y);
    assert_int_equal(gen3_tiling_y(false), GEN3_TILED_Y_915);
}

static void test_extents(void **state)
{
    static const struct {
        enum gen3_tiling tiling;
        uint32_t pitch;
        uint64_t width, rows, bytes;
    } samples[] = {
        {GEN3_LINEAR, 1024, 1024, 256, 262144},
        {GEN3_LINEAR, 1024, 4, 2, 1028},
        {GEN3_LINEAR, 64, 64, 0, 0},
        {GEN3_TILED_X, 1024, 1, 1, 4096},
        {GEN3_TILED_X, 1024, 513, 9, 16384},
        {GEN3_TILED_Y, 256, 129, 33, 16384},
        {GEN3_TILED_Y_915, 1024, 1, 8, 4096},
        {GEN3_TILED_Y_915, 1024, 513, 9, 16384},
        {GEN3_LINEAR, 1u << 31, 1u << 31, UINT64_C(1) << 31, UINT64_C(1) << 62},
    };

    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        uint64_t bytes;

        assert_true(gen3_surface_extent(samples[i].tiling, samples[i].pitch, samples[i].width,
                                        samples[i].rows, &bytes));
        assert_true(bytes == samples[i].bytes);
    }
}

static void test_what_is_no_surface(void **state)
{
    uint64_t bytes;

    assert_false(gen3_surface_extent(GEN3_LINEAR, 1024, 1025, 1, &bytes));
    assert_false(gen3_surface_extent(GEN3_LINEAR, 0, 0, 1, &bytes));
    assert_false(gen3_surface_extent(GEN3_LINEAR, (1u << 31) + 1, 4, 1, &bytes));
    assert_false(gen3_surface_extent(GEN3_TILED_X, 768, 512, 1, &bytes));
    assert_false(gen3_surface_extent(GEN3_TILED_Y, 64, 64, 1, &bytes));
    assert_false(gen3_surface_extent(GEN3_TILED_Y_915, 128, 64, 1, &bytes));
    assert_false(gen3_surface_extent(GEN3_LINEAR, 1024, 4, UINT64_C(1) << 40, &bytes));
}

struct place {
    uint32_t level, slice, x, y;
};

static void check_places(const struct gen3_texture *texture, uint32_t pitch,
                         const struct place *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t x, y;

        assert_true(gen3_texture_image(texture, pitch, places[i].level, places[i].slice, &x, &y));
        assert_int_equal(x, places[i].x);
        assert_int_equal(y, places[i].y);
    }
}

#define CHECK_PLACES(texture, pitch, places)                                                       \
    check_places(texture, pitch, places, sizeof(places) / sizeof((places)[0]))

static struct gen3_texture texture_of(uint32_t width, uint32_t height, uint32_t levels)
{
    return (struct gen3_texture){.width = width,
                                 .height = height,
                                 .depth = 1,
                                 .levels = levels,
                                 .block_bytes = 4,
                                 .block_width = 1,
                                 .block_height = 1,
                                 .is_945_class = true};
}

static void test_levels_of_945(void **state)
{
    /* 64 x 32; 6 levels: 32x16 below, then 16x8, 8x4, 4x2, 2x1 right of it. */
    static const struct place places[] = {{0, 0, 0, 0},   {1, 0, 0, 32},  {2, 0, 32, 32},
                                          {3, 0, 32, 40}, {4, 0, 32, 44}, {5, 0, 32, 46}};
    struct gen3_texture texture = texture_of(64, 32, 6);
    uint64_t width, rows;

    CHECK_PLACES(&texture, 256, places);
    assert_true(gen3_texture_extent(&texture, 256, &width, &rows));
    assert_int_equal(width, 256);
    assert_int_equal(rows, 48);
    /* Sizes between are laid out like the next power of two; only texels that exist count. */
    texture = texture_of(50, 20, 2);
    CHECK_PLACES(&texture, 256, ((const struct place[]){{1, 0, 0, 32}}));
    assert_true(gen3_texture_extent(&texture, 256, &width, &rows));
    assert_int_equal(width, 200);
    assert_int_equal(rows, 42);
}

static void test_levels_to_the_right(void **state)
{
    static const struct place places[] = {
        {0, 0, 0, 0}, {1, 0, 64, 0}, {2, 0, 64, 16}, {3, 0, 64, 24}, {4, 0, 64, 28}};
    struct gen3_texture texture = texture_of(64, 32, 6);

    texture.levels_right = true;
    CHECK_PLACES(&texture, 384, places);
}

/* Blocks lie without gaps: 16 x 8 of them, then 8 x 4, 4 x 2 and 2 x 1. */
static void test_compressed_levels_to_the_right(void **state)
{
    static const struct place places[] = {
        {0, 0, 0, 0}, {1, 0, 16, 0}, {2, 0, 16, 4}, {3, 0, 16, 6}};
    struct gen3_texture texture = texture_of(64, 32, 4);

    texture.levels_right = true;
    texture.block_bytes = 8;
    texture.block_width = texture.block_height = 4;
    CHECK_PLACES(&texture, 384, places);
}

static void test_levels_of_915(void **state)
{
    static const struct place places[] = {
        {0, 0, 0, 0}, {1, 0, 0, 64}, {2, 0, 0, 80}, {3, 0, 0, 88}};
    struct gen3_texture texture = texture_of(64, 32, 4);

    texture.is_945_class = false;
    CHECK_PLACES(&texture, 256, places);
}

static void test_faces_of_a_cube(void **state)
{
    static const struct place places[] = {
        {0, 0, 0, 0},  {0, 1, 0, 32}, {0, 2, 16, 0}, {0, 3, 16, 32}, {0, 4, 16, 16}, {0, 5, 16, 48},
        {1, 0, 0, 16}, {1, 2, 8, 16}, {1, 4, 8, 24}, {2, 0, 0, 24},  {2, 3, 4, 56},  {2, 5, 4, 60}};
    struct gen3_texture texture = texture_of(16, 16, 5);
    uint64_t width, rows;

    texture.cube = true;
    CHECK_PLACES(&texture, 128, places);
    assert_true(gen3_texture_extent(&texture, 128, &width, &rows));
    assert_int_equal(width, 128);
    assert_int_equal(rows, 64);
}

static void test_faces_of_a_compressed_cube(void **state)
{
    /* 16 texels: 4 x 4 blocks; small faces in block row 16. */
    static const struct place places[] = {
        {0, 0, 0, 0},  {0, 5, 4, 12}, {1, 2, 2, 4},  {2, 0, 0, 6},   {2, 2, 0, 7},
        {2, 4, 0, 16}, {2, 5, 2, 16}, {3, 0, 4, 16}, {3, 3, 12, 16}, {4, 0, 16, 16}};
    struct gen3_texture texture = texture_of(16, 16, 5);

    texture.cube = true;
    texture.block_bytes = 8;
    texture.block_width = texture.block_height = 4;
    CHECK_PLACES(&texture, 28 * 8, places);
}

static void test_slices_of_945(void **state)
{
    static const struct place places[] = {
        {0, 0, 0, 0}, {0, 3, 0, 48}, {1, 0, 0, 64}, {1, 1, 8, 64}, {2, 0, 0, 72}};
    struct gen3_texture texture = texture_of(16, 16, 3);
    uint32_t x, y;

    texture.depth = 4;
    texture.volume = true;
    CHECK_PLACES(&texture, 64, places);
    assert_false(gen3_texture_image(&texture, 64, 0, 4, &x, &y));
    assert_false(gen3_texture_image(&texture, 64, 1, 2, &x, &y));
}

static void test_slices_of_915(void **state)
{
    struct gen3_texture texture = texture_of(16, 16, 3);

    texture.depth = 4;
    texture.volume = true;
    texture.is_945_class = false;
    /* 16 + 8 + 4 + 2 and five times 2 rows */
    CHECK_PLACES(&texture, 64, ((const struct place[]){{0, 1, 0, 40}, {2, 0, 0, 0}}));
}

/* The extent is that of the images, found one by one. */
static void test_the_extent_of_volumes(void **state)
{
    for (uint32_t size = 1; size <= 64; size++) {
        struct gen3_texture texture = texture_of(size, size, 1 + size % 7);
        uint64_t width, rows, right = 0, bottom = 0;

        texture.depth = 1 + size * 7 % 64;
        texture.volume = true;
        assert_true(gen3_texture_extent(&texture, 256, &width, &rows));
        for (uint32_t level = 0; level < texture.levels; level++) {
            uint32_t side = size >> level > 0 ? size >> level : 1;
            uint32_t depth = texture.depth >> level > 0 ? texture.depth >> level : 1;

            for (uint32_t slice = 0; slice < depth; slice++) {
                uint32_t x, y;

                assert_true(gen3_texture_image(&texture, 256, level, slice, &x, &y));
                right = right > x + side ? right : x + side;
                bottom = bottom > y + side ? bottom : y + side;
            }
        }
        assert_int_equal(width, right * 4);
        assert_int_equal(rows, bottom);
    }
}

static void test_what_is_no_texture(void **state)
{
    struct gen3_texture texture = texture_of(16, 16, 1);
    uint64_t width, rows;
    uint32_t x, y;

    assert_false(gen3_texture_image(&texture, 64, 1, 0, &x, &y));
    assert_false(gen3_texture_image(&texture, 64, 0, 1, &x, &y));
    texture.width = 2049;
    assert_false(gen3_texture_extent(&texture, 64, &width, &rows));
    texture.width = 8;
    texture.cube = true;
    assert_false(gen3_texture_extent(&texture, 64, &width, &rows));
    texture.cube = false;
    texture.levels = 0;
    assert_false(gen3_texture_extent(&texture, 64, &width, &rows));
}

/* Each member alone beyond what the hardware has: neither an extent nor a place. */
static void test_members_out_of_range(void **state)
{
    struct gen3_texture bad[12];
    uint64_t width, rows;
    uint32_t x, y;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bad[i] = texture_of(16, 16, 1);
    }
    bad[0].width = 0;
    bad[1].width = 2049;
    bad[2].height = 0;
    bad[3].height = 2049;
    bad[4].depth = 0;
    bad[5].depth = 257;
    bad[6].levels = 0;
    bad[7].levels = 17;
    bad[8].block_bytes = 0;
    bad[9].block_width = 0;
    bad[10].block_height = 0;
    bad[11].cube = true;
    bad[11].height = 8;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(gen3_texture_extent(&bad[i], 64, &width, &rows));
        assert_false(gen3_texture_image(&bad[i], 64, 0, 0, &x, &y));
    }
}

/* A sampler cannot declare it; here faces go before slices. */
static void test_a_cube_that_is_a_volume(void **state)
{
    struct gen3_texture texture = texture_of(16, 16, 1);
    uint64_t width[2], rows[2];

    texture.cube = true;
    assert_true(gen3_texture_extent(&texture, 128, &width[0], &rows[0]));
    texture.volume = true;
    texture.depth = 4;
    assert_true(gen3_texture_extent(&texture, 128, &width[1], &rows[1]));
    assert_int_equal(width[1], width[0]);
    assert_int_equal(rows[1], rows[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walks),
        cmocka_unit_test(test_places_in_tiles),
        cmocka_unit_test(test_extents),
        cmocka_unit_test(test_what_is_no_surface),
        cmocka_unit_test(test_levels_of_945),
        cmocka_unit_test(test_levels_to_the_right),
        cmocka_unit_test(test_compressed_levels_to_the_right),
        cmocka_unit_test(test_levels_of_915),
        cmocka_unit_test(test_faces_of_a_cube),
        cmocka_unit_test(test_faces_of_a_compressed_cube),
        cmocka_unit_test(test_slices_of_945),
        cmocka_unit_test(test_slices_of_915),
        cmocka_unit_test(test_the_extent_of_volumes),
        cmocka_unit_test(test_what_is_no_texture),
        cmocka_unit_test(test_members_out_of_range),
        cmocka_unit_test(test_a_cube_that_is_a_volume),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
