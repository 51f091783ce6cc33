/* SPDX-License-Identifier: MIT */
/* More textures than the GTT has room for, and more than there is memory for. */
#include "tests/egl/fixture.h"

#include "tests/egl/daemon.h"

#include <stdlib.h>

#define SIDE         2048
#define OVERCOMMIT   20 /* of 16 MiB each: the GTT of a G33 maps 256 MiB */
#define DAEMON_BYTES (768ull << 20)
#define TEXTURES_MAX 100 /* twice what such a daemon could map */

static EGLDisplay open_target(void)
{
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 0);
    EGLContext context = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    EGLSurface pbuffer = fixture_pbuffer(display, config, 16, 16);

    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, context));
    return display;
}

/* A texture of one colour; what GL says of it. */
static GLenum make_texture(GLuint *name, uint32_t colour)
{
    uint32_t *texels = malloc((size_t)SIDE * SIDE * sizeof(*texels));

    assert_non_null(texels);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        texels[i] = colour;
    }
    glGenTextures(1, name);
    glBindTexture(GL_TEXTURE_2D, *name);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexEnvi(GL_TEXTURE_ENV, GL_TEXTURE_ENV_MODE, GL_REPLACE);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, SIDE, SIDE, 0, GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV,
                 texels);
    free(texels);
    return glGetError();
}

static void draw_texture(GLuint name)
{
    static const float corners[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};

    glBindTexture(GL_TEXTURE_2D, name);
    glEnable(GL_TEXTURE_2D);
    glBegin(GL_QUADS);
    for (int i = 0; i < 4; i++) {
        glTexCoord2f((corners[i][0] + 1) / 2, (corners[i][1] + 1) / 2);
        glVertex2fv(corners[i]);
    }
    glEnd();
}

static uint32_t colour_of(unsigned index)
{
    return 0xff000000u | (index * 12 + 3) << 16 | (200 - index * 9) << 8 | index * 5;
}

/* The working set does not fit, so textures leave the GTT and come back whole. */
static void test_overcommitted_gtt(void **state)
{
    GLuint names[OVERCOMMIT];
    EGLDisplay display;

    egl_daemon_start();
    display = open_target();
    for (unsigned i = 0; i < OVERCOMMIT; i++) {
        assert_int_equal(make_texture(&names[i], colour_of(i)), GL_NO_ERROR);
    }
    for (unsigned draw = 0; draw < 2 * OVERCOMMIT; draw++) {
        const uint32_t colour = colour_of(draw % OVERCOMMIT);

        draw_texture(names[draw % OVERCOMMIT]);
        fixture_assert_pixel(7, 7, colour >> 16 & 255, colour >> 8 & 255, colour & 255, 255);
    }
    assert_int_equal(glGetError(), GL_NO_ERROR);
    assert_true(egl_daemon_status("gtt_evictions") > 0);
    fixture_close(display);
    egl_daemon_teardown(state);
}

/* Out of memory is an error of GL, and what there was before it goes on. */
static void test_out_of_memory(void **state)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* the sanitizer's shadow needs the address space itself */
#endif
    GLuint names[TEXTURES_MAX];
    unsigned count = 0;
    GLenum error = GL_NO_ERROR;
    EGLDisplay display;

    egl_daemon_start_within(DAEMON_BYTES);
    display = open_target();
    while (count < TEXTURES_MAX && error == GL_NO_ERROR) {
        error = make_texture(&names[count], colour_of(count % OVERCOMMIT));
        count++;
    }
    assert_int_equal(error, GL_OUT_OF_MEMORY);
    assert_true(count > 4);

    draw_texture(names[0]);
    fixture_assert_pixel(3, 3, colour_of(0) >> 16 & 255, colour_of(0) >> 8 & 255,
                         colour_of(0) & 255, 255);
    glDeleteTextures((GLsizei)count, names);
    glFinish();
    assert_int_equal(make_texture(&names[0], 0xff123456u), GL_NO_ERROR);
    draw_texture(names[0]);
    fixture_assert_pixel(3, 3, 0x12, 0x34, 0x56, 255);
    assert_int_equal(glGetError(), GL_NO_ERROR);
    fixture_close(display);
    egl_daemon_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overcommitted_gtt),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
