/* SPDX-License-Identifier: MIT */
/* Channels with shared memory: programs that call, that end, and that put anything there. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <drm.h>
#include <i915_drm.h>

#include "tests/drm/rig.h"
#include "winsys/drm/shared.h"

#define THREADS 6
#define CALLS   300
#define HOSTILE 3000u

/* A program's end of a new channel. */
struct program {
    struct drm_link link;
    struct drm_buffer in, out;
};

static int greet(struct program *program, uint64_t version, bool shares, int *memory)
{
    struct drm_packet packet = {
        .request = {.type = DRM_WIRE_HELLO, .file = version, .length = shares}, .fd = -1};

    assert_int_equal(drm_link_send(&program->link, &packet), 0);
    assert_int_equal(drm_link_receive(&program->link, &packet, &program->in), 1);
    *memory = packet.fd;
    return packet.answer.result;
}

static void arrive(struct rig *rig, struct program *program)
{
    int memory;

    *program = (struct program){.link.socket = rig_channel(rig)};
    assert_int_equal(greet(program, DRM_WIRE_VERSION, true, &memory), 0);
    assert_true(memory >= 0);
    assert_int_equal(drm_shared_open(&program->link, memory), 0);
    close(memory);
}

static void leave(struct program *program)
{
    drm_shared_close(&program->link);
    close(program->link.socket);
    drm_buffer_clear(&program->in);
    drm_buffer_clear(&program->out);
}

static int call(struct program *program, const struct rig_file *file, uint32_t request,
                void *argument)
{
    struct drm_packed packed;
    struct drm_packet packet = {0};
    int result = drm_pack_request(&packed, request, argument, &packet, &program->out);

    if (result != 0) {
        return result;
    }
    packet.request.file = file->id;
    assert_int_equal(drm_link_send(&program->link, &packet), 0);
    (void)drm_link_look(&program->link, 20000);
    assert_int_equal(drm_link_receive(&program->link, &packet, &program->in), 1);
    return drm_unpack_answer(&packed, argument, &packet, &program->out);
}

static bool works(struct program *program, const struct rig_file *file)
{
    int value = 0;
    drm_i915_getparam_t param = {.param = I915_PARAM_CHIPSET_ID, .value = &value};

    return call(program, file, DRM_IOCTL_I915_GETPARAM, &param) == 0 && value == 0x29c2;
}

static unsigned channels(struct rig *rig)
{
    pthread_mutex_lock(&rig->server.lock);
    const unsigned count = rig->server.channel_count;
    pthread_mutex_unlock(&rig->server.lock);
    return count;
}

static void await_channels(struct rig *rig, unsigned count)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    for (unsigned i = 0; i < 30000 && channels(rig) != count; i++) {
        nanosleep(&moment, NULL);
    }
    assert_int_equal(channels(rig), count);
}

/* ---- programs ---- */

static void calls_come_back(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    static uint8_t sent[400000], got[sizeof(sent)];
    struct program program;
    struct drm_i915_gem_create create = {.size = sizeof(sent)};

    arrive(rig, &program);
    assert_true(works(&program, &file));
    assert_int_equal(call(&program, &file, DRM_IOCTL_I915_GEM_CREATE, &create), 0);
    for (size_t size = 1; size < sizeof(sent); size *= 7) { /* there and elsewhere */
        memset(sent, (int)(size % 251), size);
        struct drm_i915_gem_pwrite write = {
            .handle = create.handle, .size = size, .data_ptr = (uintptr_t)sent};
        struct drm_i915_gem_pread read = {
            .handle = create.handle, .size = size, .data_ptr = (uintptr_t)got};
        assert_int_equal(call(&program, &file, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
        assert_int_equal(call(&program, &file, DRM_IOCTL_I915_GEM_PREAD, &read), 0);
        assert_memory_equal(got, sent, size);
    }
    struct drm_prime_handle prime = {.handle = create.handle}; /* descriptors, both ways */
    assert_int_equal(call(&program, &file, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    prime.handle = 0;
    assert_int_equal(call(&program, &file, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
    assert_int_equal(prime.handle, create.handle);
    close(prime.fd);
    assert_true(works(&program, &file));
    leave(&program);
    rig_close(rig, &file);
}

struct caller {
    struct rig *rig;
    const struct rig_file *shared;
    pthread_t thread;
    struct program program;
    unsigned bad;
};

static void *call_often(void *data)
{
    struct caller *caller = data;

    for (unsigned i = 0; i < CALLS; i++) {
        caller->bad += !works(&caller->program, caller->shared);
    }
    return NULL;
}

static void threads_call(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    static struct caller callers[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.rig = rig, .shared = &file};
        arrive(rig, &callers[i].program);
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_int_equal(callers[i].bad, 0);
        leave(&callers[i].program);
    }
    await_channels(rig, 1);
    rig_close(rig, &file);
}

/* Whether the server is still looking, or asleep, or on its way there. */
static void programs_end_at_any_moment(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);

    for (unsigned i = 0; i < 100; i++) {
        const struct timespec moment = {.tv_nsec = i * 1000};
        struct program program;
        arrive(rig, &program);
        assert_true(works(&program, &file));
        nanosleep(&moment, NULL);
        if (i % 2 != 0) { /* in the midst of a call */
            struct drm_packet packet = {.request = {.type = DRM_WIRE_MAP}, .fd = -1};
            assert_int_equal(drm_link_send(&program.link, &packet), 0);
        }
        leave(&program);
    }
    await_channels(rig, 1);
    rig_close(rig, &file);
}

/* What a program that has no room for it does. */
static void memory_may_be_given_up(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct program program = {.link.socket = rig_channel(rig)};
    int memory;

    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(greet(&program, DRM_WIRE_VERSION, true, &memory), 0);
        assert_true(memory >= 0);
        close(memory);
    }
    assert_int_equal(greet(&program, DRM_WIRE_VERSION, false, &memory), 0);
    assert_int_equal(memory, -1);
    assert_true(works(&program, &file));
    leave(&program);
    program = (struct program){.link.socket = rig_channel(rig)};
    assert_int_equal(greet(&program, DRM_WIRE_VERSION + 1, true, &memory), -EPROTO);
    assert_int_equal(memory, -1);
    leave(&program);
    await_channels(rig, 1);
    rig_close(rig, &file);
}

static void there_are_only_so_many(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct program program;
    int ends[2];

    pthread_mutex_lock(&rig->server.lock);
    rig->server.channel_count += DRM_CHANNELS_MAX - 2; /* as if */
    pthread_mutex_unlock(&rig->server.lock);
    arrive(rig, &program);
    assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), errno);
    assert_int_equal(drm_channel_start(&rig->server, ends[1]), -EAGAIN);
    close(ends[0]);
    assert_true(works(&program, &file));
    pthread_mutex_lock(&rig->server.lock);
    rig->server.channel_count -= DRM_CHANNELS_MAX - 2;
    pthread_mutex_unlock(&rig->server.lock);
    leave(&program);
    await_channels(rig, 1);
    rig_close(rig, &file);
}

/* ---- hostile ones ---- */

static uint32_t seed = 4711;

static uint32_t roll(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static void scribble(void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile uint8_t *)bytes)[i] = (uint8_t)roll();
    }
}

/* A head that means something, mostly. */
static struct drm_wire_request make_head(const struct rig_file *file)
{
    struct drm_wire_request head = {
        .type = roll() % (DRM_WIRE_TYPES + 1),
        .request = drm_call_row_at(roll() % 256)->request,
        .file = roll() % 8 != 0 ? file->id : roll(),
        .offset = roll(),
        .length = roll() % 2,
        .payload = roll() % 4096,
    };

    if (head.type == DRM_WIRE_OPEN) {
        head.type = DRM_WIRE_LOOK;
    }
    const uint32_t number = _IOC_NR(head.request);
    if (number == _IOC_NR(DRM_IOCTL_WAIT_VBLANK) || number == _IOC_NR(DRM_IOCTL_SYNCOBJ_WAIT) ||
        number == _IOC_NR(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT) ||
        number == _IOC_NR(DRM_IOCTL_I915_GEM_WAIT)) {
        head.request = DRM_IOCTL_VERSION; /* nobody would end it */
    }
    if (roll() % 4 == 0) {
        head.flags = roll() % 16;
    }
    return head;
}

/* Whatever is there: an answer, or the channel's end, and harm to nobody. */
static void anything_may_be_there(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct rig_file good_file = rig_open(rig, DRM_MINOR_RENDER);
    struct program good, bad;
    bool is_there = false;

    arrive(rig, &good);
    for (unsigned i = 0; i < HOSTILE; i++) {
        if (!is_there) {
            arrive(rig, &bad);
            is_there = true;
        }
        struct drm_shared *shared = bad.link.shared;
        scribble(shared->payload, 256);
        if (roll() % 16 == 0) {
            scribble(shared, sizeof(*shared) - sizeof(shared->payload));
        }
        shared->program.request = make_head(&file);
        __atomic_add_fetch(&shared->program.number, 1 + roll() % 3, __ATOMIC_SEQ_CST);
        const struct drm_packet bell = {.request = {.type = DRM_WIRE_BELL}, .fd = -1};
        struct drm_packet sent = bell;
        is_there = drm_packet_send(bad.link.socket, &sent) == 0;
        if (roll() % 2 == 0) { /* while it is read */
            scribble(shared, 4096);
        }
        if (!is_there || roll() % 8 == 0) {
            leave(&bad);
            is_there = false;
        }
        if (i % 50 == 0) {
            assert_true(works(&good, &good_file));
        }
    }
    if (is_there) {
        leave(&bad);
    }
    assert_true(works(&good, &good_file));
    leave(&good);
    await_channels(rig, 1);
    rig_close(rig, &file);
    rig_close(rig, &good_file);
    rig_await_nothing(rig);
}

/* One that says no number twice keeps its own thread at work, and ends when the server does. */
static void *count_up(void *data)
{
    struct program *program = data;

    while (__atomic_load_n(&program->link.shared->program.unused, __ATOMIC_RELAXED) == 0) {
        __atomic_add_fetch(&program->link.shared->program.number, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

static void a_restless_one_ends_with_the_server(void **state)
{
    struct rig *rig = *state;
    struct program program;
    pthread_t thread;

    arrive(rig, &program);
    program.link.shared->program.request =
        (struct drm_wire_request){.type = DRM_WIRE_MAP, .file = 1};
    assert_int_equal(pthread_create(&thread, NULL, count_up, &program), 0);
    const struct timespec moment = {.tv_nsec = 5000000};
    nanosleep(&moment, NULL);
    drm_channels_end(&rig->server);
    assert_int_equal(channels(rig), 0);
    __atomic_store_n(&program.link.shared->program.unused, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    leave(&program);
    close(rig->channel);
    rig->channel = rig_channel(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_come_back),
        cmocka_unit_test(threads_call),
        cmocka_unit_test(programs_end_at_any_moment),
        cmocka_unit_test(memory_may_be_given_up),
        cmocka_unit_test(there_are_only_so_many),
        cmocka_unit_test(anything_may_be_there),
        cmocka_unit_test(a_restless_one_ends_with_the_server),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
