/* SPDX-License-Identifier: MIT */
#include "x11.h"

#include <stdlib.h>
#include <string.h>

#include "pipe/p_context.h"
#include "pipe/p_screen.h"
#include "util/macros.h"

#define PUT_IMAGE_BYTES sizeof(xcb_put_image_request_t)

/* min and max are 64 bits wide, as a program's rectangles may be anything. */
static bool clip(const EGLint *rectangle, EGLint width, EGLint height, xcb_rectangle_t *out)
{
    const int64_t left = MAX2(rectangle[0], 0), bottom = MAX2(rectangle[1], 0);
    const int64_t right = MIN2((int64_t)rectangle[0] + rectangle[2], width);
    const int64_t top = MIN2((int64_t)rectangle[1] + rectangle[3], height);

    if (left >= right || bottom >= top) {
        return false;
    }
    *out = (xcb_rectangle_t){(int16_t)left, (int16_t)(height - top), (uint16_t)(right - left),
                             (uint16_t)(top - bottom)};
    return true;
}

/* With more rectangles than fit, everything is new. */
unsigned gemd_x11_rectangles(const struct gemd_damage *damage, EGLint width, EGLint height,
                             xcb_rectangle_t out[GEMD_X11_RECTANGLES])
{
    unsigned count = 0;

    if (!damage || damage->count <= 0 || damage->count > GEMD_X11_RECTANGLES) {
        out[0] = (xcb_rectangle_t){0, 0, (uint16_t)width, (uint16_t)height};
        return 1;
    }
    for (EGLint i = 0; i < damage->count; i++) {
        count += clip(&damage->rectangles[4 * (size_t)i], width, height, &out[count]);
    }
    return count;
}

void gemd_x11_put_memory(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                         const void *pixels, uint32_t stride, const xcb_rectangle_t *rectangles,
                         unsigned count)
{
    xcb_connection_t *c = x11->connection;
    /* Whole rows go over, as they lie; the clip leaves what is new, and nothing behind the edge. */
    const uint32_t width = stride / (target->pixels->bits_per_pixel / 8u);
    const uint64_t room = (uint64_t)xcb_get_maximum_request_length(c) * 4 - PUT_IMAGE_BYTES - 4;
    const uint32_t rows_at_once = (uint32_t)MIN2(room / stride, INT16_MAX);

    if (rows_at_once == 0) {
        return; /* 65535 pixels at least fit */
    }
    gemd_x11_forget(x11, xcb_set_clip_rectangles_checked(c, XCB_CLIP_ORDERING_UNSORTED, target->gc,
                                                         0, 0, count, rectangles));
    for (unsigned i = 0; i < count; i++) {
        const uint32_t end = (uint32_t)rectangles[i].y + rectangles[i].height;

        for (uint32_t y = (uint32_t)rectangles[i].y, rows; y < end; y += rows) {
            rows = MIN2(rows_at_once, end - y);
            gemd_x11_forget(
                x11, xcb_put_image_checked(c, XCB_IMAGE_FORMAT_Z_PIXMAP, target->drawable,
                                           target->gc, (uint16_t)width, (uint16_t)rows, 0,
                                           (int16_t)y, 0, target->pixels->depth, rows * stride,
                                           (const uint8_t *)pixels + (uint64_t)y * stride));
        }
    }
}

void gemd_x11_put_buffer(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                         const struct gemd_chain_buffer *buffer, const xcb_rectangle_t *rectangles,
                         unsigned count)
{
    const struct gemd_x11_buffer *made = buffer->native;
    const uint32_t width = buffer->stride / (target->pixels->bits_per_pixel / 8u);

    if (!made->segment) {
        gemd_x11_put_memory(x11, target, (const uint8_t *)made->map + buffer->offset,
                            buffer->stride, rectangles, count);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        const xcb_rectangle_t *part = &rectangles[i];

        gemd_x11_forget(x11, xcb_shm_put_image_checked(
                                 x11->connection, target->drawable, target->gc, (uint16_t)width,
                                 (uint16_t)buffer->height, (uint16_t)part->x, (uint16_t)part->y,
                                 part->width, part->height, part->x, part->y, target->pixels->depth,
                                 XCB_IMAGE_FORMAT_Z_PIXMAP, 0, made->segment, buffer->offset));
    }
}

/* ---- the other way ---- */

/* Rows one by one where the server's stride is not ours; it works out its own from the width. */
static void read_by_file(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                         const struct gemd_chain_buffer *buffer)
{
    const struct gemd_x11_buffer *made = buffer->native;
    const uint32_t bits = (uint32_t)buffer->width * target->pixels->bits_per_pixel;
    const bool whole = (bits + 31) / 32 * 4 == buffer->stride;
    const uint16_t rows = whole ? (uint16_t)buffer->height : 1;
    xcb_shm_get_image_cookie_t last = {0};

    for (uint32_t y = 0; y < (uint32_t)buffer->height; y += rows) {
        if (y > 0) {
            xcb_discard_reply(x11->connection, last.sequence);
        }
        last =
            xcb_shm_get_image(x11->connection, target->drawable, 0, (int16_t)y,
                              (uint16_t)buffer->width, rows, UINT32_MAX, XCB_IMAGE_FORMAT_Z_PIXMAP,
                              made->segment, buffer->offset + y * buffer->stride);
    }
    xcb_generic_error_t *error = NULL;

    free(xcb_shm_get_image_reply(x11->connection, last, &error));
    free(error);
}

static void read_by_copy(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                         const struct gemd_chain_buffer *buffer)
{
    const struct gemd_x11_buffer *made = buffer->native;
    xcb_get_image_cookie_t request =
        xcb_get_image(x11->connection, XCB_IMAGE_FORMAT_Z_PIXMAP, target->drawable, 0, 0,
                      (uint16_t)buffer->width, (uint16_t)buffer->height, UINT32_MAX);
    xcb_generic_error_t *error = NULL;
    xcb_get_image_reply_t *reply = xcb_get_image_reply(x11->connection, request, &error);

    if (reply) {
        const uint32_t stride =
            (uint32_t)xcb_get_image_data_length(reply) / (uint32_t)buffer->height;
        const uint8_t *from = xcb_get_image_data(reply);

        for (EGLint y = 0; y < buffer->height; y++) {
            memcpy((uint8_t *)made->map + buffer->offset + (size_t)y * buffer->stride,
                   from + (size_t)y * stride, MIN2(stride, buffer->stride));
        }
    }
    free(error);
    free(reply);
}

void gemd_x11_read_buffer(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                          const struct gemd_chain_buffer *buffer)
{
    const struct gemd_x11_buffer *made = buffer->native;

    if (made->segment) {
        read_by_file(x11, target, buffer);
    } else {
        read_by_copy(x11, target, buffer);
    }
}
