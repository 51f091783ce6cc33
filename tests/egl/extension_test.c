/* SPDX-License-Identifier: MIT */
/* Extensions of contexts, surfaces and displays that have no test of their own: what they promise.
 */
#include <stdio.h>
#include <string.h>

#include "egl-backend/gemd_egl.h"
#include "tests/egl/daemon.h"
#include "tests/egl/fixture.h"

static EGLContext context_with(EGLDisplay display, EGLint name, EGLint value)
{
    const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION, 2, name, value, EGL_NONE};

    assert_true(eglBindAPI(EGL_OPENGL_ES_API));
    return eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
}

/* Sessions cannot choose: what is granted is medium, and the query says so. */
static void a_context_has_the_priority_of_all(void **state)
{
    static const EGLint levels[] = {
        EGL_CONTEXT_PRIORITY_HIGH_IMG,
        EGL_CONTEXT_PRIORITY_MEDIUM_IMG,
        EGL_CONTEXT_PRIORITY_LOW_IMG,
    };
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);

    for (unsigned i = 0; i < COUNT(levels); i++) {
        EGLContext context = context_with(display, EGL_CONTEXT_PRIORITY_LEVEL_IMG, levels[i]);
        EGLint value = 0;

        assert_ptr_not_equal(context, EGL_NO_CONTEXT);
        assert_true(eglQueryContext(display, context, EGL_CONTEXT_PRIORITY_LEVEL_IMG, &value));
        assert_int_equal(value, EGL_CONTEXT_PRIORITY_MEDIUM_IMG);
        assert_true(eglDestroyContext(display, context));
    }
    assert_ptr_equal(context_with(display, EGL_CONTEXT_PRIORITY_LEVEL_IMG, 17), EGL_NO_CONTEXT);
    assert_egl_error(EGL_BAD_ATTRIBUTE);
    fixture_close(display);
}

/* GL_CONTEXT_RELEASE_BEHAVIOR: what a context does with its commands when it is let go. */
static void a_context_need_not_be_flushed(void **state)
{
    static const struct {
        EGLint egl;
        GLint gl;
    } cases[] = {
        {EGL_CONTEXT_RELEASE_BEHAVIOR_FLUSH_KHR, GL_CONTEXT_RELEASE_BEHAVIOR_FLUSH},
        {EGL_CONTEXT_RELEASE_BEHAVIOR_NONE_KHR, GL_NONE},
    };
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);

    for (unsigned i = 0; i < COUNT(cases); i++) {
        EGLContext context = context_with(display, EGL_CONTEXT_RELEASE_BEHAVIOR_KHR, cases[i].egl);
        GLint value = -1;

        assert_ptr_not_equal(context, EGL_NO_CONTEXT);
        assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
        glGetIntegerv(GL_CONTEXT_RELEASE_BEHAVIOR, &value);
        assert_int_equal(value, cases[i].gl);
    }
    assert_ptr_equal(context_with(display, EGL_CONTEXT_RELEASE_BEHAVIOR_KHR, 17), EGL_NO_CONTEXT);
    assert_egl_error(EGL_BAD_ATTRIBUTE);
    fixture_close(display);
}

/* Without errors: what would be one goes unheard. */
static void a_context_without_errors_has_none(void **state)
{
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context = context_with(display, EGL_CONTEXT_OPENGL_NO_ERROR_KHR, EGL_TRUE);

    assert_ptr_not_equal(context, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    glEnable(GL_TEXTURE_3D); /* not of ES */
    assert_int_equal(glGetError(), GL_NO_ERROR);
    fixture_close(display);
}

/* Rectangles of one frame, after its buffer's age was asked for, once. */
static void a_damage_region_needs_the_age(void **state)
{
    PFNEGLSETDAMAGEREGIONKHRPROC set_damage = fixture_function("eglSetDamageRegionKHR");
    PFNEGLSWAPBUFFERSWITHDAMAGEKHRPROC swap = fixture_function("eglSwapBuffersWithDamageKHR");
    struct gemd_egl_window native = {0};
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 0, 0);
    EGLContext context = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    EGLSurface pbuffer = fixture_pbuffer(display, config, 8, 8);
    EGLSurface window = eglCreateWindowSurface(display, config, (EGLNativeWindowType)&native, NULL);
    EGLint rects[8] = {-5, -5, 20, 20, 1, 1, 1 << 30, 1 << 30}, age = -1;

    assert_ptr_not_equal(window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, context));
    assert_false(set_damage(display, pbuffer, rects, 1));
    assert_egl_error(EGL_BAD_MATCH);
    assert_false(set_damage(display, window, rects, 1));
    assert_egl_error(EGL_BAD_MATCH);
    assert_true(eglMakeCurrent(display, window, window, context));
    for (unsigned frame = 0; frame < 3; frame++) {
        assert_false(set_damage(display, window, rects, 2));
        assert_egl_error(EGL_BAD_ACCESS);
        assert_true(eglQuerySurface(display, window, EGL_BUFFER_AGE_KHR, &age));
        assert_true(age >= 0);
        assert_true(set_damage(display, window, rects, 2));
        assert_false(set_damage(display, window, rects, 2));
        assert_egl_error(EGL_BAD_ACCESS);
        fixture_clear(1, 0, 0, 1);
        fixture_assert_pixel(0, 0, 255, 0, 0, 255);
        assert_true(frame == 0 ? eglSwapBuffers(display, window)
                               : swap(display, window, rects, (EGLint)frame));
    }
    assert_false(swap(display, window, NULL, 1));
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_false(swap(display, window, rects, -1));
    assert_egl_error(EGL_BAD_PARAMETER);
    fixture_close(display);
}

static struct {
    EGLenum error;
    EGLint type;
    EGLLabelKHR label;
    char command[64], text[256];
    unsigned count;
} told;

static void on_debug(EGLenum error, const char *command, EGLint type, EGLLabelKHR thread,
                     EGLLabelKHR object, const char *text)
{
    told.error = error;
    told.type = type;
    told.label = thread;
    snprintf(told.command, sizeof(told.command), "%s", command ? command : "");
    snprintf(told.text, sizeof(told.text), "%s", text ? text : "");
    told.count++;
}

/* Our own errors reach the program's function, with what was wrong. */
static void errors_are_told_with_reasons(void **state)
{
    PFNEGLDEBUGMESSAGECONTROLKHRPROC control = fixture_function("eglDebugMessageControlKHR");
    PFNEGLLABELOBJECTKHRPROC label = fixture_function("eglLabelObjectKHR");
    const EGLAttrib attributes[] = {EGL_WIDTH, 8, EGL_NONE};
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);

    assert_int_equal(control(on_debug, NULL), EGL_SUCCESS);
    assert_int_equal(label(display, EGL_OBJECT_THREAD_KHR, NULL, &told), EGL_SUCCESS);
    assert_ptr_equal(
        eglCreateImage(display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes),
        EGL_NO_IMAGE);
    assert_true(told.count > 0);
    assert_int_equal(told.error, EGL_BAD_PARAMETER);
    assert_int_equal(told.type, EGL_DEBUG_MSG_ERROR_KHR);
    assert_ptr_equal(told.label, &told);
    assert_non_null(strstr(told.command, "eglCreateImage"));
    assert_non_null(strstr(told.text, "no format"));
    assert_int_equal(control(NULL, NULL), EGL_SUCCESS);
    label(display, EGL_OBJECT_THREAD_KHR, NULL, NULL);
    fixture_close(display);
}

/* The device that a display is on is the one that is listed, and opens a display. */
static void a_display_has_its_device(void **state)
{
    PFNEGLQUERYDEVICESEXTPROC devices = fixture_function("eglQueryDevicesEXT");
    PFNEGLQUERYDISPLAYATTRIBEXTPROC of_display = fixture_function("eglQueryDisplayAttribEXT");
    PFNEGLQUERYDEVICESTRINGEXTPROC string = fixture_function("eglQueryDeviceStringEXT");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA), other;
    EGLDeviceEXT listed[8] = {0};
    EGLAttrib device = 0;
    EGLint count = 0;

    assert_true(of_display(display, EGL_DEVICE_EXT, &device));
    assert_true(devices(COUNT(listed), listed, &count));
    assert_true(count >= 1);
    bool is_listed = false;

    for (EGLint i = 0; i < count; i++) {
        is_listed = is_listed || listed[i] == (EGLDeviceEXT)device;
    }
    assert_true(is_listed);
    assert_non_null(string((EGLDeviceEXT)device, EGL_EXTENSIONS));
    assert_null(string((EGLDeviceEXT)device, EGL_DRM_RENDER_NODE_FILE_EXT));
    eglGetError();
    other = eglGetPlatformDisplay(EGL_PLATFORM_DEVICE_EXT, (void *)device, NULL);
    assert_ptr_not_equal(other, EGL_NO_DISPLAY);
    assert_true(eglInitialize(other, NULL, NULL));
    assert_true(eglTerminate(other));
    fixture_close(display);
}

/* Functions of GL and EGL alike, also of those that are not extensions. */
static void every_function_has_an_address(void **state)
{
    static const char *const names[] = {"eglInitialize", "eglSwapBuffersWithDamageEXT", "glClear",
                                        "glEGLImageTargetTexture2DOES"};

    for (unsigned i = 0; i < COUNT(names); i++) {
        assert_non_null(fixture_function(names[i]));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_context_has_the_priority_of_all),
        cmocka_unit_test(a_context_need_not_be_flushed),
        cmocka_unit_test(a_context_without_errors_has_none),
        cmocka_unit_test(a_damage_region_needs_the_age),
        cmocka_unit_test(errors_are_told_with_reasons),
        cmocka_unit_test(a_display_has_its_device),
        cmocka_unit_test(every_function_has_an_address),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
