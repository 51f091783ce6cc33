/* SPDX-License-Identifier: MIT */
/* The monitor's EDID as a driver reads it, and its detection. */
#include "tests/model/test.h"

#include <string.h>

#include "hw/model/monitor.h"

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

static uint32_t status(struct model_harness *h)
{
    return hw_read(h->dev, GMBUS2);
}

static void start(struct model_harness *h, uint32_t cycle, unsigned count, unsigned slave)
{
    hw_write(h->dev, GMBUS1, cycle | GMBUS1_READY | count << 16 | slave << 1);
}

static void read_bytes(struct model_harness *h, uint8_t *to, unsigned count)
{
    for (unsigned i = 0; i < count; i += 4) {
        assert_int_equal(status(h) & (GMBUS2_READY | GMBUS2_NO_ANSWER), GMBUS2_READY);
        uint32_t word = hw_read(h->dev, GMBUS3);
        memcpy(to + i, &word, count - i < 4 ? count - i : 4);
    }
}

static void stop(struct model_harness *h)
{
    assert_int_equal(status(h) & (GMBUS2_WAIT_PHASE | GMBUS2_ACTIVE),
                     GMBUS2_WAIT_PHASE | GMBUS2_ACTIVE);
    start(h, GMBUS1_CYCLE_STOP, 0, 0);
    assert_int_equal(status(h) & (GMBUS2_WAIT_PHASE | GMBUS2_ACTIVE), 0);
    hw_write(h->dev, GMBUS0, 0);
}

static void check_edid(const uint8_t *edid)
{
    static const uint8_t header[8] = {0, 255, 255, 255, 255, 255, 255, 0};
    uint8_t sum = 0;

    assert_memory_equal(edid, header, sizeof(header));
    for (unsigned i = 0; i < EDID_BYTES; i++) {
        sum = (uint8_t)(sum + edid[i]);
    }
    assert_int_equal(sum, 0);
    assert_int_equal(edid[18], 1);
    assert_int_equal(edid[20] & 0x80, 0); /* analog */
    assert_int_equal(edid[54] | edid[55] << 8, 6500);
    assert_int_equal(edid[56] | (edid[58] & 0xf0) << 4, 1024);
    assert_int_equal(edid[59] | (edid[61] & 0xf0) << 4, 768);
    assert_memory_equal(edid + 95, "gemd model\n", 11);
    assert_int_equal(edid[126], 0);
}

/* Write the place, then read; and both in one cycle with an index. */
static void the_edid_is_read(void **state)
{
    struct model_harness *h = *state;
    uint8_t edid[EDID_BYTES], part[6];

    hw_write(h->dev, GMBUS0, GMBUS0_PORT_ANALOG);
    hw_write(h->dev, GMBUS3, 0);
    start(h, GMBUS1_CYCLE_WAIT, 1, 0x50);
    start(h, GMBUS1_CYCLE_WAIT | GMBUS1_READ, EDID_BYTES, 0x50);
    assert_int_equal(status(h) & 0x1ff, EDID_BYTES);
    read_bytes(h, edid, EDID_BYTES);
    check_edid(edid);
    stop(h);
    hw_write(h->dev, GMBUS0, GMBUS0_PORT_ANALOG);
    start(h, GMBUS1_CYCLE_INDEX | GMBUS1_CYCLE_WAIT | GMBUS1_READ | 95u << 8, 6, 0x50);
    read_bytes(h, part, 6);
    assert_memory_equal(part, "gemd m", 6);
    /* beyond what was asked for there is nothing */
    assert_int_equal(hw_read(h->dev, GMBUS3), 0);
    stop(h);
}

static void others_do_not_answer(void **state)
{
    struct model_harness *h = *state;

    for (unsigned i = 0; i < 2; i++) {
        hw_write(h->dev, GMBUS0, i == 0 ? 3 : GMBUS0_PORT_ANALOG);
        start(h, GMBUS1_CYCLE_WAIT | GMBUS1_READ, 4, i == 0 ? 0x50 : 0x37);
        assert_int_equal(status(h) & GMBUS2_NO_ANSWER, GMBUS2_NO_ANSWER);
        assert_int_equal(hw_read(h->dev, GMBUS3), 0);
        hw_write(h->dev, GMBUS1, GMBUS1_CLEAR);
        hw_write(h->dev, GMBUS1, 0);
        assert_int_equal(status(h) & (GMBUS2_NO_ANSWER | GMBUS2_ACTIVE), 0);
    }
}

static void one_user_at_a_time(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, GMBUS2, GMBUS2_IN_USE);
    assert_int_equal(status(h) & GMBUS2_IN_USE, 0);
    assert_int_equal(status(h) & GMBUS2_IN_USE, GMBUS2_IN_USE);
    hw_write(h->dev, GMBUS2, GMBUS2_IN_USE);
    assert_int_equal(status(h) & GMBUS2_IN_USE, 0);
}

static void a_forced_detection_finds_it(void **state)
{
    struct model_harness *h = *state;

    hw_write(h->dev, IMR, ~(uint32_t)INT_DISPLAY_PORT);
    hw_write(h->dev, PORT_HOTPLUG_EN, HOTPLUG_CRT_ENABLE | HOTPLUG_CRT_DETECT);
    if (strncmp(h->dev->identity.name, "915", 3) == 0 || h->dev->identity.name[0] == 'e') {
        assert_int_equal(hw_read(h->dev, PORT_HOTPLUG_STAT), 0); /* 915 has no such thing */
        return;
    }
    assert_int_equal(hw_read(h->dev, PORT_HOTPLUG_EN), HOTPLUG_CRT_ENABLE);
    assert_int_equal(hw_read(h->dev, PORT_HOTPLUG_STAT), HOTPLUG_CRT_COLOUR | HOTPLUG_CRT_EVENT);
    assert_int_equal(hw_read(h->dev, IIR), INT_DISPLAY_PORT);
    hw_write(h->dev, PORT_HOTPLUG_STAT, HOTPLUG_CRT_EVENT);
    assert_int_equal(hw_read(h->dev, PORT_HOTPLUG_STAT), HOTPLUG_CRT_COLOUR);
    /* Who looks again finds the same, and that is no event. */
    hw_write(h->dev, IIR, INT_DISPLAY_PORT);
    hw_write(h->dev, PORT_HOTPLUG_EN, HOTPLUG_CRT_ENABLE | HOTPLUG_CRT_DETECT);
    assert_int_equal(hw_read(h->dev, PORT_HOTPLUG_EN), HOTPLUG_CRT_ENABLE);
    assert_int_equal(hw_read(h->dev, PORT_HOTPLUG_STAT), HOTPLUG_CRT_COLOUR);
    assert_int_equal(hw_read(h->dev, IIR), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_edid_is_read),
        TEST(others_do_not_answer),
        TEST(one_user_at_a_time),
        TEST(a_forced_detection_finds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
