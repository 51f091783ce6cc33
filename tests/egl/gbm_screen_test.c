/* SPDX-License-Identifier: MIT */
/*
 * Frames of GBM on the screen of the DRM adapter, under gemd-run --drm --egl: what a flip shows is
 * what was drawn, all of it, though two sessions of the daemon have to do with it.
 */
#include "tests/egl/fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm.h>
#include <drm_mode.h>
#include <gbm.h>

#include "proto/gemd.h"

#define FRAMES 12
#define LAYERS 24 /* that each frame has, one over the other: work for the GPU */

struct screen {
    int card;
    uint32_t crtc, connector;
    struct drm_mode_modeinfo mode;
    struct gbm_device *device;
    EGLDisplay display;
    EGLConfig config;
    EGLContext context;
    struct gemd_session *observer;
    bool is_on;
};

static void ask(const struct screen *screen, unsigned long request, void *argument)
{
    assert_int_equal(ioctl(screen->card, request, argument), 0);
}

static void find_mode(struct screen *screen)
{
    struct drm_mode_card_res resources = {
        .crtc_id_ptr = (uintptr_t)&screen->crtc,
        .connector_id_ptr = (uintptr_t)&screen->connector,
        .count_crtcs = 1,
        .count_connectors = 1,
    };
    struct drm_mode_modeinfo modes[32];
    struct drm_mode_get_connector connector = {.modes_ptr = (uintptr_t)modes,
                                               .count_modes = COUNT(modes)};

    ask(screen, DRM_IOCTL_MODE_GETRESOURCES, &resources);
    assert_int_equal(resources.count_crtcs, 1);
    assert_int_equal(resources.count_connectors, 1);
    connector.connector_id = screen->connector;
    ask(screen, DRM_IOCTL_MODE_GETCONNECTOR, &connector);
    assert_true(connector.count_modes > 0 && connector.count_modes <= COUNT(modes));
    /* The smallest: pixels take time. */
    screen->mode = modes[0];
    for (unsigned i = 1; i < connector.count_modes; i++) {
        if (modes[i].hdisplay < screen->mode.hdisplay) {
            screen->mode = modes[i];
        }
    }
}

static void open_screen(struct screen *screen)
{
    const struct gemd_connect_options options = {.role = GEMD_ROLE_OPERATOR, .name = "observer"};
    char reason[GEMD_TEXT_MAX];

    *screen = (struct screen){.card = open("/dev/dri/card0", O_RDWR | O_CLOEXEC)};
    assert_true(screen->card >= 0);
    find_mode(screen);
    screen->device = gbm_create_device(screen->card);
    assert_non_null(screen->device);
    assert_string_equal(gbm_device_get_backend_name(screen->device), "gemd");
    screen->display = eglGetPlatformDisplay(EGL_PLATFORM_GBM_KHR, screen->device, NULL);
    assert_true(eglInitialize(screen->display, NULL, NULL));
    screen->config = fixture_config(screen->display, 8, 0, 0);
    screen->context =
        fixture_context(screen->display, screen->config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    assert_int_equal(gemd_session_open(&options, &screen->observer, reason), 0);
}

static void close_screen(struct screen *screen)
{
    gemd_session_close(screen->observer);
    fixture_close(screen->display);
    gbm_device_destroy(screen->device);
    close(screen->card);
}

/* ---- showing ---- */

static void remove_framebuffer(struct gbm_bo *bo, void *data)
{
    uint32_t framebuffer = (uint32_t)(uintptr_t)data;
    const int card = gbm_device_get_fd(gbm_bo_get_device(bo));

    assert_int_equal(ioctl(card, DRM_IOCTL_MODE_RMFB, &framebuffer), 0);
}

static uint32_t framebuffer_of(const struct screen *screen, struct gbm_bo *bo)
{
    struct drm_mode_fb_cmd2 command = {
        .width = gbm_bo_get_width(bo),
        .height = gbm_bo_get_height(bo),
        .pixel_format = gbm_bo_get_format(bo),
        .handles = {gbm_bo_get_handle(bo).u32},
        .pitches = {gbm_bo_get_stride(bo)},
        .offsets = {gbm_bo_get_offset(bo, 0)},
    };

    if (gbm_bo_get_user_data(bo) == NULL) {
        ask(screen, DRM_IOCTL_MODE_ADDFB2, &command);
        gbm_bo_set_user_data(bo, (void *)(uintptr_t)command.fb_id, remove_framebuffer);
    }
    return (uint32_t)(uintptr_t)gbm_bo_get_user_data(bo);
}

/* When it returns the frame is on the screen. */
static void show(struct screen *screen, struct gbm_bo *bo)
{
    uint32_t connector = screen->connector;
    struct drm_mode_crtc set = {
        .set_connectors_ptr = (uintptr_t)&connector,
        .count_connectors = 1,
        .crtc_id = screen->crtc,
        .fb_id = framebuffer_of(screen, bo),
        .mode_valid = 1,
        .mode = screen->mode,
    };
    struct drm_mode_crtc_page_flip flip = {
        .crtc_id = screen->crtc, .fb_id = set.fb_id, .flags = DRM_MODE_PAGE_FLIP_EVENT};
    struct drm_event_vblank event;

    if (!screen->is_on) {
        ask(screen, DRM_IOCTL_MODE_SETCRTC, &set);
        screen->is_on = true;
        return;
    }
    ask(screen, DRM_IOCTL_MODE_PAGE_FLIP, &flip);
    assert_int_equal(read(screen->card, &event, sizeof(event)), sizeof(event));
    assert_int_equal(event.base.type, DRM_EVENT_FLIP_COMPLETE);
}

/* Every pixel of it. */
static void assert_shown(const struct screen *screen, uint32_t pixel)
{
    struct gemd_screenshot shot;

    assert_int_equal(gemd_take_screenshot(screen->observer, &shot), 0);
    assert_int_equal(shot.width, screen->mode.hdisplay);
    assert_int_equal(shot.height, screen->mode.vdisplay);
    for (uint32_t y = 0; y < shot.height; y++) {
        for (uint32_t x = 0; x < shot.width; x++) {
            uint32_t there;

            memcpy(&there, (const uint8_t *)shot.pixels + (size_t)y * shot.stride + x * 4,
                   sizeof(there));
            if ((there & 0xffffff) != pixel) {
                fail_msg("pixel %u,%u is 0x%06x, not 0x%06x", x, y, there & 0xffffff, pixel);
            }
        }
    }
    gemd_screenshot_free(&shot);
}

/* ---- drawing ---- */

/* Layers of other colours, and the frame's own over them. What it is then. */
static uint32_t draw(unsigned frame)
{
    const unsigned green = frame * 255 / FRAMES, blue = 255 - green;

    for (unsigned layer = 0; layer <= LAYERS; layer++) {
        if (layer < LAYERS) {
            glColor3f(1, 1, (float)layer / LAYERS);
        } else {
            glColor3ub(0, (GLubyte)green, (GLubyte)blue);
        }
        glRectf(-1, -1, 1, 1);
    }
    return green << 8 | blue;
}

static void surfaces_are_shown_when_they_are_drawn(void **state)
{
    struct gbm_bo *shown = NULL;
    struct screen screen;

    open_screen(&screen);
    struct gbm_surface *native =
        gbm_surface_create(screen.device, screen.mode.hdisplay, screen.mode.vdisplay,
                           GBM_FORMAT_XRGB8888, GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
    EGLSurface window = eglCreatePlatformWindowSurface(screen.display, screen.config, native, NULL);
    assert_true(eglMakeCurrent(screen.display, window, window, screen.context));
    for (unsigned i = 0; i < FRAMES; i++) {
        const uint32_t pixel = draw(i);

        assert_true(eglSwapBuffers(screen.display, window));
        struct gbm_bo *bo = gbm_surface_lock_front_buffer(native);
        assert_non_null(bo);
        show(&screen, bo);
        assert_shown(&screen, pixel);
        if (shown != NULL) {
            gbm_surface_release_buffer(native, shown);
        }
        shown = bo;
    }
    assert_true(eglMakeCurrent(screen.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglDestroySurface(screen.display, window));
    gbm_surface_destroy(native);
    close_screen(&screen);
}

/* Two buffers in turn, and nothing but a flush before each flip. */
static void images_are_shown_when_they_are_drawn(void **state)
{
    PFNGLEGLIMAGETARGETTEXTURE2DOESPROC target = fixture_function("glEGLImageTargetTexture2DOES");
    PFNGLGENFRAMEBUFFERSPROC gen = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = fixture_function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC attach = fixture_function("glFramebufferTexture2D");
    GLuint textures[2], framebuffers[2];
    struct gbm_bo *bos[2];
    struct screen screen;

    open_screen(&screen);
    assert_true(eglMakeCurrent(screen.display, EGL_NO_SURFACE, EGL_NO_SURFACE, screen.context));
    glViewport(0, 0, screen.mode.hdisplay, screen.mode.vdisplay);
    glGenTextures(2, textures);
    gen(2, framebuffers);
    for (unsigned i = 0; i < 2; i++) {
        bos[i] = gbm_bo_create(screen.device, screen.mode.hdisplay, screen.mode.vdisplay,
                               GBM_FORMAT_XRGB8888, GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
        EGLImage image = eglCreateImage(screen.display, EGL_NO_CONTEXT, EGL_NATIVE_PIXMAP_KHR,
                                        (EGLClientBuffer)bos[i], NULL);
        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        glBindTexture(GL_TEXTURE_2D, textures[i]);
        target(GL_TEXTURE_2D, image);
        assert_true(eglDestroyImage(screen.display, image));
        bind(GL_FRAMEBUFFER, framebuffers[i]);
        attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, textures[i], 0);
    }
    glBindTexture(GL_TEXTURE_2D, 0);
    for (unsigned i = 0; i < FRAMES; i++) {
        bind(GL_FRAMEBUFFER, framebuffers[i % 2]);
        const uint32_t pixel = draw(i);

        glFlush();
        show(&screen, bos[i % 2]);
        assert_shown(&screen, pixel);
    }
    gbm_bo_destroy(bos[0]);
    gbm_bo_destroy(bos[1]);
    close_screen(&screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surfaces_are_shown_when_they_are_drawn),
        cmocka_unit_test(images_are_shown_when_they_are_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
