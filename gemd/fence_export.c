/* SPDX-License-Identifier: MIT */
#include "gemd/fence_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/session.h"
#include "proto/codec.h"

struct fence_export {
    struct list link; /* fence_exports.pending */
    uint64_t seqno;
    int fd; /* write end */
};

void fence_exports_init(struct fence_exports *exports)
{
    list_init(&exports->pending);
    exports->count = 0;
}

/* Makes it readable for good: one byte, and the end. A reader that has gone is no error. */
static void signal_fence(int fd, enum gemd_fence_state state)
{
    const uint8_t byte = (uint8_t)state;
    ssize_t written = write(fd, &byte, sizeof(byte));
    (void)written;
    close(fd);
}

static void come(struct fence_exports *exports, struct fence_export *fence,
                 enum gemd_fence_state state)
{
    signal_fence(fence->fd, state);
    list_remove(&fence->link);
    exports->count--;
    quota_give(exports->quota, LIMIT_FDS, 1);
    free(fence);
}

void fence_exports_retired(struct fence_exports *exports, uint64_t retired)
{
    list_for_each(fence, &exports->pending, struct fence_export, link)
    {
        if (fence->seqno <= retired) {
            come(exports, fence, GEMD_FENCE_DONE);
        }
    }
}

void fence_exports_lose(struct fence_exports *exports, uint64_t last)
{
    list_for_each(fence, &exports->pending, struct fence_export, link)
    {
        if (fence->seqno > last) {
            come(exports, fence, GEMD_FENCE_LOST);
        }
    }
}

/* Keeps the write end until the seqno retires; -ENOMEM, -EDQUOT. */
static int keep(struct session *session, uint64_t seqno, int fd)
{
    struct fence_exports *exports = &session->exports;
    char reason[GEMD_TEXT_MAX];
    struct fence_export *fence = chaos_hits(CHAOS_ALLOC_FENCE) ? NULL : malloc(sizeof(*fence));
    int error = fence == NULL ? -ENOMEM : quota_charge(session, LIMIT_FDS, 1, reason);
    if (error != 0) {
        free(fence);
        return error;
    }
    exports->quota = session->quota;
    *fence = (struct fence_export){.seqno = seqno, .fd = fd};
    list_append(&exports->pending, &fence->link);
    exports->count++;
    return 0;
}

/* The read end, the caller's to close, or a negative errno. */
static int open_fence(struct session *session, uint64_t seqno)
{
    int ends[2];
    if (chaos_hits(CHAOS_ALLOC_PIPE)) {
        return -EMFILE;
    }
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return -errno;
    }
    int error = 0;
    if (seqno <= session->retired) {
        signal_fence(ends[1], GEMD_FENCE_DONE);
    } else {
        error = keep(session, seqno, ends[1]);
    }
    if (error != 0) {
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    return ends[0];
}

void fence_export_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_fence_export *request = (const void *)packet->bytes;
    uint64_t serial = request->header.serial;
    if (session->exports.count >= FENCE_EXPORTS_MAX) {
        session_refuse(session, serial, -ENOSPC, "more than %u exported fences have not come",
                       FENCE_EXPORTS_MAX);
        return;
    }
    int fd = open_fence(session, request->seqno);
    if (fd < 0) {
        session_refuse(session, serial, fd, "no descriptor for a fence: %s", strerror(-fd));
        return;
    }
    struct gemd_msg_fence_exported answer;
    codec_begin(&answer, GEMD_MSG_FENCE_EXPORTED, serial);
    session_answer(session, &answer, &fd);
    close(fd);
}
