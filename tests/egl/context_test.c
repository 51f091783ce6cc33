/* SPDX-License-Identifier: MIT */
/* Contexts, what they share, and who is current. */
#include "tests/egl/fixture.h"

#include "tests/egl/daemon.h"

#include <string.h>

static void test_apis(void **state)
{
    static const struct {
        EGLenum api;
        EGLint major;
        const char *version; /* how GL_VERSION starts; NULL: any desktop version */
    } apis[] = {
        {EGL_OPENGL_API, 2, NULL},
        {EGL_OPENGL_ES_API, 1, "OpenGL ES-CM 1.1 "},
        {EGL_OPENGL_ES_API, 2, "OpenGL ES "},
    };
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 24);
    EGLSurface pbuffer = fixture_pbuffer(display, config, 8, 8);

    for (unsigned i = 0; i < COUNT(apis); i++) {
        EGLContext context =
            fixture_context(display, config, apis[i].api, apis[i].major, EGL_NO_CONTEXT);
        const char *version;

        assert_true(eglMakeCurrent(display, pbuffer, pbuffer, context));
        version = (const char *)glGetString(GL_VERSION);
        assert_non_null(version);
        if (apis[i].version) {
            assert_memory_equal(version, apis[i].version, strlen(apis[i].version));
        } else {
            assert_in_range(version[0], '2', '4');
        }
        fixture_clear(0, 1, 0, 1);
        fixture_assert_pixel(3, 3, 0, 255, 0, 255);
        assert_true(eglDestroyContext(display, context));
    }
    fixture_close(display);
}

static void test_versions_refused(void **state)
{
    const EGLint future[] = {EGL_CONTEXT_MAJOR_VERSION, 9, EGL_NONE};
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 0);

    assert_true(eglBindAPI(EGL_OPENGL_API));
    assert_ptr_equal(eglCreateContext(display, config, EGL_NO_CONTEXT, future), EGL_NO_CONTEXT);
    assert_egl_error(EGL_BAD_MATCH);
    assert_false(eglBindAPI(EGL_OPENVG_API));
    assert_egl_error(EGL_BAD_PARAMETER);
    fixture_close(display);
}

/* A framebuffer object of one colour renderbuffer, bound. */
static void bind_framebuffer_object(GLenum format)
{
    PFNGLGENFRAMEBUFFERSPROC gen_framebuffers = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind_framebuffer = fixture_function("glBindFramebuffer");
    PFNGLGENRENDERBUFFERSPROC gen_renderbuffers = fixture_function("glGenRenderbuffers");
    PFNGLBINDRENDERBUFFERPROC bind_renderbuffer = fixture_function("glBindRenderbuffer");
    PFNGLRENDERBUFFERSTORAGEPROC storage = fixture_function("glRenderbufferStorage");
    PFNGLFRAMEBUFFERRENDERBUFFERPROC attach = fixture_function("glFramebufferRenderbuffer");
    PFNGLCHECKFRAMEBUFFERSTATUSPROC check = fixture_function("glCheckFramebufferStatus");
    GLuint framebuffer, renderbuffer;

    gen_framebuffers(1, &framebuffer);
    bind_framebuffer(GL_FRAMEBUFFER, framebuffer);
    gen_renderbuffers(1, &renderbuffer);
    bind_renderbuffer(GL_RENDERBUFFER, renderbuffer);
    storage(GL_RENDERBUFFER, format, 16, 16);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, renderbuffer);
    assert_int_equal(check(GL_FRAMEBUFFER), GL_FRAMEBUFFER_COMPLETE);
}

static void test_surfaceless_without_config(void **state)
{
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context =
        fixture_context(display, EGL_NO_CONFIG_KHR, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    EGLint value = -1;

    assert_true(eglQueryContext(display, context, EGL_CONFIG_ID, &value));
    assert_int_equal(value, 0);
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    bind_framebuffer_object(GL_RGBA8);
    fixture_clear(1, 0, 1, 0);
    fixture_assert_pixel(15, 15, 255, 0, 255, 0);
    fixture_close(display);
}

/* One thread, two contexts that share: objects of one are seen by the other, in order. */
static void test_shared_objects(void **state)
{
    static const uint8_t green[4] = {0, 255, 0, 255};
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 0);
    EGLSurface pbuffer = fixture_pbuffer(display, config, 4, 4);
    EGLContext one = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    EGLContext two = fixture_context(display, config, EGL_OPENGL_API, 2, one);
    uint8_t pixel[4] = {0};
    GLuint texture;

    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, one));
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 1, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, green);
    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, two));
    assert_true(glIsTexture(texture));
    glBindTexture(GL_TEXTURE_2D, texture);
    glGetTexImage(GL_TEXTURE_2D, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixel);
    assert_memory_equal(pixel, green, sizeof(green));
    fixture_close(display);
}

/* Objects destroyed while current live on until they are not. */
static void test_destroy_while_current(void **state)
{
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 0, 24);
    EGLSurface pbuffer = fixture_pbuffer(display, config, 4, 4);
    EGLContext context = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);

    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, context));
    assert_true(eglDestroyContext(display, context));
    assert_true(eglDestroySurface(display, pbuffer));
    fixture_clear(0, 0, 1, 1);
    fixture_assert_pixel(0, 0, 0, 0, 255, 255);
    assert_true(eglTerminate(display));
    fixture_clear(1, 0, 0, 1);
    fixture_assert_pixel(0, 0, 255, 0, 0, 255);
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglReleaseThread());
}

static void test_mismatch_keeps_current(void **state)
{
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 0);
    EGLSurface good = fixture_pbuffer(display, config, 4, 4);
    EGLSurface bad = fixture_pbuffer(display, fixture_config(display, 5, 0, 0), 4, 4);
    EGLContext context = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);

    assert_true(eglMakeCurrent(display, good, good, context));
    assert_false(eglMakeCurrent(display, bad, bad, context));
    assert_egl_error(EGL_BAD_MATCH);
    assert_ptr_equal(eglGetCurrentSurface(EGL_DRAW), good);
    fixture_clear(0, 1, 1, 1);
    fixture_assert_pixel(0, 0, 0, 255, 255, 255);
    fixture_close(display);
}

static void test_robustness(void **state)
{
    const EGLint robust[] = {EGL_CONTEXT_OPENGL_ROBUST_ACCESS, EGL_TRUE,
                             EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY,
                             EGL_LOSE_CONTEXT_ON_RESET, EGL_NONE};
    GLenum (*reset_status)(void) = fixture_function("glGetGraphicsResetStatusARB");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context, plain;
    GLint strategy = 0;

    assert_true(eglBindAPI(EGL_OPENGL_API));
    context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, robust);
    assert_ptr_not_equal(context, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    glGetIntegerv(GL_RESET_NOTIFICATION_STRATEGY_ARB, &strategy);
    assert_int_equal(strategy, GL_LOSE_CONTEXT_ON_RESET_ARB);
    assert_int_equal(reset_status(), GL_NO_ERROR);
    plain = eglCreateContext(display, EGL_NO_CONFIG_KHR, context, NULL);
    assert_ptr_equal(plain, EGL_NO_CONTEXT);
    assert_egl_error(EGL_BAD_MATCH);
    fixture_close(display);
}

static void test_fence_sync(void **state)
{
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context =
        fixture_context(display, EGL_NO_CONFIG_KHR, EGL_OPENGL_ES_API, 2, EGL_NO_CONTEXT);
    EGLAttrib value = 0;
    EGLSync sync;

    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    bind_framebuffer_object(GL_RGB565);
    fixture_clear(1, 1, 1, 1);
    sync = eglCreateSync(display, EGL_SYNC_FENCE, NULL);
    assert_ptr_not_equal(sync, EGL_NO_SYNC);
    assert_true(eglWaitSync(display, sync, 0));
    assert_int_equal(eglClientWaitSync(display, sync, EGL_SYNC_FLUSH_COMMANDS_BIT, EGL_FOREVER),
                     EGL_CONDITION_SATISFIED);
    assert_true(eglGetSyncAttrib(display, sync, EGL_SYNC_STATUS, &value));
    assert_int_equal(value, EGL_SIGNALED);
    assert_true(eglDestroySync(display, sync));
    assert_ptr_equal(eglCreateSync(display, EGL_SYNC_CL_EVENT, NULL), EGL_NO_SYNC);
    assert_egl_error(EGL_BAD_ATTRIBUTE);
    fixture_close(display);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apis),
        cmocka_unit_test(test_versions_refused),
        cmocka_unit_test(test_surfaceless_without_config),
        cmocka_unit_test(test_shared_objects),
        cmocka_unit_test(test_destroy_while_current),
        cmocka_unit_test(test_mismatch_keeps_current),
        cmocka_unit_test(test_robustness),
        cmocka_unit_test(test_fence_sync),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
