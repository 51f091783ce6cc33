/* SPDX-License-Identifier: MIT */
/* Vblanks and flips, of the client library, by a daemon that does as it is told. */
#include "tests/proto/client_fixture.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "proto/codec.h"

#define SLOT 3u /* of the fake's windows */

/* The pipe runs, and the daemon is as new as this library. */
static int setup(void **state)
{
    int result = fixture_setup(state);
    struct fixture *fixture = *state;
    struct gemd_status_page *status = fixture->fake->status;
    status->minor = GEMD_PROTOCOL_MINOR;
    status->vblank = 100;
    status->vblank_time_ns = 5000;
    status->pipe_changes = 7;
    return result;
}

static void set_vblank(struct fixture *fixture, uint64_t vblank)
{
    struct gemd_status_page *status = fixture->fake->status;
    __atomic_store_n(&status->vblank_time_ns, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&status->vblank, vblank, __ATOMIC_RELEASE);
    __atomic_store_n(&status->vblank_time_ns, vblank * 50, __ATOMIC_RELEASE);
    fake_wake(&status->vblank_changes);
}

static void set_pipe(struct fixture *fixture, uint32_t changes)
{
    struct gemd_status_page *status = fixture->fake->status;
    __atomic_store_n(&status->pipe_changes, changes, __ATOMIC_RELEASE);
    fake_wake(&status->vblank_changes);
}

/* ---- threads that wait ---- */

struct sleeper {
    pthread_t thread;
    struct gemd_session *session;
    uint32_t flags;
    uint64_t sequence;
    struct gemd_vblank when;
    int result;
};

static void *sleep_until(void *data)
{
    struct sleeper *sleeper = data;
    sleeper->result = gemd_vblank_wait(sleeper->session, sleeper->flags, sleeper->sequence,
                                       GEMD_FOREVER, &sleeper->when);
    return NULL;
}

/* Begins to wait, and is asleep. */
static void sleeper_start(struct sleeper *sleeper, struct fixture *fixture, uint32_t flags,
                          uint64_t sequence)
{
    *sleeper = (struct sleeper){.session = fixture->session, .flags = flags, .sequence = sequence};
    assert_int_equal(pthread_create(&sleeper->thread, NULL, sleep_until, sleeper), 0);
    while (__atomic_load_n(&fixture->fake->ring->vblank_waits, __ATOMIC_ACQUIRE) == 0) {
        usleep(1000);
    }
}

static int sleeper_end(struct sleeper *sleeper)
{
    pthread_join(sleeper->thread, NULL);
    return sleeper->result;
}

static void a_thread_sleeps_until_its_vblank(void **state)
{
    struct fixture *fixture = *state;
    struct sleeper sleeper;
    sleeper_start(&sleeper, fixture, GEMD_VBLANK_RELATIVE, 2);
    set_vblank(fixture, 101);
    set_vblank(fixture, 103); /* it need not see each of them */
    assert_int_equal(sleeper_end(&sleeper), 0);
    assert_int_equal(sleeper.when.sequence, 103);
    assert_int_equal(sleeper.when.time_ns, 103 * 50);
    assert_int_equal(fake_settle(fixture->fake).vblank_waits, 0); /* and asks nobody */
}

static void what_has_passed_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_vblank when;
    struct sleeper sleeper;
    assert_int_equal(gemd_vblank_wait(fixture->session, 0, 100, GEMD_FOREVER, &when), 0);
    assert_int_equal(when.sequence, 100);
    assert_int_equal(gemd_vblank_wait(fixture->session, 0, 3, GEMD_FOREVER, NULL), 0);
    sleeper_start(&sleeper, fixture, GEMD_VBLANK_NEXT, 3);
    set_vblank(fixture, 101);
    assert_int_equal(sleeper_end(&sleeper), 0);
    assert_int_equal(sleeper.when.sequence, 101);
}

static void a_pipe_that_stops_ends_waits(void **state)
{
    struct fixture *fixture = *state;
    struct sleeper sleeper;
    sleeper_start(&sleeper, fixture, 0, 1000);
    set_pipe(fixture, 8);
    assert_int_equal(sleeper_end(&sleeper), -ENODATA);
    struct gemd_vblank now;
    assert_int_equal(gemd_vblank_wait(fixture->session, 0, 1, GEMD_FOREVER, NULL), -ENODATA);
    assert_int_equal(gemd_vblank_now(fixture->session, &now), -ENODATA);
    set_pipe(fixture, 9);
    sleeper_start(&sleeper, fixture, 0, 1000);
    set_pipe(fixture, 11); /* off and on */
    assert_int_equal(sleeper_end(&sleeper), -ECANCELED);
}

static void waits_end_at_their_deadline(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(gemd_vblank_wait(fixture->session, 0, 1000, 1, NULL), -ETIME);
    assert_int_equal(fixture->fake->ring->vblank_waits, 0);
}

static void a_daemon_that_dies_ends_waits(void **state)
{
    struct fixture *fixture = *state;
    struct sleeper sleeper;
    sleeper_start(&sleeper, fixture, 0, 1000);
    fake_die(fixture->fake);
    assert_int_equal(sleeper_end(&sleeper), -EIO);
    struct gemd_vblank now;
    assert_int_equal(gemd_vblank_now(fixture->session, &now), -EIO);
}

static void wrong_waits_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_session *session = fixture->session;
    const uint64_t most = GEMD_VBLANK_AHEAD_MAX;
    struct gemd_vblank now;
    assert_int_equal(gemd_vblank_wait(session, 4, 1, 1, NULL), -EINVAL);
    assert_int_equal(gemd_vblank_wait(session, 0, 100 + most + 1, 1, NULL), -EINVAL);
    assert_int_equal(gemd_vblank_wait(session, 0, 100 + most, 1, NULL), -ETIME);
    assert_int_equal(gemd_vblank_wait(session, GEMD_VBLANK_RELATIVE, UINT64_MAX, 1, NULL), -EINVAL);
    fixture->fake->status->minor = 1;
    assert_int_equal(gemd_vblank_wait(session, 0, 1, 1, NULL), -EOPNOTSUPP);
    assert_int_equal(gemd_vblank_request(session, 0, 1, 1), -EOPNOTSUPP);
    assert_int_equal(gemd_vblank_now(session, &now), -EOPNOTSUPP);
}

static void *write_vblanks(void *data)
{
    for (uint64_t i = 1; i <= 100000; i++) {
        set_vblank(data, 1000 + i);
    }
    return NULL;
}

static void number_and_time_belong_together(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_vblank now;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_vblanks, fixture), 0);
    do {
        assert_int_equal(gemd_vblank_now(fixture->session, &now), 0);
        assert_true(now.time_ns == 0 || (uint64_t)now.time_ns == now.sequence * 50);
    } while (now.sequence < 101000);
    pthread_join(thread, NULL);
}

static void number_and_time_are_known(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_vblank now;
    assert_int_equal(gemd_vblank_now(fixture->session, &now), 0);
    assert_int_equal(now.sequence, 100);
    assert_int_equal(now.time_ns, 5000);
    fixture->fake->status->vblank_time_ns = 0; /* a daemon that died while it wrote */
    assert_int_equal(gemd_vblank_now(fixture->session, &now), 0);
    assert_int_equal(now.time_ns, 0);
}

/* ---- events ---- */

static void await_event(struct fixture *fixture, unsigned count)
{
    fake_settle(fixture->fake);
    gemd_session_dispatch(fixture->session);
    assert_int_equal(__atomic_load_n(&fixture->events, __ATOMIC_ACQUIRE), count);
}

static void a_request_is_told_by_its_cookie(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(gemd_vblank_request(fixture->session, 0, 105, 1), 0);
    await_event(fixture, 1);
    assert_int_equal(fixture->last_event, GEMD_MSG_VBLANK_EVENT);
    assert_string_equal(fixture->last_text, "vblank 105 for 1: it has come");
}

/* Also while somebody else waits for an answer. */
static void a_request_is_told_by_whoever_reads(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *bo;
    assert_int_equal(gemd_vblank_request(fixture->session, 0, 105, 1), 0);
    assert_int_equal(gemd_bo_create(fixture->session, 4096, true, &bo), 0);
    assert_int_equal(fixture->events, 1);
    assert_string_equal(fixture->last_text, "vblank 105 for 1: it has come");
    gemd_bo_unref(bo);
}

static void a_refused_request_is_told_by_its_cookie(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(gemd_vblank_request(fixture->session, 0, 105, 2), 0);
    await_event(fixture, 2); /* why, in words; and what */
    assert_int_equal(fixture->last_event, GEMD_MSG_VBLANK_EVENT);
    assert_non_null(strstr(fixture->last_text, "for 2: Disk quota exceeded"));
    /* And the others' errors are nobody's vblanks. */
    struct gemd_window *window;
    assert_int_equal(gemd_window_create(fixture->session, 4096, 16, &window), -EINVAL);
    assert_int_equal(fixture->last_event, GEMD_MSG_ERROR);
}

static void requests_of_a_lost_session_are_told(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_session *session = fixture->session;
    assert_int_equal(gemd_vblank_request(session, 0, 105, 30), 0);
    assert_int_equal(gemd_vblank_request(session, 0, 105, 40), 0);
    fake_settle(fixture->fake);
    fake_die(fixture->fake);
    gemd_session_dispatch(session);
    assert_int_equal(fixture->events, 2);
    assert_non_null(strstr(fixture->last_text, "for 30: Input/output error"));
    assert_int_equal(gemd_vblank_request(session, 0, 105, 50), -EIO);
    gemd_session_dispatch(session);
    assert_int_equal(fixture->events, 2);
}

static void requests_end_with_their_session(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(gemd_vblank_request(fixture->session, 0, 105, 30), 0);
    /* Its teardown, under a sanitizer, sees whether anything is left. */
}

static void without_on_event_there_is_nobody_to_tell(void **state)
{
    struct fixture *fixture = *state;
    gemd_session_close(fixture->session);
    fake_stop(fixture->fake);
    fixture->fake = fake_new();
    fake_start(fixture->fake);
    const struct gemd_connect_options options = {.socket = fixture->fake->path};
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &fixture->session, reason), 0);
    assert_int_equal(gemd_vblank_request(fixture->session, 0, 1, 1), -EINVAL);
}

/* ---- flips ---- */

struct flipper {
    struct gemd_window *window;
    struct gemd_bo *bo;
    struct gemd_status_window *status;
};

static void flipper_open(struct flipper *flipper, struct fixture *fixture)
{
    assert_int_equal(gemd_window_create(fixture->session, 16, 16, &flipper->window), 0);
    assert_int_equal(gemd_bo_create(fixture->session, 4096, true, &flipper->bo), 0);
    flipper->status = &fixture->fake->status->windows[SLOT];
    assert_int_equal(gemd_window_slot(flipper->window), SLOT);
}

static void flipper_close(struct flipper *flipper)
{
    gemd_window_destroy(flipper->window);
    gemd_bo_unref(flipper->bo);
}

static int flip(const struct flipper *flipper, uint64_t target, uint64_t *serial)
{
    return gemd_window_flip(flipper->window, flipper->bo, 0, 64, 0, target, serial);
}

static void one_flip_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    struct flipper flipper;
    uint64_t serial = 0;
    flipper_open(&flipper, fixture);
    assert_int_equal(flip(&flipper, 0, &serial), 0);
    assert_int_equal(serial, 1);
    struct gemd_record_present present = fake_settle(fixture->fake).last_present;
    assert_int_equal(present.flags, GEMD_PRESENT_EXCLUSIVE | GEMD_PRESENT_EVENT);
    assert_int_equal(present.interval, 1);
    assert_int_equal(flip(&flipper, 0, &serial), -EBUSY);
    __atomic_store_n(&flipper.status->accepted, 1, __ATOMIC_RELEASE);
    assert_int_equal(flip(&flipper, 0, &serial), -EBUSY);
    __atomic_store_n(&flipper.status->latched, 1, __ATOMIC_RELEASE);
    assert_int_equal(flip(&flipper, 0, &serial), 0);
    assert_int_equal(serial, 2);
    /* One that was dropped waits no more either. */
    __atomic_store_n(&flipper.status->dropped_bits, 4, __ATOMIC_RELEASE);
    __atomic_store_n(&flipper.status->accepted, 2, __ATOMIC_RELEASE);
    assert_int_equal(flip(&flipper, 0, &serial), 0);
    flipper_close(&flipper);
}

static void a_flip_has_its_vblank(void **state)
{
    struct fixture *fixture = *state;
    struct flipper flipper;
    uint64_t serial = 0;
    flipper_open(&flipper, fixture);
    set_vblank(fixture, UINT64_C(0x1fffffff0));
    assert_int_equal(flip(&flipper, UINT64_C(0x200000005), &serial), 0);
    struct gemd_record_present present = fake_settle(fixture->fake).last_present;
    assert_int_equal(present.flags,
                     GEMD_PRESENT_EXCLUSIVE | GEMD_PRESENT_EVENT | GEMD_PRESENT_TARGET);
    assert_int_equal(present.interval, 5);
    __atomic_store_n(&flipper.status->latched, 1, __ATOMIC_RELEASE);
    assert_int_equal(flip(&flipper, UINT64_C(0x1fffffff0) + GEMD_VBLANK_AHEAD_MAX, &serial),
                     -EINVAL);
    assert_int_equal(flip(&flipper, 77, &serial), 0); /* long past: the next */
    assert_int_equal(fake_settle(fixture->fake).last_present.flags,
                     GEMD_PRESENT_EXCLUSIVE | GEMD_PRESENT_EVENT);
    static const uint32_t words[GEMD_PALETTE_WORDS];
    assert_int_equal(gemd_window_set_format(flipper.window, (enum gemd_format)4), -EINVAL);
    assert_int_equal(gemd_window_set_format(flipper.window, GEMD_FORMAT_RGB565), 0);
    __atomic_store_n(&flipper.status->latched, 2, __ATOMIC_RELEASE);
    assert_int_equal(flip(&flipper, 0, &serial), 0);
    assert_int_equal(fake_settle(fixture->fake).last_present.flags,
                     GEMD_PRESENT_EXCLUSIVE | GEMD_PRESENT_EVENT |
                         GEMD_FORMAT_RGB565 << GEMD_PRESENT_FORMAT_SHIFT);
    fixture->fake->status->minor = 1;
    assert_int_equal(flip(&flipper, 0, &serial), -EOPNOTSUPP);
    /* Also a frame of a session that came back to an older daemon. */
    assert_int_equal(gemd_window_present(flipper.window, flipper.bo, 0, 64, 1, 0, &serial),
                     -EOPNOTSUPP);
    assert_int_equal(gemd_window_set_palette(flipper.window, 8, words), -EOPNOTSUPP);
    assert_int_equal(gemd_window_set_format(flipper.window, GEMD_FORMAT_C8), -EOPNOTSUPP);
    assert_int_equal(gemd_window_set_format(flipper.window, GEMD_FORMAT_XRGB8888), 0);
    flipper_close(&flipper);
}

static void send_flip(struct fixture *fixture, uint32_t window, uint64_t serial, uint32_t state)
{
    struct gemd_msg_flip_event event;
    codec_begin(&event, GEMD_MSG_FLIP_EVENT, 0);
    event.window = window;
    event.serial = serial;
    event.sequence = 101;
    event.state = state;
    fake_send(fixture->fake, &event, sizeof(event));
    gemd_session_dispatch(fixture->session);
}

static void flips_are_told(void **state)
{
    struct fixture *fixture = *state;
    struct flipper flipper;
    flipper_open(&flipper, fixture);
    send_flip(fixture, SLOT, 5, GEMD_FLIP_SHOWN);
    assert_int_equal(fixture->events, 1);
    assert_string_equal(fixture->last_text, "frame 5 of window 3 is on the screen, vblank 101");
    send_flip(fixture, SLOT, 6, GEMD_FLIP_DROPPED);
    assert_non_null(strstr(fixture->last_text, "was dropped"));
    send_flip(fixture, SLOT, 7, 77);
    assert_int_equal(fixture->events, 3);
    send_flip(fixture, SLOT + 1, 8, GEMD_FLIP_SHOWN); /* of a window that is gone */
    assert_int_equal(fixture->events, 3);
    flipper_close(&flipper);
}

static void the_descriptor_says_when_to_dispatch(void **state)
{
    struct fixture *fixture = *state;
    int fd = gemd_session_fd(fixture->session);
    fd_set set;
    struct timeval none = {0};
    FD_ZERO(&set);
    FD_SET(fd, &set);
    assert_int_equal(select(fd + 1, &set, NULL, NULL, &none), 0);
    assert_int_equal(gemd_vblank_request(fixture->session, 0, 105, 1), 0);
    FD_SET(fd, &set);
    assert_int_equal(select(fd + 1, &set, NULL, NULL, NULL), 1);
    gemd_session_dispatch(fixture->session);
    assert_int_equal(fixture->events, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_thread_sleeps_until_its_vblank),
        TEST(what_has_passed_is_not_waited_for),
        TEST(a_pipe_that_stops_ends_waits),
        TEST(waits_end_at_their_deadline),
        TEST(a_daemon_that_dies_ends_waits),
        TEST(wrong_waits_are_refused),
        TEST(number_and_time_belong_together),
        TEST(number_and_time_are_known),
        TEST(a_request_is_told_by_its_cookie),
        TEST(a_request_is_told_by_whoever_reads),
        TEST(a_refused_request_is_told_by_its_cookie),
        TEST(requests_of_a_lost_session_are_told),
        TEST(requests_end_with_their_session),
        TEST(without_on_event_there_is_nobody_to_tell),
        TEST(one_flip_at_a_time),
        TEST(a_flip_has_its_vblank),
        TEST(flips_are_told),
        TEST(the_descriptor_says_when_to_dispatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
