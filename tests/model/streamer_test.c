/* SPDX-License-Identifier: MIT */
/* The ring, batches, MI commands, and what stops the streamer. */
#include "tests/model/test.h"

#include <string.h>

#include "hw/model/streamer.h"

#define BATCH_START (MI_BATCH_BUFFER_START | MI_BATCH_GTT)

static int setup(void **state)
{
    static struct model_harness h;

    harness_init(&h, NULL);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    harness_finish(*state);
    return 0;
}

static void runs_the_ring(void **state)
{
    struct model_harness *h = *state;

    RUN(h, MI_NOOP, MI_STORE_DATA_INDEX, 0x100, 0x12345678, MI_FLUSH, MI_NOOP);
    assert_int_equal(load(&h->status[0x40]), 0x12345678);
    assert_int_equal(hw_read(h->dev, PRB0_HEAD), hw_read(h->dev, PRB0_TAIL));
    assert_int_equal(hw_read(h->dev, INSTDONE), INSTDONE_IDLE);
    assert_false(harness_stopped(h));
}

static void wraps_and_counts(void **state)
{
    struct model_harness *h = *state;

    for (uint32_t i = 1; i <= 3000; i++) {
        RUN(h, MI_STORE_DATA_INDEX, 0x100, i, MI_NOOP);
        assert_int_equal(load(&h->status[0x40]), i);
    }
    /* 16 bytes each in a ring of 16 KiB */
    assert_int_equal(hw_read(h->dev, PRB0_HEAD) >> 21, 3000 * 16 / HARNESS_RING_SIZE);
    assert_int_equal(hw_read(h->dev, PRB0_HEAD) & RING_HEAD_MASK, h->tail);
}

static void waits_for_the_rest_of_a_command(void **state)
{
    struct model_harness *h = *state;

    h->ring[0] = MI_STORE_DATA_INDEX;
    h->ring[1] = 0x104;
    h->ring[2] = 77;
    h->ring[3] = MI_NOOP;
    hw_write(h->dev, PRB0_TAIL, 8);
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x41]), 0);
    assert_false(harness_stopped(h));
    hw_write(h->dev, PRB0_TAIL, 16);
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x41]), 77);
}

static void stops_at_a_command_cut_by_the_rings_end(void **state)
{
    struct model_harness *h = *state;

    h->ring[HARNESS_RING_SIZE / 4 - 2] = MI_STORE_DATA_INDEX;
    hw_write(h->dev, PRB0_TAIL, HARNESS_RING_SIZE - 8);
    model_wait_idle(h->dev);
    hw_write(h->dev, PRB0_TAIL, 8);
    model_wait_idle(h->dev);
    assert_true(harness_stopped(h));
    assert_true(harness_logged(h, "cut by the end of the ring"));
}

static void stops_when_head_or_tail_is_not_in_the_ring(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, PRB0_TAIL, HARNESS_RING_SIZE);
    model_wait_idle(h->dev);
    assert_true(harness_stopped(h));
    assert_true(harness_logged(h, "in a ring of 0x4000 bytes"));
    harness_reset(h);
    harness_start_ring(h);
    hw_write(h->dev, PRB0_HEAD, HARNESS_RING_SIZE + 8);
    model_wait_idle(h->dev);
    assert_true(harness_stopped(h));
}

static void runs_batches_and_chains(void **state)
{
    struct model_harness *h = *state;
    uint32_t *batch = harness_bind(h, BATCH, 0x3000);

    memcpy(batch, (uint32_t[]){MI_STORE_DATA_INDEX, 0x100, 1, BATCH_START, BATCH + 0x2000}, 20);
    memcpy(batch + 0x800, (uint32_t[]){MI_STORE_DATA_INDEX, 0x104, 2, MI_BATCH_BUFFER_END}, 16);
    RUN(h, BATCH_START, BATCH, MI_STORE_DATA_INDEX, 0x108, 3, MI_NOOP);
    assert_int_equal(load(&h->status[0x40]), 1);
    assert_int_equal(load(&h->status[0x41]), 2);
    assert_int_equal(load(&h->status[0x42]), 3);
    assert_false(harness_stopped(h));
}

static void runs_a_batch_with_an_end_address(void **state)
{
    struct model_harness *h = *state;
    uint32_t *batch = harness_bind(h, BATCH, 0x1000);

    memcpy(batch, (uint32_t[]){MI_STORE_DATA_INDEX, 0x100, 1, MI_NOOP, 0xffffffff}, 20);
    RUN(h, 0x30u << 23 | 1, BATCH, BATCH + 12, MI_STORE_DATA_INDEX, 0x104, 2);
    assert_false(harness_stopped(h));
    assert_int_equal(load(&h->status[0x40]), 1);
    assert_int_equal(load(&h->status[0x41]), 2);
}

/* A command whose dwords lie in pages that are not neighbours in memory. */
static void parses_across_scattered_pages(void **state)
{
    struct model_harness *h = *state;
    uint32_t *first = harness_bind(h, BATCH, 0x1000);
    harness_bind(h, DATA, 0x1000);
    uint32_t *second = harness_bind(h, BATCH + 0x1000, 0x1000);

    first[1022] = MI_STORE_DATA_INDEX;
    first[1023] = 0x100;
    second[0] = 99;
    second[1] = MI_BATCH_BUFFER_END;
    RUN(h, BATCH_START, BATCH + 4088);
    assert_int_equal(load(&h->status[0x40]), 99);
    assert_false(harness_stopped(h));
}

static void stores_and_loads(void **state)
{
    struct model_harness *h = *state;
    uint32_t *data = harness_bind(h, DATA, 0x1000);

    RUN(h, MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, DATA + 8, 0xcafe, MI_LOAD_REGISTER_IMM | 3,
        FW_BLC, 0x1111, FW_BLC2, 0x2222, 0x24u << 23 | MI_STORE_DATA_GTT | 1, FW_BLC2, DATA + 12,
        1u << 22 | 0x1234 /* MI_NOOP with NOPID */, MI_REPORT_HEAD);
    assert_false(harness_stopped(h));
    assert_int_equal(load(&data[2]), 0xcafe);
    assert_int_equal(hw_read(h->dev, FW_BLC), 0x1111);
    assert_int_equal(load(&data[3]), 0x2222);
    assert_int_equal(hw_read(h->dev, NOPID), 0x1234);
    assert_int_equal(load(&h->status[4]), 12 * 4);
}

struct bad {
    const char *name;
    uint32_t words[4];
};

static const struct bad bad_commands[] = {
    {"client 1", {0x20000000}},
    {"unknown MI opcode", {0x3fu << 23}},
    {"MI_SET_CONTEXT outside of the GTT", {0x18u << 23, 0}},
    {"MI_SET_CONTEXT with a reserved bit", {0x18u << 23, 1u << 8 | 1u << 4}},
    {"MI_FLUSH with a reserved bit", {MI_FLUSH | 1u << 10}},
    {"MI_STORE_DATA_IMM of a wrong length", {MI_STORE_DATA_IMM | MI_STORE_DATA_GTT | 2, DATA, 0}},
    {"MI_STORE_DATA_INDEX of a wrong length", {MI_STORE_DATA_INDEX + 1, 0x100, 0}},
    {"MI_STORE_REGISTER_MEM of a wrong length", {0x24u << 23 | 1u << 22, FW_BLC, DATA}},
    {"unaligned MI_STORE_REGISTER_MEM", {0x24u << 23 | 1u << 22 | 1, FW_BLC, DATA + 1}},
    {"MI_LOAD_REGISTER_MEM, of later chips", {0x29u << 23 | 1, FW_BLC, DATA}},
    {"MI_SEMAPHORE_MBOX, of later chips", {0x16u << 23 | 1, 0, DATA}},
    {"MI_UPDATE_GTT inside of a page", {0x23u << 23 | 1, DATA + 4, 0}},
    {"MI_UPDATE_GTT beyond the table", {0x23u << 23 | 1, 0xfffff000, 0}},
    {"MI_OVERLAY_FLIP of no mode", {0x11u << 23 | 3u << 21, 0}},
    {"MI_LOAD_SCAN_LINES_INCL of a wrong length", {0x12u << 23 | 1, 0}},
    {"MI_ARB_CHECK with a reserved bit", {0x05u << 23 | 1}},
    {"MI_NOOP of a reserved opcode", {0x01u << 23}},
    {"MI_WAIT_FOR_EVENT of condition code 6", {MI_WAIT_FOR_EVENT | 6u << 9}},
    {"unaligned MI_STORE_DATA_IMM", {MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, DATA + 2, 0}},
    {"MI_STORE_DATA_INDEX beyond the page", {MI_STORE_DATA_INDEX, 0x1000, 0}},
    {"half a register pair", {MI_LOAD_REGISTER_IMM | 2, FW_BLC, 1, FW_BLC2}},
    {"batch outside of the GTT", {MI_BATCH_BUFFER_START, BATCH}},
    {"end of a batch in the ring", {MI_BATCH_BUFFER_END}},
    {"flip of plane C", {MI_DISPLAY_FLIP | 2u << 20, 0, 0}},
    {"MI_WAIT_FOR_EVENT with a reserved bit", {MI_WAIT_FOR_EVENT | 1u << 15}},
    {"unknown 3D opcode", {0x7d550000, 0}},
    {"no blitter command", {0x50400003, 0, 0, 0}},
};

static void stops_on_what_it_does_not_know(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, EMR, ~(uint32_t)ERROR_INSTRUCTION);
    for (size_t i = 0; i < COUNT(bad_commands); i++) {
        print_message("%s\n", bad_commands[i].name);
        uint32_t at = h->tail + 4;
        SUBMIT(h, MI_NOOP, bad_commands[i].words[0], bad_commands[i].words[1],
               bad_commands[i].words[2], bad_commands[i].words[3], MI_STORE_DATA_INDEX, 0x100, 1);
        model_wait_idle(h->dev);
        assert_int_equal(hw_read(h->dev, IPEHR), bad_commands[i].words[0]);
        assert_int_equal(hw_read(h->dev, IPEIR), 0);
        assert_int_equal(hw_read(h->dev, ACTHD), HARNESS_RING + at);
        assert_int_equal(hw_read(h->dev, PRB0_HEAD), at);
        assert_int_equal(hw_read(h->dev, ESR), ERROR_INSTRUCTION);
        assert_int_equal(hw_read(h->dev, EIR), ERROR_INSTRUCTION);
        assert_int_not_equal(hw_read(h->dev, INSTDONE), INSTDONE_IDLE);
        assert_int_equal(load(&h->status[0x40]), 0);
        harness_reset(h);
        harness_start_ring(h);
        hw_write(h->dev, EMR, ~(uint32_t)ERROR_INSTRUCTION);
    }
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&h->status[0x40]), 1);
}

static void says_when_a_batch_was_to_blame(void **state)
{
    struct model_harness *h = *state;
    uint32_t *batch = harness_bind(h, BATCH, 0x1000);

    batch[5] = 0x20000000;
    RUN(h, BATCH_START, BATCH);
    assert_int_equal(hw_read(h->dev, IPEIR), IPEIR_IN_BATCH);
    assert_int_equal(hw_read(h->dev, IPEHR), 0x20000000);
    assert_int_equal(hw_read(h->dev, ACTHD), BATCH + 20);
    assert_true(harness_logged(h, "in the batch"));
    /* A tail does not wake it: only a reset does. */
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&h->status[0x40]), 0);
}

static void faults_without_memory(void **state)
{
    struct model_harness *h = *state;

    /* A store without memory is lost, and the streamer goes on. */
    RUN(h, MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, DATA, 1, MI_STORE_DATA_INDEX, 0x100, 9);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), PGTBL_ER_CS_GTT);
    assert_int_equal(hw_read(h->dev, ESR), ERROR_PAGE_TABLE);
    assert_int_equal(hw_read(h->dev, INSTDONE), INSTDONE_IDLE);
    assert_int_equal(load(&h->status[0x40]), 9);
    /* A batch without memory cannot be followed. */
    harness_reset(h);
    harness_start_ring(h);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), 0);
    RUN(h, BATCH_START, BATCH);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), PGTBL_ER_CS_INSTR);
    assert_int_equal(hw_read(h->dev, IPEIR), IPEIR_IN_BATCH);
    assert_int_equal(hw_read(h->dev, ACTHD), BATCH);
}

/* A batch that chains to itself never ends; a reset gets the streamer back. */
static void reset_ends_an_endless_batch(void **state)
{
    struct model_harness *h = *state;
    uint32_t *batch = harness_bind(h, BATCH, 0x1000);

    memcpy(batch, (uint32_t[]){MI_STORE_DATA_INDEX, 0x100, 1, BATCH_START, BATCH}, 20);
    SUBMIT(h, BATCH_START, BATCH);
    while (load(&h->status[0x40]) == 0) {
    }
    assert_int_not_equal(hw_read(h->dev, INSTDONE), INSTDONE_IDLE);
    harness_reset(h);
    model_wait_idle(h->dev);
    assert_int_equal(hw_read(h->dev, PRB0_CTL), 0);
    assert_int_equal(hw_read(h->dev, PRB0_TAIL), 0);
    assert_int_equal(hw_read(h->dev, ACTHD), 0);
    harness_start_ring(h);
    RUN(h, MI_STORE_DATA_INDEX, 0x104, 5);
    assert_int_equal(load(&h->status[0x41]), 5);
}

static void stop_ring_holds_it(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, MI_MODE, MASKED_SET(MI_MODE_STOP_RING));
    model_wait_idle(h->dev);
    assert_true(hw_read(h->dev, MI_MODE) & MI_MODE_IDLE);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&h->status[0x40]), 0);
    hw_write(h->dev, MI_MODE, MASKED_CLEAR(MI_MODE_STOP_RING));
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x40]), 1);
}

static void reports_its_head_by_itself(void **state)
{
    struct model_harness *h = *state;
    uint32_t *ring = harness_bind(h, 0x400000, 0x40000);

    hw_write(h->dev, PRB0_CTL, 0);
    hw_write(h->dev, PRB0_HEAD, 0);
    hw_write(h->dev, PRB0_TAIL, 0);
    hw_write(h->dev, PRB0_START, 0x400000);
    hw_write(h->dev, PRB0_CTL, 0x3f000 | RING_REPORT_64K | RING_VALID);
    assert_int_equal(ring[0], MI_NOOP);
    hw_write(h->dev, PRB0_TAIL, 0xfff8);
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[4]), 0);
    hw_write(h->dev, PRB0_TAIL, 0x10008);
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[4]), 0x10000);
}

/* Whoever writes TAIL does what is short itself: it is done when the write returns. */
static void short_work_needs_no_thread(void **state)
{
    struct model_harness *h = *state;

    for (uint32_t i = 1; i < 100; i++) {
        model_wait_idle(h->dev);
        SUBMIT(h, MI_FLUSH, MI_STORE_DATA_INDEX, 0x100, i, MI_USER_INTERRUPT, MI_NOOP);
        assert_int_equal(load(&h->status[0x40]), i);
        assert_true(hw_read(h->dev, MI_MODE) & MI_MODE_IDLE);
    }
}

/* The thread goes on where that ends: in the midst of a batch, of the ring, or at an error. */
static void the_thread_does_the_rest(void **state)
{
    struct model_harness *h = *state;
    uint32_t *batch = harness_bind(h, 0x400000, 0x2000);
    const uint32_t count = 4 * STREAMER_SHORT_COMMANDS;

    for (uint32_t i = 0; i < count; i++) {
        batch[i] = MI_NOOP;
    }
    batch[count] = MI_STORE_DATA_INDEX;
    batch[count + 1] = 0x100;
    batch[count + 2] = 1;
    batch[count + 3] = MI_BATCH_BUFFER_END;
    RUN(h, MI_BATCH_BUFFER_START | MI_BATCH_GTT, 0x400000, MI_STORE_DATA_INDEX, 0x104, 2, MI_NOOP);
    assert_int_equal(load(&h->status[0x40]), 1);
    assert_int_equal(load(&h->status[0x41]), 2);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 3, 0x20000000);
    assert_int_equal(load(&h->status[0x40]), 3);
    assert_true(harness_stopped(h));
}

/* While the other ring has work it is the thread that decides between them. */
static void two_rings_are_the_threads(void **state)
{
    struct model_harness *h = *state;

    (void)harness_bind(h, 0x400000, 0x1000);
    hw_write(h->dev, PRB0_START + RING_STRIDE, 0x400000);
    hw_write(h->dev, PRB0_CTL + RING_STRIDE, RING_VALID);
    for (uint32_t i = 1; i < 100; i++) {
        RUN(h, MI_STORE_DATA_INDEX, 0x100, i, MI_NOOP);
        assert_int_equal(load(&h->status[0x40]), i);
    }
}

/* Nothing happens but inside model_wait_idle(); there everything does, resets and watchers too. */
static void a_lent_thread_does_all_the_work(void **state)
{
    struct model_harness h;

    harness_init_lent(&h, NULL);
    SUBMIT(&h, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&h.status[0x40]), 0);
    model_wait_idle(h.dev);
    assert_int_equal(load(&h.status[0x40]), 1);
    RUN(&h, MI_NOOP, 0x20000000);
    assert_true(harness_stopped(&h));
    RUN(&h, MI_STORE_DATA_INDEX, 0x100, 2);
    assert_int_equal(load(&h.status[0x40]), 1);
    harness_reset(&h);
    harness_start_ring(&h);
    RUN(&h, MI_STORE_DATA_INDEX, 0x100, 3);
    assert_int_equal(load(&h.status[0x40]), 3);
    /* for a vblank that does not come */
    RUN(&h, MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_A_VBLANK, MI_STORE_DATA_INDEX, 0x100, 4);
    assert_int_equal(load(&h.status[0x40]), 3);
    harness_reset(&h);
    harness_finish(&h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(runs_the_ring),
        TEST(wraps_and_counts),
        TEST(waits_for_the_rest_of_a_command),
        TEST(stops_at_a_command_cut_by_the_rings_end),
        TEST(stops_when_head_or_tail_is_not_in_the_ring),
        TEST(runs_batches_and_chains),
        TEST(runs_a_batch_with_an_end_address),
        TEST(parses_across_scattered_pages),
        TEST(stores_and_loads),
        TEST(stops_on_what_it_does_not_know),
        TEST(says_when_a_batch_was_to_blame),
        TEST(faults_without_memory),
        TEST(reset_ends_an_endless_batch),
        TEST(stop_ring_holds_it),
        TEST(reports_its_head_by_itself),
        TEST(short_work_needs_no_thread),
        TEST(the_thread_does_the_rest),
        TEST(two_rings_are_the_threads),
        cmocka_unit_test(a_lent_thread_does_all_the_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
