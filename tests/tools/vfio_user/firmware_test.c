/* SPDX-License-Identifier: MIT */
/* What firmware leaves, on each chip: a picture that is up at power-on, and after each reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hw/gen3/regs.h"
#include "tools/gma-vfio-user/device.h"

static uint32_t pixels[1024 * 768];

static struct device *start(struct device *device, const char *chip, enum firmware_screen screen)
{
    const struct device_options options = {.model = {.chipset = chip, .threads = 1},
                                           .firmware = screen,
                                           .stolen_base = DEVICE_STOLEN_BASE};
    assert_int_equal(device_init(device, &options), 0);
    return device;
}

/* Different pixels of the picture on that pipe; 0: it is dark. */
static unsigned count_colours(struct device *device, unsigned pipe)
{
    uint32_t width = 0, height = 0;
    unsigned count = 0;
    if (hw_screen_size(device->hw, pipe, &width, &height) != 0) {
        return 0;
    }
    assert_int_equal(width, 1024);
    assert_int_equal(height, 768);
    assert_int_equal(hw_screen_read(device->hw, pipe, pixels, 1024, 768), 0);
    for (size_t i = 1; i < sizeof(pixels) / sizeof(pixels[0]); i++) {
        count += pixels[i] != pixels[i - 1];
    }
    return count;
}

static void a_monitor_shows_the_picture(void **state)
{
    static struct device device;
    const char *chip;
    for (size_t i = 0; (chip = model_chipset_name(i)) != NULL; i++) {
        start(&device, chip, FIRMWARE_MONITOR);
        assert_true(count_colours(&device, 0) > 700000);
        assert_int_equal(count_colours(&device, 1), 0);
        assert_int_equal(pixels[0], 0xff000000);
        assert_int_equal(pixels[5 * 1024 + 300], 0xff000000 | (300 ^ 5) << 16 | 5 << 8 | 53);
        device_finish(&device);
    }
}

static void a_panel_is_a_mobile_chips(void **state)
{
    static struct device device;
    const char *chip;
    unsigned panels = 0;
    for (size_t i = 0; (chip = model_chipset_name(i)) != NULL; i++) {
        start(&device, chip, FIRMWARE_DARK);
        const bool can = firmware_can(device.hw, FIRMWARE_PANEL);
        assert_true(firmware_can(device.hw, FIRMWARE_MONITOR));
        assert_int_equal(count_colours(&device, 0), 0);
        device_finish(&device);
        if (can) {
            start(&device, chip, FIRMWARE_PANEL);
            assert_true(count_colours(&device, 1) > 500000);
            assert_int_equal(count_colours(&device, 0), 0);
            device_finish(&device);
            panels++;
        }
    }
    assert_in_range(panels, 4, 4);
}

/* Out of D3hot nobody sets a mode, after a reset the firmware does. */
static void it_is_back_after_a_reset(void **state)
{
    static struct device device;
    start(&device, "g33", FIRMWARE_MONITOR);
    const uint32_t entry = hw_gtt_read(device.hw, 700);
    hw_write(device.hw, PIPECONF_A, 0);
    hw_gtt_write(device.hw, 700, 0);
    assert_int_equal(device_reset(&device), 0);
    assert_true(count_colours(&device, 0) > 700000);
    assert_int_equal(hw_gtt_read(device.hw, 700), entry);
    assert_int_equal(device_wake(&device), 0);
    assert_int_equal(count_colours(&device, 0), 0);
    assert_int_equal(device_forget_peer(&device), 0);
    assert_true(count_colours(&device, 0) > 700000);
    device_finish(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_monitor_shows_the_picture),
        cmocka_unit_test(a_panel_is_a_mobile_chips),
        cmocka_unit_test(it_is_back_after_a_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
