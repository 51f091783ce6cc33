/* SPDX-License-Identifier: MIT */
/* Surfaces: what clients commit. */
#include "tests/egl/compositor_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void compositor_destroy_resource(struct wl_client *client, struct wl_resource *resource)
{
    wl_resource_destroy(resource);
}

static void current_gone(struct wl_listener *listener, void *data)
{
    struct surface *surface = wl_container_of(listener, surface, gone);

    surface->buffer = NULL;
}

static void pending_gone(struct wl_listener *listener, void *data)
{
    struct surface *surface = wl_container_of(listener, surface, pending_gone);

    surface->pending_buffer = NULL;
}

static void forget(struct wl_resource **place, struct wl_listener *listener)
{
    if (*place) {
        wl_list_remove(&listener->link);
        *place = NULL;
    }
}

static void remember(struct wl_resource **place, struct wl_resource *buffer,
                     struct wl_listener *listener, wl_notify_func_t notify)
{
    forget(place, listener);
    if (buffer) {
        listener->notify = notify;
        wl_resource_add_destroy_listener(buffer, listener);
        *place = buffer;
    }
}

static void describe(struct compositor *compositor, struct wl_resource *buffer,
                     struct compositor_commit *commit)
{
    struct wl_shm_buffer *shm = wl_shm_buffer_get(buffer);
    struct dmabuf *dmabuf = compositor_dmabuf_of(buffer);

    commit->attached = true;
    commit->buffer = compositor_number(compositor, buffer);
    commit->is_dmabuf = dmabuf != NULL;
    if (shm) {
        commit->width = wl_shm_buffer_get_width(shm);
        commit->height = wl_shm_buffer_get_height(shm);
        commit->stride = wl_shm_buffer_get_stride(shm);
        commit->format = wl_shm_buffer_get_format(shm);
    } else if (dmabuf) {
        commit->width = dmabuf->width;
        commit->height = dmabuf->height;
        commit->stride = dmabuf->stride;
        commit->format = dmabuf->format;
        commit->modifier = dmabuf->modifier;
    }
}

static void surface_attach(struct wl_client *client, struct wl_resource *resource,
                           struct wl_resource *buffer, int32_t x, int32_t y)
{
    struct surface *surface = wl_resource_get_user_data(resource);

    if (wl_resource_get_version(resource) >= WL_SURFACE_OFFSET_SINCE_VERSION && (x || y)) {
        wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_OFFSET, "attach with an offset");
        return;
    }
    if (x || y) {
        surface->pending.dx = x;
        surface->pending.dy = y;
    }
    remember(&surface->pending_buffer, buffer, &surface->pending_gone, pending_gone);
    surface->pending.attached = true;
}

static void add_rectangle(struct surface *surface, bool in_surface_units, int32_t x, int32_t y,
                          int32_t width, int32_t height)
{
    struct compositor_commit *pending = &surface->pending;

    pending->in_surface_units = in_surface_units;
    if (pending->rectangle_count < COMPOSITOR_RECTANGLES) {
        pending->rectangles[pending->rectangle_count] =
            (struct compositor_rectangle){x, y, width, height};
    }
    pending->rectangle_count++;
}

static void surface_damage(struct wl_client *client, struct wl_resource *resource, int32_t x,
                           int32_t y, int32_t width, int32_t height)
{
    add_rectangle(wl_resource_get_user_data(resource), true, x, y, width, height);
}

static void surface_damage_buffer(struct wl_client *client, struct wl_resource *resource, int32_t x,
                                  int32_t y, int32_t width, int32_t height)
{
    add_rectangle(wl_resource_get_user_data(resource), false, x, y, width, height);
}

static void frame_gone(struct wl_resource *resource)
{
    struct surface *surface = wl_resource_get_user_data(resource);

    if (surface->frame == resource) {
        surface->frame = NULL;
    }
    if (surface->kept_frame == resource) {
        surface->kept_frame = NULL;
    }
}

static void surface_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
    struct surface *surface = wl_resource_get_user_data(resource);

    surface->frame = wl_resource_create(client, &wl_callback_interface, 1, id);
    wl_resource_set_implementation(surface->frame, NULL, surface, frame_gone);
    surface->pending.wants_frame = true;
}

void compositor_answer_frame(struct surface *surface)
{
    if (surface->kept_frame) {
        wl_callback_send_done(surface->kept_frame, 1);
        wl_resource_destroy(surface->kept_frame);
    }
}

static void surface_commit(struct wl_client *client, struct wl_resource *resource)
{
    struct surface *surface = wl_resource_get_user_data(resource);
    struct compositor *compositor = surface->compositor;
    const unsigned number = surface->current.number + 1;

    if (surface->pending.attached) {
        struct wl_resource *buffer = surface->pending_buffer;

        if (surface->buffer && surface->buffer != buffer) {
            compositor_release(compositor, surface->buffer);
        }
        surface->pending.attached = false;
        if (buffer) {
            describe(compositor, buffer, &surface->pending);
        }
        remember(&surface->buffer, buffer, &surface->gone, current_gone);
        forget(&surface->pending_buffer, &surface->pending_gone);
    }
    surface->current = surface->pending;
    surface->current.number = number;
    surface->pending = (struct compositor_commit){0};
    if (surface->frame) {
        surface->kept_frame = surface->frame;
        surface->frame = NULL;
        if (compositor->frames) {
            compositor_answer_frame(surface);
        }
    }
}

static void surface_region(struct wl_client *client, struct wl_resource *resource,
                           struct wl_resource *region)
{
}

static void surface_number(struct wl_client *client, struct wl_resource *resource, int32_t number)
{
}

static void surface_offset(struct wl_client *client, struct wl_resource *resource, int32_t x,
                           int32_t y)
{
    struct surface *surface = wl_resource_get_user_data(resource);

    surface->pending.dx = x;
    surface->pending.dy = y;
}

static const struct wl_surface_interface surface_interface = {
    .destroy = compositor_destroy_resource,
    .attach = surface_attach,
    .damage = surface_damage,
    .frame = surface_frame,
    .set_opaque_region = surface_region,
    .set_input_region = surface_region,
    .commit = surface_commit,
    .set_buffer_transform = surface_number,
    .set_buffer_scale = surface_number,
    .damage_buffer = surface_damage_buffer,
    .offset = surface_offset,
};

static void surface_gone(struct wl_resource *resource)
{
    struct surface *surface = wl_resource_get_user_data(resource);

    forget(&surface->buffer, &surface->gone);
    forget(&surface->pending_buffer, &surface->pending_gone);
    surface->resource = NULL;
}

static void create_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
    struct compositor *compositor = wl_resource_get_user_data(resource);
    struct surface *surface;

    assert_true(compositor->surface_count < COMPOSITOR_SURFACES);
    surface = &compositor->surfaces[compositor->surface_count++];
    surface->compositor = compositor;
    surface->resource =
        wl_resource_create(client, &wl_surface_interface, wl_resource_get_version(resource), id);
    wl_resource_set_implementation(surface->resource, &surface_interface, surface, surface_gone);
}

static void create_region(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
}

static const struct wl_compositor_interface compositor_interface = {
    .create_surface = create_surface,
    .create_region = create_region,
};

void compositor_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
    wl_resource_set_implementation(
        wl_resource_create(client, &wl_compositor_interface, (int)version, id),
        &compositor_interface, data, NULL);
}
