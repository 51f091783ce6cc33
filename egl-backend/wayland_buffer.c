/* SPDX-License-Identifier: MIT */
/*
 * Buffers that a compositor shows: our memory files, as they are. Who draws on gemd as well takes
 * them as dma-bufs, everybody else maps them as pools of wl_shm.
 *
 * Whether a compositor can take them as dma-bufs, only trying tells: its device may be another one,
 * or none. It may say no to each ('create'), without harm; 'create_immed' would end us.
 */
#include "wayland.h"

#include <stdlib.h>

#include <wayland-client.h>

#include "drm-uapi/drm_fourcc.h"
#include "linux-dmabuf-client-protocol.h"

struct wayland_buffer {
    struct wl_buffer *object;
    struct gemd_chain *chain;
    struct gemd_chain_buffer *buffer;
};

static void on_release(void *data, struct wl_buffer *object)
{
    struct wayland_buffer *native = data;

    gemd_chain_returned(native->chain, native->buffer); /* which may free it */
}

static const struct wl_buffer_listener buffer_listener = {
    .release = on_release,
};

/* ---- as a dma-buf ---- */

struct answer {
    bool came;
    struct wl_buffer *object;
};

static void on_created(void *data, struct zwp_linux_buffer_params_v1 *asking,
                       struct wl_buffer *object)
{
    struct answer *answer = data;

    answer->came = true;
    answer->object = object;
}

static void on_failed(void *data, struct zwp_linux_buffer_params_v1 *asking)
{
    struct answer *answer = data;

    answer->came = true;
}

static const struct zwp_linux_buffer_params_v1_listener asking_listener = {
    .created = on_created,
    .failed = on_failed,
};

/* NULL: it is refused, or the connection is gone. */
static struct wl_buffer *ask(struct wayland_window *window, const struct gemd_chain_buffer *buffer,
                             uint32_t fourcc, uint64_t modifier)
{
    struct answer answer = {0};

    window->asking = zwp_linux_dmabuf_v1_create_params(window->dmabuf);
    if (!window->asking) {
        return NULL;
    }
    zwp_linux_buffer_params_v1_add_listener(window->asking, &asking_listener, &answer);
    zwp_linux_buffer_params_v1_add(window->asking, buffer->fd, 0, buffer->offset, buffer->stride,
                                   modifier >> 32, (uint32_t)modifier);
    zwp_linux_buffer_params_v1_create(window->asking, buffer->width, buffer->height, fourcc, 0);
    while (!answer.came && wayland_window_wait(window)) {
    }
    if (window->asking) {
        zwp_linux_buffer_params_v1_destroy(window->asking);
        window->asking = NULL;
    }
    return answer.object;
}

static struct wl_buffer *make_dmabuf(struct wayland_window *window,
                                     const struct gemd_chain_buffer *buffer,
                                     const struct wayland_format *format)
{
    struct wayland *wayland = window->wayland;
    const uint32_t bit = wayland_format_bit(format);
    const bool linear = wayland->formats.linear & bit;
    enum wayland_dmabuf works = __atomic_load_n(&wayland->dmabuf_works, __ATOMIC_RELAXED);
    struct wl_buffer *object;

    if (!window->dmabuf || works == WAYLAND_DMABUF_REFUSED ||
        (!linear && !(wayland->formats.implicit & bit))) {
        return NULL;
    }
    object = ask(window, buffer, format->fourcc,
                 linear ? DRM_FORMAT_MOD_LINEAR : DRM_FORMAT_MOD_INVALID);
    if (works == WAYLAND_DMABUF_UNTRIED) {
        works = object ? WAYLAND_DMABUF_WORKS : WAYLAND_DMABUF_REFUSED;
        __atomic_store_n(&wayland->dmabuf_works, works, __ATOMIC_RELAXED);
    }
    return object;
}

/* ---- as a pool of wl_shm ---- */

static struct wl_buffer *make_shm(struct wayland_window *window,
                                  const struct gemd_chain_buffer *buffer,
                                  const struct wayland_format *format)
{
    const uint64_t bytes = buffer->offset + (uint64_t)buffer->stride * (uint64_t)buffer->height;
    struct wl_shm_pool *pool;
    struct wl_buffer *object;

    if (!window->shm || !(window->wayland->formats.shm & wayland_format_bit(format)) ||
        bytes > buffer->bytes || bytes > INT32_MAX) {
        return NULL;
    }
    pool = wl_shm_create_pool(window->shm, buffer->fd, (int32_t)bytes);
    if (!pool) {
        return NULL;
    }
    object = wl_shm_pool_create_buffer(pool, (int32_t)buffer->offset, buffer->width, buffer->height,
                                       (int32_t)buffer->stride, format->shm);
    wl_shm_pool_destroy(pool); /* the buffer keeps it */
    return object;
}

/* ---- either ---- */

bool wayland_buffer_make(struct wayland_window *window, struct gemd_chain_buffer *buffer)
{
    struct wayland_buffer *native;
    struct wl_buffer *object;

    if (buffer->native) {
        return true;
    }
    object = make_dmabuf(window, buffer, window->format);
    if (!object && !window->orphaned) {
        object = make_shm(window, buffer, window->format);
    }
    native = object ? calloc(1, sizeof(*native)) : NULL;
    if (!native) {
        if (object) {
            wl_buffer_destroy(object);
        }
        return false;
    }
    *native = (struct wayland_buffer){.object = object, .chain = &window->chain, .buffer = buffer};
    wl_buffer_add_listener(object, &buffer_listener, native);
    buffer->native = native;
    return true;
}

struct wl_buffer *wayland_buffer_object(const struct gemd_chain_buffer *buffer)
{
    return ((const struct wayland_buffer *)buffer->native)->object;
}

void wayland_buffer_free(struct gemd_chain *chain, struct gemd_chain_buffer *buffer)
{
    struct wayland_buffer *native = buffer->native;

    wl_buffer_destroy(native->object);
    free(native);
    buffer->native = NULL;
}
