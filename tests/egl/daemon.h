/* SPDX-License-Identifier: MIT */
/*
 * A daemon of the test's own, in a directory of its own, on the modelled device; and what an
 * operator learns from it. It ends with the test at the latest.
 */
#ifndef GEMD_TESTS_EGL_DAEMON_H
#define GEMD_TESTS_EGL_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/gemd.h"

/* Starts it and names its socket in $GEMD_SOCKET, where the EGL driver looks. */
void daemon_start(void);
/* Ends it with a signal and removes what it left; the environment keeps the socket's name. */
void daemon_stop(int signal);

/* Whether one was started and not stopped. */
bool daemon_runs(void);

/*
 * The number behind a key of the status text. With '*' in it, the sum over all keys that have
 * anything in its place.
 */
uint64_t daemon_status(const char *key);
/* The pixel that the pipe scans out there, 0xRRGGBB, or -1 when the screen is off or smaller. */
int64_t daemon_pixel(uint32_t x, uint32_t y);
/* Waits until the screen shows this pixel; fails after 20 seconds. */
void daemon_wait_pixel(uint32_t x, uint32_t y, int64_t pixel);

/* For cmocka_run_group_tests(): the group's displays meet a daemon. */
int daemon_setup(void **state);
int daemon_teardown(void **state);

#endif
