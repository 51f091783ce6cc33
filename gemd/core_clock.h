/* SPDX-License-Identifier: MIT */
/*
 * The clock of the display engine's core, which a pipe's dot clock must stay below (gen3.md B.8).
 */
#ifndef GEMD_CORE_CLOCK_H
#define GEMD_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"

/* As firmware has set it; what cannot be told is taken for the slowest that the chip has. */
uint32_t core_clock_khz(struct hw_device *dev);

/* Whether pipe A must take two pixels a clock for this dot clock. */
bool core_clock_wants_double(struct hw_device *dev, uint32_t dot_khz);

#endif
