/* SPDX-License-Identifier: MIT */
/*
 * Windows that are surfaces of GBM. Their buffers are memory files of our GBM backend
 * (winsys/gbm/seam.h), which the renderer, GPU or software, imports: the program shows on its DRM
 * device what was drawn into them here, without a copy.
 *
 * What the program locks is complete: a swap waits for the GPU, as the DRM file that shows the
 * buffer is another session of the daemon and knows no fence of ours.
 */
#include "gbm.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bind_wayland.h"
#include "drm-uapi/drm_fourcc.h"
#include "frontend/winsys_handle.h"
#include "image.h"
#include "util/u_inlines.h"
#include "winsys/gbm/seam.h"

#define NONE GEMD_GBM_SLOTS

/* libgbm has loaded the backend when there is a device of it; NULL: there is none. */
static const struct gemd_gbm_seam *find_seam(void)
{
    static const struct gemd_gbm_seam *seam; /* atomic */
    const struct gemd_gbm_seam *found = __atomic_load_n(&seam, __ATOMIC_ACQUIRE);

    if (!found) {
        void *object = dlopen(GEMD_GBM_SONAME, RTLD_NOW | RTLD_NOLOAD);

        found = object ? dlsym(object, GEMD_GBM_SYMBOL) : NULL;
        found = found && found->abi == GEMD_GBM_ABI ? found : NULL;
        __atomic_store_n(&seam, found, __ATOMIC_RELEASE);
    }
    return found;
}

bool gemd_gbm_has_device(const void *native)
{
    const struct gemd_gbm_seam *seam = find_seam();

    return seam && seam->has_device(native);
}

bool gemd_gbm_has_surface(const void *native)
{
    const struct gemd_gbm_seam *seam = find_seam();
    struct gemd_gbm_surface *surface = seam ? seam->surface_ref(NULL, native) : NULL;

    if (surface) {
        seam->surface_unref(surface);
    }
    return surface != NULL;
}

/*
 * Mesa's core compares what eglGetDisplay() is given with libgbm's function of that name. Under
 * GLVND it is GLVND that does so, and this one, which nobody sees, saves us libgbm.
 */
struct gbm_device *gbm_create_device(int fd);

struct gbm_device *gbm_create_device(int fd)
{
    return NULL;
}

/* ---- buffers ---- */

struct slot {
    struct pipe_resource *texture; /* NULL: not drawn into yet */
    uint64_t swap;                 /* the window's count when it was last shown; 0: never */
};

struct gbm_window {
    struct gemd_surface surface;
    const struct gemd_gbm_seam *seam;
    struct gemd_gbm_surface *native; /* one reference */
    struct slot slots[GEMD_GBM_SLOTS];
    unsigned back;  /* being drawn into, or NONE */
    unsigned front; /* shown last, or NONE */
    uint64_t swaps;
};

static struct pipe_resource *import(struct gbm_window *window, const struct gemd_gbm_buffer *buffer)
{
    struct pipe_screen *screen = window->surface.display->screen.pipe;
    const struct pipe_resource wanted = {
        .target = PIPE_TEXTURE_2D,
        .format = window->surface.visual.color_format,
        .width0 = buffer->width,
        .height0 = buffer->height,
        .depth0 = 1,
        .array_size = 1,
        .bind = PIPE_BIND_RENDER_TARGET | PIPE_BIND_DISPLAY_TARGET | PIPE_BIND_SCANOUT |
                PIPE_BIND_SHARED,
    };
    struct winsys_handle handle = {
        .type = WINSYS_HANDLE_TYPE_FD,
        .handle = (unsigned)buffer->fd,
        .stride = buffer->stride,
        .offset = buffer->offset,
        .modifier = buffer->modifier,
        .format = wanted.format,
    };

    return screen->resource_from_handle(screen, &wanted, &handle,
                                        PIPE_HANDLE_USAGE_FRAMEBUFFER_WRITE);
}

/* 0 or a negative errno. */
static int take_back(struct gbm_window *window)
{
    struct gemd_gbm_buffer buffer;
    unsigned i;
    int error = window->seam->surface_take(window->native, &i, &buffer);

    if (error != 0) {
        return error;
    }
    if (!window->slots[i].texture) {
        window->slots[i].texture = import(window, &buffer);
        if (!window->slots[i].texture) {
            window->seam->surface_give_back(window->native, i);
            return -ENOMEM;
        }
    }
    window->back = i;
    window->front = window->front == i ? NONE : window->front;
    return 0;
}

/* A window that was never shown has a front buffer of its own, which nobody sees. */
static struct pipe_resource *window_color(struct gemd_surface *surface,
                                          enum st_attachment_type which)
{
    struct gbm_window *window = (struct gbm_window *)surface;

    if (which == ST_ATTACHMENT_FRONT_LEFT) {
        return window->front != NONE ? window->slots[window->front].texture
                                     : gemd_offscreen_color(surface, which);
    }
    if (window->back == NONE && take_back(window) != 0) {
        return NULL;
    }
    return window->slots[window->back].texture;
}

static bool window_present(struct gemd_surface *surface, struct gemd_context *context,
                           const struct gemd_damage *damage)
{
    struct gbm_window *window = (struct gbm_window *)surface;
    const int error = window->back == NONE ? take_back(window) : 0;

    if (error == -ENODEV) {
        return _eglError(EGL_BAD_NATIVE_WINDOW, "eglSwapBuffers: the GBM surface was destroyed");
    }
    if (error != 0) {
        return _eglError(EGL_BAD_ALLOC, error == -ENOBUFS
                                            ? "eglSwapBuffers: all buffers are locked"
                                            : "eglSwapBuffers: no memory for a buffer");
    }
    window->slots[window->back].swap = ++window->swaps;
    window->seam->surface_show(window->native, window->back);
    window->front = window->back;
    window->back = NONE;
    return true;
}

static EGLint window_buffer_age(struct gemd_surface *surface)
{
    struct gbm_window *window = (struct gbm_window *)surface;

    if (window->back == NONE && take_back(window) != 0) {
        return 0;
    }
    const uint64_t swap = window->slots[window->back].swap;

    return swap == 0 ? 0 : (EGLint)(window->swaps - swap + 1);
}

static void window_finish(struct gemd_surface *surface)
{
    struct gbm_window *window = (struct gbm_window *)surface;

    if (window->back != NONE) {
        window->seam->surface_give_back(window->native, window->back);
    }
    for (unsigned i = 0; i < GEMD_GBM_SLOTS; i++) {
        pipe_resource_reference(&window->slots[i].texture, NULL);
    }
    window->seam->surface_unref(window->native);
}

static const struct gemd_surface_ops window_ops = {
    .color = window_color,
    .needs_complete = true,
    .presents_lost = true,
    .present = window_present,
    .buffer_age = window_buffer_age,
    .finish = window_finish,
};

/* ---- windows ---- */

/* With or without alpha is the same in memory. */
static bool matches(const struct gemd_gbm_buffer *like, const struct gemd_config *config)
{
    const bool is_565 = config->visual.color_format == PIPE_FORMAT_B5G6R5_UNORM;

    return (like->format == DRM_FORMAT_RGB565) == is_565;
}

static struct gbm_window *window_new(const struct gemd_gbm_seam *seam,
                                     struct gemd_gbm_surface *native, _EGLDisplay *egl,
                                     _EGLConfig *config, const EGLint *attributes, void *pointer)
{
    struct gbm_window *window = calloc(1, sizeof(*window));

    if (!window) {
        _eglError(EGL_BAD_ALLOC, "eglCreateWindowSurface");
        return NULL;
    }
    if (!gemd_surface_init(&window->surface, &window_ops, egl, EGL_WINDOW_BIT, config, pointer,
                           attributes)) {
        free(window);
        return NULL;
    }
    window->seam = seam;
    window->native = native;
    window->back = window->front = NONE;
    return window;
}

static _EGLSurface *create_window(_EGLDisplay *egl, _EGLConfig *config, void *pointer,
                                  const EGLint *attributes)
{
    const struct gemd_gbm_seam *seam = find_seam();
    struct gemd_gbm_surface *native =
        seam ? seam->surface_ref(egl->PlatformDisplay, pointer) : NULL;
    struct gbm_window *window = NULL;
    struct gemd_gbm_buffer like;

    if (!native) {
        _eglError(EGL_BAD_NATIVE_WINDOW, "eglCreateWindowSurface: no surface of this GBM device");
        return NULL;
    }
    seam->surface_describe(native, &like);
    if (matches(&like, (struct gemd_config *)config)) {
        window = window_new(seam, native, egl, config, attributes, pointer);
    } else {
        _eglError(EGL_BAD_MATCH, "eglCreateWindowSurface: the GBM surface has another format");
    }
    if (!window) {
        seam->surface_unref(native);
        return NULL;
    }
    window->surface.base.Width = (EGLint)like.width;
    window->surface.base.Height = (EGLint)like.height;
    return &window->surface.base;
}

/* EGL_KHR_platform_gbm: there are none. */
static _EGLSurface *create_pixmap(_EGLDisplay *egl, _EGLConfig *config, void *pointer,
                                  const EGLint *attributes)
{
    _eglError(EGL_BAD_PARAMETER, "eglCreatePixmapSurface: GBM has no pixmap surfaces");
    return NULL;
}

/* ---- images ---- */

/* With what EGL_EXT_image_dma_buf_import may be: no tiles, and lines within the file. */
struct gemd_image *gemd_gbm_image(_EGLDisplay *egl, void *native)
{
    const struct gemd_gbm_seam *seam = find_seam();
    struct gemd_gbm_buffer buffer;
    const int error = seam ? seam->bo_describe(egl->PlatformDisplay, native, &buffer) : -EINVAL;

    if (error != 0) {
        _eglError(error == -EINVAL ? EGL_BAD_PARAMETER : EGL_BAD_ALLOC,
                  "eglCreateImage: no buffer of this GBM device");
        return NULL;
    }
    const struct gemd_dmabuf dmabuf = {
        .width = (EGLint)buffer.width,
        .height = (EGLint)buffer.height,
        .fourcc = buffer.format,
        .modifier = buffer.modifier,
        .plane_count = 1,
        .planes = {{buffer.fd, (EGLint)buffer.offset, (EGLint)buffer.stride}},
    };
    struct gemd_image *image = gemd_dmabuf_import(egl, &dmabuf);

    close(buffer.fd);
    return image;
}

/* ---- what GBM imports ---- */

static int of_wayland(void *wl_buffer, struct gemd_gbm_buffer *buffer)
{
    const struct gemd_dmabuf *dmabuf = gemd_dmabuf_of_wayland(wl_buffer);

    if (!dmabuf) {
        return -EINVAL;
    }
    *buffer = (struct gemd_gbm_buffer){
        .fd = fcntl(dmabuf->planes[0].fd, F_DUPFD_CLOEXEC, 0),
        .width = (uint32_t)dmabuf->width,
        .height = (uint32_t)dmabuf->height,
        .format = dmabuf->fourcc,
        .stride = (uint32_t)dmabuf->planes[0].stride,
        .offset = (uint32_t)dmabuf->planes[0].offset,
        .modifier = dmabuf->modifier,
    };
    return buffer->fd >= 0 ? 0 : -errno;
}

/* By the calls that programs have for it, as they take the locks. */
static int of_image(void *device, void *image, struct gemd_gbm_buffer *buffer)
{
    PFNEGLEXPORTDMABUFIMAGEQUERYMESAPROC query =
        (PFNEGLEXPORTDMABUFIMAGEQUERYMESAPROC)eglGetProcAddress("eglExportDMABUFImageQueryMESA");
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export =
        (PFNEGLEXPORTDMABUFIMAGEMESAPROC)eglGetProcAddress("eglExportDMABUFImageMESA");
    EGLDisplay display = eglGetPlatformDisplay(EGL_PLATFORM_GBM_KHR, device, NULL);
    int fourcc, planes, fd;
    EGLint stride, offset;
    EGLuint64KHR modifier;

    if (!query(display, image, &fourcc, &planes, &modifier) ||
        !export(display, image, &fd, &stride, &offset)) {
        return -EINVAL;
    }
    const struct pipe_resource *texture = ((struct gemd_image *)image)->texture;

    *buffer = (struct gemd_gbm_buffer){
        .fd = fd,
        .width = texture->width0,
        .height = texture->height0,
        .format = (uint32_t)fourcc,
        .stride = (uint32_t)stride,
        .offset = (uint32_t)offset,
        .modifier = modifier,
    };
    return 0;
}

/* ---- displays ---- */

static bool open_display(struct gemd_display *display, _EGLDisplay *egl)
{
    static const struct gemd_gbm_importer importer = {of_wayland, of_image};

    if (!gemd_gbm_has_device(egl->PlatformDisplay)) {
        return _eglError(EGL_NOT_INITIALIZED, "the GBM device was destroyed");
    }
    find_seam()->set_importer(&importer);
    return true;
}

static int drm_file(_EGLDisplay *egl)
{
    const struct gemd_gbm_seam *seam = find_seam();

    return seam ? seam->device_fd(egl->PlatformDisplay) : -1;
}

/* The program paces itself by its flips. */
static void set_config(struct gemd_display *display, const struct gemd_color_format *color,
                       _EGLConfig *config)
{
    config->NativeVisualID = (EGLint)color->fourcc;
    config->SurfaceType |= EGL_WINDOW_BIT;
    config->MinSwapInterval = 0;
    config->MaxSwapInterval = 1;
}

const struct gemd_platform gemd_platform_gbm = {
    .open = open_display,
    .set_config = set_config,
    .drm_file = drm_file,
    .create_window = create_window,
    .create_pixmap = create_pixmap,
    .image_of_pixmap = gemd_gbm_image,
};
