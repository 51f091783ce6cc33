/* SPDX-License-Identifier: MIT */
/* The daemon as a program: options, exit codes, sockets that are handed in, refused batches kept.
 */
#include <dirent.h>
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
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "gemd/validator/stream_file.h"
#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

#define PROGRAM GEMD_BINARY_DIR "/bin/gemd"

/* Runs it to its end; the exit code, and what it printed. */
static int run(const char *const *arguments, char *output, size_t size)
{
    int ends[2];
    const char *argv[8] = {PROGRAM};
    for (unsigned i = 0; arguments[i] != NULL && i < 6; i++) {
        argv[i + 1] = arguments[i];
    }
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execv(PROGRAM, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while (length + 1 < size && (got = read(ends[0], output + length, size - 1 - length)) > 0) {
        length += (size_t)got;
    }
    output[length] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void options_are_explained(void **state)
{
    char text[4096];
    assert_int_equal(run((const char *const[]){"--help", NULL}, text, sizeof(text)), 0);
    const char *const options[] = {"--device",  "--socket",  "--ready-fd",      "--mode",
                                   "--log",     "--capture", "--record",        "--hang-timeout",
                                   "--version", "--policy",  "--drain-timeout", "--user",
                                   "--sandbox"};
    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        assert_non_null(strstr(text, options[i]));
    }
    assert_int_equal(run((const char *const[]){"--version", NULL}, text, sizeof(text)), 0);
    assert_string_equal(text, "gemd " GEMD_VERSION "\n");
}

static void mistakes_are_named(void **state)
{
    static const char *const mistakes[][3] = {
        {"--nonsense", NULL},
        {"--mode", "12x12", NULL},
        {"--mode", "big", NULL},
        {"--monitor", "askk", NULL},
        {"--log", "loud", NULL},
        {"--ready-fd", "x", NULL},
        {"--hang-timeout", "0", NULL},
        {"--drain-timeout", "-1", NULL},
        {"--sandbox", "maybe", NULL},
        {"--drain-timeout", "long", NULL},
        {"--device", "toaster", NULL},
        {"--device", "model:g99", NULL},
        {"--device", "model:g33,threads=0", NULL},
        {"--device", "model:g33,threads=65", NULL},
        {"--device", "model:g33,threads=2x", NULL},
        {"--device", "model:g33,cores=2", NULL},
        {"--device", "model:g33,", NULL},
        {"--device", "model:g33,memory=single", NULL},
        {"--device", "model:945gm,memory=symmetric", NULL},
        {"--device", "model:945gm,threads=1,memory=", NULL},
        {"stray", NULL},
    };
    char text[4096];
    for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        assert_int_equal(run(mistakes[i], text, sizeof(text)), 2);
        const char *culprit = mistakes[i][1] != NULL ? mistakes[i][1] : mistakes[i][0];
        assert_non_null(strstr(text, culprit));
    }
}

/* Options of the model in either order; whole names, but in any case. */
static void options_of_the_model_are_taken(void **state)
{
    static const char *const devices[] = {"model:945gm,memory=interleaved-17,threads=2",
                                          "model:g33,threads=1,memory=Symmetric", "model:915g"};
    (void)state;
    for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        struct daemon daemon = {0};
        daemon_start(&daemon, (const char *const[]){"--device", devices[i], NULL});
        assert_true(daemon_logged(&daemon, devices[i]));
        daemon_stop(&daemon);
    }
}

static void a_second_daemon_is_turned_away(void **state)
{
    const struct daemon *daemon = *state;
    char text[4096];
    assert_int_equal(
        run((const char *const[]){"--socket", daemon->socket, NULL}, text, sizeof(text)), 1);
    assert_non_null(strstr(text, daemon->socket));
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    gemd_session_close(session);
}

/* Becomes the daemon with a listening socket as descriptor 3, as a service manager does it. */
static void become_activated(int listening)
{
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    if (listening == 3) {
        fcntl(3, F_SETFD, 0);
    } else {
        dup2(listening, 3);
    }
    execl(PROGRAM, PROGRAM, "--log", "error", (char *)NULL);
    _exit(127);
}

static void a_socket_may_be_handed_in(void **state)
{
    char directory[] = "/tmp/gemd-activation-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
    int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listening, 8), 0);
    pid_t pid = fork();
    if (pid == 0) {
        become_activated(listening);
    }
    close(listening);
    /* The connection waits in the socket until the daemon is up. */
    struct gemd_session *session = NULL;
    char reason[GEMD_TEXT_MAX];
    const struct gemd_connect_options options = {.socket = address.sun_path};
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    assert_string_equal(gemd_session_info(session)->device, "model:g33");
    gemd_session_close(session);
    int status = 0;
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    /* The socket was not the daemon's to remove. */
    assert_int_equal(unlink(address.sun_path), 0);
    assert_int_equal(rmdir(directory), 0);
}

/* Forgets what is told of refused batches; the test knows. */
static void ignore_event(void *data, const struct gemd_msg_header *event, const char *text)
{
}

/* The file, which goes, is the batch as it was sent. */
static void expect_kept(const char *path, const struct batch *batch)
{
    uint8_t bytes[512];
    uint32_t words[8];
    struct stream_record kept;
    char reason[128];
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t size = read(fd, bytes, sizeof(bytes));
    close(fd);
    unlink(path);
    assert_int_equal(stream_file_open(bytes, (size_t)size, &kept, reason), 0);
    assert_int_equal(kept.size, size);
    assert_int_equal(kept.seqno, 1);
    assert_int_equal(kept.word_count, batch->word_count);
    assert_int_equal(kept.buffer_count, 0);
    stream_file_read(&kept, NULL, NULL, words);
    assert_memory_equal(words, batch->words, batch->word_count * 4);
}

static void refused_batches_are_kept_for_decoding(void **state)
{
    char directory[] = "/tmp/gemd-capture-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct daemon daemon = {0};
    char record[64];
    snprintf(record, sizeof(record), "%s/all", directory);
    daemon_start(&daemon, (const char *const[]){"--capture", directory, "--record", record, NULL});
    struct gemd_session *session = daemon_open(&daemon, ignore_event, NULL);
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    BATCH_PUT(&batch, 0x11000001, 0x00002030, 0); /* a register */
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_rejected(session), 1);
    char path[128];
    snprintf(path, sizeof(path), "%s/batch-%u-1.stream", directory,
             gemd_session_info(session)->session);
    expect_kept(path, &batch);
    expect_kept(record, &batch);
    gemd_session_close(session);
    daemon_stop(&daemon);
    assert_int_equal(rmdir(directory), 0);
}

static void the_mode_is_what_was_asked_for(void **state)
{
    struct daemon daemon = {0};
    daemon_start(&daemon, (const char *const[]){"--mode", "800x600", NULL});
    struct gemd_session *session = daemon_open(&daemon, NULL, NULL);
    const struct gemd_info *info = gemd_session_info(session);
    assert_int_equal(info->screen_width, 800);
    assert_int_equal(info->screen_height, 600);
    assert_in_range(info->refresh_millihertz, 59700, 60350); /* a monitor's own are 60.317 */
    gemd_session_close(session);
    daemon_stop(&daemon);
}

static void expect_status(const char *option, const char *line)
{
    struct daemon daemon = {0};
    daemon_start(&daemon, (const char *const[]){"--monitor", option, NULL});
    char *status = daemon_status(&daemon);
    assert_non_null(strstr(status, line));
    free(status);
    daemon_stop(&daemon);
}

static void the_monitor_is_asked_on_demand(void **state)
{
    static const char asked[] = "\nmonitor: gemd model (GEM 2933)\nmodes: 1024x768@";
    static const char ignored[] = "\nmonitor: unknown\nmodes: any\n";
    expect_status("ask", asked);
    expect_status("ignore", ignored);
    expect_status("auto", daemon_is_on_device() ? asked : ignored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_explained),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(options_of_the_model_are_taken),
        cmocka_unit_test_setup_teardown(a_second_daemon_is_turned_away, daemon_setup,
                                        daemon_teardown),
        cmocka_unit_test(a_socket_may_be_handed_in),
        cmocka_unit_test(refused_batches_are_kept_for_decoding),
        cmocka_unit_test(the_mode_is_what_was_asked_for),
        cmocka_unit_test(the_monitor_is_asked_on_demand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
