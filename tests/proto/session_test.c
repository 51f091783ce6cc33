/* SPDX-License-Identifier: MIT */
/* Opening a session, and what can go wrong there; the end of a session; events. */
#include "tests/proto/client_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/address.h"
#include "proto/codec.h"

static int try_open(const char *path, char reason[GEMD_TEXT_MAX])
{
    struct gemd_connect_options options = {.socket = path, .name = "test"};
    struct gemd_session *session = (struct gemd_session *)reason;
    int result = gemd_session_open(&options, &session, reason);
    assert_null(session);
    assert_true(reason[0] != '\0');
    assert_null(strchr(reason, '\n'));
    return result;
}

/* ---- no daemon ---- */

struct directory {
    char path[64], socket[128];
};

static struct directory make_directory(void)
{
    struct directory directory = {.path = "/tmp/gemd-test-XXXXXX"};
    assert_non_null(mkdtemp(directory.path));
    snprintf(directory.socket, sizeof(directory.socket), "%s/gemd.sock", directory.path);
    return directory;
}

static void remove_directory(const struct directory *directory)
{
    unlink(directory->socket);
    rmdir(directory->path);
}

static void no_socket_file(void **state)
{
    struct directory directory = make_directory();
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(try_open(directory.socket, reason), -ENOENT);
    assert_non_null(strstr(reason, directory.socket));
    assert_non_null(strstr(reason, "no daemon at"));
    remove_directory(&directory);
}

static void listen_nowhere(const struct directory *directory, int type, bool keep, int *fd)
{
    struct sockaddr_un address;
    assert_int_equal(address_of_path(directory->socket, &address), 0);
    *fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    assert_return_code(bind(*fd, (struct sockaddr *)&address, sizeof(address)), errno);
    assert_return_code(listen(*fd, 1), errno);
    if (!keep) {
        close(*fd);
    }
}

static void left_over_socket(void **state)
{
    struct directory directory = make_directory();
    char reason[GEMD_TEXT_MAX];
    int fd;
    listen_nowhere(&directory, SOCK_SEQPACKET, false, &fd);
    assert_int_equal(try_open(directory.socket, reason), -ECONNREFUSED);
    remove_directory(&directory);
}

static void other_kinds_of_path(void **state)
{
    struct directory directory = make_directory();
    char reason[GEMD_TEXT_MAX];
    char longest[300];
    int fd = open(directory.socket, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(try_open(directory.socket, reason), -ENOTSOCK);
    assert_non_null(strstr(reason, "not a socket"));
    unlink(directory.socket);

    assert_int_equal(try_open(directory.path, reason), -ENOTSOCK);

    listen_nowhere(&directory, SOCK_STREAM, true, &fd);
    assert_int_equal(try_open(directory.socket, reason), -EPROTO);
    close(fd);

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(try_open(longest, reason), -ENAMETOOLONG);
    assert_int_equal(try_open("", reason), -ENAMETOOLONG);
    remove_directory(&directory);
}

static void path_from_environment(void **state)
{
    struct directory directory = make_directory();
    char inside[128], path[128], tiny[8];
    setenv("GEMD_SOCKET", "/somewhere/gemd.sock", 1);
    assert_int_equal(gemd_socket_path(path, sizeof(path)), 0);
    assert_string_equal(path, "/somewhere/gemd.sock");
    assert_int_equal(gemd_socket_path(tiny, sizeof(tiny)), -ENAMETOOLONG);
    unsetenv("GEMD_SOCKET");

    setenv("XDG_RUNTIME_DIR", directory.path, 1);
    assert_int_equal(gemd_socket_path(path, sizeof(path)), 0);
    assert_string_equal(path, "/run/gemd/gemd.sock");

    snprintf(inside, sizeof(inside), "%s/gemd", directory.path);
    assert_return_code(mkdir(inside, 0700), errno);
    snprintf(inside, sizeof(inside), "%s/gemd/gemd.sock", directory.path);
    int fd = open(inside, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(gemd_socket_path(path, sizeof(path)), 0);
    assert_string_equal(path, inside);

    unlink(inside);
    snprintf(inside, sizeof(inside), "%s/gemd", directory.path);
    rmdir(inside);
    unsetenv("XDG_RUNTIME_DIR");
    assert_int_equal(gemd_socket_path(path, sizeof(path)), 0);
    assert_string_equal(path, "/run/gemd/gemd.sock");
    remove_directory(&directory);
}

/* ---- a strange daemon ---- */

static void strange_welcomes(void **state)
{
    static const struct {
        enum fake_welcome welcome;
        int error;
        const char *reason;
    } cases[] = {
        {FAKE_WRONG_MAJOR, -EPROTO, "version 2.0"},
        {FAKE_TRUNCATED, -EPROTO, "WELCOME"},
        {FAKE_NO_DESCRIPTORS, -EPROTO, "0 descriptors, must be 3"},
        {FAKE_UNSEALED_RING, -EPROTO, "not sealed"},
        {FAKE_SMALL_RING_FILE, -EPROTO, "must be 69632"},
        {FAKE_ODD_RING, -EPROTO, "5000"},
        {FAKE_WRONG_STATUS_MAGIC, -EPROTO, "status page"},
        {FAKE_OTHER_MESSAGE, -EPROTO, "DONE"},
        {FAKE_REFUSES, -EPERM, "not you"},
        {FAKE_HANGS_UP, -EPROTO, "closed the connection"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned files = fixture_open_files();
        char reason[GEMD_TEXT_MAX];
        struct fake_daemon *fake = fake_new();
        fake->welcome = cases[i].welcome;
        fake_start(fake);
        assert_int_equal(try_open(fake->path, reason), cases[i].error);
        if (strstr(reason, cases[i].reason) == NULL) {
            fail_msg("case %zu: \"%s\" says nothing of \"%s\"", i, reason, cases[i].reason);
        }
        fake_stop(fake);
        assert_int_equal(fixture_open_files(), files);
    }
}

/* ---- a good one ---- */

static void info_is_what_welcome_said(void **state)
{
    struct fixture *fixture = *state;
    const struct gemd_info *info = gemd_session_info(fixture->session);
    assert_int_equal(info->session, 7);
    assert_int_equal(info->pci_device, 0x29c2);
    assert_int_equal(info->gtt_bytes, 512u << 20);
    assert_int_equal(info->max_batch_words, 4096);
    assert_int_equal(info->screen_height, 768);
    assert_int_equal(info->refresh_millihertz, 60000);
    assert_string_equal(info->device, "fake:g33");
    assert_string_equal(info->daemon, "fake 1");
    assert_int_equal(gemd_session_lost(fixture->session), GEMD_LOST_NOT);
}

static void nothing_leaks(void **state)
{
    unsigned files = fixture_open_files();
    struct fixture fixture = {.fake = fake_new()};
    fake_start(fixture.fake);
    fixture_open(&fixture);
    struct gemd_bo *bos[2];
    assert_int_equal(gemd_bo_create(fixture.session, 4096, false, &bos[0]), 0);
    assert_int_equal(gemd_bo_create(fixture.session, 4096, true, &bos[1]), 0);
    gemd_bo_unref(bos[0]);
    gemd_bo_unref(bos[1]);
    gemd_session_close(fixture.session);
    fake_stop(fixture.fake);
    assert_int_equal(fixture_open_files(), files);
}

static void operators_ask(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_screenshot screenshot;
    char *text;
    assert_int_equal(gemd_query_status(fixture->session, &text), 0);
    assert_string_equal(text, "sessions: 1\nbuffers: 0\n");
    free(text);
    uint32_t left_out = 0;
    assert_int_equal(gemd_query_list(fixture->session, GEMD_LIST_GTT, &text, &left_out), 0);
    assert_string_equal(text, "session\thandle\n1\t2\n");
    assert_int_equal(left_out, GEMD_LIST_GTT + 1);
    free(text);
    assert_int_equal(gemd_query_list(fixture->session, GEMD_LIST_GTT, &text, NULL), 0);
    free(text);
    assert_int_equal(gemd_take_screenshot(fixture->session, &screenshot), 0);
    assert_int_equal(screenshot.width, 16);
    assert_int_equal(screenshot.height, 2);
    assert_int_equal(screenshot.frame, 42);
    assert_int_equal(((const uint32_t *)screenshot.pixels)[16], 0x00123456);
    gemd_screenshot_free(&screenshot);
    gemd_screenshot_free(&screenshot);
    size_t size = 0;
    assert_int_equal(gemd_query_errors(fixture->session, 3, GEMD_ERRORS_JSON, &text, &size), 0);
    assert_string_equal(text, "1 it hung\n");
    assert_int_equal(size, strlen(text));
    free(text);
    assert_int_equal(gemd_audit(fixture->session, 7, true), 0);
    struct fake_counts counts = fake_settle(fixture->fake);
    assert_int_equal(counts.audited, 7);
    assert_int_equal(counts.audit_on, 1);
    assert_int_equal(gemd_audit(fixture->session, 8, false), 0);
    counts = fake_settle(fixture->fake);
    assert_int_equal(counts.audited, 8);
    assert_int_equal(counts.audit_on, 0);
    /* This one is of a version that knows no recordings. */
    assert_int_equal(gemd_record(fixture->session, 7, 0, STDERR_FILENO), -EOPNOTSUPP);
    assert_int_equal(gemd_record_self(fixture->session, STDERR_FILENO), -EOPNOTSUPP);
}

/* ---- events ---- */

static void refused_batch_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_msg_batch_rejected event;
    codec_begin(&event, GEMD_MSG_BATCH_REJECTED, 0);
    event.seqno = 12;
    event.error = -EINVAL;
    event.dword = 3;
    event.command = 0x7d040001;
    codec_set_text(event.rule_name, sizeof(event.rule_name), "RELOC_MISSING");
    codec_set_text(event.text, sizeof(event.text), "dword 3 is an address");
    fake_send(fixture->fake, &event, sizeof(event));
    gemd_session_dispatch(fixture->session);
    assert_int_equal(fixture->events, 1);
    assert_int_equal(fixture->last_event, GEMD_MSG_BATCH_REJECTED);
    assert_string_equal(fixture->last_text,
                        "batch 12 refused at dword 3 (command 0x7d040001): RELOC_MISSING: dword 3 "
                        "is an address");
    fixture->fake->status->rejected = 1;
    assert_int_equal(gemd_session_rejected(fixture->session), 1);
    assert_int_equal(gemd_session_lost(fixture->session), GEMD_LOST_NOT);
}

static void events_come_before_an_answer(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_msg_ring_error event;
    struct gemd_bo *bo;
    codec_begin(&event, GEMD_MSG_RING_ERROR, 0);
    event.record = GEMD_RECORD_CREATE;
    event.error = -ENOMEM;
    event.handle = 5;
    fake_send(fixture->fake, &event, sizeof(event));
    assert_int_equal(gemd_bo_create(fixture->session, 4096, true, &bo), 0);
    assert_int_equal(fixture->events, 1);
    assert_int_equal(fixture->last_event, GEMD_MSG_RING_ERROR);
    gemd_bo_unref(bo);
}

static void session_lost_says_why(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_msg_session_lost event;
    codec_begin(&event, GEMD_MSG_SESSION_LOST, 0);
    event.reason = GEMD_LOST_GUILTY;
    codec_set_text(event.text, sizeof(event.text), "batch 3 hung");
    fake_send(fixture->fake, &event, sizeof(event));
    assert_int_equal(gemd_session_lost(fixture->session), GEMD_LOST_GUILTY);
    assert_string_equal(fixture->last_text, "session lost (guilty): batch 3 hung");
    /* A program that has not noticed yet still gets memory, and nothing of it reaches a daemon. */
    for (int shared = 0; shared < 2; shared++) {
        struct gemd_bo *orphan;
        assert_int_equal(gemd_bo_create(fixture->session, 8192, shared, &orphan), 0);
        memset(gemd_bo_map(orphan), 1, 8192);
        assert_int_equal(gemd_bo_export(orphan), -EINVAL);
        assert_int_equal(gemd_bo_wait(orphan, false, GEMD_FOREVER), 0);
        gemd_bo_unref(orphan);
    }
    fake_die(fixture->fake);
    assert_int_equal(gemd_session_lost(fixture->session), GEMD_LOST_GUILTY);
}

static void status_page_says_lost(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seqno;
    fake_set(fixture->fake, false, false);
    assert_int_equal(fixture_submit(fixture->session, 4, NULL, 0, &seqno), 0);
    __atomic_store_n(&fixture->fake->status->lost, GEMD_LOST_INNOCENT, __ATOMIC_RELEASE);
    assert_int_equal(gemd_seqno_wait(fixture->session, seqno, GEMD_FOREVER), -EIO);
    assert_int_equal(gemd_session_lost(fixture->session), GEMD_LOST_INNOCENT);
}

static void nonsense_from_the_daemon_ends_it(void **state)
{
    struct fixture *fixture = *state;
    static const char nonsense[] = "not a message at all";
    fake_send(fixture->fake, nonsense, sizeof(nonsense));
    assert_int_equal(gemd_session_lost(fixture->session), GEMD_LOST_UNKNOWN);
}

/* ---- the daemon dies ---- */

struct waiter {
    struct gemd_session *session;
    uint64_t seqno;
    int result;
    int begun; /* atomic */
};

static void *wait_forever(void *data)
{
    struct waiter *waiter = data;
    __atomic_store_n(&waiter->begun, 1, __ATOMIC_RELEASE);
    waiter->result = gemd_seqno_wait(waiter->session, waiter->seqno, GEMD_FOREVER);
    return NULL;
}

static void daemon_dies_in_a_wait(void **state)
{
    struct fixture *fixture = *state;
    struct waiter waiters[3];
    pthread_t threads[3];
    struct gemd_bo *bo;
    fake_set(fixture->fake, false, false);
    assert_int_equal(gemd_bo_create(fixture->session, 8192, false, &bo), 0);
    for (unsigned i = 0; i < 3; i++) {
        waiters[i] = (struct waiter){.session = fixture->session};
        assert_int_equal(fixture_submit(fixture->session, 8, &bo, 1, &waiters[i].seqno), 0);
        assert_int_equal(pthread_create(&threads[i], NULL, wait_forever, &waiters[i]), 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        while (__atomic_load_n(&waiters[i].begun, __ATOMIC_ACQUIRE) == 0) {
            sched_yield();
        }
    }
    fake_die(fixture->fake);
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(waiters[i].result, -EIO);
    }
    assert_int_equal(gemd_session_lost(fixture->session), GEMD_LOST_UNKNOWN);
    assert_true(gemd_seqno_passed(fixture->session, 99));
    assert_false(gemd_bo_busy(bo, false));
    memset(gemd_bo_map(bo), 1, 8192); /* maps stay valid */
    uint64_t seqno;
    assert_int_equal(fixture_submit(fixture->session, 8, &bo, 1, &seqno), -EIO);
    gemd_bo_unref(bo);
}

static void buffers_outlive_their_session(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *bos[2];
    struct gemd_window *window;
    assert_int_equal(gemd_bo_create(fixture->session, 8192, false, &bos[0]), 0);
    assert_int_equal(gemd_bo_create(fixture->session, 8192, true, &bos[1]), 0);
    assert_int_equal(gemd_window_create(fixture->session, 0, 0, &window), 0);
    gemd_session_close(fixture->session);
    fixture->session = NULL;
    memset(gemd_bo_map(bos[0]), 1, 8192);
    assert_int_equal(gemd_bo_wait(bos[0], false, GEMD_FOREVER), 0);
    gemd_window_destroy(window);
    gemd_bo_unref(bos[0]);
    gemd_bo_unref(bos[1]);
}

#define WITH_SESSION(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_socket_file),
        cmocka_unit_test(left_over_socket),
        cmocka_unit_test(other_kinds_of_path),
        cmocka_unit_test(path_from_environment),
        cmocka_unit_test(strange_welcomes),
        WITH_SESSION(info_is_what_welcome_said),
        cmocka_unit_test(nothing_leaks),
        WITH_SESSION(operators_ask),
        WITH_SESSION(refused_batch_is_told),
        WITH_SESSION(events_come_before_an_answer),
        WITH_SESSION(session_lost_says_why),
        WITH_SESSION(status_page_says_lost),
        WITH_SESSION(nonsense_from_the_daemon_ends_it),
        WITH_SESSION(daemon_dies_in_a_wait),
        WITH_SESSION(buffers_outlive_their_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
