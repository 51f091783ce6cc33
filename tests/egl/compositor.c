/* SPDX-License-Identifier: MIT */
#include "tests/egl/compositor_state.h"

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
                                     compositor, compositor_bind));
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
                                         (int)options->dmabuf_version, compositor,
                                         compositor_bind_dmabuf));
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
    compositor->table = compositor_make_table(compositor);
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
        pixel = dmabuf_pixel(compositor_dmabuf_of(buffer), x, y);
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
        compositor_answer_frame(&compositor->surfaces[i]);
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
        compositor_release_kept(compositor);
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
