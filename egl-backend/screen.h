/* SPDX-License-Identifier: MIT */
/*
 * A Gallium screen to draw with: on the daemon's GPU, or else in software.
 *
 * Drivers are loadable objects (winsys/i915/driver.h) beside this library, or in the directory
 * that $GEMD_DRIVERS_PATH names. Once loaded they stay.
 */
#ifndef GEMD_EGL_SCREEN_H
#define GEMD_EGL_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

struct gemd_gallium_driver;
struct gemd_session;
struct pipe_screen;

struct gemd_screen {
    struct pipe_screen *pipe;
    const struct gemd_gallium_driver *driver;
    struct gemd_session *session; /* NULL: software */
    int64_t next_try_ns;          /* atomic: CLOCK_MONOTONIC, when to look for a daemon again */
};

/*
 * Tries the daemon unless 'software', then software rendering ($GALLIUM_DRIVER, else llvmpipe, else
 * softpipe). A fallback that nobody asked for is told in one line on standard error, once per
 * process. False when there is no renderer at all, which is told there too.
 */
bool gemd_screen_open(struct gemd_screen *screen, bool software);
void gemd_screen_close(struct gemd_screen *screen);

/* The session ended: nothing drawn from now on reaches the GPU. False for software. */
bool gemd_screen_lost(const struct gemd_screen *screen);

/*
 * Goes on with a session that was lost, if there is a daemon again (gemd_session_reconnect());
 * looks for one ten times a second at most. Not when our own work hung the GPU, unless
 * 'guilty_too'.
 */
bool gemd_screen_revive(struct gemd_screen *screen, bool guilty_too);

#endif
