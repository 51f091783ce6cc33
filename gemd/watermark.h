/* SPDX-License-Identifier: MIT */
/*
 * When the display engine asks for more pixels: each plane has a FIFO, and a level below which it
 * fetches. Too low, and the screen flickers while memory is busy; memory that refreshes itself in
 * the meantime answers later still (doc/registers.md, gen3.md B.2 and B.5).
 *
 * Levels and sizes are lines of 64 bytes.
 */
#ifndef GEMD_WATERMARK_H
#define GEMD_WATERMARK_H

#include <stdint.h>

#include "gemd/mode.h"
#include "hw/device.h"

/* For a plane of 'fifo' lines whose pixels, of 'bytes' each, go at this clock. */
uint32_t watermark_level(uint32_t fifo, uint32_t clock_khz, uint32_t bytes);

/* For planes that are off, or plane 0 (A) or 1 (B) alone in 32 bits per pixel; before it is on. */
void watermark_set(struct hw_device *dev, const struct mode *mode, unsigned plane);

#endif
