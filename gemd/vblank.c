/* SPDX-License-Identifier: MIT */
#include "gemd/vblank.h"

#include <errno.h>

#include "gemd/log.h"
#include "gemd/probe.h"
#include "gemd/publish.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"

#define TICK_US 50000

static uint64_t now_ns(const struct vblank *vblank)
{
    return clock_now(&vblank->server->options.clock);
}

static void start_ticking(struct vblank *vblank)
{
    const struct timeval tick = {.tv_usec = TICK_US};
    event_add(vblank->tick, &tick);
}

static void on_tick(evutil_socket_t fd, short what, void *data)
{
    struct vblank *vblank = data;
    vblank_look(vblank);
    if (vblank->server->display.scanout.running) {
        start_ticking(vblank);
    }
}

static void on_deliver(evutil_socket_t fd, short what, void *data)
{
    struct vblank *vblank = data;
    list_for_each(session, &vblank->server->sessions, struct session, link)
    {
        vblank_waits_deliver(session);
    }
}

int vblank_init(struct vblank *vblank, struct server *server)
{
    *vblank = (struct vblank){.server = server};
    vblank->tick = event_new(server->base, -1, 0, on_tick, vblank);
    vblank->deliver = event_new(server->base, -1, 0, on_deliver, vblank);
    return vblank->tick != NULL && vblank->deliver != NULL ? 0 : -ENOMEM;
}

void vblank_finish(struct vblank *vblank)
{
    struct event **events[] = {&vblank->tick, &vblank->deliver};
    for (unsigned i = 0; i < 2; i++) {
        if (*events[i] != NULL) {
            event_free(*events[i]);
            *events[i] = NULL;
        }
    }
}

void vblank_introduce(const struct vblank *vblank, struct session *session)
{
    uint64_t time_ns;
    session->status->vblank = display_now(&vblank->server->display, &time_ns);
    session->status->vblank_time_ns = time_ns;
    session->status->pipe_changes = vblank->changes;
}

void vblank_came(struct vblank *vblank, uint64_t number, uint64_t time_ns)
{
    vblank->last_ns = now_ns(vblank);
    vblank->told = number;
    list_for_each(session, &vblank->server->sessions, struct session, link)
    {
        session_vblank(session, number, time_ns);
        vblank_waits_came(session, number, time_ns);
    }
}

/* All waits of now end with 'error'; they are told as soon as nothing else is going on. */
static void fail_all(struct vblank *vblank, int error)
{
    uint64_t time_ns;
    uint64_t number = display_now(&vblank->server->display, &time_ns);
    list_for_each(session, &vblank->server->sessions, struct session, link)
    {
        vblank_waits_fail(session, error, number, time_ns);
    }
    event_active(vblank->deliver, EV_TIMEOUT, 0);
}

void vblank_turned(struct vblank *vblank, bool on)
{
    struct server *server = vblank->server;
    uint64_t time_ns;
    uint64_t number = display_now(&server->display, &time_ns);
    vblank->last_ns = now_ns(vblank);
    vblank->told = number;
    vblank->changes++;
    PROBE2(pipe_turned, on, number);
    list_for_each(session, &server->sessions, struct session, link)
    {
        if (session->status != NULL) {
            publish_u32(&session->status->pipe_changes, vblank->changes);
        }
        session_vblank(session, number, time_ns);
    }
    if (on) {
        start_ticking(vblank);
    } else {
        event_del(vblank->tick);
        fail_all(vblank, server->display.scanout.wanted ? -ECANCELED : -ENODATA);
    }
}

void vblank_flipped(const struct window *window, const struct flip *flip)
{
    struct session *session = window->owner;
    struct gemd_msg_flip_event event;
    codec_begin(&event, GEMD_MSG_FLIP_EVENT, 0);
    event.window = window->slot;
    event.serial = flip->serial;
    event.sequence = flip->vblank;
    event.time_ns = flip->time_ns;
    event.state = flip->state;
    PROBE4(frame_flipped, session->id, flip->serial, flip->state, flip->vblank);
    session_keep_event(session, &event);
}

void vblank_look(struct vblank *vblank)
{
    struct display *display = &vblank->server->display;
    const uint64_t quiet_ns = now_ns(vblank) - vblank->last_ns;
    if (!display->scanout.running || quiet_ns < VBLANK_LATE_NS) {
        return;
    }
    uint64_t time_ns;
    if (display_now(display, &time_ns) != vblank->told) {
        vblank->polled++;
        display_vblank(display);
    } else if (quiet_ns >= VBLANK_STILL_NS && vblank_waiting(vblank) > 0) {
        log_warning("the pipe has counted no vblank for %llu ms: waits for one end",
                    (unsigned long long)(quiet_ns / 1000000u));
        fail_all(vblank, -EIO);
    }
}

uint64_t vblank_waiting(const struct vblank *vblank)
{
    uint64_t waiting = 0;
    list_for_each(session, &vblank->server->sessions, struct session, link)
    {
        waiting += session->vblank_waits.count;
    }
    return waiting;
}
