/* SPDX-License-Identifier: MIT */
/* What the files of the test's compositor share. All under its lock. */
#ifndef GEMD_TESTS_EGL_COMPOSITOR_STATE_H
#define GEMD_TESTS_EGL_COMPOSITOR_STATE_H

#include <pthread.h>
#include <wayland-server.h>

#include "drm_fourcc.h"
#include "linux-dmabuf-server-protocol.h"
#include "tests/egl/compositor.h"
#include "tests/egl/fixture.h"

struct surface {
    struct compositor *compositor;
    struct wl_resource *resource; /* NULL: destroyed */
    struct compositor_commit pending, current;
    struct wl_resource *pending_buffer, *buffer; /* NULL: none, or destroyed */
    struct wl_listener pending_gone, gone;
    struct wl_resource *frame, *kept_frame;
};

struct dmabuf {
    struct compositor *compositor;
    int fd;
    int32_t width, height, stride, offset;
    uint32_t format;
    uint64_t modifier;
    unsigned number;
};

struct kept {
    struct wl_list link;
    struct wl_resource *buffer;
    struct wl_listener gone;
};

/* The thread and the test both use Wayland's structures, which have no locks: under ours. */
struct compositor {
    struct compositor_options options;
    struct wl_display *display;
    pthread_mutex_t lock;
    pthread_t thread;
    int wake;
    bool ends;
    bool frames, releases;
    struct surface surfaces[COMPOSITOR_SURFACES];
    unsigned surface_count;
    unsigned buffers, buffers_made, dmabufs_asked;
    struct wl_list kept; /* buffers to be released later */
    int table;           /* of formats, for feedback */
};

void compositor_destroy_resource(struct wl_client *client, struct wl_resource *resource);

/* ---- compositor_buffer.c ---- */

extern const struct wl_buffer_interface compositor_buffer_interface; /* of dma-bufs */

/* Which of all buffers it is, from 1; counted when it is first met. */
unsigned compositor_number(struct compositor *compositor, struct wl_resource *buffer);
void compositor_dmabuf_free(struct wl_resource *resource);
/* NULL: a buffer of wl_shm. */
struct dmabuf *compositor_dmabuf_of(struct wl_resource *buffer);
/* At once, or with compositor_release_kept(). */
void compositor_release(struct compositor *compositor, struct wl_resource *buffer);
void compositor_release_kept(struct compositor *compositor);

/* ---- compositor_surface.c ---- */

void compositor_answer_frame(struct surface *surface);
void compositor_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/* ---- compositor_dmabuf.c ---- */

/* Of formats, for feedback: a memory file. */
int compositor_make_table(const struct compositor *compositor);
void compositor_bind_dmabuf(struct wl_client *client, void *data, uint32_t version, uint32_t id);

#endif
