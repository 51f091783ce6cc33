/* SPDX-License-Identifier: MIT */
/* Who renders when the daemon or a driver is not there, and what is said about it. */
#include "tests/egl/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct output {
    int status;
    char text[8192]; /* both streams: the line on stderr comes when the first display opens */
};

/* Runs egl_probe with these variables set, as a shell would read them. */
static void run_probe(struct output *output, const char *variables)
{
    char command[2048];
    size_t size;
    FILE *pipe;

    snprintf(command, sizeof(command), "env %s '%s/tests/egl_probe' 2>&1", variables,
             GEMD_BINARY_DIR);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    size = fread(output->text, 1, sizeof(output->text) - 1, pipe);
    output->text[size] = '\0';
    output->status = pclose(pipe);
}

static unsigned count(const char *text, const char *part)
{
    unsigned found = 0;

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        found++;
    }
    return found;
}

static void test_one_line(void **state)
{
    struct output output;

    run_probe(&output, "GALLIUM_DRIVER=softpipe");
    assert_int_equal(output.status, 0);
    assert_int_equal(count(output.text, "renderer: softpipe\n"), 2);
    assert_int_equal(count(output.text, "gemd-egl: "), 1);
    assert_int_equal(count(output.text, "; rendering in software with softpipe\n"), 1);
    assert_non_null(strstr(output.text, getenv("GEMD_SOCKET")));
    assert_int_equal(count(output.text, "\n"), 3);
}

static void test_asked_for(void **state)
{
    struct output output;

    run_probe(&output, "LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=softpipe");
    assert_int_equal(output.status, 0);
    assert_string_equal(output.text, "renderer: softpipe\nrenderer: softpipe\n");
}

static void test_prefers_llvmpipe(void **state)
{
    struct output output;

    run_probe(&output, "-u GALLIUM_DRIVER LIBGL_ALWAYS_SOFTWARE=1");
    assert_int_equal(output.status, 0);
    assert_int_equal(count(output.text, "renderer: llvmpipe"), 2);
}

static void test_unknown_renderer(void **state)
{
    struct output output;

    run_probe(&output, "GALLIUM_DRIVER=voodoo");
    assert_int_not_equal(output.status, 0);
    assert_int_equal(count(output.text, "gemd-egl: "), 1);
    assert_non_null(strstr(output.text, "no software renderer called voodoo"));
    assert_int_equal(count(output.text, "error: 0x3001\n"), 2); /* EGL_NOT_INITIALIZED */
}

static void test_no_drivers(void **state)
{
    char directory[] = "/tmp/gemd-egl-test-XXXXXX", variables[256];
    struct output output;

    assert_non_null(mkdtemp(directory));
    snprintf(variables, sizeof(variables), "GEMD_DRIVERS_PATH=%s", directory);
    run_probe(&output, variables);
    assert_int_not_equal(output.status, 0);
    assert_int_equal(count(output.text, "gemd-egl: "), 1);
    assert_non_null(strstr(output.text, "libgemd_swrast.so"));
    assert_int_equal(count(output.text, "error: 0x3001\n"), 2);
    rmdir(directory);
}

/* A library that is none of ours where a driver should be. */
static void test_wrong_driver(void **state)
{
    char directory[] = "/tmp/gemd-egl-test-XXXXXX", variables[256], path[256];
    struct output output;

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/libgemd_swrast.so", directory);
    assert_int_equal(symlink(GEMD_BINARY_DIR "/lib/libEGL_gemd.so.0", path), 0);
    snprintf(variables, sizeof(variables), "GEMD_DRIVERS_PATH=%s", directory);
    run_probe(&output, variables);
    assert_int_not_equal(output.status, 0);
    assert_int_equal(count(output.text, "is not a gemd driver"), 1);
    unlink(path);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line),         cmocka_unit_test(test_asked_for),
        cmocka_unit_test(test_prefers_llvmpipe), cmocka_unit_test(test_unknown_renderer),
        cmocka_unit_test(test_no_drivers),       cmocka_unit_test(test_wrong_driver),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
