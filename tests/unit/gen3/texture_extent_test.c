/* SPDX-License-Identifier: MIT */
/*
 * What no proof reaches (doc/validator.md): the extent of a texture covers all of its images, and
 * no more. Every side up to 40 and those around powers of two, all counts of levels, all block
 * shapes, both classes of chips; of volumes every depth up to 20 and those around powers of two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hw/gen3/surface.h"

#define SIDES_MAX  64u
#define MAX_SIDE   2048u
#define MAX_LEVELS 12u
#define MAX_DEPTH  256u
#define PITCH      8192u /* places do not depend on it */

static const struct {
    uint8_t bytes, width, height;
} blocks[] = {{1, 1, 1}, {2, 1, 1}, {4, 1, 1}, {8, 4, 4}, {16, 4, 4}, {16, 8, 4}};
#define BLOCKS (sizeof(blocks) / sizeof(blocks[0]))

/* Every one up to 'dense', then those around powers of two. */
static unsigned sides_up_to(uint32_t dense, uint32_t most, uint32_t sides[SIDES_MAX])
{
    unsigned count = 0;

    for (uint32_t side = 1; side <= dense; side++) {
        sides[count++] = side;
    }
    for (uint32_t power = 2; power <= most; power <<= 1) {
        for (uint32_t side = power - 1; side <= power + 1; side++) {
            if (side > dense && side <= most) {
                sides[count++] = side;
            }
        }
    }
    assert_true(count <= SIDES_MAX);
    return count;
}

static uint32_t smaller(uint32_t size, uint32_t level)
{
    return size >> level > 0 ? size >> level : 1;
}

static void assert_covered(const struct gen3_texture *t)
{
    uint64_t width_bytes = 0, rows = 0, right = 0, bottom = 0;

    assert_true(gen3_texture_extent(t, PITCH, &width_bytes, &rows));
    for (uint32_t level = 0; level < t->levels; level++) {
        const uint32_t slices = t->cube ? 6 : t->volume ? smaller(t->depth, level) : 1;
        const uint32_t columns = (smaller(t->width, level) + t->block_width - 1) / t->block_width;
        const uint32_t lines = (smaller(t->height, level) + t->block_height - 1) / t->block_height;

        for (uint32_t slice = 0; slice < slices; slice++) {
            uint32_t x, y;

            assert_true(gen3_texture_image(t, PITCH, level, slice, &x, &y));
            right = (uint64_t)x + columns > right ? (uint64_t)x + columns : right;
            bottom = (uint64_t)y + lines > bottom ? (uint64_t)y + lines : bottom;
        }
    }
    if (right * t->block_bytes != width_bytes || bottom != rows) {
        fail_msg("%ux%ux%u, %u levels, blocks of %u bytes, cube %d volume %d right %d 945 %d: %llu "
                 "bytes x %llu rows, images take %llu x %llu",
                 t->width, t->height, t->depth, t->levels, t->block_bytes, t->cube, t->volume,
                 t->levels_right, t->is_945_class, (unsigned long long)width_bytes,
                 (unsigned long long)rows, (unsigned long long)right * t->block_bytes,
                 (unsigned long long)bottom);
    }
}

/* With each shape of block, each count of levels, on chips of each class. */
static void assert_all_covered(struct gen3_texture *t)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        t->block_bytes = blocks[i].bytes;
        t->block_width = blocks[i].width;
        t->block_height = blocks[i].height;
        for (t->levels = 1; t->levels <= MAX_LEVELS; t->levels++) {
            t->is_945_class = false;
            assert_covered(t);
            t->is_945_class = true;
            assert_covered(t);
        }
    }
}

static void test_2d(void **state)
{
    uint32_t sides[SIDES_MAX];
    const unsigned count = sides_up_to(40, MAX_SIDE, sides);

    for (unsigned w = 0; w < count; w++) {
        for (unsigned h = 0; h < count; h++) {
            struct gen3_texture t = {.width = sides[w], .height = sides[h], .depth = 1};

            assert_all_covered(&t);
            t.levels_right = true;
            assert_all_covered(&t);
        }
    }
}

static void test_cubes(void **state)
{
    for (uint32_t side = 1; side <= MAX_SIDE; side++) {
        struct gen3_texture t = {.width = side, .height = side, .depth = 1, .cube = true};

        assert_all_covered(&t);
    }
}

static void test_volumes(void **state)
{
    uint32_t sides[SIDES_MAX], depths[SIDES_MAX];
    const unsigned count = sides_up_to(5, MAX_SIDE, sides);
    const unsigned depth_count = sides_up_to(20, MAX_DEPTH, depths);

    for (unsigned w = 0; w < count; w++) {
        for (unsigned h = 0; h < count; h += 3) {
            for (unsigned d = 0; d < depth_count; d++) {
                struct gen3_texture t = {
                    .width = sides[w], .height = sides[h], .depth = depths[d], .volume = true};

                t.is_945_class = true;
                t.block_bytes = t.block_width = t.block_height = 1;
                for (t.levels = 1; t.levels <= MAX_LEVELS; t.levels += 3) {
                    assert_covered(&t);
                }
                if (w % 4 == 0 && depths[d] <= 33) {
                    assert_all_covered(&t);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_2d),
        cmocka_unit_test(test_cubes),
        cmocka_unit_test(test_volumes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
