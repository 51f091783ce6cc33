/* SPDX-License-Identifier: MIT */
/*
 * A pipe's clock and place: pixels since it was enabled, frames, lines, and when an event comes.
 * Pure arithmetic, exact: the dot clock stays a fraction.
 */
#ifndef GEMD_HW_MODEL_TIMING_H
#define GEMD_HW_MODEL_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/model/chipset.h"
#include "hw/model/display.h"

/*
 * The dot clock of a PLL (doc/gen3.md B.8) in Hz as numerator / denominator, from DPLL and the FP
 * register that it selects. False when it does not run.
 */
bool model_timing_dot_clock(const struct model_class *class, uint32_t dpll, uint32_t fp,
                            uint64_t *numerator, uint64_t *denominator);

/* Pixels that the pipe has sent at time 'now'. */
uint64_t model_timing_pixels(const struct display_pipe *pipe, uint64_t now);
/* The first nanosecond at which model_timing_pixels() has reached 'pixels'. */
uint64_t model_timing_when(const struct display_pipe *pipe, uint64_t pixels);

static inline uint64_t model_timing_frame_pixels(const struct display_pipe *pipe)
{
    return (uint64_t)pipe->line_pixels * pipe->lines + pipe->extra_pixels;
}

/* How often 'line' has begun when 'pixels' have been sent. */
uint64_t model_timing_passes(const struct display_pipe *pipe, uint64_t pixels, uint32_t line);
/* Pixels sent when 'line' begins for the time 'pass' (counted from 0). */
uint64_t model_timing_pass_at(const struct display_pipe *pipe, uint64_t pass, uint32_t line);
uint32_t model_timing_line(const struct display_pipe *pipe, uint64_t pixels);

#endif
