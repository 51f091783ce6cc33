/* SPDX-License-Identifier: MIT */
/*
 * Fences as descriptors, for others and of others: what the driver lacks of Gallium's native
 * fences. The daemon makes them and waits for them (doc/protocol.md, FENCE_EXPORT and WAIT).
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "i915/i915_context.h"
#include "i915/i915_screen.h"
#include "util/log.h"
#include "util/os_time.h"
#include "util/u_inlines.h"

#include "winsys/i915/winsys.h"

/* One that has come already. */
static int open_come(enum gemd_fence_state state)
{
    const uint8_t byte = (uint8_t)state;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return -1;
    }
    const bool is_written = write(ends[1], &byte, sizeof(byte)) == sizeof(byte);
    close(ends[1]);
    if (!is_written) {
        close(ends[0]);
        return -1;
    }
    return ends[0];
}

/* Of a lost session too: whoever waits for its work must not wait for ever. */
static int export_seqno(struct winsys *winsys, uint64_t seqno)
{
    struct gemd_session *session = winsys->session;
    int fd;

    if (gemd_session_lost(session) != GEMD_LOST_NOT) {
        return open_come(GEMD_FENCE_LOST);
    }
    if (gemd_seqno_passed(session, seqno)) {
        return open_come(GEMD_FENCE_DONE);
    }
    backlog_wait(&winsys->exports, session);
    fd = gemd_fence_export(session, seqno);
    if (fd >= 0) {
        backlog_add(&winsys->exports, seqno);
    }
    return fd == -EIO ? open_come(GEMD_FENCE_LOST) : fd;
}

/* The caller's to close; -1 when there is none. */
static int screen_fence_get_fd(struct pipe_screen *screen, struct pipe_fence_handle *fence)
{
    int fd;

    if (fence == NULL) {
        return open_come(GEMD_FENCE_DONE);
    }
    if (fence->fd >= 0) {
        return fcntl(fence->fd, F_DUPFD_CLOEXEC, 0);
    }
    fd = export_seqno(winsys_of(i915_screen(screen)->iws), fence->seqno);
    return fd < 0 ? -1 : fd;
}

/* fd stays the caller's. *fence is NULL when nobody can wait for it. */
static void context_create_fence_fd(struct pipe_context *context, struct pipe_fence_handle **fence,
                                    int fd, enum pipe_fd_type type)
{
    struct pipe_fence_handle *made = NULL;

    if (type == PIPE_FD_TYPE_NATIVE_SYNC && gemd_fence_wait(fd, 0) != -EINVAL) {
        made = fence_create(0);
    }
    if (made != NULL) {
        made->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (made->fd < 0) {
            context->screen->fence_reference(context->screen, &made, NULL);
        }
    }
    context->screen->fence_reference(context->screen, fence, NULL);
    *fence = made;
}

/* A session's work runs in the order of its submission, and a fence of it has been submitted. */
static void context_fence_server_sync(struct pipe_context *context, struct pipe_fence_handle *fence)
{
    if (fence == NULL || fence->fd < 0 || gemd_fence_wait(fence->fd, 0) == 0) {
        return;
    }
    /* What was drawn before need not wait. */
    context->flush(context, NULL, 0);
    batch_wait_for(i915_context(context)->batch, fence);
}

void native_fence_place(struct winsys *winsys, const struct pipe_fence_handle *fence)
{
    backlog_wait(&winsys->waits, winsys->session);
    const int64_t limit = os_time_get_nano() + winsys->wait_limit_ns;
    int error = gemd_fence_wait_before(winsys->session, fence->fd, limit);

    if (error != 0 && error != -EIO && gemd_fence_wait(fence->fd, limit) == -ETIME) {
        mesa_loge("gemd: a fence has not come in time; drawing goes on without it");
    }
}

void native_fence_init_screen(struct pipe_screen *screen)
{
    screen->fence_get_fd = screen_fence_get_fd;
}

void native_fence_init_context(struct pipe_context *context)
{
    context->create_fence_fd = context_create_fence_fd;
    context->fence_server_sync = context_fence_server_sync;
}
