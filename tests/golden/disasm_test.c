/* SPDX-License-Identifier: MIT */
/*
 * Each stream in streams/ is disassembled and compared with the text beside it. With
 * GEMD_UPDATE_GOLDEN=1 in the environment the texts are written anew, to be read before a commit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hw/gen3/disasm.h"

#define WORDS_MAX 1024
#define TEXT_MAX  (128 * 1024)

static uint32_t words[WORDS_MAX];
static char got[TEXT_MAX], expected[TEXT_MAX];
static size_t used;

static void path_of(char *path, size_t size, const char *name, const char *ending)
{
    snprintf(path, size, "%s/tests/golden/streams/%s.%s", GEMD_SOURCE_DIR, name, ending);
}

/* Hexadecimal words; '#' begins a comment. */
static size_t load_words(const char *name)
{
    char path[1024], line[256];
    size_t count = 0;

    path_of(path, sizeof(path), name, "hex");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *comment = strchr(line, '#');
        char *next = line;

        if (comment != NULL) {
            *comment = '\0';
        }
        for (char *word = strtok_r(line, " \n", &next); word != NULL;
             word = strtok_r(NULL, " \n", &next)) {
            assert_true(count < WORDS_MAX);
            words[count++] = (uint32_t)strtoul(word, NULL, 16);
        }
    }
    fclose(file);
    return count;
}

static void add_line(void *data, size_t dword, uint32_t value, const char *text)
{
    size_t *lines = data;

    assert_int_equal(dword, *lines);
    ++*lines;
    used += (size_t)snprintf(got + used, sizeof(got) - used, "%4zu %08x %s\n", dword, value, text);
    assert_true(used < sizeof(got));
}

static void compare(const char *name, size_t bad)
{
    char path[1024];
    size_t lines = 0;
    size_t count = load_words(name);

    used = 0;
    got[0] = '\0';
    assert_int_equal(gen3_disasm(words, count, add_line, &lines), bad);
    assert_int_equal(lines, count);
    path_of(path, sizeof(path), name, "txt");
    if (getenv("GEMD_UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_int_equal(fwrite(got, 1, used, file), used);
        fclose(file);
    }
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(expected, 1, sizeof(expected) - 1, file);
    fclose(file);
    expected[size] = '\0';
    assert_string_equal(got, expected);
}

static void test_blits(void **state)
{
    compare("blits", 0);
}

static void test_triangle(void **state)
{
    compare("triangle", 0);
}

static void test_texture(void **state)
{
    compare("texture", 0);
}

static void test_state(void **state)
{
    compare("state", 0);
}

static void test_daemon(void **state)
{
    compare("daemon", 0);
}

/* Three that are no commands, or not of this length, and the three dwords of the cut one. */
static void test_broken(void **state)
{
    compare("broken", 6);
}

static void ignore_line(void *data, size_t dword, uint32_t value, const char *text)
{
    assert_true(strlen(text) > 0 && strlen(text) < 256);
    *(size_t *)data += 1;
}

/* Every dword gets its line, whatever it is. */
static void test_noise(void **state)
{
    uint32_t x = 88172645u;
    size_t lines = 0;

    for (size_t round = 0; round < 500; round++) {
        for (size_t i = 0; i < WORDS_MAX; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            words[i] = x % 3 == 0 ? x : 0x7d000000u | (x & 0x9f00ffu);
        }
        gen3_disasm(words, WORDS_MAX, ignore_line, &lines);
    }
    assert_int_equal(lines, 500 * WORDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blits),   cmocka_unit_test(test_triangle),
        cmocka_unit_test(test_texture), cmocka_unit_test(test_state),
        cmocka_unit_test(test_daemon),  cmocka_unit_test(test_broken),
        cmocka_unit_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
