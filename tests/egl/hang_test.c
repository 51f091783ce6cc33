/* SPDX-License-Identifier: MIT */
/*
 * GL programs whose batches hang the GPU, by the daemon's chaos mode, which knows them by their
 * name: what they are told, and what those beside them see.
 */
#include "tests/egl/fixture.h"

#include <errno.h>
#include <string.h>

#include "tests/egl/daemon.h"

static char guilty[] = "guilty", innocent[] = "innocent";

struct party {
    EGLDisplay display;
    EGLContext context;
    GLuint texture, framebuffer;
};

static EGLContext robust_context(EGLDisplay display, EGLenum api)
{
    const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION,
                                 2,
                                 EGL_CONTEXT_OPENGL_ROBUST_ACCESS,
                                 EGL_TRUE,
                                 EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY,
                                 EGL_LOSE_CONTEXT_ON_RESET,
                                 EGL_NONE};

    assert_true(eglBindAPI(api));
    EGLContext context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
    assert_ptr_not_equal(context, EGL_NO_CONTEXT);
    return context;
}

static void make_current(const struct party *party)
{
    assert_true(eglMakeCurrent(party->display, EGL_NO_SURFACE, EGL_NO_SURFACE, party->context));
}

/* Something to draw to. */
static void make_target(struct party *party)
{
    void (*gen_framebuffers)(GLsizei, GLuint *) = fixture_function("glGenFramebuffers");
    void (*bind_framebuffer)(GLenum, GLuint) = fixture_function("glBindFramebuffer");
    void (*framebuffer_texture)(GLenum, GLenum, GLenum, GLuint, GLint) =
        fixture_function("glFramebufferTexture2D");

    make_current(party);
    glGenTextures(1, &party->texture);
    glBindTexture(GL_TEXTURE_2D, party->texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 256, 256, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    gen_framebuffers(1, &party->framebuffer);
    bind_framebuffer(GL_FRAMEBUFFER, party->framebuffer);
    framebuffer_texture(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, party->texture, 0);
}

/* Its session has the name; platforms have a display, and so a session, each. */
static void join(struct party *party, char *name, EGLenum platform, EGLenum api)
{
    program_invocation_short_name = name;
    party->display = fixture_display(platform);
    party->context = robust_context(party->display, api);
    make_target(party);
}

static void draw(const struct party *party, float green)
{
    make_current(party);
    fixture_clear(0, green, 0, 1);
    glFinish();
}

static GLenum status_by(const struct party *party, const char *function)
{
    GLenum (*reset_status)(void) = fixture_function(function);

    make_current(party);
    return reset_status();
}

static void tell_the_guilty(EGLenum api, const char *function)
{
    struct party party;

    join(&party, guilty, 0, api);
    assert_int_equal(status_by(&party, function), GL_NO_ERROR);
    draw(&party, 1);
    assert_int_equal(status_by(&party, function), GL_GUILTY_CONTEXT_RESET_ARB);
    draw(&party, 1); /* goes nowhere, and harms nobody */

    /* Another context begins anew, with the same fate. */
    const EGLContext old = party.context;
    party.context = robust_context(party.display, api);
    make_target(&party);
    assert_int_equal(status_by(&party, function), GL_NO_ERROR);
    draw(&party, 1);
    assert_int_equal(status_by(&party, function), GL_GUILTY_CONTEXT_RESET_ARB);
    assert_true(eglDestroyContext(party.display, old));
    fixture_close(party.display);
}

static void test_gl(void **state)
{
    tell_the_guilty(EGL_OPENGL_API, "glGetGraphicsResetStatusARB");
    assert_int_equal(egl_daemon_status("hangs"), 2);
    assert_int_equal(egl_daemon_status("buffers"), 0);
}

static void test_gles(void **state)
{
    tell_the_guilty(EGL_OPENGL_ES_API, "glGetGraphicsResetStatusEXT");
    tell_the_guilty(EGL_OPENGL_ES_API, "glGetGraphicsResetStatusKHR");
}

/* Session beside session, of one process here, as of two. */
static void test_innocents_see_nothing(void **state)
{
    struct party bystander, culprit;

    join(&bystander, innocent, EGL_PLATFORM_SURFACELESS_MESA, EGL_OPENGL_API);
    join(&culprit, guilty, 0, EGL_OPENGL_API);
    for (unsigned i = 0; i < 6; i++) {
        const float green = (float)(i % 2);

        make_current(&bystander);
        fixture_clear(0, green, 0, 1);
        glFlush();
        draw(&culprit, 1);
        assert_int_equal(status_by(&culprit, "glGetGraphicsResetStatusARB"),
                         GL_GUILTY_CONTEXT_RESET_ARB);
        make_current(&bystander);
        fixture_assert_pixel(100, 100, 0, i % 2 != 0 ? 255 : 0, 0, 255);
        assert_int_equal(status_by(&bystander, "glGetGraphicsResetStatusARB"), GL_NO_ERROR);
        culprit.context = robust_context(culprit.display, EGL_OPENGL_API); /* it comes back */
        make_target(&culprit);
    }
    assert_int_equal(egl_daemon_status("innocents_lost"), 0);
    fixture_close(culprit.display);
    make_current(&bystander);
    fixture_close(bystander.display);
}

static int start(void **state)
{
    static const char *const arguments[] = {
        "--chaos", "1,hang=1000,session=guilty", "--hang-ban", "off", "--log", "warning", NULL};

    egl_daemon_start_with(arguments);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gl),
        cmocka_unit_test(test_gles),
        cmocka_unit_test(test_innocents_see_nothing),
    };

    return cmocka_run_group_tests(tests, start, egl_daemon_teardown);
}
