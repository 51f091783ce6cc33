/* SPDX-License-Identifier: MIT */
/* Sampling by the compiled code itself, of the kinds in struct jit_texture. */
#ifndef GEMD_HW_MODEL_RENDER_JIT_SAMPLE_H
#define GEMD_HW_MODEL_RENDER_JIT_SAMPLE_H

#include "hw/model/render/jit/emit.h"

struct sample {
    const struct jit_texture *key;
    LLVMValueRef texture; /* its struct texture */
    LLVMValueRef u, v;
    LLVMValueRef bias; /* NULL: none */
};

/* Two channels in each lane (vs), as struct packed of kernel_filter.h. */
struct packed_values {
    LLVMValueRef rb, ag;
};

/* One level, from its struct level (filter.c). */
struct packed_values emit_filter(struct emit *e, const struct sample *s, LLVMValueRef level);
/* By weights of 8 bits, in lanes whose other bits are of no matter. */
struct packed_values emit_mix(struct emit *e, const struct packed_values *a,
                              const struct packed_values *b, LLVMValueRef weight);

/* The level of detail, and the number of the level that it asks for first (vi, level.c). */
struct detail {
    LLVMValueRef lod, level;
};
struct detail emit_detail(struct emit *e, const struct sample *s);

/*
 * Whether a texture instruction is sampled here, at least where the texture's memory and the level
 * of detail are simple enough. The sampler of struct kernel does the rest: 'call' emits its call
 * for the chunk and returns its results.
 */
bool samples_inline(const struct emit *e, const struct instruction *in);
void emit_sample(struct emit *e, const struct sample *s, LLVMValueRef rgba[4],
                 void (*call)(void *context, LLVMValueRef rgba[4]), void *context);

#endif
