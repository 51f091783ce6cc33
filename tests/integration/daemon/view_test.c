/* SPDX-License-Identifier: MIT */
/* Who may see what of a daemon: the whole, one's own, or nothing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { STRANGER = 54321 }; /* a user that nobody is */

struct bed {
    struct daemon daemon;
    struct gemd_session *client;
    struct gemd_bo *bo;
};

static struct gemd_session *open_as(const struct bed *bed, uint32_t role, const char *name)
{
    const struct gemd_connect_options options = {
        .socket = bed->daemon.socket, .name = name, .role = role};
    struct gemd_session *session = NULL;
    char reason[GEMD_TEXT_MAX];
    if (gemd_session_open(&options, &session, reason) != 0) {
        print_error("%s\n", reason);
    }
    return session;
}

/* Draws once, so that its buffer has a place in the GTT. */
static struct gemd_bo *draw(struct gemd_session *session)
{
    struct gemd_bo *bo;
    struct batch batch;
    uint64_t seqno;
    assert_int_equal(gemd_bo_create(session, 1024 * 64, false, &bo), 0);
    batch_reset(&batch);
    batch_fill(&batch, bo, 1024, 0, 0, 16, 16, 1);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
    return bo;
}

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    daemon_start(&bed->daemon, NULL);
    bed->client = open_as(bed, GEMD_ROLE_CLIENT, "the secret");
    bed->bo = draw(bed->client);
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    gemd_bo_unref(bed->bo);
    gemd_session_close(bed->client);
    daemon_await_nothing(&bed->daemon);
    daemon_stop(&bed->daemon);
    free(bed);
    return 0;
}

static char *status_as(struct gemd_session *session)
{
    char *text = NULL;
    assert_int_equal(gemd_query_status(session, &text), 0);
    return text;
}

static char *list_as(struct gemd_session *session, uint32_t what)
{
    char *text = NULL;
    uint32_t left_out = 1;
    assert_int_equal(gemd_query_list(session, what, &text, &left_out), 0);
    assert_int_equal(left_out, 0);
    return text;
}

static unsigned lines_of(const char *text, const char *with)
{
    char *copy = strdup(text), *rest = copy, *line;
    unsigned count = 0;
    while ((line = strsep(&rest, "\n")) != NULL) {
        count += strstr(line, with) != NULL;
    }
    free(copy);
    return count;
}

/* Runs 'body' as another user, in a process of its own; its failures are ours. */
static void as_stranger(struct bed *bed, void (*body)(struct bed *bed))
{
    int status = 0;
    if (geteuid() != 0) {
        skip(); /* only root can be somebody else */
    }
    assert_return_code(chmod(bed->daemon.directory, 0755), errno);
    assert_return_code(chmod(bed->daemon.socket, 0777), errno);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setgid(STRANGER) != 0 || setuid(STRANGER) != 0) {
            _exit(3);
        }
        body(bed);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void an_observer_of_the_daemons_user_sees_all(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *observer = open_as(bed, GEMD_ROLE_OBSERVER, "observer");
    assert_non_null(observer);
    char *text = status_as(observer);
    assert_int_equal(lines_of(text, "name: the secret"), 1);
    assert_int_equal(lines_of(text, "gtt_pages_used: "), 1);
    assert_int_equal(lines_of(text, "name: observer"), 0); /* who only looks is no client */
    free(text);

    text = list_as(observer, GEMD_LIST_BUFFERS);
    assert_int_equal(lines_of(text, "65536\tnone\t0\t16\t"), 1);
    assert_int_equal(lines_of(text, "\tidle"), 1);
    free(text);
    text = list_as(observer, GEMD_LIST_GTT);
    assert_int_equal(lines_of(text, "\tbuffer\t1\t"), 1);
    assert_int_equal(lines_of(text, "\tdaemon\t"), 5);
    assert_true(lines_of(text, "\tfree\t") >= 1);
    free(text);
    text = list_as(observer, GEMD_LIST_RINGS);
    assert_int_equal(lines_of(text, "gpu\t"), 1);
    assert_int_equal(lines_of(text, "session\t1\t"), 1);
    free(text);
    text = list_as(observer, GEMD_LIST_FENCES);
    assert_int_equal(lines_of(text, "\t"), 1); /* the heading: nothing is on the GPU */
    free(text);
    text = list_as(observer, GEMD_LIST_REGISTERS);
    assert_int_equal(lines_of(text, "\tfree"), 16);
    free(text);
    gemd_session_close(observer);
}

/* The parts of the GTT cover it, in order, without gaps. */
static void the_gtt_is_whole(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *observer = open_as(bed, GEMD_ROLE_OBSERVER, "observer");
    char *text = list_as(observer, GEMD_LIST_GTT);
    char *rest = text;
    unsigned next = 0, first, pages, daemon_pages = 0;
    char use[16];
    strsep(&rest, "\n");
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        assert_int_equal(sscanf(line, "%u\t%u\t%15[a-z]", &first, &pages, use), 3);
        assert_int_equal(first, next);
        assert_true(pages > 0);
        next = first + pages;
        daemon_pages += strcmp(use, "daemon") == 0 ? pages : 0;
    }
    free(text);
    assert_int_equal(daemon_pages, daemon_value(&bed->daemon, "gtt_pages_daemon"));
    assert_int_equal(next, daemon_value(&bed->daemon, "gtt_pages") + daemon_pages);
    gemd_session_close(observer);
}

static void look_as_stranger(struct bed *bed)
{
    static const uint32_t lists[] = {GEMD_LIST_BUFFERS, GEMD_LIST_GTT,       GEMD_LIST_FENCES,
                                     GEMD_LIST_RINGS,   GEMD_LIST_REGISTERS, GEMD_LIST_WINDOWS};
    struct gemd_session *observer = open_as(bed, GEMD_ROLE_OBSERVER, "stranger");
    CHECK(observer != NULL);
    char *text = NULL;
    CHECK(gemd_query_status(observer, &text) == 0);
    CHECK(strstr(text, "secret") == NULL && strstr(text, "session.") == NULL);
    CHECK(strstr(text, "\nsessions: 0\nbuffers: 0\nbytes: 0\n") != NULL);
    CHECK(strstr(text, "gtt_pages_used") == NULL && strstr(text, "batches") == NULL);
    CHECK(strstr(text, "device: ") != NULL);
    free(text);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        CHECK(gemd_query_list(observer, lists[i], &text, NULL) == 0);
        CHECK(strchr(text, '\n') == text + strlen(text) - 1); /* nothing but the heading */
        free(text);
    }
    CHECK(gemd_query_list(observer, GEMD_LIST_PIPES, &text, NULL) == 0);
    CHECK(strstr(text, "\t0\t\t\t\n") != NULL); /* the pipe, and nobody's window or wait */
    free(text);
    /* Its own session it sees, and its own only. */
    struct gemd_session *own = open_as(bed, GEMD_ROLE_CLIENT, "my own");
    struct gemd_bo *bo = draw(own);
    CHECK(gemd_query_status(observer, &text) == 0);
    CHECK(strstr(text, ".name: my own\n") != NULL && strstr(text, "secret") == NULL);
    CHECK(strstr(text, "\nsessions: 1\nbuffers: 1\n") != NULL);
    free(text);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        CHECK(gemd_query_list(observer, lists[i], &text, NULL) == 0);
        /* It has no batch in flight, nothing in tiles, and no window. */
        bool empty = lists[i] == GEMD_LIST_FENCES || lists[i] == GEMD_LIST_REGISTERS ||
                     lists[i] == GEMD_LIST_WINDOWS;
        CHECK(empty || lines_of(text, "\t") == 2);
        free(text);
    }
    gemd_bo_unref(bo);
    gemd_session_close(own);
    gemd_session_close(observer);
}

static void a_stranger_sees_the_own_only(void **state)
{
    as_stranger(*state, look_as_stranger);
}

static void operate_as_stranger(struct bed *bed)
{
    struct gemd_screenshot shot;
    CHECK(open_as(bed, GEMD_ROLE_OPERATOR, "stranger") == NULL);
    struct gemd_session *observer = open_as(bed, GEMD_ROLE_OBSERVER, "stranger");
    CHECK(gemd_take_screenshot(observer, &shot) < 0);
    gemd_session_close(observer);
    observer = open_as(bed, GEMD_ROLE_OBSERVER, "stranger");
    CHECK(gemd_audit(observer, 1, true) < 0);
    gemd_session_close(observer);
    struct gemd_session *client = open_as(bed, GEMD_ROLE_CLIENT, "stranger");
    char *text = NULL;
    CHECK(gemd_query_status(client, &text) < 0);
    gemd_session_close(client);
}

static void a_stranger_does_not_operate(void **state)
{
    struct bed *bed = *state;
    as_stranger(bed, operate_as_stranger);
    assert_true(daemon_logged(&bed->daemon, "user 54321 may not be an operator"));
    assert_true(daemon_logged(&bed->daemon, "SCREENSHOT: not allowed"));
    assert_true(daemon_logged(&bed->daemon, "AUDIT: not allowed"));
    assert_true(daemon_logged(&bed->daemon, "STATUS_QUERY: not allowed"));
}

static void a_client_may_not_ask(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *client = open_as(bed, GEMD_ROLE_CLIENT, "curious");
    char *text = NULL;
    assert_true(gemd_query_list(client, GEMD_LIST_BUFFERS, &text, NULL) < 0);
    assert_null(text);
    gemd_session_close(client);
    assert_true(daemon_logged(&bed->daemon, "LIST: not allowed"));
}

static void lists_that_are_not_there(void **state)
{
    struct bed *bed = *state;
    static const uint32_t none[] = {0, 99, UINT32_MAX};
    struct gemd_session *observer = open_as(bed, GEMD_ROLE_OBSERVER, "observer");
    char *text = NULL;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(gemd_query_list(observer, none[i], &text, NULL), -EINVAL);
    }
    text = list_as(observer, GEMD_LIST_RINGS); /* the session goes on */
    free(text);
    gemd_session_close(observer);
}

/* Who only looks has a ring, as all have, but the daemon does not read it. */
static void an_observer_does_not_submit(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *observer = open_as(bed, GEMD_ROLE_OBSERVER, "observer");
    struct batch batch;
    uint64_t seqno;
    batch_reset(&batch);
    (void)batch_submit(&batch, observer, &seqno);
    assert_int_equal(gemd_seqno_wait(observer, seqno, GEMD_FOREVER), -EIO);
    assert_int_equal(daemon_value(&bed->daemon, "batches"), 1); /* that of setup() */
    gemd_session_close(observer);
    assert_true(daemon_logged(&bed->daemon, "has no use for the submission ring"));
}

/* What gemctl prints; its exit code must be 'code'. */
static char *gemctl(const struct bed *bed, const char *arguments, int code)
{
    char command[256];
    char *text = calloc(1, 1 << 20);
    snprintf(command, sizeof(command), GEMD_BINARY_DIR "/bin/gemctl -s %s %s", bed->daemon.socket,
             arguments);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    (void)!fread(text, 1, (1 << 20) - 1, in);
    int status = pclose(in);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
    return text;
}

static json_t *gemctl_json(const struct bed *bed, const char *arguments)
{
    json_error_t error;
    char *text = gemctl(bed, arguments, 0);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        fail_msg("%s, line %d of:\n%s", error.text, error.line, text);
    }
    free(text);
    return json;
}

static const json_t *session_of(const json_t *status, const char *name)
{
    size_t i;
    json_t *session;
    json_array_foreach(json_object_get(status, "sessions"), i, session)
    {
        const char *found = json_string_value(json_object_get(session, "name"));
        if (found != NULL && strcmp(found, name) == 0) {
            return session;
        }
    }
    return NULL;
}

/* Whatever a program calls itself, the JSON is sound and has that name as text. */
static void hostile_names_are_told(void **state)
{
    static const struct {
        const char *name, *told;
    } cases[] = {
        {"\"}],{", NULL},
        {"\\\"\\", NULL},
        {"123", NULL},
        {"null", NULL},
        {"-", NULL},
        {"[gtt]", NULL},
        {"a: b", NULL},
        {"</script>", NULL},
        {"%n%s%n", NULL},
        {"日本", NULL},
        {"\"", NULL},
        {"x\ny\033[2J", "x?y?[2J"},
        {"a\xff z", "a\xef\xbf\xbd z"},
    };
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gemd_session *client = open_as(bed, GEMD_ROLE_CLIENT, cases[i].name);
        const char *told = cases[i].told != NULL ? cases[i].told : cases[i].name;
        json_t *status = gemctl_json(bed, "status --json");
        const json_t *session = session_of(status, told);
        if (session == NULL) {
            fail_msg("no session named %s", told);
        }
        assert_int_equal(json_integer_value(json_object_get(session, "id")),
                         gemd_session_info(client)->session);
        json_decref(status);
        json_decref(gemctl_json(bed, "sessions --json"));
        free(gemctl(bed, "sessions", 0));
        gemd_session_close(client);
    }
}

/* The keys that doc/man/gemctl.1 promises. */
static void the_json_has_its_keys(void **state)
{
    static const char *const objects[] = {"daemon", "gtt", "gpu", "screen"};
    struct bed *bed = *state;
    json_t *status = gemctl_json(bed, "status --json");
    for (size_t i = 0; i < 4; i++) {
        assert_true(json_is_object(json_object_get(status, objects[i])));
    }
    assert_int_equal(json_integer_value(json_object_get(json_object_get(status, "daemon"), "pid")),
                     bed->daemon.pid);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(status, "gtt"), "pages_used")), 16);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(status, "gpu"), "batches")),
                     1);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(status, "screen"), "value")), "off");
    const json_t *session = session_of(status, "the secret");
    assert_int_equal(json_integer_value(json_object_get(session, "buffers")), 1);
    assert_int_equal(json_array_size(json_object_get(session, "windows")), 0);
    json_decref(status);
}

static void tables_have_a_line_for_each(void **state)
{
    static const struct {
        const char *command;
        unsigned rows;
    } cases[] = {{"sessions", 1}, {"buffers", 1}, {"fences", 0},
                 {"rings", 2},    {"windows", 0}, {"pipes", 1}};
    struct bed *bed = *state;
    char arguments[64];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = gemctl(bed, cases[i].command, 0);
        assert_int_equal(lines_of(text, "  "), cases[i].rows + 1);
        free(text);
        snprintf(arguments, sizeof(arguments), "%s --json", cases[i].command);
        json_t *rows = gemctl_json(bed, arguments);
        assert_int_equal(json_array_size(rows), cases[i].rows);
        json_decref(rows);
        snprintf(arguments, sizeof(arguments), "%s --wrong 2>&1", cases[i].command);
        free(gemctl(bed, arguments, 2));
        snprintf(arguments, sizeof(arguments), "%s --help", cases[i].command);
        text = gemctl(bed, arguments, 0);
        assert_int_equal(lines_of(text, "usage: gemctl"), 1);
        free(text);
    }
}

/* Its first bytes say that it is a picture; tools_picture tests what pictures are. */
static bool is_png(const char *path)
{
    char head[8] = "";
    FILE *file = fopen(path, "re");
    bool fine =
        file != NULL && fread(head, 1, 8, file) == 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0;
    if (file != NULL) {
        fclose(file);
    }
    return fine;
}

static void the_gtt_is_drawn(void **state)
{
    struct bed *bed = *state;
    char path[128], arguments[192];
    char *text = gemctl(bed, "gtt --width 60", 0);
    assert_int_equal(lines_of(text, "buffer"), 1);
    assert_int_equal(lines_of(text, "a session 1"), 1);
    free(text);
    text = gemctl(bed, "gtt --strip --width 60", 0);
    assert_int_equal(lines_of(text, "buffer"), 0);
    assert_int_equal(strcspn(strstr(text, "#"), "\n"), 60 - 7); /* the daemon is at the start */
    free(text);
    json_t *rows = gemctl_json(bed, "gtt --json");
    assert_true(json_array_size(rows) >= 7);
    json_decref(rows);
    snprintf(path, sizeof(path), "%s/gtt.png", bed->daemon.directory);
    snprintf(arguments, sizeof(arguments), "gtt --png %s", path);
    text = gemctl(bed, arguments, 0);
    assert_int_equal(lines_of(text, "session 1"), 1);
    free(text);
    assert_true(is_png(path));
    unlink(path);
    free(gemctl(bed, "gtt --png /nowhere/gtt.png 2>&1", 1));
    free(gemctl(bed, "gtt --width 5 2>&1", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_observer_of_the_daemons_user_sees_all, setup, teardown),
        cmocka_unit_test_setup_teardown(the_gtt_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stranger_sees_the_own_only, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stranger_does_not_operate, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_may_not_ask, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_that_are_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(an_observer_does_not_submit, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_names_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_json_has_its_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_have_a_line_for_each, setup, teardown),
        cmocka_unit_test_setup_teardown(the_gtt_is_drawn, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
