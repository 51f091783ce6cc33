/* SPDX-License-Identifier: MIT */
/*
 * What other programs than Mesa sent (./record), and a few batches of Debian's Mesa on our DRM
 * device, kept by gemd --capture: streams/ is accepted for the chip that it was recorded for, and
 * touches nothing on the model but its buffers, also when these are as small as the validator
 * takes them. refused/ is not accepted.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/fuzz/oracle.h"

#define FOLDER    GEMD_SOURCE_DIR "/tests/foreign/"
#define MOST      65536u /* bytes of a record */
#define AT_LEAST  150u   /* records: an empty folder proves nothing */
#define MOST_WORK (UINT64_C(1) << 40)

static struct fuzz_case sent, placed;
static struct oracle_report report;
static unsigned tight, written;

static int setup(void **state)
{
    struct oracle *oracle = oracle_create();

    if (oracle != NULL) {
        oracle_set_pixels(oracle, MOST_WORK);
    }
    *state = oracle;
    return oracle != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    oracle_destroy(*state);
    return 0;
}

static void load(const char *folder, const char *name)
{
    static uint8_t bytes[MOST];
    char path[512];

    snprintf(path, sizeof(path), FOLDER "%s/%s", folder, name);
    FILE *from = fopen(path, "r");
    assert_non_null(from);
    const size_t size = fread(bytes, 1, sizeof(bytes), from);
    fclose(from);
    if (!case_load(&sent, bytes, size)) {
        fail_msg("%s is no case", name);
    }
}

/* Calls for each record of a folder; how many there are. */
static unsigned walk(const char *folder, void (*look)(struct oracle *oracle, const char *name),
                     struct oracle *oracle)
{
    char path[512];
    unsigned count = 0;

    snprintf(path, sizeof(path), FOLDER "%s", folder);
    DIR *entries = opendir(path);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strstr(entry->d_name, ".stream") != NULL) {
            load(folder, entry->d_name);
            look(oracle, entry->d_name);
            count++;
        }
    }
    closedir(entries);
    return count;
}

static bool is_accepted_with(uint32_t index, uint64_t size, uint32_t rights)
{
    struct validator_verdict verdict;

    case_copy(&placed, &sent);
    placed.buffers[index].size = size;
    placed.buffers[index].rights = rights;
    struct validator_job job = case_job(&placed);
    return validator_check(&job, &verdict) == 0;
}

/* ---- accepted ---- */

static void runs(struct oracle *oracle, const char *name)
{
    case_copy(&placed, &sent);
    const enum oracle_result result = oracle_judge(oracle, &placed, &report);

    if (result == ORACLE_REFUSED) {
        fail_msg("%s: dword %u, %s: %s: %s", name, report.verdict.dword, report.verdict.command,
                 validator_rule_name(report.verdict.rule), report.verdict.text);
    } else if (result != ORACLE_CLEAN) {
        fail_msg("%s: %s: dword %u, %s: %s", name, oracle_result_name(result), report.dword,
                 report.command, report.text);
    }
}

static void test_all_are_accepted_and_touch_only_their_own(void **state)
{
    const unsigned count = walk("streams", runs, *state);

    print_message("%u streams\n", count);
    assert_true(count >= AT_LEAST);
}

/* ---- smaller ---- */

/* The least size that is accepted is found by halves; one byte less was refused on the way. */
static uint64_t least_size(uint32_t index)
{
    const uint32_t rights = sent.buffers[index].rights;
    uint64_t refused = 0, accepted = sent.buffers[index].size;

    while (accepted - refused > 1) {
        const uint64_t middle = refused + (accepted - refused) / 2;

        if (is_accepted_with(index, middle, rights)) {
            accepted = middle;
        } else {
            refused = middle;
        }
    }
    return accepted;
}

static void shrinks(struct oracle *oracle, const char *name)
{
    for (uint32_t i = 0; i < sent.buffer_count; i++) {
        const uint64_t size = least_size(i);

        case_copy(&placed, &sent);
        placed.buffers[i].size = size;
        if (oracle_judge(oracle, &placed, &report) != ORACLE_CLEAN) {
            fail_msg("%s with %llu bytes of buffer %u: %s: dword %u, %s: %s", name,
                     (unsigned long long)size, i, oracle_result_name(report.result), report.dword,
                     report.command, report.text);
        }
        tight += size > 1;
        if ((placed.buffers[i].used & VALIDATOR_WRITE) != 0) {
            written++;
            assert_false(is_accepted_with(i, sent.buffers[i].size, VALIDATOR_READ));
            assert_true(size == 1 || !is_accepted_with(i, size - 1, sent.buffers[i].rights));
            assert_false(is_accepted_with(i, 0, sent.buffers[i].rights));
        }
    }
}

static void test_buffers_may_be_as_small_as_the_validator_says(void **state)
{
    tight = written = 0;
    (void)walk("streams", shrinks, *state);
    print_message("%u buffers that are written, %u that have to have a size\n", written, tight);
    assert_true(written >= AT_LEAST && tight >= written);
}

/* ---- refused ---- */

/* A wait for the beam; and Mesa fills bytes as if they were words, beyond the buffer's end. */
static void stays_out(struct oracle *oracle, const char *name)
{
    const enum validator_rule rule =
        strncmp(name, "mesa", 4) == 0 ? VALIDATOR_BLIT_EXTENT : VALIDATOR_FORBIDDEN_COMMAND;

    case_copy(&placed, &sent);
    assert_int_equal(oracle_judge(oracle, &placed, &report), ORACLE_REFUSED);
    if (report.verdict.rule != rule) {
        fail_msg("%s: %s", name, validator_rule_name(report.verdict.rule));
    }
}

static void test_what_stays_refused(void **state)
{
    assert_true(walk("refused", stays_out, *state) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_accepted_and_touch_only_their_own),
        cmocka_unit_test(test_buffers_may_be_as_small_as_the_validator_says),
        cmocka_unit_test(test_what_stays_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
