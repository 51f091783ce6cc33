/* SPDX-License-Identifier: MIT */
/*
 * What the files of platform Wayland share: the compositor, and buffers that it shows.
 *
 * Each window has an event queue of its own, so that events come to whoever waits for them, and the
 * program's own dispatching goes on as if we were not there. Whoever waits for one, reads for all.
 */
#ifndef GEMD_EGL_WAYLAND_H
#define GEMD_EGL_WAYLAND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <wayland-client-core.h>

#include "chain.h"

struct wl_buffer;
struct wl_shm;
struct zwp_linux_buffer_params_v1;
struct zwp_linux_dmabuf_v1;

#define WAYLAND_FORMATS 3

/* A pixel format as each side calls it. */
struct wayland_format {
    enum pipe_format format;
    uint32_t shm;    /* enum wl_shm_format */
    uint32_t fourcc; /* DRM_FORMAT_*, which dma-bufs are called by */
};

/* NULL: none of ours. opaque: the one without alpha. */
const struct wayland_format *wayland_format_of(enum pipe_format format, bool opaque);
/* The format's bit in each of struct wayland_formats. */
uint32_t wayland_format_bit(const struct wayland_format *format);

/* The formats that a compositor takes, a bit for each of ours. */
struct wayland_formats {
    uint32_t shm;
    uint32_t linear;   /* dma-bufs whose layout is named */
    uint32_t implicit; /* dma-bufs whose layout the importer finds out */
};

bool wayland_formats_has(const struct wayland_formats *formats,
                         const struct wayland_format *format);
void wayland_formats_add_shm(struct wayland_formats *formats, uint32_t shm);
void wayland_formats_add_dmabuf(struct wayland_formats *formats, uint32_t fourcc,
                                uint64_t modifier);

/* Whether the compositor can read our memory files as dma-bufs. Found out with the first buffer. */
enum wayland_dmabuf {
    WAYLAND_DMABUF_UNTRIED,
    WAYLAND_DMABUF_WORKS,
    WAYLAND_DMABUF_REFUSED,
};

/*
 * A connection with what the compositor offers, which does not change once it is open. It ends with
 * eglTerminate(), though windows may still be current: afterwards the program may disconnect.
 */
struct wayland {
    struct wl_display *connection; /* NULL: it has ended */
    bool ours;                     /* the connection is */
    struct wl_event_queue *queue;
    struct wl_shm *shm;                 /* NULL: there is none */
    struct zwp_linux_dmabuf_v1 *dmabuf; /* NULL: there is none */
    struct wayland_formats formats;
    enum wayland_dmabuf dmabuf_works; /* atomic */
    pthread_mutex_t lock;             /* of the list; taken before a window's */
    struct wayland_window *windows;   /* those that have objects on the connection */
};

/*
 * Waits until there is something to read, and reads it for all queues; the caller has prepared to
 * (wl_display_prepare_read_queue()), which is over afterwards in any case. 'now': does not wait.
 * False: the connection is broken, or the descriptor 'wake' is readable.
 */
bool wayland_read(struct wayland *wayland, int wake, bool now);

/* Collects the formats of zwp_linux_dmabuf_v1 from version 4 on. False: the connection broke. */
bool wayland_feedback_collect(struct wayland *wayland);

/* ---- wayland_window.c ---- */

_EGLSurface *wayland_create_window(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                   const EGLint *attributes);

struct wayland_window {
    struct gemd_surface surface; /* must be first */
    struct wayland_window *next; /* under the display's lock */
    struct wayland *wayland;
    /* Protects all that hangs on the connection, and the chain of buffers. */
    pthread_mutex_t lock;
    pthread_cond_t left;
    unsigned waiting; /* threads that use the connection without the lock */
    int wake;         /* an eventfd: readable once the window is lost, as nothing comes any more */
    bool orphaned;    /* nothing hangs on the connection any more */

    /* Wrappers of what others own, so that events go to the queue; shm or dmabuf may be NULL. */
    struct wl_event_queue *queue;
    struct wl_surface *object;
    struct wl_shm *shm;
    struct zwp_linux_dmabuf_v1 *dmabuf;
    struct zwp_linux_buffer_params_v1 *asking; /* for a buffer; NULL when nothing is */
    struct wl_callback *frame; /* of the frame that was shown last, NULL once it came */

    struct wl_egl_window *native; /* NULL: the program destroyed it */
    const struct wayland_format *format;
    struct gemd_chain chain;
    EGLint width, height; /* of the chain's buffers */
    int32_t dx, dy;       /* by which the next frame moves the window */
    bool begun;           /* the back buffer may have been drawn into */
    bool unfit;           /* the program wants a size that cannot be drawn */
};

static inline bool wayland_window_is_lost(const struct wayland_window *window)
{
    return window->orphaned || !window->native;
}

/*
 * Takes over the size that the program wants, for a frame of which nothing is drawn yet. While it
 * cannot be drawn the frames keep the old one, and are not shown.
 */
void wayland_window_follow_size(struct wayland_window *window);

/* The connection is about to go: the window forgets what it has there, and is lost. */
void wayland_window_orphan(struct wayland_window *window);

/* ---- wayland_event.c ---- */

/*
 * Waits until an event for the window came, and tells who listens; the lock is given up meanwhile.
 * False: none will come.
 */
bool wayland_window_wait(struct wayland_window *window);

extern const struct gemd_chain_ops wayland_chain_ops;

/* ---- wayland_show.c ---- */

/* struct gemd_surface_ops.present and present_front */
bool wayland_present(struct gemd_surface *surface, struct gemd_context *context,
                     const struct gemd_damage *damage);
void wayland_present_front(struct gemd_surface *surface, struct pipe_context *pipe);

/* ---- wayland_buffer.c ---- */

/*
 * Makes the compositor's side of a buffer (buffer->native), whose pixels are the memory file's, if
 * it has none. Its release gives the buffer back to the chain. False: the compositor will not have
 * it, or out of memory. Under the window's lock.
 */
bool wayland_buffer_make(struct wayland_window *window, struct gemd_chain_buffer *buffer);
struct wl_buffer *wayland_buffer_object(const struct gemd_chain_buffer *buffer);
/* struct gemd_chain_ops.free_native */
void wayland_buffer_free(struct gemd_chain *chain, struct gemd_chain_buffer *buffer);

#endif
