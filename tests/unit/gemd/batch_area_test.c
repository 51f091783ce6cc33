/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <stdlib.h>

#include "gemd/batch_area.h"

#define SIZE  4096u
#define SLOTS 64u

static void slots_are_apart_and_come_back_in_order(void **state)
{
    struct batch_area area;
    struct batch_slot slots[SLOTS];
    uint32_t sizes[SLOTS];
    unsigned first = 0, count = 0, taken = 0;
    batch_area_init(&area, SIZE);
    srandom(1);
    for (int i = 0; i < 20000; i++) {
        struct batch_slot slot;
        uint32_t bytes = 8u + (uint32_t)random() % (SIZE / 2 - 8);
        if (count < SLOTS && random() % 2 == 0 && batch_area_take(&area, bytes, &slot)) {
            assert_true(slot.offset % BATCH_AREA_ALIGN == 0);
            assert_true(slot.offset + bytes <= SIZE);
            for (unsigned j = 0; j < count; j++) {
                unsigned k = (first + j) % SLOTS;
                assert_true(slot.offset + bytes <= slots[k].offset ||
                            slots[k].offset + sizes[k] <= slot.offset);
            }
            slots[(first + count) % SLOTS] = slot;
            sizes[(first + count) % SLOTS] = bytes;
            count++;
            taken++;
        } else if (count > 0) {
            batch_area_give(&area, &slots[first]);
            first = (first + 1) % SLOTS;
            count--;
        }
    }
    assert_true(taken > 1000);
    while (count-- > 0) {
        batch_area_give(&area, &slots[first]);
        first = (first + 1) % SLOTS;
    }
    assert_int_equal(area.used, 0);
    assert_int_equal(area.head, area.tail);
}

static void a_cancelled_slot_leaves_no_trace(void **state)
{
    struct batch_area area;
    struct batch_slot kept, slot;
    batch_area_init(&area, SIZE);
    assert_true(batch_area_take(&area, SIZE / 2, &kept));
    assert_true(batch_area_take(&area, SIZE / 4, &slot));
    batch_area_give(&area, &kept);
    struct batch_area before = area;
    /* This one does not fit before the end: it skips what is left there. */
    assert_true(batch_area_take(&area, SIZE / 2, &kept));
    assert_int_equal(kept.offset, 0);
    batch_area_cancel(&area, &kept);
    assert_int_equal(area.tail, before.tail);
    assert_int_equal(area.used, before.used);
}

static void a_full_area_gives_nothing(void **state)
{
    struct batch_area area;
    struct batch_slot a, b, c;
    batch_area_init(&area, SIZE);
    assert_true(batch_area_take(&area, SIZE / 2, &a));
    assert_true(batch_area_take(&area, SIZE / 2, &b));
    assert_false(batch_area_take(&area, 8, &c));
    batch_area_give(&area, &a);
    assert_true(batch_area_take(&area, 8, &c));
    assert_int_equal(c.offset, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_apart_and_come_back_in_order),
        cmocka_unit_test(a_cancelled_slot_leaves_no_trace),
        cmocka_unit_test(a_full_area_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
