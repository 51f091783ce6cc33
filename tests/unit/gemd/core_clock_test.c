/* SPDX-License-Identifier: MIT */
/* The core's clock, chip by chip, and modes that need two pixels a clock. */
#include "tests/unit/gemd/test.h"

#include "gemd/core_clock.h"
#include "gemd/pipe.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/fake_device.h"

static struct fake_device *device(uint16_t id, uint32_t gcfgc, uint32_t pll)
{
    struct fake_device *fake = fake_device_create();
    fake->base.identity.pci_device = id;
    fake->gcfgc = gcfgc;
    fake->registers[MCH_HPLLVCO / 4] = pll;
    return fake;
}

static void each_chip_has_its_clocks(void **state)
{
    static const struct {
        uint16_t id;
        uint16_t gcfgc;
        uint32_t pll, khz;
    } cases[] = {
        {0x2582, 0x00, 0, 333333}, {0x2582, 0xf0, 0, 333333}, {0x258a, 0x00, 0, 333333},
        {0x2592, 0x00, 0, 190000}, {0x2592, 0x40, 0, 333333}, {0x2592, 0xc0, 0, 133333},
        {0x2592, 0x70, 0, 190000}, {0x2772, 0x80, 0, 400000}, {0x27a2, 0x00, 0, 200000},
        {0x27a2, 0x40, 0, 320000}, {0x27a2, 0x80, 0, 133333}, {0x27ae, 0x20, 0, 200000},
        {0xa001, 0x00, 0, 266667}, {0xa011, 0x10, 0, 333333}, {0xa011, 0x20, 0, 444444},
        {0xa011, 0x30, 0, 133333}, {0xa011, 0x50, 0, 200000}, {0xa011, 0x70, 0, 166667},
        {0x29c2, 0x00, 0, 266667}, {0x29c2, 0x40, 0, 640000}, {0x29c2, 0x00, 1, 285714},
        {0x29b2, 0x20, 2, 444444}, {0x29d2, 0x50, 3, 200000}, {0x29c2, 0x60, 0, 190476},
        {0x29c2, 0x00, 4, 190476}, {0x29c2, 0x00, 7, 190476},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_device *fake = device(cases[i].id, cases[i].gcfgc, cases[i].pll);
        assert_int_equal(core_clock_khz(&fake->base), cases[i].khz);
        fake_device_destroy(fake);
    }
}

static void nine_tenths_are_the_limit(void **state)
{
    struct fake_device *fake = device(0x27a2, 0, 0);
    assert_false(core_clock_wants_double(&fake->base, 65000));
    assert_false(core_clock_wants_double(&fake->base, 180000));
    assert_true(core_clock_wants_double(&fake->base, 180001));
    fake->gcfgc = GCFGC_LOW;
    assert_false(core_clock_wants_double(&fake->base, 119999));
    assert_true(core_clock_wants_double(&fake->base, 120000));
    assert_true(core_clock_wants_double(&fake->base, UINT32_MAX));
    fake_device_destroy(fake);
}

static void a_pipe_takes_two_pixels_a_clock(void **state)
{
    struct fake_device *fake = device(0x27a2, 0, 0);
    struct mode mode;
    assert_int_equal(mode_compute(MODE_PLL_GEN3, 1920, 1080, &mode), 0);
    pipe_start(&fake->base, &mode);
    assert_int_equal(fake_register(fake, PIPECONF_A), PIPECONF_ENABLE);
    fake->gcfgc = GCFGC_LOW;
    pipe_start(&fake->base, &mode);
    assert_int_equal(fake_register(fake, PIPECONF_A), PIPECONF_ENABLE | PIPECONF_DOUBLE_WIDE);
    fake_device_destroy(fake);
}

/* The PLL takes new dividers only while VGA has it. */
static uint32_t clock_writes[16];
static unsigned clock_count;

static void note_clock(struct fake_device *fake, uint32_t reg, uint32_t value)
{
    if (reg == DPLL_A && clock_count < 16) {
        clock_writes[clock_count++] = value;
    }
}

static void a_clock_starts_with_vga(void **state)
{
    struct fake_device *fake = device(0x27a2, 0, 0);
    struct mode mode;
    assert_int_equal(mode_compute(MODE_PLL_GEN3, 1024, 768, &mode), 0);
    fake->on_write = note_clock;
    clock_count = 0;
    pipe_start(&fake->base, &mode);
    assert_true(clock_count >= 3);
    assert_int_equal(clock_writes[0] & (DPLL_VCO_ENABLE | DPLL_VGA_DISABLE), DPLL_VCO_ENABLE);
    for (unsigned i = 1; i < clock_count; i++) {
        assert_int_equal(clock_writes[i], clock_writes[0] | DPLL_VGA_DISABLE);
    }
    fake_device_destroy(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chip_has_its_clocks),
        cmocka_unit_test(nine_tenths_are_the_limit),
        cmocka_unit_test(a_pipe_takes_two_pixels_a_clock),
        cmocka_unit_test(a_clock_starts_with_vga),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
