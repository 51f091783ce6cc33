/* SPDX-License-Identifier: MIT */
/*
 * A Wayland compositor for tests: it shows nothing, but writes down what its clients do, sees the
 * pixels of their buffers, and answers as it is told. It runs in a thread of the test's process.
 *
 * After wl_display_roundtrip() of a client, what the client sent before has been written down.
 * Functions fail the test rather than return an error.
 */
#ifndef GEMD_TESTS_EGL_COMPOSITOR_H
#define GEMD_TESTS_EGL_COMPOSITOR_H

#include <stdbool.h>
#include <stdint.h>

struct compositor;
struct wl_display;

/* How it takes dma-bufs. */
enum compositor_dmabuf {
    COMPOSITOR_NO_DMABUF,
    COMPOSITOR_DMABUF_LINEAR,   /* with LINEAR as the modifier */
    COMPOSITOR_DMABUF_IMPLICIT, /* only with none (DRM_FORMAT_MOD_INVALID) */
};

struct compositor_options {
    unsigned surface_version; /* of wl_compositor; 0: 5 */
    bool no_shm;
    bool no_formats; /* tells none */
    bool rgb565;     /* takes it, too */
    enum compositor_dmabuf dmabuf;
    unsigned dmabuf_version; /* 3 or 4 */
    bool refuses_dmabufs;    /* answers 'failed' to each */
    unsigned dmabufs_max;    /* ... to each after so many; 0: no limit */
    bool silent_dmabufs;     /* never answers */
    bool short_table;        /* of formats: the file is shorter than what is said */
};

struct compositor_rectangle {
    int32_t x, y, width, height;
};

#define COMPOSITOR_RECTANGLES 8
#define COMPOSITOR_SURFACES   16 /* that it ever has */

/* What a surface's last commit was. */
struct compositor_commit {
    unsigned number; /* commits so far */
    bool attached;   /* a buffer, which the following is about */
    bool is_dmabuf;
    int32_t dx, dy;
    int32_t width, height, stride;
    uint32_t format; /* as the kind of buffer calls it */
    uint64_t modifier;
    unsigned buffer; /* the number of the buffer among all that were ever made, from 1 */
    bool in_surface_units;
    unsigned rectangle_count; /* of damage; only the first ones are kept */
    struct compositor_rectangle rectangles[COMPOSITOR_RECTANGLES];
    bool wants_frame;
};

struct compositor *compositor_start(const struct compositor_options *options);
/* Ends it as if it was killed. NULL is fine. */
void compositor_stop(struct compositor *compositor);

/* A connection, the test's to disconnect. */
struct wl_display *compositor_connect(struct compositor *compositor);
/* A name for $WAYLAND_DISPLAY, in an $XDG_RUNTIME_DIR that is set to the working directory. */
void compositor_listen(struct compositor *compositor);

/* The last commit of the surface that was made as number 'surface', from 0. */
struct compositor_commit compositor_commit(struct compositor *compositor, unsigned surface);
/* A pixel of the buffer that the surface has, as the file has it: 32 or 16 bits. */
uint32_t compositor_pixel(struct compositor *compositor, unsigned surface, int32_t x, int32_t y);
/* Buffers that clients have and did not destroy. */
unsigned compositor_buffers(struct compositor *compositor);
/* All buffers that there ever were. */
unsigned compositor_buffers_made(struct compositor *compositor);

/* How often a client asked for a buffer of a dma-buf. */
unsigned compositor_dmabufs_asked(struct compositor *compositor);

/* Whether frame callbacks are answered at once; false keeps them until it is true again. */
void compositor_set_frames(struct compositor *compositor, bool on);
/* Waits until some client has asked for a frame that is kept. */
void compositor_wait_kept_frame(struct compositor *compositor);
/* Whether a buffer is released once another one replaces it; false keeps all until it is true. */
void compositor_set_releases(struct compositor *compositor, bool on);
/* Ends all clients with a protocol error. */
void compositor_post_error(struct compositor *compositor);
/* Ends all connections. */
void compositor_hang_up(struct compositor *compositor);

#endif
