/* SPDX-License-Identifier: MIT */
/* The life of DRM files and of channels: what the kernel does for us, and who has gone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <drm.h>
#include <i915_drm.h>

#include "tests/drm/rig.h"

#define THREADS 16
#define CALLS   200

static int ask_chip(struct rig *rig, const struct rig_file *file)
{
    int value = 0;
    drm_i915_getparam_t param = {.param = I915_PARAM_CHIPSET_ID, .value = &value};
    const int result = rig_ioctl(rig, file, DRM_IOCTL_I915_GETPARAM, &param);

    return result != 0 ? result : value;
}

/* The name of the other end says which file it is. */
static void test_names(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct sockaddr_un address = {0};
    socklen_t length = sizeof(address);
    char wanted[80];

    assert_return_code(getpeername(file.fd, (struct sockaddr *)&address, &length), errno);
    snprintf(wanted, sizeof(wanted), "gemd-drm/%016llx/%016llx/128",
             (unsigned long long)rig->server.id, (unsigned long long)file.id);
    assert_int_equal(address.sun_path[0], 0);
    assert_int_equal(length, sizeof(sa_family_t) + 1 + strlen(wanted));
    assert_memory_equal(address.sun_path + 1, wanted, strlen(wanted));
    rig_close(rig, &file);
}

static void test_copies_keep_it(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    const int copy = fcntl(file.fd, F_DUPFD_CLOEXEC, 0);
    int go[2];

    assert_true(copy >= 0);
    assert_return_code(pipe2(go, O_CLOEXEC), errno);
    const pid_t child = fork();
    if (child == 0) { /* a third copy, until we say so */
        char byte;
        close(go[1]);
        (void)!read(go[0], &byte, 1);
        _exit(0);
    }
    close(go[0]);
    close(file.fd);
    assert_int_equal(ask_chip(rig, &file), 0x29c2);
    close(copy);
    assert_int_equal(ask_chip(rig, &file), 0x29c2);
    rig_await_files(rig, 1);
    close(go[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    rig_await_files(rig, 0);
    assert_int_equal(ask_chip(rig, &file), -ENODEV);
}

static void test_passing_keeps_it(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct drm_packet packet = {.fd = file.fd}, there;
    struct drm_buffer buffer = {0};
    int ends[2];

    assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), errno);
    assert_int_equal(drm_packet_send(ends[0], &packet), 0);
    close(file.fd); /* it is on its way only */
    assert_int_equal(ask_chip(rig, &file), 0x29c2);
    assert_int_equal(drm_packet_receive(ends[1], &there, &buffer), 1);
    assert_int_equal(ask_chip(rig, &file), 0x29c2);
    close(there.fd);
    rig_await_files(rig, 0);
    close(ends[0]);
    close(ends[1]);
    drm_buffer_clear(&buffer);
}

/* Each file has a session of the daemon, for as long as it is open. */
static void test_sessions(void **state)
{
    struct rig *rig = *state;
    struct rig_file files[3];

    for (unsigned i = 0; i < 3; i++) {
        files[i] = rig_open(rig, i % 2 == 0 ? DRM_MINOR_RENDER : DRM_MINOR_CARD);
    }
    rig_await_files(rig, 3);
    assert_int_not_equal(files[0].id, files[2].id);
    for (unsigned i = 0; i < 3; i++) {
        rig_close(rig, &files[i]);
    }
    rig_await_nothing(rig);
}

static void test_events(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_CARD);
    struct drm_file *there = drm_file_find(&rig->server, file.id);
    const struct drm_event_vblank event = {.base = {DRM_EVENT_VBLANK, sizeof(event)},
                                           .sequence = 7};
    struct drm_event_vblank got;
    struct pollfd poll_fd = {.fd = file.fd, .events = POLLIN};

    assert_int_equal(poll(&poll_fd, 1, 0), 0);
    assert_int_equal(drm_file_send_event(there, &event, sizeof(event)), 0);
    assert_int_equal(poll(&poll_fd, 1, 10000), 1);
    assert_int_equal(read(file.fd, &got, sizeof(got)), sizeof(got));
    assert_memory_equal(&got, &event, sizeof(got));
    int error = 0; /* who never reads is told so, and holds nobody up */
    for (unsigned i = 0; i < 100000 && error == 0; i++) {
        error = drm_file_send_event(there, &event, sizeof(event));
    }
    assert_int_equal(error, -ENOMEM);
    drm_file_unref(there);
    rig_close(rig, &file);
}

/* What a program writes to a DRM file is nobody's business. */
static void test_writes_are_dropped(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);

    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(write(file.fd, "nonsense", 8), 8);
    }
    assert_int_equal(ask_chip(rig, &file), 0x29c2);
    rig_close(rig, &file);
}

static void test_limit_of_files(void **state)
{
    struct rig *rig = *state;
    static struct rig_file files[DRM_FILES_MAX];
    struct drm_packet request = {.request = {.type = DRM_WIRE_OPEN, .minor = DRM_MINOR_RENDER},
                                 .fd = -1};
    struct drm_packet answer;
    struct drm_buffer buffer = {0};

    pthread_mutex_lock(&rig->server.lock);
    rig->server.file_count += DRM_FILES_MAX - 2; /* as if */
    pthread_mutex_unlock(&rig->server.lock);
    files[0] = rig_open(rig, DRM_MINOR_RENDER);
    files[1] = rig_open(rig, DRM_MINOR_RENDER);
    assert_int_equal(rig_ask(rig->channel, &request, &answer, &buffer), 1);
    assert_int_equal(answer.answer.result, -EMFILE);
    assert_int_equal(answer.fd, -1);
    pthread_mutex_lock(&rig->server.lock);
    rig->server.file_count -= DRM_FILES_MAX - 2;
    pthread_mutex_unlock(&rig->server.lock);
    rig_close(rig, &files[0]);
    rig_close(rig, &files[1]);
    rig_await_nothing(rig);
    drm_buffer_clear(&buffer);
}

/* ---- many threads ---- */

struct caller {
    struct rig *rig;
    const struct rig_file *shared;
    pthread_t thread;
    int channel;
    unsigned bad;
};

static void *call_often(void *data)
{
    struct caller *caller = data;

    for (unsigned i = 0; i < CALLS; i++) {
        char name[16] = "";
        struct drm_version version = {.name = name, .name_len = 15};
        const int result =
            rig_ioctl_on(caller->channel, caller->shared, DRM_IOCTL_VERSION, &version);
        caller->bad += result != 0 || strcmp(name, "i915") != 0;
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct caller callers[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.rig = rig, .shared = &file, .channel = rig_channel(rig)};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_int_equal(callers[i].bad, 0);
        close(callers[i].channel);
    }
    rig_close(rig, &file);
}

/* ---- hostile requests ---- */

static const struct drm_wire_request valid = {.type = DRM_WIRE_HELLO, .file = DRM_WIRE_VERSION};

/* Whether a channel outlives these bytes, with so many descriptors beside. */
static bool survives(struct rig *rig, const void *bytes, size_t size, unsigned fds)
{
    const int channel = rig_channel(rig);
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * 8)];
    } control = {0};
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    char answer[256];

    if (fds > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                              .cmsg_type = SCM_RIGHTS,
                              .cmsg_len = CMSG_LEN(sizeof(int) * fds)};
        memset(CMSG_DATA(c), 0, sizeof(int) * fds); /* standard input, so often */
    }
    assert_return_code(sendmsg(channel, &message, MSG_NOSIGNAL), errno);
    const ssize_t got = recv(channel, answer, sizeof(answer), 0);
    close(channel);
    return got > 0;
}

static void test_hostile_requests(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct drm_wire_request bad;
    static uint8_t large[DRM_WIRE_INLINE_MAX + 4096];

    assert_true(survives(rig, &valid, sizeof(valid), 0)); /* the control */
    assert_false(survives(rig, &valid, sizeof(valid) - 1, 0));
    assert_false(survives(rig, &valid, 1, 0));
    assert_false(survives(rig, &valid, sizeof(valid), 1)); /* descriptors that are not named */
    assert_false(survives(rig, &valid, sizeof(valid), 8));
    memcpy(large, &valid, sizeof(valid));
    assert_false(survives(rig, large, sizeof(large), 0));
    const uint32_t types[] = {0, DRM_WIRE_TYPES, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        bad = valid;
        bad.type = types[i];
        assert_false(survives(rig, &bad, sizeof(bad), 0));
    }
    bad = valid;
    bad.payload = 8; /* that is not there */
    assert_false(survives(rig, &bad, sizeof(bad), 0));
    bad.payload = UINT64_MAX;
    bad.flags = DRM_WIRE_OUTSIDE; /* in what is no memory file */
    assert_false(survives(rig, &bad, sizeof(bad), 1));
    bad = (struct drm_wire_request){.type = DRM_WIRE_OPEN, .minor = 7};
    assert_false(survives(rig, &bad, sizeof(bad), 0));
    bad = (struct drm_wire_request){.type = DRM_WIRE_LOOK};
    assert_false(survives(rig, &bad, sizeof(bad), 0));
    bad = (struct drm_wire_request){
        .type = DRM_WIRE_IOCTL, .file = file.id, .request = DRM_IOCTL_VERSION}; /* no structure */
    assert_false(survives(rig, &bad, sizeof(bad), 0));
    bad = (struct drm_wire_request){.type = DRM_WIRE_IOCTL, .file = 1, .request = 0xffffffff};
    assert_true(survives(rig, &bad, sizeof(bad), 0)); /* unknown call: an error, no more */
    bad = (struct drm_wire_request){.type = DRM_WIRE_MAP, .file = 1, .length = UINT64_MAX};
    assert_true(survives(rig, &bad, sizeof(bad), 0));
    assert_int_equal(ask_chip(rig, &file), 0x29c2); /* and nobody else has noticed */
    rig_close(rig, &file);
}

static void test_unknown_files(void **state)
{
    struct rig *rig = *state;
    const struct rig_file none = {.fd = -1, .id = 12345};
    uint64_t offset;

    assert_int_equal(ask_chip(rig, &none), -ENODEV);
    assert_int_equal(rig_map(rig, &none, 0, 4096, PROT_READ, &offset), -ENODEV);
}

static void test_looking(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct drm_packet request = {.request = {.type = DRM_WIRE_LOOK}, .fd = file.fd}, answer;
    struct drm_buffer buffer = {0};

    assert_int_equal(rig_ask(rig->channel, &request, &answer, &buffer), 1);
    assert_int_equal(answer.answer.file, file.id);
    assert_int_equal(answer.answer.minor, DRM_MINOR_RENDER);
    request.fd = rig->channel;
    assert_int_equal(rig_ask(rig->channel, &request, &answer, &buffer), 1);
    assert_int_equal(answer.answer.file, 0);
    drm_buffer_clear(&buffer);
    rig_close(rig, &file);
}

/* A channel's end is no file's end, and a program that dies is gone with all it had. */
static void test_a_program_dies(void **state)
{
    struct rig *rig = *state;
    int channel = rig_channel(rig), said[2];
    char byte;

    assert_return_code(pipe2(said, O_CLOEXEC), errno);
    const pid_t child = fork();
    if (child == 0) {
        struct rig own = {.channel = channel};
        struct rig_file file = rig_open(&own, DRM_MINOR_CARD);
        (void)!write(said[1], "x", 1);
        pause();
        _exit(file.fd);
    }
    close(channel);
    close(said[1]);
    assert_int_equal(read(said[0], &byte, 1), 1);
    rig_await_files(rig, 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    rig_await_files(rig, 0);
    rig_await_nothing(rig);
    close(said[0]);
}

/* Sessions come back when the daemon does; the file is the same. */
static void test_a_daemon_that_goes(void **state)
{
    struct rig *rig = *state;
    struct rig_file file = rig_open(rig, DRM_MINOR_RENDER);
    struct drm_file *there = drm_file_find(&rig->server, file.id);
    const struct timespec moment = {.tv_nsec = 10000000};

    daemon_kill(&rig->daemon);
    assert_int_equal(ask_chip(rig, &file), 0x29c2);
    daemon_start(&rig->daemon, NULL);
    for (unsigned i = 0; i < 3000 && gemd_session_losses(there->session) == 0; i++) {
        nanosleep(&moment, NULL);
    }
    assert_int_equal(gemd_session_losses(there->session), 1);
    struct drm_i915_reset_stats stats = {0};
    assert_int_equal(rig_ioctl(rig, &file, DRM_IOCTL_I915_GET_RESET_STATS, &stats), 0);
    assert_int_equal(stats.batch_active + stats.batch_pending, 0); /* it was no hang */
    drm_file_unref(there);
    rig_close(rig, &file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_copies_keep_it),
        cmocka_unit_test(test_passing_keeps_it),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_writes_are_dropped),
        cmocka_unit_test(test_limit_of_files),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_hostile_requests),
        cmocka_unit_test(test_unknown_files),
        cmocka_unit_test(test_looking),
        cmocka_unit_test(test_a_program_dies),
        cmocka_unit_test(test_a_daemon_that_goes),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
