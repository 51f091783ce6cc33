/* SPDX-License-Identifier: MIT */
/*
 * What the files with state commands share. A command keeps what it set in struct registers; only
 * shapes and encodings that gen3 does not define stop the pipeline.
 */
#ifndef GEMD_HW_MODEL_RENDER_STATE_H
#define GEMD_HW_MODEL_RENDER_STATE_H

#include "hw/model/render/internal.h"

#define REFUSE(condition, ...)                                                                     \
    do {                                                                                           \
        if (condition) {                                                                           \
            return render_unknown(error, __VA_ARGS__);                                             \
        }                                                                                          \
    } while (0)

/* Replaces the bits of 'mask' in *old. */
static inline void merge_bits(uint32_t *old, uint32_t value, uint32_t mask)
{
    *old = (*old & ~mask) | (value & mask);
}

/* state_short.c: one-dword commands by opcode 28:24; NULL: not one of them. */
command_handler state_short_find(uint32_t header);

/* indirect.c */
enum render_status state_indirect(struct render *render, const uint32_t *dw, size_t count,
                                  struct render_error *error);

#endif
