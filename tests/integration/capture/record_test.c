/* SPDX-License-Identifier: MIT */
/*
 * What is recorded plays again, bit for bit; and what becomes of recordings when somebody ends.
 *
 *   daemon_record_test --client FRAMES [DIRECTORY]   draws, and keeps what the screen shows
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/recording.h"
#include "tests/integration/capture/tape.h"

static char *self;

static int be_client(unsigned frames, const char *directory)
{
    struct painter painter;
    char socket[256], path[256];
    if (gemd_socket_path(socket, sizeof(socket)) != 0) {
        return 1;
    }
    /* Only looks: it is not the session that is meant. */
    painter_open(&painter, socket);
    painter_close(&painter);
    painter_open(&painter, socket);
    for (unsigned i = 1; i <= frames; i++) {
        painter_paint(&painter);
        snprintf(path, sizeof(path), "%s/shot-%06u.png", directory, i);
        if (directory[0] != '\0') {
            tape_screenshot(socket, path);
        }
    }
    painter_close(&painter);
    return 0;
}

static void assert_pictures(struct tape *tape, const char *directory, unsigned from, unsigned count)
{
    char shot[64], frame[64];
    for (unsigned i = 1; i <= count; i++) {
        snprintf(shot, sizeof(shot), "shot-%06u.png", from + i);
        snprintf(frame, sizeof(frame), "%s/frame-%06u.png", directory, i);
        if (!tape_same_picture(tape_path(tape, shot), tape_path(tape, frame))) {
            fail_msg("frame %u is not %s", i, shot);
        }
    }
}

static void frames_are_as_on_the_screen(void **state)
{
    struct tape *tape = *state;
    char first[64], again[64];
    static const char *const devices[] = {"model:g33,threads=1", "model:g33,threads=2"};
    const char *file = tape_path(tape, "a.rec");
    assert_int_equal(
        TAPE_GEMCTL(tape, "record", "-o", file, "--", self, "--client", "6", tape->directory), 0);
    assert_int_equal(tape_value(tape, "batches"), 6);
    assert_int_equal(tape_value(tape, "frames"), 6);
    assert_int_equal(tape_value(tape, "pages"), 6 * TAPE_BYTES / 4096); /* none of the GPU's */
    for (unsigned i = 0; i < 2; i++) {
        file = tape_path(tape, "a.rec");
        assert_int_equal(TAPE_GEMCTL(tape, "replay", "--device", devices[i], "--png",
                                     tape_path(tape, "png"), file),
                         0);
        assert_int_equal(tape_value(tape, "frames"), 6);
        assert_int_equal(tape_value(tape, "differs"), 0);
        tape_text(tape, "hash", i == 0 ? first : again, sizeof(first));
        assert_pictures(tape, "png", 0, 6);
    }
    assert_string_equal(first, again);
    /* Another daemon's session, the recorded pace, one frame. */
    file = tape_path(tape, "a.rec");
    assert_int_equal(TAPE_GEMCTL(tape, "replay", "--against", tape->daemon.socket, "--speed",
                                 "recorded", "--frame", "3", "--png", tape_path(tape, "one"), file),
                     0);
    assert_int_equal(tape_value(tape, "frames"), 3);
    assert_true(tape_same_picture(tape_path(tape, "shot-000003.png"),
                                  tape_path(tape, "one/frame-000003.png")));
    assert_int_not_equal(access(tape_path(tape, "one/frame-000002.png"), F_OK), 0);
}

/* A recording of a painter's session, from now on; returns when the daemon has begun it. */
static pid_t attach(struct tape *tape, struct painter *painter, const char *file)
{
    char number[16];
    snprintf(number, sizeof(number), "%u", gemd_session_info(painter->session)->session);
    pid_t pid = TAPE_START(tape, "record", "--session", number, "-o", file);
    daemon_await(&tape->daemon, "recordings", 1);
    return pid;
}

static void attaches_in_the_midst(void **state)
{
    struct tape *tape = *state;
    struct painter painter;
    char name[64];
    painter_open(&painter, tape->daemon.socket);
    for (unsigned i = 0; i < 5; i++) {
        painter_paint(&painter);
    }
    pid_t pid = attach(tape, &painter, tape_path(tape, "b.rec"));
    for (unsigned i = 6; i < 10; i++) {
        painter_paint(&painter);
        snprintf(name, sizeof(name), "shot-%06u.png", i);
        tape_screenshot(tape->daemon.socket, tape_path(tape, name));
    }
    kill(pid, SIGINT);
    assert_int_equal(tape_await(tape, pid), 0);
    assert_int_equal(tape_value(tape, "batches"), 4);
    painter_paint(&painter); /* it goes on as before */
    painter_close(&painter);
    assert_int_equal(
        TAPE_GEMCTL(tape, "replay", "--png", tape_path(tape, "png"), tape_path(tape, "b.rec")), 0);
    assert_int_equal(tape_value(tape, "frames"), 4);
    assert_pictures(tape, "png", 5, 4);
}

static void lend(struct tape *tape, bool begun_before)
{
    struct painter painter;
    struct gemd_session *owner = daemon_open(&tape->daemon, NULL, NULL);
    struct gemd_bo *lent, *mine;
    painter_open(&painter, tape->daemon.socket);
    assert_int_equal(gemd_bo_create(owner, TAPE_BYTES, true, &lent), 0);
    int token = gemd_bo_share(lent, GEMD_USE_READ);
    assert_true(token >= 0);
    pid_t pid = 0;
    if (begun_before) {
        pid = attach(tape, &painter, tape_path(tape, "c.rec"));
    }
    assert_int_equal(gemd_bo_accept(painter.session, token, &mine), 0);
    close(token);
    if (!begun_before) {
        painter_copy(&painter, painter.frames[1], mine);
        pid = attach(tape, &painter, tape_path(tape, "c.rec"));
    }
    for (unsigned i = 1; i <= 3; i++) {
        struct batch batch;
        uint64_t seqno;
        char name[64];
        batch_reset(&batch);
        batch_fill(&batch, lent, TAPE_STRIDE, 0, 0, TAPE_WIDTH, 16 * i, 0x00112233u * i);
        assert_int_equal(batch_submit(&batch, owner, &seqno), 0);
        assert_int_equal(gemd_seqno_wait(owner, seqno, GEMD_FOREVER), 0);
        painter_copy(&painter, painter.frames[0], mine);
        painter_show(&painter, painter.frames[0], gemd_last_seqno(painter.session));
        snprintf(name, sizeof(name), "shot-%06u.png", i);
        tape_screenshot(tape->daemon.socket, tape_path(tape, name));
    }
    painter_copy(&painter, mine, painter.frames[0]); /* refused: it may only read */
    assert_int_equal(gemd_bo_revoke(lent), 0);
    painter_copy(&painter, painter.frames[0], mine); /* refused: not even that */
    gemd_bo_unref(mine);
    painter_close(&painter);
    assert_int_equal(tape_await(tape, pid), 0);
    gemd_bo_unref(lent);
    gemd_session_close(owner);
    assert_int_equal(
        TAPE_GEMCTL(tape, "replay", "--png", tape_path(tape, "png"), tape_path(tape, "c.rec")), 1);
    assert_int_equal(tape_value(tape, "refused"), 2);
    assert_int_equal(tape_value(tape, "differs"), 0);
    assert_non_null(strstr(tape->output, "BUFFER_RIGHTS"));
    assert_non_null(strstr(tape->output, "BUFFER_REVOKED"));
    assert_pictures(tape, "png", 0, 3);
}

static void holds_what_others_lent(void **state)
{
    lend(*state, true);
}

static void holds_what_others_had_lent(void **state)
{
    lend(*state, false);
}

static void holds_frames_without_batches(void **state)
{
    struct tape *tape = *state;
    struct painter painter;
    painter_open(&painter, tape->daemon.socket);
    pid_t pid = attach(tape, &painter, tape_path(tape, "d.rec"));
    memset(gemd_bo_map(painter.frames[1]), 0x5a, TAPE_BYTES);
    painter_show(&painter, painter.frames[1], 0);
    tape_screenshot(tape->daemon.socket, tape_path(tape, "shot-000001.png"));
    painter_close(&painter);
    assert_int_equal(tape_await(tape, pid), 0);
    assert_int_equal(tape_value(tape, "contents"), 1);
    assert_int_equal(tape_value(tape, "pages"), TAPE_BYTES / 4096);
    assert_int_equal(
        TAPE_GEMCTL(tape, "replay", "--png", tape_path(tape, "png"), tape_path(tape, "d.rec")), 0);
    assert_pictures(tape, "png", 0, 1);
}

/* A client that waits for nothing: what is recorded is not what happens to be there. */
static void batches_come_faster_than_the_gpu(void **state)
{
    enum { LINES = 512, BYTES = TAPE_STRIDE * LINES, BATCHES = 200 };
    struct tape *tape = *state;
    struct painter painter;
    struct gemd_bo *large;
    uint64_t seqno = 0;
    painter_open(&painter, tape->daemon.socket);
    assert_int_equal(gemd_bo_create(painter.session, BYTES, false, &large), 0);
    pid_t pid = attach(tape, &painter, tape_path(tape, "w.rec"));
    for (unsigned i = 1; i <= BATCHES; i++) {
        struct batch batch;
        batch_reset(&batch);
        /* Enough for the GPU to be at it when the next one is looked at. */
        for (unsigned j = 0; j < 20; j++) {
            batch_fill(&batch, large, TAPE_STRIDE, 0, j, TAPE_WIDTH, LINES, 0x01020304u * i + j);
        }
        assert_int_equal(batch_submit(&batch, painter.session, &seqno), 0);
    }
    painter_copy(&painter, painter.frames[0], large);
    painter_show(&painter, painter.frames[0], 0);
    tape_screenshot(tape->daemon.socket, tape_path(tape, "shot-000001.png"));
    gemd_bo_unref(large);
    painter_close(&painter);
    assert_int_equal(tape_await(tape, pid), 0);
    assert_int_equal(tape_value(tape, "batches"), BATCHES + 1);
    assert_int_equal(tape_value(tape, "pages"), 0);
    assert_int_equal(
        TAPE_GEMCTL(tape, "replay", "--png", tape_path(tape, "png"), tape_path(tape, "w.rec")), 0);
    assert_pictures(tape, "png", 0, 1);
}

static void holds_frames_in_tiles(void **state)
{
    enum { PITCH = 512, BYTES = PITCH * TAPE_HEIGHT };
    struct tape *tape = *state;
    struct painter painter;
    struct batch batch;
    struct gemd_bo *tiled;
    uint64_t seqno;
    painter_open(&painter, tape->daemon.socket);
    assert_int_equal(
        gemd_bo_create_tiled(painter.session, BYTES, true, GEMD_TILING_X, PITCH, &tiled), 0);
    memset(gemd_bo_map(tiled), 0x33, BYTES);
    pid_t pid = attach(tape, &painter, tape_path(tape, "t.rec"));
    batch_reset(&batch);
    BATCH_PUT(&batch, 0x54300004, 0x03f00000 | PITCH, 7 << 16 | 5, 21 << 16 | 40);
    batch_address(&batch, tiled, 0, GEMD_USE_WRITE);
    BATCH_PUT(&batch, 0x00a0b0c0);
    assert_int_equal(batch_submit(&batch, painter.session, &seqno), 0);
    assert_int_equal(
        gemd_window_present(painter.window, tiled, 0, PITCH, 1, seqno, &painter.serial), 0);
    assert_int_equal(gemd_window_wait_latched(painter.window, painter.serial, GEMD_FOREVER), 0);
    tape_screenshot(tape->daemon.socket, tape_path(tape, "shot-000001.png"));
    painter_close(&painter);
    gemd_bo_unref(tiled);
    assert_int_equal(tape_await(tape, pid), 0);
    assert_int_equal(tape_value(tape, "refused"), 0);
    assert_int_equal(
        TAPE_GEMCTL(tape, "replay", "--png", tape_path(tape, "png"), tape_path(tape, "t.rec")), 0);
    assert_pictures(tape, "png", 0, 1);
}

/* ---- ends ---- */

static void client_is_killed(void **state)
{
    struct tape *tape = *state;
    const struct timespec pause = {.tv_nsec = 2000000};
    pid_t pid = TAPE_START(tape, "record", "-o", tape_path(tape, "e.rec"), "--", self, "--client",
                           "1000000", "");
    daemon_await(&tape->daemon, "recordings", 1);
    while (daemon_value(&tape->daemon, "flips") < 3) {
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGTERM); /* is passed on */
    assert_int_equal(tape_await(tape, pid), 0);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "e.rec")), 0);
}

static void recorder_is_killed(void **state)
{
    struct tape *tape = *state;
    struct painter painter;
    painter_open(&painter, tape->daemon.socket);
    pid_t pid = attach(tape, &painter, tape_path(tape, "f.rec"));
    painter_paint(&painter);
    kill(pid, SIGKILL);
    assert_int_equal(tape_await(tape, pid), 128 + SIGKILL);
    painter_paint(&painter);
    daemon_await(&tape->daemon, "recordings", 0);
    painter_paint(&painter);
    painter_close(&painter);
}

static void daemon_ends(void **state)
{
    struct tape *tape = *state;
    struct painter painter;
    painter_open(&painter, tape->daemon.socket);
    pid_t pid = attach(tape, &painter, tape_path(tape, "g.rec"));
    painter_paint(&painter);
    daemon_stop(&tape->daemon);
    assert_int_equal(tape_await(tape, pid), 0); /* it is whole: the daemon has said so */
    painter_close(&painter);
    daemon_start(&tape->daemon, NULL);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "g.rec")), 0);
}

static void cut_and_wrong_files(void **state)
{
    struct tape *tape = *state;
    struct stat stat_of;
    assert_int_equal(TAPE_GEMCTL(tape, "record", "-o", tape_path(tape, "h.rec"), "--", self,
                                 "--client", "40", ""),
                     0);
    assert_int_equal(stat(tape_path(tape, "h.rec"), &stat_of), 0);
    assert_int_equal(truncate(tape_path(tape, "h.rec"), stat_of.st_size - 40), 0);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "h.rec")), 3);
    assert_non_null(strstr(tape->output, "it is cut"));
    assert_int_equal(truncate(tape_path(tape, "h.rec"), 10), 0);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "h.rec")), 3);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", self), 3);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "none")), 3);
    assert_int_equal(TAPE_GEMCTL(tape, "replay"), 2);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", "--speed", "fast", self), 2);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", "--frame", "0", self), 2);
}

static int record_self(struct painter *painter, int *reader)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    int error = gemd_record_self(painter->session, ends[1]);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
    } else {
        *reader = ends[0];
    }
    return error;
}

/* Whatever a file holds, it ends with a status. */
static void bent_files_do_no_harm(void **state)
{
    enum { FILES = 40, BENDS = 6 };
    struct tape *tape = *state;
    struct painter painter;
    static uint8_t bytes[1 << 20], bent[1 << 20];
    uint64_t random = 1;
    size_t size = 0;
    ssize_t got;
    int reader = -1;
    painter_open(&painter, tape->daemon.socket);
    assert_int_equal(record_self(&painter, &reader), 0);
    for (unsigned i = 0; i < 3; i++) {
        painter_paint(&painter);
    }
    painter_close(&painter);
    while ((got = read(reader, bytes + size, sizeof(bytes) - size)) > 0) {
        size += (size_t)got;
    }
    close(reader);
    for (unsigned i = 0; i < FILES; i++) {
        memcpy(bent, bytes, size);
        for (unsigned j = 0; i > 0 && j < BENDS; j++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            /* Mostly items' heads and records, not contents: those are most of it. */
            const size_t place = j % 2 == 0 ? (random >> 33) % size : (random >> 33) % 2000;
            bent[place] ^= (uint8_t)(1u << (random >> 30 & 7));
        }
        FILE *file = fopen(tape_path(tape, "bent.rec"), "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bent, 1, size, file), size);
        fclose(file);
        int code = TAPE_GEMCTL(tape, "replay", "--against", tape->daemon.socket,
                               tape_path(tape, "bent.rec"));
        assert_true(i == 0 ? code == 0 : code == 0 || code == 1 || code == 3);
    }
}

static void file_is_full(void **state)
{
    struct tape *tape = *state;
    assert_int_equal(
        TAPE_GEMCTL(tape, "record", "-o", "/dev/full", "--", self, "--client", "4", ""), 1);
    assert_non_null(strstr(tape->output, strerror(ENOSPC)));
    assert_int_equal(TAPE_GEMCTL(tape, "record", "-o", tape_path(tape, "i.rec"), "--", "true"), 1);
    assert_non_null(strstr(tape->output, "no session"));
    assert_int_equal(TAPE_GEMCTL(tape, "record", "-o", tape_path(tape, "i.rec")), 2);
    assert_int_equal(TAPE_GEMCTL(tape, "record", "--session", "0", "-o", "x"), 2);
}

/* ---- over the socket ---- */

/* Reads a recording to its end; how it ended. */
static void read_end(int reader, struct recording_end *end)
{
    uint8_t bytes[65536];
    size_t size = 0;
    ssize_t got;
    while ((got = read(reader, bytes + size, sizeof(bytes) - size)) > 0) {
        size += (size_t)got;
        if (size == sizeof(bytes)) { /* only its last bytes matter */
            memmove(bytes, bytes + size - sizeof(*end), sizeof(*end));
            size = sizeof(*end);
        }
    }
    assert_true(size >= sizeof(*end));
    memcpy(end, bytes + size - sizeof(*end), sizeof(*end));
    assert_int_equal(end->item.type, RECORDING_END);
    assert_int_equal(end->item.size, sizeof(*end));
    close(reader);
}

static void session_records_itself(void **state)
{
    struct tape *tape = *state;
    struct painter painter;
    struct recording_end end;
    int reader = -1, other = -1;
    painter_open(&painter, tape->daemon.socket);
    assert_int_equal(record_self(&painter, &reader), 0);
    assert_int_equal(record_self(&painter, &other), -EALREADY);
    painter_paint(&painter);
    painter_close(&painter);
    read_end(reader, &end);
    assert_int_equal(end.reason, RECORDING_ENDED);
}

/* A painter with a large buffer, which records itself; what is to be read from. */
static int open_large(const struct tape *tape, struct painter *painter, uint64_t size,
                      struct gemd_bo **large)
{
    int reader = -1;
    painter_open(painter, tape->daemon.socket);
    assert_int_equal(gemd_bo_create(painter->session, size, false, large), 0);
    assert_int_equal(record_self(painter, &reader), 0);
    return reader;
}

/* Nobody reads: the daemon gives up, not the session. */
static void slow_reader_is_left(void **state)
{
    enum { LARGE = 8 << 20 };
    struct tape *tape = *state;
    struct painter painter;
    struct recording_end end;
    struct gemd_bo *large;
    const int reader = open_large(tape, &painter, LARGE, &large);
    for (unsigned i = 1; i <= 4; i++) {
        for (unsigned page = 0; page < LARGE / 4096; page++) {
            ((uint32_t *)gemd_bo_map(large))[page * 1024] = page * 16 + i;
        }
        painter_copy(&painter, painter.frames[0], large);
    }
    read_end(reader, &end);
    assert_int_equal(end.reason, RECORDING_BEHIND);
    assert_non_null(strstr(end.text, "slow"));
    daemon_await(&tape->daemon, "recordings", 0);
    painter_paint(&painter);
    gemd_bo_unref(large);
    painter_close(&painter);
}

static void own_batches_are_bounded(void **state)
{
    enum { LARGE = 33 << 20 };
    struct tape *tape = *state;
    struct painter painter;
    struct recording_end end;
    struct gemd_bo *large;
    const int reader = open_large(tape, &painter, LARGE, &large);
    painter_copy(&painter, painter.frames[0], large);
    read_end(reader, &end);
    assert_int_equal(end.reason, RECORDING_BEHIND);
    assert_non_null(strstr(end.text, "more memory"));
    /* An operator may. */
    pid_t pid = attach(tape, &painter, tape_path(tape, "j.rec"));
    painter_copy(&painter, painter.frames[0], large);
    gemd_bo_unref(large);
    painter_close(&painter);
    assert_int_equal(tape_await(tape, pid), 0);
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "j.rec")), 0);
}

static void refusals(void **state)
{
    enum { OWN_MAX = 8 };
    struct tape *tape = *state;
    const struct gemd_connect_options options = {
        .socket = tape->daemon.socket, .name = "test", .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *operator_session;
    struct painter painters[OWN_MAX + 1];
    int ends[2], packets[2], readers[OWN_MAX + 1];
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &operator_session, reason), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, packets), 0);
    assert_int_equal(gemd_record(operator_session, 4711, 0, ends[1]), -ENOENT);
    assert_int_equal(gemd_record(operator_session, 0, 0, ends[1]), -EINVAL);
    assert_int_equal(gemd_record(operator_session, 0, 1, packets[1]), -EINVAL);
    int null = open("/dev/null", O_WRONLY);
    assert_int_equal(gemd_record(operator_session, 0, 1, null), -EINVAL);
    close(null);
    for (unsigned i = 0; i <= OWN_MAX; i++) {
        painter_open(&painters[i], tape->daemon.socket);
        assert_int_equal(record_self(&painters[i], &readers[i]), i < OWN_MAX ? 0 : -EBUSY);
    }
    const uint32_t number = gemd_session_info(painters[0].session)->session;
    assert_int_equal(gemd_record(operator_session, number, 1, ends[1]), -EINVAL);
    assert_int_equal(gemd_record(operator_session, number, 0, ends[1]), -EALREADY);
    /* An operator still may, and one who waits for nobody any more is forgotten. */
    assert_int_equal(gemd_record(operator_session, 0, 1, ends[1]), 0);
    daemon_await(&tape->daemon, "recordings", OWN_MAX + 1);
    close(ends[1]);
    close(ends[0]);
    daemon_await(&tape->daemon, "recordings", OWN_MAX);
    close(packets[0]);
    close(packets[1]);
    for (unsigned i = 0; i <= OWN_MAX; i++) {
        painter_close(&painters[i]);
        if (i < OWN_MAX) {
            close(readers[i]);
        }
    }
    gemd_session_close(operator_session);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tape_setup, tape_teardown)

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--client") == 0) {
        return be_client((unsigned)strtoul(argv[2], NULL, 10), argv[3]);
    }
    self = realpath("/proc/self/exe", NULL);
    const struct CMUnitTest tests[] = {
        TEST(frames_are_as_on_the_screen),
        TEST(attaches_in_the_midst),
        TEST(holds_what_others_lent),
        TEST(holds_what_others_had_lent),
        TEST(holds_frames_without_batches),
        TEST(batches_come_faster_than_the_gpu),
        TEST(holds_frames_in_tiles),
        TEST(client_is_killed),
        TEST(recorder_is_killed),
        TEST(daemon_ends),
        TEST(cut_and_wrong_files),
        TEST(bent_files_do_no_harm),
        TEST(file_is_full),
        TEST(session_records_itself),
        TEST(slow_reader_is_left),
        TEST(own_batches_are_bounded),
        TEST(refusals),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    free(self);
    return result;
}
