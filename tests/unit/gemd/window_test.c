/* SPDX-License-Identifier: MIT */
/* Windows, through the display that stacks them: what a client reads in its status page. */
#include "tests/unit/gemd/screen.h"

#include <errno.h>
#include <stdlib.h>

#include "gemd/display.h"

#define FLIPS 16u

struct bed {
    struct screen screen;
    struct display display;
    struct clock clock;
    uint64_t now;
    unsigned vblanks, turns;
    struct flip flips[FLIPS]; /* that we were told of */
    unsigned flip_count;
    struct gemd_status_window status[3];
};

static uint64_t read_clock(void *data)
{
    return ((struct bed *)data)->now;
}

static void on_vblank(void *data, uint64_t vblank, uint64_t time_ns)
{
    ((struct bed *)data)->vblanks++;
}

static void on_turned(void *data, bool on)
{
    ((struct bed *)data)->turns++;
}

/* What is seen, mirror_test looks at. */
static void on_leaving(void *data, uint64_t vblank)
{
}

static void on_changed(void *data, enum gemd_mirror_cause cause, uint64_t vblank)
{
}

static void on_flipped(void *data, struct window *window, const struct flip *flip)
{
    struct bed *bed = data;
    assert_true(bed->flip_count < FLIPS);
    /* Whoever hears of it looks at the status page. */
    assert_true(flip->state == GEMD_FLIP_DROPPED || window->status->latched == flip->serial);
    assert_true(flip->state != GEMD_FLIP_DROPPED ||
                (window->status->dropped_bits >> flip->serial % 64 & 1) != 0);
    bed->flips[bed->flip_count++] = *flip;
}

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    screen_init(&bed.screen);
    bed.clock = (struct clock){.now = read_clock, .data = &bed};
    const struct display_events events = {.vblank = on_vblank,
                                          .turned = on_turned,
                                          .leaving = on_leaving,
                                          .changed = on_changed,
                                          .flipped = on_flipped,
                                          .data = &bed};
    assert_int_equal(display_init(&bed.display, &bed.screen.gpu, &bed.clock, SCREEN_WIDTH,
                                  SCREEN_HEIGHT, false, NULL, &events),
                     0);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    while (!list_empty(&bed->display.windows)) {
        display_close(&bed->display, list_first(&bed->display.windows, struct window, link));
    }
    display_finish(&bed->display);
    screen_finish(&bed->screen);
    return 0;
}

static struct window *open_window(struct bed *bed, unsigned slot, uint32_t width, uint32_t height)
{
    int error = 0;
    char reason[MODE_REASON_MAX];
    struct window *window =
        display_open(&bed->display, width, height, &bed->status[slot], NULL, slot, &error, reason);
    assert_non_null(window);
    return window;
}

/* Presents buffer 'index' as the next frame, drawn by 'seqno'. */
static void present(struct bed *bed, struct window *window, unsigned index, uint64_t seqno,
                    uint32_t interval)
{
    const struct display_present frame = {.serial = window->accepted + 1,
                                          .seqno = seqno,
                                          .stride = SCREEN_STRIDE,
                                          .interval = interval,
                                          .mailbox = interval == 0};
    assert_int_equal(display_present(&bed->display, window, bed->screen.bos[index], &frame), 0);
}

static void tick(struct bed *bed)
{
    bed->now += 16666667;
    screen_next_frame(&bed->screen);
    display_vblank(&bed->display);
}

static bool dropped(const struct gemd_status_window *status, uint64_t serial)
{
    return (status->dropped_bits >> serial % 64 & 1) != 0;
}

static void frames_go_up_one_a_vblank(void **state)
{
    struct bed *bed = *state;
    const struct gemd_status_window *status = &bed->status[0];
    struct window *window = open_window(bed, 0, 0, 0);
    assert_int_equal(window->width, SCREEN_WIDTH);
    assert_int_equal(status->visible, 1);
    for (unsigned i = 0; i < 3; i++) {
        present(bed, window, i, 0, 1);
    }
    assert_int_equal(status->accepted, 3);
    assert_int_equal(status->pending, 1);
    assert_int_equal(status->latched, 0);
    for (uint64_t serial = 1; serial <= 3; serial++) {
        tick(bed);
        assert_int_equal(status->latched, serial);
        assert_int_equal(status->released, serial - 1);
        assert_int_equal(status->pending, serial < 3 ? serial + 1 : 0);
        assert_int_equal(status->latch_time_ns, bed->now);
    }
    assert_int_equal(status->dropped_bits, 0);
    assert_int_equal(bed->vblanks, 3);
}

static void an_interval_is_kept(void **state)
{
    struct bed *bed = *state;
    struct window *window = open_window(bed, 0, 0, 0);
    present(bed, window, 0, 0, 3);
    present(bed, window, 1, 0, 3);
    tick(bed);
    assert_int_equal(bed->status[0].latched, 1);
    uint64_t first = bed->status[0].latch_vblank;
    tick(bed);
    tick(bed);
    assert_int_equal(bed->status[0].latched, 1);
    tick(bed);
    assert_int_equal(bed->status[0].latched, 2);
    assert_int_equal(bed->status[0].latch_vblank, first + 3);
}

static void a_frame_waits_until_it_is_drawn(void **state)
{
    struct bed *bed = *state;
    struct window *window = open_window(bed, 0, 0, 0);
    present(bed, window, 0, 5, 1);
    tick(bed);
    assert_int_equal(bed->status[0].pending, 0);
    display_retired(&bed->display, window, 4);
    assert_int_equal(bed->status[0].pending, 0);
    display_retired(&bed->display, window, 5);
    assert_int_equal(bed->status[0].pending, 1);
    assert_int_equal(screen_shown(&bed->screen), 0);
}

static void the_newest_drawn_frame_replaces_what_waits(void **state)
{
    struct bed *bed = *state;
    const struct gemd_status_window *status = &bed->status[0];
    struct window *window = open_window(bed, 0, 0, 0);
    present(bed, window, 0, 0, 0);
    tick(bed);
    present(bed, window, 1, 0, 0);
    present(bed, window, 2, 0, 0);
    assert_int_equal(status->pending, 3);
    assert_true(dropped(status, 2));
    assert_int_equal(status->released, 0);
    present(bed, window, 3, 7, 0); /* not drawn yet: replaces nothing */
    assert_int_equal(status->pending, 3);
    assert_false(dropped(status, 3));
    tick(bed);
    assert_int_equal(status->latched, 3);
    assert_int_equal(status->released, 2);
}

static void a_bit_of_dropped_is_its_newest_serials(void **state)
{
    struct bed *bed = *state;
    const struct gemd_status_window *status = &bed->status[0];
    struct window *window = open_window(bed, 0, 0, 0);
    present(bed, window, 0, 0, 0);
    present(bed, window, 1, 0, 0);
    assert_true(dropped(status, 1));
    for (unsigned i = 0; i < 62; i++) {
        present(bed, window, i % 2, 0, 0);
    }
    assert_int_equal(status->accepted, 64);
    present(bed, window, 0, 0, 0);
    assert_int_equal(status->accepted, 65);
    assert_false(dropped(status, 65)); /* the same bit as that of 1 */
    assert_true(dropped(status, 64));
}

static void the_newest_window_owns_the_screen_and_the_one_below_comes_back(void **state)
{
    struct bed *bed = *state;
    struct window *below = open_window(bed, 0, 0, 0);
    present(bed, below, 0, 0, 1);
    tick(bed);
    struct window *above = open_window(bed, 1, 0, 0);
    assert_int_equal(bed->status[0].visible, 0);
    assert_int_equal(bed->status[1].visible, 1);

    /* Hidden, its frames take their turns, but what the pipe still reads is not released. */
    present(bed, below, 1, 0, 1);
    tick(bed);
    assert_int_equal(bed->status[0].latched, 2);
    assert_int_equal(bed->status[0].released, 0);
    assert_int_equal(screen_shown(&bed->screen), 0);

    present(bed, above, 2, 0, 1);
    tick(bed);
    assert_int_equal(bed->status[1].latched, 1);
    assert_int_equal(bed->status[0].released, 1);
    assert_int_equal(screen_shown(&bed->screen), 2);

    display_close(&bed->display, above);
    assert_true(display_is_reading_closed(&bed->display));
    assert_int_equal(bed->status[0].visible, 1);
    assert_int_equal(screen_shown(&bed->screen), 1); /* its last one */
    tick(bed);
    assert_false(display_is_reading_closed(&bed->display));
    assert_int_equal(bed->status[0].latched, 2);
    assert_int_equal(below->frames, 2);
}

static void hidden_windows_keep_the_pace(void **state)
{
    struct bed *bed = *state;
    struct window *below = open_window(bed, 0, 0, 0);
    open_window(bed, 1, 0, 0);
    tick(bed);
    for (unsigned i = 0; i < 3; i++) {
        present(bed, below, i, 0, 1);
    }
    uint64_t latched = bed->status[0].latched;
    assert_in_range(latched, 0, 1);
    tick(bed);
    assert_int_equal(bed->status[0].latched, latched + 1);
    tick(bed);
    assert_int_equal(bed->status[0].latched, latched + 2);
    tick(bed);
    /* Without throttle they are done at once. */
    present(bed, below, 3, 0, 0);
    present(bed, below, 4, 0, 0);
    assert_int_equal(bed->status[0].latched, 5);
    assert_int_equal(bed->status[0].released, 4);
}

static void a_frame_that_waits_when_its_window_is_hidden_still_counts(void **state)
{
    struct bed *bed = *state;
    struct window *below = open_window(bed, 0, 0, 0);
    present(bed, below, 0, 0, 1);
    assert_int_equal(bed->status[0].pending, 1);
    open_window(bed, 1, 128, 128); /* another mode: the screen goes black first */
    assert_int_equal(bed->status[0].latched, 1);
    assert_int_equal(bed->status[0].pending, 0);
    assert_int_equal(bed->status[0].dropped_bits, 0);
    tick(bed);
    assert_int_equal(fake_register(bed->screen.fake, PIPESRC_A), 127u << 16 | 127u);
}

static void the_mode_follows_the_owner(void **state)
{
    struct bed *bed = *state;
    struct window *below = open_window(bed, 0, 0, 0);
    present(bed, below, 0, 0, 1);
    tick(bed);
    struct window *above = open_window(bed, 1, 32, 32);
    tick(bed);
    assert_int_equal(fake_register(bed->screen.fake, PIPESRC_A), 31u << 16 | 31u);
    present(bed, above, 1, 0, 1);
    tick(bed);
    assert_int_equal(screen_shown(&bed->screen), 1);
    display_close(&bed->display, above);
    tick(bed);
    assert_int_equal(fake_register(bed->screen.fake, PIPESRC_A), 63u << 16 | 63u);
    assert_int_equal(screen_shown(&bed->screen), 0);
    display_close(&bed->display, below);
    tick(bed);
    assert_int_equal(fake_register(bed->screen.fake, PIPECONF_A), 0);
    assert_false(display_is_reading_closed(&bed->display));
}

static void the_last_frame_leaves_the_screen_when_nothing_takes_its_place(void **state)
{
    struct bed *bed = *state;
    open_window(bed, 0, 0, 0); /* never shows anything */
    struct window *above = open_window(bed, 1, 0, 0);
    present(bed, above, 0, 0, 1);
    tick(bed);
    display_close(&bed->display, above);
    assert_true(display_is_reading_closed(&bed->display));
    assert_int_equal(screen_shown(&bed->screen), -1);
    tick(bed);
    assert_false(display_is_reading_closed(&bed->display));
}

static void present_as(struct bed *bed, struct window *window, unsigned index,
                       struct display_present frame, int expected)
{
    frame.serial = window->accepted + 1;
    frame.stride = SCREEN_STRIDE;
    assert_int_equal(display_present(&bed->display, window, bed->screen.bos[index], &frame),
                     expected);
}

static void flips_are_told_once_each(void **state)
{
    struct bed *bed = *state;
    const struct display_present queued = {.interval = 1, .event = true};
    const struct display_present newest = {.mailbox = true, .event = true};
    struct window *window = open_window(bed, 0, 0, 0);
    present_as(bed, window, 0, queued, 0);
    tick(bed);
    present_as(bed, window, 1, newest, 0);
    present_as(bed, window, 2, newest, 0);
    tick(bed);
    open_window(bed, 1, 0, 0);
    present_as(bed, window, 3, queued, 0);
    for (unsigned i = 0; i < 3; i++) {
        tick(bed);
    }
    static const enum gemd_flip_state states[] = {GEMD_FLIP_SHOWN, GEMD_FLIP_DROPPED,
                                                  GEMD_FLIP_SHOWN, GEMD_FLIP_HIDDEN};
    assert_int_equal(bed->flip_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(bed->flips[i].serial, i + 1);
        assert_int_equal(bed->flips[i].state, states[i]);
        assert_int_equal(bed->flips[i].vblank != 0, states[i] != GEMD_FLIP_DROPPED);
    }
}

static void an_exclusive_frame_waits_for_none(void **state)
{
    struct bed *bed = *state;
    const struct display_present one = {.interval = 1, .exclusive = true};
    const struct display_present undrawn = {.interval = 1, .seqno = 9};
    struct window *window = open_window(bed, 0, 0, 0);
    assert_int_equal(window_waiting(window), 0);
    present_as(bed, window, 0, one, 0);
    assert_int_equal(window_waiting(window), 1);
    present_as(bed, window, 1, one, -EBUSY);
    tick(bed);
    assert_int_equal(window_waiting(window), 0);
    present_as(bed, window, 1, undrawn, 0);
    assert_int_equal(window_waiting(window), 3); /* queued is waiting, too */
    present_as(bed, window, 2, one, -EBUSY);
    display_retired(&bed->display, window, 9);
    tick(bed);
    present_as(bed, window, 2, one, 0);
    tick(bed);
    assert_int_equal(bed->status[0].latched, 5);
}

static void a_frame_waits_for_its_vblank(void **state)
{
    struct bed *bed = *state;
    struct window *window = open_window(bed, 0, 0, 0);
    tick(bed);
    uint64_t time_ns;
    uint64_t now = display_now(&bed->display, &time_ns);
    assert_int_equal(time_ns, bed->now);
    const struct display_present late = {.interval = 1, .target = now + 3};
    present_as(bed, window, 0, late, 0);
    for (unsigned i = 0; i < 2; i++) {
        tick(bed);
        assert_int_equal(bed->status[0].latched, 0);
    }
    assert_int_equal(bed->status[0].pending, 1);
    tick(bed);
    assert_int_equal(bed->status[0].latched, 1);
    assert_int_equal(bed->status[0].latch_vblank, now + 3);
    /* Behind another window it waits as long. */
    open_window(bed, 1, 0, 0);
    const struct display_present later = {.interval = 1, .target = now + 6};
    present_as(bed, window, 1, later, 0);
    for (unsigned i = 0; i < 2; i++) {
        tick(bed);
        assert_int_equal(bed->status[0].latched, 1);
    }
    tick(bed);
    assert_int_equal(bed->status[0].latched, 2);
}

/* As present(), and takes along what waits of the cursor. */
static void present_cursor(struct bed *bed, struct window *window, uint64_t seqno,
                           uint32_t interval)
{
    const struct display_present frame = {.serial = window->accepted + 1,
                                          .seqno = seqno,
                                          .stride = SCREEN_STRIDE,
                                          .interval = interval,
                                          .mailbox = interval == 0,
                                          .cursor = true};
    assert_int_equal(display_present(&bed->display, window, bed->screen.bos[0], &frame), 0);
}

static void a_cursor_waits_for_its_frame(void **state)
{
    struct bed *bed = *state;
    struct window *window = open_window(bed, 0, 0, 0);
    struct window_cursor *cursor = &window->cursor;
    window_cursor_set_image(cursor, calloc(64 * 64, 4), 64, true);
    window_cursor_set_image(cursor, calloc(128 * 128, 4), 128, true); /* instead */
    window_cursor_move(cursor, true, 3, 4, true);
    present(bed, window, 1, 0, 1); /* not that one */
    tick(bed);
    assert_null(cursor->image);
    assert_false(cursor->visible);
    present_cursor(bed, window, 5, 1);
    tick(bed);
    assert_null(cursor->image); /* it is not drawn */
    display_retired(&bed->display, window, 5);
    assert_non_null(cursor->image);
    assert_int_equal(cursor->side, 128);
    assert_true(cursor->visible);
    assert_int_equal(cursor->x, 3);
    assert_true(bed->display.cursor.on);
    tick(bed);
    window_cursor_move(cursor, false, 5, 6, true);
    present_cursor(bed, window, 0, 1);
    assert_false(bed->display.cursor.on);
    assert_int_equal(cursor->x, 5);
    present_cursor(bed, window, 0, 1); /* nothing waits: all stays */
    tick(bed);
    assert_int_equal(cursor->x, 5);
    assert_int_equal(cursor->images, 1);
}

/* What was said of it counts, whether its frame is seen or not. */
static void a_cursor_is_taken_from_frames_that_are_not_seen(void **state)
{
    struct bed *bed = *state;
    struct window *below = open_window(bed, 0, 0, 0);
    struct window *above = open_window(bed, 1, 0, 0);
    window_cursor_set_image(&below->cursor, calloc(64 * 64, 4), 64, true);
    window_cursor_move(&below->cursor, true, 1, 2, true);
    present_cursor(bed, below, 0, 1); /* hidden */
    tick(bed);
    assert_true(below->cursor.visible);
    assert_false(bed->display.cursor.on);
    window_cursor_move(&above->cursor, true, 7, 8, true);
    present_cursor(bed, above, 3, 1); /* still drawn, and replaced */
    display_retired(&bed->display, above, 2);
    present(bed, above, 1, 3, 0);
    display_retired(&bed->display, above, 3);
    assert_true(dropped(&bed->status[1], 1));
    assert_int_equal(above->cursor.x, 7);
    display_close(&bed->display, above);
    assert_true(bed->display.cursor.on);
}

static void too_many_frames_are_refused(void **state)
{
    struct bed *bed = *state;
    struct window *window = open_window(bed, 0, 0, 0);
    for (unsigned i = 0; i < WINDOW_QUEUE_MAX; i++) {
        present(bed, window, 0, 9, 1);
    }
    const struct display_present frame = {
        .serial = window->accepted + 1, .seqno = 9, .stride = SCREEN_STRIDE, .interval = 1};
    assert_int_equal(display_present(&bed->display, window, bed->screen.bos[0], &frame), -EBUSY);
    assert_int_equal(bed->status[0].accepted, WINDOW_QUEUE_MAX + 1);
    assert_true(dropped(&bed->status[0], WINDOW_QUEUE_MAX + 1));
}

static void every_change_is_counted(void **state)
{
    struct bed *bed = *state;
    struct window *window = open_window(bed, 0, 0, 0);
    uint32_t changes = bed->status[0].changes;
    tick(bed);
    assert_int_equal(bed->status[0].changes, changes);
    present(bed, window, 0, 0, 1);
    assert_int_not_equal(bed->status[0].changes, changes);
    changes = bed->status[0].changes;
    tick(bed);
    assert_int_not_equal(bed->status[0].changes, changes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(frames_go_up_one_a_vblank),
        TEST(an_interval_is_kept),
        TEST(a_frame_waits_until_it_is_drawn),
        TEST(the_newest_drawn_frame_replaces_what_waits),
        TEST(a_bit_of_dropped_is_its_newest_serials),
        TEST(the_newest_window_owns_the_screen_and_the_one_below_comes_back),
        TEST(hidden_windows_keep_the_pace),
        TEST(a_frame_that_waits_when_its_window_is_hidden_still_counts),
        TEST(the_mode_follows_the_owner),
        TEST(the_last_frame_leaves_the_screen_when_nothing_takes_its_place),
        TEST(flips_are_told_once_each),
        TEST(an_exclusive_frame_waits_for_none),
        TEST(a_frame_waits_for_its_vblank),
        TEST(a_cursor_waits_for_its_frame),
        TEST(a_cursor_is_taken_from_frames_that_are_not_seen),
        TEST(too_many_frames_are_refused),
        TEST(every_change_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
