/* SPDX-License-Identifier: MIT */
#include "tests/integration/capture/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tools/lib/picture.h"

#define GEMCTL GEMD_BINARY_DIR "/bin/gemctl"

/* ---- files ---- */

int tape_setup(void **state)
{
    struct tape *tape = calloc(1, sizeof(*tape));
    strcpy(tape->directory, "/tmp/gemd-tape-XXXXXX");
    assert_non_null(mkdtemp(tape->directory));
    daemon_start(&tape->daemon, NULL);
    *state = tape;
    return 0;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    return remove(path);
}

int tape_teardown(void **state)
{
    struct tape *tape = *state;
    daemon_await_nothing(&tape->daemon);
    daemon_await(&tape->daemon, "recordings", 0);
    daemon_stop(&tape->daemon);
    nftw(tape->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(tape);
    return 0;
}

const char *tape_path(const struct tape *tape, const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", tape->directory, name);
    return path;
}

/* ---- gemctl ---- */

pid_t tape_start(struct tape *tape, const char *const *arguments)
{
    const char *argv[32] = {GEMCTL, "--socket", tape->daemon.socket};
    unsigned count = 3;
    while (*arguments != NULL && count < 31) {
        argv[count++] = *arguments++;
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int out = open(tape_path(tape, "output"), O_CREAT | O_WRONLY | O_TRUNC | O_APPEND, 0600);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        execv(GEMCTL, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

int tape_await(struct tape *tape, pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    int in = open(tape_path(tape, "output"), O_RDONLY);
    ssize_t got = read(in, tape->output, sizeof(tape->output) - 1);
    close(in);
    tape->output[got > 0 ? got : 0] = '\0';
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int tape_gemctl(struct tape *tape, const char *const *arguments)
{
    return tape_await(tape, tape_start(tape, arguments));
}

void tape_text(const struct tape *tape, const char *key, char *text, size_t size)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "%s=", key);
    const char *at = strstr(tape->output, wanted);
    if (at == NULL) {
        fail_msg("no %s in: %s", wanted, tape->output);
        return;
    }
    at += strlen(wanted);
    snprintf(text, size, "%.*s", (int)strcspn(at, " \n"), at);
}

long tape_value(const struct tape *tape, const char *key)
{
    char text[64];
    tape_text(tape, key, text, sizeof(text));
    return strtol(text, NULL, 10);
}

bool tape_same_picture(const char *one, const char *other)
{
    struct picture a, b;
    bool same = picture_load(&a, one) == 0;
    if (same && picture_load(&b, other) == 0) {
        same = a.width == b.width && a.height == b.height &&
               memcmp(a.pixels, b.pixels, (size_t)a.stride * a.height) == 0;
        picture_free(&b);
    } else {
        same = false;
    }
    picture_free(&a);
    return same;
}

void tape_screenshot(const char *socket, const char *path)
{
    const struct gemd_connect_options options = {
        .socket = socket, .name = "test screenshot", .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    struct gemd_screenshot shot;
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    assert_int_equal(gemd_take_screenshot(session, &shot), 0);
    const struct picture picture = {.width = shot.width,
                                    .height = shot.height,
                                    .stride = shot.stride,
                                    .order = PICTURE_BGRX,
                                    .pixels = shot.pixels};
    assert_int_equal(picture_save(&picture, path), 0);
    gemd_screenshot_free(&shot);
    gemd_session_close(session);
}

/* ---- a client ---- */

void painter_open(struct painter *painter, const char *socket)
{
    const struct gemd_connect_options options = {.socket = socket, .name = "painter"};
    char reason[GEMD_TEXT_MAX];
    *painter = (struct painter){0};
    assert_int_equal(gemd_session_open(&options, &painter->session, reason), 0);
    assert_int_equal(
        gemd_window_create(painter->session, TAPE_WIDTH, TAPE_HEIGHT, &painter->window), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(gemd_bo_create(painter->session, TAPE_BYTES, true, &painter->frames[i]),
                         0);
    }
    assert_int_equal(gemd_bo_create(painter->session, TAPE_BYTES, false, &painter->source), 0);
}

void painter_close(struct painter *painter)
{
    gemd_window_destroy(painter->window);
    gemd_bo_unref(painter->frames[0]);
    gemd_bo_unref(painter->frames[1]);
    gemd_bo_unref(painter->source);
    gemd_session_close(painter->session);
}

static void put_copy(struct batch *batch, struct gemd_bo *to, struct gemd_bo *from, uint32_t y,
                     uint32_t rows)
{
    BATCH_PUT(batch, 0x54f00006, 0x03cc0000 | TAPE_STRIDE, y << 16, (y + rows) << 16 | TAPE_WIDTH);
    batch_address(batch, to, 0, GEMD_USE_WRITE);
    BATCH_PUT(batch, y << 16, TAPE_STRIDE);
    batch_address(batch, from, 0, GEMD_USE_READ);
}

static uint64_t run(struct painter *painter, struct batch *batch)
{
    uint64_t seqno;
    assert_int_equal(batch_submit(batch, painter->session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(painter->session, seqno, GEMD_FOREVER), 0);
    return seqno;
}

void painter_copy(struct painter *painter, struct gemd_bo *to, struct gemd_bo *from)
{
    struct batch batch;
    batch_reset(&batch);
    put_copy(&batch, to, from, 0, TAPE_HEIGHT);
    (void)run(painter, &batch);
}

void painter_show(struct painter *painter, struct gemd_bo *bo, uint64_t seqno)
{
    assert_int_equal(
        gemd_window_present(painter->window, bo, 0, TAPE_STRIDE, 1, seqno, &painter->serial), 0);
    assert_int_equal(gemd_window_wait_latched(painter->window, painter->serial, GEMD_FOREVER), 0);
}

/*
 * The lower half is the CPU's, the upper one a colour; a strip is left from two frames before. Each
 * needs something else: contents, what the GPU wrote, and what it wrote earlier.
 */
void painter_paint(struct painter *painter)
{
    struct batch batch;
    const unsigned n = ++painter->count;
    struct gemd_bo *frame = painter->frames[n % 2];
    uint32_t *source = gemd_bo_map(painter->source);
    for (unsigned i = 0; i < TAPE_BYTES / 4; i++) {
        source[i] = 0x00010203u * n + i * 0x00000101u;
    }
    batch_reset(&batch);
    batch_fill(&batch, frame, TAPE_STRIDE, 0, 0, TAPE_WIDTH - 8 - n % 16, TAPE_HEIGHT / 2,
               0x00203040u * n);
    put_copy(&batch, frame, painter->source, TAPE_HEIGHT / 2, TAPE_HEIGHT / 2);
    painter_show(painter, frame, run(painter, &batch));
}

void painter_blunder(struct painter *painter)
{
    struct batch batch;
    batch_reset(&batch);
    batch_fill(&batch, painter->frames[0], TAPE_STRIDE, 0, 0, 8, 8, 0);
    BATCH_PUT(&batch, 0x6f000000); /* no command of gen3 */
    batch_fill(&batch, painter->frames[0], TAPE_STRIDE, 0, 0, 8, 8, 0);
    (void)run(painter, &batch);
}
