/* SPDX-License-Identifier: MIT */
/*
 * Vblanks. Who waits sleeps on the status page, whose word grows with each one, and costs the
 * daemon nothing of its own; who wants events asks by message.
 */
#include "proto/client/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VBLANK_MINOR 2   /* of the protocol */
#define PAIR_TRIES   100 /* a daemon may have died while it wrote */

struct vblank_request {
    struct vblank_request *next;
    uint64_t serial, cookie;
};

static uint64_t load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static uint32_t pipe_changes(const struct gemd_session *session)
{
    return __atomic_load_n(&session->status->pipe_changes, __ATOMIC_ACQUIRE);
}

static bool is_running(uint32_t changes)
{
    return changes % 2 != 0;
}

/* The time is 0 while the number changes, and no two numbers have the same. */
static void read_pair(const struct gemd_session *session, struct gemd_vblank *now)
{
    const struct gemd_status_page *status = session->status;
    for (unsigned i = 0; i < PAIR_TRIES; i++) {
        uint64_t time_ns = load(&status->vblank_time_ns);
        now->sequence = load(&status->vblank);
        now->time_ns = (int64_t)time_ns;
        if (time_ns != 0 && time_ns == load(&status->vblank_time_ns)) {
            return;
        }
    }
    now->time_ns = 0;
}

static int check(struct gemd_session *session)
{
    return session_gone(session) ? -EIO : session->status->minor < VBLANK_MINOR ? -EOPNOTSUPP : 0;
}

int gemd_vblank_now(struct gemd_session *session, struct gemd_vblank *now)
{
    int result = check(session);
    if (result == 0) {
        uint32_t changes = pipe_changes(session);
        read_pair(session, now);
        result = is_running(changes) ? 0 : -ENODATA;
    }
    return result;
}

/* What a thread sleeps for: a number, as long as pipe and daemon are those of the beginning. */
struct target {
    uint64_t sequence;
    uint32_t changes, losses;
};

static bool is_past(struct gemd_session *session, const void *data)
{
    const struct target *target = data;
    return load(&session->status->vblank) >= target->sequence ||
           pipe_changes(session) != target->changes ||
           gemd_session_losses(session) != target->losses;
}

/* Which number is meant, now that the last one is 'now'. */
static int resolve(uint32_t flags, uint64_t sequence, uint64_t now, uint64_t *target)
{
    uint64_t ahead = (flags & GEMD_VBLANK_RELATIVE) != 0 ? sequence
                     : sequence > now                    ? sequence - now
                                                         : 0;
    if ((flags & ~(uint32_t)(GEMD_VBLANK_RELATIVE | GEMD_VBLANK_NEXT)) != 0 ||
        ahead > GEMD_VBLANK_AHEAD_MAX) {
        return -EINVAL;
    }
    *target = now + (ahead == 0 && (flags & GEMD_VBLANK_NEXT) != 0 ? 1 : ahead);
    return 0;
}

int gemd_vblank_wait(struct gemd_session *session, uint32_t flags, uint64_t sequence,
                     int64_t deadline, struct gemd_vblank *when)
{
    struct gemd_vblank last;
    struct target target = {.losses = gemd_session_losses(session)};
    int result = check(session);
    if (result < 0) {
        return result;
    }
    target.changes = pipe_changes(session);
    if (!is_running(target.changes)) {
        return -ENODATA;
    }
    read_pair(session, &last);
    result = resolve(flags, sequence, last.sequence, &target.sequence);
    if (result == 0) {
        result = wait_until(session, &session->status->vblank_changes, is_past, &target, deadline);
    }
    if (result < 0) {
        return result;
    }
    read_pair(session, &last);
    if (gemd_session_losses(session) != target.losses) {
        return -EIO;
    }
    if (last.sequence < target.sequence) {
        return is_running(pipe_changes(session)) ? -ECANCELED : -ENODATA;
    }
    if (when != NULL) {
        *when = last;
    }
    return 0;
}

/* ---- events ---- */

int gemd_vblank_request(struct gemd_session *session, uint32_t flags, uint64_t sequence,
                        uint64_t cookie)
{
    struct gemd_msg_vblank_wait message;
    int result = session->on_event != NULL ? check(session) : -EINVAL;
    if (result < 0) {
        return result;
    }
    struct vblank_request *request = calloc(1, sizeof(*request));
    if (request == NULL) {
        return -ENOMEM;
    }
    codec_begin(&message, GEMD_MSG_VBLANK_WAIT, 0);
    message.flags = flags;
    message.sequence = sequence;
    message.cookie = cookie;
    pthread_mutex_lock(&session->socket_lock);
    result = request_send(session, &message, NULL);
    if (result == 0) {
        request->serial = session->serial;
        request->cookie = cookie;
        request->next = session->vblank_requests;
        session->vblank_requests = request;
        request = NULL;
    }
    pthread_mutex_unlock(&session->socket_lock);
    free(request);
    return result;
}

/* The event for one that the daemon did not answer with one. */
static void fail(struct gemd_session *session, uint64_t cookie, int error)
{
    struct packet packet;
    struct gemd_msg_vblank_event event;
    codec_begin(&event, GEMD_MSG_VBLANK_EVENT, 0);
    event.error = error;
    event.cookie = cookie;
    memset(&packet, 0, sizeof(packet));
    memcpy(packet.bytes, &event, sizeof(event));
    packet.size = sizeof(event);
    event_queue(session, &packet);
}

/* The request with that serial, taken off the list; NULL: there is none. */
static struct vblank_request *take(struct gemd_session *session, uint64_t serial)
{
    struct vblank_request **link = &session->vblank_requests;
    while (*link != NULL && (*link)->serial != serial) {
        link = &(*link)->next;
    }
    struct vblank_request *request = *link;
    if (request != NULL) {
        *link = request->next;
    }
    return request;
}

bool vblank_answer(struct gemd_session *session, const struct packet *packet)
{
    if (packet->header.type != GEMD_MSG_VBLANK_EVENT && packet->header.type != GEMD_MSG_ERROR) {
        return false;
    }
    struct vblank_request *request = take(session, packet->header.serial);
    if (request != NULL) {
        event_queue(session, packet);
        if (packet->header.type == GEMD_MSG_ERROR) {
            struct gemd_msg_error error;
            memcpy(&error, packet->bytes, sizeof(error));
            fail(session, request->cookie, error.error);
        }
        free(request);
    }
    /* An answer that nobody asked for is none. */
    return request != NULL || packet->header.type == GEMD_MSG_VBLANK_EVENT;
}

void vblank_fail_all(struct gemd_session *session)
{
    struct vblank_request *request;
    while ((request = session->vblank_requests) != NULL) {
        session->vblank_requests = request->next;
        fail(session, request->cookie, -EIO);
        free(request);
    }
}

void vblank_clear(struct gemd_session *session)
{
    struct vblank_request *request;
    while ((request = session->vblank_requests) != NULL) {
        session->vblank_requests = request->next;
        free(request);
    }
}
