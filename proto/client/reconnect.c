/* SPDX-License-Identifier: MIT */
/*
 * Coming back after a loss. Buffers are the client's own memory, so a new daemon, or the same one
 * after a hang, needs only be told of them again.
 *
 * Others go on using the session meanwhile. Their maps of ring and status page stay where they are:
 * the new files are moved over them, and so are the new descriptors. Until all is told the session
 * counts as lost, and nobody else writes.
 */
#include "proto/client/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/client/bo.h"
#include "proto/client/window.h"
#include "proto/ring.h"

static bool move_map(const void *from, const void *to, size_t size)
{
    return mremap((void *)(uintptr_t)from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
                  (void *)(uintptr_t)to) != MAP_FAILED;
}

/* What programs have built on: sizes of what is mapped, and the chip that streams are for. */
static int compare(const struct gemd_session *session, const struct gemd_session *fresh,
                   char reason[GEMD_TEXT_MAX])
{
    const struct gemd_info *was = &session->info, *is = &fresh->info;

    if (session->ring_bytes == fresh->ring_bytes && session->status_bytes == fresh->status_bytes &&
        was->pci_device == is->pci_device && was->gtt_bytes <= is->gtt_bytes &&
        was->max_batch_words <= is->max_batch_words && was->max_relocs <= is->max_relocs &&
        was->max_buffers <= is->max_buffers) {
        return 0;
    }
    snprintf(reason, GEMD_TEXT_MAX, "the daemon is another one: %s, device %04x; it was %s, %04x",
             is->device, is->pci_device, was->device, was->pci_device);
    return -EPROTO;
}

/* Takes the new connection over; 'fresh' is left with the old maps' places unmapped. */
static int adopt(struct gemd_session *session, struct gemd_session *fresh)
{
    if (dup3(fresh->socket, session->socket, O_CLOEXEC) < 0 ||
        dup3(fresh->doorbell, session->doorbell, O_CLOEXEC) < 0) {
        return -errno;
    }
    vblank_fail_all(session);
    /* First the base: what was submitted counts as retired, whatever the status page says. */
    __atomic_store_n(&session->seqno_base, session->last_seqno, __ATOMIC_SEQ_CST);
    __atomic_store_n(&session->rejected, gemd_session_rejected(session), __ATOMIC_RELEASE);
    if (!move_map(fresh->status, session->status, session->status_bytes)) {
        return -ENOMEM;
    }
    fresh->status = NULL;
    if (!move_map(fresh->ring, session->ring, ring_file_size(session->ring_bytes))) {
        return -ENOMEM;
    }
    fresh->ring = NULL;
    session->serial = fresh->serial;
    session->tail = fresh->tail;
    session->info.session = fresh->info.session;
    return 0;
}

static int tell_all(struct gemd_session *session)
{
    bo_free_zombies(session);
    int result = bo_recreate_all(session);
    for (struct gemd_window *window = session->windows; window != NULL && result == 0;
         window = window->next) {
        result = window_recreate(window);
    }
    return result;
}

static int come_back(struct gemd_session *session, struct gemd_session *fresh,
                     char reason[GEMD_TEXT_MAX])
{
    const int lost = __atomic_load_n(&session->lost, __ATOMIC_ACQUIRE);
    pthread_mutex_lock(&session->socket_lock);
    pthread_mutex_lock(&session->lock);
    int result = adopt(session, fresh);
    if (result == 0) {
        result = tell_all(session);
    }
    if (result == 0) {
        __atomic_store_n(&session->last_loss, lost, __ATOMIC_RELEASE);
        __atomic_add_fetch(&session->losses, 1, __ATOMIC_SEQ_CST);
        __atomic_store_n(&session->lost, GEMD_LOST_NOT, __ATOMIC_SEQ_CST);
    } else {
        snprintf(reason, GEMD_TEXT_MAX, "the new session was lost at once: %s", strerror(-result));
    }
    pthread_mutex_unlock(&session->lock);
    pthread_mutex_unlock(&session->socket_lock);
    return result;
}

static int reconnect(struct gemd_session *session, char reason[GEMD_TEXT_MAX])
{
    const struct gemd_connect_options options = {.name = session->name, .role = session->role};
    struct gemd_session *fresh = NULL;

    int result = session_connect(session->path, &options, &fresh, reason);
    if (result < 0) {
        return result;
    }
    result = compare(session, fresh, reason);
    if (result == 0) {
        result = come_back(session, fresh, reason);
    }
    session_unref(fresh);
    return result;
}

int gemd_session_reconnect(struct gemd_session *session, char reason[GEMD_TEXT_MAX])
{
    char text[GEMD_TEXT_MAX] = "";
    int result = 0;

    pthread_rwlock_wrlock(&session->connection);
    if (session_gone(session)) {
        result = reconnect(session, text);
    }
    pthread_rwlock_unlock(&session->connection);
    event_tell(session);
    if (reason != NULL) {
        memcpy(reason, text, GEMD_TEXT_MAX);
    }
    return result;
}

uint32_t gemd_session_losses(struct gemd_session *session)
{
    return __atomic_load_n(&session->losses, __ATOMIC_ACQUIRE);
}

enum gemd_lost_reason gemd_session_last_loss(struct gemd_session *session)
{
    return (enum gemd_lost_reason)__atomic_load_n(&session->last_loss, __ATOMIC_ACQUIRE);
}
