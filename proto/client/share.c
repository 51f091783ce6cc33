/* SPDX-License-Identifier: MIT */
/* Buffers lent to other sessions by tokens: GPU rights that can be taken back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/client/bo.h"

#define SHARE_MINOR 2 /* of the protocol */

static bool can_share(struct gemd_session *session)
{
    return session->status->minor >= SHARE_MINOR;
}

static bool sync_condition(struct gemd_session *session, const void *data)
{
    return writer_passed(session, *(const uint64_t *)data);
}

int session_sync(struct gemd_session *session)
{
    struct gemd_record_header *record;
    int result = writer_begin(session, sizeof(*record), (void **)&record);
    if (result < 0) {
        return result;
    }
    *record = (struct gemd_record_header){.type = GEMD_RECORD_SYNC, .size = sizeof(*record)};
    uint64_t tail = session->tail + sizeof(*record);
    writer_end(session, sizeof(*record));
    return wait_until(session, &session->status->ring_changes, sync_condition, &tail, GEMD_FOREVER);
}

static int export_token(struct gemd_session *session, uint32_t handle, uint32_t rights)
{
    struct gemd_msg_buffer_export export;
    struct packet answer;
    int result = session_sync(session); /* the daemon must know the buffer */
    if (result < 0) {
        return result;
    }
    codec_begin(&export, GEMD_MSG_BUFFER_EXPORT, 0);
    export.handle = handle;
    export.rights = rights;
    result = request(session, &export, NULL, GEMD_MSG_BUFFER_EXPORTED, &answer);
    return result == 0 ? packet_take_fd(&answer, 0) : result;
}

int gemd_bo_share(struct gemd_bo *bo, uint32_t rights)
{
    struct gemd_session *session = bo->session;
    if (bo->fd < 0) {
        return bo->rights != 0 ? -EACCES : -EINVAL;
    }
    pthread_rwlock_rdlock(&session->connection);
    int result = -EIO;
    if (!session_gone(session) && bo->handle != 0) {
        result = can_share(session) ? export_token(session, bo->handle, rights) : -EOPNOTSUPP;
    }
    pthread_rwlock_unlock(&session->connection);
    return result;
}

int gemd_bo_revoke(struct gemd_bo *bo)
{
    struct gemd_session *session = bo->session;
    struct gemd_msg_buffer_revoke revoke;
    struct packet answer;
    if (bo->fd < 0) {
        return bo->rights != 0 ? -EACCES : -EINVAL;
    }
    pthread_rwlock_rdlock(&session->connection);
    int result = session_gone(session) ? -EIO : can_share(session) ? 0 : -EOPNOTSUPP;
    if (result == 0) {
        codec_begin(&revoke, GEMD_MSG_BUFFER_REVOKE, 0);
        revoke.handle = bo->handle;
        result = request(session, &revoke, NULL, GEMD_MSG_DONE, &answer);
        if (result == 0) {
            packet_clear(&answer);
        }
    }
    pthread_rwlock_unlock(&session->connection);
    return result;
}

static int import_token(struct gemd_session *session, int token, struct gemd_bo *bo)
{
    struct gemd_msg_buffer_import import;
    struct gemd_msg_buffer_imported imported;
    struct packet answer;
    pthread_mutex_lock(&session->lock);
    bo->handle = bo_take_handle(session);
    pthread_mutex_unlock(&session->lock);
    if (bo->handle == 0) {
        return -ENOMEM;
    }
    codec_begin(&import, GEMD_MSG_BUFFER_IMPORT, 0);
    import.handle = bo->handle;
    int result = request(session, &import, &token, GEMD_MSG_BUFFER_IMPORTED, &answer);
    if (result < 0) {
        pthread_mutex_lock(&session->lock);
        session->free_handles[session->free_handle_count++] = bo->handle;
        pthread_mutex_unlock(&session->lock);
        return result;
    }
    memcpy(&imported, answer.bytes, sizeof(imported));
    packet_clear(&answer);
    bo->size = imported.size;
    bo->rights = imported.rights;
    bo->tiling = imported.tiling;
    bo->pitch = imported.pitch;
    bo->connection = gemd_session_losses(session);
    return 0;
}

int gemd_bo_accept(struct gemd_session *session, int token, struct gemd_bo **bo)
{
    *bo = NULL;
    struct gemd_bo *made = bo_new(session, 0);
    if (made == NULL) {
        return -ENOMEM;
    }
    pthread_rwlock_rdlock(&session->connection);
    int result = session_gone(session) ? -EIO : can_share(session) ? 0 : -EOPNOTSUPP;
    if (result == 0) {
        result = import_token(session, token, made);
    }
    pthread_rwlock_unlock(&session->connection);
    if (result < 0) {
        free(made);
        return result;
    }
    session_ref(session);
    *bo = made;
    return 0;
}

uint32_t gemd_bo_rights(const struct gemd_bo *bo)
{
    return bo->rights != 0 ? bo->rights : GEMD_USE_READ | GEMD_USE_WRITE;
}
