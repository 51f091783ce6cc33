/* SPDX-License-Identifier: MIT */
/*
 * The adapter's server in the test's process, on a daemon of the test's own, with its event loop in
 * a thread; and a program: files and ioctls as a program has them, packed, sent through a channel,
 * and unpacked. Failures end the test.
 */
#ifndef GEMD_TESTS_DRM_RIG_H
#define GEMD_TESTS_DRM_RIG_H

#include <pthread.h>
#include <stdint.h>

#include "tests/lib/daemon.h"
#include "winsys/drm/pack.h"
#include "winsys/drm/server/server.h"

struct rig {
    struct daemon daemon;
    struct drm_server server;
    pthread_t loop;
    int channel;      /* of the test's first thread */
    int64_t sessions; /* that the server has of the daemon without any file */
};

/* A program's DRM file. */
struct rig_file {
    int fd;
    uint64_t id;
};

/* arguments: the daemon's, may be NULL. */
void rig_start(struct rig *rig, const char *const *arguments);
void rig_stop(struct rig *rig);
/* cmocka's: *state is a struct rig. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* Another channel, for another thread; close() it. */
int rig_channel(struct rig *rig);

struct rig_file rig_open(struct rig *rig, uint32_t minor);
/* Closes it and waits until the server has seen it. */
void rig_close(struct rig *rig, struct rig_file *file);
/* The files that the server has; waits until there are so many. */
void rig_await_files(struct rig *rig, unsigned count);

/* Waits until the daemon has only the server's own sessions. */
void rig_await_nothing(struct rig *rig);

/* 0 or more, or a negative errno: what ioctl() would say. */
int rig_ioctl(struct rig *rig, const struct rig_file *file, uint32_t request, void *argument);
int rig_ioctl_on(int channel, const struct rig_file *file, uint32_t request, void *argument);
/* mmap() of the file: the memory file (close it) or a negative errno. */
int rig_map(struct rig *rig, const struct rig_file *file, uint64_t offset, uint64_t length,
            uint32_t prot, uint64_t *file_offset);

/* One request, as it is; the answer's payload is in 'buffer'. What drm_packet_receive() says. */
int rig_ask(int channel, struct drm_packet *request, struct drm_packet *answer,
            struct drm_buffer *buffer);

#endif
