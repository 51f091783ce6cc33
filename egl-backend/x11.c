/* SPDX-License-Identifier: MIT */
/*
 * Windows of an X server: frames are drawn off screen and then put into the window. For programs
 * that know only X; the daemon's screen is the way without a copy.
 *
 * libX11 is loaded when the first X display comes along: such a program has it anyway, and others
 * need none.
 */
#include "platform.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "util/u_inlines.h"

#define X_FUNCTIONS(X)                                                                             \
    X(XOpenDisplay)                                                                                \
    X(XCloseDisplay)                                                                               \
    X(XGetVisualInfo)                                                                              \
    X(XGetGeometry)                                                                                \
    X(XCreateGC)                                                                                   \
    X(XFreeGC)                                                                                     \
    X(XInitImage)                                                                                  \
    X(XPutImage)                                                                                   \
    X(XFlush)                                                                                      \
    X(XFree)

struct gemd_x11 {
    void *library;
    Display *connection;
    bool ours; /* the connection is */
    XVisualInfo *visuals;
    int visual_count;
#define X(name) __typeof__(&name) name;
    X_FUNCTIONS(X)
#undef X
};

struct x11_window {
    struct gemd_surface surface;
    struct pipe_resource *front; /* as the window shows it; the back buffer is the surface's */
    Window window;
    GC gc;
    int depth;
};

/* What the pixels of a visual must look like to be one of our formats. */
static const struct {
    enum pipe_format format;
    int depth, bits_per_pixel;
    unsigned long red, green, blue;
} visual_formats[] = {
    {PIPE_FORMAT_B8G8R8A8_UNORM, 32, 32, 0xff0000, 0xff00, 0xff},
    {PIPE_FORMAT_B8G8R8X8_UNORM, 24, 32, 0xff0000, 0xff00, 0xff},
    {PIPE_FORMAT_B5G6R5_UNORM, 16, 16, 0xf800, 0x7e0, 0x1f},
};

#define VISUAL_FORMATS (sizeof(visual_formats) / sizeof(visual_formats[0]))

static struct gemd_x11 *x11_open(void *connection)
{
    struct gemd_x11 *x11 = calloc(1, sizeof(*x11));
    XVisualInfo wanted = {.class = TrueColor};
    bool complete = true;

    if (!x11) {
        return NULL;
    }
    x11->library = dlopen("libX11.so.6", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!x11->library) {
        free(x11);
        return NULL;
    }
#define X(name)                                                                                    \
    x11->name = (__typeof__(&name))dlsym(x11->library, #name);                                     \
    complete = complete && x11->name;
    X_FUNCTIONS(X)
#undef X
    if (complete) {
        x11->ours = connection == NULL;
        x11->connection = x11->ours ? x11->XOpenDisplay(NULL) : connection;
    }
    if (!x11->connection) {
        dlclose(x11->library);
        free(x11);
        return NULL;
    }
    x11->visuals =
        x11->XGetVisualInfo(x11->connection, VisualClassMask, &wanted, &x11->visual_count);
    return x11;
}

static void x11_close(struct gemd_display *display)
{
    struct gemd_x11 *x11 = display->native;

    if (x11->visuals) {
        x11->XFree(x11->visuals);
    }
    if (x11->ours) {
        x11->XCloseDisplay(x11->connection);
    }
    dlclose(x11->library);
    free(x11);
}

/* A visual whose pixels look like this, or 0. */
static EGLint find_visual(struct gemd_x11 *x11, enum pipe_format format)
{
    for (unsigned f = 0; f < VISUAL_FORMATS; f++) {
        for (int v = 0; visual_formats[f].format == format && v < x11->visual_count; v++) {
            const XVisualInfo *visual = &x11->visuals[v];

            if (visual->depth == visual_formats[f].depth &&
                visual->red_mask == visual_formats[f].red &&
                visual->green_mask == visual_formats[f].green &&
                visual->blue_mask == visual_formats[f].blue) {
                return visual->visualid;
            }
        }
    }
    return 0;
}

/* The window's size now. */
static bool get_geometry(struct gemd_x11 *x11, struct x11_window *window, unsigned *width,
                         unsigned *height)
{
    unsigned border, depth;
    Window root;
    int x, y;

    if (!x11->XGetGeometry(x11->connection, window->window, &root, &x, &y, width, height, &border,
                           &depth)) {
        return false;
    }
    window->depth = depth;
    return true;
}

/* Takes over the window's size; the buffers go when it changed. */
static bool follow_size(struct x11_window *window)
{
    _EGLSurface *base = &window->surface.base;
    unsigned width, height;

    if (!get_geometry(window->surface.display->native, window, &width, &height)) {
        return false;
    }
    if (base->Width != (EGLint)width || base->Height != (EGLint)height) {
        base->Width = width;
        base->Height = height;
        gemd_surface_drop_buffers(&window->surface);
        pipe_resource_reference(&window->front, NULL);
    }
    return true;
}

static unsigned bits_per_pixel(enum pipe_format format)
{
    for (unsigned f = 0; f < VISUAL_FORMATS; f++) {
        if (visual_formats[f].format == format) {
            return visual_formats[f].bits_per_pixel;
        }
    }
    return 32;
}

static void put_image(struct x11_window *window, void *pixels, unsigned stride)
{
    struct gemd_surface *surface = &window->surface;
    struct gemd_x11 *x11 = surface->display->native;
    XImage image = {
        .width = surface->base.Width,
        .height = surface->base.Height,
        .format = ZPixmap,
        .data = pixels,
        .byte_order = LSBFirst,
        .bitmap_bit_order = LSBFirst,
        .bitmap_unit = 32,
        .bitmap_pad = 32,
        .depth = window->depth,
        .bytes_per_line = stride,
        .bits_per_pixel = bits_per_pixel(surface->visual.color_format),
    };

    if (x11->XInitImage(&image)) {
        x11->XPutImage(x11->connection, window->window, window->gc, &image, 0, 0, 0, 0, image.width,
                       image.height);
        x11->XFlush(x11->connection);
    }
}

static struct pipe_resource *x11_color(struct gemd_surface *surface, enum st_attachment_type which)
{
    struct x11_window *window = (struct x11_window *)surface;

    if (which != ST_ATTACHMENT_FRONT_LEFT) {
        return gemd_offscreen_color(surface, which);
    }
    if (!window->front) {
        window->front = gemd_surface_texture(surface, surface->visual.color_format,
                                             PIPE_BIND_RENDER_TARGET | PIPE_BIND_SAMPLER_VIEW);
    }
    return window->front;
}

static bool put_texture(struct x11_window *window, struct pipe_context *pipe,
                        struct pipe_resource *texture)
{
    struct pipe_transfer *transfer = NULL;
    void *pixels = pipe_texture_map(pipe, texture, 0, 0, PIPE_MAP_READ, 0, 0, texture->width0,
                                    texture->height0, &transfer);

    if (!pixels) {
        return false;
    }
    put_image(window, pixels, transfer->stride);
    pipe_texture_unmap(pipe, transfer);
    return true;
}

static bool x11_present(struct gemd_surface *surface, struct gemd_context *context,
                        const struct gemd_damage *damage)
{
    struct x11_window *window = (struct x11_window *)surface;

    if (surface->color) {
        struct pipe_resource *shown = surface->color;

        if (!put_texture(window, context->st->pipe, shown)) {
            return _eglError(EGL_BAD_ALLOC, "eglSwapBuffers");
        }
        surface->color = window->front;
        window->front = shown;
    }
    if (!follow_size(window)) {
        surface->base.Lost = EGL_TRUE;
        return _eglError(EGL_BAD_NATIVE_WINDOW, "eglSwapBuffers");
    }
    return true;
}

static void x11_present_front(struct gemd_surface *surface, struct pipe_context *pipe)
{
    struct x11_window *window = (struct x11_window *)surface;

    if (window->front) {
        put_texture(window, pipe, window->front);
    }
}

static void x11_finish(struct gemd_surface *surface)
{
    struct x11_window *window = (struct x11_window *)surface;
    struct gemd_x11 *x11 = surface->display->native;

    if (window->gc) {
        x11->XFreeGC(x11->connection, window->gc);
    }
    pipe_resource_reference(&window->front, NULL);
}

static const struct gemd_surface_ops x11_ops = {
    .color = x11_color,
    .present = x11_present,
    .present_front = x11_present_front,
    .finish = x11_finish,
};

static _EGLSurface *x11_create_window(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                      const EGLint *attributes)
{
    struct gemd_x11 *x11 = gemd_display(egl)->native;
    struct x11_window *window = calloc(1, sizeof(*window));

    if (!window) {
        _eglError(EGL_BAD_ALLOC, "eglCreateWindowSurface");
        return NULL;
    }
    if (!gemd_surface_init(&window->surface, &x11_ops, egl, EGL_WINDOW_BIT, config, native,
                           attributes)) {
        free(window);
        return NULL;
    }
    window->window = (Window)(uintptr_t)native;
    if (!follow_size(window)) {
        _eglError(EGL_BAD_NATIVE_WINDOW, "eglCreateWindowSurface");
        gemd_surface_finish(&window->surface);
        free(window);
        return NULL;
    }
    window->gc = x11->XCreateGC(x11->connection, window->window, 0, NULL);
    return &window->surface.base;
}

static bool open_display(struct gemd_display *display, _EGLDisplay *egl)
{
    display->native = x11_open(egl->PlatformDisplay);
    return display->native || _eglError(EGL_NOT_INITIALIZED, "no X server");
}

static void set_config(struct gemd_display *display, const struct gemd_color_format *color,
                       _EGLConfig *config)
{
    config->NativeVisualID = find_visual(display->native, color->format);
    if (config->NativeVisualID != 0) {
        config->SurfaceType |= EGL_WINDOW_BIT;
        config->MinSwapInterval = 0;
        config->MaxSwapInterval = 1;
    }
}

const struct gemd_platform gemd_platform_x11 = {
    .open = open_display,
    .close = x11_close,
    .set_config = set_config,
    .create_window = x11_create_window,
};
