/* SPDX-License-Identifier: MIT */
#include "tests/egl/daemon.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/egl/fixture.h"
#include "tests/lib/daemon.h"

static struct daemon own;

void egl_daemon_start_with(const char *const *arguments)
{
    daemon_start(&own, arguments);
    assert_int_equal(setenv("GEMD_SOCKET", own.socket, 1), 0);
}

void egl_daemon_start_within(uint64_t address_space)
{
    static const char *const arguments[] = {"--mode", "320x200", "--log", "warning", NULL};

    own.address_space = address_space;
    egl_daemon_start_with(arguments);
}

void egl_daemon_start(void)
{
    egl_daemon_start_within(0);
}

void egl_daemon_kill(void)
{
    daemon_kill(&own);
}

bool egl_daemon_runs(void)
{
    return own.pid != 0;
}

/* ---- the operator ---- */

static struct gemd_session *open_operator(void)
{
    const struct gemd_connect_options options = {.socket = own.socket, .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];

    if (gemd_session_open(&options, &session, reason) != 0) {
        fail_msg("no operator session: %s", reason);
    }
    return session;
}

uint64_t egl_daemon_status(const char *key)
{
    char *text = daemon_status(&own), *rest, *line;
    uint64_t sum = 0;

    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *colon = strchr(line, ':');

        if (!colon) {
            continue;
        }
        *colon = '\0';
        if (fnmatch(key, line, 0) == 0) {
            sum += strtoull(colon + 1, NULL, 10);
        }
    }
    free(text);
    return sum;
}

int64_t egl_daemon_pixel(uint32_t x, uint32_t y)
{
    struct gemd_session *session = open_operator();
    struct gemd_screenshot shot;
    int64_t pixel = -1;

    if (gemd_take_screenshot(session, &shot) == 0) {
        if (x < shot.width && y < shot.height) {
            const uint8_t *bytes = (const uint8_t *)shot.pixels + (size_t)y * shot.stride + x * 4;

            pixel = bytes[2] << 16 | bytes[1] << 8 | bytes[0];
        }
        gemd_screenshot_free(&shot);
    }
    gemd_session_close(session);
    return pixel;
}

void egl_daemon_wait_pixel(uint32_t x, uint32_t y, int64_t pixel)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int64_t seen = -1;

    for (int i = 0; i < 4000; i++) {
        seen = egl_daemon_pixel(x, y);
        if (seen == pixel) {
            return;
        }
        nanosleep(&pause, NULL);
    }
    fail_msg("the screen shows 0x%lx at %u,%u, not 0x%lx", (long)seen, x, y, (long)pixel);
}

int egl_daemon_setup(void **state)
{
    egl_daemon_start();
    return 0;
}

int egl_daemon_teardown(void **state)
{
    daemon_stop(&own);
    return 0;
}
