/* SPDX-License-Identifier: MIT */
/* The 3D pipeline as the streamer drives it: it follows the GTT, and stops when a page is missing.
 */
#include "tests/model/test.h"

#define WHITE 0xffffffffu

static int setup(void **state)
{
    static struct model_harness h;

    harness_init(&h, NULL);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    harness_finish(*state);
    return 0;
}

/* 16x16 ARGB8888 in the page at DATA, a program that takes the diffuse colour. */
static void set_state(struct model_harness *h)
{
    RUN(h, 0x7d8e0001, 0x03000040, DATA, 0x7d850000, 0x10880300, 0x7d800003, 0x40000000, 0,
        0x000f000f, 0, 0x7d040743, 0xffffffff, 0x00902440, 0, 0x00000006, 0x7d050005, 0x190a3c00, 0,
        0, 0x02203ca0, 0x01230000, 0);
}

/* (0, 0) (32, 0) (0, 32): covers the target. */
#define TRIANGLE                                                                                   \
    0x7f00000b, 0, 0, 0, WHITE, 0x42000000, 0, 0, WHITE, 0, 0x42000000, 0, WHITE, MI_NOOP

static void draws_through_the_gtt(void **state)
{
    struct model_harness *h = *state;
    uint32_t *pixels = harness_bind(h, DATA, 4096);

    set_state(h);
    RUN(h, TRIANGLE);
    assert_false(harness_stopped(h));
    assert_int_equal(load(&pixels[0]), WHITE);
    assert_int_equal(load(&pixels[255]), WHITE);
    assert_int_equal(load(&pixels[256]), 0);
}

static void looks_again_after_a_flush(void **state)
{
    struct model_harness *h = *state;
    uint32_t *first = harness_bind(h, DATA, 4096);
    uint32_t *second = harness_bind(h, DATA + 4096, 4096);

    set_state(h);
    RUN(h, TRIANGLE);
    first[0] = 0;
    hw_gtt_write(h->dev, DATA / 4096, hw_gtt_read(h->dev, DATA / 4096 + 1));
    RUN(h, MI_FLUSH, MI_NOOP, TRIANGLE);
    assert_int_equal(load(&first[0]), 0);
    assert_int_equal(load(&second[0]), WHITE);
}

static void stops_at_a_missing_page(void **state)
{
    struct model_harness *h = *state;

    set_state(h);
    RUN(h, TRIANGLE);
    assert_true(harness_stopped(h));
    assert_true(hw_read(h->dev, PGTBL_ER) & PGTBL_ER_LC_PTE);
    assert_true(harness_logged(h, "no page behind GTT address 0x200000"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(draws_through_the_gtt),
        TEST(looks_again_after_a_flush),
        TEST(stops_at_a_missing_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
