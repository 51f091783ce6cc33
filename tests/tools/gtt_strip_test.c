/* SPDX-License-Identifier: MIT */
/* The GTT as a strip: who has most of a cell stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "tools/gemctl/gtt_strip.h"
#include "tools/gemctl/report.h"

static int make(struct gtt_pages *pages, const char *rows, uint32_t count)
{
    char text[1024];
    json_t *columns;
    snprintf(text, sizeof(text), "first\tpages\tuse\tsession\thandle\tpins\n%s", rows);
    json_t *list = report_list(text, &columns);
    int error = gtt_pages_make(pages, list, count);
    json_decref(list);
    json_decref(columns);
    return error;
}

static void letters_stand_where_the_pages_are(void **state)
{
    struct gtt_pages pages;
    char line[64];
    assert_int_equal(make(&pages,
                          "0\t4\tdaemon\t\t\t\n4\t4\tbuffer\t9\t1\t0\n8\t4\tfree\t\t\t\n"
                          "12\t4\tbuffer\t3\t2\t1\n16\t4\tscanout\t3\t5\t1\n20\t4\tleaving\t\t\t\n",
                          0),
                     0);
    assert_int_equal(pages.count, 24);
    gtt_strip(&pages, 0, 24, line, 24);
    assert_string_equal(line, "####bbbb....aaaa@@@@~~~~");
    gtt_strip(&pages, 0, 24, line, 6);
    assert_string_equal(line, "#b.a@~");
    gtt_strip(&pages, 12, 24, line, 3);
    assert_string_equal(line, "a@~");
    assert_int_equal(gtt_session_letter(&pages, 3), 'a');
    assert_int_equal(gtt_session_letter(&pages, 4), '*');
    gtt_pages_free(&pages);
}

/* One page of hundred is still seen, and most of the cell is still said to be free. */
static void little_is_not_lost(void **state)
{
    struct gtt_pages pages;
    char line[8];
    assert_int_equal(make(&pages,
                          "0\t99\tfree\t\t\t\n99\t1\tbuffer\t1\t1\t0\n100\t40\tfree\t\t\t\n"
                          "140\t60\tbuffer\t1\t1\t0\n",
                          0),
                     0);
    gtt_strip(&pages, 0, 200, line, 2);
    assert_string_equal(line, ":a");
    gtt_pages_free(&pages);
}

static void more_columns_than_pages(void **state)
{
    struct gtt_pages pages;
    char line[16];
    assert_int_equal(make(&pages, "0\t1\tdaemon\t\t\t\n1\t1\tfree\t\t\t\n", 0), 0);
    gtt_strip(&pages, 0, 2, line, 8);
    assert_string_equal(line, "####....");
    gtt_strip(&pages, 0, 0, line, 8);
    assert_string_equal(line, "        ");
    gtt_pages_free(&pages);
}

/* Who sees only the own has gaps. */
static void what_is_not_told_is_blank(void **state)
{
    struct gtt_pages pages;
    char line[16];
    assert_int_equal(make(&pages, "4\t2\tbuffer\t8\t1\t0\n", 8), 0);
    assert_int_equal(pages.count, 8);
    gtt_strip(&pages, 0, 8, line, 8);
    assert_string_equal(line, "    aa  ");
    gtt_pages_free(&pages);
    assert_int_equal(make(&pages, "", 0), 0);
    assert_int_equal(pages.count, 0);
    gtt_pages_free(&pages);
}

static void rows_that_cannot_be(void **state)
{
    static const char *const rows[] = {"-1\t2\tfree\t\t\t\n", "0\t-2\tfree\t\t\t\n",
                                       "1048577\t1\tfree\t\t\t\n", "1\t1048576\tfree\t\t\t\n",
                                       "9223372036854775807\t1\tfree\t\t\t\n"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gtt_pages pages;
        assert_int_equal(make(&pages, rows[i], 0), -EPROTO);
    }
}

static void sessions_have_colours_of_their_own(void **state)
{
    uint8_t rgb[16][3];
    for (uint32_t i = 0; i < 16; i++) {
        const struct gtt_owner owner = {GTT_KIND_BUFFER, i + 1, 2};
        gtt_colour(&owner, rgb[i]);
        for (uint32_t j = 0; j < i; j++) {
            int distance = abs(rgb[i][0] - rgb[j][0]) + abs(rgb[i][1] - rgb[j][1]) +
                           abs(rgb[i][2] - rgb[j][2]);
            assert_true(distance > 20);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_stand_where_the_pages_are),
        cmocka_unit_test(little_is_not_lost),
        cmocka_unit_test(more_columns_than_pages),
        cmocka_unit_test(what_is_not_told_is_blank),
        cmocka_unit_test(rows_that_cannot_be),
        cmocka_unit_test(sessions_have_colours_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
