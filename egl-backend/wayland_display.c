/* SPDX-License-Identifier: MIT */
/* Platform Wayland: the connection to a compositor, and what it offers. */
#include "wayland.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <wayland-client.h>

#include "linux-dmabuf-client-protocol.h"
#include "platform.h"

/* Of zwp_linux_dmabuf_v1: formats with modifiers from 3, by feedback from 4 on. */
#define DMABUF_VERSION_MIN      3
#define DMABUF_VERSION_FEEDBACK 4

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* ---- formats ---- */

static void on_shm_format(void *data, struct wl_shm *shm, uint32_t format)
{
    struct wayland *wayland = data;

    wayland_formats_add_shm(&wayland->formats, format);
}

static const struct wl_shm_listener shm_listener = {
    .format = on_shm_format,
};

static void on_dmabuf_format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t fourcc)
{
    /* Those with modifiers follow, and say more. */
}

static void on_dmabuf_modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t fourcc,
                               uint32_t high, uint32_t low)
{
    struct wayland *wayland = data;

    wayland_formats_add_dmabuf(&wayland->formats, fourcc, (uint64_t)high << 32 | low);
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
    .format = on_dmabuf_format,
    .modifier = on_dmabuf_modifier,
};

/* ---- globals ---- */

static void on_global(void *data, struct wl_registry *registry, uint32_t name,
                      const char *interface, uint32_t version)
{
    struct wayland *wayland = data;

    if (strcmp(interface, wl_shm_interface.name) == 0 && !wayland->shm) {
        wayland->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
        if (wayland->shm) {
            wl_shm_add_listener(wayland->shm, &shm_listener, wayland);
        }
    } else if (strcmp(interface, zwp_linux_dmabuf_v1_interface.name) == 0 && !wayland->dmabuf &&
               version >= DMABUF_VERSION_MIN) {
        wayland->dmabuf = wl_registry_bind(registry, name, &zwp_linux_dmabuf_v1_interface,
                                           lesser(version, DMABUF_VERSION_FEEDBACK));
        if (wayland->dmabuf) {
            zwp_linux_dmabuf_v1_add_listener(wayland->dmabuf, &dmabuf_listener, wayland);
        }
    }
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
    .global = on_global,
    .global_remove = on_global_remove,
};

static bool roundtrip(struct wayland *wayland)
{
    return wl_display_roundtrip_queue(wayland->connection, wayland->queue) >= 0;
}

/* One round trip for the globals, and one for what they tell. */
static bool learn_formats(struct wayland *wayland)
{
    if (!roundtrip(wayland)) {
        return false;
    }
    if (wayland->dmabuf &&
        zwp_linux_dmabuf_v1_get_version(wayland->dmabuf) >= DMABUF_VERSION_FEEDBACK) {
        return wayland_feedback_collect(wayland);
    }
    return roundtrip(wayland);
}

/*
 * The registry does not outlive this: nobody would take its events, of globals that come and go,
 * out of our queue.
 */
static bool learn(struct wayland *wayland)
{
    struct wl_display *wrapper;
    struct wl_registry *registry;
    bool learnt = false;

    wayland->queue = wl_display_create_queue(wayland->connection);
    wrapper = wl_proxy_create_wrapper(wayland->connection);
    if (!wayland->queue || !wrapper) {
        if (wrapper) {
            wl_proxy_wrapper_destroy(wrapper);
        }
        return false;
    }
    wl_proxy_set_queue((struct wl_proxy *)wrapper, wayland->queue);
    registry = wl_display_get_registry(wrapper);
    wl_proxy_wrapper_destroy(wrapper);
    if (registry) {
        wl_registry_add_listener(registry, &registry_listener, wayland);
        learnt = learn_formats(wayland);
        wl_registry_destroy(registry);
    }
    return learnt;
}

/* ---- reading ---- */

/*
 * 1: there is something to read, 0: not yet, negative: there will not be. Sends what is to be sent
 * meanwhile. timeout as for poll().
 */
static int wait_readable(struct wayland *wayland, int wake, int timeout)
{
    struct pollfd ends[] = {
        {.fd = wl_display_get_fd(wayland->connection)},
        {.fd = wake, .events = POLLIN},
    };

    for (;;) {
        /* When the compositor has closed its end (EPIPE) its last words are still to be read. */
        const bool is_full = wl_display_flush(wayland->connection) < 0 && errno == EAGAIN;

        ends[0].events = is_full ? POLLIN | POLLOUT : POLLIN;
        const int ready = poll(ends, 2, timeout);

        if (ready == 0) {
            return 0;
        }
        if (ready < 0 && errno != EINTR) {
            return -1;
        }
        if (ready > 0 && ends[1].revents) {
            return -1;
        }
        if (ready > 0 && ends[0].revents & ~POLLOUT) {
            return 1;
        }
    }
}

bool wayland_read(struct wayland *wayland, int wake, bool now)
{
    const int readable = wait_readable(wayland, wake, now ? 0 : -1);

    if (readable <= 0) {
        wl_display_cancel_read(wayland->connection);
        return readable == 0;
    }
    return wl_display_read_events(wayland->connection) == 0;
}

/* ---- beginning and end ---- */

static void disconnect(struct wayland *wayland)
{
    if (wayland->shm) {
        wl_shm_destroy(wayland->shm);
    }
    if (wayland->dmabuf) {
        zwp_linux_dmabuf_v1_destroy(wayland->dmabuf);
    }
    if (wayland->queue) {
        wl_event_queue_destroy(wayland->queue);
    }
    if (wayland->ours) {
        wl_display_disconnect(wayland->connection);
    } else {
        wl_display_flush(wayland->connection);
    }
    wayland->connection = NULL;
}

static void end(struct wayland *wayland)
{
    if (!wayland->connection) {
        return;
    }
    pthread_mutex_lock(&wayland->lock);
    while (wayland->windows) {
        struct wayland_window *window = wayland->windows;

        wayland->windows = window->next;
        wayland_window_orphan(window);
    }
    pthread_mutex_unlock(&wayland->lock);
    disconnect(wayland);
}

static void wayland_free(struct wayland *wayland)
{
    end(wayland);
    pthread_mutex_destroy(&wayland->lock);
    free(wayland);
}

static struct wayland *wayland_open(void *connection)
{
    struct wayland *wayland = calloc(1, sizeof(*wayland));

    if (!wayland) {
        return NULL;
    }
    pthread_mutex_init(&wayland->lock, NULL);
    wayland->ours = connection == NULL;
    wayland->connection = wayland->ours ? wl_display_connect(NULL) : connection;
    if (!wayland->connection || !learn(wayland)) {
        wayland_free(wayland);
        return NULL;
    }
    return wayland;
}

static bool open_display(struct gemd_display *display, _EGLDisplay *egl)
{
    display->native = wayland_open(egl->PlatformDisplay);
    if (!display->native) {
        return _eglError(EGL_NOT_INITIALIZED, "no Wayland compositor");
    }
    egl->Extensions.EXT_present_opaque = EGL_TRUE;
    return true;
}

static void terminate_display(struct gemd_display *display)
{
    end(display->native);
}

static void close_display(struct gemd_display *display)
{
    wayland_free(display->native);
}

static void set_config(struct gemd_display *display, const struct gemd_color_format *color,
                       _EGLConfig *config)
{
    const struct wayland *wayland = display->native;
    const struct wayland_format *format = wayland_format_of(color->format, false);

    config->NativeVisualID = (EGLint)color->fourcc;
    if (format && wayland_formats_has(&wayland->formats, format)) {
        config->SurfaceType |= EGL_WINDOW_BIT;
        config->MinSwapInterval = 0;
        config->MaxSwapInterval = 1;
    }
}

const struct gemd_platform gemd_platform_wayland = {
    .open = open_display,
    .terminate = terminate_display,
    .close = close_display,
    .set_config = set_config,
    .create_window = wayland_create_window,
};
