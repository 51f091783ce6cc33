/* SPDX-License-Identifier: MIT */
/* What vm-screen takes a guest's console for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "tests/vm/screen/console.h"

static struct console console;

static int parse(const char *text)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    assert_non_null(file);
    int error = console_parse(&console, file);
    fclose(file);
    return error;
}

#define FONT "console: font 8 2 66\nconsole: glyph 65 81ff\n"

static void cells_become_pixels(void **state)
{
    /* A blank in grey, an A in bright green on blue. */
    assert_int_equal(parse("vm: booted=1\n" FONT "console: cells 2 1\nconsole: row 0 2007411a\n"),
                     0);
    assert_int_equal(console_text(&console), 1);
    assert_int_equal(console_pixel(&console, 0, 0), 0x000000);
    assert_int_equal(console_pixel(&console, 8, 0), 0x55ff55);
    assert_int_equal(console_pixel(&console, 9, 0), 0x0000aa);
    assert_int_equal(console_pixel(&console, 15, 0), 0x55ff55);
    assert_int_equal(console_pixel(&console, 9, 1), 0x55ff55);
    /* Beyond the cells. */
    assert_int_equal(console_pixel(&console, 16, 0), 0);
    assert_int_equal(console_pixel(&console, 8, 2), 0);
}

static void dark_yellow_is_brown(void **state)
{
    assert_int_equal(parse(FONT "console: cells 1 1\nconsole: row 0 4106\n"), 0);
    assert_int_equal(console_pixel(&console, 0, 0), 0xaa5500);
}

static void the_last_console_counts(void **state)
{
    assert_int_equal(parse(FONT "console: cells 1 1\nconsole: row 0 4107\n" FONT
                                "console: cells 1 1\nconsole: row 0 2007\n"),
                     0);
    assert_int_equal(console_text(&console), 0);
}

static void nothing_is_no_console(void **state)
{
    assert_int_equal(parse("vm: booted=1\n"), -ENODATA);
    assert_int_equal(parse(FONT), -ENODATA);
}

static void wrong_lines_are_refused(void **state)
{
    static const char *const lines[] = {
        "console: font 9 2 66\n",     "console: font 8 33 66\n",  "console: font 8 2 513\n",
        "console: font 8 2\n",        "console: glyph 66 81ff\n", "console: glyph 65 81f\n",
        "console: glyph 65 81ffff\n", "console: cells 257 1\n",   "console: cells 0 1\n",
        "console: row 1 2007\n",      "console: row 0 20\n",      "console: row 0 20zz\n",
        "console: what 0\n",
    };
    char text[256];

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snprintf(text, sizeof(text), "%s", FONT "console: cells 1 1\n");
        strncat(text, lines[i], sizeof(text) - strlen(text) - 1);
        assert_int_equal(parse(text), -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_become_pixels),     cmocka_unit_test(dark_yellow_is_brown),
        cmocka_unit_test(the_last_console_counts), cmocka_unit_test(nothing_is_no_console),
        cmocka_unit_test(wrong_lines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
