/* SPDX-License-Identifier: MIT */
/* The comparison must see what it is there to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/gears/compare.h"

enum { SIZE = 16 };

/* The left half dark, the right half light: edges in the two columns of the middle. */
static void paint(struct picture *picture, uint8_t *pixels)
{
    *picture =
        (struct picture){.width = SIZE, .height = SIZE, .stride = 4 * SIZE, .pixels = pixels};
    for (unsigned i = 0; i < SIZE * SIZE; i++) {
        memset(pixels + 4 * (size_t)i, i % SIZE < SIZE / 2 ? 10 : 200, 4);
    }
}

struct pair {
    uint8_t pixels[2][4 * SIZE * SIZE];
    struct picture a, b;
};

static void setup(struct pair *pair)
{
    paint(&pair->a, pair->pixels[0]);
    paint(&pair->b, pair->pixels[1]);
}

static uint8_t *at(struct pair *pair, unsigned x, unsigned y)
{
    return pair->pixels[1] + 4 * (size_t)(y * SIZE + x);
}

static void test_same(void **state)
{
    struct pair pair;
    struct difference d;
    setup(&pair);
    assert_true(compare_pictures(&pair.a, &pair.b, &d));
    assert_true(d.mean == 0);
    assert_int_equal(d.worst, 0);
    assert_int_equal(d.edges, 2 * SIZE);
    assert_int_equal(d.off_edges + d.off_inside, 0);
}

static void test_a_pixel_on_an_edge(void **state)
{
    struct pair pair;
    struct difference d;
    setup(&pair);
    at(&pair, SIZE / 2, 3)[1] = 10;
    assert_true(compare_pictures(&pair.a, &pair.b, &d));
    assert_int_equal(d.worst, 190);
    assert_int_equal(d.off_edges, 1);
    assert_int_equal(d.off_inside, 0);
    assert_true(d.mean > 0.24 && d.mean < 0.25); /* 190 / (3 * 256) */
}

static void test_a_pixel_inside(void **state)
{
    struct pair pair;
    struct difference d;
    setup(&pair);
    at(&pair, 0, SIZE - 1)[2] = 10 + COMPARE_NOTICED + 1;
    assert_true(compare_pictures(&pair.a, &pair.b, &d));
    assert_int_equal(d.off_inside, 1);
    assert_int_equal(d.off_edges, 0);
}

static void test_rounding_is_not_off(void **state)
{
    struct pair pair;
    struct difference d;
    setup(&pair);
    at(&pair, 2, 2)[0] = 10 - COMPARE_NOTICED;
    assert_true(compare_pictures(&pair.a, &pair.b, &d));
    assert_int_equal(d.worst, COMPARE_NOTICED);
    assert_int_equal(d.off_inside + d.off_edges, 0);
}

static void test_another_size(void **state)
{
    struct pair pair;
    struct difference d;
    setup(&pair);
    pair.b.height--;
    assert_false(compare_pictures(&pair.a, &pair.b, &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),           cmocka_unit_test(test_a_pixel_on_an_edge),
        cmocka_unit_test(test_a_pixel_inside), cmocka_unit_test(test_rounding_is_not_off),
        cmocka_unit_test(test_another_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
