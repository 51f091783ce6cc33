/* SPDX-License-Identifier: MIT */
/* Ternary raster operations: a result for each bit of pattern, source and destination. */
#ifndef GEMD_HW_MODEL_ROP_H
#define GEMD_HW_MODEL_ROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROP_ZERO 0x00u
#define ROP_COPY 0xccu
#define ROP_FILL 0xf0u
#define ROP_ONE  0xffu

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

/*
 * out = rop(pattern, source, destination), bit by bit; where mask (NULL: everywhere) has a 0, the
 * destination's bit. Sizes in bytes, nothing need be aligned; out may be the destination. Operands
 * that the operation does not use are not read, the destination only without a mask.
 */
void rop_run(uint8_t rop, const uint8_t *pattern, const uint8_t *source, const uint8_t *destination,
             const uint8_t *mask, uint8_t *out, size_t size);

#endif
