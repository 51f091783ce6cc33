/* SPDX-License-Identifier: MIT */
/* Buffers that are not needed for now: the daemon may drop what is in them. */
#include <errno.h>
#include <string.h>

#include "proto/client/bo.h"

#define PURGE_MINOR 2 /* of the protocol */

int gemd_bo_dont_need(struct gemd_bo *bo)
{
    struct gemd_session *session = bo->session;
    struct gemd_record_madvise *record;
    if (bo->rights != 0) {
        return -EACCES;
    }
    if (session->status->minor < PURGE_MINOR || bo->handle == 0) {
        return 0; /* it keeps what it has */
    }
    pthread_rwlock_rdlock(&session->connection);
    int result = writer_begin(session, sizeof(*record), (void **)&record);
    if (result == 0) {
        *record = (struct gemd_record_madvise){
            .header = {.type = GEMD_RECORD_MADVISE, .size = sizeof(*record)},
            .handle = bo->handle,
            .advice = GEMD_ADVICE_DONT_NEED,
        };
        bo->unneeded_tail = session->tail + sizeof(*record);
        bo->unneeded_losses = gemd_session_losses(session);
        writer_end(session, sizeof(*record));
    }
    pthread_rwlock_unlock(&session->connection);
    return result;
}

/* Asks the daemon, which must have read the MADVISE before. */
static int take_back(struct gemd_session *session, uint32_t handle, uint64_t tail, bool *retained)
{
    struct gemd_msg_buffer_need need;
    struct gemd_msg_buffer_needed needed;
    struct packet answer;
    int result = writer_passed(session, tail) ? 0 : session_sync(session);
    if (result < 0) {
        return result;
    }
    codec_begin(&need, GEMD_MSG_BUFFER_NEED, 0);
    need.handle = handle;
    result = request(session, &need, NULL, GEMD_MSG_BUFFER_NEEDED, &answer);
    if (result == 0) {
        memcpy(&needed, answer.bytes, sizeof(needed));
        packet_clear(&answer);
        *retained = needed.retained != 0;
    }
    return result;
}

int gemd_bo_need(struct gemd_bo *bo, bool *retained)
{
    struct gemd_session *session = bo->session;
    int result = 0;
    *retained = true;
    pthread_rwlock_rdlock(&session->connection);
    pthread_mutex_lock(&session->lock);
    uint64_t tail = bo->unneeded_tail;
    bool came_back = bo->unneeded_losses != gemd_session_losses(session);
    pthread_mutex_unlock(&session->lock);
    if (tail != 0 && came_back) {
        *retained = false; /* the daemon that would know is gone */
    } else if (tail != 0) {
        result = take_back(session, bo->handle, tail, retained);
    }
    if (result == 0) {
        pthread_mutex_lock(&session->lock);
        bo->unneeded_tail = 0;
        pthread_mutex_unlock(&session->lock);
    }
    pthread_rwlock_unlock(&session->connection);
    return result;
}
