/* SPDX-License-Identifier: MIT */
/*
 * Sound streams, bent at random but always alike. Nothing crashes, and what is accepted touches
 * only its buffers in the opinion of the oracle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oracle.h"

#define MUTATIONS 400000

static struct stream s;

static uint32_t random_next(void)
{
    static uint32_t x = 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static uint32_t random_below(uint32_t limit)
{
    return random_next() % limit;
}

static void build_blits(void)
{
    stream_put_color_blt(&s);
    stream_put_copy_blt(&s);
}

static void build_drawing(void)
{
    stream_put_triangle_state(&s);
    stream_put_depth_buffer(&s);
    PUT(&s, 0x7d040400, 0x0008000e);
    stream_put_triangle(&s);
    PUT(&s, 0x7d9c0005, 0x00010007, 0, 0, 0xff00ff00, 0x3f800000, 0);
    PUT(&s, 0x7f280005, 0x43800000, 0x43800000, 0, 0x43800000, 0, 0);
}

static void build_textures(void)
{
    stream_put_triangle_state(&s);
    stream_put_map(&s);
    stream_put_sampler(&s);
    stream_put_texture_program(&s);
    stream_put_triangle(&s);
    stream_put_sampler(&s);
    s.words[s.count - 3] = 0x00300000; /* linear between levels */
    stream_put_triangle(&s);
}

static void build_indirect(void)
{
    stream_put_triangle_state(&s);
    PUT(&s, 0x7d040031);
    stream_address(&s, STREAM_VERTICES, 0, VALIDATOR_READ);
    PUT(&s, 0x04040000, 0x7f820003, 0x00fe0000, 0x000000ff, 0x7f800003, 253);
}

/* Words that programs with an error in them are fond of. */
static const uint32_t likely[] = {0,          1,          0x7f,       0x80,       0xff,
                                  0x7fff,     0x8000,     0xffff,     0x10000,    0x7fffffff,
                                  0x80000000, 0xffffffff, 0x00ff0000, 0xff000000, 0x7f800000};

static void bend_word(void)
{
    uint32_t *word = &s.words[random_below((uint32_t)s.count)];

    switch (random_below(5)) {
    case 0:
        *word ^= 1u << random_below(32);
        break;
    case 1:
        *word = likely[random_below(sizeof(likely) / sizeof(likely[0]))];
        break;
    case 2:
        *word += random_below(9) - 4;
        break;
    case 3:
        *word = random_next();
        break;
    default:
        *word = s.words[random_below((uint32_t)s.count)];
        break;
    }
}

static void bend_reloc(void)
{
    struct validator_reloc *reloc = &s.relocs[random_below((uint32_t)s.reloc_count)];

    switch (random_below(5)) {
    case 0:
        reloc->dword = random_below((uint32_t)s.count + 4);
        break;
    case 1:
        reloc->buffer = random_below(STREAM_BUFFERS + 1);
        break;
    case 2:
        reloc->delta = random_below(64) * 4096;
        break;
    case 3:
        reloc->delta = random_next();
        break;
    default:
        reloc->use = random_below(5);
        break;
    }
}

static void bend_buffer(void)
{
    struct validator_buffer *buffer = &s.buffers[random_below(STREAM_BUFFERS)];

    switch (random_below(3)) {
    case 0:
        buffer->size = random_below(256 * 1024) + 1;
        break;
    case 1:
        buffer->tiling = (enum gen3_tiling)random_below(3);
        buffer->pitch = 1024;
        break;
    default:
        buffer->rights = random_below(4);
        break;
    }
}

static void bend(void)
{
    for (uint32_t i = 0, count = 1 + random_below(3); i < count; i++) {
        uint32_t what = random_below(10);

        if (what == 0) {
            bend_reloc();
        } else if (what == 1) {
            bend_buffer();
        } else {
            bend_word();
        }
    }
}

static void test_mutations(void **state)
{
    static void (*const builds[])(void) = {build_blits, build_drawing, build_textures,
                                           build_indirect};
    unsigned accepted = 0;

    for (unsigned i = 0; i < MUTATIONS; i++) {
        stream_init(&s);
        builds[i % 4]();
        PUT(&s, 0x05000000);
        bend();
        if (stream_check_as_is(&s) == VALIDATOR_ACCEPTED) {
            accepted++;
            if (!oracle_agrees(&s)) {
                fail_msg("mutation %u was accepted", i);
            }
        }
    }
    /* Harmless ones are plenty; were they none, the test would test nothing. */
    assert_in_range(accepted, MUTATIONS / 20, MUTATIONS * 19 / 20);
    print_message("%u of %u accepted\n", accepted, MUTATIONS);
}

/* The oracle itself must be able to say no. */
static void test_the_oracle_can_disagree(void **state)
{
    stream_init(&s);
    build_blits();
    PUT(&s, 0x05000000);
    assert_int_equal(stream_check_as_is(&s), VALIDATOR_ACCEPTED);
    assert_true(oracle_agrees(&s));
    s.buffers[STREAM_TEXTURE].size = 6 * 256;
    assert_false(oracle_agrees(&s));
    s.buffers[STREAM_TEXTURE].size = 256 * 1024;
    s.words[4] = 0x00ffff00;
    assert_false(oracle_agrees(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_the_oracle_can_disagree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
