/* SPDX-License-Identifier: MIT */
/*
 * The screen as KMS has it: one CRTC with a primary and a cursor plane, an encoder, a connector.
 *
 * It has a session of its own: pictures of any file are imported there, so framebuffers do not care
 * whose they are, and what is shown outlives nobody but the server. Flips and vblanks are told to
 * that session, by a thread that reads its events.
 *
 * Locks: 'lock' for all that ioctls change; 'event_lock' for what waits for events, the innermost,
 * taken by callbacks of libgemd: never around a call of libgemd.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_SCREEN_H
#define GEMD_WINSYS_DRM_SERVER_MODE_SCREEN_H

#include <drm.h>
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "winsys/drm/server/mode/crtc.h"
#include "winsys/drm/server/mode/flip.h"
#include "winsys/drm/server/mode/framebuffer.h"
#include "winsys/drm/server/mode/ids.h"
#include "winsys/drm/server/mode/property.h"
#include "winsys/drm/server/mode/vblank.h"
#include "winsys/drm/server/server.h"

#define SCREEN_SIZE_MAX 4096u /* of a framebuffer, each way */

/* An event for a file, which the reader sends: who makes one may have locks that a file's end
 * wants. */
struct screen_event {
    struct screen_event *next;
    uint64_t file;
    uint32_t size;
    union {
        struct drm_event base;
        struct drm_event_vblank vblank;
        struct drm_event_crtc_sequence sequence;
    } bytes;
};

struct drm_screen {
    struct drm_server *server;
    struct gemd_session *session;
    pthread_t reader; /* of the session's events, and sender of ours */
    int wake;         /* an eventfd: there is something to send, or its time is over */
    bool ending;      /* event_lock */
    bool replugged;   /* mode/hotplug.c's, atomic */

    pthread_mutex_t lock;
    uint32_t last_id;
    struct gemd_screen_modes monitor;
    struct framebuffer *framebuffers;
    struct blob *blobs;
    struct blob *edid, *primary_formats, *cursor_formats; /* NULL: none */
    unsigned cards;                                       /* files of the card that are open */
    struct crtc crtc;

    pthread_mutex_t event_lock;
    struct flip_wait *flips;
    struct vblank_event *vblanks;
    uint64_t last_cookie;
    struct screen_event *events, **events_end;
};

static inline struct drm_screen *screen_of(struct drm_file *file)
{
    return file->server->screen;
}

/* Asks the daemon what is plugged in. Under the lock. */
void screen_probe(struct drm_screen *screen);

/* Queues an event for a file, if that is still there by then. With any lock but event_lock. */
void screen_send(struct drm_screen *screen, uint64_t file, const void *event, uint32_t size);

/* Elements that go back of an array: as many as there is room for. */
void screen_tell_ids(struct drm_call_array *array, const uint32_t *ids, uint32_t count);

#endif
