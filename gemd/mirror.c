/* SPDX-License-Identifier: MIT */
#include "gemd/mirror.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gemd/composition.h"
#include "gemd/mirror_viewer.h"
#include "gemd/probe.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"
#include "proto/packet.h"

#define BYTES_AT_ONCE (256u << 10) /* between two looks at who else has work: some 50 us */

static struct display *display_of(const struct mirror *mirror)
{
    return &mirror->server->display;
}

/* ---- one picture ---- */

/* The viewers that still get it have the same lines: the first one's are the others' too. */
static void copy_rows(struct mirror *mirror, const struct rows *rows)
{
    uint32_t *pixels = NULL;
    const size_t from = (size_t)rows->first * rows->width;
    const size_t bytes = (size_t)(rows->end - rows->first) * rows->width * sizeof(*pixels);
    list_for_each(viewer, &mirror->viewers, struct mirror_viewer, link)
    {
        if (viewer->slot < 0) {
            continue;
        }
        uint32_t *to = mirror_viewer_pixels(viewer);
        if (pixels != NULL) {
            memcpy(to + from, pixels + from, bytes);
        } else if (composition_read(display_of(mirror), display_of(mirror)->scanout.front, rows,
                                    to) < 0) {
            memset(to + from, 0, bytes); /* what cannot be read is black */
        }
        pixels = pixels != NULL ? pixels : to;
        mirror->copied_bytes += bytes;
    }
}

static void send_all(struct mirror *mirror)
{
    const struct mode *mode = &display_of(mirror)->scanout.mode;
    mirror->copying = false;
    list_for_each(viewer, &mirror->viewers, struct mirror_viewer, link)
    {
        if (viewer->slot < 0) {
            continue;
        }
        if (mirror->on) {
            composition_add_cursor(display_of(mirror), mirror_viewer_pixels(viewer), mode->width,
                                   mode->height);
            mirror->copies++;
        }
        mirror_viewer_send(viewer, mirror);
    }
}

/* Copies lines, up to 'most' bytes of each viewer; with the last ones the picture is sent. */
static void copy_some(struct mirror *mirror, uint64_t most)
{
    const struct mode *mode = &display_of(mirror)->scanout.mode;
    const uint64_t left = mode->height - mirror->row;
    const uint64_t lines = most / (mode->width * 4u) + 1;
    const struct rows rows = {.first = mirror->row,
                              .end = mirror->row + (uint32_t)(lines < left ? lines : left),
                              .width = mode->width};
    copy_rows(mirror, &rows);
    mirror->row = rows.end;
    if (mirror->row == mode->height) {
        send_all(mirror);
    }
}

/* Begins to copy for those who have not got the newest picture, as far as they have slots. */
static void begin_copy(struct mirror *mirror)
{
    const struct scanout *scanout = &display_of(mirror)->scanout;
    bool any = false;
    mirror->on = scanout->running;
    list_for_each(viewer, &mirror->viewers, struct mirror_viewer, link)
    {
        any |= viewer->stale && mirror_viewer_take(viewer, mirror->on ? scanout->mode.width : 0,
                                                   mirror->on ? scanout->mode.height : 0);
    }
    if (!any) {
        return;
    }
    mirror->copying = true;
    mirror->row = 0;
    if (mirror->on) {
        event_active(mirror->work, EV_TIMEOUT, 0);
    } else {
        send_all(mirror);
    }
}

/* What has changed makes a new picture, which nobody has got. */
static void take_picture(struct mirror *mirror)
{
    uint64_t time_ns;
    const uint64_t now = display_now(display_of(mirror), &time_ns);
    mirror->number++;
    mirror->vblank = mirror->due < now ? mirror->due : now;
    mirror->time_ns = mirror->seen_ns != 0 ? mirror->seen_ns : time_ns;
    list_for_each(viewer, &mirror->viewers, struct mirror_viewer, link)
    {
        viewer->lost += viewer->stale;
        viewer->stale = true;
        viewer->causes |= mirror->causes;
    }
    PROBE3(mirror_picture, mirror->number, mirror->vblank, mirror->causes);
    mirror->causes = 0;
    mirror->seen_ns = 0;
    begin_copy(mirror);
}

static void finish_copy(struct mirror *mirror)
{
    while (mirror->copying) {
        copy_some(mirror, UINT32_MAX);
    }
}

/* Whoever waits for a picture gets the one of now, unless another is about to come. */
static void serve_stale(struct mirror *mirror)
{
    bool stale = false;
    list_for_each(viewer, &mirror->viewers, struct mirror_viewer, link)
    {
        stale |= viewer->stale;
    }
    if (stale && !mirror->copying && mirror->causes == 0) {
        begin_copy(mirror);
    }
}

static void on_work(evutil_socket_t fd, short what, void *data)
{
    struct mirror *mirror = data;
    if (!mirror->copying) {
        return;
    }
    copy_some(mirror, BYTES_AT_ONCE);
    if (mirror->copying) {
        event_active(mirror->work, EV_TIMEOUT, 0);
    } else {
        serve_stale(mirror); /* who came while it was copied */
    }
}

/* ---- what happens to the screen ---- */

int mirror_init(struct mirror *mirror, struct server *server)
{
    *mirror = (struct mirror){.server = server};
    list_init(&mirror->viewers);
    mirror->work = event_new(server->base, -1, 0, on_work, mirror);
    return mirror->work != NULL ? 0 : -ENOMEM;
}

void mirror_finish(struct mirror *mirror)
{
    if (mirror->work != NULL) {
        event_free(mirror->work);
        mirror->work = NULL;
    }
}

void mirror_settle(struct mirror *mirror, uint64_t vblank)
{
    if (mirror->viewer_count == 0) {
        return;
    }
    finish_copy(mirror);
    if (mirror->causes != 0 && mirror->due < vblank) {
        take_picture(mirror);
        finish_copy(mirror);
    }
}

void mirror_change(struct mirror *mirror, enum gemd_mirror_cause cause, uint64_t vblank)
{
    if (mirror->viewer_count == 0) {
        return;
    }
    if (mirror->causes == 0 || vblank < mirror->due) {
        mirror->due = vblank;
    }
    if (cause == GEMD_MIRROR_FLIP && mirror->seen_ns == 0) {
        mirror->seen_ns = clock_now(&mirror->server->options.clock);
    }
    mirror->causes |= cause;
}

void mirror_vblank(struct mirror *mirror, uint64_t vblank)
{
    if (mirror->viewer_count == 0) {
        return;
    }
    if (mirror->causes != 0 && mirror->due <= vblank) {
        finish_copy(mirror);
        take_picture(mirror);
    } else {
        serve_stale(mirror);
    }
}

void mirror_turned(struct mirror *mirror, bool on)
{
    const struct scanout *scanout = &display_of(mirror)->scanout;
    uint64_t time_ns;
    if (mirror->viewer_count == 0) {
        return;
    }
    const uint64_t now = display_now(display_of(mirror), &time_ns);
    finish_copy(mirror);
    if (on) {
        mirror_change(mirror, GEMD_MIRROR_MODE, now + 1);
    } else if (!scanout->wanted || scanout->suspended) {
        mirror_change(mirror, GEMD_MIRROR_OFF, now);
        take_picture(mirror);
    }
}

static bool same_memory(const struct bo *a, const struct bo *b)
{
    const bool same_file =
        a->arena == b->arena || (a->arena->inode != 0 && a->arena->inode == b->arena->inode &&
                                 a->arena->device == b->arena->device);
    return same_file && a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* Whether the job may have written its buffer 'index'. */
static bool is_written(const struct job *job, uint32_t index)
{
    for (uint32_t i = 0; i < job->reloc_count; i++) {
        if (job->relocs[i].buffer == index && (job->relocs[i].use & GEMD_USE_WRITE) != 0) {
            return true;
        }
    }
    return job->relocs == NULL; /* then that is not known */
}

void mirror_retired(struct mirror *mirror, const struct job *job)
{
    struct scanout *scanout = &display_of(mirror)->scanout;
    if (mirror->viewer_count == 0 || scanout->front == NULL || !scanout->running) {
        return;
    }
    for (uint32_t i = 0; i < job->buffer_count; i++) {
        if (same_memory(job->buffers[i], scanout->front->bo) && is_written(job, i)) {
            mirror_change(mirror, GEMD_MIRROR_DRAWN, scanout_vblank(scanout) + 1);
            return;
        }
    }
}

/* ---- viewers ---- */

void mirror_leave(struct session *session)
{
    struct mirror *mirror = &session->server->mirror;
    struct mirror_viewer *viewer = session->mirror;
    if (viewer == NULL) {
        return;
    }
    session->mirror = NULL;
    list_remove(&viewer->link);
    mirror_viewer_destroy(viewer);
    if (--mirror->viewer_count == 0) {
        mirror->causes = 0;
        mirror->seen_ns = 0;
    }
    bool any = false;
    list_for_each(other, &mirror->viewers, struct mirror_viewer, link)
    {
        any |= other->slot >= 0;
    }
    mirror->copying &= any;
}

static void say_why_not(const struct session *session, char text[GEMD_TEXT_MAX])
{
    snprintf(text, GEMD_TEXT_MAX, "user %u may not see the screen: %.128s, line %u",
             (unsigned)session->uid, policy_source(session->server->policy), session->grant.line);
}

bool mirror_admits(struct session *session, uint64_t serial)
{
    char text[GEMD_TEXT_MAX];
    if (!session->grant.views) {
        say_why_not(session, text);
        session_refuse(session, serial, -EACCES, "%s", text);
    }
    return session->grant.views;
}

void mirror_review(struct mirror *mirror)
{
    list_for_each(viewer, &mirror->viewers, struct mirror_viewer, link)
    {
        struct session *session = viewer->session;
        if (!session->grant.views) {
            struct gemd_msg_mirror_ended ended;
            char text[GEMD_TEXT_MAX];
            say_why_not(session, text);
            codec_begin(&ended, GEMD_MSG_MIRROR_ENDED, 0);
            ended.error = -EACCES;
            codec_set_text(ended.text, sizeof(ended.text), text);
            mirror_leave(session);
            session_keep_event(session, &ended);
        }
    }
}

/* ---- messages ---- */

static void answer_done(struct session *session, uint64_t serial)
{
    struct gemd_msg_done done;
    codec_begin(&done, GEMD_MSG_DONE, serial);
    session_answer(session, &done, NULL);
}

/* The picture of now, for that viewer alone. */
static void ask_for(struct mirror *mirror, struct mirror_viewer *viewer)
{
    viewer->stale = true;
    viewer->causes |= GEMD_MIRROR_ASKED;
    serve_stale(mirror);
}

/* The session's viewer; NULL: it has none, and was told so. */
static struct mirror_viewer *find_viewer(struct session *session, uint64_t serial)
{
    if (session->mirror == NULL) {
        session_refuse(session, serial, -ENOENT, "there is no live view of this session");
    }
    return session->mirror;
}

void mirror_drawn_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_window_drawn *drawn = (const void *)packet->bytes;
    struct mirror *mirror = &session->server->mirror;
    const uint64_t serial = drawn->header.serial;
    const struct window *window =
        drawn->window < GEMD_WINDOWS_MAX ? session->windows[drawn->window] : NULL;
    if (window == NULL) {
        session_refuse(session, serial, -ENOENT, "drawn: there is no window %u", drawn->window);
        return;
    }
    struct scanout *scanout = &display_of(mirror)->scanout;
    if (scanout->running && scanout->front != NULL && scanout->front->window == window) {
        mirror_change(mirror, GEMD_MIRROR_DRAWN, scanout_vblank(scanout) + 1);
    }
    answer_done(session, serial);
}

void mirror_start_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_mirror_start *start = (const void *)packet->bytes;
    struct mirror *mirror = &session->server->mirror;
    const uint64_t serial = start->header.serial;
    if (!mirror_admits(session, serial)) {
        return;
    }
    if (session->mirror != NULL) {
        session_refuse(session, serial, -EALREADY, "this session has a live view already");
        return;
    }
    if (start->slots < GEMD_MIRROR_SLOTS_MIN || start->slots > GEMD_MIRROR_SLOTS_MAX) {
        session_refuse(session, serial, -EINVAL, "live view: %u slots, not %u to %u", start->slots,
                       GEMD_MIRROR_SLOTS_MIN, GEMD_MIRROR_SLOTS_MAX);
        return;
    }
    if (mirror->viewer_count == MIRROR_VIEWERS_MAX) {
        session_refuse(session, serial, -EBUSY, "live view: there are %u already",
                       mirror->viewer_count);
        return;
    }
    struct mirror_viewer *viewer = mirror_viewer_create(session, start->slots);
    if (viewer == NULL) {
        session_refuse(session, serial, -ENOMEM, "live view: %s", strerror(ENOMEM));
        return;
    }
    session->mirror = viewer;
    list_append(&mirror->viewers, &viewer->link);
    if (mirror->viewer_count++ == 0) {
        mirror->number++; /* what nobody saw is not known */
        mirror->vblank = display_now(display_of(mirror), &mirror->time_ns);
    }
    answer_done(session, serial);
    if (session->mirror != NULL) {
        ask_for(mirror, viewer);
    }
}

void mirror_stop_request(struct session *session, struct packet *packet)
{
    const uint64_t serial = packet->header.serial;
    if (find_viewer(session, serial) != NULL) {
        mirror_leave(session);
        answer_done(session, serial);
    }
}

void mirror_look_request(struct session *session, struct packet *packet)
{
    const uint64_t serial = packet->header.serial;
    if (find_viewer(session, serial) != NULL) {
        answer_done(session, serial);
    }
    if (session->mirror != NULL) {
        ask_for(&session->server->mirror, session->mirror);
    }
}

void mirror_return_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_mirror_return *give = (const void *)packet->bytes;
    const uint64_t serial = give->header.serial;
    struct mirror_viewer *viewer = find_viewer(session, serial);
    if (viewer == NULL) {
        return;
    }
    if (give->generation < viewer->generation) {
        return; /* of a file that has been replaced */
    }
    if (give->generation > viewer->generation || give->slot >= viewer->slots ||
        (viewer->lent >> give->slot & 1) == 0) {
        session_refuse(session, serial, -EINVAL,
                       "live view: slot %u of file %u is not the client's (file %u, slots 0x%llx)",
                       give->slot, give->generation, viewer->generation,
                       (unsigned long long)viewer->lent);
        return;
    }
    viewer->lent &= ~(1ull << give->slot);
    serve_stale(&session->server->mirror);
}
