/* SPDX-License-Identifier: MIT */
/* The configs: every colour format with every depth format that the screen can do. */
#include "backend.h"

#include <stdlib.h>

#include "drm-uapi/drm_fourcc.h"
#include "platform.h"

static const struct gemd_color_format color_formats[] = {
    {PIPE_FORMAT_B8G8R8A8_UNORM, 8, 8, 8, 8, DRM_FORMAT_ARGB8888},
    {PIPE_FORMAT_B8G8R8X8_UNORM, 8, 8, 8, 0, DRM_FORMAT_XRGB8888},
    {PIPE_FORMAT_B5G6R5_UNORM, 5, 6, 5, 0, DRM_FORMAT_RGB565},
};

struct depth_format {
    enum pipe_format formats[2]; /* the first that the screen knows; both may be none */
    EGLint depth, stencil;
};

static const struct depth_format depth_formats[] = {
    {{PIPE_FORMAT_NONE, PIPE_FORMAT_NONE}, 0, 0},
    {{PIPE_FORMAT_Z24X8_UNORM, PIPE_FORMAT_X8Z24_UNORM}, 24, 0},
    {{PIPE_FORMAT_Z24_UNORM_S8_UINT, PIPE_FORMAT_S8_UINT_Z24_UNORM}, 24, 8},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool supported(struct pipe_screen *screen, enum pipe_format format, unsigned bind)
{
    return screen->is_format_supported(screen, format, PIPE_TEXTURE_2D, 0, 0, bind);
}

static bool find_depth(struct pipe_screen *screen, const struct depth_format *depth,
                       enum pipe_format *found)
{
    *found = PIPE_FORMAT_NONE;
    if (depth->depth == 0) {
        return true;
    }
    for (unsigned i = 0; i < COUNT(depth->formats); i++) {
        if (supported(screen, depth->formats[i], PIPE_BIND_DEPTH_STENCIL)) {
            *found = depth->formats[i];
            return true;
        }
    }
    return false;
}

static bool add_config(_EGLDisplay *egl, struct gemd_display *display, EGLint id,
                       const struct gemd_color_format *color, unsigned visual,
                       const struct depth_format *depth, enum pipe_format depth_format)
{
    struct gemd_config *config = calloc(1, sizeof(*config));
    struct pipe_screen *screen = display->screen.pipe;
    EGLint limit = screen->get_param(screen, PIPE_CAP_MAX_TEXTURE_2D_SIZE);

    if (!config) {
        return false;
    }
    _eglInitConfig(&config->base, egl, id);
    config->base.RedSize = color->red;
    config->base.GreenSize = color->green;
    config->base.BlueSize = color->blue;
    config->base.AlphaSize = color->alpha;
    config->base.BufferSize = color->red + color->green + color->blue + color->alpha;
    config->base.DepthSize = depth->depth;
    config->base.StencilSize = depth->stencil;
    config->base.MaxPbufferWidth = limit;
    config->base.MaxPbufferHeight = limit;
    config->base.MaxPbufferPixels = limit <= 32768 ? limit * limit : INT32_MAX;
    config->base.BindToTextureRGB = EGL_TRUE;
    config->base.BindToTextureRGBA = color->alpha ? EGL_TRUE : EGL_FALSE;
    config->base.RenderableType = egl->ClientAPIs;
    config->base.Conformant = egl->ClientAPIs;
    config->base.SurfaceType = EGL_PBUFFER_BIT;
    config->base.NativeVisualID = (EGLint)visual;
    if (display->platform->set_config) {
        display->platform->set_config(display, color, &config->base);
    }

    config->visual.buffer_mask = ST_ATTACHMENT_FRONT_LEFT_MASK | ST_ATTACHMENT_BACK_LEFT_MASK;
    if (depth_format != PIPE_FORMAT_NONE) {
        config->visual.buffer_mask |= ST_ATTACHMENT_DEPTH_STENCIL_MASK;
    }
    config->visual.color_format = color->format;
    config->visual.depth_stencil_format = depth_format;
    config->visual.accum_format = PIPE_FORMAT_NONE;
    _eglLinkConfig(&config->base);
    return true;
}

/* With every depth format. */
static bool add_visual(_EGLDisplay *egl, struct gemd_display *display, EGLint *id,
                       const struct gemd_color_format *color, unsigned visual)
{
    for (unsigned d = 0; d < COUNT(depth_formats); d++) {
        enum pipe_format depth_format;

        if (find_depth(display->screen.pipe, &depth_formats[d], &depth_format) &&
            !add_config(egl, display, ++*id, color, visual, &depth_formats[d], depth_format)) {
            return false;
        }
    }
    return true;
}

bool gemd_configs_add(_EGLDisplay *egl, struct gemd_display *display)
{
    const struct gemd_platform *platform = display->platform;
    EGLint id = 0;

    for (unsigned c = 0; c < COUNT(color_formats); c++) {
        const struct gemd_color_format *color = &color_formats[c];
        const unsigned visuals =
            platform->count_visuals ? platform->count_visuals(display, color) : 1;

        if (!supported(display->screen.pipe, color->format, PIPE_BIND_RENDER_TARGET)) {
            continue;
        }
        for (unsigned visual = 0; visual < visuals; visual++) {
            if (!add_visual(egl, display, &id, color, visual)) {
                return false;
            }
        }
    }
    return id > 0;
}
