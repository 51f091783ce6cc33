/* SPDX-License-Identifier: MIT */
/* What the daemon learns of the model's monitor, and how pictures lie on others. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gemd/connector.h"
#include "gemd/ddc.h"
#include "gemd/pipe.h"
#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "tests/lib/chipset.h"
#include "tests/unit/gemd/edid_blocks.h"

static uint64_t stopped_clock(void *data)
{
    return 1;
}

static struct hw_device *make_device(void)
{
    const struct model_options options = {
        .threads = 1, .chipset = test_chipset, .clock = stopped_clock};
    struct hw_device *dev = model_create(&options);
    assert_non_null(dev);
    return dev;
}

static bool has_hotplug(const struct hw_device *dev)
{
    return strncmp(dev->identity.name, "915", 3) != 0 && dev->identity.name[0] != 'e';
}

static void the_models_monitor_is_known(void **state)
{
    struct hw_device *dev = make_device();
    struct connector connector;
    char text[CONNECTOR_TEXT_MAX];
    uint32_t width, height;
    connector_init(&connector, dev);
    connector_describe(&connector, text);
    assert_string_equal(text, "unknown");
    assert_true(connector_probe(&connector));
    assert_int_equal(connector.state, CONNECTOR_KNOWN);
    connector_describe(&connector, text);
    assert_string_equal(text, "gemd model (GEM 2933)");
    connector_default_size(&connector, &width, &height);
    assert_int_equal(width, 1024);
    assert_int_equal(height, 768);
    connector_list_modes(&connector, text);
    assert_non_null(strstr(text, "1024x768@"));
    assert_non_null(strstr(text, "1920x1080@"));
    assert_non_null(strstr(text, "640x480@"));
    assert_int_equal(connector.has_hotplug, has_hotplug(dev));
    assert_false(connector_probe(&connector)); /* the same as before */
    /* It takes any size. */
    struct mode mode;
    char reason[MODE_REASON_MAX];
    assert_int_equal(connector_choose(&connector, 300, 200, &mode, reason), 0);
    assert_int_equal(mode.hblank_start, 300);
    hw_device_destroy(dev);
}

/* What the monitor shows when a mode runs: the whole of its own, border and all. */
static void check_shown(struct hw_device *dev, const struct mode *mode, uint32_t width,
                        uint32_t height)
{
    uint32_t seen_width = 0, seen_height = 0;
    pipe_start(dev, mode);
    assert_int_equal(hw_screen_size(dev, 0, &seen_width, &seen_height), 0);
    assert_int_equal(seen_width, width);
    assert_int_equal(seen_height, height);
    pipe_stop(dev);
}

static void a_panel_gets_its_own_modes(void **state)
{
    struct hw_device *dev = make_device();
    struct connector connector;
    uint8_t block[EDID_BLOCK];
    struct mode mode;
    char reason[MODE_REASON_MAX];
    uint32_t width, height;
    edid_block_panel(block);
    model_plug_monitor(dev, true, block);
    connector_init(&connector, dev);
    assert_true(connector_probe(&connector));
    connector_default_size(&connector, &width, &height);
    assert_int_equal(width, 1280);
    assert_int_equal(height, 1024);
    assert_int_equal(connector_choose(&connector, 1280, 1024, &mode, reason), 0);
    assert_int_equal(mode.htotal, 1688);
    assert_true(mode.hsync_high && mode.vsync_high);
    check_shown(dev, &mode, 1280, 1024);
    /* Another size lies in the middle of the smallest mode that has room. */
    assert_int_equal(connector_choose(&connector, 700, 500, &mode, reason), 0);
    assert_int_equal(mode.width, 700);
    assert_int_equal(mode.htotal, 1056);
    check_shown(dev, &mode, 800, 600);
    assert_int_equal(connector_choose(&connector, 64, 64, &mode, reason), 0);
    check_shown(dev, &mode, 640, 480);
    /* No mode has room for more. */
    assert_int_equal(connector_choose(&connector, 1600, 1200, &mode, reason), -ERANGE);
    assert_string_equal(reason, "1600x1200: the monitor's largest mode is 1280x1024");
    assert_int_equal(connector_choose(&connector, 4000, 1200, &mode, reason), -EINVAL);
    assert_non_null(strstr(reason, "4000x1200: the pipe shows 16 to 2048"));
    hw_device_destroy(dev);
}

static void what_is_pulled_out_is_gone(void **state)
{
    struct hw_device *dev = make_device();
    struct connector connector;
    char text[CONNECTOR_TEXT_MAX];
    connector_init(&connector, dev);
    assert_true(connector_probe(&connector));
    hw_write(dev, IMR, ~(uint32_t)INT_DISPLAY_PORT);
    model_plug_monitor(dev, false, NULL);
    assert_int_equal(hw_read(dev, IIR), has_hotplug(dev) ? INT_DISPLAY_PORT : 0);
    hw_write(dev, PORT_HOTPLUG_STAT, hw_read(dev, PORT_HOTPLUG_STAT));
    hw_write(dev, IIR, ~0u);
    assert_true(connector_probe(&connector));
    /* Asking has told nobody of anything. */
    assert_int_equal(hw_read(dev, IIR), 0);
    assert_int_equal(hw_read(dev, PORT_HOTPLUG_STAT) & HOTPLUG_CRT_EVENT, 0);
    /* 915 cannot tell a missing monitor from one that says nothing. */
    assert_int_equal(connector.state, has_hotplug(dev) ? CONNECTOR_EMPTY : CONNECTOR_SILENT);
    connector_describe(&connector, text);
    assert_string_equal(text, has_hotplug(dev) ? "none" : "one that says nothing of itself");
    connector_list_modes(&connector, text);
    assert_string_equal(text, "any");
    model_plug_monitor(dev, true, NULL);
    (void)connector_probe(&connector);
    assert_int_equal(connector.state, CONNECTOR_SILENT);
    struct mode mode;
    char reason[MODE_REASON_MAX];
    assert_int_equal(connector_choose(&connector, 800, 600, &mode, reason), 0);
    hw_device_destroy(dev);
}

/* A monitor whose EDID is broken is there all the same. */
static void a_broken_description_is_none(void **state)
{
    struct hw_device *dev = make_device();
    struct connector connector;
    uint8_t block[EDID_BLOCK];
    edid_block_panel(block);
    block[100] ^= 0x10;
    model_plug_monitor(dev, true, block);
    connector_init(&connector, dev);
    assert_int_equal(ddc_read(dev, block), -EBADMSG);
    assert_true(connector_probe(&connector));
    assert_int_equal(connector.state, CONNECTOR_SILENT);
    assert_int_equal(connector.mode_count, 0);
    hw_device_destroy(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_models_monitor_is_known),
        cmocka_unit_test(a_panel_gets_its_own_modes),
        cmocka_unit_test(what_is_pulled_out_is_gone),
        cmocka_unit_test(a_broken_description_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
