/* SPDX-License-Identifier: MIT */
/* Streams that must run, and what becomes of their addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stream.h"

static struct stream s;

static int start(void **state)
{
    stream_init(&s);
    return 0;
}

static void assert_accepted(void)
{
    enum validator_rule rule = stream_check(&s);

    if (rule != VALIDATOR_ACCEPTED) {
        fail_msg("refused: dword %u of %s: %s: %s", s.verdict.dword, s.verdict.command,
                 validator_rule_name(rule), s.verdict.text);
    }
}

static void test_blits(void **state)
{
    stream_put_color_blt(&s);
    stream_put_copy_blt(&s);
    assert_accepted();
    assert_int_equal(s.words[4], 0x100000);
    assert_int_equal(s.words[10], 0x100000);
    assert_int_equal(s.words[13], 0x200000);
    assert_int_equal(s.buffers[STREAM_TARGET].used, VALIDATOR_READ | VALIDATOR_WRITE);
    assert_int_equal(s.buffers[STREAM_TEXTURE].used, VALIDATOR_READ);
    assert_int_equal(s.buffers[STREAM_DEPTH].used, 0);
    assert_int_equal(s.verdict.cost, 16 * 16 + 10 * 4);
}

/* Blits go through the fence of a tiled buffer; surfaces of the 3D engine only if they say so. */
static void test_fences(void **state)
{
    const struct {
        uint32_t bits;
        uint32_t used;
    } targets[] = {
        {1u << 22, VALIDATOR_READ | VALIDATOR_WRITE},
        {1u << 23, VALIDATOR_READ | VALIDATOR_WRITE | VALIDATOR_FENCED},
    };

    stream_put_color_blt(&s);
    s.buffers[STREAM_TARGET].tiling = GEN3_TILED_X;
    s.buffers[STREAM_TARGET].pitch = 1024;
    assert_accepted();
    assert_int_equal(s.buffers[STREAM_TARGET].used,
                     VALIDATOR_READ | VALIDATOR_WRITE | VALIDATOR_FENCED);
    for (unsigned i = 0; i < 2; i++) {
        stream_init(&s);
        stream_put_triangle_state(&s);
        stream_put_triangle(&s);
        s.buffers[STREAM_TARGET].tiling = GEN3_TILED_X;
        s.buffers[STREAM_TARGET].pitch = 1024;
        s.words[1] |= targets[i].bits;
        assert_accepted();
        assert_int_equal(s.buffers[STREAM_TARGET].used, targets[i].used);
    }
    /* Of a linear buffer there is none. */
    stream_init(&s);
    stream_put_triangle_state(&s);
    stream_put_triangle(&s);
    s.words[1] |= 1u << 23;
    assert_accepted();
    assert_int_equal(s.buffers[STREAM_TARGET].used, VALIDATOR_READ | VALIDATOR_WRITE);
}

static void test_triangle(void **state)
{
    stream_put_triangle_state(&s);
    stream_put_triangle(&s);
    stream_put_triangle(&s);
    assert_accepted();
    assert_int_equal(s.words[2], 0x100000);
    assert_true(s.verdict.cost > 0);
}

static void test_texture(void **state)
{
    stream_put_triangle_state(&s);
    stream_put_map(&s);
    stream_put_sampler(&s);
    stream_put_texture_program(&s);
    stream_put_triangle(&s);
    assert_accepted();
    assert_int_equal(s.buffers[STREAM_TEXTURE].used, VALIDATOR_READ);
}

/*
 * Mesa asks for a quarter of a level beyond the only one, and for a least LOD beyond the greatest:
 * both words are mended, and others are not.
 */
static void test_lods_beyond_the_buffer_are_mended(void **state)
{
    stream_put_triangle_state(&s);
    stream_put_map(&s);
    s.words[s.count - 1] |= 1u << 9;
    size_t ms4 = s.count - 1;
    stream_put_sampler(&s);
    s.words[s.count - 3] = 0x00300000;
    s.words[s.count - 2] |= 0x20u << 24;
    size_t ss3 = s.count - 2;
    stream_put_texture_program(&s);
    stream_put_triangle(&s);
    assert_accepted();
    assert_int_equal(s.words[ms4], 0x1fff8000);
    assert_int_equal(s.words[ss3], 0x000024a0);
}

static void test_lods_inside_the_buffer_are_kept(void **state)
{
    stream_put_triangle_state(&s);
    stream_put_map(&s);
    s.words[s.count - 1] |= 1u << 9;
    size_t ms4 = s.count - 1;
    stream_put_sampler(&s);
    s.words[s.count - 3] = 0x00300000;
    s.words[s.count - 2] |= 0x04u << 24;
    size_t ss3 = s.count - 2;
    stream_put_texture_program(&s);
    stream_put_triangle(&s);
    s.buffers[STREAM_TEXTURE].size = (256 + 128) * 1024;
    assert_accepted();
    assert_int_equal(s.words[ms4], 0x1fff8200);
    assert_int_equal(s.words[ss3], 0x040024a0);
}

/* Three slices are there: rows 0, 16 and 32 of 42. */
static void test_slices_beyond_the_buffer_are_mended(void **state)
{
    stream_put_triangle_state(&s);
    stream_put_map(&s);
    size_t ms4 = s.count - 1;
    s.words[ms4 - 1] = 9u << 21 | 14u << 10 | 0x180;
    s.words[ms4] = 15u << 21 | 1u << 9 | 8;
    stream_put_sampler(&s);
    stream_put_texture_program(&s);
    s.words[s.count - 6] = 0x19980000; /* S0 is a volume */
    stream_put_triangle(&s);
    s.buffers[STREAM_TEXTURE].size = 42 * 64;
    assert_accepted();
    assert_int_equal(s.words[ms4], 15u << 21 | 2);
}

/* What Mesa's driver says first in each batch, and its unset dynamic slots. */
static void test_mesas_invariant_state(void **state)
{
    PUT(&s, 0x02000001, 0x6601c140, 0x7d990000, 0, 0x7d9a0000, 0, 0x7d980000, 0);
    PUT(&s, 0x76fac688, 0x6700a770, 0x7c880002, 0x7d070000, 0);
    PUT(&s, 0x7d0407f6, 0, 0x04040000, 0xffffffff, 0, 0x00902440, 0, 6);
    PUT(&s, 0x6d3fffff, 0x7d970000, 0x3f800000, 0x6b800a51, 0x7d880000, 0x12345678, 0, 0,
        0x7d830000, 0, 0x7c800002, 0x7d810001, 0, 0x00ff00ff);
    assert_accepted();
}

/* A context without a target sends what it has; only drawing into it would be wrong. */
static void test_an_empty_rectangle_that_nobody_draws_in(void **state)
{
    PUT(&s, 0x7d800003, 0x40000000, 0x00000000, 0xffffffff, 0x00000000);
    assert_accepted();
}

/* UXA's bit 4 does not reach the GPU. */
static void test_a_flush_that_ends_a_scene_is_mended(void **state)
{
    PUT(&s, 0x02000011, 0x02000014, 0x02000007);
    assert_accepted();
    assert_int_equal(s.words[0], 0x02000001);
    assert_int_equal(s.words[1], 0x02000004);
    assert_int_equal(s.words[2], 0x02000007);
}

static void test_padding_after_the_end(void **state)
{
    PUT(&s, 0, 0x05000000, 0, 0, 0);
    assert_int_equal(stream_check_as_is(&s), VALIDATOR_ACCEPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_blits, start),
        cmocka_unit_test_setup(test_fences, start),
        cmocka_unit_test_setup(test_triangle, start),
        cmocka_unit_test_setup(test_texture, start),
        cmocka_unit_test_setup(test_lods_beyond_the_buffer_are_mended, start),
        cmocka_unit_test_setup(test_lods_inside_the_buffer_are_kept, start),
        cmocka_unit_test_setup(test_slices_beyond_the_buffer_are_mended, start),
        cmocka_unit_test_setup(test_mesas_invariant_state, start),
        cmocka_unit_test_setup(test_an_empty_rectangle_that_nobody_draws_in, start),
        cmocka_unit_test_setup(test_a_flush_that_ends_a_scene_is_mended, start),
        cmocka_unit_test_setup(test_padding_after_the_end, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
