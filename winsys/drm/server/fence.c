/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "winsys/drm/server/fence_tree.h"
#include "winsys/drm/server/object.h"

#define DRIVER_NAME "0000:00:02.0" /* Linux tells the device's */
#define NOBODY      "stub"

static uint64_t last_context;

/* ---- leaves ---- */

static void name(char *to, const char *text)
{
    snprintf(to, DRM_FENCE_NAME_MAX, "%.*s", (int)DRM_FENCE_NAME_MAX - 1, text);
}

uint64_t fence_context(void)
{
    return __atomic_add_fetch(&last_context, 1, __ATOMIC_RELAXED);
}

struct drm_fence *fence_new(enum fence_kind kind)
{
    struct drm_fence *fence = calloc(1, sizeof(*fence));

    if (fence != NULL) {
        fence->kind = kind;
        fence->references = 1;
        fence->fd = fence->write_end = -1;
    }
    return fence;
}

/* fence_lock is held. */
static void come(struct drm_fence *leaf, int status)
{
    leaf->status = status;
    leaf->time_ns = drm_now_ns();
    if (leaf->is_of_gpu) {
        name(leaf->timeline, "signaled");
    }
    if (leaf->write_end >= 0) {
        close(leaf->write_end);
        leaf->write_end = -1;
    }
    fence_close_unused(leaf);
}

struct drm_fence *drm_fence_done(void)
{
    struct drm_fence *fence = fence_new(FENCE_LEAF);

    if (fence != NULL) {
        name(fence->driver, NOBODY);
        name(fence->timeline, NOBODY);
        come(fence, 1);
    }
    return fence;
}

/* The program and its process, as contexts of i915 are called. */
static void name_of_gpu(struct drm_fence *fence, const struct drm_file *file)
{
    name(fence->driver, DRIVER_NAME);
    snprintf(fence->timeline, sizeof(fence->timeline), "%s[%d]", file->program,
             (int)file->opener.pid);
    fence->is_of_gpu = true;
    fence->context = file->id;
}

/* Batches end in their order: the first one up to 'seqno' that has not ended. */
static uint64_t find_pending(struct gemd_session *session, uint64_t seqno)
{
    uint64_t ended = 0;

    while (ended + 1 < seqno) {
        const uint64_t middle = ended + (seqno - ended) / 2;
        if (gemd_seqno_passed(session, middle)) {
            ended = middle;
        } else {
            seqno = middle;
        }
    }
    return seqno;
}

/*
 * When too many fences of a session have not come, the oldest batch is waited for: this one may be
 * behind something that the program does only when it has this fence.
 */
static int export(struct drm_file *file, uint64_t seqno, struct drm_fence *fence)
{
    int fd;

    while ((fd = gemd_fence_export(file->session, seqno)) == -ENOSPC) {
        const uint64_t pending = find_pending(file->session, seqno);
        const int result = gemd_seqno_wait(file->session, pending, GEMD_FOREVER);

        if (pending == seqno || result != 0) {
            come(fence, result == 0 ? 1 : -EIO);
            return 0;
        }
    }
    if (fd >= 0) {
        fence->fd = fd;
        return 0;
    }
    if (fd == -EIO) {
        come(fence, -EIO);
        return 0;
    }
    return fd;
}

int drm_fence_of_seqno(struct drm_file *file, uint64_t seqno, struct drm_fence **fence)
{
    struct drm_fence *made = fence_new(FENCE_LEAF);
    int result = 0;

    *fence = NULL;
    if (made == NULL) {
        return -ENOMEM;
    }
    name_of_gpu(made, file);
    made->seqno = seqno;
    if (gemd_session_lost(file->session) == GEMD_LOST_NOT &&
        gemd_seqno_passed(file->session, seqno)) {
        come(made, 1);
    } else {
        result = export(file, seqno, made);
    }
    if (result < 0) {
        drm_fence_unref(made);
        return result;
    }
    drm_gem_fenced(file, seqno);
    *fence = made;
    return 0;
}

int drm_fence_create(const char *driver, const char *timeline, struct drm_fence **fence)
{
    struct drm_fence *made = fence_new(FENCE_LEAF);
    int ends[2];

    *fence = NULL;
    if (made == NULL) {
        return -ENOMEM;
    }
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        const int error = -errno;
        free(made);
        return error;
    }
    made->fd = ends[0];
    made->write_end = ends[1];
    made->context = fence_context();
    name(made->driver, driver);
    name(made->timeline, timeline);
    *fence = made;
    return 0;
}

void drm_fence_signal(struct drm_fence *fence, int status)
{
    pthread_mutex_lock(&fence_lock);
    if (fence->status == 0) {
        come(fence, status);
    }
    pthread_mutex_unlock(&fence_lock);
}

/*
 * By its name in /proc: what else a program may send has calls that other programs answer, or not,
 * and fences are asked with a lock.
 */
static bool is_kernels_sync_file(int fd)
{
    static const char wanted[] = "anon_inode:sync_file";
    char path[32], name[sizeof(wanted) + 1];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(path, name, sizeof(name));
    return length == (ssize_t)sizeof(wanted) - 1 && memcmp(name, wanted, (size_t)length) == 0;
}

/* What a kernel's sync file says: false, it is none. */
static bool ask_kernel(int fd, int *status)
{
    struct sync_file_info info = {.num_fences = 0};

    if (ioctl(fd, SYNC_IOC_FILE_INFO, &info) != 0) {
        return false;
    }
    *status = info.status;
    return true;
}

/* A leaf over a copy of a descriptor. */
static int copy(int fd, struct drm_fence **fence)
{
    struct drm_fence *made = fence_new(FENCE_LEAF);

    *fence = NULL;
    if (made == NULL) {
        return -ENOMEM;
    }
    made->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (made->fd < 0) {
        free(made);
        return -errno;
    }
    made->context = fence_context();
    *fence = made;
    return 0;
}

int drm_fence_of_descriptor(int fd, struct drm_fence **fence)
{
    int status;

    *fence = NULL;
    if (!is_kernels_sync_file(fd) || !ask_kernel(fd, &status)) {
        return -EINVAL;
    }
    const int error = copy(fd, fence);
    if (error == 0) {
        (*fence)->is_kernels = true;
        name((*fence)->driver, "kernel");
        name((*fence)->timeline, "sync_file");
    }
    return error;
}

int drm_fence_of_pipe(int fd, struct drm_fence **fence)
{
    const int error = copy(fd, fence);

    if (error == 0) {
        (*fence)->is_pipe = true;
        name((*fence)->driver, "gemd");
        name((*fence)->timeline, "session");
    }
    return error;
}

/* ---- how far they are ---- */

/*
 * The daemon writes enum gemd_fence_state, and closes: nobody needs the byte behind that, but for
 * a pipe that is somebody else's as well.
 */
static int read_state(const struct drm_fence *leaf, short ready)
{
    uint8_t state;
    int status = 1;

    if (leaf->is_pipe) {
        return (ready & POLLIN) != 0 ? 1 : -EIO;
    }
    if (leaf->is_kernels) {
        return ask_kernel(leaf->fd, &status) && status != 0 ? status : 1;
    }
    return read(leaf->fd, &state, sizeof(state)) == 1 && state == GEMD_FENCE_DONE ? 1 : -EIO;
}

int fence_leaf_status(struct drm_fence *leaf)
{
    struct pollfd ready = {.fd = leaf->fd, .events = POLLIN};

    if (leaf->status == 0 && leaf->write_end < 0 && poll(&ready, 1, 0) > 0) {
        come(leaf, read_state(leaf, ready.revents));
    }
    return leaf->status;
}

void fence_close_unused(struct drm_fence *leaf)
{
    if (leaf->status != 0 && leaf->pollers == 0 && leaf->fd >= 0) {
        close(leaf->fd);
        leaf->fd = -1;
    }
}

int drm_fence_status(struct drm_fence *fence)
{
    pthread_mutex_lock(&fence_lock);
    const int status = fence_status(fence);
    pthread_mutex_unlock(&fence_lock);
    return status;
}
