/* SPDX-License-Identifier: MIT */
/*
 * What the files of platform X11 share: the server (x11.c), buffers that it reads (x11_buffer.c),
 * images put into a drawable (x11_put.c), Present's events (x11_present.c), windows (x11_window.c)
 * and pixmaps (x11_pixmap.c).
 *
 * Frames go to the server in one of three ways, the first that it can do:
 *   Present    the buffer's memory file is a pixmap of the server; shown at a vblank
 *   MIT-SHM    the server copies out of the memory file
 *   PutImage   pixels go through the connection, and are copied by the CPU: a server elsewhere
 *
 * The connection is the program's. Every request is a checked one, so that its error comes to us
 * and not to the program's error handler, which would end the program; windows and pixmaps may go
 * at any time.
 */
#ifndef GEMD_EGL_X11_H
#define GEMD_EGL_X11_H

#include <xcb/present.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>

#include "chain.h"
#include "platform.h"

/* How a drawable's pixels look. */
struct gemd_x11_pixels {
    enum pipe_format format;
    uint8_t depth, bits_per_pixel;
    uint32_t red, green, blue; /* masks */
};

/* Where images go. */
struct gemd_x11_target {
    xcb_drawable_t drawable;
    xcb_gcontext_t gc;
    const struct gemd_x11_pixels *pixels;
    EGLint width, height; /* of the image; the drawable's may differ */
};

/* A server as surfaces know it. */
struct gemd_x11 {
    xcb_connection_t *connection;
    bool ours; /* the connection is */
    xcb_screen_t *screen;
    bool files;   /* MIT-SHM attaches memory files */
    bool present; /* and Present shows pixmaps in them */
};

/*
 * What windows and pixmaps begin with. The program may take its connection away after
 * eglTerminate(), though they are current somewhere and drawn into: then they have no server.
 */
struct gemd_x11_surface {
    struct gemd_surface surface;
    struct gemd_chain chain;
    struct gemd_x11_target target;
    struct gemd_x11 *x11; /* the display's, or one that does nothing. Changes under the lock */
    simple_mtx_t lock;    /* held in all calls but finish() */
    /* Gives back what the server has of it; there are no later requests. The lock is held. */
    void (*end)(struct gemd_x11_surface *surface);
    struct gemd_x11_surface *next; /* of the display's */
};

/* display->native */
struct gemd_x11_display {
    struct gemd_x11 x11, nobody;
    simple_mtx_t lock; /* of the list; taken before a surface's */
    struct gemd_x11_surface *surfaces;
};

static inline struct gemd_x11_display *gemd_x11_display(const struct gemd_display *display)
{
    return display->native;
}

static inline struct gemd_x11_surface *gemd_x11_surface(struct gemd_surface *surface)
{
    return (struct gemd_x11_surface *)surface;
}

/* ---- x11.c: the server ---- */

/* The surface is there for eglTerminate(), its x11 is set; and not any more, its end() is done. */
void gemd_x11_surface_add(struct gemd_x11_surface *surface);
void gemd_x11_surface_remove(struct gemd_x11_surface *surface);

/* The request's error will be of no interest. */
void gemd_x11_forget(struct gemd_x11 *x11, xcb_void_cookie_t request);
/* Waits for the request; false when the server refused it, or is gone. */
bool gemd_x11_succeeded(struct gemd_x11 *x11, xcb_void_cookie_t request);
/*
 * How pixels of a drawable of this depth look in a config's format; NULL: they cannot be the
 * config's. A window's visual is compared too (0: none, a pixmap).
 */
const struct gemd_x11_pixels *gemd_x11_match(struct gemd_x11 *x11, enum pipe_format format,
                                             uint8_t depth, xcb_visualid_t visual);
/* Size and depth; false when there is no such drawable, or no server. */
struct gemd_x11_geometry {
    uint16_t width, height;
    uint8_t depth;
};
bool gemd_x11_get_geometry(struct gemd_x11 *x11, xcb_drawable_t drawable,
                           struct gemd_x11_geometry *out);

/* ---- x11_buffer.c: memory files as the server knows them ---- */

struct gemd_x11_buffer {
    xcb_shm_seg_t segment; /* 0: the server cannot read the file */
    xcb_pixmap_t pixmap;   /* 0: not for Present. As wide as the stride has room for */
    void *map;             /* NULL, or the file where it must be put piece by piece */
};

/* buffer->native, made when there is none; NULL when out of memory. */
struct gemd_x11_buffer *gemd_x11_buffer(struct gemd_x11 *x11, struct gemd_chain_buffer *buffer,
                                        const struct gemd_x11_pixels *pixels);
/* Frees buffer->native. */
void gemd_x11_buffer_free(struct gemd_x11 *x11, struct gemd_chain_buffer *buffer);

/* ---- x11_put.c: images put into a drawable, and read from it ---- */

/* Damage as rectangles of X, from the upper left, within width x height; returns their number. */
#define GEMD_X11_RECTANGLES 16
unsigned gemd_x11_rectangles(const struct gemd_damage *damage, EGLint width, EGLint height,
                             xcb_rectangle_t out[GEMD_X11_RECTANGLES]);
/*
 * Submits; the buffer is read until the server has answered a later request. Its native is there.
 */
void gemd_x11_put_buffer(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                         const struct gemd_chain_buffer *buffer, const xcb_rectangle_t *rectangles,
                         unsigned count);
/* The same of memory, which has been read when this returns. stride: bytes. */
void gemd_x11_put_memory(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                         const void *pixels, uint32_t stride, const xcb_rectangle_t *rectangles,
                         unsigned count);
/*
 * Fills the buffer with what the drawable holds, if that can be had: of a window only what is on
 * the screen. Its native is there.
 */
void gemd_x11_read_buffer(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                          const struct gemd_chain_buffer *buffer);

/* ---- x11_present.c: what Present tells of a window, in a queue that only we read ---- */

struct gemd_x11_present {
    xcb_special_event_t *events; /* NULL: not used */
    xcb_present_event_t id;
    xcb_window_t window;
    uint32_t serial;      /* of the last frame that was given */
    uint32_t completed;   /* of the last one that was shown or left out */
    uint64_t ust, msc;    /* microseconds and vblanks, then or when we asked last */
    uint32_t asked, told; /* how often we asked, and which of these was answered last */
    bool resized;         /* to this size; whoever takes note of it clears it */
    uint16_t width, height;
};

/* False when the server refuses. */
bool gemd_x11_present_init(struct gemd_x11 *x11, struct gemd_x11_present *present,
                           xcb_window_t window);
void gemd_x11_present_finish(struct gemd_x11 *x11, struct gemd_x11_present *present);
/* Handles what has come. Buffers of the chain that are idle are returned to it. */
void gemd_x11_present_poll(struct gemd_x11 *x11, struct gemd_x11_present *present,
                           struct gemd_chain *chain);
/* Asks for ust and msc of now. False as below. */
bool gemd_x11_present_ask(struct gemd_x11 *x11, struct gemd_x11_present *present,
                          struct gemd_chain *chain);
/* Waits until something has come; false when nothing will: window or server are gone. */
bool gemd_x11_present_wait(struct gemd_x11 *x11, struct gemd_x11_present *present,
                           struct gemd_chain *chain);

/* ---- x11_window.c, x11_pixmap.c ---- */
_EGLSurface *gemd_x11_create_window(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                    const EGLint *attributes);
_EGLSurface *gemd_x11_create_pixmap(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                    const EGLint *attributes);
EGLBoolean gemd_x11_copy_buffers(_EGLDisplay *egl, _EGLSurface *surface, void *pixmap);

#endif
