/* SPDX-License-Identifier: MIT */
/* The live view over a real socket: each frame that was on the screen comes, and nothing else. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/integration/daemon/same_view.h"
#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { SIDE = 64, STRIDE = SIDE * 4, BUFFERS = 3, FRAMES = 60, MANY_FRAMES = 240 };

/* A client that shows frames, each of another colour. */
struct show {
    const struct daemon *daemon;
    struct gemd_session *session;
    struct gemd_window *window;
    struct gemd_bo *bos[BUFFERS];
    uint64_t serials[BUFFERS];
    unsigned shown;
    unsigned wanted;
};

static void show_open(struct show *show, const struct daemon *daemon)
{
    memset(show, 0, sizeof(*show));
    show->daemon = daemon;
    show->session = daemon_open(daemon, NULL, NULL);
    assert_int_equal(gemd_window_create(show->session, SIDE, SIDE, &show->window), 0);
    for (unsigned i = 0; i < BUFFERS; i++) {
        assert_int_equal(gemd_bo_create(show->session, STRIDE * SIDE, true, &show->bos[i]), 0);
    }
}

static void show_close(struct show *show)
{
    gemd_window_destroy(show->window);
    for (unsigned i = 0; i < BUFFERS; i++) {
        gemd_bo_unref(show->bos[i]);
    }
    gemd_session_close(show->session);
}

static uint32_t colour_of(unsigned frame)
{
    return frame * 0x010305u & 0xffffffu;
}

static uint64_t fill(struct show *show, struct gemd_bo *bo, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    batch_fill(&batch, bo, STRIDE, 0, 0, SIDE, SIDE, colour);
    assert_int_equal(batch_submit(&batch, show->session, &seqno), 0);
    return seqno;
}

/* Draws the next frame, and queues it behind the one before. */
static void show_frame(struct show *show)
{
    const unsigned index = show->shown % BUFFERS;
    if (show->serials[index] != 0) {
        unsigned which;
        assert_int_equal(
            gemd_window_wait_released(show->window, &show->serials[index], 1, GEMD_FOREVER, &which),
            0);
    }
    const uint64_t seqno = fill(show, show->bos[index], colour_of(++show->shown));
    assert_int_equal(gemd_window_present(show->window, show->bos[index], 0, STRIDE, 1, seqno,
                                         &show->serials[index]),
                     0);
}

static void await_frame(struct show *show)
{
    const unsigned index = (show->shown - 1) % BUFFERS;
    assert_int_equal(gemd_window_wait_latched(show->window, show->serials[index], GEMD_FOREVER), 0);
}

static void *show_all(void *data)
{
    struct show *show = data;
    while (show->shown < show->wanted) {
        show_frame(show);
    }
    await_frame(show);
    return NULL;
}

static struct gemd_session *open_operator(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .name = "live", .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    return session;
}

static struct gemd_mirror *open_mirror(struct gemd_session *session, unsigned slots)
{
    struct gemd_mirror *mirror;
    assert_int_equal(gemd_mirror_open(session, slots, &mirror), 0);
    return mirror;
}

static struct gemd_picture next(struct gemd_mirror *mirror)
{
    struct gemd_picture picture;
    assert_int_equal(gemd_mirror_next(mirror, GEMD_FOREVER, &picture), 0);
    return picture;
}

/* The colour of all its pixels. */
static uint32_t colour_in(const struct gemd_picture *picture)
{
    assert_non_null(picture->pixels);
    assert_int_equal(picture->width, SIDE);
    assert_int_equal(picture->height, SIDE);
    const uint32_t *pixels = picture->pixels;
    for (uint32_t i = 1; i < SIDE * SIDE; i++) {
        assert_int_equal(pixels[i], pixels[0]);
    }
    return pixels[0] & 0xffffffu;
}

/*
 * With as many slots as there are frames none can be lost, however late the viewer is: whatever was
 * on the screen has to come.
 */
static void each_frame_comes_with_its_vblank(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    pthread_t thread;
    show_open(&show, daemon);
    show_frame(&show);
    await_frame(&show);
    struct gemd_session *session = open_operator(daemon);
    struct gemd_mirror *mirror = open_mirror(session, GEMD_MIRROR_SLOTS_MAX);
    struct gemd_picture last = next(mirror);
    assert_int_equal(colour_in(&last), colour_of(1));
    gemd_mirror_return(mirror, &last);
    show.wanted = FRAMES;
    assert_int_equal(pthread_create(&thread, NULL, show_all, &show), 0);
    for (unsigned frame = 2; frame <= FRAMES; frame++) {
        struct gemd_picture picture = next(mirror);
        assert_int_equal(colour_in(&picture), colour_of(frame));
        assert_int_equal(picture.lost, 0);
        assert_int_equal(picture.number, last.number + 1);
        assert_true(picture.sequence > last.sequence && picture.time_ns > last.time_ns);
        assert_true((picture.causes & GEMD_MIRROR_FLIP) != 0);
        last = picture;
        gemd_mirror_return(mirror, &picture);
    }
    pthread_join(thread, NULL);
    gemd_mirror_close(mirror);
    gemd_session_close(session);
    show_close(&show);
    daemon_await_nothing(daemon);
}

/* As viewers are: what does not come is counted, and nothing comes twice or late. */
static void what_does_not_come_is_counted(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    pthread_t thread;
    show_open(&show, daemon);
    show_frame(&show);
    await_frame(&show);
    struct gemd_session *session = open_operator(daemon);
    struct gemd_mirror *mirror = open_mirror(session, 4);
    struct gemd_picture picture = next(mirror);
    const uint64_t first = picture.number;
    uint64_t last = first, seen = 1;
    gemd_mirror_return(mirror, &picture);
    show.wanted = MANY_FRAMES;
    assert_int_equal(pthread_create(&thread, NULL, show_all, &show), 0);
    while (last < first + MANY_FRAMES - 1) {
        picture = next(mirror);
        assert_true(picture.number > last);
        last = picture.number;
        assert_int_equal(colour_in(&picture), colour_of((unsigned)(last - first) + 1));
        assert_int_equal(++seen + picture.lost, last - first + 1);
        gemd_mirror_return(mirror, &picture);
    }
    pthread_join(thread, NULL);
    gemd_mirror_close(mirror);
    gemd_session_close(session);
    show_close(&show);
}

static void nothing_changes_and_nothing_is_copied(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon);
    show_frame(&show);
    await_frame(&show);
    struct gemd_session *session = open_operator(daemon);
    struct gemd_mirror *mirror = open_mirror(session, 4);
    struct gemd_picture picture = next(mirror);
    gemd_mirror_return(mirror, &picture);
    const int64_t copied = daemon_value(daemon, "pictures_copied");
    const int64_t bytes = daemon_value(daemon, "picture_bytes_copied");
    assert_int_equal(daemon_value(daemon, "viewers"), 1);
    assert_int_equal(gemd_vblank_wait(show.session, GEMD_VBLANK_RELATIVE, 20, GEMD_FOREVER, NULL),
                     0);
    (void)gemd_seqno_wait(show.session, fill(&show, show.bos[1], 3), GEMD_FOREVER); /* not shown */
    assert_int_equal(gemd_vblank_wait(show.session, GEMD_VBLANK_RELATIVE, 5, GEMD_FOREVER, NULL),
                     0);
    assert_int_equal(gemd_mirror_next(mirror, 0, &picture), -ETIME);
    assert_int_equal(daemon_value(daemon, "pictures_copied"), copied);
    assert_int_equal(daemon_value(daemon, "picture_bytes_copied"), bytes);
    gemd_mirror_close(mirror);
    gemd_session_close(session);
    show_close(&show);
}

/* By the client, and by another that has the buffer by its file. */
static void drawing_into_the_front_is_seen(void **state)
{
    const struct daemon *daemon = *state;
    struct show show, other = {0};
    show_open(&show, daemon);
    show_frame(&show);
    await_frame(&show);
    struct gemd_session *session = open_operator(daemon);
    struct gemd_mirror *mirror = open_mirror(session, 4);
    struct gemd_picture picture = next(mirror);
    gemd_mirror_return(mirror, &picture);
    fill(&show, show.bos[0], 0x00abcdef);
    picture = next(mirror);
    assert_int_equal(picture.causes, GEMD_MIRROR_DRAWN);
    assert_int_equal(colour_in(&picture), 0xabcdef);
    gemd_mirror_return(mirror, &picture);
    other.session = daemon_open(daemon, NULL, NULL);
    int fd = gemd_bo_export(show.bos[0]);
    assert_true(fd >= 0);
    assert_int_equal(gemd_bo_import(other.session, fd, &other.bos[0]), 0);
    close(fd);
    fill(&other, other.bos[0], 0x00fedcba);
    picture = next(mirror);
    assert_int_equal(picture.causes, GEMD_MIRROR_DRAWN);
    assert_int_equal(colour_in(&picture), 0xfedcba);
    gemd_mirror_return(mirror, &picture);
    gemd_bo_unref(other.bos[0]);
    gemd_session_close(other.session);
    /* By the processor nobody notices, but who asks. */
    memset(gemd_bo_map(show.bos[0]), 0x11, STRIDE * SIDE);
    assert_int_equal(gemd_mirror_look(mirror), 0);
    picture = next(mirror);
    assert_int_equal(picture.causes, GEMD_MIRROR_ASKED);
    assert_int_equal(colour_in(&picture), 0x111111);
    gemd_mirror_return(mirror, &picture);
    memset(gemd_bo_map(show.bos[0]), 0x22, STRIDE * SIDE);
    assert_int_equal(gemd_window_drawn(show.window), 0);
    picture = next(mirror);
    assert_int_equal(picture.causes, GEMD_MIRROR_DRAWN);
    assert_int_equal(colour_in(&picture), 0x222222);
    gemd_mirror_return(mirror, &picture);
    gemd_mirror_close(mirror);
    gemd_session_close(session);
    show_close(&show);
    daemon_await_nothing(daemon);
}

/* A viewer that holds all its slots and is killed. */
static pid_t begin_stuck(const struct daemon *daemon, int *ready)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct gemd_session *session = open_operator(daemon);
        struct gemd_mirror *mirror = open_mirror(session, 2);
        next(mirror);
        (void)!write(ends[1], "x", 1);
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    *ready = ends[0];
    return pid;
}

static void viewers_come_and_are_killed(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    pid_t stuck[3];
    show_open(&show, daemon);
    show_frame(&show);
    await_frame(&show);
    for (unsigned i = 0; i < 3; i++) {
        int ready;
        char byte;
        stuck[i] = begin_stuck(daemon, &ready);
        assert_int_equal(read(ready, &byte, 1), 1);
        close(ready);
    }
    struct gemd_session *session = open_operator(daemon);
    struct gemd_mirror *mirror = open_mirror(session, 8);
    struct gemd_picture picture = next(mirror);
    gemd_mirror_return(mirror, &picture);
    for (unsigned i = 0; i < 20; i++) {
        if (i % 5 == 4 && i / 5 < 3) {
            kill(stuck[i / 5], SIGKILL);
            assert_int_equal(waitpid(stuck[i / 5], NULL, 0), stuck[i / 5]);
        }
        show_frame(&show);
        picture = next(mirror);
        assert_int_equal(colour_in(&picture), colour_of(show.shown));
        gemd_mirror_return(mirror, &picture);
    }
    daemon_await(daemon, "viewers", 1);
    gemd_mirror_close(mirror);
    gemd_session_close(session);
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void a_daemon_that_dies_ends_it(void **state)
{
    struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon);
    show_frame(&show);
    await_frame(&show);
    struct gemd_session *session = open_operator(daemon);
    struct gemd_mirror *mirror = open_mirror(session, 4);
    struct gemd_picture picture = next(mirror), other;
    daemon_kill(daemon);
    assert_int_equal(gemd_mirror_next(mirror, GEMD_FOREVER, &other), -EIO);
    assert_int_equal(colour_in(&picture), colour_of(1)); /* it stays readable */
    gemd_mirror_return(mirror, &picture);
    gemd_mirror_close(mirror);
    /* And goes on with the next one. */
    const char *const arguments[] = {NULL};
    daemon_stop(daemon);
    memset(daemon, 0, sizeof(*daemon));
    gemd_session_close(session);
    show_close(&show);
    daemon_start(daemon, arguments);
    session = open_operator(daemon);
    mirror = open_mirror(session, 4);
    picture = next(mirror);
    assert_null(picture.pixels); /* the pipe is off */
    assert_true((picture.causes & GEMD_MIRROR_ASKED) != 0);
    gemd_mirror_return(mirror, &picture);
    assert_int_equal(gemd_mirror_open(session, 4, &(struct gemd_mirror *){NULL}), -EALREADY);
    gemd_mirror_close(mirror);
    gemd_mirror_close(NULL);
    mirror = open_mirror(session, 4); /* another one is fine */
    gemd_mirror_close(mirror);
    gemd_session_close(session);
}

/* A thread sleeps for pictures while another one asks for other things. */
static void *ask_often(void *data)
{
    for (unsigned i = 0; i < 200; i++) {
        char *text = NULL;
        assert_int_equal(gemd_query_status(data, &text), 0);
        free(text);
    }
    return NULL;
}

static void threads_share_the_session(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    pthread_t asker, shower;
    show_open(&show, daemon);
    show_frame(&show);
    await_frame(&show);
    struct gemd_session *session = open_operator(daemon);
    struct gemd_mirror *mirror = open_mirror(session, GEMD_MIRROR_SLOTS_MAX);
    struct gemd_picture picture = next(mirror);
    gemd_mirror_return(mirror, &picture);
    show.wanted = FRAMES;
    assert_int_equal(pthread_create(&asker, NULL, ask_often, session), 0);
    assert_int_equal(pthread_create(&shower, NULL, show_all, &show), 0);
    for (unsigned frame = 2; frame <= FRAMES; frame++) {
        picture = next(mirror);
        assert_int_equal(colour_in(&picture), colour_of(frame));
        gemd_mirror_return(mirror, &picture);
    }
    pthread_join(asker, NULL);
    pthread_join(shower, NULL);
    gemd_mirror_close(mirror);
    gemd_session_close(session);
    show_close(&show);
}

enum { TILES_WIDTH = 256, TILES_HEIGHT = 64, TILES_PITCH = TILES_WIDTH * 4, CELL = 16 };

/* Cells of another colour each, by the GPU, which sees tiles as the memory controller has them. */
static uint64_t fill_cells(struct gemd_session *session, struct gemd_bo *bo)
{
    uint64_t seqno = 0;
    for (uint32_t y = 0; y < TILES_HEIGHT; y += CELL) {
        struct batch batch;
        batch_reset(&batch);
        for (uint32_t x = 0; x < TILES_WIDTH; x += CELL) {
            batch_fill(&batch, bo, TILES_PITCH, x, y, x + CELL, y + CELL, x * 0x010300u + y * 3);
        }
        assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    }
    return seqno;
}

/* Whatever the memory controller does to addresses: the model knows, and the daemon asked it. */
static void tiles_are_put_together_as_they_lie(void **state)
{
    static const char *const devices[] = {
        "model:g33,memory=asymmetric", "model:g33,memory=symmetric",
        "model:945gm,memory=interleaved", "model:945gm,memory=interleaved-11",
        "model:945gm,memory=interleaved-17"};
    for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        struct daemon daemon = {.pid = 0};
        struct gemd_window *window;
        struct gemd_bo *bo;
        struct gemd_screenshot shot;
        uint64_t serial;
        daemon_start(&daemon, (const char *const[]){"--device", devices[i], NULL});
        struct gemd_session *session = daemon_open(&daemon, NULL, NULL);
        assert_int_equal(gemd_window_create(session, TILES_WIDTH, TILES_HEIGHT, &window), 0);
        assert_int_equal(gemd_bo_create_tiled(session, TILES_PITCH * TILES_HEIGHT, true,
                                              GEMD_TILING_X, TILES_PITCH, &bo),
                         0);
        assert_int_equal(
            gemd_window_present(window, bo, 0, TILES_PITCH, 1, fill_cells(session, bo), &serial),
            0);
        assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
        struct gemd_session *viewer = open_operator(&daemon);
        assert_int_equal(gemd_take_screenshot(viewer, &shot), 0);
        assert_int_equal(((const uint32_t *)shot.pixels)[TILES_WIDTH * 20 + 40] & 0xffffff,
                         32 * 0x010300u + 16 * 3);
        assert_same_view(viewer, &shot);
        gemd_screenshot_free(&shot);
        gemd_session_close(viewer);
        gemd_window_destroy(window);
        gemd_bo_unref(bo);
        gemd_session_close(session);
        daemon_stop(&daemon);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_setup, daemon_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_frame_comes_with_its_vblank),
        TEST(what_does_not_come_is_counted),
        TEST(nothing_changes_and_nothing_is_copied),
        TEST(drawing_into_the_front_is_seen),
        TEST(viewers_come_and_are_killed),
        TEST(a_daemon_that_dies_ends_it),
        TEST(threads_share_the_session),
        cmocka_unit_test(tiles_are_put_together_as_they_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
