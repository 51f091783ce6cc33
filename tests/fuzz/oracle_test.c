/* SPDX-License-Identifier: MIT */
/*
 * A fixed number of cases on one chip of each class: nothing that the validator accepts touches
 * what it must not, and nothing stops the GPU. Before that, that the oracle can say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hw/gen3/chip.h"
#include "tests/fuzz/generate.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/reduce.h"

#define CASES 20000u

static struct fuzz_case made, placed;
static struct oracle_report report;

static int setup(void **state)
{
    *state = oracle_create();
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    oracle_destroy(*state);
    return 0;
}

static void make(uint64_t seed, const char *chip, bool bent)
{
    struct rng rng = {seed};

    generate_case(&made, &rng, gen3_chip_named(chip)->pci_device);
    if (bent) {
        mutate_case(&made, &rng, NULL);
    }
}

/* ---- the oracle itself ---- */

/* A case that is accepted and in which the buffer of that index is used so. */
static void make_with_use(struct oracle *oracle, uint32_t index, uint32_t use)
{
    for (uint64_t seed = 1; seed < 1000; seed++) {
        make(seed, "g33", false);
        case_copy(&placed, &made);
        if (oracle_judge(oracle, &placed, &report) == ORACLE_CLEAN && placed.buffer_count > index &&
            (placed.buffers[index].used & use) == use) {
            return;
        }
    }
    fail_msg("no such case");
}

static void test_a_buffer_that_is_smaller_than_it_was_said_to_be(void **state)
{
    unsigned outside = 0;

    for (uint64_t seed = 1; seed < 200; seed++) {
        make(seed, "g33", false);
        case_copy(&placed, &made);
        if (oracle_judge(*state, &placed, &report) != ORACLE_CLEAN || placed.buffer_count == 0) {
            continue;
        }
        placed.buffers[0].size = 1;
        outside += oracle_run(*state, &placed, &report) == ORACLE_OUTSIDE;
        placed.buffers[0].size = made.buffers[0].size;
        assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_CLEAN);
    }
    assert_true(outside > 40);
}

static void test_a_use_that_was_not_reported(void **state)
{
    bool found = false;

    for (uint64_t seed = 1; seed < 200 && !found; seed++) {
        make(seed, "g33", false);
        case_copy(&placed, &made);
        if (oracle_judge(*state, &placed, &report) == ORACLE_CLEAN && placed.buffer_count > 0) {
            placed.buffers[0].used &= ~(uint32_t)VALIDATOR_WRITE;
            found = oracle_run(*state, &placed, &report) == ORACLE_OUTSIDE &&
                    strstr(report.text, "not reported") != NULL;
        }
    }
    assert_true(found);
}

static void test_a_buffer_that_may_not_be_written(void **state)
{
    const struct validator_buffer target = {
        .gtt_address = 0x200000, .size = 4096, .rights = VALIDATOR_READ, .used = 3};

    placed = (struct fuzz_case){
        .pci_device = 0x29c2,
        .word_count = 8,
        .words = {0x54300004, 0x03f00040, 0, 0x00010001, 0x200000, 1, 0x05000000, 0},
        .buffer_count = 1,
    };
    placed.buffers[0] = target;
    assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_OUTSIDE);
    assert_non_null(strstr(report.text, "may not write"));
    assert_int_equal(report.dword, 0);
    assert_string_equal(report.command, "XY_COLOR_BLT");
    placed.buffers[0].rights = 3;
    assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_CLEAN);
    /* the last pixel of the page, and the first one behind it */
    placed.words[2] = 0x003f000f;
    placed.words[3] = 0x00400010;
    assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_CLEAN);
    placed.words[3] = 0x00400011;
    assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_OUTSIDE);
    assert_non_null(strstr(report.text, "in no buffer"));
    /* far behind all that is there */
    placed.words[3] = 0x00010001;
    placed.words[2] = 0;
    placed.words[4] = 0xfff00000;
    assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_OUTSIDE);
}

static void test_words_that_are_no_part_of_the_stream(void **state)
{
    placed = (struct fuzz_case){.pci_device = 0x2772, .word_count = 2, .words = {0, 0x05000000}};
    assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_CLEAN);
    placed.words[1] = 0;
    assert_int_not_equal(oracle_run(*state, &placed, &report), ORACLE_CLEAN);
    /* jumps back into the preamble's page, and from there for ever on */
    placed.words[0] = 0x54300004;
    assert_int_not_equal(oracle_run(*state, &placed, &report), ORACLE_CLEAN);
}

static void test_a_gpu_that_stops_goes_on_afterwards(void **state)
{
    static const char *const chips[] = {"g33", "945gm", "915g"};

    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
        placed = (struct fuzz_case){.pci_device = gen3_chip_named(chips[i])->pci_device,
                                    .word_count = 4,
                                    .words = {0, 0, 0xe0000000, 0x05000000}};
        assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_STUCK);
        assert_int_equal(report.dword, 2);
        placed.words[2] = 0;
        assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_CLEAN);
    }
}

/* Into itself, for ever: there is no command that ends it but those that are not there. */
static void test_a_batch_that_runs_in_circles_is_ended(void **state)
{
    placed = (struct fuzz_case){
        .pci_device = 0x29c2, .word_count = 2, .words = {0x18800080, 0x00010000}};
    assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_STUCK);
    placed.words[0] = 0x05000000;
    assert_int_equal(oracle_run(*state, &placed, &report), ORACLE_CLEAN);
}

/* Rows may overlap: a small buffer does not make a blit small. */
static void test_all_blits_have_a_size(void **state)
{
    static const struct {
        uint64_t pixels;
        uint32_t words[9];
    } blits[] = {
        {28484u * 13475u, {0x50100003, 0x030f0024, 0x34a36f44, 0, 0}},
        {90 * 40, {0x54300004, 0x03f00400, 0x000a000a, 0x00320064, 0, 0}},
        {90 * 40, {0x49400001, 0x000a000a, 0x00320064}},
        {90 * 40, {0x49800002, 0x000a000a, 0x00320064, 0}},
        {1, {0x49000000, 0x000a000a}},
        {0, {0x40700006, 0x03f00400, 0, 0x7fff7fff, 0, 0, 0, 0}},
        {0, {0x54300004, 0x03f00400, 0x00320064, 0x000a000a, 0, 0}},
    };

    for (size_t i = 0; i < sizeof(blits) / sizeof(blits[0]); i++) {
        placed = (struct fuzz_case){.pci_device = 0x29c2, .word_count = 9};
        memcpy(placed.words, blits[i].words, sizeof(blits[i].words));
        assert_int_equal(oracle_pixels(&placed), blits[i].pixels);
    }
}

/* Another order of cases, another model: the same results. */
static void test_cases_do_not_depend_on_each_other(void **state)
{
    enum oracle_result results[400];
    void *other = NULL;

    for (uint32_t i = 0; i < 400; i++) {
        make(i, "g33", true);
        results[i] = oracle_judge(*state, &made, &report);
    }
    assert_int_equal(setup(&other), 0);
    for (uint32_t i = 400; i-- > 0;) {
        make(i, "g33", true);
        assert_int_equal(oracle_judge(other, &made, &report), results[i]);
    }
    teardown(&other);
}

/* ---- reduction ---- */

/* For want of a mistake in the validator: the first buffer is one byte shorter than was said. */
static enum oracle_result judge_a_lie(void *user, struct fuzz_case *c, struct oracle_report *r)
{
    enum oracle_result result = oracle_judge(user, c, r);

    if (result == ORACLE_CLEAN && c->buffer_count > 0 && c->buffers[0].size > 0) {
        c->buffers[0].size--;
        result = oracle_run(user, c, r);
    }
    return result;
}

static void test_a_failing_case_becomes_small(void **state)
{
    const struct reduce_judge judge = {judge_a_lie, *state};
    unsigned reduced = 0;

    for (uint64_t seed = 1; reduced < 5 && seed < 4000; seed++) {
        make(seed, "g33", false);
        case_copy(&placed, &made);
        if (judge_a_lie(*state, &placed, &report) != ORACLE_OUTSIDE) {
            continue;
        }
        const uint32_t before = made.word_count;
        reduce_case(&judge, &made, &report);
        assert_int_equal(report.result, ORACLE_OUTSIDE);
        assert_true(made.word_count <= before && made.word_count < 120);
        assert_in_range(made.buffer_count, 1, 3);
        case_copy(&placed, &made);
        assert_int_equal(judge_a_lie(*state, &placed, &report), ORACLE_OUTSIDE);
        reduced++;
    }
    assert_int_equal(reduced, 5);
}

/* ---- cases ---- */

static void test_a_case_survives_its_record(void **state)
{
    static uint8_t bytes[1u << 16];

    for (uint64_t seed = 1; seed < 100; seed++) {
        make(seed, "915g", true);
        const size_t size = case_store(&made, bytes, sizeof(bytes));
        assert_true(size > 0);
        memset(&placed, 0, sizeof(placed));
        assert_true(case_load(&placed, bytes, size));
        assert_int_equal(placed.pci_device, made.pci_device);
        assert_int_equal(placed.word_count, made.word_count);
        assert_memory_equal(placed.words, made.words, made.word_count * 4);
        assert_int_equal(placed.reloc_count, made.reloc_count);
        assert_memory_equal(placed.relocs, made.relocs, made.reloc_count * sizeof(made.relocs[0]));
        assert_int_equal(placed.buffer_count, made.buffer_count);
        assert_false(case_load(&placed, bytes, size - 1));
    }
}

static void test_every_command_of_clients_is_generated(void **state)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);

    for (size_t i = 0; i < count; i++) {
        struct rng rng = {i};

        if (rows[i].privilege == GEN3_CLIENT && !generate_command(&made, &rng, &rows[i])) {
            fail_msg("%s is not generated", rows[i].name);
        }
    }
}

/* ---- the property ---- */

static void judge_cases(struct oracle *oracle, const char *chip)
{
    unsigned results[ORACLE_RESULTS] = {0};

    for (uint64_t i = 0; i < CASES; i++) {
        make(i * UINT64_C(0x9e3779b9) + 7, chip, true);
        const enum oracle_result result = oracle_judge(oracle, &made, &report);

        results[result]++;
        if (result == ORACLE_OUTSIDE || result == ORACLE_STUCK) {
            fail_msg("case %u: %s: dword %u, %s: %s", (unsigned)i, oracle_result_name(result),
                     report.dword, report.command, report.text);
        }
    }
    print_message("%s: %u of %u ran\n", chip, results[ORACLE_CLEAN], CASES);
    assert_in_range(results[ORACLE_CLEAN], CASES / 5, CASES * 9 / 10);
    assert_in_range(results[ORACLE_LARGE], 0, CASES / 100);
}

static void test_915(void **state)
{
    judge_cases(*state, "915g");
}

static void test_945(void **state)
{
    judge_cases(*state, "945g");
}

static void test_g33(void **state)
{
    judge_cases(*state, "g33");
}

static void test_q35(void **state)
{
    judge_cases(*state, "q35");
}

static void test_pineview(void **state)
{
    judge_cases(*state, "pineview-m");
}

/* So that the tests above see what they are about. */
static void test_buffers_are_read_and_written(void **state)
{
    make_with_use(*state, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    make_with_use(*state, 1, VALIDATOR_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_buffer_that_is_smaller_than_it_was_said_to_be),
        cmocka_unit_test(test_a_use_that_was_not_reported),
        cmocka_unit_test(test_a_buffer_that_may_not_be_written),
        cmocka_unit_test(test_words_that_are_no_part_of_the_stream),
        cmocka_unit_test(test_a_gpu_that_stops_goes_on_afterwards),
        cmocka_unit_test(test_a_batch_that_runs_in_circles_is_ended),
        cmocka_unit_test(test_all_blits_have_a_size),
        cmocka_unit_test(test_cases_do_not_depend_on_each_other),
        cmocka_unit_test(test_a_failing_case_becomes_small),
        cmocka_unit_test(test_a_case_survives_its_record),
        cmocka_unit_test(test_every_command_of_clients_is_generated),
        cmocka_unit_test(test_buffers_are_read_and_written),
        cmocka_unit_test(test_915),
        cmocka_unit_test(test_945),
        cmocka_unit_test(test_g33),
        cmocka_unit_test(test_q35),
        cmocka_unit_test(test_pineview),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
