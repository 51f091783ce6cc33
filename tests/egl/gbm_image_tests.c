/* SPDX-License-Identifier: MIT */
/* Images of buffers. */
#include "tests/egl/gbm_scene.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/egl/daemon.h"
#include "tests/egl/gbm_tests.h"

static EGLImage image_of(const struct gbm_scene *scene, EGLContext context, void *bo)
{
    return eglCreateImage(scene->display, context, EGL_NATIVE_PIXMAP_KHR, (EGLClientBuffer)bo,
                          NULL);
}

/* Draws into a buffer by a framebuffer object, as compositors without surfaces do. */
void test_image(void **state)
{
    PFNGLEGLIMAGETARGETTEXTURE2DOESPROC target = fixture_function("glEGLImageTargetTexture2DOES");
    PFNGLGENFRAMEBUFFERSPROC gen = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = fixture_function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC attach = fixture_function("glFramebufferTexture2D");
    struct gbm_scene scene;
    GLuint texture, framebuffer;

    gbm_scene_open_display(&scene);
    assert_non_null(strstr(eglQueryString(scene.display, EGL_EXTENSIONS), "EGL_KHR_image_pixmap"));
    EGLContext context =
        fixture_context(scene.display, scene.config, EGL_OPENGL_ES_API, 2, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    struct gbm_bo *bo = gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888,
                                      GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
    EGLImage image = image_of(&scene, EGL_NO_CONTEXT, bo);
    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    target(GL_TEXTURE_2D, image);
    assert_true(eglDestroyImage(scene.display, image));
    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER, framebuffer);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    for (unsigned i = 0; i < 20; i++) {
        fixture_clear(1, i % 2 == 0, 0, 1);
        /* Whoever reads a buffer that is drawn so has only this to go by. */
        glFlush();
        assert_int_equal(gbm_scene_pixel(bo, WIDTH - 1, HEIGHT - 1),
                         i % 2 == 0 ? 0xffff00 : 0xff0000);
    }
    gbm_bo_destroy(bo);
    gbm_scene_close(&scene);
}

/* And back: what GL has drawn is a buffer to show. Software has no images to give away. */
void test_image_import(void **state)
{
    uint16_t pixels[16 * 8];
    struct gbm_scene scene;
    GLuint texture;

    gbm_scene_open_display(&scene);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, scene.context));
    for (unsigned i = 0; i < COUNT(pixels); i++) {
        pixels[i] = (uint16_t)(i * 0x0183);
    }
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGB565, 16, 8, 0, GL_RGB, GL_UNSIGNED_SHORT_5_6_5, pixels);
    EGLImage image = eglCreateImage(scene.display, scene.context, EGL_GL_TEXTURE_2D,
                                    (EGLClientBuffer)(uintptr_t)texture, NULL);
    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    struct gbm_bo *bo = gbm_bo_import(scene.device, GBM_BO_IMPORT_EGL_IMAGE, image, 0);
    if (strstr(eglQueryString(scene.display, EGL_EXTENSIONS), "MESA_image_dma_buf_export")) {
        assert_non_null(bo);
        assert_int_equal(gbm_bo_get_width(bo), 16);
        assert_int_equal(gbm_bo_get_height(bo), 8);
        assert_int_equal(gbm_bo_get_format(bo), GBM_FORMAT_RGB565);
        assert_int_equal(gbm_scene_pixel(bo, 2, 3) & 0xffff, 50 * 0x0183);
        gbm_bo_destroy(bo);
    } else {
        assert_null(bo);
    }
    assert_true(eglDestroyImage(scene.display, image));
    assert_null(gbm_bo_import(scene.device, GBM_BO_IMPORT_EGL_IMAGE, image, 0));
    assert_int_equal(errno, EINVAL);
    gbm_scene_close(&scene);
}

void test_bad_images(void **state)
{
    struct gbm_scene scene;
    uint32_t junk[8] = {0};

    gbm_scene_open_display(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, 8, 8, GBM_FORMAT_XRGB8888, 0);
    assert_ptr_equal(image_of(&scene, EGL_NO_CONTEXT, NULL), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_ptr_equal(image_of(&scene, EGL_NO_CONTEXT, junk), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_ptr_equal(image_of(&scene, scene.context, bo), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    gbm_bo_destroy(bo);
    assert_ptr_equal(image_of(&scene, EGL_NO_CONTEXT, bo), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    if (gbm_device_say_tiles(true)) {
        bo = gbm_bo_create(scene.device, 128, 8, GBM_FORMAT_XRGB8888, 0);
        struct gbm_import_fd_data data = {.fd = gbm_bo_get_fd(bo),
                                          .width = 128,
                                          .height = 8,
                                          .stride = 512,
                                          .format = GBM_FORMAT_XRGB8888};
        struct gbm_bo *tiles = gbm_bo_import(scene.device, GBM_BO_IMPORT_FD, &data, 0);
        assert_non_null(tiles);
        assert_ptr_equal(image_of(&scene, EGL_NO_CONTEXT, tiles), EGL_NO_IMAGE);
        assert_egl_error(EGL_BAD_MATCH);
        gbm_bo_destroy(tiles);
        gbm_bo_destroy(bo);
        close(data.fd);
        gbm_device_say_tiles(false);
    }
    gbm_scene_close(&scene);
}
