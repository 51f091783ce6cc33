/* SPDX-License-Identifier: MIT */
#include "tests/egl/daemon.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/egl/fixture.h"

static struct {
    pid_t pid; /* 0: none */
    char directory[64];
    char socket[96];
} own;

static void run(int ready)
{
    char ready_fd[16];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(ready_fd, sizeof(ready_fd), "%d", ready);
    execl(GEMD_BINARY_DIR "/bin/gemd", "gemd", "--socket", own.socket, "--ready-fd", ready_fd,
          "--mode", "320x200", "--log", "warning", (char *)NULL);
    _exit(127);
}

void daemon_start(void)
{
    char answer[6] = {0};
    int ready[2];

    assert_int_equal(own.pid, 0);
    strcpy(own.directory, "/tmp/gemd-egl-test-XXXXXX");
    assert_non_null(mkdtemp(own.directory));
    snprintf(own.socket, sizeof(own.socket), "%s/gemd.sock", own.directory);
    assert_int_equal(pipe(ready), 0);
    own.pid = fork();
    assert_true(own.pid >= 0);
    if (own.pid == 0) {
        close(ready[0]);
        run(ready[1]);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], answer, 5), 5); /* 0 when it ended instead */
    assert_string_equal(answer, "READY");
    close(ready[0]);
    assert_int_equal(setenv("GEMD_SOCKET", own.socket, 1), 0);
}

void daemon_stop(int signal)
{
    char command[160];

    if (own.pid == 0) {
        return;
    }
    kill(own.pid, signal);
    waitpid(own.pid, NULL, 0);
    own.pid = 0;
    snprintf(command, sizeof(command), "rm -rf %s", own.directory);
    assert_int_equal(system(command), 0);
}

bool daemon_runs(void)
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

uint64_t daemon_status(const char *key)
{
    struct gemd_session *session = open_operator();
    char *text = NULL, *rest, *line;
    uint64_t sum = 0;

    assert_int_equal(gemd_query_status(session, &text), 0);
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
    gemd_session_close(session);
    return sum;
}

int64_t daemon_pixel(uint32_t x, uint32_t y)
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

void daemon_wait_pixel(uint32_t x, uint32_t y, int64_t pixel)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int64_t seen = -1;

    for (int i = 0; i < 4000; i++) {
        seen = daemon_pixel(x, y);
        if (seen == pixel) {
            return;
        }
        nanosleep(&pause, NULL);
    }
    fail_msg("the screen shows 0x%lx at %u,%u, not 0x%lx", (long)seen, x, y, (long)pixel);
}

int daemon_setup(void **state)
{
    daemon_start();
    return 0;
}

int daemon_teardown(void **state)
{
    daemon_stop(SIGTERM);
    return 0;
}
