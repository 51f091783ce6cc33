/* SPDX-License-Identifier: MIT */
/* The register file, interrupts, errors, configuration space and reset. */
#include "tests/model/test.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "hw/model/mmio.h"

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

static void chipsets_have_names(void **state)
{
    const char *const *names = model_chipsets();

    assert_string_equal(names[0], "g33");
    for (size_t i = 0; names[i] != NULL; i++) {
        struct hw_device *dev = model_create(&(struct model_options){.chipset = names[i]});
        assert_non_null(dev);
        assert_string_equal(dev->identity.name, names[i]);
        hw_device_destroy(dev);
    }
    assert_null(model_create(&(struct model_options){.chipset = "g34"}));
    assert_int_equal(errno, EINVAL);
    hw_device_destroy(model_create(NULL));
}

/* Rows are in range, aligned, and do not share a register. */
static void the_table_is_sound(void **state)
{
    static uint8_t seen[MMIO_SIZE / 4];
    size_t count;
    const struct mmio_row *rows = mmio_rows(&count);

    assert_true(count < 255);
    memset(seen, 0, sizeof(seen));
    for (size_t r = 0; r < count; r++) {
        for (unsigned i = 0; i < rows[r].count; i++) {
            uint32_t reg = rows[r].offset + i * rows[r].stride;
            assert_true(reg < MMIO_SIZE && reg % 4 == 0);
            uint8_t *mark = &seen[reg / 4 % COUNT(seen)];
            assert_int_equal(*mark, 0);
            *mark = 1;
        }
    }
}

/* Every register without hooks keeps what its mask lets through. */
static void masks_hold(void **state)
{
    struct model_harness *h = *state;
    size_t count;
    const struct mmio_row *rows = mmio_rows(&count);

    for (size_t r = 0; r < count; r++) {
        if (rows[r].read != NULL || rows[r].write != NULL || rows[r].offset == PGTBL_CTL) {
            continue;
        }
        for (unsigned i = 0; i < rows[r].count; i++) {
            uint32_t reg = rows[r].offset + i * rows[r].stride;
            assert_int_equal(hw_read(h->dev, reg),
                             reg == HWS_PGA ? HARNESS_STATUS_PAGE : rows[r].reset);
            if (rows[r].kind == MMIO_MASKED) {
                uint32_t before = hw_read(h->dev, reg);
                hw_write(h->dev, reg, 0x0000ffff);
                assert_int_equal(hw_read(h->dev, reg), before);
                hw_write(h->dev, reg, 0x00f000ff);
                assert_int_equal(hw_read(h->dev, reg), (before & ~0xf0u) | 0xf0);
                hw_write(h->dev, reg, 0x00f00000);
                assert_int_equal(hw_read(h->dev, reg), before & ~0xf0u);
            } else {
                hw_write(h->dev, reg, 0xffffffff);
                assert_int_equal(hw_read(h->dev, reg), rows[r].writable);
                hw_write(h->dev, reg, 0xa5a5a5a5);
                assert_int_equal(hw_read(h->dev, reg), rows[r].writable & 0xa5a5a5a5);
            }
        }
    }
    hw_write(h->dev, PGTBL_CTL, 0);
    assert_int_equal(hw_read(h->dev, PGTBL_CTL), PGTBL_CTL_SIZE_256K);
}

static void unknown_registers_read_zero_and_are_named_once(void **state)
{
    struct model_harness *h = *state;
    unsigned before = h->log_count;

    hw_write(h->dev, 0x7fff0, 5);
    assert_int_equal(hw_read(h->dev, 0x7fff0), 0);
    assert_int_equal(h->log_count, before + 1);
    assert_true(harness_logged(h, "0x7fff0"));
    assert_int_equal(hw_read(h->dev, 0x80000), 0);
    assert_int_equal(hw_read(h->dev, 0x2033), 0);
    hw_write(h->dev, 0xfffffffc, 1);
}

static void configuration_space_says_what_it_is(void **state)
{
    struct model_harness *h = *state;

    assert_int_equal(hw_config_read(h->dev, 0, 2), 0x8086);
    assert_int_equal(hw_config_read(h->dev, 0, 4), 0x29c28086);
    assert_int_equal(hw_config_read(h->dev, 2, 2), h->dev->identity.pci_device);
    assert_int_equal(hw_config_read(h->dev, 8, 4) >> 8, 0x030000);
    const struct {
        uint32_t offset, flags, size;
    } bars[] = {{0x10, 0, 512 << 10}, {0x14, 1, 8}, {0x18, 8, 256 << 20}, {0x1c, 0, 1 << 20}};
    for (size_t i = 0; i < COUNT(bars); i++) {
        uint32_t address_bits = i == 1 ? 0xffff : 0xffffffff;
        uint32_t flag_bits = i == 1 ? 7 : 15;
        hw_config_write(h->dev, bars[i].offset, 4, 0xffffffff);
        uint32_t value = hw_config_read(h->dev, bars[i].offset, 4);
        assert_int_equal(value & flag_bits, bars[i].flags);
        assert_int_equal(((~value | flag_bits) & address_bits) + 1, bars[i].size);
        hw_config_write(h->dev, bars[i].offset, 4, 0xe0000000);
        assert_int_equal(hw_config_read(h->dev, bars[i].offset, 4),
                         (0xe0000000 & address_bits) | bars[i].flags);
    }
    hw_config_write(h->dev, 0, 4, 0);
    assert_int_equal(hw_config_read(h->dev, 0, 2), 0x8086);
    assert_int_equal(hw_config_read(h->dev, 3, 2), 0xffffffff);
    assert_int_equal(hw_config_read(h->dev, 256, 4), 0xffffffff);
    assert_int_equal(hw_config_read(h->dev, 0xfffffffc, 4), 0xffffffff);
    hw_config_write(h->dev, 0xfffffffc, 4, 1);
}

static void user_interrupts_pass_the_masks(void **state)
{
    struct model_harness *h = *state;

    /* masked: not even recorded */
    hw_write(h->dev, IER, INT_USER);
    RUN(h, MI_USER_INTERRUPT);
    assert_int_equal(hw_read(h->dev, IIR), 0);
    assert_false(harness_irq(h));
    /* recorded, not enabled */
    hw_write(h->dev, IER, 0);
    hw_write(h->dev, IMR, ~(uint32_t)INT_USER);
    RUN(h, MI_USER_INTERRUPT);
    assert_int_equal(hw_read(h->dev, IIR), INT_USER);
    assert_false(harness_irq(h));
    /* enabling raises the line for what is there already */
    hw_write(h->dev, IER, INT_USER);
    assert_true(harness_irq(h));
}

static void the_line_is_a_level(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, IMR, ~(uint32_t)INT_USER);
    hw_write(h->dev, IER, INT_USER);
    RUN(h, MI_USER_INTERRUPT);
    assert_true(harness_irq(h));
    /* masked until irq_unmask */
    hw_write(h->dev, IIR, INT_USER);
    RUN(h, MI_USER_INTERRUPT);
    assert_false(harness_irq(h));
    /* still asserted: raised again at once */
    hw_irq_unmask(h->dev);
    assert_true(harness_irq(h));
    hw_irq_unmask(h->dev);
    assert_true(harness_irq(h));
    hw_write(h->dev, IIR, INT_USER);
    hw_irq_unmask(h->dev);
    assert_false(harness_irq(h));
    assert_int_equal(hw_read(h->dev, IIR), 0);
}

static void iir_queues_a_second_event(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, IMR, ~(uint32_t)INT_USER);
    RUN(h, MI_USER_INTERRUPT, MI_USER_INTERRUPT, MI_USER_INTERRUPT);
    hw_write(h->dev, IIR, INT_USER);
    assert_int_equal(hw_read(h->dev, IIR), INT_USER);
    hw_write(h->dev, IIR, INT_USER);
    assert_int_equal(hw_read(h->dev, IIR), 0);
}

/* The eventfd wakes a poll from the streamer's thread. */
static void a_poll_is_woken(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, IMR, ~(uint32_t)INT_USER);
    hw_write(h->dev, IER, INT_USER);
    for (uint32_t i = 1; i <= 200; i++) {
        struct pollfd poll_fd = {.fd = hw_irq_fd(h->dev), .events = POLLIN};
        SUBMIT(h, MI_STORE_DATA_INDEX, 0x100, i, MI_USER_INTERRUPT);
        assert_int_equal(poll(&poll_fd, 1, 30000), 1);
        assert_true(harness_irq(h));
        assert_int_equal(load(&h->status[0x40]), i);
        hw_write(h->dev, IIR, hw_read(h->dev, IIR));
        hw_irq_unmask(h->dev);
    }
}

static void errors_are_masked_cleared_and_raised(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, IMR, ~(uint32_t)INT_MASTER_ERROR);
    hw_write(h->dev, IER, INT_MASTER_ERROR);
    hw_write(h->dev, EMR, ~(uint32_t)(ERROR_INSTRUCTION | ERROR_PAGE_TABLE));
    RUN(h, 0x20000000);
    assert_true(harness_irq(h));
    assert_int_equal(hw_read(h->dev, IIR), INT_MASTER_ERROR);
    assert_int_equal(hw_read(h->dev, ISR), INT_MASTER_ERROR);
    /* a level: comes back until EIR is clear */
    hw_write(h->dev, IIR, INT_MASTER_ERROR);
    assert_int_equal(hw_read(h->dev, IIR), INT_MASTER_ERROR);
    hw_write(h->dev, EIR, ERROR_INSTRUCTION);
    hw_write(h->dev, IIR, INT_MASTER_ERROR);
    assert_int_equal(hw_read(h->dev, IIR), 0);
    assert_int_equal(hw_read(h->dev, ESR), ERROR_INSTRUCTION);
    /* masked by EMR, an error stays in ESR alone */
    harness_reset(h);
    harness_start_ring(h);
    RUN(h, 0x20000000);
    assert_int_equal(hw_read(h->dev, ESR), ERROR_INSTRUCTION);
    assert_int_equal(hw_read(h->dev, EIR), 0);
}

static void reset_resets_all_but_memory(void **state)
{
    struct model_harness *h = *state;
    uint32_t pte = hw_gtt_read(h->dev, HARNESS_STATUS_PAGE >> 12);

    harness_mode(h, 0);
    hw_write(h->dev, FENCE(3), 0x00100001);
    hw_write(h->dev, IMR, 0);
    hw_write(h->dev, IER, 0xffffffff);
    hw_write(h->dev, DSPADDR_A, 0x1000);
    hw_config_write(h->dev, 0x18, 4, 0xd0000000);
    RUN(h, MI_USER_INTERRUPT);
    harness_reset(h);
    size_t count;
    const struct mmio_row *rows = mmio_rows(&count);
    for (size_t r = 0; r < count; r++) {
        for (unsigned i = 0; i < rows[r].count; i++) {
            uint32_t reg = rows[r].offset + i * rows[r].stride;
            uint32_t expected = reg == PGTBL_CTL  ? PGTBL_CTL_SIZE_256K
                                : reg == INSTDONE ? INSTDONE_IDLE
                                : reg == MI_MODE  ? MI_MODE_IDLE
                                                  : rows[r].reset;
            model_wait_idle(h->dev);
            assert_int_equal(hw_read(h->dev, reg), expected);
        }
    }
    assert_int_equal(hw_gtt_read(h->dev, HARNESS_STATUS_PAGE >> 12), pte);
    assert_int_equal(hw_config_read(h->dev, 0x18, 4), 0xd0000008);
    harness_start_ring(h);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 9);
    assert_int_equal(load(&h->status[0x40]), 9);
}

static void a_render_reset_leaves_the_display(void **state)
{
    struct model_harness *h = *state;

    harness_mode(h, 0);
    hw_config_write(h->dev, CONFIG_GDRST, 1, GDRST_ENABLE | 1u << GDRST_DOMAIN_SHIFT);
    while (hw_config_read(h->dev, CONFIG_GDRST, 1) & GDRST_ENABLE) {
    }
    assert_int_equal(hw_read(h->dev, PRB0_CTL), 0);
    assert_int_equal(hw_read(h->dev, PIPECONF_A), PIPECONF_ENABLE);
    harness_advance(h, HARNESS_FRAME_NS);
    assert_int_equal(hw_read(h->dev, FRAMEPIXEL_A) >> 24, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chipsets_have_names),
        cmocka_unit_test(the_table_is_sound),
        TEST(masks_hold),
        TEST(unknown_registers_read_zero_and_are_named_once),
        TEST(configuration_space_says_what_it_is),
        TEST(user_interrupts_pass_the_masks),
        TEST(the_line_is_a_level),
        TEST(iir_queues_a_second_event),
        TEST(a_poll_is_woken),
        TEST(errors_are_masked_cleared_and_raised),
        TEST(reset_resets_all_but_memory),
        TEST(a_render_reset_leaves_the_display),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
