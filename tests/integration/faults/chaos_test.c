/* SPDX-License-Identifier: MIT */
/*
 * Every error path that chaos mode can reach is reached: clients do all there is to do, again and
 * again, on a daemon where everything fails now and then. The daemon stays, and prints at its end
 * how often each site was reached and failed; each must have.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { ROUNDS = 400, PITCH = 256, ROWS = 64, WAIT_NS = 2000000000 };

static int64_t soon(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec + WAIT_NS;
}

static void look(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .name = "look", .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    struct gemd_screenshot shot;
    char reason[GEMD_TEXT_MAX];
    char *text = NULL;
    size_t size;
    if (gemd_session_open(&options, &session, reason) != 0) {
        return;
    }
    if (gemd_query_status(session, &text) == 0) {
        free(text);
    }
    if (gemd_take_screenshot(session, &shot) == 0) {
        gemd_screenshot_free(&shot);
    }
    if (gemd_query_errors(session, 0, GEMD_ERRORS_JSON, &text, &size) == 0) {
        free(text);
    }
    gemd_session_close(session);
}

/* Everything may fail, and nothing may wait for ever. */
static void draw(const struct daemon *daemon, struct gemd_session *session, unsigned count)
{
    struct gemd_window *window = NULL;
    struct gemd_bo *bo = NULL;
    uint64_t seqno = 0;
    uint64_t serial = 0;
    if (gemd_bo_create(session, PITCH * ROWS, true, &bo) != 0) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        struct batch batch;
        batch_reset(&batch);
        batch_fill(&batch, bo, PITCH, 0, 0, 64, 64, i);
        if (batch_submit(&batch, session, &seqno) != 0) {
            break;
        }
    }
    int fence = gemd_fence_export(session, seqno);
    if (fence >= 0) {
        close(fence);
    }
    (void)gemd_seqno_wait(session, seqno, soon());
    if (gemd_window_create(session, 64, 64, &window) == 0) {
        if (gemd_window_present(window, bo, 0, PITCH, 0, seqno, &serial) == 0) {
            (void)gemd_window_wait_latched(window, serial, soon());
            look(daemon);
        }
        gemd_window_destroy(window);
    }
    gemd_bo_unref(bo);
}

static void be_client(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {.socket = daemon->socket, .name = "chaos"};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    if (gemd_session_open(&options, &session, reason) == 0) {
        draw(daemon, session, 4);
        draw(daemon, session, 1);
        gemd_session_close(session);
    }
}

static char *read_log(const struct daemon *daemon)
{
    FILE *file = fopen(daemon->log, "re");
    char *text = calloc(1, 4u << 20);
    assert_true(file != NULL && text != NULL);
    (void)!fread(text, 1, (4u << 20) - 1, file);
    fclose(file);
    return text;
}

static void every_site_is_reached_and_fails(void **state)
{
    const char *const arguments[] = {"--chaos",
                                     "11,alloc=60,gtt=60,socket=60,drop=20,interrupt=60,"
                                     "seqno=60,hang=20,stall=10",
                                     "--hang-timeout",
                                     "100",
                                     "--hang-ban",
                                     "off",
                                     NULL};
    struct daemon daemon = {.pid = 0};
    int status = -1;
    int sites = 0;
    int reached = 0;
    int failed = 0;
    daemon_start(&daemon, arguments);
    for (unsigned i = 0; i < ROUNDS; i++) {
        be_client(&daemon);
    }
    kill(daemon.pid, SIGTERM);
    assert_int_equal(waitpid(daemon.pid, &status, 0), daemon.pid);
    daemon.pid = 0;
    char *log = read_log(&daemon);
    for (const char *line = log; (line = strstr(line, "chaos: ")) != NULL; line++) {
        printf("%.*s\n", (int)strcspn(line, "\n"), line);
        (void)sscanf(line, "chaos: seed=%*u sites=%d reached=%d failed=%d", &sites, &reached,
                     &failed);
    }
    free(log);
    assert_int_equal(status, 0);
    assert_true(sites > 20);
    assert_int_equal(reached, sites);
    assert_int_equal(failed, sites);
    daemon_stop(&daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_site_is_reached_and_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
