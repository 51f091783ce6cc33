/* SPDX-License-Identifier: MIT */
/* zwp_linux_dmabuf_v1, as the test wants it. */
#include "tests/egl/compositor_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t dmabuf_formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888};

#define TABLE_BYTES (COUNT(dmabuf_formats) * 16)

static uint64_t modifier_of(const struct compositor *compositor)
{
    return compositor->options.dmabuf == COMPOSITOR_DMABUF_LINEAR ? DRM_FORMAT_MOD_LINEAR
                                                                  : DRM_FORMAT_MOD_INVALID;
}

static void params_add(struct wl_client *client, struct wl_resource *resource, int32_t fd,
                       uint32_t plane, uint32_t offset, uint32_t stride, uint32_t high,
                       uint32_t low)
{
    struct dmabuf *params = wl_resource_get_user_data(resource);

    if (params->fd >= 0 || plane != 0) {
        close(fd);
        wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX, "one plane");
        return;
    }
    params->fd = fd;
    params->offset = (int32_t)offset;
    params->stride = (int32_t)stride;
    params->modifier = (uint64_t)high << 32 | low;
}

static bool params_fit(const struct compositor *compositor, const struct dmabuf *params)
{
    struct stat file;
    bool known = false;

    for (unsigned i = 0; i < COUNT(dmabuf_formats); i++) {
        known = known || params->format == dmabuf_formats[i];
    }
    return known && params->modifier == modifier_of(compositor) && fstat(params->fd, &file) == 0 &&
           params->offset + (int64_t)params->stride * params->height <= file.st_size &&
           params->stride % 64 == 0;
}

static void params_create(struct wl_client *client, struct wl_resource *resource, int32_t width,
                          int32_t height, uint32_t format, uint32_t flags)
{
    struct dmabuf *params = wl_resource_get_user_data(resource), *dmabuf;
    struct compositor *compositor = params->compositor;
    const struct compositor_options *options = &compositor->options;
    struct wl_resource *buffer;

    compositor->dmabufs_asked++;
    params->width = width;
    params->height = height;
    params->format = format;
    if (params->fd < 0 || !params_fit(compositor, params)) {
        wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
                               "no such dma-buf");
        return;
    }
    if (options->silent_dmabufs) {
        return;
    }
    if (options->refuses_dmabufs ||
        (options->dmabufs_max > 0 && compositor->buffers_made >= options->dmabufs_max)) {
        zwp_linux_buffer_params_v1_send_failed(resource);
        return;
    }
    dmabuf = malloc(sizeof(*dmabuf));
    assert_non_null(dmabuf);
    *dmabuf = *params;
    params->fd = -1;
    buffer = wl_resource_create(client, &wl_buffer_interface, 1, 0);
    wl_resource_set_implementation(buffer, &compositor_buffer_interface, dmabuf,
                                   compositor_dmabuf_free);
    compositor_number(compositor, buffer);
    zwp_linux_buffer_params_v1_send_created(resource, buffer);
}

static void params_create_immed(struct wl_client *client, struct wl_resource *resource, uint32_t id,
                                int32_t width, int32_t height, uint32_t format, uint32_t flags)
{
    wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER,
                           "who asks like this is not asked");
}

static const struct zwp_linux_buffer_params_v1_interface params_interface = {
    .destroy = compositor_destroy_resource,
    .add = params_add,
    .create = params_create,
    .create_immed = params_create_immed,
};

static void params_gone(struct wl_resource *resource)
{
    struct dmabuf *params = wl_resource_get_user_data(resource);

    if (params->fd >= 0) {
        close(params->fd);
    }
    free(params);
}

static void create_params(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
    struct dmabuf *params = calloc(1, sizeof(*params));

    assert_non_null(params);
    params->compositor = wl_resource_get_user_data(resource);
    params->fd = -1;
    wl_resource_set_implementation(wl_resource_create(client, &zwp_linux_buffer_params_v1_interface,
                                                      wl_resource_get_version(resource), id),
                                   &params_interface, params, params_gone);
}

static const struct zwp_linux_dmabuf_feedback_v1_interface feedback_interface = {
    .destroy = compositor_destroy_resource,
};

static void send_indices(struct wl_resource *feedback)
{
    struct wl_array indices;

    wl_array_init(&indices);
    for (uint16_t i = 0; i < COUNT(dmabuf_formats) + 1; i++) {
        uint16_t *index = wl_array_add(&indices, sizeof(*index));

        assert_non_null(index);
        /* One more is beyond the table. */
        *index = i < COUNT(dmabuf_formats) ? i : 4711;
    }
    zwp_linux_dmabuf_feedback_v1_send_tranche_formats(feedback, &indices);
    wl_array_release(&indices);
}

static void default_feedback(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
    struct compositor *compositor = wl_resource_get_user_data(resource);
    struct wl_resource *feedback = wl_resource_create(
        client, &zwp_linux_dmabuf_feedback_v1_interface, wl_resource_get_version(resource), id);
    dev_t number = 4711;
    struct wl_array device = {.size = sizeof(number), .alloc = sizeof(number), .data = &number};

    wl_resource_set_implementation(feedback, &feedback_interface, compositor, NULL);
    const uint32_t table_bytes = compositor->options.short_table ? 1 << 20 : TABLE_BYTES;

    zwp_linux_dmabuf_feedback_v1_send_format_table(feedback, compositor->table, table_bytes);
    zwp_linux_dmabuf_feedback_v1_send_main_device(feedback, &device);
    zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(feedback, &device);
    zwp_linux_dmabuf_feedback_v1_send_tranche_flags(feedback, 0);
    send_indices(feedback);
    zwp_linux_dmabuf_feedback_v1_send_tranche_done(feedback);
    zwp_linux_dmabuf_feedback_v1_send_done(feedback);
}

static void surface_feedback(struct wl_client *client, struct wl_resource *resource, uint32_t id,
                             struct wl_resource *surface)
{
    default_feedback(client, resource, id);
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_interface = {
    .destroy = compositor_destroy_resource,
    .create_params = create_params,
    .get_default_feedback = default_feedback,
    .get_surface_feedback = surface_feedback,
};

void compositor_bind_dmabuf(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
    struct compositor *compositor = data;
    const uint64_t modifier = modifier_of(compositor);
    struct wl_resource *resource =
        wl_resource_create(client, &zwp_linux_dmabuf_v1_interface, (int)version, id);

    wl_resource_set_implementation(resource, &dmabuf_interface, compositor, NULL);
    for (unsigned i = 0; version == 3 && i < COUNT(dmabuf_formats); i++) {
        zwp_linux_dmabuf_v1_send_modifier(resource, dmabuf_formats[i], modifier >> 32,
                                          (uint32_t)modifier);
    }
}

int compositor_make_table(const struct compositor *compositor)
{
    const int fd = memfd_create("formats", MFD_CLOEXEC);

    assert_true(fd >= 0);
    for (unsigned i = 0; i < COUNT(dmabuf_formats); i++) {
        const struct {
            uint32_t format, padding;
            uint64_t modifier;
        } row = {.format = dmabuf_formats[i], .modifier = modifier_of(compositor)};

        assert_int_equal(write(fd, &row, sizeof(row)), sizeof(row));
    }
    return fd;
}
