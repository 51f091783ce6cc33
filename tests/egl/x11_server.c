/* SPDX-License-Identifier: MIT */
#include "tests/egl/x11_server.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xcb/xcbext.h>

#include "tests/egl/daemon.h"

static enum x11_way wanted_way;

/*
 * Xvfb is never without Present. The EGL driver asks for extensions by this function of libxcb,
 * which it finds here first.
 */
__attribute__((visibility("default"))) const xcb_query_extension_reply_t *
xcb_get_extension_data(xcb_connection_t *connection, xcb_extension_t *extension)
{
    static const xcb_query_extension_reply_t absent;
    const xcb_query_extension_reply_t *(*real)(xcb_connection_t *, xcb_extension_t *) =
        (const xcb_query_extension_reply_t *(*)(xcb_connection_t *, xcb_extension_t *))dlsym(
            RTLD_NEXT, "xcb_get_extension_data");

    return wanted_way >= X11_FILES && strcmp(extension->name, "Present") == 0
               ? &absent
               : real(connection, extension);
}

/* ---- the server ---- */

static void run_server(int display_fd, enum x11_way way, unsigned depth)
{
    const char *arguments[24] = {"Xvfb", "-noreset", "-nolisten", "tcp", "-screen", "0"};
    char screen[32], fd[16];
    unsigned count = 6;

    snprintf(screen, sizeof(screen), "800x600x%u", depth);
    snprintf(fd, sizeof(fd), "%d", display_fd);
    arguments[count++] = screen;
    arguments[count++] = "-displayfd";
    arguments[count++] = fd;
    if (way >= X11_COPY) {
        arguments[count++] = "-extension";
        arguments[count++] = "MIT-SHM";
        arguments[count++] = "-maxbigreqsize"; /* megabytes */
        arguments[count++] = "1";
    }
    const int nowhere = open("/dev/null", O_RDWR);

    dup2(nowhere, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp("Xvfb", (char *const *)arguments);
    _exit(127);
}

void x11_server_start(struct x11_server *server, enum x11_way way, unsigned depth)
{
    char number[8] = "";
    size_t used = 0;
    int fds[2];

    server->way = way;
    assert_int_equal(pipe(fds), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        close(fds[0]);
        run_server(fds[1], way, depth);
    }
    close(fds[1]);
    for (ssize_t got = 1; got > 0 && used<sizeof(number) - 1; used += got> 0 ? (size_t)got : 0) {
        got = read(fds[0], number + used, sizeof(number) - 1 - used);
    }
    close(fds[0]);
    number[strcspn(number, "\n")] = '\0';
    if (number[0] == '\0') {
        fail_msg("Xvfb does not start");
    }
    snprintf(server->display, sizeof(server->display), ":%s", number);
    assert_int_equal(setenv("DISPLAY", server->display, 1), 0);
}

void x11_server_kill(struct x11_server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
        /* It had no time for this. */
        char path[64];
        snprintf(path, sizeof(path), "/tmp/.X%s-lock", server->display + 1);
        unlink(path);
        snprintf(path, sizeof(path), "/tmp/.X11-unix/X%s", server->display + 1);
        unlink(path);
    }
}

unsigned x11_server_files(const struct x11_server *server)
{
    char path[32], line[512];
    unsigned count = 0;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)server->pid);
    FILE *maps = fopen(path, "re");

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        count += strstr(line, "/memfd:gemd") != NULL;
    }
    fclose(maps);
    return count;
}

/* ---- a program on it ---- */

void x11_client_open(struct x11_client *client)
{
    client->connection = xcb_connect(NULL, NULL);
    assert_int_equal(xcb_connection_has_error(client->connection), 0);
    client->screen = xcb_setup_roots_iterator(xcb_get_setup(client->connection)).data;
    client->display = eglGetPlatformDisplay(EGL_PLATFORM_XCB_EXT, client->connection, NULL);
    assert_ptr_not_equal(client->display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(client->display, NULL, NULL));
}

void x11_client_close(struct x11_client *client)
{
    fixture_close(client->display);
    xcb_disconnect(client->connection);
}

static uint8_t depth_of(struct x11_client *client, xcb_visualid_t id)
{
    xcb_depth_iterator_t depths = xcb_screen_allowed_depths_iterator(client->screen);

    for (; depths.rem > 0; xcb_depth_next(&depths)) {
        for (int i = 0; i < xcb_depth_visuals_length(depths.data); i++) {
            if (xcb_depth_visuals(depths.data)[i].visual_id == id) {
                return depths.data->depth;
            }
        }
    }
    return 0;
}

EGLConfig x11_config(struct x11_client *client, EGLint alpha, uint8_t depth)
{
    const EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_WINDOW_BIT | EGL_PIXMAP_BIT, EGL_NONE};
    EGLConfig configs[64];
    EGLint count = 0;

    assert_true(eglChooseConfig(client->display, wanted, configs, COUNT(configs), &count));
    for (EGLint i = 0; i < count; i++) {
        EGLint visual = 0, bits = 0, z = 0;

        eglGetConfigAttrib(client->display, configs[i], EGL_NATIVE_VISUAL_ID, &visual);
        eglGetConfigAttrib(client->display, configs[i], EGL_ALPHA_SIZE, &bits);
        eglGetConfigAttrib(client->display, configs[i], EGL_DEPTH_SIZE, &z);
        if (bits == alpha && z == 24 && depth_of(client, (xcb_visualid_t)visual) == depth) {
            return configs[i];
        }
    }
    fail_msg("no config with alpha %d and depth %u among %d", alpha, depth, count);
    return NULL;
}

xcb_window_t x11_window(struct x11_client *client, EGLConfig config, uint16_t width,
                        uint16_t height, bool mapped)
{
    xcb_connection_t *c = client->connection;
    const xcb_window_t window = xcb_generate_id(c);
    const xcb_colormap_t map = xcb_generate_id(c);
    EGLint visual = 0;

    eglGetConfigAttrib(client->display, config, EGL_NATIVE_VISUAL_ID, &visual);
    xcb_create_colormap(c, XCB_COLORMAP_ALLOC_NONE, map, client->screen->root,
                        (xcb_visualid_t)visual);
    const uint32_t values[] = {0, 0, map};

    xcb_create_window(c, depth_of(client, (xcb_visualid_t)visual), window, client->screen->root, 0,
                      0, width, height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, (xcb_visualid_t)visual,
                      XCB_CW_BACK_PIXEL | XCB_CW_BORDER_PIXEL | XCB_CW_COLORMAP, values);
    if (mapped) {
        xcb_map_window(c, window);
    }
    return window;
}

xcb_pixmap_t x11_pixmap(struct x11_client *client, uint8_t depth, uint16_t width, uint16_t height)
{
    const xcb_pixmap_t pixmap = xcb_generate_id(client->connection);

    xcb_create_pixmap(client->connection, depth, pixmap, client->screen->root, width, height);
    return pixmap;
}

void x11_sync(struct x11_client *client)
{
    free(xcb_get_input_focus_reply(client->connection, xcb_get_input_focus(client->connection),
                                   NULL));
}

void x11_resize(struct x11_client *client, xcb_window_t window, uint16_t width, uint16_t height)
{
    const uint32_t values[] = {width, height};

    xcb_configure_window(client->connection, window,
                         XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, values);
    x11_sync(client);
}

uint32_t x11_pixel(struct x11_client *client, xcb_drawable_t drawable, int16_t x, int16_t y)
{
    xcb_get_image_reply_t *reply =
        xcb_get_image_reply(client->connection,
                            xcb_get_image(client->connection, XCB_IMAGE_FORMAT_Z_PIXMAP, drawable,
                                          x, y, 1, 1, UINT32_MAX),
                            NULL);
    uint32_t pixel = 0;

    assert_non_null(reply);
    memcpy(&pixel, xcb_get_image_data(reply),
           MIN(sizeof(pixel), (size_t)xcb_get_image_data_length(reply)));
    if (reply->depth == 16) {
        pixel = (pixel >> 11 & 31) * 255 / 31 << 16 | (pixel >> 5 & 63) * 255 / 63 << 8 |
                (pixel & 31) * 255 / 31;
    }
    free(reply);
    return pixel & 0xffffff;
}

void x11_await_pixel(struct x11_client *client, xcb_drawable_t drawable, int16_t x, int16_t y,
                     uint32_t pixel)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    uint32_t seen = 0;

    for (int i = 0; i < 4000; i++) {
        seen = x11_pixel(client, drawable, x, y);
        if (seen == pixel) {
            return;
        }
        nanosleep(&pause, NULL);
    }
    fail_msg("at %d,%d is 0x%x, not 0x%x", x, y, seen, pixel);
}

void x11_await_no_files(struct x11_client *client, const struct x11_server *server)
{
    const struct timespec pause = {.tv_nsec = 5000000};

    x11_sync(client);
    for (unsigned i = 0; i < 4000 && x11_server_files(server) > 0; i++) {
        nanosleep(&pause, NULL);
    }
    assert_int_equal(x11_server_files(server), 0);
}

void x11_assert_undisturbed(struct x11_client *client)
{
    x11_sync(client);
    xcb_generic_event_t *event = xcb_poll_for_event(client->connection);

    if (event) {
        fail_msg("an event of type %u came to the program", event->response_type);
    }
}

void x11_fill(struct x11_client *client, xcb_drawable_t drawable, uint32_t pixel)
{
    const xcb_gcontext_t gc = xcb_generate_id(client->connection);
    const xcb_rectangle_t all = {0, 0, 1000, 1000};

    xcb_create_gc(client->connection, gc, drawable, XCB_GC_FOREGROUND, &pixel);
    xcb_poly_fill_rectangle(client->connection, drawable, gc, 1, &all);
    xcb_free_gc(client->connection, gc);
}

EGLSurface x11_surface(struct x11_client *client, EGLConfig config, xcb_window_t window,
                       const EGLAttrib *attributes)
{
    EGLSurface surface =
        eglCreatePlatformWindowSurface(client->display, config, &window, attributes);

    assert_ptr_not_equal(surface, EGL_NO_SURFACE);
    return surface;
}

EGLContext x11_current(struct x11_client *client, EGLConfig config, EGLSurface surface, EGLenum api)
{
    EGLContext context = fixture_context(client->display, config, api, 2, EGL_NO_CONTEXT);

    assert_true(eglMakeCurrent(client->display, surface, surface, context));
    return context;
}

EGLSurface x11_open_window(struct x11_client *client, uint16_t width, uint16_t height,
                           xcb_window_t *window)
{
    x11_client_open(client);
    EGLConfig config = x11_config(client, 0, 24);
    *window = x11_window(client, config, width, height, true);
    EGLSurface surface = x11_surface(client, config, *window, NULL);

    x11_current(client, config, surface, EGL_OPENGL_API);
    return surface;
}

/* ---- main() ---- */

static int setup(void **state)
{
    static struct x11_server server;

    x11_server_start(&server, wanted_way, 24);
    *state = &server;
    return 0;
}

static int teardown(void **state)
{
    x11_server_kill(*state);
    return 0;
}

static int setup_with_daemon(void **state)
{
    return egl_daemon_setup(state) || setup(state);
}

static int teardown_with_daemon(void **state)
{
    return teardown(state) || egl_daemon_teardown(state);
}

int x11_run(const char *group, const struct CMUnitTest *tests, size_t count, int argc, char **argv)
{
    bool daemon = false;

    for (int i = 1; i < argc; i++) {
        daemon = daemon || strcmp(argv[i], "daemon") == 0;
        wanted_way = strcmp(argv[i], "files") == 0  ? X11_FILES
                     : strcmp(argv[i], "copy") == 0 ? X11_COPY
                                                    : wanted_way;
    }
    return daemon ? _cmocka_run_group_tests(group, tests, count, setup_with_daemon,
                                            teardown_with_daemon)
                  : _cmocka_run_group_tests(group, tests, count, setup, teardown);
}
