/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gemd/capture.h"

static void a_batch_is_kept_as_it_was(void **state)
{
    char directory[] = "/tmp/gemd-capture-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct capture capture;
    uint32_t words[] = {0x02000000, 0x05000000};
    assert_int_equal(capture_init(&capture, directory, 16), 0);
    capture_keep(&capture, words, 2);
    words[0] = 0; /* as the validator does */
    capture_write(&capture, 7, 42);
    char path[100];
    snprintf(path, sizeof(path), "%s/batch-7-42.raw", directory);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    uint32_t read_back[3];
    assert_int_equal(read(fd, read_back, sizeof(read_back)), 8);
    assert_int_equal(read_back[0], 0x02000000);
    assert_int_equal(read_back[1], 0x05000000);
    close(fd);
    unlink(path);

    capture.files = CAPTURE_FILES_MAX;
    capture_write(&capture, 7, 43);
    assert_int_equal(rmdir(directory), 0); /* nothing more was written */
    capture_finish(&capture);
}

static void without_a_directory_nothing_happens(void **state)
{
    struct capture capture;
    const uint32_t words[] = {1, 2};
    assert_int_equal(capture_init(&capture, NULL, 16), 0);
    capture_keep(&capture, words, 2);
    capture_write(&capture, 1, 1);
    assert_int_equal(capture.files, 0);
    capture_finish(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_kept_as_it_was),
        cmocka_unit_test(without_a_directory_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
