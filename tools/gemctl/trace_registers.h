/* SPDX-License-Identifier: MIT */
/* What registers are called, and what of them says nothing when two traces are compared. */
#ifndef GEMD_TOOLS_GEMCTL_TRACE_REGISTERS_H
#define GEMD_TOOLS_GEMCTL_TRACE_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_NAME_MAX 32
#define TRACE_MMIO     (512u << 10)
#define TRACE_CONFIG   256u

/* The model's name for it, with a number where there are several; "" where it knows none. */
void trace_register_name(uint32_t reg, char name[TRACE_NAME_MAX]);

/* Bits 31:16 of what is written say which of 15:0 change. */
bool trace_register_is_masked(uint32_t reg);

/* Bits that are cleared by writing 1 to them, and so are no state. */
uint32_t trace_register_events(uint32_t reg);

/* Bits that depend on the moment, on what was drawn, or on what hangs at the ports. */
uint32_t trace_register_excused(uint32_t reg);

/* Whether each read takes something away, so that it cannot be made twice. */
bool trace_register_is_queue(uint32_t reg);

/* Whether what configuration space says there is the chip's own, and no firmware's or bus's. */
bool trace_config_is_fixed(uint32_t offset);

#endif
