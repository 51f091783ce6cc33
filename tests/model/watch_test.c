/* SPDX-License-Identifier: MIT */
/* The watch mode: exactly what commands read and write, and who did. */
#include "tests/model/test.h"

#include <string.h>

#include "hw/model/watch.h"

#define BATCH_START (MI_BATCH_BUFFER_START | MI_BATCH_GTT)
#define LINES       512u

struct notes {
    struct model_watch_access accesses[LINES];
    size_t count;
};

struct bed {
    struct model_harness h;
    struct notes notes;
};

static void note(void *user, const struct model_watch_access *access)
{
    struct notes *notes = user;

    if (notes->count < LINES) {
        notes->accesses[notes->count++] = *access;
    }
}

static int setup(void **state)
{
    static struct bed bed;

    bed.notes.count = 0;
    harness_init(&bed.h, NULL);
    *state = &bed;
    return model_set_watch(bed.h.dev, note, &bed.notes);
}

static int teardown(void **state)
{
    struct bed *bed = *state;

    harness_finish(&bed->h);
    return 0;
}

/* What a test expects of one report, without the command. */
struct expected {
    enum model_watch_engine engine;
    bool write;
    uint64_t address;
    uint64_t size;
};

/* The reports of the command at 'command' are these and no others, in this order. */
static void expect(const struct model_harness *h, const struct notes *notes, uint64_t command,
                   uint32_t header, const struct expected *expected, size_t count)
{
    size_t seen = 0;

    for (size_t i = 0; i < notes->count; i++) {
        const struct model_watch_access *access = &notes->accesses[i];
        if (access->command != command) {
            continue;
        }
        if (seen == count) {
            fail_msg("0x%llx: engine %u, %s of 0x%llx, %llu bytes is one too many",
                     (unsigned long long)command, access->engine, access->write ? "write" : "read",
                     (unsigned long long)access->address, (unsigned long long)access->size);
        }
        assert_int_equal(access->header, header);
        assert_int_equal(access->engine, expected[seen].engine);
        assert_int_equal(access->write, expected[seen].write);
        /* The status page has a bus address on 915 and 945; nothing else here has. */
        uint64_t offset = expected[seen].address - HARNESS_STATUS_PAGE;
        bool physical = h->dev->identity.needs_physical && offset < HW_PAGE_SIZE;
        assert_int_equal(access->physical, physical);
        assert_int_equal(access->address,
                         physical ? h->status_place + offset : expected[seen].address);
        assert_int_equal(access->size, expected[seen].size);
        seen++;
    }
    assert_int_equal(seen, count);
}

#define EXPECT(bed, command, header, ...)                                                          \
    expect(&(bed)->h, &(bed)->notes, command, header, (const struct expected[]){__VA_ARGS__},      \
           COUNT(((const struct expected[]){__VA_ARGS__})))
#define FETCH(address, dwords)                                                                     \
    {                                                                                              \
        MODEL_WATCH_STREAMER, false, address, 4 * (dwords)                                         \
    }

static void the_streamer_fetches_and_stores(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;
    uint32_t *batch = harness_bind(h, BATCH, 0x1000);

    harness_bind(h, DATA, 0x1000);
    memcpy(batch,
           (uint32_t[]){MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, DATA + 8, 7, MI_NOOP,
                        MI_BATCH_BUFFER_END},
           20);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1, BATCH_START, BATCH, MI_REPORT_HEAD);
    EXPECT(bed, HARNESS_RING, MI_STORE_DATA_INDEX, FETCH(HARNESS_RING, 3),
           {MODEL_WATCH_STREAMER, true, HARNESS_STATUS_PAGE + 0x100, 4});
    EXPECT(bed, HARNESS_RING + 12, BATCH_START, FETCH(HARNESS_RING + 12, 2));
    EXPECT(bed, HARNESS_RING + 20, MI_REPORT_HEAD, FETCH(HARNESS_RING + 20, 1),
           {MODEL_WATCH_STREAMER, true, HARNESS_STATUS_PAGE + 16, 4});
    EXPECT(bed, BATCH, MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, FETCH(BATCH, 3),
           {MODEL_WATCH_STREAMER, true, DATA + 8, 4});
    EXPECT(bed, BATCH + 12, MI_NOOP, FETCH(BATCH + 12, 1));
    EXPECT(bed, BATCH + 16, MI_BATCH_BUFFER_END, FETCH(BATCH + 16, 1));
    assert_int_equal(bed->notes.count, 9);
}

static void it_can_be_turned_off_and_on(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    assert_int_equal(model_set_watch(h->dev, NULL, NULL), 0);
    RUN(h, MI_NOOP, MI_NOOP);
    assert_int_equal(bed->notes.count, 0);
    assert_int_equal(model_set_watch(h->dev, note, &bed->notes), 0);
    RUN(h, MI_NOOP, MI_NOOP);
    assert_int_equal(bed->notes.count, 2);
    assert_int_equal(bed->notes.accesses[1].command, HARNESS_RING + 12);
    assert_int_equal(model_set_watch(h->dev, note, &bed->notes), 0);
    RUN(h, MI_NOOP, MI_NOOP);
    assert_int_equal(bed->notes.count, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_streamer_fetches_and_stores),
        TEST(it_can_be_turned_off_and_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
