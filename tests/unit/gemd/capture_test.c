/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gemd/capture.h"
#include "gemd/validator/stream_file.h"

static uint32_t words[] = {0x54000004, 0x05000000};
static struct validator_reloc relocs[] = {{1, 0, 64, VALIDATOR_WRITE}};
static struct validator_buffer buffers[] = {{.id = 9,
                                             .gtt_address = 0x100000,
                                             .size = 4096,
                                             .tiling = GEN3_TILED_X,
                                             .pitch = 512,
                                             .rights = VALIDATOR_READ | VALIDATOR_WRITE}};
static const struct validator_job job = {.pci_device = 0x29c2,
                                         .words = words,
                                         .word_count = 2,
                                         .relocs = relocs,
                                         .reloc_count = 1,
                                         .buffers = buffers,
                                         .buffer_count = 1};

/* The bytes of a file, which goes. */
static size_t take(const char *path, uint8_t *bytes, size_t room)
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t size = read(fd, bytes, room);
    assert_true(size >= 0);
    close(fd);
    unlink(path);
    return (size_t)size;
}

static void expect_record(const uint8_t *bytes, size_t size, uint64_t seqno)
{
    struct stream_record record;
    char reason[128];
    struct validator_buffer buffer;
    struct validator_reloc reloc;
    uint32_t stored[2];
    assert_int_equal(stream_file_open(bytes, size, &record, reason), 0);
    assert_int_equal(record.pci_device, 0x29c2);
    assert_int_equal(record.session, 7);
    assert_int_equal(record.seqno, seqno);
    assert_int_equal(record.word_count, 2);
    assert_int_equal(record.reloc_count, 1);
    assert_int_equal(record.buffer_count, 1);
    stream_file_read(&record, &buffer, &reloc, stored);
    assert_int_equal(stored[0], 0x54000004);
    assert_int_equal(stored[1], 0x05000000);
    assert_memory_equal(&reloc, &relocs[0], sizeof(reloc));
    assert_int_equal(buffer.id, 9);
    assert_int_equal(buffer.gtt_address, 0x100000);
    assert_int_equal(buffer.size, 4096);
    assert_int_equal(buffer.tiling, GEN3_TILED_X);
    assert_int_equal(buffer.pitch, 512);
    assert_int_equal(buffer.rights, VALIDATOR_READ | VALIDATOR_WRITE);
}

static void a_batch_is_kept_as_it_was(void **state)
{
    char directory[] = "/tmp/gemd-capture-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct capture capture;
    uint8_t bytes[512];
    char path[100];
    assert_int_equal(capture_init(&capture, directory, NULL, &job), 0);
    capture_keep(&capture, &job, 7, 42);
    words[0] = 0; /* as the validator does */
    capture_write(&capture, 7, 42);
    words[0] = 0x54000004;
    snprintf(path, sizeof(path), "%s/batch-7-42.stream", directory);
    size_t size = take(path, bytes, sizeof(bytes));
    assert_int_equal(size, stream_file_size(&job));
    expect_record(bytes, size, 42);

    capture.files = CAPTURE_FILES_MAX;
    capture_write(&capture, 7, 43);
    assert_int_equal(rmdir(directory), 0); /* nothing more was written */
    capture_finish(&capture);
}

static void all_batches_go_to_one_file(void **state)
{
    char directory[] = "/tmp/gemd-capture-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char path[100];
    snprintf(path, sizeof(path), "%s/all", directory);
    struct capture capture;
    uint8_t bytes[512];
    assert_int_equal(capture_init(&capture, NULL, path, &job), 0);
    capture_keep(&capture, &job, 7, 1);
    capture_keep(&capture, &job, 7, 2);
    capture_write(&capture, 7, 2); /* there is no directory for it */
    assert_int_equal(capture.files, 0);
    capture_finish(&capture);
    size_t size = take(path, bytes, sizeof(bytes));
    assert_int_equal(size, 2 * stream_file_size(&job));
    expect_record(bytes, size, 1);
    expect_record(bytes + size / 2, size / 2, 2);
    assert_int_equal(rmdir(directory), 0);
}

static void a_recording_ends_where_it_cannot_go_on(void **state)
{
    struct capture capture;
    assert_int_equal(capture_init(&capture, NULL, "/dev/full", &job), 0);
    capture_keep(&capture, &job, 7, 1);
    assert_int_equal(capture.record, -1);
    capture_keep(&capture, &job, 7, 2);
    capture_finish(&capture);

    assert_int_equal(capture_init(&capture, NULL, "/dev/null", &job), 0);
    capture.recorded = CAPTURE_RECORD_MAX - 1;
    capture_keep(&capture, &job, 7, 1);
    assert_int_equal(capture.record, -1);
    capture_finish(&capture);

    assert_int_equal(capture_init(&capture, NULL, "/nowhere/at/all", &job), -ENOENT);
    capture_finish(&capture);
}

static void without_a_place_nothing_happens(void **state)
{
    struct capture capture;
    assert_int_equal(capture_init(&capture, NULL, NULL, &job), 0);
    capture_keep(&capture, &job, 1, 1);
    capture_write(&capture, 1, 1);
    assert_int_equal(capture.files, 0);
    capture_finish(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_kept_as_it_was),
        cmocka_unit_test(all_batches_go_to_one_file),
        cmocka_unit_test(a_recording_ends_where_it_cannot_go_on),
        cmocka_unit_test(without_a_place_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
