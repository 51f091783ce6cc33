/* SPDX-License-Identifier: MIT */
/* Fences as descriptors, given and taken, and work that waits for them. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "gemd/fence_export.h"
#include "gemd/fence_import.h"
#include "tests/unit/gemd/puppet.h"

#define WAITERS 100u

struct client {
    struct gemd_session *session;
    struct gemd_bo *bo;
    struct gemd_msg_ring_error last; /* that it was told of */
    unsigned errors;                 /* atomic */
};

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct client *client = data;
    if (event->type == GEMD_MSG_RING_ERROR) {
        memcpy(&client->last, event, sizeof(client->last));
        __atomic_add_fetch(&client->errors, 1, __ATOMIC_RELEASE);
    }
}

static void client_open(struct client *client, const struct puppet *puppet)
{
    memset(client, 0, sizeof(*client));
    client->session = puppet_open(puppet, on_event, client);
    assert_int_equal(gemd_bo_create(client->session, 4096, false, &client->bo), 0);
}

static void client_close(struct client *client)
{
    gemd_bo_unref(client->bo);
    gemd_session_close(client->session);
}

static uint64_t fill(struct client *client, uint32_t colour)
{
    return puppet_fill(client->session, client->bo, colour);
}

/* An answered request: by then the daemon has looked at what was in the rings before. */
static int export_fence(struct client *client, uint64_t seqno)
{
    int fd = gemd_fence_export(client->session, seqno);
    assert_true(fd >= 0);
    return fd;
}

static bool readable(int fd, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, timeout_ms) == 1 && (wait.revents & POLLIN) != 0;
}

/* Waits until the fence has come; its byte. Closes it. */
static uint8_t outcome(int fd)
{
    uint8_t byte = 0;
    assert_true(readable(fd, -1));
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(poll(&(struct pollfd){.fd = fd}, 1, -1), 1); /* and the end */
    assert_int_equal(read(fd, &(uint8_t){0}, 1), 0);
    close(fd);
    return byte;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void start(struct puppet *puppet)
{
    memset(puppet, 0, sizeof(*puppet));
    puppet_start(puppet, 3600000);
}

/* ---- exported ---- */

static void an_exported_fence_comes_with_its_seqno(void **state)
{
    struct puppet puppet;
    struct client client;
    memset(&puppet, 0, sizeof(puppet));
    puppet.held = true;
    puppet_start(&puppet, 3600000);
    client_open(&client, &puppet);
    uint64_t first = fill(&client, 1);
    int fd = export_fence(&client, first);
    int later = export_fence(&client, first + 1);
    assert_false(readable(fd, 0));
    fill(&client, PUPPET_START);
    assert_int_equal(outcome(fd), GEMD_FENCE_DONE);
    assert_int_equal(outcome(later), GEMD_FENCE_DONE);
    /* What has passed already comes at once. */
    assert_int_equal(gemd_seqno_wait(client.session, first + 1, GEMD_FOREVER), 0);
    fd = export_fence(&client, first);
    assert_true(readable(fd, 0));
    assert_int_equal(outcome(fd), GEMD_FENCE_DONE);
    client_close(&client);
    puppet_finish(&puppet);
}

static void a_fence_of_an_ended_session_comes_when_its_work_is_done(void **state)
{
    struct puppet puppet;
    struct client client, other;
    memset(&puppet, 0, sizeof(puppet));
    puppet.held = true;
    puppet_start(&puppet, 3600000);
    client_open(&client, &puppet);
    client_open(&other, &puppet);
    uint64_t seqno = fill(&client, 1);
    int fd = export_fence(&client, seqno);
    int never = export_fence(&client, seqno + 1);
    client_close(&client);
    assert_int_equal(outcome(never), GEMD_FENCE_LOST);
    assert_false(readable(fd, 0));
    fill(&other, PUPPET_START);
    assert_int_equal(outcome(fd), GEMD_FENCE_DONE);
    client_close(&other);
    puppet_finish(&puppet);
}

static void a_fence_of_a_lost_session_says_so(void **state)
{
    struct puppet puppet;
    struct client client;
    memset(&puppet, 0, sizeof(puppet));
    puppet.held = true;
    puppet.reports_errors = true;
    puppet_start(&puppet, 3600000);
    client_open(&client, &puppet);
    int fd = export_fence(&client, fill(&client, PUPPET_POISON));
    fill(&client, PUPPET_START);
    assert_int_equal(outcome(fd), GEMD_FENCE_LOST);
    assert_int_equal(gemd_fence_export(client.session, 1), -EIO);
    client_close(&client);
    puppet_finish(&puppet);
}

static void exported_fences_are_bounded(void **state)
{
    struct puppet puppet;
    struct client client;
    static int fds[FENCE_EXPORTS_MAX];
    start(&puppet);
    client_open(&client, &puppet);
    for (unsigned i = 0; i < FENCE_EXPORTS_MAX; i++) {
        fds[i] = export_fence(&client, 1);
    }
    assert_int_equal(gemd_fence_export(client.session, 1), -ENOSPC);
    close(fds[0]); /* a reader that has gone harms nobody */
    fill(&client, 1);
    for (unsigned i = 1; i < FENCE_EXPORTS_MAX; i++) {
        assert_int_equal(outcome(fds[i]), GEMD_FENCE_DONE);
    }
    close(export_fence(&client, 2));
    client_close(&client);
    puppet_finish(&puppet);
}

/* ---- waited for ---- */

/* The daemon has read the client's ring up to a WAIT, or all of it. */
static void settle(struct client *client)
{
    close(export_fence(client, 1));
}

static void work_waits_for_a_descriptor(void **state)
{
    struct puppet puppet;
    struct client client, other;
    start(&puppet);
    client_open(&client, &puppet);
    client_open(&other, &puppet);
    const uint64_t one = 1;
    int fd = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(gemd_fence_wait_before(client.session, fd, GEMD_FOREVER), 0);
    uint64_t seqno = fill(&client, 1);
    settle(&client);
    /* The others go on. */
    assert_int_equal(gemd_seqno_wait(other.session, fill(&other, 2), GEMD_FOREVER), 0);
    assert_false(gemd_seqno_passed(client.session, seqno));
    assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
    assert_int_equal(gemd_seqno_wait(client.session, seqno, GEMD_FOREVER), 0);
    /* One that has come already costs nothing. */
    assert_int_equal(gemd_fence_wait_before(client.session, fd, GEMD_FOREVER), 0);
    assert_int_equal(gemd_seqno_wait(client.session, fill(&client, 3), GEMD_FOREVER), 0);
    close(fd);
    assert_int_equal(client.errors, 0);
    client_close(&client);
    client_close(&other);
    puppet_finish(&puppet);
    assert_int_equal(puppet.order[0], 2);
    assert_int_equal(puppet.order[1], 1);
    assert_int_equal(puppet.order[2], 3);
}

static void work_waits_for_another_sessions_fence(void **state)
{
    struct puppet puppet;
    struct client first, second;
    start(&puppet);
    client_open(&first, &puppet);
    client_open(&second, &puppet);
    int fd = export_fence(&first, 1);
    assert_int_equal(gemd_fence_wait_before(second.session, fd, GEMD_FOREVER), 0);
    close(fd);
    uint64_t seqno = fill(&second, 2);
    settle(&second);
    assert_false(gemd_seqno_passed(second.session, seqno));
    fill(&first, 1);
    assert_int_equal(gemd_seqno_wait(second.session, seqno, GEMD_FOREVER), 0);
    /* One whose session ends is over too. */
    fd = export_fence(&first, 9);
    assert_int_equal(gemd_fence_wait_before(second.session, fd, GEMD_FOREVER), 0);
    close(fd);
    seqno = fill(&second, 3);
    settle(&second);
    assert_false(gemd_seqno_passed(second.session, seqno));
    client_close(&first);
    assert_int_equal(gemd_seqno_wait(second.session, seqno, GEMD_FOREVER), 0);
    client_close(&second);
    puppet_finish(&puppet);
    assert_int_equal(puppet.order[0], 1);
    assert_int_equal(puppet.order[1], 2);
    assert_int_equal(puppet.order[2], 3);
}

static void a_wait_for_ones_own_later_work_holds_only_oneself(void **state)
{
    struct puppet puppet;
    struct client client, other;
    start(&puppet);
    client_open(&client, &puppet);
    client_open(&other, &puppet);
    int fd = export_fence(&client, 1);
    assert_int_equal(gemd_fence_wait_before(client.session, fd, GEMD_FOREVER), 0);
    uint64_t seqno = fill(&client, 1);
    settle(&client);
    assert_int_equal(gemd_seqno_wait(other.session, fill(&other, 2), GEMD_FOREVER), 0);
    assert_int_equal(gemd_seqno_wait(client.session, seqno, now_ns() + 1000000), -ETIME);
    client_close(&client);
    assert_int_equal(outcome(fd), GEMD_FENCE_LOST);
    client_close(&other);
    puppet_finish(&puppet);
    assert_int_equal(puppet.ran, 1);
}

static void at_the_deadline_work_goes_on_and_the_client_is_told(void **state)
{
    struct puppet puppet;
    struct client client;
    start(&puppet);
    client_open(&client, &puppet);
    int fd = eventfd(0, EFD_CLOEXEC);
    const int64_t deadlines[] = {now_ns() + 20000000, -1};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(gemd_fence_wait_before(client.session, fd, deadlines[i]), 0);
        uint64_t seqno = fill(&client, i);
        assert_int_equal(gemd_seqno_wait(client.session, seqno, GEMD_FOREVER), 0);
        assert_true(now_ns() >= deadlines[i]);
        gemd_session_dispatch(client.session);
        assert_int_equal(client.errors, i + 1);
        assert_int_equal(client.last.record, GEMD_RECORD_WAIT);
        assert_int_equal(client.last.error, -ETIME);
    }
    close(fd);
    client_close(&client);
    puppet_finish(&puppet);
}

static void a_session_that_waits_can_end(void **state)
{
    struct puppet puppet;
    struct client client;
    start(&puppet);
    client_open(&client, &puppet);
    int fd = eventfd(0, EFD_CLOEXEC);
    const uint64_t one = 1;
    for (unsigned i = 0; i < FENCE_IMPORTS_MAX; i++) {
        assert_int_equal(gemd_fence_wait_before(client.session, fd, GEMD_FOREVER), 0);
    }
    assert_int_equal(gemd_fence_wait_before(client.session, fd, GEMD_FOREVER), -ENOSPC);
    fill(&client, 1);
    settle(&client);
    client_close(&client);
    assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
    close(fd);
    puppet_finish(&puppet);
    assert_int_equal(puppet.ran, 0);
}

static int open_epoll(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

static int open_socket(void)
{
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static int open_directory(void)
{
    return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_memory(void)
{
    return memfd_create("fence", MFD_CLOEXEC);
}

static int open_device(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int open_pipe(void)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[1]);
    return ends[0];
}

static int open_timer(void)
{
    const struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    timerfd_settime(fd, 0, &soon, NULL);
    return fd;
}

static void only_some_kinds_are_taken(void **state)
{
    static const struct {
        int (*open)(void);
        int result;
    } kinds[] = {{open_epoll, -EINVAL},  {open_socket, -EINVAL}, {open_directory, -EINVAL},
                 {open_memory, -EINVAL}, {open_device, -EINVAL}, {open_pipe, 0},
                 {open_timer, 0}};
    struct puppet puppet;
    struct client client;
    start(&puppet);
    client_open(&client, &puppet);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int fd = kinds[i].open();
        assert_true(fd >= 0);
        assert_int_equal(gemd_fence_wait_before(client.session, fd, GEMD_FOREVER), kinds[i].result);
        close(fd);
    }
    assert_int_equal(gemd_seqno_wait(client.session, fill(&client, 1), GEMD_FOREVER), 0);
    client_close(&client);
    puppet_finish(&puppet);
}

static void one_may_wait_for_a_descriptor_oneself(void **state)
{
    const uint64_t one = 1;
    int fd = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(gemd_fence_wait(fd, 0), -ETIME);
    int64_t deadline = now_ns() + 2000000;
    assert_int_equal(gemd_fence_wait(fd, deadline), -ETIME);
    assert_true(now_ns() >= deadline);
    assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
    assert_int_equal(gemd_fence_wait(fd, 0), 0);
    assert_int_equal(gemd_fence_wait(fd, GEMD_FOREVER), 0);
    close(fd);
    assert_int_equal(gemd_fence_wait(fd, GEMD_FOREVER), -EINVAL);
    fd = open_pipe(); /* whose other end is closed */
    assert_int_equal(gemd_fence_wait(fd, GEMD_FOREVER), 0);
    close(fd);
    fd = open_device();
    assert_int_equal(gemd_fence_wait(fd, 0), -EINVAL);
    close(fd);
}

/* ---- many at once ---- */

struct waiter {
    pthread_t thread;
    struct gemd_session *session;
    uint64_t seqno;
    int64_t deadline;
    int result;
};

static void *wait_once(void *data)
{
    struct waiter *waiter = data;
    waiter->result = gemd_seqno_wait(waiter->session, waiter->seqno, waiter->deadline);
    return NULL;
}

/* Every second one for ever, the others for some milliseconds in which nothing happens. */
static void a_hundred_wait_each_with_a_deadline_of_its_own(void **state)
{
    static struct waiter waiters[WAITERS];
    struct puppet puppet;
    struct client client;
    memset(&puppet, 0, sizeof(puppet));
    puppet.held = true;
    puppet_start(&puppet, 3600000);
    client_open(&client, &puppet);
    uint64_t first = fill(&client, 1);
    for (unsigned i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){.session = client.session,
                                     .seqno = first + i % 4 / 2,
                                     .deadline = i % 2 == 0 ? now_ns() + i * 200000 : GEMD_FOREVER};
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_once, &waiters[i]), 0);
    }
    for (unsigned i = 0; i < WAITERS; i += 2) {
        pthread_join(waiters[i].thread, NULL);
        assert_int_equal(waiters[i].result, -ETIME);
        assert_true(now_ns() >= waiters[i].deadline);
    }
    fill(&client, PUPPET_START);
    for (unsigned i = 1; i < WAITERS; i += 2) {
        pthread_join(waiters[i].thread, NULL);
        assert_int_equal(waiters[i].result, 0);
    }
    client_close(&client);
    puppet_finish(&puppet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exported_fence_comes_with_its_seqno),
        cmocka_unit_test(a_fence_of_an_ended_session_comes_when_its_work_is_done),
        cmocka_unit_test(a_fence_of_a_lost_session_says_so),
        cmocka_unit_test(exported_fences_are_bounded),
        cmocka_unit_test(work_waits_for_a_descriptor),
        cmocka_unit_test(work_waits_for_another_sessions_fence),
        cmocka_unit_test(a_wait_for_ones_own_later_work_holds_only_oneself),
        cmocka_unit_test(at_the_deadline_work_goes_on_and_the_client_is_told),
        cmocka_unit_test(a_session_that_waits_can_end),
        cmocka_unit_test(only_some_kinds_are_taken),
        cmocka_unit_test(one_may_wait_for_a_descriptor_oneself),
        cmocka_unit_test(a_hundred_wait_each_with_a_deadline_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
