/* SPDX-License-Identifier: MIT */
#include "hw/model/wire.h"

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define SLAVE_READ 1u
#define BYTE_BITS  8u

void model_wire_reset(struct wire *wire)
{
    *wire = (struct wire){.is_clock = true, .is_data = true};
}

static bool is_high(const struct wire_pin *pin)
{
    return !pin->driven || pin->value;
}

/* ---- the EEPROM: it reads the data wire when the clock rises, and moves it when that falls ----
 */

static void take_byte(struct model *model, struct wire *wire)
{
    bool is_mine = model_monitor_answers(model, wire->shift >> 1);

    if (wire->byte == 0) {
        wire->begun = is_mine;
        wire->sends = is_mine && (wire->shift & SLAVE_READ) != 0;
    } else {
        model->monitor.pointer = wire->shift;
    }
    wire->pulls = wire->begun; /* the acknowledge */
}

static void show_bit(struct model *model, struct wire *wire)
{
    wire->pulls = !(model_monitor_byte(&model->monitor) >> (BYTE_BITS - 1 - wire->bit) & 1u);
}

static void end_byte(struct model *model, struct wire *wire)
{
    bool has_sent = wire->sends && wire->byte > 0;

    wire->pulls = false;
    if (has_sent) {
        model->monitor.pointer++;
        /* Data that the host leaves high at the acknowledge: it wants no more. */
        wire->sends = !wire->is_data;
    }
    wire->bit = 0;
    wire->byte++;
}

static void clock_falls(struct model *model, struct wire *wire)
{
    if (wire->is_starting) {
        wire->is_starting = false;
        return;
    }
    wire->bit++;
    if (wire->bit > BYTE_BITS) {
        end_byte(model, wire);
    } else if (wire->bit == BYTE_BITS) {
        if (wire->sends && wire->byte > 0) {
            wire->pulls = false; /* the host acknowledges */
            return;
        }
        take_byte(model, wire);
        return;
    }
    if (wire->sends && wire->byte > 0) {
        show_bit(model, wire);
    }
}

static void move(struct model *model, struct wire *wire, bool clock, bool data)
{
    bool stays_high = wire->is_clock && clock;

    if (stays_high && wire->is_data && !data) {
        wire->begun = true;
        wire->is_starting = true;
        wire->pulls = false;
        wire->sends = false;
        wire->bit = 0;
        wire->byte = 0;
    } else if (stays_high && !wire->is_data && data) {
        wire->begun = false;
        wire->pulls = false;
    } else if (wire->begun && !wire->is_clock && clock && wire->bit < BYTE_BITS) {
        wire->shift = (uint8_t)(wire->shift << 1 | data);
    }
    bool falls = wire->begun && wire->is_clock && !clock;
    wire->is_data = data;
    wire->is_clock = clock;
    if (falls) {
        clock_falls(model, wire);
    }
}

/* ---- the register ---- */

static void set_pin(struct wire_pin *pin, uint32_t bits)
{
    if (bits & GPIO_DIRECTION_SET) {
        pin->driven = (bits & GPIO_DRIVEN) != 0;
    }
    if (bits & GPIO_VALUE_SET) {
        pin->value = (bits & GPIO_VALUE_OUT) != 0;
    }
    pin->has_no_pull_up = (bits & GPIO_NO_PULL_UP) != 0;
}

static uint32_t bits_of(const struct wire_pin *pin, bool level)
{
    return (pin->driven ? GPIO_DRIVEN : 0) | (pin->value ? GPIO_VALUE_OUT : 0) |
           (pin->has_no_pull_up ? GPIO_NO_PULL_UP : 0) | (level ? GPIO_VALUE_IN : 0);
}

uint32_t model_gpio_read(struct model *model, uint32_t reg, unsigned index)
{
    const struct wire *wire = &model->monitor.wire;

    if (reg != GPIO_ANALOG) {
        return mmio_get(&model->mmio, reg);
    }
    return bits_of(&wire->clock, wire->is_clock) << GPIO_CLOCK_SHIFT |
           bits_of(&wire->data, wire->is_data && !wire->pulls) << GPIO_DATA_SHIFT;
}

void model_gpio_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct wire *wire = &model->monitor.wire;

    if (reg == GPIO_ANALOG) {
        set_pin(&wire->clock, value >> GPIO_CLOCK_SHIFT);
        set_pin(&wire->data, value >> GPIO_DATA_SHIFT);
        move(model, wire, is_high(&wire->clock), is_high(&wire->data));
    }
}
