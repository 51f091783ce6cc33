/* SPDX-License-Identifier: MIT */
/* Ternary raster operations: a result for each bit of pattern, source and destination. */
#ifndef GEMD_HW_MODEL_ROP_H
#define GEMD_HW_MODEL_ROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROP_COPY 0xccu
#define ROP_FILL 0xf0u

/* Whether the result depends on the operand. */
static inline bool rop_uses_pattern(uint8_t rop)
{
    return (rop >> 4) != (rop & 15u);
}

static inline bool rop_uses_source(uint8_t rop)
{
    return (rop >> 2 & 0x33u) != (rop & 0x33u);
}

static inline bool rop_uses_destination(uint8_t rop)
{
    return (rop >> 1 & 0x55u) != (rop & 0x55u);
}

/* destination = rop(pattern, source, destination), bit by bit; sizes in bytes, buffers aligned. */
void rop_run(uint8_t rop, const uint8_t *pattern, const uint8_t *source, uint8_t *destination,
             size_t size);

#endif
