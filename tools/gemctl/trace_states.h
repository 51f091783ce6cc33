/* SPDX-License-Identifier: MIT */
/*
 * What a trace says about whoever wrote it: which registers he writes, what they hold while a
 * screen is shown and the ring runs, and in which order he gets there.
 */
#ifndef GEMD_TOOLS_GEMCTL_TRACE_STATES_H
#define GEMD_TOOLS_GEMCTL_TRACE_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/gemctl/trace_file.h"
#include "tools/gemctl/trace_registers.h"

#define TRACE_ORDER_STEPS 16

enum trace_order { TRACE_ORDER_MODE, TRACE_ORDER_RING, TRACE_ORDER_RESET, TRACE_ORDERS };

/* Values as last written; of masked registers, what has come together. */
struct trace_values {
    uint32_t values[TRACE_MMIO / 4];
};

struct trace_states {
    char chip[TRACE_CHIP_MAX];
    uint32_t writes[TRACE_MMIO / 4]; /* how many */
    struct trace_values now;
    /* At the last moment at which pipe A, the ring, and a plane that came after the ring were on.
     */
    struct trace_values shown;
    bool has_shown;
    unsigned own_planes; /* of pipe A, bits 0 and 1 */
    /* As each was gone through, modes the first time and others the last one: trace_order_step() */
    uint8_t orders[TRACE_ORDERS][TRACE_ORDER_STEPS];
    uint8_t order_steps[TRACE_ORDERS]; /* 0: never */
    uint64_t last_write[TRACE_MMIO / 4];
};

/* To be freed with free(); NULL after one line on stderr. */
struct trace_states *trace_states_read(const char *path);

/* "mode", and its steps: their registers' names. */
const char *trace_order_name(enum trace_order order);
const char *trace_order_step(enum trace_order order, unsigned step);

#endif
