/* SPDX-License-Identifier: MIT */
#include "gemd/ddc.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "hw/gen3/regs.h"

#define SLAVE        0x50u
#define TRIES        3u
#define COUNT_SHIFT  16
#define SLAVE_SHIFT  1
#define STEP_NS      100000
#define BUS_STEPS    500u /* 50 ms for four bytes, which take half of one */
#define STRETCHES    200u /* a slave may hold the clock so many half bits */
#define HALF_BIT_NS  5000 /* 100 kHz, at most */
#define BITS_TO_FREE 9u

static void wait_ns(long ns)
{
    const struct timespec time = {.tv_nsec = ns};
    nanosleep(&time, NULL);
}

/* ---- by the controller ---- */

/* 0 when all 'bits' of GMBUS2 are 'value'; -ENXIO: no answer; -EIO: not in time. */
static int await_bus(struct hw_device *dev, uint32_t bits, uint32_t value)
{
    for (unsigned i = 0; i < BUS_STEPS; i++) {
        const uint32_t status = hw_read(dev, GMBUS2);
        if ((status & GMBUS2_NO_ANSWER) != 0) {
            return -ENXIO;
        }
        if ((status & bits) == value) {
            return 0;
        }
        wait_ns(STEP_NS);
    }
    return -EIO;
}

static int read_words(struct hw_device *dev, uint8_t block[EDID_BLOCK])
{
    for (unsigned i = 0; i < EDID_BLOCK; i += 4) {
        int error = await_bus(dev, GMBUS2_READY, GMBUS2_READY);
        if (error != 0) {
            return error;
        }
        const uint32_t word = hw_read(dev, GMBUS3);
        for (unsigned j = 0; j < 4; j++) {
            block[i + j] = (uint8_t)(word >> 8 * j);
        }
    }
    return await_bus(dev, GMBUS2_WAIT_PHASE, GMBUS2_WAIT_PHASE);
}

static int read_by_controller(struct hw_device *dev, uint8_t block[EDID_BLOCK])
{
    /* Firmware that has it gives it back soon; one that died with it never does. */
    for (unsigned i = 0; i < BUS_STEPS && (hw_read(dev, GMBUS2) & GMBUS2_IN_USE) != 0; i++) {
        wait_ns(STEP_NS);
    }
    hw_write(dev, GMBUS1, GMBUS1_CLEAR);
    hw_write(dev, GMBUS1, 0);
    hw_write(dev, GMBUS0, GMBUS0_PORT_ANALOG);
    hw_write(dev, GMBUS1,
             GMBUS1_READY | GMBUS1_CYCLE_WAIT | GMBUS1_CYCLE_INDEX | EDID_BLOCK << COUNT_SHIFT |
                 SLAVE << SLAVE_SHIFT | GMBUS1_READ);
    int error = read_words(dev, block);
    if (error == 0) {
        hw_write(dev, GMBUS1, GMBUS1_READY | GMBUS1_CYCLE_STOP);
        error = await_bus(dev, GMBUS2_ACTIVE, 0) == -EIO ? -EIO : 0;
    }
    if (error != 0) {
        hw_write(dev, GMBUS1, GMBUS1_CLEAR);
        hw_write(dev, GMBUS1, 0);
    }
    hw_write(dev, GMBUS0, 0);
    hw_write(dev, GMBUS2, GMBUS2_IN_USE);
    return error;
}

/* ---- by hand ---- */

/* Lets a wire go, which the pull-up then raises, or pulls it down. */
static void set_wire(struct hw_device *dev, unsigned wire, bool high)
{
    const uint32_t kept = hw_read(dev, GPIO_ANALOG) & (GPIO_NO_PULL_UP << GPIO_CLOCK_SHIFT |
                                                       GPIO_NO_PULL_UP << GPIO_DATA_SHIFT);
    const uint32_t bits = GPIO_DIRECTION_SET | (high ? 0 : (uint32_t)GPIO_DRIVEN | GPIO_VALUE_SET);
    hw_write(dev, GPIO_ANALOG, kept | bits << wire);
    (void)hw_read(dev, GPIO_ANALOG);
    wait_ns(HALF_BIT_NS);
}

static bool get_wire(struct hw_device *dev, unsigned wire)
{
    return (hw_read(dev, GPIO_ANALOG) >> wire & GPIO_VALUE_IN) != 0;
}

/* The slave may hold the clock down until it is ready. */
static int raise_clock(struct hw_device *dev)
{
    set_wire(dev, GPIO_CLOCK_SHIFT, true);
    for (unsigned i = 0; i < STRETCHES; i++) {
        if (get_wire(dev, GPIO_CLOCK_SHIFT)) {
            return 0;
        }
        wait_ns(HALF_BIT_NS);
    }
    return -EIO;
}

static int move_bit(struct hw_device *dev, bool out, bool *in)
{
    set_wire(dev, GPIO_DATA_SHIFT, out);
    int error = raise_clock(dev);
    *in = error == 0 && get_wire(dev, GPIO_DATA_SHIFT);
    set_wire(dev, GPIO_CLOCK_SHIFT, false);
    return error;
}

static int send_byte(struct hw_device *dev, uint8_t byte)
{
    bool in = true;
    int error = 0;
    for (unsigned i = 0; i < 8 && error == 0; i++) {
        error = move_bit(dev, (byte >> (7 - i) & 1) != 0, &in);
    }
    error = error == 0 ? move_bit(dev, true, &in) : error;
    return error != 0 ? error : in ? -ENXIO : 0;
}

static int receive_byte(struct hw_device *dev, bool last, uint8_t *byte)
{
    bool in = false;
    int error = 0;
    *byte = 0;
    for (unsigned i = 0; i < 8 && error == 0; i++) {
        error = move_bit(dev, true, &in);
        *byte = (uint8_t)(*byte << 1 | in);
    }
    return error == 0 ? move_bit(dev, last, &in) : error;
}

/* Also in the midst of a transfer. */
static int begin(struct hw_device *dev)
{
    set_wire(dev, GPIO_DATA_SHIFT, true);
    int error = raise_clock(dev);
    set_wire(dev, GPIO_DATA_SHIFT, false);
    set_wire(dev, GPIO_CLOCK_SHIFT, false);
    return error;
}

static void end(struct hw_device *dev)
{
    set_wire(dev, GPIO_DATA_SHIFT, false);
    (void)raise_clock(dev);
    set_wire(dev, GPIO_DATA_SHIFT, true);
}

/* A slave that was left within a byte gives the data wire back after as many clocks. */
static void free_bus(struct hw_device *dev)
{
    bool in = false;
    for (unsigned i = 0; i < BITS_TO_FREE && !in; i++) {
        if (move_bit(dev, true, &in) != 0) {
            return;
        }
    }
}

static int read_by_hand(struct hw_device *dev, uint8_t block[EDID_BLOCK])
{
    free_bus(dev);
    int error = begin(dev);
    error = error == 0 ? send_byte(dev, SLAVE << 1) : error;
    error = error == 0 ? send_byte(dev, 0) : error;
    error = error == 0 ? begin(dev) : error;
    error = error == 0 ? send_byte(dev, SLAVE << 1 | 1) : error;
    for (unsigned i = 0; i < EDID_BLOCK && error == 0; i++) {
        error = receive_byte(dev, i == EDID_BLOCK - 1, &block[i]);
    }
    end(dev);
    return error;
}

/* ---- both ---- */

static bool is_block(const uint8_t block[EDID_BLOCK])
{
    return block[0] == 0 && block[1] == 0xff && edid_sums_up(block);
}

typedef int read_function(struct hw_device *dev, uint8_t block[EDID_BLOCK]);

static int try_some(read_function *read, struct hw_device *dev, uint8_t block[EDID_BLOCK])
{
    int error = -EIO;
    for (unsigned i = 0; i < TRIES; i++) {
        error = read(dev, block);
        if (error == -EIO) {
            return error; /* once more is no use */
        }
        if (error == 0) {
            error = is_block(block) ? 0 : -EBADMSG;
        }
        if (error == 0) {
            return 0;
        }
    }
    return error;
}

int ddc_read(struct hw_device *dev, uint8_t block[EDID_BLOCK])
{
    int error = try_some(read_by_controller, dev, block);
    return error == -EIO ? try_some(read_by_hand, dev, block) : error;
}
