/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "gemd/handle_table.h"

#define HANDLES 300u

static void agrees_with_an_array(void **state)
{
    struct handle_table table;
    int objects[HANDLES];
    bool there[HANDLES] = {false};
    handle_table_init(&table, HANDLES);
    srandom(4);
    for (int i = 0; i < 100000; i++) {
        uint32_t handle = 1 + (uint32_t)random() % (HANDLES - 1);
        if (random() % 2 == 0) {
            assert_int_equal(handle_table_add(&table, handle, &objects[handle]),
                             there[handle] ? -EEXIST : 0);
            there[handle] = true;
        } else {
            assert_ptr_equal(handle_table_remove(&table, handle),
                             there[handle] ? &objects[handle] : NULL);
            there[handle] = false;
        }
        uint32_t other = 1 + (uint32_t)random() % (HANDLES - 1);
        assert_ptr_equal(handle_table_find(&table, other), there[other] ? &objects[other] : NULL);
    }
    uint32_t count = table.count;
    while (handle_table_pop(&table) != NULL) {
        count--;
    }
    assert_int_equal(count, 0);
    handle_table_finish(&table);
}

static void limits_hold(void **state)
{
    struct handle_table table;
    int object;
    handle_table_init(&table, 2);
    assert_null(handle_table_find(&table, 1));
    assert_null(handle_table_remove(&table, 1));
    assert_int_equal(handle_table_add(&table, 0, &object), -EINVAL);
    assert_int_equal(handle_table_add(&table, UINT32_MAX, &object), 0);
    assert_int_equal(handle_table_add(&table, 1, &object), 0);
    assert_int_equal(handle_table_add(&table, 2, &object), -ENOSPC);
    assert_ptr_equal(handle_table_remove(&table, UINT32_MAX), &object);
    assert_int_equal(handle_table_add(&table, 2, &object), 0);
    handle_table_finish(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_an_array),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
