/* SPDX-License-Identifier: MIT */
/*
 * Sessions by the thousand: opened, used for a batch and killed one after another; and many that
 * are open at once and do nothing. What does the daemon have afterwards that it did not have
 * before?
 *
 * usage: sessions [--count N] [--idle N]
 *
 * The last line:
 *   sessions: opened=... failed=... leaked_bytes=... leaked_fds=... idle=... idle_bytes=...
 * opened: sessions of killed programs; idle_bytes: for each session that is open and idle, the
 * daemon's resident memory with its page tables, and the memory files' pages that it does not map.
 * What the kernel has besides (sockets, descriptors) it does not tell by process.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "hw/gen3/regs.h"
#include "proto/packet.h"
#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"
#include "tests/lib/raw.h"

#define WARM_UP        300u          /* sessions before anything is measured: heaps have grown */
#define ROUND_BATCHES  4000u         /* of 40 bytes: more than the ring's 128 KiB */
#define ROUND_LARGE    40u           /* each 40th: of 256 KiB, more than the area's 8 MiB */
#define LEAK_BYTES_MAX (256ll << 10) /* malloc's arenas move by some pages */
#define IDLE_BYTES_MAX (64ll << 10)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BYTES_ARE_LIMITED 0 /* a sanitizer's own are more */
#else
#define BYTES_ARE_LIMITED 1
#endif
#define SIDE_WIDTH 16u

struct result {
    unsigned opened, failed, idle;
    int64_t leaked_bytes, leaked_fds, idle_bytes;
};

/* The number after 'key' in /proc/PID/status, in bytes. */
static int64_t process_bytes(const struct daemon *daemon, const char *key)
{
    char path[64], line[256];
    int64_t kilobytes = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)daemon->pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            kilobytes = strtoll(line + strlen(key), NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kilobytes * 1024;
}

static int64_t daemon_bytes(const struct daemon *daemon)
{
    return process_bytes(daemon, "VmRSS:") + process_bytes(daemon, "VmPTE:");
}

/* ---- one after another ---- */

/* A program that draws and is killed; every other one while its second batch is on its way. */
static void use_and_die(const struct daemon *daemon, uint32_t number)
{
    const struct gemd_connect_options options = {.socket = daemon->socket, .name = "mayfly"};
    struct gemd_session *session;
    struct gemd_bo *bo;
    struct batch batch;
    uint64_t seqno;
    char reason[GEMD_TEXT_MAX];
    if (gemd_session_open(&options, &session, reason) != 0 ||
        gemd_bo_create(session, 4096, number % 3 == 0, &bo) != 0) {
        _exit(1);
    }
    batch_reset(&batch);
    batch_fill(&batch, bo, SIDE_WIDTH * 4, 0, 0, SIDE_WIDTH, SIDE_WIDTH, number);
    if (batch_submit(&batch, session, &seqno) != 0 ||
        gemd_seqno_wait(session, seqno, GEMD_FOREVER) != 0 ||
        ((const uint32_t *)gemd_bo_map(bo))[SIDE_WIDTH * SIDE_WIDTH - 1] != number) {
        _exit(2);
    }
    if (number % 2 == 1) {
        batch_reset(&batch);
        batch_fill(&batch, bo, SIDE_WIDTH * 4, 0, 0, SIDE_WIDTH, SIDE_WIDTH, ~number);
        if (batch_submit(&batch, session, &seqno) != 0) {
            _exit(3);
        }
    }
    raise(SIGKILL);
}

/* Whether it came as far as being killed. */
static bool run_one(const struct daemon *daemon, uint32_t number)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        use_and_die(daemon, number);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

/*
 * The ring and the batch area are circles that take memory at their first use: once around each,
 * so that it is not taken for a leak.
 */
static void go_round(const struct daemon *daemon)
{
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    uint32_t count = gemd_session_info(session)->max_batch_words;
    uint32_t *words = calloc(count, sizeof(*words)); /* MI_NOOP is 0 */
    uint64_t seqno = 0;
    assert_non_null(words);
    words[0] = words[count - 2] = MI_BATCH_BUFFER_END;
    for (unsigned i = 0; i < ROUND_BATCHES; i++) {
        const struct gemd_submission submission = {
            .words = words + (i % ROUND_LARGE == 0 ? 2 : 0),
            .word_count = i % ROUND_LARGE == 0 ? count - 2 : 2,
        };
        assert_int_equal(gemd_submit(session, &submission, &seqno), 0);
    }
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_rejected(session), 0);
    free(words);
    gemd_session_close(session);
}

static void run_sessions(const struct daemon *daemon, unsigned count, struct result *result)
{
    go_round(daemon);
    for (unsigned i = 0; i < WARM_UP; i++) {
        result->failed += !run_one(daemon, i + 1);
    }
    daemon_await_nothing(daemon);
    int64_t bytes = daemon_bytes(daemon);
    unsigned fds = daemon_open_files(daemon);
    for (unsigned i = 0; i < count; i++) {
        bool fine = run_one(daemon, i + 1);
        result->opened += fine;
        result->failed += !fine;
    }
    daemon_await_nothing(daemon);
    daemon_await_files(daemon, fds);
    result->leaked_bytes = daemon_bytes(daemon) - bytes;
    result->leaked_fds = (int64_t)daemon_open_files(daemon) - (int64_t)fds;
}

/* ---- at once ---- */

/* Bytes of memory that a file has, not that it could have. */
static int64_t file_bytes(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 ? (int64_t)file.st_blocks * 512 : 0;
}

/* A session's socket, or -1; *ring_bytes grows by what its ring takes, which the daemon only maps.
 */
static int open_idle(const struct daemon *daemon, int64_t *ring_bytes)
{
    struct packet packet;
    int fd = raw_greet(daemon->socket, "idle", &packet);
    if (fd < 0) {
        return -1;
    }
    *ring_bytes += file_bytes(packet.fds[0]);
    packet_clear(&packet);
    return fd;
}

static void close_all(int *sockets, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        close(sockets[i]);
    }
}

static void run_idle(const struct daemon *daemon, unsigned count, struct result *result)
{
    int *sockets = calloc(count, sizeof(*sockets));
    if (sockets == NULL) {
        result->failed += count;
        return;
    }
    int64_t before = daemon_bytes(daemon);
    unsigned fds = daemon_open_files(daemon);
    int64_t ring_bytes = 0;
    while (result->idle < count) {
        int fd = open_idle(daemon, &ring_bytes);
        if (fd < 0) {
            fprintf(stderr, "sessions: no session beside %u others\n", result->idle);
            result->failed++;
            break;
        }
        sockets[result->idle++] = fd;
    }
    daemon_await(daemon, "sessions", result->idle);
    if (result->idle > 0) {
        int64_t grown = daemon_bytes(daemon) - before + ring_bytes;
        result->idle_bytes = grown / result->idle;
    }
    close_all(sockets, result->idle);
    free(sockets);
    daemon_await_nothing(daemon);
    daemon_await_files(daemon, fds);
}

/* ---- the program ---- */

static unsigned parse_count(const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value == 0 || value > 1000000) {
        fprintf(stderr, "sessions: how many is %s?\n", text);
        exit(2);
    }
    return (unsigned)value;
}

static void raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"count", required_argument, NULL, 'c'},
        {"idle", required_argument, NULL, 'i'},
        {NULL, 0, NULL, 0},
    };
    unsigned count = 1000, idle = 1000;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'c' && option != 'i') {
            return 2;
        }
        *(option == 'c' ? &count : &idle) = parse_count(optarg);
    }
    struct daemon daemon = {0};
    struct result result = {0};
    daemon_start(&daemon, NULL);
    raise_files(); /* of this program: the daemon sees to its own */
    run_sessions(&daemon, count, &result);
    run_idle(&daemon, idle, &result);
    daemon_stop(&daemon);
    printf("sessions: opened=%u failed=%u leaked_bytes=%lld leaked_fds=%lld idle=%u "
           "idle_bytes=%lld\n",
           result.opened, result.failed, (long long)result.leaked_bytes,
           (long long)result.leaked_fds, result.idle, (long long)result.idle_bytes);
    bool small = !BYTES_ARE_LIMITED ||
                 (result.leaked_bytes <= LEAK_BYTES_MAX && result.idle_bytes <= IDLE_BYTES_MAX);
    return result.failed == 0 && result.leaked_fds <= 0 && result.idle == idle && small ? 0 : 1;
}
