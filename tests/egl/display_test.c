/* SPDX-License-Identifier: MIT */
/* Platforms, extensions and configs. */
#include "tests/egl/fixture.h"

#include "tests/egl/daemon.h"

#include <string.h>

static const EGLenum platforms[] = {0, EGL_PLATFORM_SURFACELESS_MESA, EGL_PLATFORM_DEVICE_EXT};

/* The device platform wants one of its devices instead of the default display. */
static EGLDisplay open_platform(EGLenum platform)
{
    PFNEGLQUERYDEVICESEXTPROC query_devices;
    EGLDeviceEXT device = EGL_NO_DEVICE_EXT;
    EGLDisplay display;
    EGLint count = 0;

    if (platform != EGL_PLATFORM_DEVICE_EXT) {
        return fixture_display(platform);
    }
    query_devices = fixture_function("eglQueryDevicesEXT");
    assert_true(query_devices(1, &device, &count));
    assert_int_equal(count, 1);
    display = eglGetPlatformDisplay(platform, device, NULL);
    assert_ptr_not_equal(display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(display, NULL, NULL));
    return display;
}

/* Whole words only. */
static int has_extension(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strstr(list, name); at; at = strstr(at + length, name)) {
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return 1;
        }
    }
    return 0;
}

static void test_platforms(void **state)
{
    static const char *const promised[] = {
        "EGL_EXT_buffer_age",          "EGL_EXT_create_context_robustness",
        "EGL_KHR_create_context",      "EGL_KHR_fence_sync",
        "EGL_KHR_wait_sync",           "EGL_KHR_get_all_proc_addresses",
        "EGL_KHR_gl_texture_2D_image", "EGL_KHR_gl_renderbuffer_image",
        "EGL_KHR_image_base",          "EGL_KHR_no_config_context",
        "EGL_KHR_surfaceless_context",
    };

    for (unsigned p = 0; p < COUNT(platforms); p++) {
        EGLDisplay display = open_platform(platforms[p]);
        const char *extensions = eglQueryString(display, EGL_EXTENSIONS);
        const char *apis = eglQueryString(display, EGL_CLIENT_APIS);

        assert_string_equal(eglQueryString(display, EGL_VERSION), "1.5");
        assert_non_null(strstr(apis, "OpenGL "));
        assert_non_null(strstr(apis, "OpenGL_ES"));
        for (unsigned i = 0; i < COUNT(promised); i++) {
            if (!has_extension(extensions, promised[i])) {
                fail_msg("%s is missing on platform 0x%x", promised[i], platforms[p]);
            }
        }
        fixture_close(display);
    }
}

static void test_client_extensions(void **state)
{
    const char *extensions = eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS);

    assert_non_null(extensions);
    assert_true(has_extension(extensions, "EGL_MESA_platform_surfaceless"));
    assert_true(has_extension(extensions, "EGL_EXT_platform_device"));
    assert_true(has_extension(extensions, "EGL_EXT_device_enumeration"));
}

/* Every colour format with every depth format; windows only where there is a screen. */
static void test_configs(void **state)
{
    static const EGLint colors[][2] = {{8, 8}, {8, 0}, {5, 0}};
    static const EGLint depths[] = {0, 24, 32};

    for (unsigned p = 0; p < COUNT(platforms); p++) {
        EGLDisplay display = open_platform(platforms[p]);
        EGLConfig configs[64];
        EGLint count = 0, seen = 0;

        assert_true(eglGetConfigs(display, configs, COUNT(configs), &count));
        assert_int_equal(count, COUNT(colors) * COUNT(depths));
        for (unsigned c = 0; c < COUNT(colors); c++) {
            for (unsigned d = 0; d < COUNT(depths); d++) {
                fixture_config(display, colors[c][0], colors[c][1], depths[d]);
            }
        }
        for (EGLint i = 0; i < count; i++) {
            EGLint red, green, blue, alpha, size, surfaces, renderable, id, visual;

            eglGetConfigAttrib(display, configs[i], EGL_RED_SIZE, &red);
            eglGetConfigAttrib(display, configs[i], EGL_GREEN_SIZE, &green);
            eglGetConfigAttrib(display, configs[i], EGL_BLUE_SIZE, &blue);
            eglGetConfigAttrib(display, configs[i], EGL_ALPHA_SIZE, &alpha);
            eglGetConfigAttrib(display, configs[i], EGL_BUFFER_SIZE, &size);
            eglGetConfigAttrib(display, configs[i], EGL_SURFACE_TYPE, &surfaces);
            eglGetConfigAttrib(display, configs[i], EGL_RENDERABLE_TYPE, &renderable);
            eglGetConfigAttrib(display, configs[i], EGL_CONFIG_ID, &id);
            eglGetConfigAttrib(display, configs[i], EGL_NATIVE_VISUAL_ID, &visual);
            assert_int_equal(size, red + green + blue + alpha);
            assert_true(surfaces & EGL_PBUFFER_BIT);
            assert_int_equal(surfaces & EGL_PIXMAP_BIT, 0);
            assert_int_equal(!!(surfaces & EGL_WINDOW_BIT), platforms[p] == 0);
            assert_int_equal(visual != 0, platforms[p] == 0);
            assert_int_equal(renderable & (EGL_OPENGL_BIT | EGL_OPENGL_ES_BIT | EGL_OPENGL_ES2_BIT),
                             EGL_OPENGL_BIT | EGL_OPENGL_ES_BIT | EGL_OPENGL_ES2_BIT);
            assert_in_range(id, 1, 31);
            assert_int_equal(seen & 1 << id, 0);
            seen |= 1 << id;
        }
        fixture_close(display);
    }
}

static void test_choose_config(void **state)
{
    const EGLint wanted[] = {EGL_RED_SIZE,     5, EGL_ALPHA_SIZE, 0, EGL_BUFFER_SIZE, 16,
                             EGL_STENCIL_SIZE, 8, EGL_NONE};
    const EGLint impossible[] = {EGL_SAMPLES, 4, EGL_NONE};
    EGLDisplay display = fixture_display(0);
    EGLConfig config;
    EGLint count = 0, value = 0;

    assert_true(eglChooseConfig(display, wanted, &config, 1, &count));
    assert_int_equal(count, 1);
    eglGetConfigAttrib(display, config, EGL_STENCIL_SIZE, &value);
    assert_int_equal(value, 8);
    assert_true(eglChooseConfig(display, impossible, &config, 1, &count));
    assert_int_equal(count, 0);
    fixture_close(display);
}

/* The same display comes back, and can be started again after its end. */
static void test_initialize_again(void **state)
{
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);

    assert_ptr_equal(fixture_display(EGL_PLATFORM_SURFACELESS_MESA), display);
    fixture_close(display);
    assert_null(eglQueryString(display, EGL_VERSION));
    assert_egl_error(EGL_NOT_INITIALIZED);
    assert_ptr_equal(fixture_display(EGL_PLATFORM_SURFACELESS_MESA), display);
    fixture_close(display);
}

/* What is not offered says so, even to those who call without looking. */
static void test_not_offered(void **state)
{
    PFNEGLSIGNALSYNCKHRPROC signal = fixture_function("eglSignalSyncKHR");
    PFNEGLGETDISPLAYDRIVERNAMEPROC driver_name = fixture_function("eglGetDisplayDriverName");
    EGLDisplay display = fixture_display(0);
    EGLContext context =
        fixture_context(display, EGL_NO_CONFIG_KHR, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    EGLSync sync;

    assert_string_equal(driver_name(display), egl_daemon_runs() ? "i915" : "swrast");
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    sync = eglCreateSync(display, EGL_SYNC_FENCE, NULL);
    assert_ptr_not_equal(sync, EGL_NO_SYNC);
    assert_false(signal(display, sync, EGL_SIGNALED));
    assert_egl_error(EGL_BAD_ACCESS);
    fixture_close(display);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_platforms),        cmocka_unit_test(test_client_extensions),
        cmocka_unit_test(test_configs),          cmocka_unit_test(test_choose_config),
        cmocka_unit_test(test_initialize_again), cmocka_unit_test(test_not_offered),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
