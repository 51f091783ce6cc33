/* SPDX-License-Identifier: MIT */
/* Waits for vblanks and flips, as clients see them, while pipes stop and interrupts get lost. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hw/gen3/regs.h"
#include "tests/unit/gemd/stage.h"

#define WAITS_MAX 64u /* of a session, by default */

struct bed {
    struct stage stage;
    struct actor client; /* with a window */
    uint32_t window;
};

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    stage_open(&bed.stage);
    actor_open(&bed.client, &bed.stage);
    bed.window = actor_create_window(&bed.client, 0, 0);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    actor_die(&bed->client);
    stage_close(&bed->stage);
    return 0;
}

static uint64_t ask(struct actor *actor, uint32_t flags, uint64_t sequence, uint64_t cookie)
{
    struct gemd_msg_vblank_wait wait;
    codec_begin(&wait, GEMD_MSG_VBLANK_WAIT, 0);
    wait.flags = flags;
    wait.sequence = sequence;
    wait.cookie = cookie;
    return actor_send(actor, &wait);
}

static struct gemd_msg_vblank_event told(struct actor *actor, uint64_t cookie, int error)
{
    struct gemd_msg_vblank_event event;
    actor_expect(actor, GEMD_MSG_VBLANK_EVENT, &event);
    assert_int_equal(event.cookie, cookie);
    assert_int_equal(event.error, error);
    assert_int_equal(event.pipe, 0);
    return event;
}

static void refused(struct actor *actor, uint64_t serial, int error, const char *text)
{
    struct gemd_msg_error message;
    actor_expect(actor, GEMD_MSG_ERROR, &message);
    assert_int_equal(message.header.serial, serial);
    assert_int_equal(message.error, error);
    assert_int_equal(message.protocol_error, 0);
    assert_non_null(strstr(message.text, text));
}

/* The number of the last vblank, by asking. */
static uint64_t vblank_now(struct bed *bed)
{
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 0, 99);
    return told(&bed->client, 99, 0).sequence;
}

/* ---- waits ---- */

static void a_wait_is_answered_when_its_vblank_has_come(void **state)
{
    struct bed *bed = *state;
    uint64_t now = vblank_now(bed);
    uint64_t later = ask(&bed->client, 0, now + 2, 7);
    uint64_t sooner = ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 8);
    actor_expect_nothing(&bed->client);
    assert_int_equal(bed->client.session->vblank_waits.count, 2);
    stage_vblank(&bed->stage);
    struct gemd_msg_vblank_event event = told(&bed->client, 8, 0);
    assert_int_equal(event.header.serial, sooner);
    assert_int_equal(event.sequence, now + 1);
    assert_int_equal(event.time_ns, bed->stage.now);
    actor_expect_nothing(&bed->client);
    stage_vblank(&bed->stage);
    event = told(&bed->client, 7, 0);
    assert_int_equal(event.header.serial, later);
    assert_int_equal(event.sequence, now + 2);
    stage_vblank(&bed->stage);
    actor_expect_nothing(&bed->client);
    assert_int_equal(bed->client.session->vblank_waits.count, 0);
}

static void many_wait_for_the_same(void **state)
{
    struct bed *bed = *state;
    struct actor other;
    actor_open(&other, &bed->stage);
    for (uint64_t i = 0; i < 3; i++) {
        ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, i);
        ask(&other, GEMD_VBLANK_RELATIVE, 1, 10 + i); /* it needs no window of its own */
    }
    assert_int_equal(vblank_waiting(&bed->stage.server->vblank), 6);
    stage_vblank(&bed->stage);
    for (uint64_t i = 0; i < 3; i++) {
        told(&bed->client, i, 0);
        told(&other, 10 + i, 0);
    }
    actor_die(&other);
}

static void what_has_passed_is_answered_at_once(void **state)
{
    struct bed *bed = *state;
    stage_vblank(&bed->stage);
    uint64_t now = vblank_now(bed);
    ask(&bed->client, 0, now, 1);
    assert_int_equal(told(&bed->client, 1, 0).sequence, now);
    ask(&bed->client, 0, 0, 2);
    struct gemd_msg_vblank_event event = told(&bed->client, 2, 0);
    assert_int_equal(event.sequence, now);
    assert_int_equal(event.time_ns, bed->stage.now);
    /* Unless the next one will do. */
    ask(&bed->client, GEMD_VBLANK_NEXT, 0, 3);
    ask(&bed->client, GEMD_VBLANK_NEXT | GEMD_VBLANK_RELATIVE, 0, 4);
    ask(&bed->client, GEMD_VBLANK_NEXT, now + 2, 5); /* to come: as it is */
    actor_expect_nothing(&bed->client);
    stage_vblank(&bed->stage);
    assert_int_equal(told(&bed->client, 3, 0).sequence, now + 1);
    told(&bed->client, 4, 0);
    actor_expect_nothing(&bed->client);
    stage_vblank(&bed->stage);
    told(&bed->client, 5, 0);
}

static void a_vblank_counts_before_its_interrupt(void **state)
{
    struct bed *bed = *state;
    uint64_t now = vblank_now(bed);
    stage_lose_vblank(&bed->stage);
    ask(&bed->client, 0, now + 1, 1);
    struct gemd_msg_vblank_event event = told(&bed->client, 1, 0);
    assert_int_equal(event.sequence, now + 1);
    assert_int_equal(event.time_ns, bed->stage.now);
}

static void what_cannot_be_waited_for_is_refused(void **state)
{
    struct bed *bed = *state;
    struct actor *client = &bed->client;
    const uint64_t most = GEMD_VBLANK_AHEAD_MAX;
    uint64_t now = vblank_now(bed);
    char numbers[100];
    snprintf(numbers, sizeof(numbers), "%" PRIu64 " vblanks after %" PRIu64, most + 1, now);
    refused(client, ask(client, 0, now + most + 1, 1), -EINVAL, numbers);
    refused(client, ask(client, 0, UINT64_MAX, 1), -EINVAL, "more than 2147483648 ahead");
    refused(client, ask(client, GEMD_VBLANK_RELATIVE, UINT64_MAX, 1), -EINVAL, "ahead");
    refused(client, ask(client, GEMD_VBLANK_RELATIVE, most + 1, 1), -EINVAL, "ahead");
    refused(client, ask(client, 4, 1, 1), -EINVAL, "flags 0x4 of 0x3");
    struct gemd_msg_vblank_wait wait;
    codec_begin(&wait, GEMD_MSG_VBLANK_WAIT, 0);
    wait.pipe = 1;
    refused(client, actor_send(client, &wait), -EINVAL, "pipe 1 of 1");
    /* The farthest one, and the session goes on. */
    ask(client, 0, now + most, 2);
    ask(client, GEMD_VBLANK_RELATIVE, most, 3);
    actor_expect_nothing(client);
    assert_int_equal(client->session->vblank_waits.count, 2);
}

static void waits_are_bounded(void **state)
{
    struct bed *bed = *state;
    struct actor *client = &bed->client;
    for (unsigned i = 0; i < WAITS_MAX; i++) {
        ask(client, GEMD_VBLANK_RELATIVE, 1 + i % 2, i);
    }
    refused(client, ask(client, GEMD_VBLANK_RELATIVE, 1, 100), -EDQUOT, "64");
    ask(client, 0, 0, 101); /* nothing to keep */
    told(client, 101, 0);
    stage_vblank(&bed->stage);
    for (unsigned i = 0; i < WAITS_MAX; i += 2) {
        told(client, i, 0);
    }
    assert_int_equal(quota_used(client->session->quota, LIMIT_VBLANK_WAITS), WAITS_MAX / 2);
    ask(client, GEMD_VBLANK_RELATIVE, 2, 102);
    actor_expect_nothing(client);
}

static void waits_end_with_their_session(void **state)
{
    struct bed *bed = *state;
    struct actor other;
    actor_open(&other, &bed->stage);
    for (unsigned i = 0; i < 10; i++) {
        ask(&other, GEMD_VBLANK_RELATIVE, 1 + i % 2, i);
    }
    const struct account *account = other.session->quota->account;
    assert_int_equal(account_used(account, LIMIT_VBLANK_WAITS), 10);
    struct session *session = session_ref(other.session); /* as a batch on the GPU has it */
    actor_die(&other);
    assert_int_equal(session->vblank_waits.count, 0);
    session_unref(session);
    assert_int_equal(account_used(account, LIMIT_VBLANK_WAITS), 0);
    assert_int_equal(vblank_waiting(&bed->stage.server->vblank), 0);
    stage_vblank(&bed->stage);
    actor_expect_nothing(&bed->client);
}

/* One that never reads: its answers wait, then it is let go, in the midst of them. */
static void who_does_not_read_is_let_go(void **state)
{
    struct bed *bed = *state;
    struct actor other;
    actor_open(&other, &bed->stage);
    int small = 1; /* as small as the kernel makes it */
    assert_int_equal(
        setsockopt(other.session->socket, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    for (unsigned i = 0; i < WAITS_MAX; i++) {
        ask(&other, GEMD_VBLANK_RELATIVE, 1, i);
    }
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 1);
    assert_int_equal(bed->stage.server->session_count, 2);
    stage_vblank(&bed->stage);
    assert_int_equal(bed->stage.server->session_count, 1);
    told(&bed->client, 1, 0);
    actor_die(&other);
}

/* ---- pipes that stop ---- */

static void without_a_window_there_is_nothing_to_wait_for(void **state)
{
    struct bed *bed = *state;
    struct actor other;
    actor_open(&other, &bed->stage);
    ask(&other, GEMD_VBLANK_RELATIVE, 1000, 5);
    uint64_t now = vblank_now(bed);
    assert_int_equal(other.status->pipe_changes % 2, 1);
    actor_destroy_window(&bed->client, bed->window);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    assert_int_equal(told(&other, 5, -ENODATA).sequence, now);
    assert_int_equal(other.status->pipe_changes % 2, 0);
    refused(&other, ask(&other, 0, now + 1, 6), -ENODATA, "the pipe is off");
    refused(&other, ask(&other, GEMD_VBLANK_RELATIVE, 0, 6), -ENODATA, "the pipe is off");
    /* Numbers go on when it begins again. */
    actor_create_window(&bed->client, 0, 0);
    assert_true(vblank_now(bed) > now);
    assert_int_equal(vblank_waiting(&bed->stage.server->vblank), 0);
    actor_die(&other);
}

static void another_mode_ends_waits(void **state)
{
    struct bed *bed = *state;
    struct actor other;
    actor_open(&other, &bed->stage);
    uint32_t changes = bed->client.status->pipe_changes;
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1000, 5);
    actor_create_window(&other, 128, 96); /* owns the screen, at its size */
    stage_vblank(&bed->stage);
    told(&bed->client, 5, -ECANCELED);
    assert_int_equal(bed->client.status->pipe_changes, changes + 2);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 6);
    stage_vblank(&bed->stage);
    told(&bed->client, 6, 0);
    /* And back, when its owner dies. */
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1000, 7);
    actor_die(&other);
    stage_vblank(&bed->stage);
    told(&bed->client, 7, -ECANCELED);
    assert_int_equal(bed->client.status->pipe_changes, changes + 4);
}

static void a_window_of_the_same_size_ends_none(void **state)
{
    struct bed *bed = *state;
    struct actor other;
    actor_open(&other, &bed->stage);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 2, 5);
    actor_create_window(&other, 0, 0);
    stage_vblank(&bed->stage);
    actor_die(&other);
    actor_expect_nothing(&bed->client);
    stage_vblank(&bed->stage);
    told(&bed->client, 5, 0);
}

static void a_reset_ends_waits(void **state)
{
    struct bed *bed = *state;
    uint64_t now = vblank_now(bed);
    actor_present(&bed->client, bed->window, 1, 1, GEMD_PRESENT_EVENT);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1000, 5);
    bed->stage.fake->registers[EIR / 4] = ERROR_INSTRUCTION;
    fake_interrupt(bed->stage.fake, INT_MASTER_ERROR);
    stage_settle(&bed->stage);
    assert_int_equal(bed->stage.server->gpu.resets, 1);
    struct gemd_msg_flip_event flip;
    actor_expect(&bed->client, GEMD_MSG_FLIP_EVENT, &flip); /* it was written, and counts */
    assert_int_equal(flip.state, GEMD_FLIP_SHOWN);
    told(&bed->client, 5, -ECANCELED);
    assert_true(vblank_now(bed) > now);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 6);
    stage_vblank(&bed->stage);
    told(&bed->client, 6, 0);
}

/* ---- interrupts that get lost ---- */

/* The clock moves on, the pipe does not. */
static void look_after(struct bed *bed, uint64_t ns)
{
    bed->stage.now += ns;
    vblank_look(&bed->stage.server->vblank);
    stage_settle(&bed->stage);
}

static void a_lost_interrupt_is_made_good(void **state)
{
    struct bed *bed = *state;
    stage_vblank(&bed->stage);
    uint64_t now = vblank_now(bed);
    uint64_t serial = actor_present(&bed->client, bed->window, 1, 1, 0);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 5);
    stage_lose_vblank(&bed->stage);
    look_after(bed, VBLANK_LATE_NS - STAGE_PERIOD_NS - 1); /* it might still come */
    actor_expect_nothing(&bed->client);
    assert_int_equal(bed->stage.server->vblank.polled, 0);
    look_after(bed, 1);
    assert_int_equal(told(&bed->client, 5, 0).sequence, now + 1);
    assert_int_equal(bed->client.status->windows[bed->window].latched, serial);
    assert_int_equal(bed->client.status->vblank, now + 1);
    assert_int_equal(bed->stage.server->vblank.polled, 1);
}

/* Also one that somebody's question has brought to light before. */
static void a_question_does_not_hide_a_lost_interrupt(void **state)
{
    struct bed *bed = *state;
    stage_vblank(&bed->stage);
    uint64_t now = vblank_now(bed);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 5);
    stage_lose_vblank(&bed->stage);
    assert_int_equal(vblank_now(bed), now + 1);
    look_after(bed, VBLANK_LATE_NS);
    assert_int_equal(told(&bed->client, 5, 0).sequence, now + 1);
}

static void a_pipe_that_stands_still_ends_waits(void **state)
{
    struct bed *bed = *state;
    stage_vblank(&bed->stage);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 5);
    look_after(bed, VBLANK_STILL_NS - 1);
    actor_expect_nothing(&bed->client);
    look_after(bed, 1);
    told(&bed->client, 5, -EIO);
    assert_int_equal(bed->stage.server->vblank.polled, 0);
}

/* ---- the status page ---- */

static void the_status_page_says_it_too(void **state)
{
    struct bed *bed = *state;
    stage_vblank(&bed->stage);
    uint64_t now = vblank_now(bed);
    const struct gemd_status_page *status = bed->client.status;
    assert_int_equal(status->vblank, now);
    assert_int_equal(status->vblank_time_ns, bed->stage.now);
    uint32_t changes = status->vblank_changes;
    stage_vblank(&bed->stage);
    assert_int_equal(status->vblank, now + 1);
    assert_int_not_equal(status->vblank_changes, changes);
    /* One that comes later knows it from the beginning. */
    struct actor other;
    actor_open(&other, &bed->stage);
    assert_int_equal(other.status->vblank, now + 1);
    assert_int_equal(other.status->vblank_time_ns, bed->stage.now);
    assert_int_equal(other.status->pipe_changes, status->pipe_changes);
    actor_die(&other);
}

/* ---- flips ---- */

static struct gemd_msg_flip_event flipped(struct bed *bed, uint64_t serial, uint32_t state)
{
    struct gemd_msg_flip_event event;
    actor_expect(&bed->client, GEMD_MSG_FLIP_EVENT, &event);
    assert_int_equal(event.window, bed->window);
    assert_int_equal(event.serial, serial);
    assert_int_equal(event.state, state);
    return event;
}

static void a_flip_is_told_with_its_vblank(void **state)
{
    struct bed *bed = *state;
    uint64_t now = vblank_now(bed);
    uint64_t first = actor_present(&bed->client, bed->window, 1, 1, GEMD_PRESENT_EVENT);
    uint64_t quiet = actor_present(&bed->client, bed->window, 2, 1, 0);
    uint64_t last = actor_present(&bed->client, bed->window, 3, 1, GEMD_PRESENT_EVENT);
    actor_expect_nothing(&bed->client);
    stage_vblank(&bed->stage);
    struct gemd_msg_flip_event event = flipped(bed, first, GEMD_FLIP_SHOWN);
    assert_int_equal(event.sequence, now + 1);
    assert_int_equal(event.time_ns, bed->stage.now);
    stage_vblank(&bed->stage);
    assert_int_equal(bed->client.status->windows[bed->window].latched, quiet);
    actor_expect_nothing(&bed->client);
    stage_vblank(&bed->stage);
    assert_int_equal(flipped(bed, last, GEMD_FLIP_SHOWN).sequence, now + 3);
}

/* Those that it does not read wait as answers do, up to a bound; it lives on. */
static void flips_that_nobody_reads_are_left_out(void **state)
{
    struct bed *bed = *state;
    struct actor other;
    actor_open(&other, &bed->stage);
    uint32_t window = actor_create_window(&other, 0, 0);
    int small = 1;
    assert_int_equal(
        setsockopt(other.session->socket, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    uint64_t frames = 0;
    while (other.session->events_lost < 3) {
        actor_present(&other, window, 1, 1, GEMD_PRESENT_EVENT);
        stage_vblank(&bed->stage);
        assert_true(++frames < 100);
    }
    assert_false(other.session->ended);
    assert_int_equal(other.status->windows[window].latched, frames);
    for (uint64_t i = 1; i <= frames - 3; i++) {
        struct gemd_msg_flip_event event;
        actor_expect(&other, GEMD_MSG_FLIP_EVENT, &event);
        assert_int_equal(event.serial, i);
        stage_settle(&bed->stage);
    }
    actor_expect_nothing(&other);
    actor_die(&other);
}

static void a_replaced_flip_is_told(void **state)
{
    struct bed *bed = *state;
    const uint32_t flags = GEMD_PRESENT_MAILBOX | GEMD_PRESENT_EVENT;
    uint64_t first = actor_present(&bed->client, bed->window, 1, 0, flags);
    uint64_t second = actor_present(&bed->client, bed->window, 2, 0, flags);
    assert_int_equal(flipped(bed, first, GEMD_FLIP_DROPPED).sequence, 0);
    stage_vblank(&bed->stage);
    flipped(bed, second, GEMD_FLIP_SHOWN);
}

static void a_hidden_flip_takes_its_turn(void **state)
{
    struct bed *bed = *state;
    struct actor other;
    actor_open(&other, &bed->stage);
    actor_create_window(&other, 0, 0);
    uint64_t serial = actor_present(&bed->client, bed->window, 1, 1, GEMD_PRESENT_EVENT);
    stage_vblank(&bed->stage);
    assert_true(flipped(bed, serial, GEMD_FLIP_HIDDEN).sequence != 0);
    actor_die(&other);
}

static void one_flip_at_a_time(void **state)
{
    struct bed *bed = *state;
    struct gemd_msg_ring_error error;
    char numbers[64];
    uint64_t now = vblank_now(bed);
    uint64_t first = actor_present(&bed->client, bed->window, 1, 1, GEMD_PRESENT_EXCLUSIVE);
    uint64_t second =
        actor_present(&bed->client, bed->window, 2, 1, GEMD_PRESENT_EXCLUSIVE | GEMD_PRESENT_EVENT);
    actor_expect(&bed->client, GEMD_MSG_RING_ERROR, &error);
    assert_int_equal(error.error, -EBUSY);
    assert_int_equal(error.record, GEMD_RECORD_PRESENT);
    snprintf(numbers, sizeof(numbers), "frame %" PRIu64 " of 1 waits for its vblank after %" PRIu64,
             first, now);
    assert_non_null(strstr(error.text, numbers));
    const struct gemd_status_window *status = &bed->client.status->windows[bed->window];
    assert_int_equal(status->accepted, second);
    assert_true((status->dropped_bits >> second % 64 & 1) != 0);
    assert_int_equal(status->pending, first); /* not replaced */
    stage_vblank(&bed->stage);
    assert_int_equal(status->latched, first);
    uint64_t third = actor_present(&bed->client, bed->window, 2, 1, GEMD_PRESENT_EXCLUSIVE);
    stage_vblank(&bed->stage);
    assert_int_equal(status->latched, third);
    actor_expect_nothing(&bed->client); /* a refused frame has no event of its own */
}

static void a_flip_waits_for_its_vblank(void **state)
{
    struct bed *bed = *state;
    const uint32_t flags = GEMD_PRESENT_TARGET | GEMD_PRESENT_EVENT;
    uint64_t now = vblank_now(bed);
    uint64_t serial = actor_present(&bed->client, bed->window, 1, (uint32_t)now + 3, flags);
    for (unsigned i = 0; i < 2; i++) {
        stage_vblank(&bed->stage);
        actor_expect_nothing(&bed->client);
    }
    stage_vblank(&bed->stage);
    assert_int_equal(flipped(bed, serial, GEMD_FLIP_SHOWN).sequence, now + 3);
    /* One that has passed: the next. */
    serial = actor_present(&bed->client, bed->window, 2, (uint32_t)now, flags);
    stage_vblank(&bed->stage);
    assert_int_equal(flipped(bed, serial, GEMD_FLIP_SHOWN).sequence, now + 4);
    serial = actor_present(&bed->client, bed->window, 1, (uint32_t)now - 0x7fffff00u, flags);
    stage_vblank(&bed->stage);
    assert_int_equal(flipped(bed, serial, GEMD_FLIP_SHOWN).sequence, now + 5);
}

static void forget(struct actor *actor, uint32_t handle)
{
    const struct gemd_record_madvise madvise = {.header = {GEMD_RECORD_MADVISE, sizeof(madvise)},
                                                .handle = handle,
                                                .advice = GEMD_ADVICE_DONT_NEED};
    actor_write(actor, &madvise, sizeof(madvise));
}

static void a_frame_that_waits_keeps_its_pages(void **state)
{
    struct bed *bed = *state;
    const struct purge *purge = &bed->stage.server->purge; /* may keep nothing */
    uint64_t now = vblank_now(bed);
    actor_present(&bed->client, bed->window, 1, (uint32_t)now + 2, GEMD_PRESENT_TARGET);
    forget(&bed->client, 1);
    assert_int_equal(purge->purged, 0);
    stage_vblank(&bed->stage);
    forget(&bed->client, 3);
    assert_int_equal(purge->purged, STAGE_BUFFER_BYTES); /* that of 3 */
    stage_vblank(&bed->stage);
    actor_present(&bed->client, bed->window, 2, 1, 0);
    forget(&bed->client, 4);
    assert_int_equal(purge->purged, 2 * STAGE_BUFFER_BYTES); /* 1 is on the screen */
    stage_vblank(&bed->stage);
    purge_trim(bed->stage.server);
    assert_int_equal(purge->purged, 3 * STAGE_BUFFER_BYTES);
}

static void flags_that_contradict_each_other_end_the_session(void **state)
{
    static const struct {
        uint32_t interval, flags;
    } cases[] = {
        {1, 32},
        {0, GEMD_PRESENT_MAILBOX | GEMD_PRESENT_EXCLUSIVE},
        {0, GEMD_PRESENT_MAILBOX | GEMD_PRESENT_TARGET},
        {2, GEMD_PRESENT_MAILBOX | GEMD_PRESENT_EVENT},
    };
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct actor other;
        struct gemd_msg_error error;
        actor_open(&other, &bed->stage);
        uint32_t window = actor_create_window(&other, 0, 0);
        actor_present(&other, window, 1, cases[i].interval, cases[i].flags);
        actor_expect(&other, GEMD_MSG_ERROR, &error);
        assert_int_equal(error.protocol_error, 1);
        assert_non_null(strstr(error.text, "PRESENT: flags"));
        actor_expect_end(&other);
        actor_die(&other);
    }
}

/* ---- whose the screen is, dies ---- */

static unsigned pinned(const struct stage *stage)
{
    const struct scanout *scanout = &stage->server->display.scanout;
    return (scanout->front != NULL) + (scanout->next != NULL) + scanout->limbo_count;
}

static void the_screen_goes_to_the_next_when_its_owner_dies(void **state)
{
    struct bed *bed = *state;
    struct stage *stage = &bed->stage;
    struct actor owner;
    uint64_t below = actor_present(&bed->client, bed->window, 1, 1, 0);
    stage_vblank(stage);
    unsigned memories = stage->fake->memories;
    actor_open(&owner, stage);
    uint32_t window = actor_create_window(&owner, 0, 0);
    actor_present(&owner, window, 1, 1, 0);
    stage_vblank(stage);
    assert_int_equal(stage->fake->memories, memories + 1);

    /* It dies with a frame that waits, and waits. */
    actor_present(&owner, window, 2, 1, GEMD_PRESENT_EVENT);
    ask(&owner, GEMD_VBLANK_RELATIVE, 1, 1);
    ask(&owner, GEMD_VBLANK_RELATIVE, 1000, 2);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 3);
    actor_die(&owner);
    assert_int_equal(stage->server->session_count, 1);
    assert_int_equal(vblank_waiting(&stage->server->vblank), 1);
    assert_int_equal(bed->client.status->windows[bed->window].visible, 1);
    /* The pipe still reads its frame: it stays where it is, pinned, until the flip away latched. */
    assert_int_equal(stage->fake->memories, memories + 1);
    assert_int_equal(pinned(stage), 2);
    stage_vblank(stage);
    assert_int_equal(stage->fake->memories, memories);
    assert_int_equal(pinned(stage), 1);
    assert_int_equal(bed->client.status->windows[bed->window].latched, below);
    told(&bed->client, 3, 0);
    actor_expect_nothing(&bed->client);
}

static void the_screen_goes_black_when_the_last_owner_dies(void **state)
{
    struct bed *bed = *state;
    struct stage *stage = &bed->stage;
    struct actor owner;
    actor_destroy_window(&bed->client, bed->window);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    unsigned memories = stage->fake->memories;
    actor_open(&owner, stage);
    uint32_t window = actor_create_window(&owner, 0, 0);
    actor_present(&owner, window, 1, 1, 0);
    stage_vblank(stage);
    actor_present(&owner, window, 2, 1, 0);
    ask(&owner, GEMD_VBLANK_RELATIVE, 1, 1);
    ask(&bed->client, GEMD_VBLANK_RELATIVE, 1, 2);
    actor_die(&owner);
    assert_int_equal(pinned(stage), 1);
    assert_int_equal(stage->fake->memories, memories + 1);
    assert_true(fake_register(stage->fake, PIPECONF_A) != 0);
    stage_vblank(stage);
    assert_int_equal(pinned(stage), 0);
    assert_int_equal(stage->fake->memories, memories);
    assert_int_equal(fake_register(stage->fake, PIPECONF_A), 0);
    assert_int_equal(bed->client.status->pipe_changes % 2, 0);
    struct gemd_msg_vblank_event event;
    actor_expect(&bed->client, GEMD_MSG_VBLANK_EVENT, &event); /* its vblank was the last one */
    assert_int_equal(event.cookie, 2);
    actor_expect_nothing(&bed->client);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_wait_is_answered_when_its_vblank_has_come),
        TEST(many_wait_for_the_same),
        TEST(what_has_passed_is_answered_at_once),
        TEST(a_vblank_counts_before_its_interrupt),
        TEST(what_cannot_be_waited_for_is_refused),
        TEST(waits_are_bounded),
        TEST(waits_end_with_their_session),
        TEST(who_does_not_read_is_let_go),
        TEST(without_a_window_there_is_nothing_to_wait_for),
        TEST(another_mode_ends_waits),
        TEST(a_window_of_the_same_size_ends_none),
        TEST(a_reset_ends_waits),
        TEST(a_lost_interrupt_is_made_good),
        TEST(a_question_does_not_hide_a_lost_interrupt),
        TEST(a_pipe_that_stands_still_ends_waits),
        TEST(the_status_page_says_it_too),
        TEST(a_flip_is_told_with_its_vblank),
        TEST(flips_that_nobody_reads_are_left_out),
        TEST(a_replaced_flip_is_told),
        TEST(a_hidden_flip_takes_its_turn),
        TEST(one_flip_at_a_time),
        TEST(a_flip_waits_for_its_vblank),
        TEST(a_frame_that_waits_keeps_its_pages),
        TEST(flags_that_contradict_each_other_end_the_session),
        TEST(the_screen_goes_to_the_next_when_its_owner_dies),
        TEST(the_screen_goes_black_when_the_last_owner_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
