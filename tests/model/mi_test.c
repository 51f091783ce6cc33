/* SPDX-License-Identifier: MIT */
/* MI commands one by one: what they write, what they change, and who may say them. */
#include "tests/model/test.h"

#include <string.h>

#define BATCH_START (MI_BATCH_BUFFER_START | MI_BATCH_GTT)
#define STORE       (MI_STORE_DATA_IMM | MI_STORE_DATA_GTT)
#define SRM         (0x24u << 23 | MI_STORE_DATA_GTT | 1)
#define ARB_OFF     MI_ARB_ON_OFF
#define ARB_ON      (MI_ARB_ON_OFF | 1)
#define SUSPEND     (0x0bu << 23)
#define UPDATE_GTT  (0x23u << 23)
#define OVERLAY     (0x11u << 23)

static int setup(void **state)
{
    static struct model_harness h;

    harness_init_clock(&h, NULL);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    harness_finish(*state);
    return 0;
}

/* The bus address of the memory that was bound last. */
static uint64_t last_bus(struct model_harness *h)
{
    return hw_dma_bus_address(h->dev, &h->dma[h->dma_count - 1], 0);
}

static void stores_to_physical_memory(void **state)
{
    struct model_harness *h = *state;
    uint32_t *data = harness_bind(h, DATA, 0x1000);
    uint32_t bus = (uint32_t)last_bus(h);

    hw_write(h->dev, FW_BLC, 0x77);
    RUN(h, MI_STORE_DATA_IMM, bus + 4, 0x1234, SRM & ~MI_STORE_DATA_GTT, FW_BLC, bus + 8);
    assert_false(harness_stopped(h));
    assert_int_equal(load(&data[1]), 0x1234);
    assert_int_equal(load(&data[2]), 0x77);
    /* Nobody's memory: the store is lost, the fault is told, the next command runs. */
    RUN(h, MI_STORE_DATA_IMM, 0, 1, MI_STORE_DATA_INDEX, 0x100, 5);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), PGTBL_ER_CS_GTT);
    assert_int_equal(load(&h->status[0x40]), 5);
}

static void registers_are_loaded_by_bytes(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, FW_BLC, 0x11223344);
    /* bits 11:8: bytes that stay */
    RUN(h, MI_LOAD_REGISTER_IMM | 5u << 8 | 1, FW_BLC, 0xaabbccdd);
    assert_int_equal(hw_read(h->dev, FW_BLC), 0xaa22cc44);
    RUN(h, MI_LOAD_REGISTER_IMM | 15u << 8 | 1, FW_BLC, 0);
    assert_int_equal(hw_read(h->dev, FW_BLC), 0xaa22cc44);
    /* a masked register without its upper half changes nothing */
    hw_write(h->dev, MI_ARB_STATE, MASKED_SET(0x804));
    RUN(h, MI_LOAD_REGISTER_IMM | 12u << 8 | 1, MI_ARB_STATE, 0xffff0000);
    assert_int_equal(hw_read(h->dev, MI_ARB_STATE), 0x804);
    /* and what is cleared by writing 1 is not cleared by bytes that are not written */
    hw_write(h->dev, IMR, ~(uint32_t)(INT_USER | INT_OVERLAY_FLIP));
    RUN(h, MI_USER_INTERRUPT, OVERLAY, 0, MI_LOAD_REGISTER_IMM | 1u << 8 | 1, IIR, 0xffffffff);
    assert_int_equal(hw_read(h->dev, IIR), INT_USER);
}

static void entries_are_written_by_the_stream(void **state)
{
    struct model_harness *h = *state;
    uint32_t *data = harness_bind(h, DATA, 0x2000);
    uint32_t first = harness_pte(last_bus(h));
    uint32_t second = harness_pte(last_bus(h) + HW_PAGE_SIZE);
    uint32_t at = DATA + 0x100000;

    RUN(h, UPDATE_GTT | 2, at, second, first, STORE, at + 4, 5, STORE, at + 0x1004, 6);
    assert_false(harness_stopped(h));
    assert_int_equal(hw_gtt_read(h->dev, at >> 12), second);
    assert_int_equal(hw_gtt_read(h->dev, (at >> 12) + 1), first);
    assert_int_equal(load(&data[0x401]), 5);
    assert_int_equal(load(&data[1]), 6);
}

/* A batch that has its own next page exchanged runs the new one. */
static void a_batch_changes_its_own_pages(void **state)
{
    struct model_harness *h = *state;
    uint32_t *batch = harness_bind(h, BATCH, 0x2000);
    uint32_t *other = harness_bind(h, DATA, 0x1000);
    uint32_t pte = harness_pte(last_bus(h));

    memcpy(batch + 1021, (uint32_t[]){UPDATE_GTT | 1, BATCH + 0x1000, pte}, 12);
    memcpy(batch + 1024, (uint32_t[]){MI_STORE_DATA_INDEX, 0x100, 1, MI_BATCH_BUFFER_END}, 16);
    memcpy(other, (uint32_t[]){MI_STORE_DATA_INDEX, 0x100, 2, MI_BATCH_BUFFER_END}, 16);
    RUN(h, BATCH_START, BATCH);
    assert_int_equal(load(&h->status[0x40]), 2);
}

struct privileged {
    const char *name;
    uint32_t words[3];
    size_t count;
};

static const struct privileged privileged[] = {
    {"MI_STORE_DATA_IMM", {STORE, DATA, 0xbad}, 3},
    {"MI_STORE_DATA_INDEX", {MI_STORE_DATA_INDEX, 0x100, 0xbad}, 3},
    {"MI_STORE_REGISTER_MEM", {SRM, FW_BLC, DATA}, 3},
    {"MI_LOAD_REGISTER_IMM", {MI_LOAD_REGISTER_IMM | 1, FW_BLC, 0xbad}, 3},
    {"MI_UPDATE_GTT", {UPDATE_GTT | 1, DATA, 0xbad}, 3},
    {"MI_REPORT_HEAD", {MI_REPORT_HEAD}, 1},
    {"MI_ARB_ON_OFF", {ARB_OFF}, 1},
    {"MI_SUSPEND_FLUSH", {SUSPEND | 1}, 1},
    {"MI_DISPLAY_FLIP", {MI_DISPLAY_FLIP, 0xbad, 0xbad000}, 3},
    {"MI_OVERLAY_FLIP", {OVERLAY, 0xbad}, 2},
    {"MI_SET_CONTEXT", {0x18u << 23, 0xbad}, 2},
};

/* Privileged commands of a non-secure batch do nothing, whatever they chain to; others work. */
static void a_non_secure_batch_may_not(void **state)
{
    struct model_harness *h = *state;
    uint32_t *batch = harness_bind(h, BATCH, 0x2000);
    uint32_t *data = harness_bind(h, DATA, 0x1000);
    uint32_t pte = hw_gtt_read(h->dev, DATA >> 12);

    hw_write(h->dev, FW_BLC, 0x55);
    hw_write(h->dev, IMR, ~(uint32_t)INT_USER);
    for (size_t i = 0; i < COUNT(privileged); i++) {
        size_t count = privileged[i].count;
        print_message("%s\n", privileged[i].name);
        /* in the batch, and in one that it calls as if it could make it secure */
        memcpy(batch, privileged[i].words, count * 4);
        memcpy(batch + count, (uint32_t[]){BATCH_START, BATCH + 0x1000}, 8);
        memcpy(batch + 1024, privileged[i].words, count * 4);
        memcpy(batch + 1024 + count,
               (uint32_t[]){1u << 22 | 0x600d, MI_USER_INTERRUPT, MI_BATCH_BUFFER_END}, 12);
        hw_write(h->dev, IIR, INT_USER);
        RUN(h, 1u << 22, BATCH_START, BATCH | MI_BATCH_NON_SECURE);
        assert_false(harness_stopped(h));
        assert_int_equal(hw_read(h->dev, NOPID), 0x600d);
        assert_int_equal(hw_read(h->dev, IIR), INT_USER);
        assert_int_equal(load(&data[0]), 0);
        assert_int_equal(load(&h->status[0x40]), 0);
        assert_int_equal(load(&h->status[4]), 0);
        assert_int_equal(hw_read(h->dev, FW_BLC), 0x55);
        assert_int_equal(hw_gtt_read(h->dev, DATA >> 12), pte);
        assert_int_equal(hw_read(h->dev, DSPADDR_A), 0);
        assert_int_equal(hw_read(h->dev, OVADD), 0);
    }
    /* The same with an end address; then the ring itself, and a secure batch. */
    memcpy(batch, (uint32_t[]){STORE, DATA, 1, MI_NOOP}, 16);
    RUN(h, 0x30u << 23 | 1, BATCH | 1, BATCH + 8);
    assert_int_equal(load(&data[0]), 0);
    RUN(h, STORE, DATA + 4, 2, 0x30u << 23 | 1, BATCH, BATCH + 8);
    assert_int_equal(load(&data[0]), 1);
    assert_int_equal(load(&data[1]), 2);
}

static void unknown_commands_stop_a_non_secure_batch(void **state)
{
    struct model_harness *h = *state;
    uint32_t *batch = harness_bind(h, BATCH, 0x1000);

    batch[0] = MI_STORE_DATA_IMM | 2;
    RUN(h, BATCH_START, BATCH | MI_BATCH_NON_SECURE);
    assert_true(harness_stopped(h));
    assert_int_equal(hw_read(h->dev, IPEIR), IPEIR_IN_BATCH);
}

static void the_overlay_flips_at_once(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, IMR, ~(uint32_t)INT_OVERLAY_FLIP);
    RUN(h, OVERLAY | 1u << 21, 0x12345001, MI_WAIT_FOR_EVENT | 1u << 16, MI_STORE_DATA_INDEX, 0x100,
        1);
    assert_int_equal(hw_read(h->dev, OVADD), 0x12345001);
    assert_int_equal(hw_read(h->dev, IIR), INT_OVERLAY_FLIP);
    assert_int_equal(load(&h->status[0x40]), 1);
}

/* INSTPM has kinds of commands parsed, and not executed. */
static void instpm_disables(void **state)
{
    struct model_harness *h = *state;
    uint32_t *data = harness_bind(h, DATA, 0x1000);
    const uint32_t fill[] = {0x54300004, 3u << 24 | 0xf0u << 16 | 64, 0, 1u << 16 | 1, DATA,
                             0x12345678};

    hw_write(h->dev, INSTPM, MASKED_SET(INSTPM_2D_DISABLE));
    harness_run(h, fill, COUNT(fill));
    assert_int_equal(load(&data[0]), 0);
    hw_write(h->dev, INSTPM, MASKED_CLEAR(INSTPM_2D_DISABLE));
    harness_run(h, fill, COUNT(fill));
    assert_int_equal(load(&data[0]), 0x12345678);
    /* a primitive whose state is not there stops the pipeline, unless nothing is drawn */
    hw_write(h->dev, INSTPM, MASKED_SET(INSTPM_3D_DISABLE));
    RUN(h, 0x7f001fff & ~0x1ff0u, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_false(harness_stopped(h));
    /* LOAD_STATE_IMMEDIATE_1 of a wrong length */
    hw_write(h->dev, INSTPM, MASKED_SET(INSTPM_STATE_DISABLE));
    RUN(h, 0x7d040011, 0, 0, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_false(harness_stopped(h));
    assert_int_equal(load(&h->status[0x40]), 1);
}

static void a_synchronous_flush_is_told(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, IMR, ~(uint32_t)INT_SYNC_STATUS);
    hw_write(h->dev, HWSTAM, ~(uint32_t)INT_SYNC_STATUS);
    hw_write(h->dev, INSTPM, MASKED_SET(INSTPM_SYNC_FLUSH));
    model_wait_idle(h->dev);
    assert_int_equal(hw_read(h->dev, INSTPM) & INSTPM_SYNC_FLUSH, 0);
    assert_int_equal(hw_read(h->dev, IIR), INT_SYNC_STATUS);
    assert_int_equal(hw_read(h->dev, ISR), INT_SYNC_STATUS);
    assert_int_equal(load(&h->status[0]), INT_SYNC_STATUS);
    hw_write(h->dev, IIR, INT_SYNC_STATUS);
    /* MI_SUSPEND_FLUSH holds the next one up */
    RUN(h, SUSPEND | 1);
    hw_write(h->dev, INSTPM, MASKED_SET(INSTPM_SYNC_FLUSH));
    RUN(h, MI_NOOP);
    assert_int_equal(hw_read(h->dev, INSTPM) & INSTPM_SYNC_FLUSH, INSTPM_SYNC_FLUSH);
    assert_int_equal(hw_read(h->dev, IIR), 0);
    RUN(h, SUSPEND);
    assert_int_equal(hw_read(h->dev, INSTPM) & INSTPM_SYNC_FLUSH, 0);
    assert_int_equal(hw_read(h->dev, IIR), INT_SYNC_STATUS);
    /* the bit in ISR toggles */
    assert_int_equal(hw_read(h->dev, ISR), 0);
    assert_int_equal(load(&h->status[0]), 0);
}

/* HWSTAM lets interrupts through to the status page, whatever IMR and IER say. */
static void the_status_page_mirrors_interrupts(void **state)
{
    struct model_harness *h = *state;

    RUN(h, MI_USER_INTERRUPT);
    assert_int_equal(load(&h->status[0]), 0);
    hw_write(h->dev, HWSTAM, ~(uint32_t)(INT_USER | INT_MASTER_ERROR));
    RUN(h, MI_USER_INTERRUPT);
    assert_int_equal(load(&h->status[0]), INT_USER);
    h->status[0] = 0;
    RUN(h, OVERLAY, 0);
    assert_int_equal(load(&h->status[0]), 0);
    hw_write(h->dev, EMR, 0);
    RUN(h, 0x20000000);
    assert_int_equal(load(&h->status[0]), INT_MASTER_ERROR);
    hw_write(h->dev, EMR, 0xffff);
    hw_write(h->dev, EIR, ERROR_INSTRUCTION);
    assert_int_equal(load(&h->status[0]), 0);
}

/* Page-table errors: EIR is stuck while PGTBL_ER says why, and clean after it. */
static void page_faults_are_cleared_at_their_cause(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, IMR, ~(uint32_t)INT_MASTER_ERROR);
    hw_write(h->dev, IER, INT_MASTER_ERROR);
    hw_write(h->dev, EMR, ~(uint32_t)ERROR_PAGE_TABLE);
    RUN(h, STORE, DATA, 1, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_true(harness_irq(h));
    assert_int_equal(load(&h->status[0x40]), 1);
    assert_int_equal(hw_read(h->dev, EIR), ERROR_PAGE_TABLE);
    hw_write(h->dev, EIR, ERROR_PAGE_TABLE);
    assert_int_equal(hw_read(h->dev, EIR), ERROR_PAGE_TABLE);
    hw_write(h->dev, PGTBL_ER, hw_read(h->dev, PGTBL_ER));
    assert_int_equal(hw_read(h->dev, ESR), 0);
    assert_int_equal(hw_read(h->dev, EIR), ERROR_PAGE_TABLE);
    hw_write(h->dev, EIR, ERROR_PAGE_TABLE);
    assert_int_equal(hw_read(h->dev, EIR), 0);
    hw_write(h->dev, IIR, INT_MASTER_ERROR);
    assert_int_equal(hw_read(h->dev, IIR), 0);
    /* and the next one is an edge again */
    hw_irq_unmask(h->dev);
    RUN(h, STORE, DATA, 1);
    assert_true(harness_irq(h));
}

/* A condition that EMR hid is taken over when EMR lets it through. */
static void unmasking_shows_what_stands(void **state)
{
    struct model_harness *h = *state;

    RUN(h, STORE, DATA, 1);
    assert_int_equal(hw_read(h->dev, ESR), ERROR_PAGE_TABLE);
    assert_int_equal(hw_read(h->dev, EIR), 0);
    hw_write(h->dev, EMR, 0);
    assert_int_equal(hw_read(h->dev, EIR), ERROR_PAGE_TABLE);
    assert_int_equal(hw_read(h->dev, ISR), INT_MASTER_ERROR);
}

#define SET_CONTEXT (0x18u << 23)
#define GTT         (1u << 8)
#define INHIBIT     1u
#define FORCE       2u
#define CONTEXTS    0x00300000u /* two of them, a page each */

/* What a context's image says of the constant blend colour. */
static uint32_t blend_colour(const uint32_t *image)
{
    for (size_t i = 0; i < 1023; i++) {
        if (image[i] == 0x7d880000) {
            return load(&image[i + 1]);
        }
    }
    return 0;
}

static void contexts_keep_the_state(void **state)
{
    struct model_harness *h = *state;
    uint32_t *images = harness_bind(h, CONTEXTS, 0x3000);

    /* the first one begins with the state as it is */
    RUN(h, 0x7d880000, 0x11, SET_CONTEXT, CONTEXTS | GTT | INHIBIT);
    assert_int_equal(hw_read(h->dev, CCID), CONTEXTS | CCID_VALID);
    assert_int_equal(images[0], 0);
    /* the second takes it over, and the first is saved */
    RUN(h, SET_CONTEXT, (CONTEXTS + 0x1000) | GTT | INHIBIT, 0x7d880000, 0x22);
    assert_int_equal(blend_colour(images), 0x11);
    /* back: what is restored shows when it is saved again elsewhere */
    RUN(h, SET_CONTEXT, CONTEXTS | GTT, SET_CONTEXT, (CONTEXTS + 0x2000) | GTT | INHIBIT);
    assert_false(harness_stopped(h));
    assert_int_equal(blend_colour(images + 1024), 0x22);
    assert_int_equal(blend_colour(images), 0x11);
    /* the image of one state is the same whenever it is made */
    uint32_t copy[1024];
    memcpy(copy, images, sizeof(copy));
    RUN(h, SET_CONTEXT, CONTEXTS | GTT, SET_CONTEXT, (CONTEXTS + 0x2000) | GTT | INHIBIT);
    assert_memory_equal(copy, images, sizeof(copy));
    /* again the same one: nothing, unless it is forced to look at memory */
    RUN(h, SET_CONTEXT, CONTEXTS | GTT);
    memset(images, 0, sizeof(copy));
    images[5] = 0x7d880000;
    images[6] = 0x33;
    RUN(h, SET_CONTEXT, CONTEXTS | GTT, SET_CONTEXT, (CONTEXTS + 0x1000) | GTT | INHIBIT);
    assert_int_equal(blend_colour(images), 0x11);
    memset(images, 0, sizeof(copy));
    images[5] = 0x7d880000;
    images[6] = 0x33;
    RUN(h, SET_CONTEXT, CONTEXTS | GTT, SET_CONTEXT, CONTEXTS | GTT | FORCE, SET_CONTEXT,
        (CONTEXTS + 0x1000) | GTT | INHIBIT);
    assert_int_equal(blend_colour(images), 0x33);
}

/* A context holds state, no drawing, and nothing that memory cannot hold. */
static void a_context_that_is_none_stops(void **state)
{
    struct model_harness *h = *state;
    static const uint32_t bad[] = {0x7f000002, 0x7d070100, MI_NOOP | 1u << 22, 0x7d040ff8,
                                   0x54300004};
    uint32_t *image = harness_bind(h, CONTEXTS, 0x1000);

    for (size_t i = 0; i < COUNT(bad); i++) {
        image[7] = bad[i];
        RUN(h, SET_CONTEXT, CONTEXTS | GTT);
        assert_true(harness_stopped(h));
        harness_reset(h);
        harness_start_ring(h);
    }
    image[7] = 0;
    image[1023] = 0x7d880000; /* cut by the end */
    RUN(h, SET_CONTEXT, CONTEXTS | GTT);
    assert_true(harness_stopped(h));
    harness_reset(h);
    harness_start_ring(h);
    /* without memory: a page fault, and on */
    RUN(h, SET_CONTEXT, DATA | GTT, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), PGTBL_ER_CS_GTT);
    assert_int_equal(load(&h->status[0x40]), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stores_to_physical_memory),
        TEST(registers_are_loaded_by_bytes),
        TEST(entries_are_written_by_the_stream),
        TEST(a_batch_changes_its_own_pages),
        TEST(a_non_secure_batch_may_not),
        TEST(unknown_commands_stop_a_non_secure_batch),
        TEST(the_overlay_flips_at_once),
        TEST(instpm_disables),
        TEST(a_synchronous_flush_is_told),
        TEST(the_status_page_mirrors_interrupts),
        TEST(page_faults_are_cleared_at_their_cause),
        TEST(unmasking_shows_what_stands),
        TEST(contexts_keep_the_state),
        TEST(a_context_that_is_none_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
