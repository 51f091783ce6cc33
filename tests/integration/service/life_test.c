/* SPDX-License-Identifier: MIT */
/* How the daemon stops, what it tells a service manager, and what a killed one leaves behind. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

#define WIDTH 2048u
#define FILLS 4000u /* at most 4096 relocations; many seconds of work */

struct load {
    struct gemd_session *session;
    struct gemd_bo *bo;
    uint64_t seqno;
    bool told; /* SESSION_LOST came, with the daemon's words */
};

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    const struct gemd_msg_session_lost *lost = (const void *)event;
    struct load *load = data;
    if (event->type == GEMD_MSG_SESSION_LOST) {
        assert_int_equal(lost->reason, GEMD_LOST_UNKNOWN);
        load->told = strstr(lost->text, "the daemon ends") != NULL;
    }
}

/* One batch of so many fills of a large buffer, which the GPU has begun when this returns. */
static void load_begin(struct load *load, const struct daemon *daemon, uint32_t fills)
{
    static uint32_t words[6 * FILLS + 2];
    static struct gemd_reloc relocs[FILLS];
    *load = (struct load){.session = daemon_open(daemon, on_event, load)};
    assert_int_equal(gemd_bo_create(load->session, WIDTH * WIDTH * 4, true, &load->bo), 0);
    for (uint32_t i = 0; i < fills; i++) {
        const uint32_t fill[6] = {0x54300004, 0x03f00000 | WIDTH * 4, 0, WIDTH << 16 | WIDTH, 0, i};
        memcpy(words + 6 * i, fill, sizeof(fill));
        relocs[i] = (struct gemd_reloc){.dword = 6 * i + 4, .use = GEMD_USE_WRITE};
    }
    words[6 * fills] = 0x05000000;
    words[6 * fills + 1] = 0;
    struct gemd_bo *const buffers[] = {load->bo};
    const struct gemd_submission submission = {.words = words,
                                               .word_count = 6 * fills + 2,
                                               .relocs = relocs,
                                               .reloc_count = fills,
                                               .buffers = buffers,
                                               .buffer_count = 1};
    assert_int_equal(gemd_submit(load->session, &submission, &load->seqno), 0);
    daemon_await(daemon, "batches", 1);
}

static void load_end(struct load *load)
{
    gemd_session_dispatch(load->session);
    assert_true(load->told);
    assert_int_equal(gemd_session_lost(load->session), GEMD_LOST_UNKNOWN);
    gemd_bo_unref(load->bo);
    gemd_session_close(load->session);
}

static void await_log(const struct daemon *daemon, const char *text)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    time_t end = time(NULL) + 30;
    while (!daemon_logged(daemon, text)) {
        if (time(NULL) > end) {
            fail_msg("the daemon did not say \"%s\"", text);
        }
        nanosleep(&pause, NULL);
    }
}

static void await_end(struct daemon *daemon)
{
    int status;
    assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
    assert_int_equal(status, 0);
    daemon->pid = 0;
}

static void work_on_the_gpu_is_finished(void **state)
{
    struct daemon daemon = {0};
    struct load load;
    daemon_start(&daemon, (const char *const[]){"--drain-timeout", "600000", NULL});
    load_begin(&load, &daemon, 40);
    kill(daemon.pid, SIGTERM);
    assert_int_equal(gemd_seqno_wait(load.session, load.seqno, GEMD_FOREVER), 0);
    assert_int_equal(*(const uint32_t *)gemd_bo_map(load.bo), 39);
    await_end(&daemon);
    load_end(&load);
    daemon_stop(&daemon);
}

static void nobody_is_accepted_meanwhile(void **state)
{
    struct daemon daemon = {0};
    struct load load;
    daemon_start(&daemon, (const char *const[]){"--drain-timeout", "600000", NULL});
    load_begin(&load, &daemon, FILLS);
    kill(daemon.pid, SIGTERM);
    await_log(&daemon, "ending, 1 batches are on the GPU");
    const struct gemd_connect_options options = {.socket = daemon.socket};
    struct gemd_session *late;
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &late, reason), -ENOENT);
    /* What is asked for now is not begun: the ring is not read any more. */
    uint64_t seqno;
    struct batch batch;
    batch_reset(&batch);
    batch_fill(&batch, load.bo, WIDTH * 4, 0, 0, 1, 1, 0);
    assert_int_equal(batch_submit(&batch, load.session, &seqno), 0);
    kill(daemon.pid, SIGTERM);
    await_log(&daemon, "again: ending at once");
    await_end(&daemon);
    assert_int_equal(gemd_seqno_wait(load.session, seqno, GEMD_FOREVER), -EIO);
    load_end(&load);
    daemon_stop(&daemon);
}

static void a_drain_takes_no_longer_than_it_may(void **state)
{
    struct daemon daemon = {0};
    struct load load;
    daemon_start(&daemon, (const char *const[]){"--drain-timeout", "1", NULL});
    load_begin(&load, &daemon, FILLS);
    kill(daemon.pid, SIGTERM);
    await_end(&daemon);
    assert_true(daemon_logged(&daemon, "1 batches are still on the GPU after 1 ms"));
    load_end(&load);
    daemon_stop(&daemon);
}

/* ---- signals ---- */

static bool blocks(pid_t pid, const char *thread, int number)
{
    char path[320], line[256];
    uint64_t blocked = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)pid, thread);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "SigBlk:", 7) == 0) {
            blocked = strtoull(line + 7, NULL, 16);
        }
    }
    fclose(file);
    return (blocked >> (number - 1) & 1) != 0;
}

/* The model's threads get none: the event loop's thread is who knows what to do. */
static void signals_are_for_one_thread(void **state)
{
    struct daemon daemon = {0};
    char path[64], own[16];
    unsigned others = 0;
    const struct dirent *entry;
    daemon_start(&daemon, NULL);
    snprintf(path, sizeof(path), "/proc/%d/task", (int)daemon.pid);
    snprintf(own, sizeof(own), "%d", (int)daemon.pid);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') {
            bool is_other = strcmp(entry->d_name, own) != 0;
            assert_int_equal(blocks(daemon.pid, entry->d_name, SIGHUP), is_other);
            assert_int_equal(blocks(daemon.pid, entry->d_name, SIGTERM), is_other);
            others += is_other;
        }
    }
    closedir(directory);
    assert_true(others > 0 || daemon_is_on_device());
    daemon_stop(&daemon);
}

/* ---- the service manager ---- */

static void expect_state(int fd, const char *state)
{
    char text[128] = "";
    assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
    if (strncmp(text, state, strlen(state)) != 0) {
        fail_msg("\"%s\" instead of \"%s\"", text, state);
    }
}

static void a_service_manager_is_told(void **state)
{
    char directory[] = "/tmp/gemd-notify-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct daemon daemon = {0};
    assert_non_null(mkdtemp(directory));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", directory);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    daemon_start(&daemon, NULL);
    unsetenv("NOTIFY_SOCKET");
    expect_state(fd, "READY=1");
    /* ThreadSanitizer now and then keeps a signal to itself that comes before the loop has begun.
     */
    assert_int_equal(daemon_value(&daemon, "sessions"), 0);
    kill(daemon.pid, SIGHUP);
    expect_state(fd, "RELOADING=1\nMONOTONIC_USEC=");
    expect_state(fd, "READY=1");
    daemon_stop(&daemon);
    expect_state(fd, "STOPPING=1");
    close(fd);
    unlink(address.sun_path);
    assert_int_equal(rmdir(directory), 0);
}

/* ---- after SIGKILL ---- */

/* The process that reads policies ends by itself: the daemon's socket to it is gone. */
static void a_killed_daemon_leaves_nothing(void **state)
{
    struct daemon daemon = {0};
    char children[64], line[64] = "";
    daemon_start(&daemon, NULL);
    snprintf(children, sizeof(children), "/proc/%d/task/%d/children", (int)daemon.pid,
             (int)daemon.pid);
    FILE *file = fopen(children, "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    pid_t reader = (pid_t)strtol(line, NULL, 10);
    assert_true(reader > 0);
    struct load load;
    load_begin(&load, &daemon, FILLS);
    daemon_kill(&daemon);
    for (unsigned i = 0; kill(reader, 0) == 0; i++) {
        char path[64], status[256] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)reader);
        file = fopen(path, "re");
        if (file != NULL) {
            (void)!fgets(status, sizeof(status), file);
            fclose(file);
        }
        if (strstr(status, ") Z") != NULL) {
            break; /* dead; whoever adopted it has not looked yet */
        }
        assert_true(i < 30000);
        nanosleep(&(const struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_int_equal(gemd_seqno_wait(load.session, load.seqno, GEMD_FOREVER), -EIO);
    gemd_bo_unref(load.bo);
    gemd_session_close(load.session);

    daemon_start(&daemon, NULL); /* in the same place */
    daemon_await_nothing(&daemon);
    load_begin(&load, &daemon, 1);
    assert_int_equal(gemd_seqno_wait(load.session, load.seqno, GEMD_FOREVER), 0);
    gemd_bo_unref(load.bo);
    gemd_session_close(load.session);
    daemon_await_nothing(&daemon);
    daemon_stop(&daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_on_the_gpu_is_finished),
        cmocka_unit_test(nobody_is_accepted_meanwhile),
        cmocka_unit_test(a_drain_takes_no_longer_than_it_may),
        cmocka_unit_test(signals_are_for_one_thread),
        cmocka_unit_test(a_service_manager_is_told),
        cmocka_unit_test(a_killed_daemon_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
