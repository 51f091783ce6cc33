/* SPDX-License-Identifier: MIT */
/*
 * Batches that must not run. Each is refused with an explanation, touches nothing, and the
 * client's next good batch draws.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { PITCH = 1024, SIZE = 256 };

struct bed {
    struct daemon daemon;
    struct gemd_session *session, *other;
    struct gemd_bo *target;  /* 256x256, 1024 bytes a row: the whole buffer */
    struct gemd_bo *foreign; /* of the other session, with a handle that this one has not */
    uint32_t colour;
    unsigned rejections;
    struct gemd_msg_batch_rejected rejection;
};

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct bed *bed = data;
    assert_int_equal(event->type, GEMD_MSG_BATCH_REJECTED);
    memcpy(&bed->rejection, event, sizeof(bed->rejection));
    bed->rejections++;
}

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    daemon_start(&bed->daemon, NULL);
    bed->session = daemon_open(&bed->daemon, on_event, bed);
    bed->other = daemon_open(&bed->daemon, NULL, NULL);
    assert_int_equal(gemd_bo_create(bed->session, PITCH * SIZE, false, &bed->target), 0);
    struct gemd_bo *first;
    assert_int_equal(gemd_bo_create(bed->other, 4096, false, &first), 0);
    assert_int_equal(gemd_bo_create(bed->other, 4096, false, &bed->foreign), 0);
    gemd_bo_unref(first);
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    gemd_bo_unref(bed->target);
    gemd_bo_unref(bed->foreign);
    gemd_session_close(bed->session);
    gemd_session_close(bed->other);
    daemon_await_nothing(&bed->daemon);
    daemon_stop(&bed->daemon);
    free(bed);
    return 0;
}

static uint32_t pixel(const struct bed *bed, unsigned x, unsigned y)
{
    return ((const uint32_t *)gemd_bo_map(bed->target))[y * (PITCH / 4) + x];
}

/* A blit and a triangle; both must be seen. */
static void assert_good_batch_draws(struct bed *bed)
{
    struct batch batch;
    uint64_t seqno;
    uint32_t ground = 0xff000000 | ++bed->colour;
    uint32_t figure = 0xff0000ff - bed->colour * 256;
    batch_reset(&batch);
    batch_fill(&batch, bed->target, PITCH, 0, 0, SIZE, SIZE, ground);
    assert_int_equal(batch_submit(&batch, bed->session, &seqno), 0);
    batch_reset(&batch);
    batch_triangle(&batch, bed->target, figure);
    assert_int_equal(batch_submit(&batch, bed->session, &seqno), 0);
    assert_int_equal(gemd_bo_wait(bed->target, true, GEMD_FOREVER), 0);
    gemd_session_dispatch(bed->session);
    assert_int_equal(pixel(bed, 10, 10), figure);
    assert_int_equal(pixel(bed, 200, 20), figure);
    assert_int_equal(pixel(bed, 200, 200), ground);
    assert_int_equal(pixel(bed, 255, 255), ground);
}

/* ---- what must be refused; each is appended to an empty batch ---- */

static void foreign_buffer(struct bed *bed, struct batch *batch)
{
    batch_fill(batch, bed->foreign, 64, 0, 0, 16, 16, 1);
}

static void jump(struct bed *bed, struct batch *batch)
{
    BATCH_PUT(batch, 0x18800080, 0x00010000);
}

static void jump_by_relocation(struct bed *bed, struct batch *batch)
{
    BATCH_PUT(batch, 0x18800080);
    batch_address(batch, bed->target, 0, GEMD_USE_READ);
}

static void register_write(struct bed *bed, struct batch *batch)
{
    BATCH_PUT(batch, 0x11000001, 0x00002030, 0);
}

static void memory_write(struct bed *bed, struct batch *batch)
{
    BATCH_PUT(batch, 0x10000002, 0, 0x00001000, 0xdeadbeef);
}

static void display_flip(struct bed *bed, struct batch *batch)
{
    BATCH_PUT(batch, 0x0a000002, PITCH);
    batch_address(batch, bed->target, 0, GEMD_USE_READ);
    BATCH_PUT(batch, 0);
}

static void unknown_command(struct bed *bed, struct batch *batch)
{
    BATCH_PUT(batch, 0x15000000, 0);
}

static void address_without_relocation(struct bed *bed, struct batch *batch)
{
    BATCH_PUT(batch, 0x54300004, 0x03f00400, 0, 0x00100010, 0x00100000, 0xffffffff);
}

static void fill_below_the_buffer(struct bed *bed, struct batch *batch)
{
    batch_fill(batch, bed->target, PITCH, 0, 0, SIZE, SIZE + 1, 1);
}

static void fill_from_the_middle(struct bed *bed, struct batch *batch)
{
    batch_fill(batch, bed->target, PITCH, 0, 0, SIZE, SIZE, 1);
    batch->relocs[0].delta = 4096;
}

static void fill_with_another_pitch(struct bed *bed, struct batch *batch)
{
    batch_fill(batch, bed->target, PITCH * 2, 0, 0, SIZE, SIZE, 1);
}

static void relocation_beyond_the_buffer(struct bed *bed, struct batch *batch)
{
    batch_fill(batch, bed->target, PITCH, 0, 0, 1, 1, 1);
    batch->relocs[0].delta = PITCH * SIZE;
}

static void relocation_on_a_colour(struct bed *bed, struct batch *batch)
{
    batch_fill(batch, bed->target, PITCH, 0, 0, 1, 1, 1);
    batch->relocs[0].dword++;
}

static void triangle_outside_its_target(struct bed *bed, struct batch *batch)
{
    batch_triangle(batch, bed->target, 0xffffffff);
    for (uint32_t i = 0; i < batch->word_count; i++) {
        if (batch->words[i] == 0x00ff00ff) {
            batch->words[i] = 0x010000ff; /* one row more than there is */
        }
    }
}

static void triangle_without_a_target(struct bed *bed, struct batch *batch)
{
    batch_triangle(batch, bed->target, 0xffffffff);
    memmove(batch->words, batch->words + 3, (batch->word_count - 3) * sizeof(batch->words[0]));
    batch->word_count -= 3;
    batch->reloc_count = 0;
}

static const struct {
    void (*build)(struct bed *bed, struct batch *batch);
    const char *rule;
    uint32_t dword;
} refusals[] = {
    {foreign_buffer, "BUFFER_UNKNOWN", 0},
    {jump, "FORBIDDEN_COMMAND", 0},
    {jump_by_relocation, "FORBIDDEN_COMMAND", 0},
    {register_write, "FORBIDDEN_COMMAND", 0},
    {memory_write, "FORBIDDEN_COMMAND", 0},
    {display_flip, "FORBIDDEN_COMMAND", 0},
    {unknown_command, "UNKNOWN_COMMAND", 0},
    {address_without_relocation, "RELOC_MISSING", 4},
    {fill_below_the_buffer, "BLIT_EXTENT", 0},
    {fill_from_the_middle, "BLIT_EXTENT", 0},
    {fill_with_another_pitch, "BLIT_EXTENT", 0},
    {relocation_beyond_the_buffer, NULL, 0},
    {relocation_on_a_colour, "RELOC_MISSING", 4},
    {triangle_outside_its_target, "COLOUR_EXTENT", 0},
    {triangle_without_a_target, "STATE_UNSET", 0},
};

/* The refusal of a submission comes as an event, soon after it is retired. */
static void await_rejection(struct bed *bed, unsigned count)
{
    time_t end = time(NULL) + 30;
    while (bed->rejections < count && time(NULL) < end) {
        gemd_session_dispatch(bed->session);
        sched_yield();
    }
    assert_int_equal(bed->rejections, count);
}

static void bad_batches_are_refused(void **state)
{
    struct bed *bed = *state;
    uint32_t before[SIZE * SIZE];
    assert_good_batch_draws(bed);
    for (unsigned i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct batch batch;
        uint64_t seqno;
        memcpy(before, gemd_bo_map(bed->target), sizeof(before));
        batch_reset(&batch);
        refusals[i].build(bed, &batch);
        assert_int_equal(batch_submit(&batch, bed->session, &seqno), 0);
        assert_int_equal(gemd_seqno_wait(bed->session, seqno, GEMD_FOREVER), 0);
        await_rejection(bed, i + 1);
        assert_int_equal(gemd_session_rejected(bed->session), i + 1);
        assert_int_equal(bed->rejection.seqno, seqno);
        assert_true(bed->rejection.error < 0);
        assert_true(bed->rejection.text[0] != '\0');
        assert_memory_equal(gemd_bo_map(bed->target), before, sizeof(before));
        if (refusals[i].rule != NULL) {
            assert_string_equal(bed->rejection.rule_name, refusals[i].rule);
        }
        if (refusals[i].dword != 0) {
            assert_int_equal(bed->rejection.dword, refusals[i].dword);
        }
        assert_good_batch_draws(bed);
    }
    assert_int_equal(daemon_value(&bed->daemon, "hangs"), 0);
    assert_int_equal(gemd_session_lost(bed->session), GEMD_LOST_NOT);
}

static void batches_without_an_end(void **state)
{
    struct bed *bed = *state;
    struct batch batch;
    uint64_t seqno;
    batch_reset(&batch);
    BATCH_PUT(&batch, 0, 0);
    assert_int_equal(batch_submit_as_is(&batch, bed->session, &seqno), 0);
    await_rejection(bed, 1);
    assert_string_equal(bed->rejection.rule_name, "NO_END");
    /* A command that goes on beyond the end. */
    batch_reset(&batch);
    BATCH_PUT(&batch, 0x54300004, 0x03f00400);
    assert_int_equal(batch_submit_as_is(&batch, bed->session, &seqno), 0);
    await_rejection(bed, 2);
    assert_string_equal(bed->rejection.rule_name, "TRUNCATED");
    assert_good_batch_draws(bed);
}

/* Good and bad ones in turn, without waiting: exactly the bad ones are refused. */
static void refusals_in_a_full_pipeline(void **state)
{
    struct bed *bed = *state;
    uint64_t seqno;
    enum { ROUNDS = 300 };
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct batch batch;
        batch_reset(&batch);
        batch_fill(&batch, bed->target, PITCH, i % SIZE, 0, i % SIZE + 1, SIZE, i);
        assert_int_equal(batch_submit(&batch, bed->session, &seqno), 0);
        batch_reset(&batch);
        register_write(bed, &batch);
        assert_int_equal(batch_submit(&batch, bed->session, &seqno), 0);
        gemd_session_dispatch(bed->session);
    }
    assert_int_equal(gemd_seqno_wait(bed->session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_rejected(bed->session), ROUNDS);
    for (unsigned i = ROUNDS - SIZE; i < ROUNDS; i++) {
        assert_int_equal(pixel(bed, i % SIZE, 128), i);
    }
    assert_good_batch_draws(bed);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bad_batches_are_refused),
        TEST(batches_without_an_end),
        TEST(refusals_in_a_full_pipeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
