/* SPDX-License-Identifier: MIT */
/* What is kept of a GPU that hung, and how much of it at most. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gemd/error_report.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "gemd/validator/stream_file.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/fake_device.h"

#define S UINT64_C(1000000000)

static const uint32_t batch[] = {MI_NOOP,    0x54300004, 0x03f00040, 0,
                                 0x00100010, 0x00abc000, 0x12345678, MI_BATCH_BUFFER_END};

struct bed {
    struct fake_device *fake;
    struct server server;
    struct session guilty, innocent;
    uint64_t now;
};

static uint64_t now(void *data)
{
    return ((struct bed *)data)->now;
}

static void on_retired(void *data, struct job *job)
{
}

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    const struct gpu_events events = {0};
    struct server *server = &bed->server;
    bed->fake = fake_device_create();
    bed->now = 5 * S;
    server->options.clock = (struct clock){now, bed};
    assert_int_equal(gpu_init(&server->gpu, &bed->fake->base, &events), 0);
    fence_init(&server->fence, &server->gpu, on_retired, NULL);
    bed->guilty = (struct session){.id = 4, .name = "bad \"one\"", .pid = 7, .uid = 8};
    bed->innocent = (struct session){.id = 5, .name = "good"};
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    error_capture_finish(&bed->server.errors);
    fence_abandon(&bed->server.fence);
    gpu_finish(&bed->server.gpu);
    fake_device_destroy(bed->fake);
    free(bed);
    return 0;
}

static struct job *emit(struct bed *bed, struct session *session, uint64_t seqno)
{
    const struct validator_reloc reloc = {.dword = 5, .buffer = 0, .delta = 64, .use = 2};
    struct server *server = &bed->server;
    struct job *job = job_create(0);
    assert_non_null(job);
    job_keep_relocs(job, &reloc, 1);
    job->session = session;
    job->seqno = seqno;
    job->word_count = sizeof(batch) / 4;
    assert_true(batch_area_take(&server->gpu.area, sizeof(batch), &job->slot));
    memcpy(gpu_batch_words(&server->gpu, job->slot.offset), batch, sizeof(batch));
    assert_true(gpu_has_room(&server->gpu));
    fence_emit(&server->fence, job);
    return job;
}

static void take(struct bed *bed, enum error_kind kind, const struct job *job)
{
    const struct gpu_position at = {.acthd = 0xac7d, .eir = ERROR_INSTRUCTION, .head = 8};
    error_capture_take(&bed->server.errors, &bed->server, kind, "it \"stopped\"", &at, job, 3);
}

static char *report(struct bed *bed, uint32_t form, uint64_t number, uint64_t *size)
{
    int fd = error_report_write(&bed->server.errors, form, number, size);
    assert_true(fd >= 0);
    char *text = calloc(1, *size + 1);
    assert_int_equal(pread(fd, text, *size, 0), *size);
    close(fd);
    return text;
}

static void assert_says(const char *text, const char *what)
{
    if (strstr(text, what) == NULL) {
        fail_msg("'%s' is not in:\n%s", what, text);
    }
}

static void the_report_says_what_happened(void **state)
{
    struct bed *bed = *state;
    uint64_t size;
    struct job *job = emit(bed, &bed->guilty, 11);
    emit(bed, &bed->innocent, 3);
    emit(bed, &bed->innocent, 4);
    bed->fake->registers[FENCE(1) / 4] = 0xfe11ce01;
    take(bed, ERROR_KIND_GPU, job);
    char *text = report(bed, GEMD_ERRORS_TEXT, 1, &size);
    assert_says(text, "kind: error\n");
    assert_says(text, "session: 4\nseqno: 11\ndword: 3\n");
    assert_says(text, "ACTHD      0000ac7d\n");
    assert_says(text, "EIR        00000001\n");
    assert_says(text, "FENCE 1    fe11ce01\n");
    assert_says(text, "session 4 (bad \"one\", pid 7, uid 8): 1 batches, 11 to 11, guilty\n");
    assert_says(text, "session 5 (good, pid 0, uid 0): 2 batches, 3 to 4\n");
    /* The packet is marked, all of it and nothing else. */
    assert_says(text, "\n       0  00000000  MI_NOOP");
    assert_says(text, "\n>      1  54300004  XY_COLOR_BLT");
    assert_says(text, "\n>      6  12345678");
    assert_says(text, "\n       7  05000000  MI_BATCH_BUFFER_END");
    assert_null(strstr(text, "\n>      7"));
    free(text);
    text = report(bed, GEMD_ERRORS_JSON, 0, &size);
    assert_says(text, "\"text\":\"it \\\"stopped\\\"\"");
    assert_says(text, "\"name\":\"bad \\\"one\\\"\"");
    assert_says(text, "{\"dword\":1,\"value\":1412431876,\"marked\":true");
    free(text);
    text = report(bed, GEMD_ERRORS_LIST, 0, &size);
    assert_int_equal(strncmp(text, "1 ", 2), 0);
    assert_says(text, "Z error it \"stopped\"\n");
    free(text);
}

static void the_stream_is_the_batch(void **state)
{
    struct bed *bed = *state;
    uint64_t size;
    char reason[128];
    struct stream_record record;
    take(bed, ERROR_KIND_STILL, emit(bed, &bed->guilty, 11));
    char *bytes = report(bed, GEMD_ERRORS_STREAM, 1, &size);
    assert_int_equal(stream_file_open((const uint8_t *)bytes, size, &record, reason), 0);
    assert_int_equal(record.size, size);
    assert_int_equal(record.session, 4);
    assert_int_equal(record.seqno, 11);
    assert_int_equal(record.reloc_count, 1);
    assert_int_equal(record.word_count, sizeof(batch) / 4);
    struct validator_reloc reloc;
    uint32_t words[sizeof(batch) / 4];
    stream_file_read(&record, NULL, &reloc, words);
    assert_memory_equal(words, batch, sizeof(batch));
    assert_int_equal(reloc.delta, 64);
    free(bytes);
}

static void only_the_last_ones_are_kept(void **state)
{
    struct bed *bed = *state;
    const struct error_record *records[ERROR_CAPTURES];
    struct job *job = emit(bed, &bed->guilty, 1);
    for (unsigned i = 0; i < 3 * ERROR_CAPTURES + 1; i++) {
        take(bed, ERROR_KIND_GPU, job);
    }
    assert_int_equal(error_capture_list(&bed->server.errors, records), ERROR_CAPTURES);
    for (unsigned i = 0; i < ERROR_CAPTURES; i++) {
        assert_int_equal(records[i]->number, 2 * ERROR_CAPTURES + 2 + i);
    }
    assert_null(error_capture_find(&bed->server.errors, 2 * ERROR_CAPTURES + 1));
    assert_null(error_capture_find(&bed->server.errors, 0));
}

static void page_faults_do_not_push_hangs_out(void **state)
{
    struct bed *bed = *state;
    struct error_capture *errors = &bed->server.errors;
    take(bed, ERROR_KIND_GPU, NULL);
    for (unsigned i = 0; i < 100; i++) {
        take(bed, ERROR_KIND_FAULT, NULL);
        take(bed, ERROR_KIND_FAULT, NULL); /* too soon */
        bed->now += S;
    }
    assert_int_equal(errors->count, 101);
    assert_int_equal(errors->faults_left_out, 100);
    const struct error_record *records[ERROR_CAPTURES];
    assert_int_equal(error_capture_list(errors, records), 1 + ERROR_FAULTS);
    assert_int_equal(records[0]->kind, ERROR_KIND_GPU);
    assert_int_equal(records[1]->number, 100);
}

static void what_is_not_there_is_said(void **state)
{
    struct bed *bed = *state;
    const struct error_capture *errors = &bed->server.errors;
    uint64_t size;
    free(report(bed, GEMD_ERRORS_LIST, 0, &size));
    assert_int_equal(size, 0);
    assert_int_equal(error_report_write(errors, GEMD_ERRORS_TEXT, 1, &size), -ENOENT);
    assert_int_equal(error_report_write(errors, GEMD_ERRORS_STREAM + 1, 0, &size), -EINVAL);
    take(bed, ERROR_KIND_GPU, NULL); /* outside of any batch */
    assert_int_equal(error_report_write(errors, GEMD_ERRORS_STREAM, 1, &size), -ENODATA);
    free(report(bed, GEMD_ERRORS_TEXT, 1, &size));
    assert_true(size > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_report_says_what_happened, setup, teardown),
        cmocka_unit_test_setup_teardown(the_stream_is_the_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_last_ones_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(page_faults_do_not_push_hangs_out, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_said, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
