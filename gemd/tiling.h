/* SPDX-License-Identifier: MIT */
/*
 * What a buffer's tiling may be, and the fence register that would say it to the hardware
 * (doc/gen3.md A.7).
 *
 * A tiled buffer's place in the GTT is always as large and as aligned as its register needs, on all
 * chips: then a register never covers what is somebody else's. What is beyond its own pages names
 * the scratch page.
 */
#ifndef GEMD_TILING_H
#define GEMD_TILING_H

#include <stdint.h>

#include "hw/device.h"
#include "hw/gen3/surface.h"
#include "proto/protocol.h"

#define TILING_PITCH_MAX 8192u
#define TILING_SIZE_MAX  (128ull << 20) /* the largest register */

/*
 * Whether a buffer of 'size' bytes can be tiled so; tiling is enum gemd_tiling, as the client says
 * it, and *walk the chip's. 0, -EINVAL or -EOPNOTSUPP with field, rule and numbers.
 */
__attribute__((warn_unused_result)) int tiling_check(const struct hw_device *dev, uint32_t tiling,
                                                     uint32_t pitch, uint64_t size,
                                                     enum gen3_tiling *walk,
                                                     char text[GEMD_TEXT_MAX]);

/* enum gemd_tiling. */
uint32_t tiling_on_wire(enum gen3_tiling walk);

/* Pages of the GTT for a tiled buffer: what a register covers, and a multiple of which it starts.
 */
uint32_t tiling_span(uint64_t size);

/* The register's value, but for where it starts. */
uint32_t tiling_register(enum gen3_tiling walk, uint32_t pitch, uint32_t span);

#endif
