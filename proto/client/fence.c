/* SPDX-License-Identifier: MIT */
/* Fences as descriptors: of this session for others, and of others for this session's ring. */
#include "proto/client/session.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL

static int export(struct gemd_session *session, uint64_t seqno)
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

/* On one connection: on the next one the number would be another submission's. */
int gemd_fence_export(struct gemd_session *session, uint64_t seqno)
{
    pthread_rwlock_rdlock(&session->connection);
    int result = session_gone(session) ? -EIO : export(session, seqno);
    pthread_rwlock_unlock(&session->connection);
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

/* Kinds that the daemon takes (gemd/fence_import.c): pipes, and files of the kernel's own. */
static bool is_fence(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || (status.st_mode & S_IFMT) == 0);
}

/* An end that was closed has come too. */
int gemd_fence_wait(int fd, int64_t deadline)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int ready;

    if (!is_fence(fd)) {
        return -EINVAL;
    }
    do {
        int64_t now = deadline <= 0 || deadline == GEMD_FOREVER ? 0 : wait_now_ns();
        int64_t left = deadline > now ? deadline - now : 0;
        struct timespec timeout = {.tv_sec = left / SECOND_NS, .tv_nsec = left % SECOND_NS};
        ready = ppoll(&wait, 1, deadline == GEMD_FOREVER ? NULL : &timeout, NULL);
    } while (ready < 0 && errno == EINTR);
    return ready < 0 ? -errno : ready > 0 ? 0 : -ETIME;
}

static int wait_before(struct gemd_session *session, int fd, int64_t deadline)
{
    struct gemd_record_wait *record;
    uint32_t fence;
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

/* A fence belongs to the connection on which it was given. */
int gemd_fence_wait_before(struct gemd_session *session, int fd, int64_t deadline)
{
    if (session_gone(session)) {
        return -EIO;
    }
    if (gemd_fence_wait(fd, 0) == 0) {
        return 0; /* nobody needs to wait */
    }
    pthread_rwlock_rdlock(&session->connection);
    int result = session_gone(session) ? -EIO : wait_before(session, fd, deadline);
    pthread_rwlock_unlock(&session->connection);
    return result;
}
