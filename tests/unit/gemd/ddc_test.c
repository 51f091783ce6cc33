/* SPDX-License-Identifier: MIT */
/* The EDID over a controller that fails in every way, and over wires with an EEPROM at their end.
 */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <string.h>

#include "gemd/ddc.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/edid_blocks.h"
#include "tests/unit/gemd/fake_device.h"

/* An EEPROM that sees the two wires move. */
struct eeprom {
    uint8_t block[EDID_BLOCK];
    bool clock, data; /* as the host leaves them: true is high */
    bool pulls;       /* the slave holds the data wire down */
    bool deaf;        /* it does not answer */
    bool talks;       /* it has the bus: sends bits */
    bool begun;       /* between start and stop */
    unsigned bit;     /* of the byte, 8 is the acknowledge */
    unsigned byte;    /* since the start */
    uint8_t shift, pointer;
    unsigned starts, stops;
};

static void slave_takes_byte(struct eeprom *e)
{
    const bool first = e->byte == 0;
    const bool mine = !e->deaf && (!first || e->shift >> 1 == 0x50);
    if (first) {
        e->talks = mine && (e->shift & 1) != 0;
    } else if (!e->talks) {
        e->pointer = e->shift;
    }
    e->pulls = mine;
    e->begun = e->begun && mine;
}

static void slave_sends_bit(struct eeprom *e)
{
    e->pulls = e->bit < 8 && (e->block[e->pointer % EDID_BLOCK] >> (7 - e->bit) & 1) == 0;
}

static void clock_falls(struct eeprom *e)
{
    const bool sends = e->talks && e->byte > 0;
    e->bit++;
    if (e->bit == 8 && !sends) {
        slave_takes_byte(e);
    } else if (e->bit == 9) {
        e->pulls = false;
        e->talks = e->talks && !(sends && e->data); /* the last one that the host wants */
        e->pointer = sends ? (uint8_t)(e->pointer + 1) : e->pointer;
        e->bit = 0;
        e->byte++;
    }
    if (e->talks && e->byte > 0) {
        slave_sends_bit(e);
    }
}

static void move(struct eeprom *e, bool clock, bool data)
{
    if (e->clock && clock && e->data && !data) {
        *e = (struct eeprom){.begun = true,
                             .deaf = e->deaf,
                             .pointer = e->pointer,
                             .starts = e->starts + 1,
                             .stops = e->stops,
                             .bit = (unsigned)-1};
    } else if (e->clock && clock && !e->data && data) {
        e->begun = false;
        e->stops++;
    } else if (e->begun && !e->clock && clock && e->bit < 8 && !(e->talks && e->byte > 0)) {
        e->shift = (uint8_t)(e->shift << 1 | data);
    } else if (e->begun && e->clock && !clock) {
        clock_falls(e);
    }
    e->clock = clock;
    e->data = data;
}

/* The controller says nothing at all: GMBUS2 reads 0. The wires work. */
static void on_gpio(struct fake_device *fake, uint32_t reg, uint32_t value)
{
    struct eeprom *e = fake->on_write_data;
    uint8_t block[EDID_BLOCK];
    if (reg != GPIO_ANALOG) {
        return;
    }
    bool clock = e->clock, data = e->data;
    if ((value & GPIO_DIRECTION_SET) != 0) {
        clock = (value & GPIO_DRIVEN) == 0;
    }
    if ((value >> GPIO_DATA_SHIFT & GPIO_DIRECTION_SET) != 0) {
        data = (value >> GPIO_DATA_SHIFT & GPIO_DRIVEN) == 0;
    }
    memcpy(block, e->block, sizeof(block));
    move(e, clock, data);
    memcpy(e->block, block, sizeof(block));
}

/* Reading a pin: the fake's registers keep writes, so what is seen is put there behind the write.
 */
static uint32_t (*plain_read)(struct hw_device *dev, uint32_t reg);

static uint32_t read_pins(struct hw_device *dev, uint32_t reg)
{
    const struct fake_device *fake = (const struct fake_device *)dev;
    const struct eeprom *e = fake->on_write_data;
    if (reg != GPIO_ANALOG) {
        return plain_read(dev, reg);
    }
    return (e->clock ? GPIO_VALUE_IN : 0) | (uint32_t)(e->data && !e->pulls ? GPIO_VALUE_IN : 0)
                                                << GPIO_DATA_SHIFT;
}

static struct hw_device_ops pin_ops;

static struct fake_device *open_pins(struct eeprom *e)
{
    struct fake_device *fake = fake_device_create();
    *e = (struct eeprom){.clock = true, .data = true};
    edid_block_panel(e->block);
    plain_read = fake->base.ops->read;
    pin_ops = *fake->base.ops;
    pin_ops.read = read_pins;
    fake->base.ops = &pin_ops;
    fake->on_write = on_gpio;
    fake->on_write_data = e;
    return fake;
}

static void wires_are_moved_when_the_controller_is_dead(void **state)
{
    struct eeprom e;
    uint8_t block[EDID_BLOCK], wanted[EDID_BLOCK];
    struct fake_device *fake = open_pins(&e);
    edid_block_panel(wanted);
    assert_int_equal(ddc_read(&fake->base, block), 0);
    assert_memory_equal(block, wanted, EDID_BLOCK);
    assert_true(e.clock && e.data && !e.begun);
    assert_true(e.stops >= 1);
    fake_device_destroy(fake);
}

static void nobody_at_the_wires(void **state)
{
    struct eeprom e;
    uint8_t block[EDID_BLOCK];
    struct fake_device *fake = open_pins(&e);
    e.deaf = true;
    assert_int_equal(ddc_read(&fake->base, block), -ENXIO);
    assert_true(e.clock && e.data);
    fake_device_destroy(fake);
}

/* All is dead: wires that stay down too. It ends, and lets go of what it had. */
static void a_dead_bus_ends(void **state)
{
    uint8_t block[EDID_BLOCK];
    struct fake_device *fake = fake_device_create();
    assert_int_equal(ddc_read(&fake->base, block), -EIO);
    assert_int_equal(fake_register(fake, GMBUS0), 0);
    assert_int_equal(fake_register(fake, GMBUS1), 0);
    fake_device_destroy(fake);
}

/* What GMBUS2 says, for ever. */
static uint32_t bus_status;

static uint32_t read_bus(struct hw_device *dev, uint32_t reg)
{
    return reg == GMBUS2 ? bus_status : plain_read(dev, reg);
}

static struct fake_device *open_bus(uint32_t status)
{
    struct fake_device *fake = fake_device_create();
    bus_status = status;
    plain_read = fake->base.ops->read;
    pin_ops = *fake->base.ops;
    pin_ops.read = read_bus;
    fake->base.ops = &pin_ops;
    return fake;
}

static void no_answer_is_no_monitor(void **state)
{
    uint8_t block[EDID_BLOCK];
    struct fake_device *fake = open_bus(GMBUS2_NO_ANSWER);
    assert_int_equal(ddc_read(&fake->base, block), -ENXIO);
    assert_int_equal(fake_register(fake, GMBUS0), 0);
    fake_device_destroy(fake);
}

/* Ready with the same four bytes for ever. */
static void garbage_is_refused(void **state)
{
    uint8_t block[EDID_BLOCK];
    struct fake_device *fake = open_bus(GMBUS2_READY | GMBUS2_WAIT_PHASE);
    fake->registers[GMBUS3 / 4] = 0xffffff00;
    assert_int_equal(ddc_read(&fake->base, block), -EBADMSG);
    fake_device_destroy(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wires_are_moved_when_the_controller_is_dead),
        cmocka_unit_test(nobody_at_the_wires),
        cmocka_unit_test(a_dead_bus_ends),
        cmocka_unit_test(no_answer_is_no_monitor),
        cmocka_unit_test(garbage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
