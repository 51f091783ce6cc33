/* SPDX-License-Identifier: MIT */
/* Code that runs in a daemon that is ready tries what it must not be able to: in each thread. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/integration/service/hook.h"
#include "tests/lib/daemon.h"

#define AWAIT_SECONDS 30

static const struct row {
    const char *name;
    enum hook_attempt attempt;
    int error;
    bool kills; /* a strict daemon dies of it */
} rows[] = {
    {"nothing", HOOK_NOTHING, 0, false},    {"open", HOOK_OPEN, EACCES, false},
    {"create", HOOK_CREATE, EACCES, false}, {"remove", HOOK_REMOVE, EACCES, false},
    {"socket", HOOK_SOCKET, EPERM, true},   {"execve", HOOK_EXECVE, EPERM, true},
    {"ptrace", HOOK_PTRACE, EPERM, true},   {"fork", HOOK_FORK, EPERM, true},
    {"kill", HOOK_KILL, EPERM, true},       {"setuid", HOOK_SETUID, EPERM, true},
    {"code", HOOK_CODE, EPERM, true},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void start(struct daemon *daemon, const char *mode)
{
    *daemon = (struct daemon){0};
    setenv("LD_PRELOAD", GEMD_HOOK, 1);
    daemon_start(daemon, (const char *const[]){"--sandbox", mode, NULL});
    unsetenv("LD_PRELOAD");
}

/* To one thread: which of them tries must not be chance. */
static void ask(const struct daemon *daemon, pid_t thread, enum hook_attempt attempt)
{
    siginfo_t info = {0};
    info.si_signo = HOOK_SIGNAL;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = (int)attempt;
    assert_return_code(syscall(SYS_rt_tgsigqueueinfo, daemon->pid, thread, HOOK_SIGNAL, &info),
                       errno);
}

static unsigned count_lines(const struct daemon *daemon, const char *wanted)
{
    char line[1024];
    unsigned count = 0;
    FILE *log = fopen(daemon->log, "re");
    assert_non_null(log);
    while (fgets(line, sizeof(line), log) != NULL) {
        count += strcmp(line, wanted) == 0;
    }
    fclose(log);
    return count;
}

/* The hook's line so many times. */
static void await_lines(const struct daemon *daemon, const struct row *row, unsigned count)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    time_t end = time(NULL) + AWAIT_SECONDS;
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "hook: %s: %d\n", row->name, row->error);
    while (count_lines(daemon, wanted) < count) {
        if (time(NULL) > end) {
            char command[256];
            snprintf(command, sizeof(command), "grep '^hook: ' '%s' >&2", daemon->log);
            (void)!system(command);
            fail_msg("not %u times %s", count, wanted);
        }
        nanosleep(&pause, NULL);
    }
}

static unsigned threads_of(const struct daemon *daemon, pid_t *threads, unsigned room)
{
    char path[64];
    unsigned count = 0;
    const struct dirent *entry;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)daemon->pid);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL && count < room) {
        if (entry->d_name[0] != '.') {
            threads[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
        }
    }
    closedir(directory);
    return count;
}

static void each_attempt_fails_in_each_thread(void **state)
{
    struct daemon daemon;
    pid_t threads[64];
    start(&daemon, "on");
    unsigned count = threads_of(&daemon, threads, 64);
    assert_true(count > 1);
    for (unsigned i = 0; i < ROWS; i++) {
        for (unsigned j = 0; j < count; j++) {
            ask(&daemon, threads[j], rows[i].attempt);
            await_lines(&daemon, &rows[i], j + 1);
        }
    }
    daemon_stop(&daemon);
}

static void expect_death(struct daemon *daemon)
{
    int status;
    assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
    daemon->pid = 0;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
    daemon_stop(daemon); /* what it left in its directory */
}

static void a_strict_daemon_dies_of_it(void **state)
{
    struct daemon daemon;
    for (unsigned i = 0; i < ROWS; i++) {
        start(&daemon, "strict");
        ask(&daemon, daemon.pid, rows[i].attempt);
        if (rows[i].kills) {
            expect_death(&daemon);
        } else {
            await_lines(&daemon, &rows[i], 1);
            daemon_stop(&daemon);
        }
    }
}

/* The hook can fail: without the sandbox it may do all of this. */
static void a_daemon_that_is_left_open_can(void **state)
{
    const struct row socket = {"socket", HOOK_SOCKET, 0, false};
    const struct row open = {"open", HOOK_OPEN, 0, false};
    struct daemon daemon;
    start(&daemon, "off");
    ask(&daemon, daemon.pid, HOOK_SOCKET);
    await_lines(&daemon, &socket, 1);
    ask(&daemon, daemon.pid, HOOK_OPEN);
    await_lines(&daemon, &open, 1);
    daemon_stop(&daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_attempt_fails_in_each_thread),
        cmocka_unit_test(a_strict_daemon_dies_of_it),
        cmocka_unit_test(a_daemon_that_is_left_open_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
