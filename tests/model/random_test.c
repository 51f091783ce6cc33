/* SPDX-License-Identifier: MIT */
/*
 * Commands with random contents: whatever they do, the device lives, says so when it stops, and a
 * reset brings it back.
 */
#include "tests/model/test.h"

#include <sched.h>
#include <string.h>

#include "hw/gen3/command.h"
#include "hw/model/watch.h"

/* ThreadSanitizer looks at each byte of large fills. */
#ifdef __SANITIZE_THREAD__
#define ROUNDS 400
#else
#define ROUNDS 4000
#endif
#define WATCHED     400
#define BATCH_BYTES 0x4000u
#define LOOKS       200 /* at a streamer that may have gone astray, before it is reset */

static uint32_t seed = 20061;

static uint32_t rnd(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 4 ^ seed << 20;
}

/* Mostly a pointer to memory that is there. */
static uint32_t random_word(void)
{
    switch (rnd() % 4) {
    case 0:
        return DATA + rnd() % 0x20000;
    case 1:
        return rnd() % 64 << 16 | rnd() % 64;
    case 2:
        return rnd() % 1024;
    default:
        return rnd();
    }
}

static size_t put_command(uint32_t *words, size_t room)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);
    const struct gen3_command *row = &rows[rnd() % count];
    while (row->privilege != GEN3_CLIENT && rnd() % 16 != 0) {
        row = &rows[rnd() % count];
    }
    if (row->id == GEN3_MI_BATCH_BUFFER_END) {
        return 0;
    }
    uint32_t header = row->value | (rnd() & row->free_bits);

    if (row->length_rule == GEN3_LENGTH_FIELD_IS) {
        header |= row->length - 2u;
    } else {
        header |= rnd() % 24 & row->length_mask;
    }
    size_t length = gen3_command_length(row, header);
    if (length == 0 || length > room) {
        return 0;
    }
    words[0] = header;
    for (size_t i = 1; i < length; i++) {
        words[i] = random_word();
    }
    return length;
}

static void fill_batch(uint32_t *batch)
{
    size_t at = 0;
    size_t room = BATCH_BYTES / 4 - 1;

    for (int i = 0; i < 40; i++) {
        at += put_command(batch + at, room - at);
    }
    batch[at] = MI_BATCH_BUFFER_END;
}

/* How many of the rounds stopped the streamer. */
static unsigned run_rounds(struct model_harness *h, unsigned rounds)
{
    unsigned stopped = 0;

    uint32_t *batch = harness_bind(h, BATCH, BATCH_BYTES);
    harness_bind(h, DATA, 0x20000);
    for (unsigned i = 0; i < rounds; i++) {
        fill_batch(batch);
        SUBMIT(h, MI_BATCH_BUFFER_START | MI_BATCH_GTT, BATCH);
        for (int look = 0; look < LOOKS; look++) {
            harness_advance(h, 1000000);
            if (hw_read(h->dev, INSTDONE) == INSTDONE_IDLE || harness_stopped(h)) {
                break;
            }
            sched_yield();
        }
        stopped += harness_stopped(h);
        harness_reset(h);
        harness_start_ring(h);
        RUN(h, MI_STORE_DATA_INDEX, 0x100, i + 1);
        assert_int_equal(load(&h->status[0x40]), i + 1);
    }
    return stopped;
}

static void the_device_survives(void **state)
{
    struct model_harness h;

    harness_init_clock(&h, NULL);
    assert_true(run_rounds(&h, ROUNDS) > ROUNDS / 2);
    harness_finish(&h);
}

struct reports {
    struct model_watch_access last;
    unsigned count;
    unsigned bad;
};

/* What is told of one command ascends, without overlaps and without ranges of nothing. */
static void check_report(void *user, const struct model_watch_access *access)
{
    struct reports *reports = user;
    const struct model_watch_access *last = &reports->last;
    bool follows = last->command == access->command && last->engine == access->engine &&
                   last->write == access->write && last->physical == access->physical &&
                   access->engine != MODEL_WATCH_STREAMER;

    reports->bad += access->size == 0 || access->engine >= MODEL_WATCH_ENGINES ||
                    (follows && access->address <= last->address + last->size);
    reports->count++;
    reports->last = *access;
}

static void it_survives_being_watched(void **state)
{
    struct model_harness h;
    struct reports reports = {.count = 0};

    harness_init_clock(&h, NULL);
    assert_int_equal(model_set_watch(h.dev, check_report, &reports), 0);
    (void)run_rounds(&h, WATCHED);
    assert_int_equal(model_set_watch(h.dev, NULL, NULL), 0);
    assert_true(reports.count > 1000);
    assert_int_equal(reports.bad, 0);
    harness_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_survives),
        cmocka_unit_test(it_survives_being_watched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
