/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/lib/picture.h"

static char directory[] = "/tmp/gemd-picture-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

/* 3x2 pixels in rows of 20 bytes, the rest being none of the picture. */
static uint8_t pixels[40] = {
    1,  2,  3,  99, 4,  5,  6,  99, 7,  8,  9,  99, 0, 0, 0, 0, 0, 0, 0, 0, /* first row */
    11, 12, 13, 99, 14, 15, 16, 99, 17, 18, 19, 99,
};

static void round_trip(enum picture_order order)
{
    const struct picture picture = {3, 2, 20, order, pixels};
    struct picture loaded;
    assert_int_equal(picture_save(&picture, path_of("a.png")), 0);
    assert_int_equal(picture_load(&loaded, path_of("a.png")), 0);
    assert_int_equal(loaded.width, 3);
    assert_int_equal(loaded.height, 2);
    for (unsigned i = 0; i < 6; i++) {
        const uint8_t *from = pixels + i / 3 * 20 + i % 3 * 4;
        const uint8_t *to = loaded.pixels + i / 3 * loaded.stride + i % 3 * 4;
        for (unsigned c = 0; c < 3; c++) {
            assert_int_equal(to[c], from[order == PICTURE_BGRX ? 2 - c : c]);
        }
        assert_int_equal(to[3], 255);
    }
    picture_free(&loaded);
    assert_int_equal(unlink(path_of("a.png")), 0);
}

static void test_rgbx(void **state)
{
    round_trip(PICTURE_RGBX);
}

static void test_bgrx(void **state)
{
    round_trip(PICTURE_BGRX);
}

static void test_errors(void **state)
{
    const struct picture picture = {3, 2, 20, PICTURE_RGBX, pixels};
    struct picture loaded;
    assert_true(picture_save(&picture, path_of("missing/a.png")) < 0);
    assert_true(picture_load(&loaded, path_of("missing.png")) < 0);
    assert_null(loaded.pixels);
    FILE *file = fopen(path_of("b.png"), "w");
    assert_non_null(file);
    fputs("this is no picture", file);
    fclose(file);
    assert_true(picture_load(&loaded, path_of("b.png")) < 0);
    assert_int_equal(unlink(path_of("b.png")), 0);
}

/* What is no file stays what it is, and gets the picture. */
static void test_pipes(void **state)
{
    const struct picture picture = {3, 2, 20, PICTURE_RGBX, pixels};
    uint8_t head[8];
    struct stat status;
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    const int fd = open(path_of("pipe"), O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(picture_save(&picture, path_of("pipe")), 0);
    assert_int_equal(read(fd, head, sizeof(head)), sizeof(head));
    assert_memory_equal(head, "\211PNG\r\n\032\n", sizeof(head));
    assert_int_equal(stat(path_of("pipe"), &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    assert_int_not_equal(access(path_of("pipe.part"), F_OK), 0);
    close(fd);
    assert_int_equal(unlink(path_of("pipe")), 0);
}

/* A picture that cannot be encoded leaves nothing behind. */
static void test_no_half_files(void **state)
{
    const struct picture empty = {0, 0, 0, PICTURE_RGBX, pixels};
    assert_true(picture_save(&empty, path_of("c.png")) < 0);
    assert_int_not_equal(access(path_of("c.png"), F_OK), 0);
    assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rgbx),          cmocka_unit_test(test_bgrx),
        cmocka_unit_test(test_errors),        cmocka_unit_test(test_pipes),
        cmocka_unit_test(test_no_half_files),
    };
    if (mkdtemp(directory) == NULL) {
        return 99;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
