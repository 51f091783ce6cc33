/* SPDX-License-Identifier: MIT */
#include "proto/client/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/client/window.h"

struct event {
    struct event *next;
    uint32_t losses; /* of the session, when it came */
    uint64_t bytes[GEMD_MESSAGE_MAX / sizeof(uint64_t)];
};

/* ---- one line for each type of event ---- */

static void tell_error(const void *message, char *text, size_t size)
{
    const struct gemd_msg_error *error = message;
    snprintf(text, size, "%s (%s)", error->text, strerror(-error->error));
}

static void tell_rejected(const void *message, char *text, size_t size)
{
    const struct gemd_msg_batch_rejected *event = message;
    snprintf(text, size, "batch %llu refused at dword %u (command 0x%08x): %s: %s",
             (unsigned long long)event->seqno, event->dword, event->command, event->rule_name,
             event->text);
}

static void tell_ring_error(const void *message, char *text, size_t size)
{
    const struct gemd_msg_ring_error *event = message;
    snprintf(text, size, "ring record of type %u about %u failed: %s (%s)", event->record,
             event->handle, event->text, strerror(-event->error));
}

static void tell_lost(const void *message, char *text, size_t size)
{
    const struct gemd_msg_session_lost *event = message;
    const char *guilt = event->reason == GEMD_LOST_GUILTY     ? "guilty"
                        : event->reason == GEMD_LOST_INNOCENT ? "innocent"
                                                              : "unknown";
    snprintf(text, size, "session lost (%s): %s", guilt, event->text);
}

static void tell_limit(const void *message, char *text, size_t size)
{
    const struct gemd_msg_limit_passed *event = message;
    snprintf(text, size, "%s", event->text);
}

static void tell_revoked(const void *message, char *text, size_t size)
{
    const struct gemd_msg_buffer_revoked *event = message;
    snprintf(text, size, "buffer %u was revoked by its owner", event->handle);
}

static void tell_vblank(const void *message, char *text, size_t size)
{
    const struct gemd_msg_vblank_event *event = message;
    snprintf(text, size, "vblank %llu for %llu: %s", (unsigned long long)event->sequence,
             (unsigned long long)event->cookie,
             event->error != 0 ? strerror(-event->error) : "it has come");
}

static void tell_flip(const void *message, char *text, size_t size)
{
    static const char *const states[] = {
        [GEMD_FLIP_SHOWN] = "is on the screen",
        [GEMD_FLIP_DROPPED] = "was dropped",
        [GEMD_FLIP_HIDDEN] = "took its turn behind another window",
    };
    const struct gemd_msg_flip_event *event = message;
    const char *state =
        event->state < sizeof(states) / sizeof(states[0]) ? states[event->state] : NULL;
    snprintf(text, size, "frame %llu of window %u %s, vblank %llu",
             (unsigned long long)event->serial, event->window, state != NULL ? state : "?",
             (unsigned long long)event->sequence);
}

static void tell_screen(const void *message, char *text, size_t size)
{
    snprintf(text, size, "the monitor is another one, or gone");
}

static void tell_mirror_ended(const void *message, char *text, size_t size)
{
    const struct gemd_msg_mirror_ended *event = message;
    snprintf(text, size, "the live view has ended: %s", event->text);
}

static const struct {
    uint32_t type;
    void (*tell)(const void *message, char *text, size_t size);
} tellers[] = {
    {GEMD_MSG_ERROR, tell_error},           {GEMD_MSG_BATCH_REJECTED, tell_rejected},
    {GEMD_MSG_RING_ERROR, tell_ring_error}, {GEMD_MSG_SESSION_LOST, tell_lost},
    {GEMD_MSG_LIMIT_PASSED, tell_limit},    {GEMD_MSG_BUFFER_REVOKED, tell_revoked},
    {GEMD_MSG_VBLANK_EVENT, tell_vblank},   {GEMD_MSG_FLIP_EVENT, tell_flip},
    {GEMD_MSG_SCREEN_CHANGED, tell_screen}, {GEMD_MSG_MIRROR_ENDED, tell_mirror_ended},
};

/* Whether it says that the session, or its user, has about as much as it may. */
static bool tells_of_limit(const struct packet *packet)
{
    const struct gemd_msg_ring_error *event = (const void *)packet->bytes;
    return event->header.type == GEMD_MSG_LIMIT_PASSED ||
           (event->header.type == GEMD_MSG_RING_ERROR && event->error == -EDQUOT);
}

void event_queue(struct gemd_session *session, const struct packet *packet)
{
    if (tells_of_limit(packet)) {
        __atomic_store_n(&session->is_limited, true, __ATOMIC_RELAXED);
    }
    struct event *event = calloc(1, sizeof(*event));
    if (event == NULL) {
        return;
    }
    memcpy(event->bytes, packet->bytes, packet->size);
    event->losses = gemd_session_losses(session);
    pthread_mutex_lock(&session->events_lock);
    *session->events_end = event;
    session->events_end = &event->next;
    pthread_mutex_unlock(&session->events_lock);
}

static struct event *take_event(struct gemd_session *session)
{
    pthread_mutex_lock(&session->events_lock);
    struct event *event = session->events;
    if (event != NULL) {
        session->events = event->next;
        if (session->events == NULL) {
            session->events_end = &session->events;
        }
    }
    pthread_mutex_unlock(&session->events_lock);
    return event;
}

static void tell(struct gemd_session *session, const struct gemd_msg_header *header)
{
    char text[2 * GEMD_TEXT_MAX + GEMD_NAME_MAX] = "event without a text";
    for (size_t i = 0; i < sizeof(tellers) / sizeof(tellers[0]); i++) {
        if (tellers[i].type == header->type) {
            tellers[i].tell(header, text, sizeof(text));
        }
    }
    if (session->on_event != NULL) {
        session->on_event(session->on_event_data, header, text);
    } else {
        fprintf(stderr, "gemd: %s\n", text);
    }
}

/*
 * Frames are called by the serials that the program knows. False: it is one of before a loss, when
 * all counted as shown, or of a window that is gone.
 */
static bool rename_flip(struct gemd_session *session, struct event *event)
{
    struct gemd_msg_flip_event flip;
    memcpy(&flip, event->bytes, sizeof(flip));
    if (event->losses != gemd_session_losses(session)) {
        return false;
    }
    flip.serial = window_serial(session, flip.window, flip.serial);
    memcpy(event->bytes, &flip, sizeof(flip));
    return flip.serial != 0;
}

void event_tell(struct gemd_session *session)
{
    struct event *event;
    while ((event = take_event(session)) != NULL) {
        const struct gemd_msg_header *header = (const struct gemd_msg_header *)event->bytes;
        if (header->type != GEMD_MSG_FLIP_EVENT || rename_flip(session, event)) {
            tell(session, header);
        }
        free(event);
    }
}

void event_clear(struct gemd_session *session)
{
    struct event *event;
    while ((event = take_event(session)) != NULL) {
        free(event);
    }
}
