/* SPDX-License-Identifier: MIT */
/* Both ends of a channel's shared memory, in one process; and what a hostile one may put there. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "winsys/drm/process.h"
#include "winsys/drm/shared.h"

#define LONG_NS 4000000000u

struct ends {
    struct drm_link program, server;
    struct drm_buffer in, out;
};

static int set_up(void **state)
{
    static struct ends ends;
    int sockets[2], memory;

    ends = (struct ends){0};
    assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), errno);
    ends.program.socket = sockets[0];
    ends.server.socket = sockets[1];
    assert_int_equal(drm_shared_create(&ends.server, &memory), 0);
    assert_int_equal(drm_shared_open(&ends.program, memory), 0);
    close(memory);
    *state = &ends;
    return 0;
}

static int tear_down(void **state)
{
    struct ends *ends = *state;

    drm_shared_close(&ends->program);
    drm_shared_close(&ends->server);
    close(ends->program.socket);
    close(ends->server.socket);
    drm_buffer_clear(&ends->in);
    drm_buffer_clear(&ends->out);
    return 0;
}

static struct drm_packet message(uint32_t tag, void *payload, size_t size, int fd)
{
    return (struct drm_packet){
        .request = {.type = DRM_WIRE_IOCTL, .request = tag, .payload = size},
        .payload = payload,
        .fd = fd,
    };
}

static bool is_silent(int socket)
{
    char byte;

    return recv(socket, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

/* Sends one way; the other end must have got the same. */
static void pass(struct drm_link *from, struct drm_link *to, struct drm_buffer *buffer,
                 uint32_t tag, size_t size)
{
    static uint8_t bytes[2 * DRM_WIRE_INLINE_MAX];
    struct drm_packet sent = message(tag, bytes, size, -1), got;

    memset(bytes, (int)(tag & 0xff), size);
    assert_int_equal(drm_link_send(from, &sent), 0);
    assert_true(drm_link_look(to, LONG_NS));
    assert_int_equal(drm_link_receive(to, &got, buffer), 1);
    assert_int_equal(got.request.request, tag);
    assert_int_equal(got.request.payload, size);
    assert_int_equal(got.fd, -1);
    assert_memory_equal(got.payload, bytes, size);
    assert_false(drm_link_look(to, 0));
}

static void messages_need_no_socket(void **state)
{
    struct ends *ends = *state;
    const size_t sizes[] = {0, 8, 4096, DRM_SHARED_PAYLOAD_MAX};

    for (unsigned i = 0; i < 4; i++) {
        pass(&ends->program, &ends->server, &ends->in, 2 * i + 1, sizes[i]);
        pass(&ends->server, &ends->program, &ends->out, 2 * i + 2, sizes[i]);
    }
    assert_true(is_silent(ends->program.socket));
    assert_true(is_silent(ends->server.socket));
}

static void what_is_too_large_goes_by_the_socket(void **state)
{
    struct ends *ends = *state;
    const size_t sizes[] = {DRM_SHARED_PAYLOAD_MAX + 8, DRM_WIRE_INLINE_MAX - 64,
                            2 * DRM_WIRE_INLINE_MAX};

    for (unsigned i = 0; i < 3; i++) {
        pass(&ends->program, &ends->server, &ends->in, 7 + i, sizes[i]);
        pass(&ends->server, &ends->program, &ends->out, 77 + i, sizes[i]);
        pass(&ends->program, &ends->server, &ends->in, 777 + i, 16);
    }
}

static void descriptors_go_by_the_socket(void **state)
{
    struct ends *ends = *state;
    struct drm_packet sent = message(5, NULL, 0, ends->server.socket), got;
    struct stat one, other;

    assert_int_equal(drm_link_send(&ends->program, &sent), 0);
    assert_int_equal(drm_link_receive(&ends->server, &got, &ends->in), 1);
    assert_true(got.fd >= 0);
    assert_return_code(fstat(got.fd, &one), errno);
    assert_return_code(fstat(ends->server.socket, &other), errno);
    assert_int_equal(one.st_ino, other.st_ino);
    close(got.fd);
    pass(&ends->server, &ends->program, &ends->out, 6, 8);
}

/* What could not be sent has been announced; the next request must not be lost for it. */
static void a_message_may_be_withdrawn(void **state)
{
    struct ends *ends = *state;
    struct drm_packet bad = message(5, NULL, 0, 9999), got;

    assert_int_equal(drm_link_send(&ends->program, &bad), -EBADF);
    pass(&ends->program, &ends->server, &ends->in, 6, 8);
    /* It has been seen before the next one comes. */
    bad = message(7, NULL, 0, 9999);
    assert_int_equal(drm_link_send(&ends->program, &bad), -EBADF);
    assert_true(drm_link_look(&ends->server, LONG_NS));
    struct drm_packet bell = {.request = {.type = DRM_WIRE_BELL}, .fd = -1};
    struct drm_packet next = message(8, NULL, 0, -1);
    assert_int_equal(drm_packet_send(ends->program.socket, &bell), 0); /* wakes it for nothing */
    assert_int_equal(drm_link_send(&ends->program, &next), 0);
    assert_int_equal(drm_link_receive(&ends->server, &got, &ends->in), 1);
    assert_int_equal(got.request.request, 8);
}

static void *echo(void *data)
{
    struct ends *ends = data;
    struct drm_packet packet;
    uintptr_t count = 0;

    while (drm_link_receive(&ends->server, &packet, &ends->in) == 1) {
        count++;
        if (drm_link_send(&ends->server, &packet) != 0) {
            break;
        }
    }
    return (void *)count;
}

#define CALLS 20000u

/* Neither looks always, so each is asleep now and then, or on the way there. */
static void sleepers_are_woken(void **state)
{
    struct ends *ends = *state;
    struct drm_buffer buffer = {0};
    pthread_t thread;
    void *count;

    assert_int_equal(pthread_create(&thread, NULL, echo, ends), 0);
    for (uint32_t i = 0; i < CALLS; i++) {
        uint64_t value = i;
        struct drm_packet packet = message(i, &value, sizeof(value), -1);
        assert_int_equal(drm_link_send(&ends->program, &packet), 0);
        if (i % 3 != 0) {
            (void)drm_link_look(&ends->program, i % 64 * 100);
        }
        assert_int_equal(drm_link_receive(&ends->program, &packet, &buffer), 1);
        assert_int_equal(packet.request.request, i);
        memcpy(&value, packet.payload, sizeof(value));
        assert_int_equal(value, i);
    }
    shutdown(ends->program.socket, SHUT_RDWR);
    pthread_join(thread, &count);
    assert_int_equal((uintptr_t)count, CALLS);
    drm_buffer_clear(&buffer);
}

static void the_end_is_seen(void **state)
{
    struct ends *ends = *state;
    struct drm_packet packet = message(1, NULL, 0, -1);

    assert_false(drm_link_sleeps(&ends->program));
    shutdown(ends->program.socket, SHUT_RDWR);
    assert_int_equal(drm_link_receive(&ends->server, &packet, &ends->in), 0);
    assert_true(drm_link_sleeps(&ends->program)); /* and is to be rung for, in vain */
    assert_int_equal(drm_link_send(&ends->program, &packet), -EPIPE);
}

static void who_has_left_sleeps(void **state)
{
    struct ends *ends = *state;

    drm_shared_close(&ends->server);
    assert_true(drm_link_sleeps(&ends->program));
}

/* ---- hostile bytes ---- */

static int hostile(struct ends *ends, struct drm_wire_request head)
{
    struct drm_packet packet;

    ends->program.own->request = head;
    __atomic_add_fetch(&ends->program.own->number, 12345, __ATOMIC_SEQ_CST);
    return drm_link_receive(&ends->server, &packet, &ends->in);
}

static void hostile_heads_are_refused(void **state)
{
    struct ends *ends = *state;
    struct drm_wire_request head = {.type = DRM_WIRE_IOCTL, .payload = DRM_SHARED_PAYLOAD_MAX};

    assert_int_equal(hostile(ends, head), 1);
    head.payload++;
    assert_int_equal(hostile(ends, head), -EPROTO);
    head.payload = UINT64_MAX;
    assert_int_equal(hostile(ends, head), -EPROTO);
    head.payload = 8;
    const uint32_t flags[] = {DRM_WIRE_FD, DRM_WIRE_OUTSIDE, DRM_WIRE_FD | DRM_WIRE_ELSEWHERE,
                              UINT32_MAX};
    for (unsigned i = 0; i < 4; i++) {
        head.flags = flags[i];
        assert_int_equal(hostile(ends, head), -EPROTO);
    }
}

/* Who says that it sleeps and does not, is rung for, and may ring as it likes. */
static void bells_do_no_harm(void **state)
{
    struct ends *ends = *state;
    struct drm_packet bell = {.request = {.type = DRM_WIRE_BELL}, .fd = -1};

    for (unsigned i = 0; i < 20; i++) {
        bell.fd = i % 2 == 0 ? -1 : ends->program.socket;
        assert_int_equal(drm_packet_send(ends->program.socket, &bell), 0);
    }
    for (unsigned i = 0; i < 20; i++) {
        ends->program.own->sleeps = UINT32_MAX;
        pass(&ends->program, &ends->server, &ends->in, i, 8);
        pass(&ends->server, &ends->program, &ends->out, i, 8);
    }
    struct drm_packet last = message(4, NULL, 0, ends->program.socket), got;
    assert_int_equal(drm_link_send(&ends->program, &last), 0); /* behind all bells */
    assert_int_equal(drm_link_receive(&ends->server, &got, &ends->in), 1);
    assert_int_equal(got.request.request, 4);
    close(got.fd);
}

static void it_cannot_be_cut_off(void **state)
{
    struct drm_link link = {.socket = -1};
    int memory;

    (void)state;
    assert_int_equal(drm_shared_create(&link, &memory), 0);
    assert_int_equal(ftruncate(memory, 0), -1);
    assert_int_equal(ftruncate(memory, 1 << 20), -1);
    assert_int_equal(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE), -1);
    close(memory);
    drm_shared_close(&link);
    drm_shared_close(&link); /* twice is once */
    assert_int_not_equal(drm_shared_open(&link, -1), 0);
    assert_null(link.shared);
}

/* ---- whose it is ---- */

static void children_have_it_not(void **state)
{
    struct ends *ends = *state;
    const uint32_t ours = process_generation();
    int status;

    assert_int_equal(process_id(), getpid());
    assert_int_not_equal(ours, 0);
    const pid_t child = fork();
    if (child == 0) {
        unsigned char there;
        const bool gone = mincore(ends->program.shared, 1, &there) != 0 && errno == ENOMEM;
        const uint32_t own = process_generation();
        if (fork() == 0) { /* a child's child is neither */
            const bool other = process_generation() != own && process_generation() != ours;
            _exit(other && process_id() == getpid() ? 0 : 1);
        }
        int inner = -1;
        (void)wait(&inner);
        _exit(gone && own != ours && process_id() == getpid() && inner == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(process_generation(), ours);
    pass(&ends->program, &ends->server, &ends->in, 1, 8);
}

/* ---- how often it is worth looking ---- */

static unsigned looks_among(struct drm_looks *looks, unsigned calls, bool comes)
{
    unsigned count = 0;

    for (unsigned i = 0; i < calls; i++) {
        if (drm_looks_may(looks)) {
            count++;
            drm_looks_note(looks, comes);
        }
    }
    return count;
}

static void looking_in_vain_is_given_up(void **state)
{
    struct drm_looks looks = {0};

    (void)state;
    assert_int_equal(looks_among(&looks, 1000, true), 1000);
    assert_true(looks_among(&looks, 1000, false) <= 1000 / (DRM_LOOKS_SKIP_MAX + 1) + 5);
    assert_true(looks.skip <= DRM_LOOKS_SKIP_MAX);
    assert_true(looks_among(&looks, 1000, true) >= 1000 - DRM_LOOKS_SKIP_MAX);
}

/* ---- going to another processor ---- */

#define TRIES 100000u

/* Whether it steps aside from the processor where the other end seems to be. */
static bool steps(struct ends *ends, struct drm_aside *aside)
{
    for (unsigned i = 0; i < TRIES && !aside->is_aside; i++) {
        ends->program.own->processor = (uint32_t)sched_getcpu();
        drm_step_aside(aside, &ends->server);
    }
    return aside->is_aside;
}

static void steps_leave_the_choice_to_others(void **state)
{
    struct ends *ends = *state;
    struct drm_aside aside = {0};
    cpu_set_t before, after, one;

    assert_return_code(sched_getaffinity(0, sizeof(before), &before), errno);
    assert_int_equal(steps(ends, &aside), CPU_COUNT(&before) > 1);
    assert_return_code(sched_getaffinity(0, sizeof(after), &after), errno);
    assert_true(CPU_EQUAL(&before, &after));
    drm_step_back(&aside, &ends->server);
    assert_false(aside.is_aside);
    assert_return_code(sched_getaffinity(0, sizeof(after), &after), errno);
    assert_true(CPU_EQUAL(&before, &after));

    aside = (struct drm_aside){.is_aside = true};
    const uint32_t nowhere[] = {CPU_SETSIZE - 1, CPU_SETSIZE, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) { /* the program may say anything */
        ends->program.own->processor = nowhere[i];
        drm_step_back(&aside, &ends->server);
        drm_step_aside(&aside, &ends->server);
    }
    assert_return_code(sched_getaffinity(0, sizeof(after), &after), errno);
    assert_true(CPU_EQUAL(&before, &after));

    CPU_ZERO(&one); /* with one there is nowhere to go to, and nothing to look for */
    CPU_SET(sched_getcpu(), &one);
    assert_return_code(sched_setaffinity(0, sizeof(one), &one), errno);
    aside = (struct drm_aside){0};
    assert_int_equal(drm_processors(), 1);
    assert_false(steps(ends, &aside));
    assert_return_code(sched_setaffinity(0, sizeof(before), &before), errno);
}

static void one_call_is_no_reason_to_step(void **state)
{
    struct ends *ends = *state;
    struct drm_aside aside = {0};

    for (unsigned i = 0; i < 100; i++) {
        ends->program.own->processor = (uint32_t)sched_getcpu();
        aside.last_ns = 0; /* long ago */
        drm_step_aside(&aside, &ends->server);
        assert_false(aside.is_aside);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(messages_need_no_socket),
        TEST(what_is_too_large_goes_by_the_socket),
        TEST(descriptors_go_by_the_socket),
        TEST(a_message_may_be_withdrawn),
        TEST(sleepers_are_woken),
        TEST(the_end_is_seen),
        TEST(who_has_left_sleeps),
        TEST(hostile_heads_are_refused),
        TEST(bells_do_no_harm),
        cmocka_unit_test(it_cannot_be_cut_off),
        TEST(children_have_it_not),
        cmocka_unit_test(looking_in_vain_is_given_up),
        TEST(steps_leave_the_choice_to_others),
        TEST(one_call_is_no_reason_to_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
