/* SPDX-License-Identifier: MIT */
/* Fences as descriptors: of this session for others, and of others for this session's ring. */
#include "proto/client/session.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

int gemd_fence_export(struct gemd_session *session, uint64_t seqno)
{
    struct gemd_msg_fence_export message;
    struct packet answer;

    codec_begin(&message, GEMD_MSG_FENCE_EXPORT, 0);
    message.seqno = seqno_on_wire(session, seqno);
    int result = request(session, &message, NULL, GEMD_MSG_FENCE_EXPORTED, &answer);
    if (result == 0) {
        result = packet_take_fd(&answer, 0);
        packet_clear(&answer);
    }
    return result;
}

static int import(struct gemd_session *session, int fd, uint32_t *fence)
{
    struct gemd_msg_fence_import message;
    struct packet answer;

    codec_begin(&message, GEMD_MSG_FENCE_IMPORT, 0);
    do {
        *fence = __atomic_add_fetch(&session->last_fence, 1, __ATOMIC_RELAXED);
    } while (*fence == 0);
    message.fence = *fence;
    int result = request(session, &message, &fd, GEMD_MSG_DONE, &answer);
    if (result == 0) {
        packet_clear(&answer);
    }
    return result;
}

/* Whether it has come and is of a kind that the daemon takes: then nobody needs to wait. */
static bool has_come(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct stat status;
    return fstat(fd, &status) == 0 &&
           (S_ISFIFO(status.st_mode) || (status.st_mode & S_IFMT) == 0) && poll(&wait, 1, 0) > 0;
}

int gemd_fence_wait_before(struct gemd_session *session, int fd, int64_t deadline)
{
    struct gemd_record_wait *record;
    uint32_t fence;

    if (session_gone(session)) {
        return -EIO;
    }
    if (has_come(fd)) {
        return 0;
    }
    int result = import(session, fd, &fence);
    if (result == 0) {
        result = writer_begin(session, sizeof(*record), (void **)&record);
    }
    if (result < 0) {
        return result;
    }
    *record = (struct gemd_record_wait){
        .header = {.type = GEMD_RECORD_WAIT, .size = sizeof(*record)},
        .fence = fence,
        .deadline_ns = deadline == GEMD_FOREVER ? 0
                       : deadline < 1           ? 1
                                                : (uint64_t)deadline,
    };
    writer_end(session, sizeof(*record));
    return 0;
}
