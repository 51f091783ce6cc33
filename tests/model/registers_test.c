/* SPDX-License-Identifier: MIT */
/* The register file, interrupts, errors, configuration space and reset. */
#include "tests/model/test.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "hw/model/chipset.h"
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
    const char *name;

    assert_string_equal(model_chipset_name(0), "g33");
    for (size_t i = 0; (name = model_chipset_name(i)) != NULL; i++) {
        struct hw_device *dev = model_create(&(struct model_options){.chipset = name});
        assert_non_null(dev);
        assert_string_equal(dev->identity.name, name);
        hw_device_destroy(dev);
    }
    struct hw_device *dev = model_create(&(struct model_options){.chipset = "945Gm"});
    assert_non_null(dev);
    assert_string_equal(dev->identity.board, "945GM");
    hw_device_destroy(dev);
    assert_null(model_create(&(struct model_options){.chipset = "g34"}));
    assert_int_equal(errno, EINVAL);
    hw_device_destroy(model_create(NULL));
}

/* Every register of every row that the chipset has. */
static void walk(struct model_harness *h,
                 void (*look)(struct model_harness *h, const struct mmio_row *row, uint32_t reg))
{
    const struct model_chipset *chipset = model_chipset_find(h->dev->identity.name);
    const struct mmio_row *rows;
    size_t count;

    for (unsigned table = 0; (rows = mmio_rows(table, &count)) != NULL; table++) {
        for (size_t r = 0; r < count; r++) {
            for (unsigned i = 0; i < rows[r].count; i++) {
                if (rows[r].exists == NULL || rows[r].exists(chipset)) {
                    look(h, &rows[r], rows[r].offset + i * rows[r].stride);
                }
            }
        }
    }
}

static uint8_t seen[MMIO_SIZE / 4];

static void mark_seen(struct model_harness *h, const struct mmio_row *row, uint32_t reg)
{
    assert_true(reg < MMIO_SIZE && reg % 4 == 0);
    assert_int_equal(seen[reg / 4 % COUNT(seen)]++, 0);
}

/* Rows are in range, aligned, and do not share a register. */
static void the_tables_are_sound(void **state)
{
    memset(seen, 0, sizeof(seen));
    walk(*state, mark_seen);
}

static uint32_t reset_value(struct model_harness *h, const struct mmio_row *row, uint32_t reg)
{
    const struct model_chipset *chipset = model_chipset_find(h->dev->identity.name);

    switch (reg) {
    case PGTBL_CTL:
        return chipset->pgtbl_ctl | (chipset->class->has_gtt_enable ? PGTBL_CTL_ENABLE : 0);
    case DSPARB:
        return chipset->class->dsparb;
    case MCH_C0DRB2:
        return (uint32_t)chipset->class->channels->drb[0] << MCH_DRB3_SHIFT;
    case MCH_C1DRB2:
        return (uint32_t)chipset->class->channels->drb[1] << MCH_DRB3_SHIFT;
    case GPIO_ANALOG: /* nobody pulls */
        return GPIO_VALUE_IN << GPIO_CLOCK_SHIFT | GPIO_VALUE_IN << GPIO_DATA_SHIFT;
    case GMBUS2:
        return GMBUS2_READY;
    case INSTDONE:
        return INSTDONE_IDLE;
    case MI_MODE:
        return MI_MODE_IDLE;
    default:
        return row->reset;
    }
}

/* A register without hooks keeps what its mask lets through. */
static void mask_holds(struct model_harness *h, const struct mmio_row *row, uint32_t reg)
{
    if (row->read != NULL || row->write != NULL) {
        return;
    }
    uint32_t before = hw_read(h->dev, reg);
    assert_int_equal(before, reg == HWS_PGA ? h->status_place : reset_value(h, row, reg));
    if (row->kind == MMIO_MASKED) {
        hw_write(h->dev, reg, 0x0000ffff);
        assert_int_equal(hw_read(h->dev, reg), before);
        hw_write(h->dev, reg, 0x00f000ff);
        assert_int_equal(hw_read(h->dev, reg), (before & ~0xf0u) | 0xf0);
        hw_write(h->dev, reg, 0x00f00000);
        assert_int_equal(hw_read(h->dev, reg), before & ~0xf0u);
    } else {
        hw_write(h->dev, reg, 0xffffffff);
        uint32_t kept = before & ~row->writable;
        assert_int_equal(hw_read(h->dev, reg), kept | row->writable);
        hw_write(h->dev, reg, 0xa5a5a5a5);
        assert_int_equal(hw_read(h->dev, reg), kept | (row->writable & 0xa5a5a5a5));
    }
}

static void masks_hold(void **state)
{
    walk(*state, mask_holds);
}

/* doc/gen3.md A.4, A.5: the firmware's size stays; on 915 and 945 the table can be switched. */
static void the_page_table_is_switched(void **state)
{
    struct model_harness *h = *state;
    const struct model_chipset *chipset = model_chipset_find(h->dev->identity.name);
    uint32_t value;

    assert_int_equal(hw_aperture_write(h->dev, BATCH, &(uint32_t){5}, 4), -EFAULT);
    uint32_t *memory = harness_bind(h, BATCH, HW_PAGE_SIZE);
    assert_int_equal(hw_aperture_write(h->dev, BATCH, &(uint32_t){5}, 4), 0);
    assert_int_equal(memory[0], 5);
    hw_write(h->dev, PGTBL_CTL, 0);
    if (chipset->class->has_gtt_enable) {
        assert_int_equal(hw_read(h->dev, PGTBL_CTL), 0);
        assert_int_equal(hw_aperture_read(h->dev, BATCH, &value, 4), -EFAULT);
        hw_write(h->dev, PGTBL_CTL, chipset->pgtbl_ctl | PGTBL_CTL_ENABLE);
        assert_int_equal(hw_read(h->dev, PGTBL_CTL), chipset->pgtbl_ctl | PGTBL_CTL_ENABLE);
    } else {
        assert_int_equal(hw_read(h->dev, PGTBL_CTL), chipset->pgtbl_ctl);
    }
    assert_int_equal(hw_aperture_read(h->dev, BATCH, &value, 4), 0);
    assert_int_equal(value, 5);
    /* No bit that the class does not have makes an entry valid. */
    uint32_t pte = hw_gtt_read(h->dev, BATCH >> 12);
    hw_gtt_write(h->dev, BATCH >> 12, pte | 0x100);
    assert_int_equal(hw_aperture_read(h->dev, BATCH, &value, 4), -EFAULT);
    if (chipset->class->bus_bits == 32) {
        hw_gtt_write(h->dev, BATCH >> 12, pte | 0x10);
        assert_int_equal(hw_aperture_read(h->dev, BATCH, &value, 4), -EFAULT);
    }
}

/* The sizes that follow from each other, and the numbers that software looks for. */
static void chipsets_are_what_software_finds(void **state)
{
    struct model_harness *h = *state;
    const struct hw_identity *id = &h->dev->identity;
    const struct model_chipset *chipset = model_chipset_find(id->name);
    uint32_t bytes = chipset->class->has_gtt_enable ? id->gtt_entries * 4
                                                    : (512u << 10) >> (chipset->pgtbl_ctl >> 1 & 7);

    assert_int_equal(id->gtt_entries, bytes / 4);
    assert_int_equal(id->aperture_size, (uint64_t)id->gtt_entries * HW_PAGE_SIZE);
    assert_true(chipset->class->gtt_bar_size >= bytes);
    assert_int_equal(id->fence_count, chipset->class->is_945_class ? 16 : 8);
    assert_int_equal(model_pci_read(h->dev, MODEL_HOST_BRIDGE, 0, 4),
                     (uint32_t)chipset->bridge_id << 16 | 0x8086);
    assert_int_equal(model_pci_read(h->dev, MODEL_HOST_BRIDGE, CONFIG_GMCH, 2), chipset->gmch);
    assert_int_equal(model_pci_read(h->dev, MODEL_GRAPHICS_SECOND, 0, 4),
                     chipset->second_id != 0 ? (uint32_t)chipset->second_id << 16 | 0x8086 : ~0u);
    uint32_t flush = chipset->class->bus_bits == 32 ? 0x60 : 0x70;
    model_pci_write(h->dev, MODEL_HOST_BRIDGE, flush, 4, 0x12345fff);
    assert_int_equal(model_pci_read(h->dev, MODEL_HOST_BRIDGE, flush, 4), 0x12345001);
    model_pci_write(h->dev, MODEL_HOST_BRIDGE, flush + 4, 4, 0xf);
    assert_int_equal(model_pci_read(h->dev, MODEL_HOST_BRIDGE, flush + 4, 4),
                     flush == 0x60 ? 0 : 0xf);
}

/* The swizzle of X and Y tiles as a driver finds it (A.9), as bits of an address. */
static uint32_t find_swizzle(struct hw_device *dev, uint32_t *swizzle_y)
{
    uint32_t bits = 0, dcc = hw_read(dev, MCH_DCC);
    bool swizzles;

    if (dev->identity.needs_physical || dev->identity.has_pineview_pll) {
        swizzles = (dcc & 3) == 2;
        bits = dcc & 1u << 10 ? 0 : dcc & 1u << 9 ? 1u << 17 : 1u << 11;
    } else {
        swizzles = hw_read(dev, 0x10204) >> 16 == hw_read(dev, 0x10604) >> 16;
    }
    *swizzle_y = swizzles ? 1u << 9 | bits : 0;
    return swizzles ? 1u << 10 | *swizzle_y : 0;
}

/* Every layout of memory, by its name, is found in the registers; by itself there is no swizzle. */
static void memory_is_what_software_finds(void **state)
{
    struct model_harness *h = *state;
    const char *chipset = h->dev->identity.name, *name;
    uint32_t swizzle_y;

    assert_int_equal(find_swizzle(h->dev, &swizzle_y), 0);
    assert_non_null(model_channels_name(chipset, 1));
    for (size_t i = 0; (name = model_channels_name(chipset, i)) != NULL; i++) {
        struct hw_device *dev =
            model_create(&(struct model_options){.chipset = chipset, .memory = name});
        const struct model_channels *channels =
            model_channels_find(model_chipset_find(chipset)->class->channels, name);
        assert_non_null(dev);
        assert_int_equal(find_swizzle(dev, &swizzle_y), channels->swizzle_x);
        assert_int_equal(swizzle_y, channels->swizzle_y);
        /* they are the firmware's */
        hw_write(dev, MCH_DCC, ~hw_read(dev, MCH_DCC));
        assert_int_equal(find_swizzle(dev, &swizzle_y), channels->swizzle_x);
        hw_device_destroy(dev);
    }
    assert_null(model_create(&(struct model_options){.chipset = chipset, .memory = "odd"}));
    assert_int_equal(errno, EINVAL);
    assert_null(model_channels_name("g34", 0));
}

static void the_ninth_fence_is_there_or_not(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, FENCE(7), 0x00100001);
    hw_write(h->dev, FENCE(8), 0x00200001);
    assert_int_equal(hw_read(h->dev, FENCE(7)), 0x00100001);
    assert_int_equal(hw_read(h->dev, FENCE(8)),
                     h->dev->identity.fence_count == 16 ? 0x00200001 : 0);
    hw_write(h->dev, FENCE(7), 0);
    hw_write(h->dev, FENCE(8), 0);
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
    const struct hw_identity *id = &h->dev->identity;
    uint32_t gtt_bar = model_chipset_find(id->name)->class->gtt_bar_size;
    assert_int_equal(hw_config_read(h->dev, 0, 4), (uint32_t)id->pci_device << 16 | 0x8086);
    assert_int_equal(hw_config_read(h->dev, 2, 2), id->pci_device);
    assert_int_equal(hw_config_read(h->dev, 8, 4) >> 8, 0x030000);
    const struct {
        uint32_t offset, flags, size;
    } bars[] = {{0x10, 0, 512 << 10},
                {0x14, 1, 8},
                {0x18, 8, (uint32_t)id->aperture_size},
                {0x1c, 0, gtt_bar}};
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
    /* a level: comes back until EIR is quiet, */
    hw_write(h->dev, IIR, INT_MASTER_ERROR);
    assert_int_equal(hw_read(h->dev, IIR), INT_MASTER_ERROR);
    /* where an instruction error is stuck until it is masked */
    hw_write(h->dev, EIR, ERROR_INSTRUCTION);
    assert_int_equal(hw_read(h->dev, EIR), ERROR_INSTRUCTION);
    hw_write(h->dev, EMR, 0xffff);
    assert_int_equal(hw_read(h->dev, ISR), 0);
    hw_write(h->dev, EIR, ERROR_INSTRUCTION);
    assert_int_equal(hw_read(h->dev, EIR), 0);
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

static void is_reset(struct model_harness *h, const struct mmio_row *row, uint32_t reg)
{
    assert_int_equal(hw_read(h->dev, reg), reset_value(h, row, reg));
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
    hw_config_write(h->dev, 0x18, 4, 0xc0000000);
    RUN(h, MI_USER_INTERRUPT);
    harness_reset(h);
    model_wait_idle(h->dev);
    walk(h, is_reset);
    assert_int_equal(hw_gtt_read(h->dev, HARNESS_STATUS_PAGE >> 12), pte);
    assert_int_equal(hw_config_read(h->dev, 0x18, 4), 0xc0000008);
    harness_start_ring(h);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 9);
    assert_int_equal(load(&h->status[0x40]), 9);
}

/* Of 945's register of self-refresh, bits 31 and 16 say what is written. */
static void self_refresh_has_a_mask_on_945(void **state)
{
    struct model_harness *h = *state;
    bool masked = hw_read(h->dev, FW_BLC_SELF) == 0 && h->dev->identity.has_gtt_enable &&
                  h->dev->identity.fence_count == 16;

    hw_write(h->dev, FW_BLC_SELF, 0x0001001f);
    assert_int_equal(hw_read(h->dev, FW_BLC_SELF), masked ? 0x1f : 0x0001001f);
    hw_write(h->dev, FW_BLC_SELF, 0x80008000);
    assert_int_equal(hw_read(h->dev, FW_BLC_SELF), masked ? 0x801f : 0x80008000);
    hw_write(h->dev, FW_BLC_SELF, 0x80000000);
    assert_int_equal(hw_read(h->dev, FW_BLC_SELF), masked ? 0x1f : 0x80000000);
}

static void a_render_reset_leaves_the_display(void **state)
{
    struct model_harness *h = *state;

    harness_mode(h, 0);
    harness_reset_domain(h, 1);
    assert_int_equal(hw_read(h->dev, PRB0_CTL), 0);
    assert_int_equal(hw_config_read(h->dev, CONFIG_GDRST, 1), 0);
    assert_int_equal(hw_read(h->dev, PIPECONF_A), PIPECONF_ENABLE);
    harness_advance(h, HARNESS_FRAME_NS);
    assert_int_equal(hw_read(h->dev, FRAMEPIXEL_A) >> 24, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chipsets_have_names),
        TEST(the_tables_are_sound),
        TEST(the_page_table_is_switched),
        TEST(chipsets_are_what_software_finds),
        TEST(memory_is_what_software_finds),
        TEST(the_ninth_fence_is_there_or_not),
        TEST(masks_hold),
        TEST(unknown_registers_read_zero_and_are_named_once),
        TEST(configuration_space_says_what_it_is),
        TEST(user_interrupts_pass_the_masks),
        TEST(the_line_is_a_level),
        TEST(iir_queues_a_second_event),
        TEST(a_poll_is_woken),
        TEST(errors_are_masked_cleared_and_raised),
        TEST(reset_resets_all_but_memory),
        TEST(self_refresh_has_a_mask_on_945),
        TEST(a_render_reset_leaves_the_display),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
