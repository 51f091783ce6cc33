/* SPDX-License-Identifier: MIT */
/* Notes: what tells others that something is drawn comes behind the pixels, in order. */
#include "tests/render/bed.h"

#include <stdatomic.h>
#include <string.h>

#define SIZE   256
#define EXTENT (SIZE * SIZE * 4u)
#define SECOND (COLOR_AT + 2 * EXTENT)
#define TURNS  40

/* Delivered by threads of the pipeline, one after the other. */
struct told {
    struct bed *bed;
    atomic_uint count;
    atomic_uint out_of_order, too_early;
};

static void begin(struct bed *bed, struct told *told)
{
    memset(told, 0, sizeof(*told));
    told->bed = bed;
    bed->deferred = true;
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
    bed_diffuse_program(bed);
}

/* place: where the target is, value: what each of its pixels must be; 0: nothing is known. */
static void deliver(void *owner, const struct render_note *note)
{
    struct told *told = owner;
    const unsigned number = atomic_load(&told->count);
    bool early = false;
    for (int y = 0; note->value != 0 && y < SIZE; y += 5) {
        for (int x = 0; x < SIZE; x += 3) {
            early |= bed_pixel(told->bed, note->place, SIZE * 4, x, y) != note->value;
        }
    }
    atomic_fetch_add(&told->too_early, early);
    atomic_fetch_add(&told->out_of_order, note->low != 0 && note->low != number + 1);
    atomic_store(&told->count, number + 1);
}

/* 'number' from 1 on; 0: of no account. It stands in 'low', an address that nobody uses. */
static void notify(struct told *told, unsigned number, uint32_t place, uint32_t value)
{
    const struct render_note note = {.deliver = deliver,
                                     .owner = told,
                                     .low = number,
                                     .high = number,
                                     .place = place,
                                     .value = value};
    render_notify(told->bed->render, &note);
}

static void cover(struct bed *bed, uint32_t argb)
{
    for (unsigned layer = 0; layer < 3; layer++) {
        bed_fill(bed, 0, 0, SIZE, SIZE, 0, layer < 2 ? 0xff000000 | layer : argb);
    }
}

static void test_pixels_come_first(void **state)
{
    struct bed *bed = *state;
    struct told told;
    begin(bed, &told);
    for (unsigned turn = 1; turn <= TURNS; turn++) {
        const uint32_t place = turn & 1 ? COLOR_AT : SECOND, color = 0xff000100 * turn | 0xff000000;
        /* two of them by turns: none is drawn to while its note looks at it */
        SEND(bed, 0x7d8e0001, 0x03000000 | SIZE * 4, place);
        cover(bed, color);
        notify(&told, turn, place, color);
        if (!(turn & 1)) {
            render_finish(bed->render);
            assert_int_equal(atomic_load(&told.count), turn);
        }
    }
    assert_int_equal(atomic_load(&told.out_of_order), 0);
    assert_int_equal(atomic_load(&told.too_early), 0);
}

static void test_order_without_waiting(void **state)
{
    struct bed *bed = *state;
    struct told told;
    begin(bed, &told);
    unsigned number = 0;
    for (unsigned turn = 1; turn <= TURNS; turn++) {
        cover(bed, turn);
        /* also more than a scene has places for */
        for (unsigned i = 0; i < turn % 13; i++) {
            notify(&told, ++number, 0, 0);
        }
    }
    render_finish(bed->render);
    assert_int_equal(atomic_load(&told.count), number);
    assert_int_equal(atomic_load(&told.out_of_order), 0);
}

static void test_nothing_drawn(void **state)
{
    struct bed *bed = *state;
    struct told told;
    begin(bed, &told);
    notify(&told, 1, 0, 0);
    assert_int_equal(atomic_load(&told.count), 1);
    /* one tile: nobody else would draw it while the caller does something else */
    bed_fill(bed, 3, 3, 9, 9, 0, 0xff00ff00);
    notify(&told, 2, 0, 0);
    assert_int_equal(atomic_load(&told.count), 2);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 8, 8), 0xff00ff00);
}

static void test_what_a_note_writes_is_pending(void **state)
{
    struct bed *bed = *state;
    struct told told;
    begin(bed, &told);
    for (unsigned turn = 1; turn <= TURNS; turn++) {
        cover(bed, 0xff000000 | turn);
        const struct render_note note = {
            .deliver = deliver, .owner = &told, .low = TEXTURE_AT, .high = TEXTURE_AT + 4};
        render_notify(bed->render, &note);
        render_finish_range(bed->render, TEXTURE_AT + 3, TEXTURE_AT + 8, turn & 1);
        assert_int_equal(atomic_load(&told.count), turn);
    }
}

#define TEST(test)                                                                                 \
    WITH_KERNEL(test, "baseline"), WITH_KERNEL(test, "baseline/2"),                                \
        WITH_KERNEL(test, "baseline/3"), WITH_KERNEL(test, "baseline/5")

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pixels_come_first),
        TEST(test_order_without_waiting),
        TEST(test_nothing_drawn),
        TEST(test_what_a_note_writes_is_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
