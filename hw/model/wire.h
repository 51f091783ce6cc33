/* SPDX-License-Identifier: MIT */
/*
 * The two wires of the analog port as software moves them (GPIO), with the monitor's EEPROM at
 * their end. See doc/gen3.md B.11. Everything here is called locked.
 */
#ifndef GEMD_HW_MODEL_WIRE_H
#define GEMD_HW_MODEL_WIRE_H

#include <stdbool.h>
#include <stdint.h>

struct model;

/* One side of a wire: a wire that nobody pulls down is high. */
struct wire_pin {
    bool driven, value, has_no_pull_up;
};

struct wire {
    struct wire_pin clock, data; /* the host's */
    bool is_clock, is_data;      /* how it left them: true is high */
    /* The EEPROM's side. */
    bool pulls;       /* it holds the data wire down */
    bool begun;       /* between a start and a stop, and it was meant */
    bool sends;       /* it has the bus */
    unsigned bit;     /* of the byte, from 0; 8 is the acknowledge */
    unsigned byte;    /* since the start; 0 is the address */
    uint8_t shift;    /* what has come of the byte */
    bool is_starting; /* the clock has not fallen since the start */
};

void model_wire_reset(struct wire *wire);
uint32_t model_gpio_read(struct model *model, uint32_t reg, unsigned index);
void model_gpio_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);

#endif
