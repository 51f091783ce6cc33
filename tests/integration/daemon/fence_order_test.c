/* SPDX-License-Identifier: MIT */
/*
 * One process draws into a buffer, another one copies from it: what the copy holds depends on
 * whether the second waits for the first one's fence.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { SIDE = 1024, PITCH = SIDE * 4, BYTES = PITCH * SIDE, FILLS = 30, FINAL = 0x00c0ffee };

struct producer {
    struct daemon daemon;
    struct gemd_session *session;
    struct gemd_bo *bo;
    int gate[2]; /* its work waits for a byte in it */
    int token, fence;
};

/* ---- the producer ---- */

/* Lends the buffer, and then fills it again and again, at the end with FINAL. */
static void produce(struct producer *producer, bool is_gated)
{
    struct batch batch;
    uint64_t seqno;
    producer->session = daemon_open(&producer->daemon, NULL, NULL);
    assert_int_equal(gemd_bo_create(producer->session, BYTES, true, &producer->bo), 0);
    producer->token = gemd_bo_share(producer->bo, GEMD_USE_READ);
    assert_true(producer->token >= 0);
    assert_int_equal(pipe(producer->gate), 0);
    if (is_gated) {
        assert_int_equal(gemd_fence_wait_before(producer->session, producer->gate[0], GEMD_FOREVER),
                         0);
    }
    batch_reset(&batch);
    for (unsigned i = 1; i <= FILLS; i++) {
        batch_fill(&batch, producer->bo, PITCH, 0, 0, SIDE, SIDE, i < FILLS ? i : FINAL);
    }
    assert_int_equal(batch_submit(&batch, producer->session, &seqno), 0);
    producer->fence = gemd_fence_export(producer->session, seqno);
    assert_true(producer->fence >= 0);
}

static void close_producer(struct producer *producer)
{
    gemd_bo_unref(producer->bo);
    gemd_session_close(producer->session);
    close(producer->token);
    close(producer->fence);
    close(producer->gate[0]);
    close(producer->gate[1]);
}

/* ---- the consumer: a process that has the token and the fence ---- */

/* XY_SRC_COPY_BLT of the last row (doc/gen3.md J). */
static uint64_t copy_last_row(struct gemd_session *session, struct gemd_bo *own,
                              struct gemd_bo *lent)
{
    struct batch batch;
    uint64_t seqno;
    batch_reset(&batch);
    BATCH_PUT(&batch, 0x54f00006, 0x03cc0000 | PITCH, 0, 1 << 16 | SIDE);
    batch_address(&batch, own, 0, GEMD_USE_WRITE);
    BATCH_PUT(&batch, (SIDE - 1) << 16, PITCH);
    batch_address(&batch, lent, 0, GEMD_USE_READ);
    return batch_submit(&batch, session, &seqno) == 0 ? seqno : 0;
}

/* Says that it has queued its copy, and what it then finds: two words into the pipe. */
static bool consume(const struct producer *producer, bool waits, int out)
{
    const uint32_t queued = 1;
    struct gemd_session *session = daemon_open(&producer->daemon, NULL, NULL);
    struct gemd_bo *lent, *own;
    if (gemd_bo_accept(session, producer->token, &lent) != 0 ||
        gemd_bo_create(session, PITCH, false, &own) != 0 ||
        (waits && gemd_fence_wait_before(session, producer->fence, GEMD_FOREVER) != 0)) {
        return false;
    }
    uint64_t seqno = copy_last_row(session, own, lent);
    bool done = seqno != 0 && write(out, &queued, sizeof(queued)) == sizeof(queued) &&
                gemd_seqno_wait(session, seqno, GEMD_FOREVER) == 0;
    const uint32_t *row = gemd_bo_map(own);
    done = done && write(out, &row[SIDE - 1], sizeof(*row)) == sizeof(*row);
    gemd_bo_unref(lent);
    gemd_bo_unref(own);
    gemd_session_close(session);
    return done;
}

struct consumer {
    pid_t pid;
    int out;
};

static struct consumer start_consumer(const struct producer *producer, bool waits)
{
    struct consumer consumer;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    consumer.pid = fork();
    if (consumer.pid == 0) {
        _exit(consume(producer, waits, ends[1]) ? 0 : 1);
    }
    assert_true(consumer.pid > 0);
    close(ends[1]);
    consumer.out = ends[0];
    return consumer;
}

static uint32_t next_word(const struct consumer *consumer)
{
    uint32_t word = 0;
    assert_int_equal(read(consumer->out, &word, sizeof(word)), sizeof(word));
    return word;
}

static void join_consumer(const struct consumer *consumer)
{
    int status = -1;
    assert_int_equal(waitpid(consumer->pid, &status, 0), consumer->pid);
    assert_int_equal(status, 0);
    close(consumer->out);
}

static bool has_come(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

/* ---- tests ---- */

static int setup(void **state)
{
    struct producer *producer = calloc(1, sizeof(*producer));
    daemon_start(&producer->daemon, NULL);
    *state = producer;
    return 0;
}

static int teardown(void **state)
{
    struct producer *producer = *state;
    daemon_await_nothing(&producer->daemon);
    daemon_stop(&producer->daemon);
    free(producer);
    return 0;
}

static void who_waits_sees_what_was_drawn(void **state)
{
    struct producer *producer = *state;
    produce(producer, true);
    struct consumer consumer = start_consumer(producer, true);
    assert_int_equal(next_word(&consumer), 1);
    assert_false(has_come(producer->fence));
    assert_int_equal(write(producer->gate[1], "g", 1), 1);
    assert_int_equal(next_word(&consumer), FINAL);
    assert_true(has_come(producer->fence));
    join_consumer(&consumer);
    close_producer(producer);
}

static void who_does_not_wait_sees_what_was_there(void **state)
{
    struct producer *producer = *state;
    produce(producer, true);
    struct consumer consumer = start_consumer(producer, false);
    assert_int_equal(next_word(&consumer), 1);
    assert_int_equal(next_word(&consumer), 0);
    assert_false(has_come(producer->fence));
    join_consumer(&consumer);
    assert_int_equal(write(producer->gate[1], "g", 1), 1);
    assert_int_equal(gemd_fence_wait(producer->fence, GEMD_FOREVER), 0);
    close_producer(producer);
}

/* No gate but the time that the work takes; several look at once. */
static void many_wait_for_long_work(void **state)
{
    struct producer *producer = *state;
    struct consumer consumers[4];
    produce(producer, false);
    for (unsigned i = 0; i < 4; i++) {
        consumers[i] = start_consumer(producer, true);
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(next_word(&consumers[i]), 1);
        assert_int_equal(next_word(&consumers[i]), FINAL);
        join_consumer(&consumers[i]);
    }
    close_producer(producer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_waits_sees_what_was_drawn, setup, teardown),
        cmocka_unit_test_setup_teardown(who_does_not_wait_sees_what_was_there, setup, teardown),
        cmocka_unit_test_setup_teardown(many_wait_for_long_work, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
