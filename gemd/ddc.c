/* SPDX-License-Identifier: MIT */
#include "gemd/ddc.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "hw/gen3/regs.h"

#define SLAVE        0x50u
#define TRIES        3u
#define COUNT_SHIFT  16
#define SLAVE_SHIFT  1
#define STEP_NS      1000000
#define BUS_STEPS    50u  /* for four bytes, which take half of one */
#define STRETCHES    20u  /* a slave may hold the clock so many steps */
#define HALF_BIT_NS  5000 /* 100 kHz, at most */
#define STRETCH_NS   100000
#define BITS_TO_FREE 9u

static void wait_ns(long ns)
{
    const struct timespec time = {.tv_nsec = ns};
    nanosleep(&time, NULL);
}

static int next(struct ddc *ddc, int (*step)(struct ddc *ddc))
{
    ddc->next = step;
    ddc->waited = 0;
    return DDC_AGAIN;
}

/* The same step again, in a while. False: it has been tried often enough. */
static bool wait_on(struct ddc *ddc, unsigned most, uint32_t pause_ns)
{
    ddc->pause_ns = pause_ns;
    return ++ddc->waited < most;
}

static int begin_by_controller(struct ddc *ddc);
static int begin_by_hand(struct ddc *ddc);

static bool is_block(const uint8_t block[EDID_BLOCK])
{
    return block[0] == 0 && block[1] == 0xff && edid_sums_up(block);
}

/* A reading has ended. Garbage and silence are asked again; a bus that hangs is not. */
static int judge(struct ddc *ddc, int error, int (*again)(struct ddc *ddc))
{
    if (error == 0 && !is_block(ddc->block)) {
        error = -EBADMSG;
    }
    if (error == 0 || error == -EIO || ++ddc->tries == TRIES) {
        return error;
    }
    return next(ddc, again);
}

/* ---- by the controller ---- */

static int end_by_controller(struct ddc *ddc, int error)
{
    if (error != 0) {
        hw_write(ddc->dev, GMBUS1, GMBUS1_CLEAR);
        hw_write(ddc->dev, GMBUS1, 0);
    }
    hw_write(ddc->dev, GMBUS0, 0);
    hw_write(ddc->dev, GMBUS2, GMBUS2_IN_USE);
    error = judge(ddc, error, begin_by_controller);
    if (error == -EIO) {
        ddc->tries = 0;
        return next(ddc, begin_by_hand);
    }
    return error;
}

static int stop_bus(struct ddc *ddc)
{
    if ((hw_read(ddc->dev, GMBUS2) & (GMBUS2_ACTIVE | GMBUS2_NO_ANSWER)) != GMBUS2_ACTIVE) {
        return end_by_controller(ddc, 0);
    }
    return wait_on(ddc, BUS_STEPS, STEP_NS) ? DDC_AGAIN : end_by_controller(ddc, -EIO);
}

/* DDC_AGAIN: not yet; 0: the bits are there; or an error. */
static int look_at_bus(struct ddc *ddc, uint32_t bits)
{
    const uint32_t status = hw_read(ddc->dev, GMBUS2);
    if ((status & GMBUS2_NO_ANSWER) != 0) {
        return -ENXIO;
    }
    if ((status & bits) == bits) {
        return 0;
    }
    return wait_on(ddc, BUS_STEPS, STEP_NS) ? DDC_AGAIN : -EIO;
}

static int await_end(struct ddc *ddc)
{
    int error = look_at_bus(ddc, GMBUS2_WAIT_PHASE);
    if (error == 0) {
        hw_write(ddc->dev, GMBUS1, GMBUS1_READY | GMBUS1_CYCLE_STOP);
        return next(ddc, stop_bus);
    }
    return error == DDC_AGAIN ? DDC_AGAIN : end_by_controller(ddc, error);
}

static int read_word(struct ddc *ddc)
{
    int error = look_at_bus(ddc, GMBUS2_READY);
    if (error != 0) {
        return error == DDC_AGAIN ? DDC_AGAIN : end_by_controller(ddc, error);
    }
    const uint32_t word = hw_read(ddc->dev, GMBUS3);
    for (unsigned i = 0; i < 4; i++) {
        ddc->block[ddc->byte++] = (uint8_t)(word >> 8 * i);
    }
    return next(ddc, ddc->byte < EDID_BLOCK ? read_word : await_end);
}

/* Firmware that has it gives it back soon; one that died with it never does. */
static int take_bus(struct ddc *ddc)
{
    struct hw_device *dev = ddc->dev;
    if ((hw_read(dev, GMBUS2) & GMBUS2_IN_USE) != 0 && wait_on(ddc, BUS_STEPS, STEP_NS)) {
        return DDC_AGAIN;
    }
    hw_write(dev, GMBUS1, GMBUS1_CLEAR);
    hw_write(dev, GMBUS1, 0);
    hw_write(dev, GMBUS0, GMBUS0_PORT_ANALOG);
    hw_write(dev, GMBUS1,
             GMBUS1_READY | GMBUS1_CYCLE_WAIT | GMBUS1_CYCLE_INDEX | EDID_BLOCK << COUNT_SHIFT |
                 SLAVE << SLAVE_SHIFT | GMBUS1_READ);
    return next(ddc, read_word);
}

static int begin_by_controller(struct ddc *ddc)
{
    ddc->byte = 0;
    return next(ddc, take_bus);
}

/* ---- by hand: stages of bits ---- */

enum { FREE, BEGIN, SELECT, POINT, BEGIN_AGAIN, SELECT_TO_READ, RECEIVE, END };

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

static int to_stage(struct ddc *ddc, unsigned stage)
{
    ddc->stage = stage;
    ddc->bit = 0;
    return DDC_AGAIN;
}

/* The bus is let go of first. */
static int give_up(struct ddc *ddc, int error)
{
    ddc->error = error;
    return to_stage(ddc, END);
}

static uint8_t byte_of_stage(unsigned stage)
{
    static const uint8_t bytes[] = {
        [SELECT] = SLAVE << 1, [POINT] = 0, [SELECT_TO_READ] = SLAVE << 1 | 1};
    return bytes[stage];
}

/* What is put on the data wire before the clock rises. A byte's ninth bit is its acknowledge. */
static bool data_of_bit(const struct ddc *ddc)
{
    switch (ddc->stage) {
    case SELECT:
    case POINT:
    case SELECT_TO_READ:
        return ddc->bit == 8 || (byte_of_stage(ddc->stage) >> (7 - ddc->bit) & 1) != 0;
    case RECEIVE:
        return ddc->bit < 8 || ddc->byte == EDID_BLOCK - 1;
    default:
        return ddc->stage != END;
    }
}

/* A slave that was left within a byte gives the data wire back after as many clocks. */
static int free_bit(struct ddc *ddc, bool in)
{
    set_wire(ddc->dev, GPIO_CLOCK_SHIFT, false);
    return in || ++ddc->bit == BITS_TO_FREE ? to_stage(ddc, BEGIN) : DDC_AGAIN;
}

/* Also in the midst of a transfer. */
static int begin_bit(struct ddc *ddc, bool in)
{
    set_wire(ddc->dev, GPIO_DATA_SHIFT, false);
    set_wire(ddc->dev, GPIO_CLOCK_SHIFT, false);
    return to_stage(ddc, ddc->stage + 1);
}

static int send_bit(struct ddc *ddc, bool in)
{
    set_wire(ddc->dev, GPIO_CLOCK_SHIFT, false);
    if (ddc->bit < 8) {
        ddc->bit++;
        return DDC_AGAIN;
    }
    return in ? give_up(ddc, -ENXIO) : to_stage(ddc, ddc->stage + 1);
}

static int receive_bit(struct ddc *ddc, bool in)
{
    uint8_t *byte = &ddc->block[ddc->byte];
    set_wire(ddc->dev, GPIO_CLOCK_SHIFT, false);
    if (ddc->bit < 8) {
        *byte = (uint8_t)(*byte << 1 | in);
        ddc->bit++;
        return DDC_AGAIN;
    }
    ddc->bit = 0;
    return ++ddc->byte == EDID_BLOCK ? to_stage(ddc, END) : DDC_AGAIN;
}

static int end_bit(struct ddc *ddc, bool in)
{
    set_wire(ddc->dev, GPIO_DATA_SHIFT, true);
    return judge(ddc, ddc->error, begin_by_hand);
}

static int move_bit(struct ddc *ddc)
{
    static int (*const bits[])(struct ddc *, bool in) = {
        [FREE] = free_bit,       [BEGIN] = begin_bit,       [SELECT] = send_bit,
        [POINT] = send_bit,      [BEGIN_AGAIN] = begin_bit, [SELECT_TO_READ] = send_bit,
        [RECEIVE] = receive_bit, [END] = end_bit,
    };
    if (!ddc->raised) {
        set_wire(ddc->dev, GPIO_DATA_SHIFT, data_of_bit(ddc));
        set_wire(ddc->dev, GPIO_CLOCK_SHIFT, true);
        ddc->raised = true;
        ddc->waited = 0;
        return DDC_AGAIN;
    }
    /* The slave may hold the clock down until it is ready. */
    const bool is_high = get_wire(ddc->dev, GPIO_CLOCK_SHIFT);
    if (!is_high && wait_on(ddc, STRETCHES, STRETCH_NS)) {
        return DDC_AGAIN;
    }
    ddc->raised = false;
    if (!is_high && ddc->stage != END) {
        return give_up(ddc, -EIO);
    }
    return bits[ddc->stage](ddc, get_wire(ddc->dev, GPIO_DATA_SHIFT));
}

static int begin_by_hand(struct ddc *ddc)
{
    ddc->byte = 0;
    ddc->error = 0;
    ddc->raised = false;
    (void)to_stage(ddc, FREE);
    return next(ddc, move_bit);
}

/* ---- both ---- */

void ddc_begin(struct ddc *ddc, struct hw_device *dev)
{
    *ddc = (struct ddc){.dev = dev, .next = begin_by_controller};
}

int ddc_step(struct ddc *ddc)
{
    ddc->pause_ns = 0;
    return ddc->next(ddc);
}

int ddc_read(struct hw_device *dev, uint8_t block[EDID_BLOCK])
{
    struct ddc ddc;
    int error;
    ddc_begin(&ddc, dev);
    while ((error = ddc_step(&ddc)) == DDC_AGAIN) {
        if (ddc.pause_ns != 0) {
            wait_ns(ddc.pause_ns);
        }
    }
    memcpy(block, ddc.block, EDID_BLOCK);
    return error;
}
