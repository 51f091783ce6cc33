/* SPDX-License-Identifier: MIT */
/* Two rings: whose commands run, and what a ring waits for. */
#include "tests/model/test.h"

#include <string.h>

#define BATCH_START (MI_BATCH_BUFFER_START | MI_BATCH_GTT)
#define SRM         (0x24u << 23 | MI_STORE_DATA_GTT | 1)
#define LRI         (MI_LOAD_REGISTER_IMM | 1)
#define ARB_OFF     MI_ARB_ON_OFF
#define ARB_ON      (MI_ARB_ON_OFF | 1)
#define ARB_CHECK   (0x05u << 23)
#define SECOND      0x00300000u /* PRB1 */
#define WAIT_CODE_1 (MI_WAIT_FOR_EVENT | 1u << 9)
#define LINE_NS     (HARNESS_FRAME_NS / 525)

struct bed {
    struct model_harness h;
    uint32_t *second; /* the ring's words */
    uint32_t *batch;
    uint32_t *data;
};

static int setup(void **state)
{
    static struct bed bed;
    struct model_harness *h = &bed.h;

    harness_init_clock(h, NULL);
    bed.second = harness_bind(h, SECOND, 0x1000);
    bed.batch = harness_bind(h, BATCH, 0x1000);
    bed.data = harness_bind(h, DATA, 0x1000);
    hw_write(h->dev, PRB1_HEAD, 0);
    hw_write(h->dev, PRB1_TAIL, 0);
    hw_write(h->dev, PRB1_START, SECOND);
    hw_write(h->dev, PRB1_CTL, RING_VALID);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;

    hw_write(bed->h.dev, PRB1_CTL, 0);
    harness_finish(&bed->h);
    return 0;
}

static void both_rings_run(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    memcpy(bed->batch, (uint32_t[]){MI_STORE_DATA_INDEX, 0x104, 2, MI_BATCH_BUFFER_END}, 16);
    memcpy(bed->second, (uint32_t[]){BATCH_START, BATCH, MI_REPORT_HEAD, MI_NOOP}, 16);
    hw_write(h->dev, PRB1_TAIL, 16);
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x41]), 2);
    /* its head is reported behind that of the first */
    assert_int_equal(load(&h->status[4]), 0);
    assert_int_equal(load(&h->status[5]), 8);
    assert_int_equal(hw_read(h->dev, PRB1_HEAD), 16);
    assert_int_equal(hw_read(h->dev, PRB0_HEAD), 0);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1, MI_REPORT_HEAD);
    assert_int_equal(load(&h->status[0x40]), 1);
    assert_int_equal(load(&h->status[4]), 12);
    assert_int_equal(hw_read(h->dev, INSTDONE), INSTDONE_IDLE);
}

static void the_second_ring_wraps(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    for (uint32_t i = 1; i <= 600; i++) {
        uint32_t at = (i - 1) * 16 % 0x1000;
        memcpy(bed->second + at / 4, (uint32_t[]){MI_STORE_DATA_INDEX, 0x104, i, MI_NOOP}, 16);
        hw_write(h->dev, PRB1_TAIL, (at + 16) % 0x1000);
        model_wait_idle(h->dev);
        assert_int_equal(load(&h->status[0x41]), i);
    }
    assert_int_equal(hw_read(h->dev, PRB1_HEAD) >> 21, 600 * 16 / 0x1000);
}

/* The second ring takes over between two commands of the first. */
static void the_second_ring_goes_first(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    RUN(h, LRI, PRB1_TAIL, 32, SRM, PRB1_HEAD, DATA);
    assert_int_equal(load(&bed->data[0]), 32);
    /* not while arbitration is off */
    RUN(h, ARB_OFF, LRI, PRB1_TAIL, 64, SRM, PRB1_HEAD, DATA, ARB_ON, SRM, PRB1_HEAD, DATA + 4);
    assert_int_equal(load(&bed->data[0]), 32);
    assert_int_equal(load(&bed->data[1]), 64);
    /* an empty ring protects nothing */
    RUN(h, ARB_OFF);
    hw_write(h->dev, PRB1_TAIL, 96);
    model_wait_idle(h->dev);
    assert_int_equal(hw_read(h->dev, PRB1_HEAD), 96);
}

/* A batch runs to its end, but for MI_ARB_CHECK. */
static void a_batch_gives_way_where_it_says_so(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    memcpy(bed->batch,
           (uint32_t[]){LRI, PRB1_TAIL, 32, SRM, PRB1_HEAD, DATA, ARB_CHECK, SRM, PRB1_HEAD,
                        DATA + 4, LRI, PRB1_TAIL, 64, SRM, PRB1_HEAD, DATA + 8,
                        MI_BATCH_BUFFER_END},
           17 * 4);
    RUN(h, BATCH_START, BATCH, SRM, PRB1_HEAD, DATA + 12);
    assert_int_equal(load(&bed->data[0]), 0);
    assert_int_equal(load(&bed->data[1]), 32);
    assert_int_equal(load(&bed->data[2]), 32);
    assert_int_equal(load(&bed->data[3]), 64);
    assert_false(harness_stopped(h));
}

static void a_ring_that_waits_gives_way(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    hw_write(h->dev, EXCC, MASKED_SET(1));
    memcpy(bed->batch,
           (uint32_t[]){MI_STORE_DATA_INDEX, 0x100, 1, WAIT_CODE_1, MI_STORE_DATA_INDEX, 0x100, 2,
                        MI_BATCH_BUFFER_END},
           32);
    memcpy(bed->second, (uint32_t[]){MI_STORE_DATA_INDEX, 0x104, 7, MI_NOOP}, 16);
    SUBMIT(h, BATCH_START, BATCH);
    while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
    }
    assert_int_equal(load(&h->status[0x40]), 1);
    assert_int_equal(hw_read(h->dev, PRB1_CTL) & RING_WAIT, 0);
    hw_write(h->dev, PRB1_TAIL, 16);
    while (load(&h->status[0x41]) != 7) {
    }
    assert_int_equal(load(&h->status[0x40]), 1);
    hw_write(h->dev, EXCC, MASKED_CLEAR(1));
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x40]), 2);
    assert_int_equal(hw_read(h->dev, PRB0_CTL) & RING_WAIT, 0);
}

static void a_kick_ends_a_wait(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    hw_write(h->dev, EXCC, MASKED_SET(16));
    SUBMIT(h, MI_WAIT_FOR_EVENT | 5u << 9, MI_STORE_DATA_INDEX, 0x100, 1);
    while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
    }
    assert_int_equal(load(&h->status[0x40]), 0);
    assert_int_not_equal(hw_read(h->dev, INSTDONE), INSTDONE_IDLE);
    hw_write(h->dev, PRB0_CTL, hw_read(h->dev, PRB0_CTL));
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x40]), 1);
    /* the other codes are clear: nothing to wait for */
    RUN(h, MI_WAIT_FOR_EVENT | 4u << 9, MI_STORE_DATA_INDEX, 0x100, 2);
    assert_int_equal(load(&h->status[0x40]), 2);
}

static void blanks_end_waits(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;
    static const struct {
        uint32_t event;
        unsigned pipe;
        uint64_t at; /* ns from the frame's begin, rounded up */
    } rows[] = {
        {MI_WAIT_PIPE_A_HBLANK, 0, 25397}, /* 640 pixels */
        {MI_WAIT_PIPE_B_HBLANK, 1, 25397},
        {MI_WAIT_PIPE_A_VBLANK_START, 0, 15238096}, /* 480 lines */
        {MI_WAIT_PIPE_B_VBLANK_START, 1, 15238096},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        harness_mode(h, rows[i].pipe);
        uint32_t before = load(&h->status[0x40]);
        SUBMIT(h, MI_WAIT_FOR_EVENT | rows[i].event, MI_STORE_DATA_INDEX, 0x100, before + 1);
        while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
        }
        harness_advance(h, rows[i].at - 1);
        assert_int_equal(load(&h->status[0x40]), before);
        harness_advance(h, 1);
        model_wait_idle(h->dev);
        assert_int_equal(load(&h->status[0x40]), before + 1);
        /* the next one is a line or a frame later */
        SUBMIT(h, MI_WAIT_FOR_EVENT | rows[i].event, MI_STORE_DATA_INDEX, 0x100, before + 2);
        while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
        }
        harness_advance(h, i < 2 ? LINE_NS + 2 : HARNESS_FRAME_NS);
        model_wait_idle(h->dev);
        assert_int_equal(load(&h->status[0x40]), before + 2);
        hw_write(h->dev, PIPECONF_A + rows[i].pipe * PIPE_STRIDE, 0);
    }
}

/* Without a pipe that runs it waits; when the pipe begins, its first blank ends it. */
static void a_pipe_that_begins_later_ends_a_wait(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    SUBMIT(h, MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_A_VBLANK_START, MI_STORE_DATA_INDEX, 0x100, 1);
    while (!(hw_read(h->dev, PRB0_CTL) & RING_WAIT)) {
    }
    harness_advance(h, 10 * HARNESS_FRAME_NS);
    assert_int_equal(hw_read(h->dev, PRB0_CTL) & RING_WAIT, RING_WAIT);
    harness_mode(h, 0);
    /* The streamer looks for the pipe on its own thread: the blank may be that of a later frame. */
    while (hw_read(h->dev, PRB0_CTL) & RING_WAIT) {
        harness_advance(h, HARNESS_FRAME_NS);
    }
    model_wait_idle(h->dev);
    assert_int_equal(load(&h->status[0x40]), 1);
}

static void what_is_never_pending_is_not_waited_for(void **state)
{
    struct bed *bed = *state;

    RUN(&bed->h, MI_WAIT_FOR_EVENT, MI_WAIT_FOR_EVENT | 1u << 4, MI_WAIT_FOR_EVENT | 1u << 8,
        MI_WAIT_FOR_EVENT | 1u << 16, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&bed->h.status[0x40]), 1);
}

/* A wait without end does not survive a reset, in either ring. */
static void a_reset_ends_waits(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    bed->second[0] = MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_A_VBLANK;
    SUBMIT(h, MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_A_HBLANK, MI_STORE_DATA_INDEX, 0x100, 1);
    hw_write(h->dev, PRB1_TAIL, 8);
    while (!(hw_read(h->dev, PRB0_CTL) & hw_read(h->dev, PRB1_CTL) & RING_WAIT)) {
    }
    harness_reset(h);
    model_wait_idle(h->dev);
    assert_int_equal(hw_read(h->dev, PRB0_CTL), 0);
    assert_int_equal(hw_read(h->dev, PRB1_CTL), 0);
    assert_int_equal(hw_read(h->dev, PRB1_TAIL), 0);
    harness_start_ring(h);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 2);
    assert_int_equal(load(&h->status[0x40]), 2);
}

/* An error in one ring stops both: there is one parser. */
static void an_error_stops_both(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    bed->second[0] = 0x20000000;
    hw_write(h->dev, PRB1_TAIL, 8);
    model_wait_idle(h->dev);
    assert_true(harness_stopped(h));
    assert_int_equal(hw_read(h->dev, ACTHD), SECOND);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&h->status[0x40]), 0);
}

static void other_rings_only_keep_their_registers(void **state)
{
    struct bed *bed = *state;
    struct model_harness *h = &bed->h;

    for (uint32_t reg = 0x2050; reg < 0x2060; reg += 4) {
        hw_write(h->dev, reg, 0x1001);
        assert_int_equal(hw_read(h->dev, reg), 0x1001);
    }
    for (uint32_t reg = 0x2100; reg < 0x2120; reg += 4) {
        hw_write(h->dev, reg, reg);
        assert_int_equal(hw_read(h->dev, reg), reg);
    }
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&h->status[0x40]), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_rings_run),
        TEST(the_second_ring_wraps),
        TEST(the_second_ring_goes_first),
        TEST(a_batch_gives_way_where_it_says_so),
        TEST(a_ring_that_waits_gives_way),
        TEST(a_kick_ends_a_wait),
        TEST(blanks_end_waits),
        TEST(a_pipe_that_begins_later_ends_a_wait),
        TEST(what_is_never_pending_is_not_waited_for),
        TEST(a_reset_ends_waits),
        TEST(an_error_stops_both),
        TEST(other_rings_only_keep_their_registers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
