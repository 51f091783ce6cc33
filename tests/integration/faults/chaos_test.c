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
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { ALL_ROUNDS = 400, LATE_ROUNDS = 150, SITES_MAX = 256 };
enum { PITCH = 256, ROWS = 64, FILLS = 8, WAIT_NS = 2000000000 };
enum { UNNEEDED_BYTES = 2 << 20, RELOAD_EVERY = 4 };

static int64_t soon(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec + WAIT_NS;
}

/* What goes wrong is told in thousands of lines. */
static void ignore(void *data, const struct gemd_msg_header *event, const char *text)
{
}

static void watch(struct gemd_session *session)
{
    struct gemd_mirror *mirror;
    struct gemd_picture picture;
    if (gemd_mirror_open(session, 2, &mirror) == 0) {
        if (gemd_mirror_next(mirror, soon() - WAIT_NS + 20000000, &picture) == 0) {
            gemd_mirror_return(mirror, &picture);
        }
        gemd_mirror_close(mirror);
    }
}

static void look(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .name = "look", .role = GEMD_ROLE_OPERATOR, .on_event = ignore};
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
    if (gemd_query_list(session, GEMD_LIST_GTT, &text, NULL) == 0) {
        free(text);
    }
    if (gemd_take_screenshot(session, &shot) == 0) {
        gemd_screenshot_free(&shot);
    }
    watch(session);
    if (gemd_query_errors(session, 0, GEMD_ERRORS_JSON, &text, &size) == 0) {
        free(text);
    }
    if (gemd_query_errors(session, 0, GEMD_ERRORS_STREAM, &text, &size) == 0) {
        free(text);
    }
    gemd_session_close(session);
}

/* Of fills of all of it, so that they take their time. */
static uint64_t fill_often(struct gemd_session *session, struct gemd_bo *bo, unsigned count)
{
    uint64_t seqno = 0;
    for (unsigned i = 0; i < count; i++) {
        struct batch batch;
        batch_reset(&batch);
        for (unsigned j = 0; j < FILLS; j++) {
            batch_fill(&batch, bo, PITCH, 0, 0, PITCH / 4, ROWS, i);
        }
        if (batch_submit(&batch, session, &seqno) != 0) {
            break;
        }
    }
    return seqno;
}

/* Lends a buffer to another session, and takes it back while the GPU is at it. */
static void lend(const struct daemon *daemon, struct gemd_session *lender)
{
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .name = "borrows", .on_event = ignore};
    struct gemd_session *borrower = NULL;
    struct gemd_bo *bo = NULL;
    struct gemd_bo *borrowed = NULL;
    char reason[GEMD_TEXT_MAX];
    int token = -1;
    if (gemd_session_open(&options, &borrower, reason) != 0) {
        return;
    }
    if (gemd_bo_create(lender, PITCH * ROWS, true, &bo) == 0) {
        token = gemd_bo_share(bo, GEMD_USE_READ | GEMD_USE_WRITE);
    }
    if (token >= 0 && gemd_bo_accept(borrower, token, &borrowed) == 0) {
        (void)fill_often(borrower, borrowed, 8);
    }
    if (bo != NULL) {
        (void)!gemd_bo_revoke(bo);
    }
    if (token >= 0) {
        close(token);
    }
    gemd_bo_unref(borrowed);
    gemd_bo_unref(bo);
    gemd_session_close(borrower);
}

/* A fence that never comes, and a buffer that is not needed meanwhile. */
static void wait_in_vain(struct gemd_session *session)
{
    struct gemd_bo *bo = NULL;
    struct gemd_bo *other = NULL;
    bool retained;
    int fence = eventfd(0, EFD_CLOEXEC);
    if (gemd_bo_create(session, PITCH * ROWS, true, &bo) == 0 &&
        gemd_bo_create(session, UNNEEDED_BYTES, true, &other) == 0 &&
        gemd_bo_dont_need(other) == 0) {
        (void)!gemd_fence_wait_before(session, fence, soon() - WAIT_NS + 5000000);
        (void)gemd_seqno_wait(session, fill_often(session, bo, 1), soon());
        (void)!gemd_bo_need(other, &retained);
    }
    gemd_bo_unref(other);
    gemd_bo_unref(bo);
    close(fence);
}

/* A cursor, and a palette that it goes through. */
static void adorn(struct gemd_window *window)
{
    static const uint32_t image[64 * 64], words[GEMD_PALETTE_WORDS];
    if (gemd_cursor_move(window, true, 1, 1) == 0 && gemd_cursor_set(window, 64, image) == 0) {
        (void)!gemd_window_set_palette(window, 8, words);
    }
    (void)!gemd_window_set_palette(window, 10, words);
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
        if (gemd_vblank_request(session, GEMD_VBLANK_RELATIVE, 1, 0) == 0) {
            gemd_session_dispatch(session);
        }
        if (gemd_window_present(window, bo, 0, PITCH, 0, seqno, &serial) == 0) {
            (void)gemd_window_wait_latched(window, serial, soon());
            look(daemon);
        }
        adorn(window);
        gemd_window_destroy(window);
    }
    gemd_bo_unref(bo);
}

static void be_client(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .name = "chaos", .on_event = ignore};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    if (gemd_session_open(&options, &session, reason) == 0) {
        draw(daemon, session, 4);
        draw(daemon, session, 1);
        lend(daemon, session);
        wait_in_vain(session);
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

struct site {
    char name[32];
    unsigned long reached, failed;
};

struct sites {
    struct site list[SITES_MAX];
    unsigned count;
    unsigned told; /* how many the daemon says there are */
};

static struct site *find_site(struct sites *sites, const char *name)
{
    for (unsigned i = 0; i < sites->count; i++) {
        if (strcmp(sites->list[i].name, name) == 0) {
            return &sites->list[i];
        }
    }
    assert_true(sites->count < SITES_MAX);
    struct site *site = &sites->list[sites->count++];
    snprintf(site->name, sizeof(site->name), "%s", name);
    return site;
}

/* What the daemon's last lines say. */
static void add_up(struct sites *sites, const struct daemon *daemon)
{
    char *log = read_log(daemon);
    for (const char *line = log; (line = strstr(line, "chaos: ")) != NULL; line++) {
        char name[32];
        unsigned long reached;
        unsigned long failed;
        if (sscanf(line, "chaos: %31[^:]: reached %lu times, failed %lu", name, &reached,
                   &failed) == 3) {
            struct site *site = find_site(sites, name);
            site->reached += reached;
            site->failed += failed;
        }
        (void)sscanf(line, "chaos: seed=%*u sites=%u", &sites->told);
    }
    free(log);
}

/* A daemon where that goes wrong, and clients one after another. */
static void run(const char *chaos, unsigned rounds, struct sites *sites)
{
    const char *const arguments[] = {
        "--chaos", chaos, "--hang-timeout", "100", "--hang-ban", "off", "--purge-limit", "1", NULL};
    struct daemon daemon = {.pid = 0};
    int status = -1;
    daemon_start(&daemon, arguments);
    for (unsigned i = 0; i < rounds; i++) {
        be_client(&daemon);
        if (i % RELOAD_EVERY == 0) {
            kill(daemon.pid, SIGHUP);
        }
    }
    kill(daemon.pid, SIGTERM);
    assert_int_equal(waitpid(daemon.pid, &status, 0), daemon.pid);
    daemon.pid = 0;
    assert_int_equal(status, 0);
    add_up(sites, &daemon);
    daemon_stop(&daemon);
}

static void every_site_is_reached_and_fails(void **state)
{
    struct sites sites = {.count = 0};
    unsigned silent = 0;
    run("11,alloc=60,gtt=60,socket=60,drop=20,interrupt=60,seqno=60,hang=20,stall=10", ALL_ROUNDS,
        &sites);
    /* What much has to go well for. */
    run("12,hang=30,alloc-revoke=200,discard=500,alloc-fence-import=200,watch-fence=200,"
        "wait-fence=200,alloc-token-file=200,alloc-token=200,alloc-report-file=200,"
        "write-report=200,alloc-gtt-places=200,alloc-gtt-map=200,alloc-screenshot=200,"
        "map-screenshot=200,alloc-error-record=200,alloc-error-text=200,alloc-error-buffers=300,"
        "alloc-error-flights=300,alloc-error-stream=200,alloc-error-file=200,write-errors=200,"
        "gtt-full-screen=200,alloc-frame=200,alloc-window=200,alloc-fence=200,alloc-pipe=100,"
        "send-again=100,alloc-answer=200,watch-answer=100,dup-answer=300,send-still=300,"
        "policy-ask=200,policy-take=200,stall=5,fence-registers=50,watch-still=300,"
        "alloc-mirror=200,alloc-mirror-file=200,alloc-status-text=100,alloc-vblank-wait=100,alloc-"
        "cursor=900,copy-cursor=100,"
        "map-cursor=100,map-palette=200",
        LATE_ROUNDS, &sites);
    for (unsigned i = 0; i < sites.count; i++) {
        const struct site *site = &sites.list[i];
        printf("chaos: %s: reached %lu times, failed %lu\n", site->name, site->reached,
               site->failed);
        silent += site->failed == 0;
    }
    printf("chaos: sites=%u reached_and_failed=%u\n", sites.count, sites.count - silent);
    assert_true(sites.count > 60);
    assert_int_equal(sites.count, sites.told);
    assert_int_equal(silent, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_site_is_reached_and_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
