/* SPDX-License-Identifier: MIT */
/* The monitor's EDID twice: by the I2C controller, and by hand through a device without one. */
#include "gemd/ddc.h"

#include <errno.h>
#include <string.h>

#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"

/* Bytes that tell one monitor from others of its kind (VESA E-EDID 3.4, 3.10): blanked. */
#define SERIAL_FIRST      12u
#define SERIAL_END        18u /* with the week and the year it was made in */
#define DESCRIPTORS       54u
#define DESCRIPTOR_BYTES  18u
#define DESCRIPTOR_SERIAL 0xffu

/* Without a controller, a device hangs when it is asked: ddc_step() moves the wires then. */
struct without_controller {
    struct hw_device base; /* first */
    struct hw_device *inner;
    struct hw_device_ops ops;
    bool hides, moved; /* the controller; whether the wires were */
};

static bool is_controller(uint32_t reg)
{
    return reg >= GMBUS0 && reg <= GMBUS5;
}

static uint32_t read_without(struct hw_device *dev, uint32_t reg)
{
    struct without_controller *without = (struct without_controller *)dev;
    return without->hides && is_controller(reg) ? 0 : hw_read(without->inner, reg);
}

static void write_without(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    struct without_controller *without = (struct without_controller *)dev;
    without->moved |= reg == GPIO_ANALOG;
    if (!without->hides || !is_controller(reg)) {
        hw_write(without->inner, reg, value);
    }
}

/* As ddc_read(), by the clock of the list. */
static int read_steps(struct hwtest *test, struct hw_device *dev, uint8_t block[EDID_BLOCK])
{
    struct ddc ddc;
    int error;
    ddc_begin(&ddc, dev);
    while ((error = ddc_step(&ddc)) == DDC_AGAIN) {
        hwtest_sleep(test, ddc.pause_ns);
    }
    memcpy(block, ddc.block, EDID_BLOCK);
    return error;
}

/* What it says; *by_hand: that it had to move the wires. */
static int read_block(struct hwtest *test, bool hides, uint8_t block[EDID_BLOCK], bool *by_hand,
                      uint64_t *ns)
{
    struct without_controller without = {
        .inner = test->dev,
        .ops = {.read = read_without, .write = write_without},
        .hides = hides,
    };
    without.base = (struct hw_device){.ops = &without.ops, .identity = test->dev->identity};
    uint64_t began = hwtest_now(test);
    int error = read_steps(test, &without.base, block);
    *ns = hwtest_now(test) - began;
    *by_hand = without.moved;
    return error;
}

static void blank(uint8_t block[EDID_BLOCK])
{
    memset(block + SERIAL_FIRST, 0, SERIAL_END - SERIAL_FIRST);
    for (unsigned at = DESCRIPTORS; at + DESCRIPTOR_BYTES < EDID_BLOCK; at += DESCRIPTOR_BYTES) {
        if (block[at] == 0 && block[at + 1] == 0 && block[at + 3] == DESCRIPTOR_SERIAL) {
            memset(block + at + 5, 0, DESCRIPTOR_BYTES - 5);
        }
    }
    block[EDID_BLOCK - 1] = 0; /* the sum, which would tell of them */
}

static void note_block(struct hwtest *test, const uint8_t block[EDID_BLOCK])
{
    char text[3 * 16 + 1], key[16];
    for (unsigned row = 0; row < EDID_BLOCK; row += 16) {
        for (unsigned i = 0; i < 16; i++) {
            snprintf(text + 3 * i, 4, "%02x ", block[row + i]);
        }
        text[3 * 16 - 1] = '\0';
        snprintf(key, sizeof(key), "edid.%02x", row);
        hwtest_note(test, key, "%s", text);
    }
    hwtest_note(test, "edid.blanked", "serial numbers, date, sum");
}

static enum hwtest_result judge(struct hwtest *test, int by_bus, int by_hand, bool agree)
{
    if (by_bus == -ENXIO && by_hand != 0) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "no monitor answers at the analog port");
    }
    if (by_bus != 0) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "GMBUS: %s; by hand: %s", strerror(-by_bus),
                               by_hand == 0 ? "a block" : strerror(-by_hand));
    }
    if (by_hand != 0) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "GMBUS: a block; by hand: %s",
                               strerror(-by_hand));
    }
    return hwtest_conclude(test, agree ? HWTEST_OK : HWTEST_DIFFERS, "the two blocks %s",
                           agree ? "are the same" : "are not the same");
}

enum hwtest_result test_ddc(struct hwtest *test)
{
    uint8_t block[EDID_BLOCK], again[EDID_BLOCK];
    bool moved, moved_again;
    uint64_t bus_ns, hand_ns;
    int by_bus = read_block(test, false, block, &moved, &bus_ns);
    if (by_bus == 0 && moved) {
        by_bus = -EIO; /* the controller hung, and this block came by hand */
    }
    int by_hand = read_block(test, true, again, &moved_again, &hand_ns);
    bool agree = by_bus == 0 && by_hand == 0 && memcmp(block, again, EDID_BLOCK) == 0;
    hwtest_note(test, "gmbus_us", "%llu", (unsigned long long)bus_ns / 1000);
    hwtest_note(test, "by_hand_us", "%llu", (unsigned long long)hand_ns / 1000);
    if (by_bus == 0 || by_hand == 0) {
        uint8_t *shown = by_bus == 0 ? block : again;
        blank(shown);
        note_block(test, shown);
    }
    return judge(test, by_bus, by_hand, agree);
}
