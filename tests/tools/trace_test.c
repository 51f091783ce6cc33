/* SPDX-License-Identifier: MIT */
/* Traces of registers: read, done again on a device that answers otherwise, compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "tools/gemctl/trace_compare.h"
#include "tools/gemctl/trace_replay.h"

#define HEADER "# gemd-trace 1 g33 8086:29c2\n"

/* A file with that text; its name is valid until the next one of the same place is made. */
static const char *file_of(unsigned place, const char *text)
{
    static char paths[3][64];
    static int fds[3] = {-1, -1, -1};
    if (fds[place] >= 0) {
        close(fds[place]);
    }
    fds[place] = memfd_create("trace", MFD_CLOEXEC);
    assert_true(fds[place] >= 0);
    assert_int_equal(write(fds[place], text, strlen(text)), strlen(text));
    snprintf(paths[place], sizeof(paths[place]), "/proc/self/fd/%d", fds[place]);
    return paths[place];
}

/* ---- lines ---- */

static void lines_are_read(void **state)
{
    static const char text[] =
        HEADER "1 r 020a8 fffffffd\n2 w 020a8&0000ff00 00001200\n3 c 000c0+1 00000003\n"
               "4 g 00010+1 00001001\n5 G 00010+16 00001001\n6 A 10000000000+4096\n7 i\n8 f\n";
    static const struct trace_line expected[] = {
        {.what = '#', .value = 0x29c2},
        {.what = 'r', .where = 0x20a8, .count = 4, .mask = ~0u, .value = 0xfffffffd},
        {.what = 'w', .where = 0x20a8, .count = 4, .mask = 0xff00, .value = 0x1200},
        {.what = 'c', .where = 0xc0, .count = 1, .value = 3},
        {.what = 'g', .where = 0x10, .count = 1, .value = 0x1001},
        {.what = 'G', .where = 0x10, .count = 16, .value = 0x1001},
        {.what = 'A', .where = 1ull << 40, .count = 4096},
        {.what = 'i'},
        {.what = 'f'},
    };
    struct trace_file trace;
    struct trace_line line;
    assert_true(trace_file_open(&trace, file_of(0, text)));
    for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_int_equal(trace_file_next(&trace, &line), 1);
        assert_int_equal(line.what, expected[i].what);
        assert_int_equal(line.time_ns, i);
        assert_int_equal(line.where, expected[i].where);
        assert_int_equal(line.count, expected[i].count);
        assert_int_equal(line.mask, expected[i].mask);
        assert_int_equal(line.value, expected[i].value);
    }
    assert_int_equal(trace_file_next(&trace, &line), 0);
    trace_file_close(&trace);
}

static void what_is_no_line_is_refused(void **state)
{
    static const char *const wrong[] = {
        "1 r 020a8 fffffffd\n", /* no header */
        "# gemd-trace 2 g33 8086:29c2\n",
        HEADER "r 020a8 fffffffd\n",
        HEADER "1 r 020a8\n",
        HEADER "1 r 020a8 0 0\n",
        HEADER "1 r 020a9 0\n",
        HEADER "1 r 80000 0\n",
        HEADER "1 r 020a8&ff 0\n",
        HEADER "1 c 000c0+3 0\n",
        HEADER "1 c 000ff+2 0\n",
        HEADER "1 c 00100+1 0\n",
        HEADER "1 g 80000+1 0\n",
        HEADER "1 G 00000+524289 0\n",
        HEADER "1 G 00001+18446744073709551615 0\n",
        HEADER "1 A 0\n",
        HEADER "1 i now\n",
        HEADER "1 x 0 0\n",
        HEADER "\n",
        HEADER "1\n",
    };
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct trace_file trace;
        struct trace_line line;
        int result;
        assert_true(trace_file_open(&trace, file_of(0, wrong[i])));
        while ((result = trace_file_next(&trace, &line)) > 0) {
        }
        if (result != -1) {
            fail_msg("taken: %s", wrong[i]);
        }
        trace_file_close(&trace);
    }
    struct trace_file trace;
    assert_false(trace_file_open(&trace, "/nowhere/trace"));
}

/* ---- done again ---- */

/* A model that answers otherwise at one register, for some reads. */
struct liar {
    struct hw_device base;
    struct hw_device_ops ops;
    struct hw_device *model;
};

static struct {
    uint32_t reg, bits;
    unsigned reads; /* that are wrong; 0: all */
    unsigned seen, created;
} lie;

static struct hw_device *model_of(struct hw_device *dev)
{
    return ((struct liar *)dev)->model;
}

static uint32_t lying_read(struct hw_device *dev, uint32_t reg)
{
    uint32_t value = hw_read(model_of(dev), reg);
    bool wrong = reg == lie.reg && (lie.reads == 0 || lie.seen < lie.reads);
    lie.seen += reg == lie.reg;
    return wrong ? value ^ lie.bits : value;
}

static void plain_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    hw_write(model_of(dev), reg, value);
}

static uint32_t plain_config_read(struct hw_device *dev, uint32_t offset, unsigned size)
{
    return hw_config_read(model_of(dev), offset, size);
}

static void plain_config_write(struct hw_device *dev, uint32_t offset, unsigned size,
                               uint32_t value)
{
    hw_config_write(model_of(dev), offset, size, value);
}

static uint32_t plain_gtt_read(struct hw_device *dev, uint32_t index)
{
    return hw_gtt_read(model_of(dev), index);
}

static void plain_gtt_write(struct hw_device *dev, uint32_t index, uint32_t pte)
{
    hw_gtt_write(model_of(dev), index, pte);
}

static int plain_alloc(struct hw_device *dev, size_t size, struct hw_dma *dma)
{
    return hw_dma_alloc(model_of(dev), size, dma);
}

static void plain_release(struct hw_device *dev, struct hw_dma *dma)
{
    hw_dma_release(model_of(dev), dma);
}

static uint64_t plain_bus(struct hw_device *dev, const struct hw_dma *dma, size_t offset)
{
    return hw_dma_bus_address(model_of(dev), dma, offset);
}

static void plain_irq_unmask(struct hw_device *dev)
{
    hw_irq_unmask(model_of(dev));
}

static void plain_flush(struct hw_device *dev)
{
    hw_chipset_flush(model_of(dev));
}

static void plain_destroy(struct hw_device *dev)
{
    hw_device_destroy(model_of(dev));
    free(dev);
}

static struct hw_device *create(void *data, const char *chip)
{
    struct liar *liar = calloc(1, sizeof(*liar));
    assert_non_null(liar);
    liar->ops = (struct hw_device_ops){
        .destroy = plain_destroy,
        .read = lying_read,
        .write = plain_write,
        .config_read = plain_config_read,
        .config_write = plain_config_write,
        .gtt_read = plain_gtt_read,
        .gtt_write = plain_gtt_write,
        .dma_alloc = plain_alloc,
        .dma_release = plain_release,
        .dma_bus_address = plain_bus,
        .irq_unmask = plain_irq_unmask,
        .chipset_flush = plain_flush,
    };
    liar->model = model_create(&(struct model_options){.chipset = chip, .threads = 1});
    assert_non_null(liar->model);
    liar->base = (struct hw_device){.ops = &liar->ops, .identity = liar->model->identity};
    lie.created++;
    return &liar->base;
}

static char told[4096];

static struct trace_replay_counts replay_file(const char *path, bool found)
{
    struct trace_replay_counts counts;
    struct trace_file trace;
    FILE *out = fmemopen(told, sizeof(told), "w");
    const struct trace_replay_options options = {.create = create, .out = out, .found = found};
    told[0] = '\0';
    lie.seen = lie.created = 0;
    assert_non_null(out);
    assert_true(trace_file_open(&trace, path));
    assert_int_equal(trace_replay(&trace, &options, &counts), 0);
    trace_file_close(&trace);
    fclose(out);
    return counts;
}

static struct trace_replay_counts replay(const char *text, bool found)
{
    return replay_file(file_of(0, text), found);
}

static void honest(void)
{
    memset(&lie, 0, sizeof(lie));
}

/* A daemon that shows three frames on a 945GM, and ends. */
static void a_recorded_trace_is_answered_as_it_was(void **state)
{
    honest();
    struct trace_replay_counts counts = replay_file(TRACES "/945gm", true);
    assert_string_equal(told, "");
    assert_int_equal(counts.differ, 0);
    assert_int_equal(counts.found, 0);
    assert_true(counts.reads > 200 && counts.writes > 100 && counts.excused < counts.reads / 2);
}

static void a_changed_answer_is_found(void **state)
{
    honest();
    lie.reg = HTOTAL_A;
    lie.bits = 0x100;
    struct trace_replay_counts counts = replay(HEADER "1 w 60000 031f027f\n2 r 60000 031f027f\n"
                                                      "3 r 60004 00000000\n4 r 60000 031f027f\n",
                                               false);
    assert_int_equal(counts.differ, 2);
    assert_int_equal(counts.registers, 1);
    assert_non_null(strstr(told, ":3: differs 60000 HTOTAL[0]: 031f027f in the trace, "
                                 "031f037f here, bits 00000100\n"));
    /* Said once. */
    assert_ptr_equal(strchr(told, '\n'), told + strlen(told) - 1);
    honest();
    lie.reg = HTOTAL_A;
    lie.bits = 0x100;
    assert_true(replay_file(TRACES "/945gm", false).differ > 0);
}

static void what_was_found_is_told_when_asked_for(void **state)
{
    honest();
    static const char text[] =
        HEADER "1 r 61100 80000000\n2 r 61100 80000000\n3 r 020a8 ffffffff\n";
    struct trace_replay_counts counts = replay(text, false);
    assert_string_equal(told, "");
    assert_int_equal(counts.found, 1);
    assert_int_equal(counts.differ, 0);
    replay(text, true);
    assert_non_null(strstr(told, "found 61100 ADPA: 80000000 in the trace, 00000000 here"));
}

/* A poll counts as its end, and a device that comes to it later is waited for. */
static void polls_are_one_read(void **state)
{
    honest();
    lie.reg = HTOTAL_A;
    lie.bits = 1;
    lie.reads = 5;
    struct trace_replay_counts counts = replay(
        HEADER "1 w 60000 00000010\n2 r 60000 00000011\n3 r 60000 00000011\n4 r 60000 00000010\n",
        false);
    assert_int_equal(counts.reads, 1);
    assert_int_equal(counts.differ, 0);
    assert_int_equal(lie.seen, 6);
}

static void what_says_nothing_is_not_compared(void **state)
{
    honest();
    struct trace_replay_counts counts =
        replay(HEADER "1 w 70024 00020000\n2 r 70024 80020002\n3 r 70000 00000123\n"
                      "4 r 020c8 12345678\n5 r 70024 80000002\n",
               false);
    assert_int_equal(counts.excused, 2);
    assert_int_equal(counts.differ, 1); /* the enable bit of PIPESTAT does count */
    assert_non_null(strstr(told, "differs 70024 PIPESTAT[0]"));
}

static void parts_entries_and_configuration(void **state)
{
    honest();
    struct trace_replay_counts counts =
        replay(HEADER "1 w 02098 11223344\n2 w 02098&0000ff00 00005500\n3 r 02098 11225544\n"
                      "4 G 00010+4 12345001\n5 g 00011+3 12345001\n6 g 00014+1 00000000\n"
                      "7 c 00000+2 00008086\n8 c 00010+4 12345678\n9 c 00002+2 000027a2\n",
               true);
    assert_int_equal(counts.differ, 1);
    assert_int_equal(counts.found, 0);
    assert_non_null(strstr(told, ":10: differs config 02: 000027a2 in the trace, 000029c2 here"));
}

/* Rings run over zeros, and a chip that is reset as a whole begins anew. */
static void a_second_header_is_a_new_device(void **state)
{
    honest();
    struct trace_replay_counts counts =
        replay(HEADER "1 G 00000+4 12345001\n2 w 02038 00000000\n3 w 0203c 00000001\n4 w 02030 "
                      "00000040\n5 r 02034 00000000\n"
                      "6 r 0203c 00000001\n" HEADER "7 r 0203c 00000000\n8 r 02030 00000000\n",
               false);
    assert_int_equal(lie.created, 2);
    assert_int_equal(counts.differ, 0);
    assert_int_equal(counts.found, 0);
}

/* ---- compared ---- */

#define SHOWN "5 w 0203c 0001f001\n6 w 70008 80000000\n7 w 70180 98000000\n8 w 70184 00100000\n"

static struct trace_compare_counts compare(const char *first, const char *second,
                                           const char *explained, bool quiet)
{
    struct trace_states *states[2] = {trace_states_read(file_of(0, first)),
                                      trace_states_read(file_of(1, second))};
    struct trace_explanations *explanations =
        explained != NULL ? trace_explanations_read(file_of(2, explained)) : NULL;
    struct trace_compare_counts counts;
    FILE *out = fmemopen(told, sizeof(told), "w");
    assert_non_null(states[0]);
    assert_non_null(states[1]);
    assert_true(explained == NULL || explanations != NULL);
    told[0] = '\0';
    trace_compare(&(struct trace_compare_options){.states = {states[0], states[1]},
                                                  .names = {"i915", "gemd"},
                                                  .explanations = explanations,
                                                  .out = out,
                                                  .quiet = quiet},
                  &counts);
    fclose(out);
    free(states[0]);
    free(states[1]);
    trace_explanations_free(explanations);
    return counts;
}

static void the_same_is_the_same(void **state)
{
    struct trace_compare_counts counts = compare(HEADER SHOWN, HEADER SHOWN, NULL, false);
    assert_string_equal(told, "");
    assert_int_equal(counts.registers, 4);
    assert_int_equal(counts.differ, 0);
}

static const char first[] =
    HEADER "1 w 020d8 01010101\n2 w 020dc 00000102\n3 w 020c0 08000800\n" SHOWN
           "9 w 70008 00000000\n10 w 020c0 08000000\n";
static const char second[] =
    HEADER "1 w 020c0 00200020\n2 w 70024 80020002\n" SHOWN "9 w 60000 00000001\n";

static void who_writes_what(void **state)
{
    struct trace_compare_counts counts = compare(first, second, NULL, false);
    assert_string_equal(
        told, "unexplained 020c0 INSTPM: i915 has 00000800, gemd 00000020, bits 00000820\n"
              "unexplained 020d8 FW_BLC: only i915 writes it, 1 times, last 01010101\n"
              "unexplained 020dc FW_BLC2: only i915 writes it, 1 times, last 00000102\n"
              "unexplained 60000 HTOTAL[0]: only gemd writes it, 1 times, last 00000001\n"
              "unexplained 70024 PIPESTAT[0]: only gemd writes it, 1 times, last 00020000\n");
    assert_int_equal(counts.differ, 5);
    assert_int_equal(counts.unexplained, 5);
    assert_int_equal(counts.registers, 9);
}

static void a_document_explains(void **state)
{
    static const char document[] =
        "# Registers\n\n| register | name | what | why |\n|---|---|---|---|\n"
        "| `020d8-020dc` | FW_BLC | i915 | levels |\n"
        "| 60000 | HTOTAL | i915 | the wrong one |\n"
        "| `020c0` | INSTPM | value | bits 00000800 wakes |\n";
    struct trace_compare_counts counts = compare(first, second, document, true);
    assert_string_equal(
        told, "unexplained 020c0 INSTPM: i915 has 00000800, gemd 00000020, bits 00000820\n"
              "unexplained 60000 HTOTAL[0]: only gemd writes it, 1 times, last 00000001\n"
              "unexplained 70024 PIPESTAT[0]: only gemd writes it, 1 times, last 00020000\n");
    assert_int_equal(counts.differ, 5);
    assert_int_equal(counts.unexplained, 3);
    /* Two rows can share the bits. */
    counts = compare(
        first, second,
        "| 020c0 | INSTPM | value | bits 0800 |\n| 020c0 | INSTPM | value | bits 20 |\n", true);
    assert_int_equal(counts.unexplained, 4);
    counts = compare(
        first, second,
        "| 00000-7ffff | all | value | |\n| 0-7ffff | all | i915 | |\n| 0-7ffff | all | gemd | |\n",
        true);
    assert_string_equal(told, "");
    assert_int_equal(counts.unexplained, 0);
}

static void orders_are_compared(void **state)
{
    static const char one[] = HEADER "1 w 06014 90000000\n2 w 60000 1\n3 w 61100 80000000\n" SHOWN;
    static const char other[] =
        HEADER "1 w 60000 1\n2 w 06014 90000000\n3 w 61100 80000000\n" SHOWN;
    struct trace_compare_counts counts = compare(one, other, NULL, false);
    assert_string_equal(told, "unexplained order of mode: i915 DPLL HTOTAL ADPA PIPECONF DSPCNTR; "
                              "gemd HTOTAL DPLL ADPA PIPECONF DSPCNTR\n");
    assert_int_equal(counts.unexplained, 1);
    /* The first one counts, whatever is put back at the end. */
    counts = compare(one,
                     HEADER "1 w 06014 90000000\n2 w 60000 1\n3 w 61100 80000000\n" SHOWN
                            "9 w 60000 2\n10 w 06014 1\n11 w 70180 98000000\n",
                     NULL, false);
    assert_null(strstr(told, "order"));
    counts = compare(one, other, "| mode | clocks | order | both do |\n", true);
    assert_int_equal(counts.differ, 1);
    assert_int_equal(counts.unexplained, 0);
}

static void the_last_reset_gives_its_order(void **state)
{
    static const char one[] =
        HEADER "1 C 000c0+1 00000001\n2 w 02000 0\n3 w 02080 00001000\n4 w 0203c 1\n";
    static const char other[] =
        HEADER "1 w 02000 0\n2 C 000c0+1 00000001\n3 w 02080 00001000\n4 w 02000 0\n5 w 0203c 1\n";
    compare(one, other, NULL, false);
    assert_string_equal(told, "unexplained order of reset: i915 GDRST FENCE HWS_PGA CTL; "
                              "gemd GDRST HWS_PGA FENCE CTL\n");
}

/* What was on before the ring is firmware's, or put back for it: a state of nobody. */
static void a_plane_before_the_ring_is_no_state(void **state)
{
    static const char one[] = HEADER "1 w 020d8 01190119\n" SHOWN;
    static const char other[] =
        HEADER "1 w 020d8 01190119\n" SHOWN "9 w 0203c 0\n10 w 020d8 00000000\n"
               "11 w 70180 98000000\n12 w 0203c 0001f001\n13 w 70180 00000000\n";
    struct trace_compare_counts counts = compare(one, other, NULL, false);
    assert_string_equal(told, "");
    assert_int_equal(counts.differ, 0);
    /* Plane B may show pipe A, but not pipe B. */
    static const char plane_b[] = HEADER "1 w 0203c 1\n2 w 70008 80000000\n3 w 71180 98000000\n";
    static const char pipe_b[] = HEADER "1 w 0203c 1\n2 w 70008 80000000\n3 w 71180 99000000\n";
    assert_true(compare(one, plane_b, NULL, false).shown);
    assert_false(compare(one, pipe_b, NULL, false).shown);
}

/* A reset takes everything: what is written after it is no state of before. */
static void a_reset_ends_what_is_shown(void **state)
{
    static const char one[] = HEADER "1 w 020c0 08000800\n" SHOWN;
    static const char other[] =
        HEADER "1 w 020c0 08000800\n" SHOWN "9 C 000c0+1 00000001\n10 w 020c0 00200020\n"
               "11 w 70008 80000000\n12 w 70180 98000000\n13 w 70180 00000000\n";
    struct trace_compare_counts counts = compare(one, other, NULL, false);
    assert_string_equal(told, "");
    assert_int_equal(counts.differ, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(what_is_no_line_is_refused),
        cmocka_unit_test(a_recorded_trace_is_answered_as_it_was),
        cmocka_unit_test(a_changed_answer_is_found),
        cmocka_unit_test(what_was_found_is_told_when_asked_for),
        cmocka_unit_test(polls_are_one_read),
        cmocka_unit_test(what_says_nothing_is_not_compared),
        cmocka_unit_test(parts_entries_and_configuration),
        cmocka_unit_test(a_second_header_is_a_new_device),
        cmocka_unit_test(the_same_is_the_same),
        cmocka_unit_test(who_writes_what),
        cmocka_unit_test(a_document_explains),
        cmocka_unit_test(orders_are_compared),
        cmocka_unit_test(a_plane_before_the_ring_is_no_state),
        cmocka_unit_test(a_reset_ends_what_is_shown),
        cmocka_unit_test(the_last_reset_gives_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
