/* SPDX-License-Identifier: MIT */
#include "hw/model/monitor.h"

#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define SLAVE_EDID          0x50u
#define GMBUS1_COUNT(value) ((value) >> 16 & 0x1ffu)
#define GMBUS1_INDEX(value) ((value) >> 8 & 0xffu)
#define GMBUS1_SLAVE(value) ((value) >> 1 & 0x7fu)

/* VESA's E-EDID 1.3: an analog monitor, 1024x768 at 60 Hz preferred. The last byte is the sum's. */
static const uint8_t edid[EDID_BYTES - 1] = {
    0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, /* header */
    0x1c, 0xad, 0x33, 0x29, 0x01, 0x00, 0x00, 0x00, /* maker "GEM", product, serial */
    0x01, 0x1e, 0x01, 0x03,                         /* week 1 of 2020, version 1.3 */
    0x08, 0x21, 0x19, 0x78,
    0x2f, /* analog, 33 x 25 cm, gamma 2.2, sRGB, any timing in its limits */
    0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, /* sRGB's primaries */
    0x21, 0x08, 0x00, /* 640x480, 800x600 and 1024x768, each at 60 Hz */
    /* 1280x1024, 1440x900, 1600x1200, 1680x1050, 1920x1080, all at 60 Hz */
    0x81, 0x80, 0x95, 0x00, 0xa9, 0x40, 0xb3, 0x00, 0xd1, 0xc0, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    /* 65 MHz, 1024 + 320 by 768 + 38, sync 24 + 136 and 3 + 6, 330 x 250 mm, negative syncs */
    0x64, 0x19, 0x00, 0x40, 0x41, 0x00, 0x26, 0x30, 0x18, 0x88, 0x36, 0x00, 0x4a, 0xfa, 0x10, 0x00,
    0x00, 0x18,
    /* limits: 50 to 120 Hz, 24 to 160 kHz, 400 MHz: all that the chip makes at 60 Hz */
    0x00, 0x00, 0x00, 0xfd, 0x00, 0x32, 0x78, 0x18, 0xa0, 0x28, 0x00, 0x0a, 0x20, 0x20, 0x20, 0x20,
    0x20, 0x20,
    /* name */
    0x00, 0x00, 0x00, 0xfc, 0x00, 'g', 'e', 'm', 'd', ' ', 'm', 'o', 'd', 'e', 'l', 0x0a, 0x20,
    0x20,
    /* nothing */
    0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, /* no extensions */
};

void model_monitor_edid(uint8_t to[EDID_BYTES])
{
    uint8_t sum = 0;

    memcpy(to, edid, sizeof(edid));
    for (size_t i = 0; i < sizeof(edid); i++) {
        sum = (uint8_t)(sum + edid[i]);
    }
    to[EDID_BYTES - 1] = (uint8_t)-sum;
}

void model_monitor_reset(struct model *model)
{
    struct monitor *monitor = &model->monitor;

    /* What is plugged in stays so. */
    monitor->pointer = 0;
    monitor->remaining = 0;
    monitor->active = false;
    monitor->reads = false;
    monitor->no_answer = false;
    monitor->in_use = false;
    model_wire_reset(&monitor->wire);
}

void model_monitor_plug(struct model *model, bool present, const uint8_t *block)
{
    struct monitor *monitor = &model->monitor;
    struct mmio *mmio = &model->mmio;

    monitor->absent = !present;
    monitor->silent = block == NULL;
    monitor->other = block != NULL;
    if (block != NULL) {
        memcpy(monitor->block, block, EDID_BYTES);
    }
    if (mmio_get(mmio, PORT_HOTPLUG_EN) & HOTPLUG_CRT_ENABLE) {
        mmio_set(mmio, PORT_HOTPLUG_STAT, mmio_get(mmio, PORT_HOTPLUG_STAT) | HOTPLUG_CRT_EVENT);
        model_interrupt_raise(model, INT_DISPLAY_PORT);
    }
}

static uint32_t status(struct model *model)
{
    struct monitor *monitor = &model->monitor;
    uint32_t value = monitor->in_use ? GMBUS2_IN_USE : 0;

    /* Who reads it free owns it, until a 1 is written back. */
    monitor->in_use = true;
    if (monitor->no_answer) {
        return value | GMBUS2_NO_ANSWER;
    }
    value |= GMBUS2_READY | monitor->remaining;
    value |= monitor->active ? GMBUS2_ACTIVE : 0;
    return value | (monitor->active && monitor->remaining == 0 ? GMBUS2_WAIT_PHASE : 0);
}

uint8_t model_monitor_byte(const struct monitor *monitor)
{
    uint8_t bytes[EDID_BYTES];

    model_monitor_edid(bytes);
    if (monitor->other) {
        memcpy(bytes, monitor->block, EDID_BYTES);
    }
    /* An EEPROM of 256 bytes of which the upper half is empty. */
    return monitor->pointer < EDID_BYTES ? bytes[monitor->pointer] : 0xff;
}

static uint8_t read_byte(struct monitor *monitor)
{
    uint8_t byte = model_monitor_byte(monitor);

    monitor->pointer++;
    return byte;
}

bool model_monitor_answers(const struct model *model, unsigned slave)
{
    return slave == SLAVE_EDID && !model->monitor.absent && !model->monitor.silent;
}

static uint32_t read_data(struct monitor *monitor)
{
    uint32_t word = 0;

    for (unsigned i = 0; i < 4 && monitor->reads && monitor->remaining > 0; i++) {
        word |= (uint32_t)read_byte(monitor) << 8 * i;
        monitor->remaining--;
    }
    return word;
}

/* The first byte that is written is the pointer; the EEPROM keeps no other. */
static void write_data(struct monitor *monitor, uint32_t word)
{
    if (monitor->remaining > 0) {
        monitor->pointer = (uint8_t)word;
        monitor->remaining -= monitor->remaining < 4 ? monitor->remaining : 4;
    }
}

static void begin(struct model *model, uint32_t command)
{
    struct monitor *monitor = &model->monitor;
    unsigned port = mmio_get(&model->mmio, GMBUS0) & GMBUS0_PORT_MASK;

    if (command & GMBUS1_CYCLE_INDEX) {
        monitor->pointer = (uint8_t)GMBUS1_INDEX(command);
    }
    if (!(command & (GMBUS1_CYCLE_WAIT | GMBUS1_CYCLE_INDEX)) && GMBUS1_COUNT(command) == 0) {
        monitor->active = false;
        monitor->remaining = 0;
        return;
    }
    monitor->no_answer =
        port != GMBUS0_PORT_ANALOG || !model_monitor_answers(model, GMBUS1_SLAVE(command));
    monitor->active = !monitor->no_answer && !(command & GMBUS1_CYCLE_STOP);
    monitor->remaining = monitor->no_answer ? 0 : GMBUS1_COUNT(command);
    monitor->reads = (command & GMBUS1_READ) != 0;
    if (!monitor->reads) {
        write_data(monitor, mmio_get(&model->mmio, GMBUS3));
    }
}

uint32_t model_gmbus_read(struct model *model, uint32_t reg, unsigned index)
{
    switch (reg) {
    case GMBUS2:
        return status(model);
    case GMBUS3:
        return read_data(&model->monitor);
    default:
        return mmio_get(&model->mmio, reg);
    }
}

void model_gmbus_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct monitor *monitor = &model->monitor;

    switch (reg) {
    case GMBUS1:
        if (value & GMBUS1_CLEAR) {
            bool in_use = monitor->in_use;
            struct wire wire = monitor->wire;
            model_monitor_reset(model);
            monitor->in_use = in_use;
            monitor->wire = wire;
        } else if (value & GMBUS1_READY) {
            begin(model, value);
        }
        break;
    case GMBUS2:
        monitor->in_use = monitor->in_use && !(value & GMBUS2_IN_USE);
        break;
    case GMBUS3:
        if (monitor->active && !monitor->reads) {
            write_data(monitor, value);
        }
        break;
    default:
        break;
    }
}

/*
 * A forced detection is over at once; a monitor has colours. It is an event only when
 * that is news: a driver that looks again because of an event would never be done.
 */
static void detect(struct model *model, bool tell)
{
    struct mmio *mmio = &model->mmio;
    uint32_t stat = mmio_get(mmio, PORT_HOTPLUG_STAT);
    uint32_t seen = model->monitor.absent ? 0 : HOTPLUG_CRT_COLOUR;

    if ((stat & HOTPLUG_CRT_COLOUR) == seen) {
        return;
    }
    mmio_set(mmio, PORT_HOTPLUG_STAT, (stat & ~HOTPLUG_CRT_COLOUR) | seen | HOTPLUG_CRT_EVENT);
    if (tell) {
        model_interrupt_raise(model, INT_DISPLAY_PORT);
    }
}

void model_hotplug_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct mmio *mmio = &model->mmio;

    if (reg == PORT_HOTPLUG_STAT) {
        mmio_set(mmio, reg, mmio_get(mmio, reg) & ~(value & HOTPLUG_EVENTS));
    } else if (value & HOTPLUG_CRT_DETECT) {
        mmio_set(mmio, reg, mmio_get(mmio, reg) & ~(uint32_t)HOTPLUG_CRT_DETECT);
        detect(model, (value & HOTPLUG_CRT_ENABLE) != 0);
    }
}
