/* SPDX-License-Identifier: MIT */
/*
 * Memory that will not do: files without seals, more than the GTT, more than there is; and no
 * descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/address.h"
#include "proto/packet.h"
#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"
#include "tests/lib/raw.h"

static struct gemd_msg_batch_rejected rejection;
static unsigned events;

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    if (event->type == GEMD_MSG_BATCH_REJECTED) {
        memcpy(&rejection, event, sizeof(rejection));
    }
    events++;
}

/* A fill of one page that must be seen. */
static void assert_works(struct gemd_session *session)
{
    static uint32_t colour;
    struct batch batch;
    struct gemd_bo *bo;
    uint64_t seqno;
    assert_int_equal(gemd_bo_create(session, 4096, false, &bo), 0);
    batch_reset(&batch);
    batch_fill(&batch, bo, 64, 0, 0, 16, 64, ++colour);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(((const uint32_t *)gemd_bo_map(bo))[1023], colour);
    gemd_bo_unref(bo);
}

/* ---- seals ---- */

/* A raw session's socket, after WELCOME. */
static int raw_session(const struct daemon *daemon)
{
    struct packet packet;
    int fd = raw_greet(daemon->socket, "by hand", &packet);
    assert_true(fd >= 0);
    packet_clear(&packet);
    return fd;
}

/* Adds a file as an arena. The errno of the refusal, its text in 'text'; 0: it was taken. */
static int add_arena(int socket, uint32_t id, int file, uint64_t size, char text[GEMD_TEXT_MAX])
{
    struct gemd_msg_arena_add add;
    struct gemd_msg_error error;
    struct packet packet;
    char reason[GEMD_TEXT_MAX];
    codec_begin(&add, GEMD_MSG_ARENA_ADD, 100 + id);
    add.arena = id;
    add.size = size;
    assert_int_equal(packet_send(socket, &add, &file, 0), 0);
    assert_int_equal(packet_receive(socket, &packet, 0), 1);
    assert_non_null(packet_check(&packet, CODEC_TO_CLIENT, reason));
    assert_int_equal(packet.header.serial, 100 + id);
    if (packet.header.type == GEMD_MSG_DONE) {
        return 0;
    }
    assert_int_equal(packet.header.type, GEMD_MSG_ERROR);
    memcpy(&error, packet.bytes, sizeof(error));
    assert_int_equal(error.protocol_error, 0);
    memcpy(text, error.text, GEMD_TEXT_MAX);
    return error.error;
}

static int memory_file(uint64_t size, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_return_code(ftruncate(fd, (off_t)size), errno);
    assert_return_code(fcntl(fd, F_ADD_SEALS, seals), errno);
    return fd;
}

static void files_without_seals(void **state)
{
    const struct daemon *daemon = *state;
    static const struct {
        int seals;
        uint64_t size, said;
        const char *about; /* NULL: it is taken */
    } cases[] = {
        {0, 8192, 8192, "not sealed"},
        {F_SEAL_SHRINK, 8192, 8192, "not sealed"},
        {F_SEAL_GROW, 8192, 8192, "not sealed"},
        {F_SEAL_SHRINK | F_SEAL_GROW, 8192, 4096, "8192 bytes"},
        {F_SEAL_SHRINK | F_SEAL_GROW, 8192, 16384, "8192 bytes"},
        {F_SEAL_SHRINK | F_SEAL_GROW, 8192, 0, "size 0"},
        {F_SEAL_SHRINK | F_SEAL_GROW, 8000, 8000, "size 8000"},
        {F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, 8192, 8192, "writing"},
        {F_SEAL_SHRINK | F_SEAL_GROW, 8192, UINT64_MAX - 4095, "8192 bytes"},
        {F_SEAL_SHRINK | F_SEAL_GROW, 8192, 8192, NULL},
        {F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, 8192, 8192, NULL},
    };
    char text[GEMD_TEXT_MAX];
    int pipes[2];
    int socket = raw_session(daemon);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int file = memory_file(cases[i].size, cases[i].seals);
        int result = add_arena(socket, i, file, cases[i].said, text);
        close(file);
        assert_int_equal(result, cases[i].about == NULL ? 0 : -EINVAL);
        if (cases[i].about != NULL && strstr(text, cases[i].about) == NULL) {
            fail_msg("case %u: \"%s\" says nothing of \"%s\"", i, text, cases[i].about);
        }
    }
    assert_return_code(pipe2(pipes, O_CLOEXEC), errno);
    assert_int_equal(add_arena(socket, 50, pipes[0], 4096, text), -EINVAL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(add_arena(socket, 51, null, 4096, text), -EINVAL);
    close(null);
    close(pipes[0]);
    close(pipes[1]);
    close(socket);
    daemon_await_nothing(daemon);
}

/* The same id twice. */
static void arena_ids_are_unique(void **state)
{
    const struct daemon *daemon = *state;
    char text[GEMD_TEXT_MAX];
    int socket = raw_session(daemon);
    int file = memory_file(4096, F_SEAL_SHRINK | F_SEAL_GROW);
    assert_int_equal(add_arena(socket, 1, file, 4096, text), 0);
    assert_true(add_arena(socket, 1, file, 4096, text) < 0);
    assert_int_equal(add_arena(socket, 2, file, 4096, text), 0);
    close(file);
    close(socket);
}

/* ---- the GTT ---- */

/*
 * One batch whose buffers take more than the GTT has. Memory files are sparse: what nobody touches
 * takes no memory, so the buffers are imported instead of created.
 */
static void out_of_gtt(void **state)
{
    const struct daemon *daemon = *state;
    enum { COUNT = 3 };
    struct gemd_session *session = daemon_open(daemon, on_event, NULL);
    uint64_t each = gemd_session_info(session)->gtt_bytes / (COUNT - 1) / 4096 * 4096;
    struct gemd_bo *bos[COUNT];
    struct batch batch;
    uint64_t seqno;
    events = 0;
    batch_reset(&batch);
    for (unsigned i = 0; i < COUNT; i++) {
        int file = memory_file(each, F_SEAL_SHRINK | F_SEAL_GROW);
        assert_int_equal(gemd_bo_import(session, file, &bos[i]), 0);
        close(file);
        batch_fill(&batch, bos[i], 64, 0, 0, 16, 16, 5);
    }
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_rejected(session), 1);
    while (events == 0 && gemd_session_lost(session) == GEMD_LOST_NOT) {
        gemd_session_dispatch(session);
    }
    assert_int_equal(rejection.error, -ENOSPC);
    assert_string_equal(rejection.rule_name, "GTT_FULL");
    assert_int_equal(((const uint32_t *)gemd_bo_map(bos[0]))[0], 0);

    /* Each by itself is fine, though all of them do not fit: the others are evicted. */
    for (unsigned round = 1; round <= 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            batch_reset(&batch);
            batch_fill(&batch, bos[i], 64, 0, 0, 16, 16, round * 16 + i);
            assert_int_equal(batch_submit(&batch, session, &seqno), 0);
        }
        assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
        for (unsigned i = 0; i < COUNT; i++) {
            assert_int_equal(((const uint32_t *)gemd_bo_map(bos[i]))[255], round * 16 + i);
        }
    }
    assert_int_equal(gemd_session_rejected(session), 1);
    assert_true(daemon_value(daemon, "gtt_evictions") > 0);
    for (unsigned i = 0; i < COUNT; i++) {
        gemd_bo_unref(bos[i]);
    }
    assert_works(session);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

/* ---- memory ---- */

static void buffers_that_are_too_large(void **state)
{
    const struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, on_event, NULL);
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_create(session, 1ull << 50, false, &bo), -ENOMEM);
    assert_int_equal(gemd_bo_create(session, 1ull << 50, true, &bo), -ENOMEM);
    assert_int_equal(gemd_bo_create(session, UINT64_MAX, false, &bo), -ENOMEM);
    assert_null(bo);
    assert_works(session);
    gemd_session_close(session);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ADDRESS_SPACE_IS_LIMITED 0 /* sanitizers reserve terabytes of it */
#else
#define ADDRESS_SPACE_IS_LIMITED 1
#endif

/* The client has no address space left: an error, no crash; then it works again. */
static void client_out_of_memory(void **state)
{
    const struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, on_event, NULL);
    struct rlimit before, tight;
    struct gemd_bo *bos[2];
    if (!ADDRESS_SPACE_IS_LIMITED) {
        gemd_session_close(session);
        skip();
    }
    assert_return_code(getrlimit(RLIMIT_AS, &before), errno);
    tight = before;
    tight.rlim_cur = 1 << 20; /* less than is mapped already: nothing more is */
    assert_return_code(setrlimit(RLIMIT_AS, &tight), errno);
    int private_result = gemd_bo_create(session, 64 << 20, false, &bos[0]);
    int shared_result = gemd_bo_create(session, 64 << 20, true, &bos[1]);
    assert_return_code(setrlimit(RLIMIT_AS, &before), errno);
    assert_int_equal(private_result, -ENOMEM);
    assert_int_equal(shared_result, -ENOMEM);
    assert_works(session);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

/* The daemon has none left to map a client's files: that client is told, the daemon lives on. */
static void daemon_out_of_memory(void **state)
{
    struct daemon daemon = {.address_space = 1ull << 30};
    enum { COUNT = 64 };
    struct gemd_bo *bos[COUNT];
    unsigned made = 0;
    if (!ADDRESS_SPACE_IS_LIMITED) {
        skip();
    }
    daemon_start(&daemon, NULL);
    struct gemd_session *session = daemon_open(&daemon, on_event, NULL);
    int result = 0;
    while (made < COUNT && result == 0) {
        int file = memory_file(64 << 20, F_SEAL_SHRINK | F_SEAL_GROW);
        result = gemd_bo_import(session, file, &bos[made]);
        close(file);
        made += result == 0;
    }
    assert_int_equal(result, -ENOMEM);
    assert_true(made > 0);
    assert_int_equal(gemd_session_lost(session), GEMD_LOST_NOT);
    while (made > 0) {
        gemd_bo_unref(bos[--made]);
    }
    daemon_await(&daemon, "buffers", 0);
    assert_works(session);
    gemd_session_close(session);
    daemon_await_nothing(&daemon);
    daemon_stop(&daemon);
}

static void limit_descriptors(const struct daemon *daemon, rlim_t count)
{
    struct rlimit files;
    assert_return_code(prlimit(daemon->pid, RLIMIT_NOFILE, NULL, &files), errno);
    files.rlim_cur = count != 0 ? count : files.rlim_max;
    assert_return_code(prlimit(daemon->pid, RLIMIT_NOFILE, &files, NULL), errno);
}

/* A program that wants a session; its exit code tells whether it got one. */
static pid_t start_client(const struct daemon *daemon)
{
    pid_t pid = fork();
    if (pid == 0) {
        const struct gemd_connect_options options = {.socket = daemon->socket};
        struct gemd_session *session;
        _exit(gemd_session_open(&options, &session, NULL) == 0 ? 0 : 1);
    }
    assert_true(pid > 0);
    return pid;
}

/*
 * The daemon has no descriptors left: what needs one is refused, without the session's end; who
 * connects waits until there are some.
 */
static void daemon_out_of_descriptors(void **state)
{
    const struct daemon *daemon = *state;
    const struct timespec pause = {.tv_nsec = 5000000};
    struct gemd_session *session = daemon_open(daemon, on_event, NULL);
    struct gemd_bo *bo;
    int status = -1;
    int file = memory_file(4096, F_SEAL_SHRINK | F_SEAL_GROW);
    limit_descriptors(daemon, 1);
    assert_int_equal(gemd_fence_export(session, 1000), -EMFILE);
    assert_int_equal(gemd_bo_import(session, file, &bo), -EMFILE);
    assert_int_equal(gemd_session_lost(session), GEMD_LOST_NOT);
    pid_t pid = start_client(daemon);
    while (!daemon_logged(daemon, "a client got no session: Too many open files")) {
        nanosleep(&pause, NULL);
    }
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
    limit_descriptors(daemon, 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(gemd_bo_import(session, file, &bo), 0);
    close(file);
    assert_works(session);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, daemon_setup, daemon_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_without_seals),
        TEST(arena_ids_are_unique),
        TEST(out_of_gtt),
        TEST(buffers_that_are_too_large),
        TEST(client_out_of_memory),
        TEST(daemon_out_of_descriptors),
        cmocka_unit_test(daemon_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
