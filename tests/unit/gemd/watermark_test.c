/* SPDX-License-Identifier: MIT */
/* FIFO levels: what they are for a mode, and how each kind of chip is told. */
#include "tests/unit/gemd/test.h"

#include "gemd/watermark.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/fake_device.h"

/* VESA's 1024x768 at 60 Hz, and 1600x1200. */
static const struct mode small = {
    .width = 1024, .height = 768, .htotal = 1344, .pll.clock_khz = 65000};
static const struct mode large = {
    .width = 1600, .height = 1200, .htotal = 2160, .pll.clock_khz = 162000};

static int setup(void **state)
{
    *state = fake_device_create();
    return 0;
}

static int teardown(void **state)
{
    fake_device_destroy(*state);
    return 0;
}

static void a_level_leaves_what_drains_while_memory_answers(void **state)
{
    /* 65 MHz, 4 bytes, 5 us: 1300 bytes, 21 lines, and two to be safe. */
    assert_int_equal(watermark_level(48, 65000, 4), 25);
    assert_int_equal(watermark_level(96, 65000, 4), 63); /* six bits */
    assert_int_equal(watermark_level(28, 65000, 4), 8);  /* a request's size at least */
    assert_int_equal(watermark_level(28, 162000, 4), 8); /* more drains than there is */
    assert_int_equal(watermark_level(28, 25000, 4), 18);
    assert_int_equal(watermark_level(127, 200000, 4), 62);
    assert_int_equal(watermark_level(0, 65000, 4), 8);
    assert_int_equal(watermark_level(127, UINT32_MAX, UINT32_MAX), 8);
}

static void a_g33_gets_levels_of_its_fifo(void **state)
{
    struct fake_device *fake = *state;
    fake->registers[DSPARB / 4] = 96u << 7 | 48;
    watermark_set(&fake->base, &small, 0);
    assert_int_equal(fake_register(fake, FW_BLC), 0x012e0119);
    assert_int_equal(fake_register(fake, FW_BLC2), 0x00000102);
    assert_int_equal(fake_register(fake, FW_BLC_SELF), 0x1f);
    watermark_set(&fake->base, &large, 0);
    assert_int_equal(fake_register(fake, FW_BLC), 0x012e0108);
    assert_int_equal(fake_register(fake, FW_BLC_SELF), 1);
    assert_int_equal(fake_register(fake, DSPARB), 96u << 7 | 48);
}

/* Its FIFO is smaller, and memory may not refresh itself: bit 15 is cleared by its mask. */
static void a_945_may_not_refresh_itself(void **state)
{
    static const uint16_t chips[] = {0x2772, 0x27a2, 0x27ae};
    for (unsigned i = 0; i < 3; i++) {
        struct fake_device *fake = *state;
        fake->base.identity.pci_device = chips[i];
        fake->registers[DSPARB / 4] = 59u << 7 | 28;
        watermark_set(&fake->base, &small, 0);
        assert_int_equal(fake_register(fake, FW_BLC), 0x011d0108);
        assert_int_equal(fake_register(fake, FW_BLC_SELF), 0x80000000);
    }
}

static void a_915gm_is_told_by_instpm(void **state)
{
    struct fake_device *fake = *state;
    fake->base.identity.pci_device = 0x2592;
    fake->registers[DSPARB / 4] = 59u << 7 | 28;
    fake->registers[FW_BLC_SELF / 4] = 0x1234;
    watermark_set(&fake->base, &small, 0);
    assert_int_equal(fake_register(fake, INSTPM), 0x10000000);
    assert_int_equal(fake_register(fake, FW_BLC_SELF), 0x1234);
    assert_int_equal(fake_register(fake, FW_BLC), 0x011d0108);
}

static void a_pineview_keeps_its_levels(void **state)
{
    static const uint16_t chips[] = {0xa001, 0xa011};
    for (unsigned i = 0; i < 2; i++) {
        struct fake_device *fake = *state;
        fake->base.identity.pci_device = chips[i];
        fake->base.identity.has_pineview_pll = true;
        fake->registers[DSPFW3 / 4] = 0x40001234;
        fake->registers[FW_BLC / 4] = 0x5678;
        watermark_set(&fake->base, &small, 0);
        assert_int_equal(fake_register(fake, DSPFW3), 0x00001234);
        assert_int_equal(fake_register(fake, FW_BLC), 0x5678);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_leaves_what_drains_while_memory_answers),
        cmocka_unit_test_setup_teardown(a_g33_gets_levels_of_its_fifo, setup, teardown),
        cmocka_unit_test_setup_teardown(a_945_may_not_refresh_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(a_915gm_is_told_by_instpm, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pineview_keeps_its_levels, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
