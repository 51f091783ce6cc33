/* SPDX-License-Identifier: MIT */
#include "x11.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/memfile.h"
#include "util/macros.h"

/* What the pixels of a drawable must look like to be one of our formats. */
static const struct gemd_x11_pixels pixel_formats[] = {
    /* With the usual visual first: alpha is drawn, and the server does not look at it. */
    {PIPE_FORMAT_B8G8R8A8_UNORM, 24, 32, 0xff0000, 0xff00, 0xff},
    {PIPE_FORMAT_B8G8R8A8_UNORM, 32, 32, 0xff0000, 0xff00, 0xff},
    {PIPE_FORMAT_B8G8R8X8_UNORM, 24, 32, 0xff0000, 0xff00, 0xff},
    {PIPE_FORMAT_B5G6R5_UNORM, 16, 16, 0xf800, 0x7e0, 0x1f},
};

#define PIXEL_FORMATS (sizeof(pixel_formats) / sizeof(pixel_formats[0]))

void gemd_x11_forget(struct gemd_x11 *x11, xcb_void_cookie_t request)
{
    xcb_discard_reply(x11->connection, request.sequence);
}

bool gemd_x11_succeeded(struct gemd_x11 *x11, xcb_void_cookie_t request)
{
    xcb_generic_error_t *error = xcb_request_check(x11->connection, request);
    const bool refused = error != NULL;

    free(error);
    return !refused && !xcb_connection_has_error(x11->connection);
}

bool gemd_x11_get_geometry(struct gemd_x11 *x11, xcb_drawable_t drawable,
                           struct gemd_x11_geometry *out)
{
    xcb_get_geometry_cookie_t request = xcb_get_geometry(x11->connection, drawable);
    xcb_generic_error_t *error = NULL;
    xcb_get_geometry_reply_t *reply = xcb_get_geometry_reply(x11->connection, request, &error);
    const bool found = reply != NULL;

    if (found) {
        *out = (struct gemd_x11_geometry){reply->width, reply->height, reply->depth};
    }
    free(error);
    free(reply);
    return found;
}

/* ---- surfaces ---- */

void gemd_x11_surface_add(struct gemd_x11_surface *surface)
{
    struct gemd_x11_display *display = gemd_x11_display(surface->surface.display);

    simple_mtx_init(&surface->lock, mtx_plain);
    surface->x11 = &display->x11;
    simple_mtx_lock(&display->lock);
    surface->next = display->surfaces;
    display->surfaces = surface;
    simple_mtx_unlock(&display->lock);
}

void gemd_x11_surface_remove(struct gemd_x11_surface *surface)
{
    struct gemd_x11_display *display = gemd_x11_display(surface->surface.display);
    struct gemd_x11_surface **place = &display->surfaces;

    simple_mtx_lock(&display->lock);
    while (*place != surface) {
        place = &(*place)->next;
    }
    *place = surface->next;
    simple_mtx_unlock(&display->lock);
    surface->end(surface);
    simple_mtx_destroy(&surface->lock);
}

/* Those that are left are current in some thread, which may be drawing. */
static void terminate_display(struct gemd_display *display)
{
    struct gemd_x11_display *native = display->native;

    simple_mtx_lock(&native->lock);
    for (struct gemd_x11_surface *surface = native->surfaces; surface; surface = surface->next) {
        simple_mtx_lock(&surface->lock);
        surface->end(surface);
        surface->x11 = &native->nobody;
        simple_mtx_unlock(&surface->lock);
    }
    simple_mtx_unlock(&native->lock);
    xcb_flush(native->x11.connection);
}

/* ---- visuals ---- */

static bool looks_like(const xcb_visualtype_t *visual, const struct gemd_x11_pixels *pixels)
{
    return visual->_class == XCB_VISUAL_CLASS_TRUE_COLOR && visual->red_mask == pixels->red &&
           visual->green_mask == pixels->green && visual->blue_mask == pixels->blue;
}

/* The visual itself, or with 0 one that looks like these pixels; NULL when it does not. */
static const xcb_visualtype_t *find_visual(const struct gemd_x11 *x11,
                                           const struct gemd_x11_pixels *pixels, xcb_visualid_t id)
{
    xcb_depth_iterator_t depths = xcb_screen_allowed_depths_iterator(x11->screen);

    for (; depths.rem > 0; xcb_depth_next(&depths)) {
        const xcb_visualtype_t *visuals = xcb_depth_visuals(depths.data);
        const int count = xcb_depth_visuals_length(depths.data);

        for (int i = 0; depths.data->depth == pixels->depth && i < count; i++) {
            if ((id == 0 || visuals[i].visual_id == id) && looks_like(&visuals[i], pixels)) {
                return &visuals[i];
            }
        }
    }
    return NULL;
}

/* Whether the server keeps such pixels as we do. */
static bool server_keeps(const struct gemd_x11 *x11, const struct gemd_x11_pixels *pixels)
{
    xcb_format_iterator_t formats =
        xcb_setup_pixmap_formats_iterator(xcb_get_setup(x11->connection));

    for (; formats.rem > 0; xcb_format_next(&formats)) {
        if (formats.data->depth == pixels->depth) {
            return formats.data->bits_per_pixel == pixels->bits_per_pixel &&
                   formats.data->scanline_pad == 32;
        }
    }
    return false;
}

const struct gemd_x11_pixels *gemd_x11_match(struct gemd_x11 *x11, enum pipe_format format,
                                             uint8_t depth, xcb_visualid_t visual)
{
    for (unsigned i = 0; i < PIXEL_FORMATS; i++) {
        const struct gemd_x11_pixels *pixels = &pixel_formats[i];

        if (pixels->format == format && pixels->depth == depth && server_keeps(x11, pixels) &&
            (visual == 0 || find_visual(x11, pixels, visual))) {
            return pixels;
        }
    }
    return NULL;
}

/* The n-th kind of visual that this format has here; NULL: there are no more. */
static const xcb_visualtype_t *nth_visual(const struct gemd_x11 *x11, enum pipe_format format,
                                          unsigned n)
{
    for (unsigned i = 0; i < PIXEL_FORMATS; i++) {
        const struct gemd_x11_pixels *pixels = &pixel_formats[i];
        const xcb_visualtype_t *visual = NULL;

        if (pixels->format == format && server_keeps(x11, pixels)) {
            visual = find_visual(x11, pixels, 0);
        }
        if (visual && n-- == 0) {
            return visual;
        }
    }
    return NULL;
}

/* Without a visual a colour has one config all the same, for pbuffers. */
static unsigned count_visuals(struct gemd_display *display, const struct gemd_color_format *color)
{
    unsigned count = 0;

    while (nth_visual(&gemd_x11_display(display)->x11, color->format, count)) {
        count++;
    }
    return MAX2(count, 1);
}

static void set_config(struct gemd_display *display, const struct gemd_color_format *color,
                       _EGLConfig *config)
{
    const xcb_visualtype_t *visual = nth_visual(&gemd_x11_display(display)->x11, color->format,
                                                (unsigned)config->NativeVisualID);

    config->NativeVisualID = 0;
    if (visual) {
        config->NativeVisualID = (EGLint)visual->visual_id;
        config->NativeVisualType = visual->_class;
        config->NativeRenderable = EGL_TRUE;
        config->SurfaceType |= EGL_WINDOW_BIT | EGL_PIXMAP_BIT;
        config->MinSwapInterval = 0;
        config->MaxSwapInterval = 1;
    }
}

/* ---- the connection ---- */

static void *function_of(const char *library, const char *name)
{
    void *opened = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *found = opened ? dlsym(opened, name) : NULL;

    if (opened) {
        dlclose(opened);
    }
    return found;
}

/*
 * A Display's connection and screen. A program that has one has libX11, so that this brings in next
 * to nothing; others need neither library.
 */
static xcb_connection_t *connection_of(void *xlib_display, int *screen)
{
    xcb_connection_t *(*get_connection)(void *) =
        function_of("libX11-xcb.so.1", "XGetXCBConnection");
    int (*default_screen)(void *) = function_of("libX11.so.6", "XDefaultScreen");

    if (!get_connection || !default_screen) {
        return NULL;
    }
    *screen = default_screen(xlib_display);
    return get_connection(xlib_display);
}

static xcb_screen_t *find_screen(xcb_connection_t *connection, EGLAttrib number)
{
    xcb_screen_iterator_t screens = xcb_setup_roots_iterator(xcb_get_setup(connection));

    for (EGLAttrib i = 0; screens.rem > 0; i++, xcb_screen_next(&screens)) {
        if (i == number) {
            return screens.data;
        }
    }
    return NULL;
}

/* The screen that the program asked for; EGL_PLATFORM_XCB_SCREEN_EXT is another number. */
static EGLAttrib wanted_screen(const _EGLDisplay *egl, int fallback)
{
    const EGLAttrib *attribute = egl->Options.Attribs;

    for (; attribute && attribute[0] != EGL_NONE; attribute += 2) {
        if (attribute[0] == EGL_PLATFORM_X11_SCREEN_EXT ||
            attribute[0] == EGL_PLATFORM_XCB_SCREEN_EXT) {
            return attribute[1];
        }
    }
    return fallback;
}

/* ---- what the server can do ---- */

/* Only sockets of this machine carry descriptors; a connection that cannot does not survive one. */
static bool is_local(xcb_connection_t *connection)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof(peer);

    return getpeername(xcb_get_file_descriptor(connection), (struct sockaddr *)&peer, &size) == 0 &&
           peer.ss_family == AF_UNIX;
}

/* Between here and the server there may be somebody who passes on bytes but no descriptors. */
static bool files_arrive(struct gemd_x11 *x11)
{
    const xcb_shm_seg_t segment = xcb_generate_id(x11->connection);
    const int fd = memfile_create("gemd-x11", MEMFILE_PAGE);

    if (fd < 0) {
        return false;
    }
    if (!gemd_x11_succeeded(x11, xcb_shm_attach_fd_checked(x11->connection, segment, fd, 0))) {
        return false;
    }
    gemd_x11_forget(x11, xcb_shm_detach_checked(x11->connection, segment));
    return true;
}

static bool has(struct gemd_x11 *x11, xcb_extension_t *extension)
{
    const xcb_query_extension_reply_t *reply = xcb_get_extension_data(x11->connection, extension);

    return reply && reply->present;
}

static void find_shm(struct gemd_x11 *x11, bool *pixmaps)
{
    xcb_connection_t *c = x11->connection;

    *pixmaps = false;
    if (!is_local(c) || !has(x11, &xcb_shm_id)) {
        return;
    }
    xcb_generic_error_t *error = NULL;
    xcb_shm_query_version_reply_t *reply =
        xcb_shm_query_version_reply(c, xcb_shm_query_version(c), &error);

    if (reply &&
        (reply->major_version > 1 || (reply->major_version == 1 && reply->minor_version >= 2))) {
        x11->files = files_arrive(x11);
        *pixmaps = reply->shared_pixmaps && reply->pixmap_format == XCB_IMAGE_FORMAT_Z_PIXMAP;
    }
    free(error);
    free(reply);
}

/* A client must have asked for the versions before it may use these extensions. */
static bool find_present(struct gemd_x11 *x11)
{
    xcb_connection_t *c = x11->connection;

    if (!has(x11, &xcb_present_id) || !has(x11, &xcb_xfixes_id)) {
        return false;
    }
    xcb_present_query_version_cookie_t asked_present = xcb_present_query_version(c, 1, 0);
    xcb_xfixes_query_version_cookie_t asked_xfixes = xcb_xfixes_query_version(c, 5, 0);
    xcb_generic_error_t *errors[2] = {NULL, NULL};
    xcb_present_query_version_reply_t *present =
        xcb_present_query_version_reply(c, asked_present, &errors[0]);
    xcb_xfixes_query_version_reply_t *xfixes =
        xcb_xfixes_query_version_reply(c, asked_xfixes, &errors[1]);
    const bool found = present && xfixes && xfixes->major_version >= 2;

    free(present);
    free(xfixes);
    free(errors[0]);
    free(errors[1]);
    return found;
}

static void free_display(struct gemd_x11_display *native)
{
    if (native->x11.ours) {
        xcb_disconnect(native->x11.connection);
    }
    simple_mtx_destroy(&native->lock);
    free(native);
}

static void close_display(struct gemd_display *display)
{
    free_display(display->native);
}

/* The connection, and the number of the screen that is usual there. */
static xcb_connection_t *connect_to(_EGLDisplay *egl, int *screen)
{
    *screen = 0;
    if (!egl->PlatformDisplay) {
        return xcb_connect(NULL, screen); /* never NULL */
    }
    return egl->Platform == _EGL_PLATFORM_XCB ? egl->PlatformDisplay
                                              : connection_of(egl->PlatformDisplay, screen);
}

static bool open_display(struct gemd_display *display, _EGLDisplay *egl)
{
    struct gemd_x11_display *native = calloc(1, sizeof(*native));
    struct gemd_x11 *x11;
    int screen;
    bool pixmaps;

    if (!native) {
        return _eglError(EGL_BAD_ALLOC, "eglInitialize");
    }
    simple_mtx_init(&native->lock, mtx_plain);
    x11 = &native->x11;
    x11->ours = egl->PlatformDisplay == NULL;
    x11->connection = connect_to(egl, &screen);
    /* A connection that has failed, and belongs to nobody: its requests do nothing. */
    native->nobody.connection = xcb_connect("nobody", NULL);
    if (x11->connection && !xcb_connection_has_error(x11->connection) &&
        xcb_get_setup(x11->connection)->image_byte_order == XCB_IMAGE_ORDER_LSB_FIRST) {
        x11->screen = find_screen(x11->connection, wanted_screen(egl, screen));
    }
    if (!x11->screen) {
        free_display(native);
        return _eglError(EGL_NOT_INITIALIZED, "no X server, or no such screen of it");
    }
    find_shm(x11, &pixmaps);
    x11->present = x11->files && pixmaps && find_present(x11);
    egl->Extensions.CHROMIUM_sync_control = x11->present;
    display->native = native;
    return true;
}

const struct gemd_platform gemd_platform_x11 = {
    .open = open_display,
    .terminate = terminate_display,
    .close = close_display,
    .count_visuals = count_visuals,
    .set_config = set_config,
    .create_window = gemd_x11_create_window,
    .create_pixmap = gemd_x11_create_pixmap,
    .copy_buffers = gemd_x11_copy_buffers,
};
