/* SPDX-License-Identifier: MIT */
/* EGL images of textures and renderbuffers, and pbuffers as textures. */
#include <string.h>

#include "tests/egl/fixture.h"

#include "tests/egl/daemon.h"

/* Fills what is current with the bound texture. */
static void draw_texture(void)
{
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glEnable(GL_TEXTURE_2D);
    glTexEnvi(GL_TEXTURE_ENV, GL_TEXTURE_ENV_MODE, GL_REPLACE);
    fixture_clear(0, 0, 0, 0);
    glRectf(-1, -1, 1, 1);
}

/* A new framebuffer object and a renderbuffer without storage, both bound. */
static GLuint bind_framebuffer_object(void)
{
    PFNGLGENFRAMEBUFFERSPROC gen_framebuffers = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind_framebuffer = fixture_function("glBindFramebuffer");
    PFNGLGENRENDERBUFFERSPROC gen_renderbuffers = fixture_function("glGenRenderbuffers");
    PFNGLBINDRENDERBUFFERPROC bind_renderbuffer = fixture_function("glBindRenderbuffer");
    GLuint framebuffer, renderbuffer;

    gen_framebuffers(1, &framebuffer);
    bind_framebuffer(GL_FRAMEBUFFER, framebuffer);
    gen_renderbuffers(1, &renderbuffer);
    bind_renderbuffer(GL_RENDERBUFFER, renderbuffer);
    return renderbuffer;
}

static void attach_renderbuffer(GLuint renderbuffer)
{
    PFNGLFRAMEBUFFERRENDERBUFFERPROC attach = fixture_function("glFramebufferRenderbuffer");
    PFNGLCHECKFRAMEBUFFERSTATUSPROC check = fixture_function("glCheckFramebufferStatus");

    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, renderbuffer);
    assert_int_equal(check(GL_FRAMEBUFFER), GL_FRAMEBUFFER_COMPLETE);
}

/* A texture of one context, as an image, is a texture of another that shares nothing with it. */
static void test_texture_image(void **state)
{
    static const uint8_t purple[4] = {255, 0, 255, 255};
    void (*image_target)(GLenum, void *) = fixture_function("glEGLImageTargetTexture2DOES");
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 0);
    EGLSurface pbuffer = fixture_pbuffer(display, config, 4, 4);
    EGLContext one = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    EGLContext two = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    uint8_t pixels[4 * 4] = {0};
    GLuint texture;
    EGLImage image;

    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, one));
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    image =
        eglCreateImage(display, one, EGL_GL_TEXTURE_2D, (EGLClientBuffer)(uintptr_t)texture, NULL);
    assert_ptr_equal(image, EGL_NO_IMAGE); /* it has no pixels yet */
    assert_egl_error(EGL_BAD_PARAMETER);
    for (unsigned i = 0; i < sizeof(pixels); i++) {
        pixels[i] = purple[i % 4];
    }
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 2, 2, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    image =
        eglCreateImage(display, one, EGL_GL_TEXTURE_2D, (EGLClientBuffer)(uintptr_t)texture, NULL);
    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    glFlush();

    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, two));
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    image_target(GL_TEXTURE_2D, image);
    assert_int_equal(glGetError(), GL_NO_ERROR);
    draw_texture();
    fixture_assert_pixel(2, 2, purple[0], purple[1], purple[2], purple[3]);
    assert_true(eglDestroyImage(display, image));
    image_target(GL_TEXTURE_2D, image);
    assert_int_equal(glGetError(), GL_INVALID_VALUE);
    fixture_close(display);
}

/* Each face of a cube map, as an image, is a renderbuffer with that face's colour. */
static void test_cube_face_images(void **state)
{
    void (*image_target)(GLenum, void *) =
        fixture_function("glEGLImageTargetRenderbufferStorageOES");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context =
        fixture_context(display, EGL_NO_CONFIG_KHR, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    GLuint cube;

    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    glGenTextures(1, &cube);
    glBindTexture(GL_TEXTURE_CUBE_MAP, cube);
    glTexParameteri(GL_TEXTURE_CUBE_MAP, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    for (unsigned face = 0; face < 6; face++) {
        const uint8_t color[4] = {face * 40, 0, 255 - face, 255};

        glTexImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + face, 0, GL_RGBA, 1, 1, 0, GL_RGBA,
                     GL_UNSIGNED_BYTE, color);
    }
    for (unsigned face = 0; face < 6; face++) {
        EGLImage image = eglCreateImage(display, context, EGL_GL_TEXTURE_CUBE_MAP_POSITIVE_X + face,
                                        (EGLClientBuffer)(uintptr_t)cube, NULL);
        GLuint renderbuffer = bind_framebuffer_object();

        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        image_target(GL_RENDERBUFFER, image);
        attach_renderbuffer(renderbuffer);
        fixture_assert_pixel(0, 0, face * 40, 0, 255 - face, 255);
        assert_true(eglDestroyImage(display, image));
    }
    fixture_close(display);
}

/* Slices of a 3D texture: each keeps its colour. */
static void test_slice_images(void **state)
{
    void (*image_target)(GLenum, void *) =
        fixture_function("glEGLImageTargetRenderbufferStorageOES");
    PFNGLTEXIMAGE3DPROC image_3d = fixture_function("glTexImage3D");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context =
        fixture_context(display, EGL_NO_CONFIG_KHR, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    uint8_t texels[4][4][4][4];
    GLuint texture;

    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    for (unsigned z = 0; z < 4; z++) {
        for (unsigned i = 0; i < 16; i++) {
            const uint8_t color[4] = {(uint8_t)(z * 60), 9, 255, 255};

            memcpy(texels[z][i / 4][i % 4], color, 4);
        }
    }
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_3D, texture);
    glTexParameteri(GL_TEXTURE_3D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    image_3d(GL_TEXTURE_3D, 0, GL_RGBA, 4, 4, 4, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels);
    for (EGLAttrib z = 0; z <= 4; z++) {
        const EGLAttrib attributes[] = {EGL_GL_TEXTURE_ZOFFSET, z, EGL_NONE};
        EGLImage image = eglCreateImage(display, context, EGL_GL_TEXTURE_3D,
                                        (EGLClientBuffer)(uintptr_t)texture, attributes);

        if (z == 4) {
            assert_ptr_equal(image, EGL_NO_IMAGE);
            assert_egl_error(EGL_BAD_PARAMETER);
            break;
        }
        GLuint renderbuffer = bind_framebuffer_object();

        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        image_target(GL_RENDERBUFFER, image);
        attach_renderbuffer(renderbuffer);
        fixture_assert_pixel(3, 3, (uint8_t)(z * 60), 9, 255, 255);
        assert_true(eglDestroyImage(display, image));
    }
    fixture_close(display);
}

/* What no image can be made of, with the error that the specification names. */
static void test_unfit_textures(void **state)
{
    static const uint8_t texel[4] = {1, 2, 3, 4};
    const EGLAttrib level_1[] = {EGL_GL_TEXTURE_LEVEL, 1, EGL_NONE};
    const EGLAttrib level_minus[] = {EGL_GL_TEXTURE_LEVEL, -1, EGL_NONE};
    void (*image_target)(GLenum, void *) = fixture_function("glEGLImageTargetTexture2DOES");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context =
        fixture_context(display, EGL_NO_CONFIG_KHR, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    GLuint textures[3];

    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    glGenTextures(3, textures);
    glBindTexture(GL_TEXTURE_2D, textures[0]); /* without an image */
    glBindTexture(GL_TEXTURE_2D, textures[1]);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 1, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, texel);
    EGLImage good = eglCreateImage(display, context, EGL_GL_TEXTURE_2D,
                                   (EGLClientBuffer)(uintptr_t)textures[1], NULL);

    assert_ptr_not_equal(good, EGL_NO_IMAGE);
    glBindTexture(GL_TEXTURE_2D, textures[2]); /* of an image */
    image_target(GL_TEXTURE_2D, good);

    const struct {
        EGLContext context;
        EGLenum target;
        GLuint name;
        const EGLAttrib *attributes;
        EGLint error;
    } cases[] = {
        {context, EGL_GL_TEXTURE_2D, 0, NULL, EGL_BAD_PARAMETER},
        {context, EGL_GL_TEXTURE_2D, 7777, NULL, EGL_BAD_PARAMETER},
        {context, EGL_GL_TEXTURE_2D, textures[0], NULL, EGL_BAD_PARAMETER},
        {context, EGL_GL_TEXTURE_3D, textures[1], NULL, EGL_BAD_PARAMETER},
        {context, EGL_GL_TEXTURE_CUBE_MAP_POSITIVE_X, textures[1], NULL, EGL_BAD_PARAMETER},
        {context, EGL_GL_TEXTURE_2D, textures[1], level_1, EGL_BAD_MATCH},
        {context, EGL_GL_TEXTURE_2D, textures[1], level_minus, EGL_BAD_MATCH},
        {context, EGL_GL_TEXTURE_2D, textures[2], NULL, EGL_BAD_ACCESS},
        {EGL_NO_CONTEXT, EGL_GL_TEXTURE_2D, textures[1], NULL, EGL_BAD_PARAMETER},
        {EGL_NO_CONTEXT, EGL_GL_RENDERBUFFER, 1, NULL, EGL_BAD_PARAMETER},
        {context, 0x1234, textures[1], NULL, EGL_BAD_PARAMETER},
        {(EGLContext)&context, EGL_GL_TEXTURE_2D, textures[1], NULL, EGL_BAD_CONTEXT},
    };

    for (unsigned i = 0; i < COUNT(cases); i++) {
        EGLImage image =
            eglCreateImage(display, cases[i].context, cases[i].target,
                           (EGLClientBuffer)(uintptr_t)cases[i].name, cases[i].attributes);
        EGLint error = eglGetError();

        if (image != EGL_NO_IMAGE || error != cases[i].error) {
            fail_msg("case %u: image %p, error 0x%x", i, image, error);
        }
    }
    fixture_close(display);
}

/* A renderbuffer, as an image, is drawn into through a renderbuffer of another context. */
static void test_renderbuffer_image(void **state)
{
    void (*image_target)(GLenum, void *) =
        fixture_function("glEGLImageTargetRenderbufferStorageOES");
    PFNGLRENDERBUFFERSTORAGEPROC storage = fixture_function("glRenderbufferStorage");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext contexts[2];
    EGLImage image = EGL_NO_IMAGE;

    for (int i = 0; i < 2; i++) {
        GLuint renderbuffer;

        contexts[i] =
            fixture_context(display, EGL_NO_CONFIG_KHR, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
        assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, contexts[i]));
        renderbuffer = bind_framebuffer_object();
        if (i == 0) {
            storage(GL_RENDERBUFFER, GL_RGBA8, 8, 8);
            image = eglCreateImage(display, contexts[0], EGL_GL_RENDERBUFFER,
                                   (EGLClientBuffer)(uintptr_t)renderbuffer, NULL);
            assert_ptr_not_equal(image, EGL_NO_IMAGE);
        } else {
            image_target(GL_RENDERBUFFER, image);
        }
        attach_renderbuffer(renderbuffer);
    }
    fixture_clear(0, 1, 0, 0);
    glFinish();
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, contexts[0]));
    fixture_assert_pixel(7, 7, 0, 255, 0, 0);
    assert_true(eglDestroyImage(display, image));
    image = eglCreateImage(display, contexts[0], EGL_GL_RENDERBUFFER, (EGLClientBuffer)77, NULL);
    assert_ptr_equal(image, EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    fixture_close(display);
}

/* A pbuffer that was drawn into, bound as a texture. */
static void test_bind_tex_image(void **state)
{
    const EGLint attributes[] = {EGL_WIDTH,
                                 4,
                                 EGL_HEIGHT,
                                 4,
                                 EGL_TEXTURE_FORMAT,
                                 EGL_TEXTURE_RGBA,
                                 EGL_TEXTURE_TARGET,
                                 EGL_TEXTURE_2D,
                                 EGL_NONE};
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 0);
    EGLContext context = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    EGLSurface source = eglCreatePbufferSurface(display, config, attributes);
    EGLSurface target = fixture_pbuffer(display, config, 4, 4);

    assert_ptr_not_equal(source, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(display, source, source, context));
    fixture_clear(0, 0, 1, 1);
    assert_true(eglMakeCurrent(display, target, target, context));
    assert_false(eglBindTexImage(display, target, EGL_BACK_BUFFER));
    assert_egl_error(EGL_BAD_MATCH);
    assert_true(eglBindTexImage(display, source, EGL_BACK_BUFFER));
    draw_texture();
    fixture_assert_pixel(1, 1, 0, 0, 255, 255);
    assert_true(eglReleaseTexImage(display, source, EGL_BACK_BUFFER));
    fixture_close(display);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texture_image),      cmocka_unit_test(test_cube_face_images),
        cmocka_unit_test(test_slice_images),       cmocka_unit_test(test_unfit_textures),
        cmocka_unit_test(test_renderbuffer_image), cmocka_unit_test(test_bind_tex_image),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
