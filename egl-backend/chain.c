/* SPDX-License-Identifier: MIT */
#include "chain.h"

#include <sys/stat.h>
#include <unistd.h>

#include "frontend/winsys_handle.h"
#include "util/u_inlines.h"

/* A buffer that this many frames did without is freed. */
#define IDLE_SWAPS 60

void gemd_chain_init(struct gemd_chain *chain, struct gemd_surface *surface,
                     const struct gemd_chain_ops *ops)
{
    *chain = (struct gemd_chain){
        .surface = surface, .ops = ops, .back = GEMD_CHAIN_NONE, .front = GEMD_CHAIN_NONE};
}

static void buffer_free(struct gemd_chain *chain, struct gemd_chain_buffer *buffer)
{
    if (!buffer->texture) {
        return;
    }
    if (buffer->native) {
        chain->ops->free_native(chain, buffer);
    }
    pipe_resource_reference(&buffer->texture, NULL);
    close(buffer->fd);
    *buffer = (struct gemd_chain_buffer){0};
}

void gemd_chain_finish(struct gemd_chain *chain)
{
    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        buffer_free(chain, &chain->buffers[i]);
    }
}

static bool buffer_allocate(struct gemd_chain *chain, struct gemd_chain_buffer *buffer)
{
    struct gemd_surface *surface = chain->surface;
    struct pipe_screen *screen = surface->display->screen.pipe;
    struct winsys_handle handle = {.type = WINSYS_HANDLE_TYPE_FD};
    struct pipe_resource *texture = gemd_surface_texture(
        surface, surface->visual.color_format,
        PIPE_BIND_RENDER_TARGET | PIPE_BIND_DISPLAY_TARGET | PIPE_BIND_SCANOUT | PIPE_BIND_SHARED);
    struct stat file;

    if (!texture) {
        return false;
    }
    if (!screen->resource_get_handle(screen, NULL, texture, &handle,
                                     PIPE_HANDLE_USAGE_FRAMEBUFFER_WRITE)) {
        pipe_resource_reference(&texture, NULL);
        return false;
    }
    if (fstat((int)handle.handle, &file) != 0) {
        close((int)handle.handle);
        pipe_resource_reference(&texture, NULL);
        return false;
    }
    *buffer = (struct gemd_chain_buffer){
        .texture = texture,
        .fd = (int)handle.handle,
        .bytes = (uint64_t)file.st_size,
        .stride = handle.stride,
        .offset = handle.offset,
        .width = surface->base.Width,
        .height = surface->base.Height,
    };
    return true;
}

/* The youngest has the least to be drawn again, and lets the others grow idle. */
static unsigned find_free(const struct gemd_chain *chain)
{
    unsigned found = GEMD_CHAIN_NONE;

    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        const struct gemd_chain_buffer *buffer = &chain->buffers[i];

        if (buffer->texture && !buffer->busy && !buffer->stale && i != chain->back &&
            !(chain->keeps_front && i == chain->front) &&
            (found == GEMD_CHAIN_NONE || buffer->swap > chain->buffers[found].swap)) {
            found = i;
        }
    }
    return found;
}

static unsigned find_unused(const struct gemd_chain *chain)
{
    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        if (!chain->buffers[i].texture) {
            return i;
        }
    }
    return GEMD_CHAIN_NONE;
}

/* One that nobody uses; GEMD_CHAIN_NONE when out of memory, or when the window is gone. */
static unsigned take(struct gemd_chain *chain)
{
    chain->ops->poll(chain);
    for (;;) {
        const unsigned unused = find_unused(chain), found = find_free(chain);

        if (found != GEMD_CHAIN_NONE) {
            return found;
        }
        if (unused != GEMD_CHAIN_NONE) {
            return buffer_allocate(chain, &chain->buffers[unused]) ? unused : GEMD_CHAIN_NONE;
        }
        if (!chain->ops->wait(chain)) {
            return GEMD_CHAIN_NONE;
        }
    }
}

struct gemd_chain_buffer *gemd_chain_back(struct gemd_chain *chain)
{
    if (chain->back == GEMD_CHAIN_NONE) {
        chain->back = take(chain);
    }
    return chain->back == GEMD_CHAIN_NONE ? NULL : &chain->buffers[chain->back];
}

struct gemd_chain_buffer *gemd_chain_front(struct gemd_chain *chain, bool *made)
{
    chain->keeps_front = true;
    *made = chain->front == GEMD_CHAIN_NONE || chain->front == chain->back;
    if (*made) {
        chain->front = GEMD_CHAIN_NONE;
        chain->front = take(chain);
    }
    return chain->front == GEMD_CHAIN_NONE ? NULL : &chain->buffers[chain->front];
}

static void free_idle(struct gemd_chain *chain)
{
    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        struct gemd_chain_buffer *buffer = &chain->buffers[i];

        if (!buffer->busy && i != chain->back && i != chain->front &&
            chain->swaps - buffer->swap > IDLE_SWAPS) {
            buffer_free(chain, buffer);
        }
    }
}

void gemd_chain_shown(struct gemd_chain *chain, bool given)
{
    struct gemd_chain_buffer *buffer = &chain->buffers[chain->back];

    buffer->swap = ++chain->swaps;
    buffer->busy = given;
    chain->front = chain->back;
    chain->back = GEMD_CHAIN_NONE;
    free_idle(chain);
}

void gemd_chain_returned(struct gemd_chain *chain, struct gemd_chain_buffer *buffer)
{
    buffer->busy = false;
    if (buffer->stale) {
        buffer_free(chain, buffer);
    }
}

EGLint gemd_chain_age(struct gemd_chain *chain)
{
    const struct gemd_chain_buffer *buffer = gemd_chain_back(chain);

    return !buffer || buffer->swap == 0 ? 0 : (EGLint)(chain->swaps - buffer->swap + 1);
}

void gemd_chain_resize(struct gemd_chain *chain)
{
    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        struct gemd_chain_buffer *buffer = &chain->buffers[i];

        buffer->stale = buffer->busy;
        if (!buffer->busy) {
            buffer_free(chain, buffer);
        }
    }
    chain->back = chain->front = GEMD_CHAIN_NONE;
    pipe_resource_reference(&chain->surface->depth, NULL);
}
