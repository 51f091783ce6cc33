/* SPDX-License-Identifier: MIT */
#include "x11.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

/*
 * The server works out a pixmap's stride from its width, so the pixmap is as wide as the stride has
 * room for. What is more than the window is never shown: updates are limited to the image.
 */
static bool make_pixmap(struct gemd_x11 *x11, struct gemd_x11_buffer *made,
                        const struct gemd_chain_buffer *buffer,
                        const struct gemd_x11_pixels *pixels)
{
    const uint32_t width = buffer->stride / (pixels->bits_per_pixel / 8u);

    if (width > INT16_MAX || buffer->height > INT16_MAX) {
        return false;
    }
    made->pixmap = xcb_generate_id(x11->connection);
    if (!gemd_x11_succeeded(
            x11, xcb_shm_create_pixmap_checked(x11->connection, made->pixmap, x11->screen->root,
                                               (uint16_t)width, (uint16_t)buffer->height,
                                               pixels->depth, made->segment, buffer->offset))) {
        made->pixmap = 0;
    }
    return made->pixmap != 0;
}

static bool attach(struct gemd_x11 *x11, struct gemd_x11_buffer *made,
                   const struct gemd_chain_buffer *buffer)
{
    const int fd = fcntl(buffer->fd, F_DUPFD_CLOEXEC, 0);

    if (fd < 0) {
        return false;
    }
    made->segment = xcb_generate_id(x11->connection);
    /* Takes the descriptor. A pixmap in the file needs it writable. */
    if (!gemd_x11_succeeded(x11,
                            xcb_shm_attach_fd_checked(x11->connection, made->segment, fd, 0))) {
        made->segment = 0;
    }
    return made->segment != 0;
}

static void release(struct gemd_x11 *x11, const struct gemd_x11_buffer *made, uint64_t bytes)
{
    if (made->pixmap) {
        gemd_x11_forget(x11, xcb_free_pixmap_checked(x11->connection, made->pixmap));
    }
    if (made->segment) {
        gemd_x11_forget(x11, xcb_shm_detach_checked(x11->connection, made->segment));
    }
    if (made->map) {
        munmap(made->map, bytes);
    }
}

static bool fill(struct gemd_x11 *x11, struct gemd_x11_buffer *made,
                 const struct gemd_chain_buffer *buffer, const struct gemd_x11_pixels *pixels)
{
    if (x11->files) {
        return attach(x11, made, buffer) &&
               (!x11->present || make_pixmap(x11, made, buffer, pixels));
    }
    void *map = mmap(NULL, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);

    made->map = map == MAP_FAILED ? NULL : map;
    return made->map != NULL;
}

struct gemd_x11_buffer *gemd_x11_buffer(struct gemd_x11 *x11, struct gemd_chain_buffer *buffer,
                                        const struct gemd_x11_pixels *pixels)
{
    struct gemd_x11_buffer *made = buffer->native;

    if (made) {
        return made;
    }
    made = calloc(1, sizeof(*made));
    if (!made) {
        return NULL;
    }
    if (!fill(x11, made, buffer, pixels)) {
        release(x11, made, buffer->bytes);
        free(made);
        return NULL;
    }
    buffer->native = made;
    return made;
}

void gemd_x11_buffer_free(struct gemd_x11 *x11, struct gemd_chain_buffer *buffer)
{
    release(x11, buffer->native, buffer->bytes);
    free(buffer->native);
    buffer->native = NULL;
}
