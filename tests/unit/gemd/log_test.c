/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gemd/log.h"

#define SECOND 1000000000ull

static void a_flood_is_cut_and_counted(void **state)
{
    struct log_limit limit = {0};
    uint32_t suppressed = 0;
    uint64_t now = 1000 * SECOND;
    unsigned passed = 0;
    for (int i = 0; i < 100; i++) {
        passed += log_limit_pass(&limit, now + (uint64_t)i, &suppressed);
    }
    assert_int_equal(passed, LOG_LIMIT_BURST);
    assert_true(log_limit_pass(&limit, now + SECOND, &suppressed));
    assert_int_equal(suppressed, 100 - LOG_LIMIT_BURST);
}

static void a_steady_stream_passes_at_its_rate(void **state)
{
    struct log_limit limit = {0};
    uint32_t suppressed = 0;
    unsigned passed = 0;
    for (uint64_t i = 0; i < 1000; i++) { /* 100 lines a second for 10 seconds */
        passed += log_limit_pass(&limit, 5 * SECOND + i * SECOND / 100, &suppressed);
    }
    assert_in_range(passed, LOG_LIMIT_BURST + 18, LOG_LIMIT_BURST + 22);
}

/* Many clients, each within its own bounds. */
static void all_clients_together_are_bounded(void **state)
{
    uint64_t now = 2000 * SECOND;
    uint64_t before = log_suppressed();
    unsigned passed = 0;
    for (int i = 0; i < 1000; i++) {
        passed += log_clients_pass(now + (uint64_t)i);
    }
    assert_int_equal(passed, LOG_CLIENTS_BURST);
    assert_int_equal(log_suppressed() - before, 1000 - LOG_CLIENTS_BURST);
    assert_true(log_clients_pass(now + SECOND));
}

/* Writes one line in a process of its own whose standard error is a pipe; what arrives there. */
static void line_of(char *text, size_t size, bool journal, bool other_stream)
{
    int ends[2], status;
    struct stat file;
    char stream[64];
    assert_return_code(pipe(ends), errno);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        fstat(STDERR_FILENO, &file);
        snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)file.st_dev,
                 (unsigned long long)file.st_ino + other_stream);
        if (journal) {
            setenv("JOURNAL_STREAM", stream, 1);
        } else {
            unsetenv("JOURNAL_STREAM");
        }
        log_warning("something\033[2J about %d", 42);
        log_info("nothing");
        log_debug("unheard");
        _exit(0);
    }
    close(ends[1]);
    size_t got = 0;
    ssize_t more;
    while ((more = read(ends[0], text + got, size - 1 - got)) > 0) {
        got += (size_t)more;
    }
    text[got] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void the_journal_gets_priorities(void **state)
{
    char text[256];
    line_of(text, sizeof(text), true, false);
    assert_string_equal(text, "<4>something?[2J about 42\n<6>nothing\n");
    line_of(text, sizeof(text), true, true); /* inherited from a service, but redirected */
    assert_string_equal(text, "gemd: warning: something?[2J about 42\ngemd: nothing\n");
    line_of(text, sizeof(text), false, false);
    assert_string_equal(text, "gemd: warning: something?[2J about 42\ngemd: nothing\n");
}

/* The same on a terminal. */
static void terminal_line_of(char *text, size_t size, bool no_colour)
{
    int status;
    int main_end;
    size_t got = 0;
    ssize_t more;
    pid_t child = forkpty(&main_end, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        unsetenv("JOURNAL_STREAM");
        unsetenv("NO_COLOR");
        if (no_colour) {
            setenv("NO_COLOR", "1", 1);
        }
        log_warning("something");
        _exit(0);
    }
    while ((more = read(main_end, text + got, size - 1 - got)) > 0) {
        got += (size_t)more;
    }
    text[got] = '\0';
    close(main_end);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void terminals_get_times_and_colours(void **state)
{
    char text[256];
    int at = 0;
    terminal_line_of(text, sizeof(text), true);
    assert_int_equal(sscanf(text, "%*2d:%*2d:%*2d.%*3d %n", &at), 0);
    assert_string_equal(text + at, "gemd: warning: something\r\n");
    assert_int_equal(at, 13);
    terminal_line_of(text, sizeof(text), false);
    assert_memory_equal(text, "\033[33m", 5);
    assert_non_null(strstr(text, "gemd: warning: something\033[0m\r\n"));
}

static void levels_have_names(void **state)
{
    enum log_level level = LOG_LEVEL_ERROR;
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_false(log_level_parse("loud", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_cut_and_counted),
        cmocka_unit_test(a_steady_stream_passes_at_its_rate),
        cmocka_unit_test(the_journal_gets_priorities),
        cmocka_unit_test(terminals_get_times_and_colours),
        cmocka_unit_test(levels_have_names),
        /* the last one: a line of its own settles where lines go */
        cmocka_unit_test(all_clients_together_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
