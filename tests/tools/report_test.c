/* SPDX-License-Identifier: MIT */
/* What the daemon writes and gemctl reads: names that try to be something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <locale.h>

#include "gemd/report.h"
#include "tools/gemctl/report.h"
#include "tools/gemctl/table.h"

/* As the daemon writes it, free() it. */
static char *written(const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    report_put_text(out, name);
    fclose(out);
    return text;
}

static void text_stays_text(void **state)
{
    static const char *const names[] = {"glxgears",
                                        "",
                                        "123",
                                        "-1",
                                        "0x10",
                                        "1e5",
                                        "\"",
                                        "\"quoted\"",
                                        "a\"b",
                                        "\\",
                                        "\"\\\"",
                                        "null",
                                        "a: b",
                                        "[gtt]",
                                        "a.b",
                                        "{\"a\":",
                                        "+5",
                                        "..",
                                        "true",
                                        " 12",
                                        "12 ",
                                        "</script>",
                                        "%s%n",
                                        "é",
                                        "日本\xe8\xaa\x9e",
                                        "99999999999999999999"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *text = written(names[i]);
        json_t *value = report_value(text);
        assert_true(json_is_string(value));
        assert_string_equal(json_string_value(value), names[i]);
        json_decref(value);
        free(text);
    }
}

static void numbers_are_numbers(void **state)
{
    char text[][24] = {"0", "-5", "9223372036854775807"};
    const long long numbers[] = {0, -5, INT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        json_t *value = report_value(text[i]);
        assert_true(json_is_integer(value));
        assert_true(json_integer_value(value) == numbers[i]);
        json_decref(value);
    }
}

/* Bytes that are no UTF-8 become replacement characters, one each; so JSON takes them. */
static void what_is_no_utf8_is_mended(void **state)
{
    static const struct {
        const char *name, *mended;
    } cases[] = {
        {"a\xff\x62", "a\xef\xbf\xbd\x62"},
        {"\xc3", "\xef\xbf\xbd"},                                 /* cut short */
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* longer than need be */
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* half of a pair */
        {"\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* beyond */
        {"\x80", "\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = written(cases[i].name);
        json_t *value = report_value(text);
        assert_non_null(value);
        assert_string_equal(json_string_value(value), cases[i].mended);
        json_decref(value);
        free(text);
    }
}

static void controls_do_not_come_through(void **state)
{
    char *text = written("a\033[2Jb\nsession.9.pid: 1\x7f");
    assert_string_equal(text, "a?[2Jb?session.9.pid: 1?");
    free(text);
}

static void terminals_get_what_they_can_show(void **state)
{
    char line[64], small[4];
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    report_printable(line, sizeof(line),
                     "a\x1b[2J\xc2\x9b"
                     "b\xe2\x80\xae"
                     "cé\xff");
    assert_string_equal(line, "a?[2J?b?cé?");
    report_printable(small, sizeof(small), "aéé");
    assert_string_equal(small, "aé");
    setlocale(LC_ALL, "C");
    report_printable(line, sizeof(line), "aé");
    assert_string_equal(line, "a?");
}

static json_t *status_of(const char *text)
{
    char *copy = strdup(text);
    json_t *status = report_status(copy);
    free(copy);
    assert_non_null(status);
    return status;
}

static void a_status_is_nested(void **state)
{
    json_t *status = status_of("[daemon]\nversion: gemd 1\nsessions: 2\n"
                               "[gtt]\ngtt_pages: 7\nlongest: 3\n[screen]\nscreen: off\n"
                               "[sessions]\n"
                               "session.3.name: a: b\nsession.3.window.0.size: 1x2\n"
                               "session.3.window.1.size: 3x4\nsession.3.audit.state: on\n"
                               "session.3.audit.NO_END: 4\nsession.12.pid: 5\n");
    char *text = json_dumps(status, JSON_COMPACT);
    assert_string_equal(text,
                        "{\"daemon\":{\"version\":\"gemd 1\",\"sessions\":2},"
                        "\"gtt\":{\"pages\":7,\"longest\":3},\"screen\":{\"value\":\"off\"},"
                        "\"sessions\":[{\"id\":3,\"name\":\"a: b\","
                        "\"windows\":[{\"id\":0,\"size\":\"1x2\"},{\"id\":1,\"size\":\"3x4\"}],"
                        "\"audit\":{\"state\":\"on\",\"NO_END\":4}},"
                        "{\"id\":12,\"pid\":5,\"windows\":[]}]}");
    free(text);
    json_decref(status);
}

static void nobody_there_is_an_empty_array(void **state)
{
    json_t *status = status_of("[daemon]\nsessions: 0\n[sessions]\n");
    assert_true(json_is_array(json_object_get(status, "sessions")));
    assert_int_equal(json_array_size(json_object_get(status, "sessions")), 0);
    json_decref(status);
}

/* Lines that no daemon writes: nothing breaks, and what is sound is kept or the whole refused. */
static void broken_lines_do_no_harm(void **state)
{
    static const char *const texts[] = {"",
                                        "\n\n",
                                        "nothing",
                                        "a.b.c: 1\na.b: 2\na.b.d: 3\n",
                                        "session.: 1\n",
                                        ".: 1\n",
                                        "[",
                                        "[]\n",
                                        "session.1: 2\nsession.1.pid: 3\n",
                                        "session.99999999999999999999.pid: 1\n",
                                        ": ",
                                        "[a]\na: 1\n[b]\na_a: 2\n",
                                        "sessions: 1\nsession.1.pid: 2\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *copy = strdup(texts[i]);
        json_decref(report_status(copy));
        free(copy);
    }
}

static void a_list_is_rows(void **state)
{
    char text[] = "session\thandle\tname\n1\t\t\"5\"\n2\t7\n";
    json_t *columns;
    json_t *rows = report_list(text, &columns);
    char *json = json_dumps(rows, JSON_COMPACT);
    assert_string_equal(json, "[{\"session\":1,\"handle\":null,\"name\":\"5\"},"
                              "{\"session\":2,\"handle\":7,\"name\":null}]");
    free(json);

    char *table = NULL;
    size_t size;
    FILE *out = open_memstream(&table, &size);
    table_print(out, rows, columns);
    fclose(out);
    assert_string_equal(table, "SESSION  HANDLE  NAME\n"
                               "      1       -  5\n"
                               "      2       7  -\n");
    free(table);
    json_decref(rows);
    json_decref(columns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_text),
        cmocka_unit_test(numbers_are_numbers),
        cmocka_unit_test(what_is_no_utf8_is_mended),
        cmocka_unit_test(controls_do_not_come_through),
        cmocka_unit_test(terminals_get_what_they_can_show),
        cmocka_unit_test(a_status_is_nested),
        cmocka_unit_test(nobody_there_is_an_empty_array),
        cmocka_unit_test(broken_lines_do_no_harm),
        cmocka_unit_test(a_list_is_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
