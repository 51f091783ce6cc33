/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <stdlib.h>
#include <string.h>

#include "gemd/gtt_space.h"

#define PAGES 512u

static void neighbours_become_one_again(void **state)
{
    struct gtt_space space;
    assert_int_equal(gtt_space_init(&space, PAGES), 0);
    uint32_t a = gtt_space_take(&space, 100, 1);
    uint32_t b = gtt_space_take(&space, 100, 1);
    uint32_t c = gtt_space_take(&space, 312, 1);
    assert_int_equal(space.free_pages, 0);
    assert_int_equal(gtt_space_take(&space, 1, 1), GTT_SPACE_NONE);
    gtt_space_give(&space, a);
    gtt_space_give(&space, c);
    assert_int_equal(gtt_space_longest(&space), 312);
    gtt_space_give(&space, b);
    assert_int_equal(gtt_space_longest(&space), PAGES);
    assert_int_equal(gtt_space_take(&space, PAGES, 1), 0);
    gtt_space_finish(&space);
}

static void alignment_holds(void **state)
{
    struct gtt_space space;
    assert_int_equal(gtt_space_init(&space, PAGES), 0);
    assert_int_equal(gtt_space_take(&space, 1, 1), 0);
    uint32_t place = gtt_space_take(&space, 64, 64);
    assert_int_equal(place % 64, 0);
    assert_int_not_equal(place, GTT_SPACE_NONE);
    /* What lies between is still to be had. */
    assert_int_not_equal(gtt_space_take(&space, 63, 1), GTT_SPACE_NONE);
    assert_int_equal(gtt_space_take(&space, 512, 512), GTT_SPACE_NONE);
    gtt_space_finish(&space);
}

/* Where the oracle, a map of used pages, sees a run of free pages. */
static bool oracle_fits(const bool *used, uint32_t pages, uint32_t align)
{
    for (uint32_t first = 0; first + pages <= PAGES; first += align) {
        uint32_t run = 0;
        while (run < pages && !used[first + run]) {
            run++;
        }
        if (run == pages) {
            return true;
        }
    }
    return false;
}

static void agrees_with_a_map_of_pages(void **state)
{
    struct gtt_space space;
    bool used[PAGES] = {false};
    uint32_t length[PAGES] = {0};
    assert_int_equal(gtt_space_init(&space, PAGES), 0);
    srandom(2);
    unsigned refused = 0;
    for (int i = 0; i < 50000; i++) {
        uint32_t pages = 1 + (uint32_t)random() % 40;
        uint32_t align = 1u << (random() % 4);
        if (random() % 2 == 0) {
            uint32_t place = gtt_space_take(&space, pages, align);
            assert_int_equal(place != GTT_SPACE_NONE, oracle_fits(used, pages, align));
            if (place == GTT_SPACE_NONE) {
                refused++;
                continue;
            }
            assert_int_equal(place % align, 0);
            for (uint32_t page = 0; page < pages; page++) {
                assert_false(used[place + page]);
                used[place + page] = true;
            }
            length[place] = pages;
        } else {
            uint32_t first = (uint32_t)random() % PAGES;
            if (length[first] != 0) {
                gtt_space_give(&space, first);
                memset(&used[first], 0, length[first]);
                length[first] = 0;
            }
        }
    }
    assert_true(refused > 100);
    gtt_space_finish(&space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_become_one_again),
        cmocka_unit_test(alignment_holds),
        cmocka_unit_test(agrees_with_a_map_of_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
