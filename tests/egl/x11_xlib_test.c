/* SPDX-License-Identifier: MIT */
/* Windows of an X server: what was drawn is what the window holds, also after it was resized. */
#include "tests/egl/fixture.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>

struct window {
    Display *connection;
    Window window;
    EGLDisplay display;
    EGLConfig config;
    EGLSurface surface;
};

static EGLConfig choose_config(EGLDisplay display)
{
    const EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_WINDOW_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT,
                             EGL_NONE};
    EGLConfig configs[16];
    EGLint count = 0, alpha;

    assert_true(eglChooseConfig(display, wanted, configs, COUNT(configs), &count));
    for (EGLint i = 0; i < count; i++) {
        eglGetConfigAttrib(display, configs[i], EGL_ALPHA_SIZE, &alpha);
        if (alpha == 0) {
            return configs[i];
        }
    }
    fail_msg("no config for a window without alpha among %d", count);
    return NULL;
}

static void open_window(struct window *window, unsigned width, unsigned height)
{
    XVisualInfo wanted = {0}, *visual;
    XSetWindowAttributes attributes = {0};
    EGLint id = 0;
    int count;

    window->connection = XOpenDisplay(NULL);
    assert_non_null(window->connection);
    window->display = eglGetDisplay((EGLNativeDisplayType)window->connection);
    assert_ptr_not_equal(window->display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(window->display, NULL, NULL));
    window->config = choose_config(window->display);
    eglGetConfigAttrib(window->display, window->config, EGL_NATIVE_VISUAL_ID, &id);
    wanted.visualid = id;
    visual = XGetVisualInfo(window->connection, VisualIDMask, &wanted, &count);
    assert_non_null(visual);
    attributes.colormap = XCreateColormap(window->connection, DefaultRootWindow(window->connection),
                                          visual->visual, AllocNone);
    window->window = XCreateWindow(window->connection, DefaultRootWindow(window->connection), 0, 0,
                                   width, height, 0, visual->depth, InputOutput, visual->visual,
                                   CWColormap | CWBackPixel | CWBorderPixel, &attributes);
    XMapWindow(window->connection, window->window);
    XFree(visual);
    XSync(window->connection, False);
    window->surface = eglCreateWindowSurface(window->display, window->config, window->window, NULL);
    assert_ptr_not_equal(window->surface, EGL_NO_SURFACE);
}

static unsigned long pixel_at(struct window *window, int x, int y)
{
    XImage *image = XGetImage(window->connection, window->window, x, y, 1, 1, AllPlanes, ZPixmap);
    unsigned long pixel;

    assert_non_null(image);
    pixel = XGetPixel(image, 0, 0) & 0xffffff;
    XDestroyImage(image);
    return pixel;
}

/* The lower left quarter, as GL counts, in another colour: tells whether rows are upside down. */
static void draw(EGLint width, EGLint height)
{
    glDisable(GL_SCISSOR_TEST);
    fixture_clear(1, 0, 0, 1);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, width / 2, height / 2);
    fixture_clear(0, 0, 1, 1);
}

static void test_window(void **state)
{
    struct window window;
    EGLContext context;
    EGLint value = 0;

    open_window(&window, 64, 48);
    context = fixture_context(window.display, window.config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(window.display, window.surface, window.surface, context));
    assert_true(eglSwapInterval(window.display, 0)); /* shown at once */
    draw(64, 48);
    assert_true(eglSwapBuffers(window.display, window.surface));
    assert_int_equal(pixel_at(&window, 5, 43), 0x0000ff);
    assert_int_equal(pixel_at(&window, 5, 5), 0xff0000);
    assert_int_equal(pixel_at(&window, 60, 43), 0xff0000);

    XResizeWindow(window.connection, window.window, 100, 80);
    XSync(window.connection, False);
    assert_true(eglSwapBuffers(window.display, window.surface)); /* takes over the new size */
    assert_true(eglQuerySurface(window.display, window.surface, EGL_WIDTH, &value));
    assert_int_equal(value, 100);
    draw(100, 80);
    assert_true(eglSwapBuffers(window.display, window.surface));
    assert_int_equal(pixel_at(&window, 49, 41), 0x0000ff);
    assert_int_equal(pixel_at(&window, 51, 79), 0xff0000);
    assert_int_equal(pixel_at(&window, 99, 0), 0xff0000);
    fixture_close(window.display);
    XCloseDisplay(window.connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
