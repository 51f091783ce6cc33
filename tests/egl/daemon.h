/* SPDX-License-Identifier: MIT */
/*
 * The one daemon that a test of EGL has (tests/lib/daemon.h), where the driver finds it; and what
 * an operator learns from it.
 */
#ifndef GEMD_TESTS_EGL_DAEMON_H
#define GEMD_TESTS_EGL_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/gemd.h"

/* Starts it and names its socket in $GEMD_SOCKET, where the EGL driver looks. */
void egl_daemon_start(void);
/* The same; it can map no more bytes than these. */
void egl_daemon_start_within(uint64_t address_space);
/* The same, with more arguments (NULL-terminated). */
void egl_daemon_start_with(const char *const *arguments);
/* Ends it with SIGKILL; the environment keeps the socket's name. */
void egl_daemon_kill(void);

/* Whether one was started and not stopped. */
bool egl_daemon_runs(void);

/*
 * The number behind a key of the status text. With '*' in it, the sum over all keys that have
 * anything in its place.
 */
uint64_t egl_daemon_status(const char *key);
/* The pixel that the pipe scans out there, 0xRRGGBB, or -1 when the screen is off or smaller. */
int64_t egl_daemon_pixel(uint32_t x, uint32_t y);
/* Waits until the screen shows this pixel; fails after 20 seconds. */
void egl_daemon_wait_pixel(uint32_t x, uint32_t y, int64_t pixel);

/* For cmocka_run_group_tests(): the group's displays meet a daemon. */
int egl_daemon_setup(void **state);
int egl_daemon_teardown(void **state);

#endif
