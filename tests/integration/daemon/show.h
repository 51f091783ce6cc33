/* SPDX-License-Identifier: MIT */
/* A small window of a session of its own, one buffer, and what the pipe shows of it. */
#ifndef GEMD_TESTS_INTEGRATION_DAEMON_SHOW_H
#define GEMD_TESTS_INTEGRATION_DAEMON_SHOW_H

#include "tests/lib/daemon.h"

#define WIDTH  320u
#define HEIGHT 200u
#define STRIDE (WIDTH * 4)

struct show {
    struct gemd_session *session;
    struct gemd_window *window;
    struct gemd_bo *bo; /* STRIDE * HEIGHT bytes */
};

/* Nothing is presented yet. */
void show_begin(struct show *show, const struct daemon *daemon);
void show_close(struct show *show);
void show_await_vblanks(struct show *show, uint64_t count);
/* gemd_screenshot_free() gives it back. */
struct gemd_screenshot show_screenshot(const struct daemon *daemon);

#endif
