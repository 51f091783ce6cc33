/* SPDX-License-Identifier: MIT */
/*
 * egl_extensions: prints what the driver offers, a line each: the platform's name ('node' of the
 * device, 'screen' of the default display), a colon and the extension's. Those of X11 and Wayland
 * when $DISPLAY and $WAYLAND_DISPLAY name a server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <EGL/egl.h>
#include <EGL/eglext.h>

static const struct {
    const char *name;
    EGLenum platform;
    const char *server; /* the variable that must be set; NULL: none */
} platforms[] = {
    {"surfaceless", EGL_PLATFORM_SURFACELESS_MESA, NULL},
    {"device", EGL_PLATFORM_DEVICE_EXT, NULL},
    {"x11", EGL_PLATFORM_X11_EXT, "DISPLAY"},
    {"wayland", EGL_PLATFORM_WAYLAND_EXT, "WAYLAND_DISPLAY"},
};

static void print(const char *platform, const char *extensions)
{
    char *copy = strdup(extensions ? extensions : ""), *rest = NULL;

    if (!copy) {
        exit(1);
    }
    for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        printf("%s: %s\n", platform, name);
    }
    free(copy);
}

static int print_display(const char *name, EGLDisplay display)
{
    if (!eglInitialize(display, NULL, NULL)) {
        fprintf(stderr, "%s: error 0x%x\n", name, eglGetError());
        return 1;
    }
    print(name, eglQueryString(display, EGL_EXTENSIONS));
    eglTerminate(display);
    return 0;
}

int main(void)
{
    PFNEGLQUERYDEVICESEXTPROC query_devices = (void *)eglGetProcAddress("eglQueryDevicesEXT");
    PFNEGLQUERYDEVICESTRINGEXTPROC query_device =
        (void *)eglGetProcAddress("eglQueryDeviceStringEXT");
    EGLDeviceEXT device = NULL;
    EGLint count = 0;
    int failed;

    query_devices(1, &device, &count);
    print("node", query_device(device, EGL_EXTENSIONS));
    print("client", eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS));
    failed = print_display("screen", eglGetDisplay(EGL_DEFAULT_DISPLAY));
    for (unsigned i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
        if (!platforms[i].server || getenv(platforms[i].server)) {
            void *native = platforms[i].platform == EGL_PLATFORM_DEVICE_EXT ? device : NULL;

            failed |= print_display(platforms[i].name,
                                    eglGetPlatformDisplay(platforms[i].platform, native, NULL));
        }
    }
    return failed;
}
