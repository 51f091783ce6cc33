/* SPDX-License-Identifier: MIT */
/* The rates of gemctl top, their order, and lines that fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <locale.h>

#include "tools/gemctl/report.h"
#include "tools/gemctl/top.h"

static const char before_text[] =
    "[daemon]\ntime_ns: 1000000000\n"
    "[gtt]\ngtt_pages: 100\ngtt_pages_used: 10\ngtt_evictions: 5\n[gpu]\nbatches: 10\n"
    "batches_rejected: 1\n[screen]\nscreen: off\nflips: 7\n[sessions]\n"
    "session.1.uid: 0\nsession.1.bytes: 100\nsession.1.gpu_ns: 0\nsession.1.retired: 10\n"
    "session.2.uid: 7\nsession.2.bytes: 50\nsession.2.gpu_ns: 500\nsession.2.retired: 1000\n";
static const char now_text[] =
    "[daemon]\ntime_ns: 3000000000\ndevice: model:g33\nsessions: 3\nbuffers: 4\nbytes: 5\n"
    "[gtt]\ngtt_pages: 100\ngtt_pages_used: 20\ngtt_evictions: 25\n[gpu]\nbatches: 50\n"
    "batches_rejected: 1\n[screen]\nscreen: 640x480\nflips: 127\n[sessions]\n"
    "session.1.uid: 0\nsession.1.pid: 4194304\nsession.1.bytes: 100\nsession.1.gpu_ns: 500000000\n"
    "session.1.validate_ns: 20000000\nsession.1.retired: 30\nsession.1.waits: 4\n"
    "session.1.frames: 120\nsession.1.rejected: 0\nsession.1.class: normal\nsession.1.name: one\n"
    "session.2.uid: 7\nsession.2.bytes: 5000000000\nsession.2.gpu_ns: 1000000500\n"
    "session.2.retired: 10\nsession.2.rejected: 3\nsession.2.name: two\n"
    "session.3.uid: 7\nsession.3.bytes: 200\nsession.3.gpu_ns: 0\nsession.3.retired: 0\n"
    "session.3.name: three\n";

static json_t *status_of(const char *text)
{
    char *copy = strdup(text);
    json_t *status = report_status(copy);
    free(copy);
    assert_non_null(status);
    return status;
}

struct bed {
    json_t *before, *now;
    struct top top;
    struct top_view view;
};

static void make(struct bed *bed, enum top_order order, int64_t uid)
{
    bed->before = status_of(before_text);
    bed->now = status_of(now_text);
    bed->view = (struct top_view){.order = order, .uid = uid};
    assert_int_equal(top_make(&bed->top, bed->before, bed->now, &bed->view), 0);
}

static void drop(struct bed *bed)
{
    top_free(&bed->top);
    json_decref(bed->before);
    json_decref(bed->now);
}

static int64_t id_of(const struct bed *bed, size_t row)
{
    return report_number(bed->top.rows[row].session, "id");
}

static bool near(double a, double b)
{
    return a - b < 1e-6 && b - a < 1e-6;
}

static void rates_are_differences_over_time(void **state)
{
    struct bed bed;
    make(&bed, TOP_BY_ID, -1);
    const struct top_row *one = &bed.top.rows[0], *two = &bed.top.rows[1];
    assert_true(near(bed.top.seconds, 2));
    assert_true(near(one->gpu, 25) && near(one->validator, 1));
    assert_true(near(one->batches, 10) && near(one->waits, 2) && near(one->frames, 60));
    assert_true(near(two->gpu, 50));
    assert_true(near(two->batches, 0)); /* a counter that shrank */
    assert_true(near(two->validator, TOP_UNKNOWN) && near(two->waits, TOP_UNKNOWN));
    assert_true(near(two->refused, 1.5));
    assert_true(bed.top.rows[2].fresh && !one->fresh);
    assert_true(near(bed.top.gpu, 75) && near(bed.top.batches, 20) && near(bed.top.flips, 60));
    assert_true(near(bed.top.evictions, 10) && near(bed.top.refused, 0));
    assert_true(near(bed.top.interrupts, TOP_UNKNOWN));
    drop(&bed);
}

static void orders(void **state)
{
    static const struct {
        enum top_order order;
        int64_t ids[3];
    } cases[] = {{TOP_BY_GPU, {2, 1, 3}}, {TOP_BY_MEMORY, {2, 3, 1}}, {TOP_BY_ID, {1, 2, 3}}};
    for (size_t i = 0; i < 3; i++) {
        struct bed bed;
        make(&bed, cases[i].order, -1);
        for (size_t row = 0; row < 3; row++) {
            assert_int_equal(id_of(&bed, row), cases[i].ids[row]);
        }
        drop(&bed);
    }
}

static void one_users_sessions(void **state)
{
    struct bed bed;
    make(&bed, TOP_BY_ID, 0);
    assert_int_equal(bed.top.count, 1);
    assert_int_equal(bed.top.hidden, 2);
    assert_true(near(bed.top.gpu, 75)); /* of all, still */
    drop(&bed);
}

static void the_first_look_has_no_rates(void **state)
{
    struct bed bed = {.now = status_of(now_text), .view = {.uid = -1}};
    assert_int_equal(top_make(&bed.top, NULL, bed.now, &bed.view), 0);
    assert_true(near(bed.top.rows[0].gpu, 0));
    assert_true(near(bed.top.batches, 0));
    drop(&bed);
}

struct lines {
    char text[32][600];
    unsigned count, longest;
};

static void keep_line(void *data, enum top_line kind, const char *text)
{
    struct lines *lines = data;
    assert_true(lines->count < 32);
    assert_null(strchr(text, '\n'));
    snprintf(lines->text[lines->count++], sizeof(lines->text[0]), "%s", text);
    lines->longest = strlen(text) > lines->longest ? (unsigned)strlen(text) : lines->longest;
}

static void lines_fit(void **state)
{
    for (unsigned width = 1; width <= 100; width++) {
        for (unsigned height = 1; height <= 10; height++) {
            struct bed bed;
            struct lines lines = {.count = 0};
            make(&bed, TOP_BY_GPU, -1);
            top_print(&bed.top, &bed.view, width, height, keep_line, &lines);
            assert_in_range(lines.longest, 0, width);
            assert_in_range(lines.count, 1, height);
            drop(&bed);
        }
    }
}

/* All columns and a name of a dozen letters at 80 columns, with the widest figures there can be. */
static void eighty_columns_are_enough(void **state)
{
    static const char wide[] =
        "[daemon]\ntime_ns: 2000000000\n[sessions]\nsession.1234.uid: 4294967294\n"
        "session.1234.pid: 4194304\nsession.1234.bytes: 1099511627775\n"
        "session.1234.gtt_pages: 65535\nsession.1234.gpu_ns: 2000000000\n"
        "session.1234.validate_ns: 2000000000\nsession.1234.retired: 123456789\n"
        "session.1234.waits: 123456\nsession.1234.frames: 99999\nsession.1234.rejected: 9999999\n"
        "session.1234.class: background\nsession.1234.name: twelvechars.\n";
    json_t *before = status_of("[daemon]\ntime_ns: 1000000000\n[sessions]\nsession.1234.pid: 1\n");
    json_t *now = status_of(wide);
    const struct top_view view = {.uid = -1};
    struct top top;
    struct lines lines = {.count = 0};
    assert_int_equal(top_make(&top, before, now, &view), 0);
    top_print(&top, &view, 80, 0, keep_line, &lines);
    assert_non_null(strstr(lines.text[lines.count - 1], "twelvechars"));
    assert_non_null(strstr(lines.text[lines.count - 2], "NAME"));
    /* the title stands above the column */
    assert_int_equal(strstr(lines.text[lines.count - 2], "%GPU") - lines.text[lines.count - 2],
                     strstr(lines.text[lines.count - 1], " b ") - lines.text[lines.count - 1] + 3);
    top_free(&top);
    json_decref(before);
    json_decref(now);
}

static void the_command_line_is_that_of_the_process(void **state)
{
    char text[256];
    snprintf(text, sizeof(text),
             "[daemon]\ntime_ns: 1\n[sessions]\nsession.1.pid: %d\nsession.1.name: me\n",
             (int)getpid());
    json_t *now = status_of(text);
    const struct top_view view = {.uid = -1, .command = true};
    struct top top;
    struct lines lines = {.count = 0};
    assert_int_equal(top_make(&top, NULL, now, &view), 0);
    top_print(&top, &view, 0, 0, keep_line, &lines);
    assert_non_null(strstr(lines.text[lines.count - 1], "tools_top"));
    top_free(&top);
    json_decref(now);
}

static void cuts_at_columns(void **state)
{
    static const struct {
        const char *text;
        unsigned width;
        const char *cut;
    } cases[] = {{"abc", 5, "abc"},
                 {"abc", 2, "ab"},
                 {"abc", 0, ""},
                 {"éé", 1, "é"},
                 {"日本", 3, "日"},
                 {"日本", 1, ""},
                 {"a\xff"
                  "b",
                  9, "a"}};
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[16];
        strcpy(text, cases[i].text);
        top_cut(text, cases[i].width);
        assert_string_equal(text, cases[i].cut);
    }
    setlocale(LC_ALL, "C");
}

static void sizes_take_five_columns(void **state)
{
    static const struct {
        int64_t number;
        const char *text;
    } cases[] = {{0, "0"},          {9999, "9999"},       {10000, "9.8K"},      {65536, "64K"},
                 {1 << 20, "1.0M"}, {1023 << 10, "1.0M"}, {5000000000, "4.7G"}, {INT64_MAX, "8.0E"},
                 {-5, "0"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[8];
        top_put_size(text, cases[i].number);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_differences_over_time),
        cmocka_unit_test(orders),
        cmocka_unit_test(one_users_sessions),
        cmocka_unit_test(the_first_look_has_no_rates),
        cmocka_unit_test(lines_fit),
        cmocka_unit_test(eighty_columns_are_enough),
        cmocka_unit_test(the_command_line_is_that_of_the_process),
        cmocka_unit_test(cuts_at_columns),
        cmocka_unit_test(sizes_take_five_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
