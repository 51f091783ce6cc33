/* SPDX-License-Identifier: MIT */
/* Images as memory files. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "tests/egl/daemon.h"
#include "tests/egl/memory_picture.h"

#define SIDE   8
#define STRIDE 64 /* bytes */
#define BYTES  4096

static bool has_extension(EGLDisplay display, const char *name)
{
    return strstr(eglQueryString(display, EGL_EXTENSIONS), name) != NULL;
}

static GLuint new_texture(unsigned side, const uint8_t color[4])
{
    uint8_t *texels = malloc((size_t)side * side * 4);
    GLuint texture;

    assert_non_null(texels);
    for (unsigned i = 0; i < side * side; i++) {
        memcpy(texels + i * 4, color, 4);
    }
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)side, (GLsizei)side, 0, GL_RGBA,
                 GL_UNSIGNED_BYTE, texels);
    free(texels);
    return texture;
}

static EGLImage image_of(EGLDisplay display, EGLContext context, GLuint texture)
{
    EGLImage image = eglCreateImage(display, context, EGL_GL_TEXTURE_2D,
                                    (EGLClientBuffer)(uintptr_t)texture, NULL);

    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    return image;
}

/* Draws into a texture. */
static void clear_texture(GLuint texture, float red, float green, float blue)
{
    PFNGLGENFRAMEBUFFERSPROC gen = fixture_function("glGenFramebuffers");
    PFNGLDELETEFRAMEBUFFERSPROC delete = fixture_function("glDeleteFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = fixture_function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC attach = fixture_function("glFramebufferTexture2D");
    GLuint framebuffer;

    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER, framebuffer);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    fixture_clear(red, green, blue, 1);
    bind(GL_FRAMEBUFFER, 0);
    delete (1, &framebuffer);
}

static const uint8_t *map_file(int fd, size_t *bytes)
{
    struct stat file;
    void *map;

    assert_int_equal(fstat(fd, &file), 0);
    *bytes = (size_t)file.st_size;
    map = mmap(NULL, *bytes, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    return map;
}

/* A texture that lay in an arena is in a file, and what is drawn before and after shows there. */
static void a_texture_becomes_a_file(void **state)
{
    PFNEGLEXPORTDMABUFIMAGEQUERYMESAPROC query = fixture_function("eglExportDMABUFImageQueryMESA");
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = fixture_function("eglExportDMABUFImageMESA");
    EGLDisplay display = fixture_display(0), other = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context = current_es2(display), there;
    static const uint8_t color[4] = {10, 20, 30, 40}, red[4] = {255, 0, 0, 255};
    GLuint texture = new_texture(32, color);
    EGLImage image = image_of(display, context, texture), imported;
    EGLint fourcc = 0, planes = 0, stride = 0, offset = -1;
    int fd = -1, again = -1;
    EGLuint64KHR modifier = 1;
    const uint8_t *map;
    size_t bytes;

    if (!has_extension(display, "EGL_MESA_image_dma_buf_export")) {
        assert_false(query(display, image, &fourcc, &planes, &modifier));
        assert_egl_error(EGL_BAD_ACCESS);
        assert_false(export(display, image, &fd, &stride, &offset));
        assert_egl_error(EGL_BAD_ACCESS);
        assert_int_equal(fd, -1);
        fixture_close(other);
        fixture_close(display);
        return;
    }
    assert_true(query(display, image, &fourcc, &planes, &modifier));
    assert_int_equal(planes, 1);
    assert_int_equal(modifier, DRM_FORMAT_MOD_LINEAR);
    assert_true(export(display, image, &fd, &stride, &offset));
    map = map_file(fd, &bytes);
    if (fourcc == DRM_FORMAT_ABGR8888) {
        assert_memory_equal(map + offset + 31 * stride + 31 * 4, color, 4);
    } else {
        assert_int_equal(fourcc, DRM_FORMAT_ARGB8888);
        assert_int_equal(map[offset + 31 * stride + 31 * 4], color[2]);
    }

    /* Later drawing shows. */
    clear_texture(texture, 1, 0, 0);
    glFinish();
    imported = import_picture(other, fd, fourcc, 32, 32, offset, stride);
    assert_ptr_not_equal(imported, EGL_NO_IMAGE);
    there = current_es2(other);
    draw_image(imported, GL_TEXTURE_2D);
    fixture_assert_pixel(7, 7, red[0], red[1], red[2], red[3]);

    /* And what the other one draws shows here. */
    void (*image_target)(GLenum, void *) = fixture_function("glEGLImageTargetTexture2DOES");
    GLuint target;

    glGenTextures(1, &target);
    glBindTexture(GL_TEXTURE_2D, target);
    image_target(GL_TEXTURE_2D, imported);
    clear_texture(target, 0, 0, 1);
    glFinish();
    assert_ptr_not_equal(there, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(display, eglGetCurrentSurface(EGL_DRAW), EGL_NO_SURFACE,
                               EGL_NO_CONTEXT) == EGL_FALSE);
    eglGetError();
    assert_true(eglMakeCurrent(other, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));

    PFNGLGENFRAMEBUFFERSPROC gen = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = fixture_function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC attach = fixture_function("glFramebufferTexture2D");
    GLuint framebuffer;

    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER, framebuffer);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    fixture_assert_pixel(31, 31, 0, 0, 255, 255);

    /* The same file each time. */
    struct stat one, two;

    assert_true(export(display, image, &again, NULL, NULL));
    assert_int_equal(fstat(fd, &one), 0);
    assert_int_equal(fstat(again, &two), 0);
    assert_int_equal(one.st_ino, two.st_ino);
    close(again);
    const unsigned descriptors = count_descriptors();
    assert_true(export(display, image, NULL, &stride, &offset));
    assert_int_equal(count_descriptors(), descriptors);
    munmap((void *)(uintptr_t)map, bytes);
    close(fd);
    fixture_close(other);
    fixture_close(display);
}

/* An exported texture is drawn from and into as before by commands that were not submitted yet. */
static void pending_drawing_follows_the_texture(void **state)
{
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = fixture_function("eglExportDMABUFImageMESA");
    EGLDisplay display = fixture_display(0);
    EGLContext one = current_es2(display), two;
    EGLSurface surface = eglGetCurrentSurface(EGL_DRAW);
    static const uint8_t color[4] = {10, 20, 30, 40};
    GLuint texture = new_texture(16, color);
    EGLImage image = image_of(display, one, texture);
    EGLint stride = 0, offset = 0;
    const uint8_t *map;
    size_t bytes;
    int fd = -1;

    if (has_extension(display, "EGL_MESA_image_dma_buf_export")) {
        two = fixture_context(display, fixture_config(display, 8, 8, 0), EGL_OPENGL_ES_API, 2, one);
        clear_texture(texture, 0, 1, 0); /* in the batch of 'one', perhaps */
        assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, two));
        assert_true(export(display, image, &fd, &stride, &offset));
        assert_true(eglMakeCurrent(display, surface, surface, one));
        draw_image(image, GL_TEXTURE_2D);
        fixture_assert_pixel(3, 3, 0, 255, 0, 255);
        map = map_file(fd, &bytes);
        assert_int_equal(map[offset + 5 * stride + 1], 255);
        munmap((void *)(uintptr_t)map, bytes);
        close(fd);
    }
    fixture_close(display);
}

struct painter {
    EGLDisplay display;
    EGLContext context;
    GLuint texture;
    pthread_barrier_t drawn, given;
};

static void *paint(void *data)
{
    struct painter *painter = data;

    assert_true(eglMakeCurrent(painter->display, EGL_NO_SURFACE, EGL_NO_SURFACE, painter->context));
    for (unsigned i = 0; i < 4; i++) {
        clear_texture(painter->texture, (float)(i % 2), 0, 0);
        glFlush();
    }
    clear_texture(painter->texture, 0, 1, 0); /* not submitted */
    pthread_barrier_wait(&painter->drawn);
    pthread_barrier_wait(&painter->given);
    glFinish();
    assert_true(eglMakeCurrent(painter->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    eglReleaseThread();
    return NULL;
}

/* It is given away in the midst of another thread's drawing, whose end must be in the file. */
static void drawing_of_another_thread_follows_the_texture(void **state)
{
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = fixture_function("eglExportDMABUFImageMESA");
    EGLDisplay display = fixture_display(0);
    EGLContext one = current_es2(display);
    static const uint8_t color[4] = {10, 20, 30, 40};
    EGLConfig config = fixture_config(display, 8, 8, 0);

    for (unsigned i = 0; i < 4 && has_extension(display, "EGL_MESA_image_dma_buf_export"); i++) {
        struct painter painter = {.display = display, .texture = new_texture(32, color)};
        EGLImage image = image_of(display, one, painter.texture);
        EGLint stride = 0, offset = 0;
        pthread_t thread;
        int fd = -1;
        size_t bytes;

        glFinish();
        painter.context = fixture_context(display, config, EGL_OPENGL_ES_API, 2, one);
        pthread_barrier_init(&painter.drawn, NULL, 2);
        pthread_barrier_init(&painter.given, NULL, 2);
        assert_int_equal(pthread_create(&thread, NULL, paint, &painter), 0);
        if (i % 2 == 0) {
            pthread_barrier_wait(&painter.drawn); /* else at once, in the midst of it */
        }
        assert_true(export(display, image, &fd, &stride, &offset));
        if (i % 2 != 0) {
            pthread_barrier_wait(&painter.drawn);
        }
        pthread_barrier_wait(&painter.given);
        pthread_join(thread, NULL);
        pthread_barrier_destroy(&painter.drawn);
        pthread_barrier_destroy(&painter.given);
        const uint8_t *map = map_file(fd, &bytes);
        const uint8_t *pixel = map + offset + 31 * stride + 31 * 4;

        assert_int_equal(pixel[0] + pixel[2], 0);
        assert_int_equal(pixel[1], 255);
        assert_int_equal(pixel[3], 255);
        munmap((void *)(uintptr_t)map, bytes);
        close(fd);
        assert_true(eglDestroyImage(display, image));
        assert_true(eglDestroyContext(display, painter.context));
    }
    fixture_close(display);
}

/* What no dma-buf can be. */
static void depth_is_not_exported(void **state)
{
    PFNEGLEXPORTDMABUFIMAGEQUERYMESAPROC query = fixture_function("eglExportDMABUFImageQueryMESA");
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = fixture_function("eglExportDMABUFImageMESA");
    PFNGLGENRENDERBUFFERSPROC gen = fixture_function("glGenRenderbuffers");
    PFNGLBINDRENDERBUFFERPROC bind = fixture_function("glBindRenderbuffer");
    PFNGLRENDERBUFFERSTORAGEPROC storage = fixture_function("glRenderbufferStorage");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context = fixture_context(display, NULL, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    GLuint renderbuffer;
    EGLImage image;
    int fd = -1;

    if (has_extension(display, "EGL_MESA_image_dma_buf_export")) {
        assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
        gen(1, &renderbuffer);
        bind(GL_RENDERBUFFER, renderbuffer);
        storage(GL_RENDERBUFFER, GL_DEPTH_COMPONENT24, 8, 8);
        image = eglCreateImage(display, context, EGL_GL_RENDERBUFFER,
                               (EGLClientBuffer)(uintptr_t)renderbuffer, NULL);
        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        assert_false(query(display, image, NULL, NULL, NULL));
        assert_egl_error(EGL_BAD_MATCH);
        assert_false(export(display, image, &fd, NULL, NULL));
        assert_egl_error(EGL_BAD_MATCH);
        assert_int_equal(fd, -1);
        assert_false(export(display, (EGLImage)0x1234, &fd, NULL, NULL));
        assert_egl_error(EGL_BAD_PARAMETER);
    }
    fixture_close(display);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_texture_becomes_a_file),
        cmocka_unit_test(pending_drawing_follows_the_texture),
        cmocka_unit_test(drawing_of_another_thread_follows_the_texture),
        cmocka_unit_test(depth_is_not_exported),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
