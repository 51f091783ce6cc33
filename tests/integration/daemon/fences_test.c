/* SPDX-License-Identifier: MIT */
/* Fences as descriptors, through a real daemon: what it does for them the sandbox must let it do.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

struct client {
    struct gemd_session *session;
    struct gemd_bo *bo;
};

static struct client client_open(const struct daemon *daemon)
{
    struct client client = {.session = daemon_open(daemon, NULL, NULL)};
    assert_int_equal(gemd_bo_create(client.session, 65536, true, &client.bo), 0);
    return client;
}

static void client_close(struct client *client)
{
    gemd_bo_unref(client->bo);
    gemd_session_close(client->session);
}

static uint64_t fill(struct client *client, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno;
    batch_reset(&batch);
    batch_fill(&batch, client->bo, 256, 0, 0, 16, 16, colour);
    assert_int_equal(batch_submit(&batch, client->session, &seqno), 0);
    return seqno;
}

static void expect_colour(struct client *client, uint64_t seqno, uint32_t colour)
{
    assert_int_equal(gemd_seqno_wait(client->session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(*(const uint32_t *)gemd_bo_map(client->bo), colour);
}

static void a_fence_orders_two_sessions(void **state)
{
    struct client one = client_open(*state), two = client_open(*state);
    int fence = gemd_fence_export(one.session, fill(&one, 1));
    assert_true(fence >= 0);
    assert_int_equal(gemd_fence_wait_before(two.session, fence, GEMD_FOREVER), 0);
    expect_colour(&two, fill(&two, 2), 2);
    assert_int_equal(*(const uint32_t *)gemd_bo_map(one.bo), 1); /* so it was before */
    assert_int_equal(poll(&(struct pollfd){.fd = fence, .events = POLLIN}, 1, 0), 1);
    close(fence);
    client_close(&one);
    client_close(&two);
}

/* What a compositor or a timer would give. */
static void other_descriptors_are_waited_for(void **state)
{
    const struct itimerspec soon = {.it_value.tv_nsec = 1000000};
    struct client client = client_open(*state);
    int event = eventfd(0, EFD_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    assert_int_equal(gemd_fence_wait_before(client.session, event, GEMD_FOREVER), 0);
    uint64_t seqno = fill(&client, 3);
    assert_int_equal(eventfd_write(event, 1), 0);
    expect_colour(&client, seqno, 3);
    assert_int_equal(timerfd_settime(timer, 0, &soon, NULL), 0);
    assert_int_equal(gemd_fence_wait_before(client.session, timer, GEMD_FOREVER), 0);
    expect_colour(&client, fill(&client, 4), 4);
    close(event);
    close(timer);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fence_orders_two_sessions),
        cmocka_unit_test(other_descriptors_are_waited_for),
    };
    return cmocka_run_group_tests(tests, daemon_setup, daemon_teardown);
}
