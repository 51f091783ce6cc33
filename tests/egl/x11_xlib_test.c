/* SPDX-License-Identifier: MIT */
/* Programs that use Xlib: EGL takes no event and no error of theirs, and gives them none. */
#include "tests/egl/x11_server.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <pthread.h>

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

/* ---- errors and events ---- */

static unsigned errors;

static int count_error(Display *connection, XErrorEvent *error)
{
    errors++;
    return 0;
}

static void test_errors(void **state)
{
    for (EGLint interval = 0; interval < 2; interval++) {
        struct window window;

        open_window(&window, 64, 48);
        XSetErrorHandler(count_error);
        EGLContext context =
            fixture_context(window.display, window.config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);

        assert_true(eglMakeCurrent(window.display, window.surface, window.surface, context));
        assert_true(eglSwapInterval(window.display, interval));
        for (unsigned i = 0; i < 6; i++) {
            draw(64, 48);
            if (i == 3) {
                XDestroyWindow(window.connection, window.window); /* not even flushed */
            }
            assert_int_equal(eglSwapBuffers(window.display, window.surface), i < 3);
        }
        assert_egl_error(EGL_BAD_NATIVE_WINDOW);
        assert_ptr_equal(eglCreateWindowSurface(window.display, window.config,
                                                (EGLNativeWindowType)0x7777, NULL),
                         EGL_NO_SURFACE);
        assert_egl_error(EGL_BAD_NATIVE_WINDOW);
        assert_ptr_equal(eglCreatePixmapSurface(window.display, window.config,
                                                (EGLNativePixmapType)0x7777, NULL),
                         EGL_NO_SURFACE);
        assert_egl_error(EGL_BAD_NATIVE_PIXMAP);
        fixture_close(window.display);
        XSync(window.connection, False);
        assert_int_equal(XPending(window.connection), 0);
        assert_int_equal(errors, 0);
        XSetErrorHandler(NULL);
        XCloseDisplay(window.connection);
    }
}

/* Another thread waits for the program's events, and so reads ours off the connection. */
static void *wait_for_expose(void *data)
{
    struct window *window = data;
    XEvent event;

    do {
        XNextEvent(window->connection, &event);
    } while (event.type != ClientMessage);
    return NULL;
}

static void test_events_in_another_thread(void **state)
{
    struct window window;
    pthread_t thread;

    assert_true(XInitThreads());
    open_window(&window, 64, 48);
    EGLContext context =
        fixture_context(window.display, window.config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);

    assert_true(eglMakeCurrent(window.display, window.surface, window.surface, context));
    assert_int_equal(pthread_create(&thread, NULL, wait_for_expose, &window), 0);
    for (unsigned i = 0; i < 30; i++) {
        draw(64, 48);
        assert_true(eglSwapBuffers(window.display, window.surface));
    }
    XEvent end = {.xclient = {.type = ClientMessage, .window = window.window, .format = 32}};

    XSendEvent(window.connection, window.window, False, 0, &end);
    XFlush(window.connection);
    assert_int_equal(pthread_join(thread, NULL), 0);
    fixture_close(window.display);
    XCloseDisplay(window.connection);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_events_in_another_thread),
    };

    return x11_run("x11_xlib", tests, COUNT(tests), argc, argv);
}
