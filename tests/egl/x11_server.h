/* SPDX-License-Identifier: MIT */
/*
 * X servers of a test's own, and windows on them. Functions fail the test rather than return an
 * error. A server dies with the test program, however that ends.
 */
#ifndef GEMD_TESTS_EGL_X11_SERVER_H
#define GEMD_TESTS_EGL_X11_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <xcb/xcb.h>

#include "tests/egl/fixture.h"

/* What a server lacks, so that frames go to it in another way. */
enum x11_way {
    X11_PRESENT, /* nothing */
    X11_FILES,   /* Present: it copies out of memory files */
    X11_COPY,    /* MIT-SHM too: pixels go through the connection */
};

struct x11_server {
    pid_t pid;
    enum x11_way way;
    char display[16]; /* ":N" */
};

/* Starts it, with screens of this depth, and names it in $DISPLAY. */
void x11_server_start(struct x11_server *server, enum x11_way way, unsigned depth);
/* Ends it at once; nothing when it does not run. */
void x11_server_kill(struct x11_server *server);
/* Memory files of ours that it has mapped. */
unsigned x11_server_files(const struct x11_server *server);

/* A program's connection, and EGL's display on it (EGL_PLATFORM_XCB_EXT). */
struct x11_client {
    xcb_connection_t *connection;
    xcb_screen_t *screen;
    EGLDisplay display;
};

void x11_client_open(struct x11_client *client);
void x11_client_close(struct x11_client *client);

/* The first config for windows with these sizes and a visual of this depth. */
EGLConfig x11_config(struct x11_client *client, EGLint alpha, uint8_t depth);
/* A window with the config's visual, mapped unless told otherwise. */
xcb_window_t x11_window(struct x11_client *client, EGLConfig config, uint16_t width,
                        uint16_t height, bool mapped);
xcb_pixmap_t x11_pixmap(struct x11_client *client, uint8_t depth, uint16_t width, uint16_t height);
/* Resizes, and returns when the server has done it. */
void x11_resize(struct x11_client *client, xcb_window_t window, uint16_t width, uint16_t height);
/* The server has done all that was asked for. */
void x11_sync(struct x11_client *client);

/* The pixel from the upper left corner, 0xRRGGBB. */
uint32_t x11_pixel(struct x11_client *client, xcb_drawable_t drawable, int16_t x, int16_t y);
/* Waits until it is that; fails after 20 seconds. */
void x11_await_pixel(struct x11_client *client, xcb_drawable_t drawable, int16_t x, int16_t y,
                     uint32_t pixel);
/* By X, up to 1000 x 1000. */
void x11_fill(struct x11_client *client, xcb_drawable_t drawable, uint32_t pixel);
/*
 * Waits until the server has mapped no file of ours, as a frame that waits for its vblank is let go
 * then; fails after 20 seconds.
 */
void x11_await_no_files(struct x11_client *client, const struct x11_server *server);
/* No error and no event has come to the program. */
void x11_assert_undisturbed(struct x11_client *client);

/* An EGL window surface, current with a new context of api. */
EGLSurface x11_surface(struct x11_client *client, EGLConfig config, xcb_window_t window,
                       const EGLAttrib *attributes);
EGLContext x11_current(struct x11_client *client, EGLConfig config, EGLSurface surface,
                       EGLenum api);
/* All of them for a window without alpha, of which only the surface is told. */
EGLSurface x11_open_window(struct x11_client *client, uint16_t width, uint16_t height,
                           xcb_window_t *window);

/*
 * For main(): runs the tests on a server of the way that the arguments name ("files", "copy"), with
 * a daemon of their own if they name "daemon". *state is a struct x11_server.
 */
int x11_run(const char *group, const struct CMUnitTest *tests, size_t count, int argc, char **argv);

#endif
