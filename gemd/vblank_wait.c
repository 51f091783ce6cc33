/* SPDX-License-Identifier: MIT */
#include "gemd/vblank_wait.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/chaos.h"
#include "gemd/probe.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"

#define ALL_FLAGS (uint32_t)(GEMD_VBLANK_RELATIVE | GEMD_VBLANK_NEXT)

struct vblank_wait {
    struct list link; /* vblank_waits.waiting */
    uint64_t serial;  /* of the request */
    uint64_t cookie;
    uint64_t sequence; /* the vblank that is waited for */
    int error;         /* of one that failed and waits to be told; else 0 */
    uint64_t vblank, time_ns;
};

void vblank_waits_init(struct vblank_waits *waits)
{
    list_init(&waits->waiting);
    waits->count = 0;
}

static void forget(struct session *session, struct vblank_wait *wait)
{
    list_remove(&wait->link);
    session->vblank_waits.count--;
    quota_give(session->quota, LIMIT_VBLANK_WAITS, 1);
    free(wait);
}

void vblank_waits_finish(struct session *session)
{
    list_for_each(wait, &session->vblank_waits.waiting, struct vblank_wait, link)
    {
        forget(session, wait);
    }
}

static void answer(struct session *session, const struct vblank_wait *wait)
{
    struct gemd_msg_vblank_event event;
    codec_begin(&event, GEMD_MSG_VBLANK_EVENT, wait->serial);
    event.error = wait->error;
    event.sequence = wait->vblank;
    event.time_ns = wait->time_ns;
    event.cookie = wait->cookie;
    PROBE4(vblank_answered, session->id, wait->sequence, wait->vblank, wait->error);
    session_answer(session, &event, NULL);
}

/* Takes it out before the answer: that may end the session, and all of its waits. */
static void conclude(struct session *session, struct vblank_wait *wait)
{
    const struct vblank_wait done = *wait;
    forget(session, wait);
    answer(session, &done);
}

/* Which vblank is meant. -EINVAL when it lies too far ahead, by *ahead. */
static int resolve(const struct gemd_msg_vblank_wait *wait, uint64_t now, uint64_t *sequence,
                   uint64_t *ahead)
{
    const bool relative = (wait->flags & GEMD_VBLANK_RELATIVE) != 0;
    *ahead = relative ? wait->sequence : wait->sequence > now ? wait->sequence - now : 0;
    if (*ahead == 0 && (wait->flags & GEMD_VBLANK_NEXT) != 0) {
        *ahead = 1;
    }
    *sequence = now + *ahead;
    return *ahead <= GEMD_VBLANK_AHEAD_MAX ? 0 : -EINVAL;
}

/* -ENOMEM; -EDQUOT with the numbers. */
static int keep(struct session *session, const struct gemd_msg_vblank_wait *request,
                uint64_t sequence, char reason[GEMD_TEXT_MAX])
{
    struct vblank_wait *wait = chaos_hits(CHAOS_ALLOC_VBLANK_WAIT) ? NULL : malloc(sizeof(*wait));
    codec_set_text(reason, GEMD_TEXT_MAX, strerror(ENOMEM));
    int error = wait == NULL ? -ENOMEM : quota_charge(session, LIMIT_VBLANK_WAITS, 1, reason);
    if (error != 0) {
        free(wait);
        return error;
    }
    *wait = (struct vblank_wait){
        .serial = request->header.serial, .cookie = request->cookie, .sequence = sequence};
    list_append(&session->vblank_waits.waiting, &wait->link);
    session->vblank_waits.count++;
    return 0;
}

void vblank_wait_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_vblank_wait *request = (const void *)packet->bytes;
    struct display *display = &session->server->display;
    uint64_t serial = request->header.serial;
    if (request->pipe != 0 || (request->flags & ~ALL_FLAGS) != 0) {
        session_refuse(session, serial, -EINVAL,
                       "wait for a vblank: pipe %u of 1, flags %#x of %#x", request->pipe,
                       request->flags, ALL_FLAGS);
        return;
    }
    if (!display->scanout.running) {
        session_refuse(session, serial, -ENODATA, "wait for a vblank: the pipe is off");
        return;
    }
    uint64_t sequence;
    uint64_t ahead;
    uint64_t time_ns;
    uint64_t now = display_now(display, &time_ns);
    if (resolve(request, now, &sequence, &ahead) != 0) {
        session_refuse(session, serial, -EINVAL,
                       "wait for a vblank: %" PRIu64 " vblanks after %" PRIu64
                       " is more than %" PRIu64 " ahead",
                       ahead, now, GEMD_VBLANK_AHEAD_MAX);
        return;
    }
    PROBE3(vblank_requested, session->id, sequence, now);
    if (ahead == 0) {
        const struct vblank_wait past = {.serial = serial,
                                         .cookie = request->cookie,
                                         .sequence = sequence,
                                         .vblank = now,
                                         .time_ns = time_ns};
        answer(session, &past);
        return;
    }
    char reason[GEMD_TEXT_MAX];
    int error = keep(session, request, sequence, reason);
    if (error != 0) {
        session_refuse(session, serial, error, "wait for vblank %" PRIu64 ": %s", sequence, reason);
    }
}

void vblank_waits_came(struct session *session, uint64_t vblank, uint64_t time_ns)
{
    session_ref(session);
    list_for_each(wait, &session->vblank_waits.waiting, struct vblank_wait, link)
    {
        if (wait->error == 0 && wait->sequence <= vblank) {
            wait->vblank = vblank;
            wait->time_ns = time_ns;
            conclude(session, wait);
        }
        if (session->ended) {
            break; /* and none is left to look at */
        }
    }
    session_unref(session);
}

void vblank_waits_fail(struct session *session, int error, uint64_t vblank, uint64_t time_ns)
{
    list_for_each(wait, &session->vblank_waits.waiting, struct vblank_wait, link)
    {
        if (wait->error == 0) {
            wait->error = error;
            wait->vblank = vblank;
            wait->time_ns = time_ns;
        }
    }
}

void vblank_waits_deliver(struct session *session)
{
    session_ref(session);
    list_for_each(wait, &session->vblank_waits.waiting, struct vblank_wait, link)
    {
        if (wait->error != 0) {
            conclude(session, wait);
        }
        if (session->ended) {
            break;
        }
    }
    session_unref(session);
}
