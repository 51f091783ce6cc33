/* SPDX-License-Identifier: MIT */
#include "tests/lib/daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/chipset.h"

#define PROGRAM       GEMD_BINARY_DIR "/bin/gemd"
#define ARGUMENTS_MAX 16
#define AWAIT_SECONDS 30

static const char *told_device(void)
{
    return getenv("GEMD_TEST_DEVICE"); /* in a virtual machine: "pci" */
}

bool daemon_is_on_device(void)
{
    return told_device() != NULL;
}

/* In the child: becomes the daemon. */
static void become_daemon(const struct daemon *daemon, const char *const *arguments, int ready)
{
    char number[16];
    const char *argv[ARGUMENTS_MAX + 10] = {PROGRAM,      "--socket", daemon->socket,
                                            "--ready-fd", number,     NULL};
    unsigned count = 5;
    char device[64];
    const char *real = told_device();
    if (test_chipset != NULL) {
        snprintf(device, sizeof(device), "model:%s", test_chipset);
    }
    if (real != NULL || test_chipset != NULL) {
        argv[count++] = "--device";
        argv[count++] = real != NULL ? real : device;
    }
    const char *sandbox = getenv("GEMD_TEST_SANDBOX"); /* else the daemon's default */
    if (sandbox != NULL) {
        argv[count++] = "--sandbox";
        argv[count++] = sandbox;
    }
    for (unsigned i = 0; arguments != NULL && arguments[i] != NULL && i < ARGUMENTS_MAX; i++) {
        argv[count++] = arguments[i];
    }
    argv[count] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(number, sizeof(number), "%d", ready);
    fcntl(ready, F_SETFD, 0);
    int log = open(daemon->log, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    dup2(log, STDERR_FILENO);
    if (daemon->address_space != 0) {
        const struct rlimit limit = {daemon->address_space, daemon->address_space};
        setrlimit(RLIMIT_AS, &limit);
    }
    execv(argv[0], (char *const *)(uintptr_t)argv);
    dprintf(STDERR_FILENO, "%s: %s\n", PROGRAM, strerror(errno));
    _exit(127);
}

static void show_log(const struct daemon *daemon)
{
    char line[512];
    FILE *log = fopen(daemon->log, "re");
    while (log != NULL && fgets(line, sizeof(line), log) != NULL) {
        print_error("daemon: %s", line);
    }
    if (log != NULL) {
        fclose(log);
    }
}

void daemon_start(struct daemon *daemon, const char *const *arguments)
{
    int ready[2];
    char text[6] = "";
    if (daemon->directory[0] == '\0') {
        strcpy(daemon->directory, "/tmp/gemd-test-XXXXXX");
        assert_non_null(mkdtemp(daemon->directory));
    }
    snprintf(daemon->socket, sizeof(daemon->socket), "%s/gemd.sock", daemon->directory);
    snprintf(daemon->log, sizeof(daemon->log), "%s/log", daemon->directory);
    assert_return_code(pipe2(ready, O_CLOEXEC), errno);
    daemon->pid = fork();
    assert_true(daemon->pid >= 0);
    if (daemon->pid == 0) {
        become_daemon(daemon, arguments, ready[1]);
    }
    close(ready[1]);
    ssize_t got = read(ready[0], text, sizeof(text));
    close(ready[0]);
    if (got != 6 || memcmp(text, "READY\n", 6) != 0) {
        show_log(daemon);
        fail_msg("the daemon did not get ready");
    }
}

static void clean_up(struct daemon *daemon)
{
    unlink(daemon->log);
    unlink(daemon->socket);
    rmdir(daemon->directory);
    daemon->directory[0] = '\0';
}

/*
 * ThreadSanitizer may keep a signal that comes just when the daemon goes to sleep, until a call of
 * the daemon ends: somebody at its door ends it.
 */
static void knock(const struct daemon *daemon)
{
#ifdef __SANITIZE_THREAD__
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", daemon->socket);
    (void)connect(fd, (const void *)&address, sizeof(address)); /* it may have ended already */
    close(fd);
#else
    (void)daemon;
#endif
}

void daemon_stop(struct daemon *daemon)
{
    int status = 0;
    bool socket_left = false;
    if (daemon->pid > 0) {
        struct stat file;
        kill(daemon->pid, SIGTERM);
        knock(daemon);
        assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
        daemon->pid = 0;
        socket_left = stat(daemon->socket, &file) == 0;
    }
    if (status != 0) {
        show_log(daemon);
    }
    clean_up(daemon);
    assert_int_equal(status, 0);
    assert_false(socket_left);
}

void daemon_kill(struct daemon *daemon)
{
    int status;
    kill(daemon->pid, SIGKILL);
    assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
    daemon->pid = 0;
    /* It had not ended by itself before, say by a system call that is not allowed. */
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int daemon_setup(void **state)
{
    struct daemon *daemon = calloc(1, sizeof(*daemon));
    daemon_start(daemon, NULL);
    *state = daemon;
    return 0;
}

int daemon_teardown(void **state)
{
    struct daemon *daemon = *state;
    daemon_stop(daemon);
    free(daemon);
    return 0;
}

/* ---- what it says of itself ---- */

char *daemon_status(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .name = "test status", .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    char *text;
    if (gemd_session_open(&options, &session, reason) < 0) {
        show_log(daemon);
        fail_msg("no status: %s", reason);
    }
    assert_int_equal(gemd_query_status(session, &text), 0);
    gemd_session_close(session);
    return text;
}

int64_t daemon_value(const struct daemon *daemon, const char *key)
{
    char *status = daemon_status(daemon);
    char *rest = status;
    char *line;
    size_t length = strlen(key);
    int64_t value = -1;
    bool found = false;
    while (!found && (line = strsep(&rest, "\n")) != NULL) {
        found = strncmp(line, key, length) == 0 && strncmp(line + length, ": ", 2) == 0;
        value = found ? strtoll(line + length + 2, NULL, 10) : -1;
    }
    free(status);
    if (!found) {
        fail_msg("the status has no \"%s\"", key);
    }
    return value;
}

void daemon_await(const struct daemon *daemon, const char *key, int64_t value)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    time_t end = time(NULL) + AWAIT_SECONDS;
    while (daemon_value(daemon, key) != value) {
        if (time(NULL) > end) {
            char *status = daemon_status(daemon);
            print_error("%s", status);
            free(status);
            fail_msg("%s did not become %lld", key, (long long)value);
        }
        nanosleep(&pause, NULL);
    }
}

void daemon_await_nothing(const struct daemon *daemon)
{
    static const char *const keys[] = {"sessions", "buffers", "bytes", "batches_in_flight",
                                       "gtt_pages_used"};
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        daemon_await(daemon, keys[i], 0);
    }
}

unsigned daemon_open_files(const struct daemon *daemon)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)daemon->pid);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

void daemon_await_files(const struct daemon *daemon, unsigned most)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    time_t end = time(NULL) + AWAIT_SECONDS;
    while (daemon_open_files(daemon) > most) {
        if (time(NULL) > end) {
            fail_msg("%u descriptors, at most %u wanted", daemon_open_files(daemon), most);
        }
        nanosleep(&pause, NULL);
    }
}

bool daemon_logged(const struct daemon *daemon, const char *text)
{
    char line[1024];
    bool found = false;
    FILE *log = fopen(daemon->log, "re");
    assert_non_null(log);
    while (!found && fgets(line, sizeof(line), log) != NULL) {
        found = strstr(line, text) != NULL;
    }
    fclose(log);
    return found;
}

struct gemd_session *daemon_open(const struct daemon *daemon,
                                 void (*on_event)(void *data, const struct gemd_msg_header *event,
                                                  const char *text),
                                 void *data)
{
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .name = "test", .on_event = on_event, .on_event_data = data};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    if (gemd_session_open(&options, &session, reason) < 0) {
        show_log(daemon);
        fail_msg("no session: %s", reason);
    }
    return session;
}
