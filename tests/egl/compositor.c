/* SPDX-License-Identifier: MIT */
#include "tests/egl/compositor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <wayland-client-core.h>
#include <wayland-server.h>

#include "drm_fourcc.h"
#include "linux-dmabuf-server-protocol.h"
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

/* ---- buffers ---- */

struct numbered {
    struct wl_listener gone;
    struct compositor *compositor;
    unsigned number;
};

static void count_gone(struct wl_listener *listener, void *data)
{
    struct numbered *numbered = wl_container_of(listener, numbered, gone);

    numbered->compositor->buffers--;
    free(numbered);
}

/* Numbers a buffer when it is first met; the listener's memory carries the number. */
static unsigned number_of(struct compositor *compositor, struct wl_resource *buffer)
{
    struct wl_listener *listener = wl_resource_get_destroy_listener(buffer, count_gone);
    struct numbered *numbered;

    if (listener) {
        numbered = wl_container_of(listener, numbered, gone);
    } else {
        numbered = calloc(1, sizeof(*numbered));
        assert_non_null(numbered);
        numbered->gone.notify = count_gone;
        numbered->compositor = compositor;
        numbered->number = ++compositor->buffers_made;
        compositor->buffers++;
        wl_resource_add_destroy_listener(buffer, &numbered->gone);
    }
    return numbered->number;
}

static void buffer_destroy(struct wl_client *client, struct wl_resource *resource)
{
    wl_resource_destroy(resource);
}

static const struct wl_buffer_interface buffer_interface = {.destroy = buffer_destroy};

static void dmabuf_free(struct wl_resource *resource)
{
    struct dmabuf *dmabuf = wl_resource_get_user_data(resource);

    close(dmabuf->fd);
    free(dmabuf);
}

static struct dmabuf *dmabuf_of(struct wl_resource *buffer)
{
    return wl_resource_instance_of(buffer, &wl_buffer_interface, &buffer_interface)
               ? wl_resource_get_user_data(buffer)
               : NULL;
}

/* ---- release, now or later ---- */

static void kept_gone(struct wl_listener *listener, void *data)
{
    struct kept *kept = wl_container_of(listener, kept, gone);

    wl_list_remove(&kept->link);
    free(kept);
}

static void release(struct compositor *compositor, struct wl_resource *buffer)
{
    if (compositor->releases) {
        wl_buffer_send_release(buffer);
        return;
    }
    struct kept *kept = calloc(1, sizeof(*kept));

    assert_non_null(kept);
    kept->buffer = buffer;
    kept->gone.notify = kept_gone;
    wl_resource_add_destroy_listener(buffer, &kept->gone);
    wl_list_insert(compositor->kept.prev, &kept->link);
}

static void release_kept(struct compositor *compositor)
{
    struct kept *kept, *next;

    wl_list_for_each_safe(kept, next, &compositor->kept, link)
    {
        wl_buffer_send_release(kept->buffer);
        wl_list_remove(&kept->gone.link);
        wl_list_remove(&kept->link);
        free(kept);
    }
}

/* ---- surfaces ---- */

static void destroy_resource(struct wl_client *client, struct wl_resource *resource)
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
    struct dmabuf *dmabuf = dmabuf_of(buffer);

    commit->attached = true;
    commit->buffer = number_of(compositor, buffer);
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

static void answer_frame(struct surface *surface)
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
            release(compositor, surface->buffer);
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
            answer_frame(surface);
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
    .destroy = destroy_resource,
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

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
    wl_resource_set_implementation(
        wl_resource_create(client, &wl_compositor_interface, (int)version, id),
        &compositor_interface, data, NULL);
}

/* ---- wl_shm that tells no formats ---- */

static void no_pool(struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t fd,
                    int32_t size)
{
    close(fd);
    wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_FD, "no pools here");
}

static const struct wl_shm_interface mute_shm_interface = {.create_pool = no_pool};

static void bind_mute_shm(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
    wl_resource_set_implementation(wl_resource_create(client, &wl_shm_interface, (int)version, id),
                                   &mute_shm_interface, data, NULL);
}

/* ---- dma-bufs ---- */

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
    wl_resource_set_implementation(buffer, &buffer_interface, dmabuf, dmabuf_free);
    number_of(compositor, buffer);
    zwp_linux_buffer_params_v1_send_created(resource, buffer);
}

static void params_create_immed(struct wl_client *client, struct wl_resource *resource, uint32_t id,
                                int32_t width, int32_t height, uint32_t format, uint32_t flags)
{
    wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER,
                           "who asks like this is not asked");
}

static const struct zwp_linux_buffer_params_v1_interface params_interface = {
    .destroy = destroy_resource,
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
    .destroy = destroy_resource,
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
    .destroy = destroy_resource,
    .create_params = create_params,
    .get_default_feedback = default_feedback,
    .get_surface_feedback = surface_feedback,
};

static void bind_dmabuf(struct wl_client *client, void *data, uint32_t version, uint32_t id)
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

static int make_table(const struct compositor *compositor)
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

/* ---- the thread ---- */

static void *run(void *data)
{
    struct compositor *compositor = data;
    struct wl_event_loop *loop = wl_display_get_event_loop(compositor->display);
    bool ends = false;

    while (!ends) {
        struct pollfd sources[] = {
            {.fd = wl_event_loop_get_fd(loop), .events = POLLIN},
            {.fd = compositor->wake, .events = POLLIN},
        };
        eventfd_t count;

        (void)!poll(sources, 2, -1);
        if (sources[1].revents) {
            eventfd_read(compositor->wake, &count);
        }
        pthread_mutex_lock(&compositor->lock);
        wl_event_loop_dispatch(loop, 0);
        wl_display_flush_clients(compositor->display);
        ends = compositor->ends;
        pthread_mutex_unlock(&compositor->lock);
    }
    return NULL;
}

/* The test has done something that the thread has to send, or to see. */
static void unlock(struct compositor *compositor)
{
    wl_display_flush_clients(compositor->display);
    pthread_mutex_unlock(&compositor->lock);
    eventfd_write(compositor->wake, 1);
}

static void make_globals(struct compositor *compositor)
{
    const struct compositor_options *options = &compositor->options;
    struct wl_display *display = compositor->display;

    assert_non_null(wl_global_create(display, &wl_compositor_interface,
                                     options->surface_version ? (int)options->surface_version : 5,
                                     compositor, bind_compositor));
    if (options->no_formats) {
        assert_non_null(wl_global_create(display, &wl_shm_interface, 1, compositor, bind_mute_shm));
    } else if (!options->no_shm) {
        assert_int_equal(wl_display_init_shm(display), 0);
        if (options->rgb565) {
            assert_non_null(wl_display_add_shm_format(display, WL_SHM_FORMAT_RGB565));
        }
    }
    if (options->dmabuf != COMPOSITOR_NO_DMABUF) {
        assert_non_null(wl_global_create(display, &zwp_linux_dmabuf_v1_interface,
                                         (int)options->dmabuf_version, compositor, bind_dmabuf));
    }
}

struct compositor *compositor_start(const struct compositor_options *options)
{
    struct compositor *compositor = calloc(1, sizeof(*compositor));

    assert_non_null(compositor);
    compositor->options = *options;
    compositor->frames = compositor->releases = true;
    wl_list_init(&compositor->kept);
    pthread_mutex_init(&compositor->lock, NULL);
    compositor->wake = eventfd(0, EFD_CLOEXEC);
    compositor->table = make_table(compositor);
    compositor->display = wl_display_create();
    assert_non_null(compositor->display);
    make_globals(compositor);
    assert_int_equal(pthread_create(&compositor->thread, NULL, run, compositor), 0);
    return compositor;
}

void compositor_stop(struct compositor *compositor)
{
    if (!compositor) {
        return;
    }
    pthread_mutex_lock(&compositor->lock);
    compositor->ends = true;
    unlock(compositor);
    pthread_join(compositor->thread, NULL);
    wl_display_destroy_clients(compositor->display);
    wl_display_destroy(compositor->display);
    close(compositor->wake);
    close(compositor->table);
    pthread_mutex_destroy(&compositor->lock);
    free(compositor);
}

struct wl_display *compositor_connect(struct compositor *compositor)
{
    struct wl_display *connection;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    pthread_mutex_lock(&compositor->lock);
    assert_non_null(wl_client_create(compositor->display, ends[0]));
    unlock(compositor);
    connection = wl_display_connect_to_fd(ends[1]);
    assert_non_null(connection);
    return connection;
}

void compositor_listen(struct compositor *compositor)
{
    char *directory = getcwd(NULL, 0);
    const char *name;

    assert_non_null(directory);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", directory, 1), 0);
    free(directory);
    pthread_mutex_lock(&compositor->lock);
    name = wl_display_add_socket_auto(compositor->display);
    assert_non_null(name);
    assert_int_equal(setenv("WAYLAND_DISPLAY", name, 1), 0);
    unlock(compositor);
}

/* ---- what it saw ---- */

struct compositor_commit compositor_commit(struct compositor *compositor, unsigned surface)
{
    struct compositor_commit commit;

    pthread_mutex_lock(&compositor->lock);
    commit = compositor->surfaces[surface].current;
    pthread_mutex_unlock(&compositor->lock);
    return commit;
}

static uint32_t pixel_at(const void *pixels, int32_t stride, unsigned bytes, int32_t x, int32_t y)
{
    const uint8_t *place = (const uint8_t *)pixels + (ptrdiff_t)y * stride + (ptrdiff_t)x * bytes;
    uint32_t pixel = 0;

    memcpy(&pixel, place, bytes);
    return pixel;
}

static uint32_t dmabuf_pixel(const struct dmabuf *dmabuf, int32_t x, int32_t y)
{
    const size_t bytes = (size_t)dmabuf->offset + (size_t)dmabuf->stride * (size_t)dmabuf->height;
    uint8_t *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, dmabuf->fd, 0);
    uint32_t pixel;

    assert_ptr_not_equal(map, MAP_FAILED);
    pixel = pixel_at(map + dmabuf->offset, dmabuf->stride, 4, x, y);
    munmap(map, bytes);
    return pixel;
}

uint32_t compositor_pixel(struct compositor *compositor, unsigned surface, int32_t x, int32_t y)
{
    struct wl_resource *buffer;
    struct wl_shm_buffer *shm;
    uint32_t pixel;

    pthread_mutex_lock(&compositor->lock);
    buffer = compositor->surfaces[surface].buffer;
    assert_non_null(buffer);
    shm = wl_shm_buffer_get(buffer);
    if (shm) {
        wl_shm_buffer_begin_access(shm);
        pixel = pixel_at(wl_shm_buffer_get_data(shm), wl_shm_buffer_get_stride(shm),
                         wl_shm_buffer_get_format(shm) == WL_SHM_FORMAT_RGB565 ? 2 : 4, x, y);
        wl_shm_buffer_end_access(shm);
    } else {
        pixel = dmabuf_pixel(dmabuf_of(buffer), x, y);
    }
    pthread_mutex_unlock(&compositor->lock);
    return pixel;
}

static unsigned read_number(struct compositor *compositor, const unsigned *number)
{
    pthread_mutex_lock(&compositor->lock);
    const unsigned value = *number;

    pthread_mutex_unlock(&compositor->lock);
    return value;
}

unsigned compositor_buffers(struct compositor *compositor)
{
    return read_number(compositor, &compositor->buffers);
}

unsigned compositor_buffers_made(struct compositor *compositor)
{
    return read_number(compositor, &compositor->buffers_made);
}

unsigned compositor_dmabufs_asked(struct compositor *compositor)
{
    return read_number(compositor, &compositor->dmabufs_asked);
}

/* ---- what it is told ---- */

void compositor_set_frames(struct compositor *compositor, bool on)
{
    pthread_mutex_lock(&compositor->lock);
    compositor->frames = on;
    for (unsigned i = 0; on && i < compositor->surface_count; i++) {
        answer_frame(&compositor->surfaces[i]);
    }
    unlock(compositor);
}

void compositor_wait_kept_frame(struct compositor *compositor)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    bool found = false;

    while (!found) {
        pthread_mutex_lock(&compositor->lock);
        for (unsigned i = 0; i < compositor->surface_count; i++) {
            found = found || compositor->surfaces[i].kept_frame;
        }
        pthread_mutex_unlock(&compositor->lock);
        nanosleep(&pause, NULL);
    }
}

void compositor_set_releases(struct compositor *compositor, bool on)
{
    pthread_mutex_lock(&compositor->lock);
    compositor->releases = on;
    if (on) {
        release_kept(compositor);
    }
    unlock(compositor);
}

void compositor_post_error(struct compositor *compositor)
{
    pthread_mutex_lock(&compositor->lock);
    for (unsigned i = 0; i < compositor->surface_count; i++) {
        if (compositor->surfaces[i].resource) {
            wl_resource_post_error(compositor->surfaces[i].resource, 4711, "as the test wants it");
        }
    }
    unlock(compositor);
}

void compositor_hang_up(struct compositor *compositor)
{
    pthread_mutex_lock(&compositor->lock);
    wl_display_destroy_clients(compositor->display);
    unlock(compositor);
}
