/* SPDX-License-Identifier: MIT */
#include "tests/drm/rig.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define AWAIT_TRIES 30000u

static void *run_loop(void *data)
{
    drm_server_run(data);
    return NULL;
}

int rig_channel(struct rig *rig)
{
    int ends[2];

    assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), errno);
    assert_int_equal(drm_channel_start(&rig->server, ends[1]), 0);
    return ends[0];
}

void rig_start(struct rig *rig, const char *const *arguments)
{
    char reason[GEMD_TEXT_MAX];

    signal(SIGPIPE, SIG_IGN); /* as in gemd-drm: who waits for a sync file may be gone */
    daemon_start(&rig->daemon, arguments);
    const int error = drm_server_init(&rig->server, NULL, rig->daemon.socket, reason);
    if (error != 0) {
        fail_msg("drm_server_init: %d: %s", error, reason);
    }
    assert_int_equal(pthread_create(&rig->loop, NULL, run_loop, &rig->server), 0);
    rig->channel = rig_channel(rig);
    rig->sessions = daemon_value(&rig->daemon, "sessions");
}

void rig_await_nothing(struct rig *rig)
{
    daemon_await(&rig->daemon, "sessions", rig->sessions);
    daemon_await(&rig->daemon, "buffers", 0);
}

void rig_stop(struct rig *rig)
{
    close(rig->channel);
    drm_channels_end(&rig->server);
    drm_server_stop(&rig->server);
    pthread_join(rig->loop, NULL);
    drm_server_finish(&rig->server);
    daemon_stop(&rig->daemon);
}

int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    assert_non_null(rig);
    rig_start(rig, NULL);
    *state = rig;
    return 0;
}

int rig_teardown(void **state)
{
    rig_stop(*state);
    free(*state);
    return 0;
}

int rig_ask(int channel, struct drm_packet *request, struct drm_packet *answer,
            struct drm_buffer *buffer)
{
    const int error = drm_packet_send(channel, request);

    if (error != 0) {
        return error;
    }
    return drm_packet_receive(channel, answer, buffer);
}

struct rig_file rig_open(struct rig *rig, uint32_t minor)
{
    struct drm_packet request = {.request = {.type = DRM_WIRE_OPEN, .minor = minor}, .fd = -1};
    struct drm_packet answer;
    struct drm_buffer buffer = {0};

    assert_int_equal(rig_ask(rig->channel, &request, &answer, &buffer), 1);
    assert_int_equal(answer.answer.result, 0);
    assert_true(answer.fd >= 0);
    drm_buffer_clear(&buffer);
    return (struct rig_file){answer.fd, answer.answer.file};
}

static unsigned count_files(struct rig *rig)
{
    pthread_mutex_lock(&rig->server.lock);
    const unsigned count = rig->server.file_count;
    pthread_mutex_unlock(&rig->server.lock);
    return count;
}

void rig_await_files(struct rig *rig, unsigned count)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    for (unsigned i = 0; i < AWAIT_TRIES && count_files(rig) != count; i++) {
        nanosleep(&moment, NULL);
    }
    assert_int_equal(count_files(rig), count);
}

void rig_close(struct rig *rig, struct rig_file *file)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    close(file->fd);
    for (unsigned i = 0; i < AWAIT_TRIES; i++) {
        struct drm_file *there = drm_file_find(&rig->server, file->id);
        if (there == NULL) {
            return;
        }
        drm_file_unref(there);
        nanosleep(&moment, NULL);
    }
    fail_msg("the server still has a file that was closed");
}

int rig_ioctl_on(int channel, const struct rig_file *file, uint32_t request, void *argument)
{
    struct drm_packed packed;
    struct drm_packet packet = {0}, answer;
    struct drm_buffer out = {0}, in = {0};

    int result = drm_pack_request(&packed, request, argument, &packet, &out);
    if (result == 0) {
        packet.request.file = file->id;
        assert_int_equal(rig_ask(channel, &packet, &answer, &in), 1);
        result = drm_unpack_answer(&packed, argument, &answer, &out);
    }
    drm_buffer_clear(&out);
    drm_buffer_clear(&in);
    return result;
}

int rig_ioctl(struct rig *rig, const struct rig_file *file, uint32_t request, void *argument)
{
    return rig_ioctl_on(rig->channel, file, request, argument);
}

int rig_map(struct rig *rig, const struct rig_file *file, uint64_t offset, uint64_t length,
            uint32_t prot, uint64_t *file_offset)
{
    struct drm_packet answer, request = {.request = {.type = DRM_WIRE_MAP,
                                                     .request = prot,
                                                     .file = file->id,
                                                     .offset = offset,
                                                     .length = length},
                                         .fd = -1};
    struct drm_buffer buffer = {0};

    assert_int_equal(rig_ask(rig->channel, &request, &answer, &buffer), 1);
    drm_buffer_clear(&buffer);
    *file_offset = answer.answer.offset;
    return answer.answer.result < 0 ? answer.answer.result : answer.fd;
}
