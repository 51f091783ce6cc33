/* SPDX-License-Identifier: MIT */
/*
 * What the files of the compiler share: one function being built in LLVM's IR.
 *
 * A block's 16 lanes are processed in chunks of as many as the machine has in one register, by a
 * loop where that is fewer than all. Every operation is the one of simd.h, in the same order and
 * without contraction, so that compiled programs give the bits that interpreted ones do.
 */
#ifndef GEMD_HW_MODEL_RENDER_JIT_EMIT_H
#define GEMD_HW_MODEL_RENDER_JIT_EMIT_H

#include <llvm-c/Core.h>

#include "hw/model/render/jit/jit.h"

struct emit {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef b;
    LLVMValueRef function;
    unsigned lanes; /* of a chunk: 4, 8 or 16 */
    bool rounds;    /* the machine has instructions for floor and trunc */
    LLVMTypeRef i1, i8, i16, i32, i64, f32, pointer;
    LLVMTypeRef vf, vi, vm; /* a chunk of floats, of integers, of truths */
    LLVMTypeRef vs;         /* of pairs of 16 bits */
    LLVMValueRef worker, planes, draw;
    LLVMValueRef x, y; /* of the block at work */
    LLVMValueRef mask; /* i32, its pixels that live */

    /* room on the stack, all lanes of registers */
    LLVMValueRef coordinates; /* four, for the sampler: three and the bias */
    LLVMValueRef result;      /* four, of the sampler */
    LLVMValueRef divided;     /* one: 1 / interpolated 1/w, for later parts of the program */
    LLVMValueRef nowhere;     /* one, to be written only */

    bool calls_samplers; /* always */
    const struct jit_key *key;
    const struct program *program;

    /* the chunk at work */
    LLVMValueRef chunk;       /* i32, its number */
    LLVMValueRef registers;   /* its lanes of register 0 */
    LLVMValueRef at_x, at_y;  /* its pixels from the planes' origin, NULL: not yet computed */
    LLVMValueRef perspective; /* 1 / interpolated 1/w, NULL: not yet computed */
    LLVMValueRef collected;   /* i32, what the chunks before this one collected */
    LLVMBasicBlockRef loop, before_loop;
    LLVMBasicBlockRef next_block;
    LLVMValueRef block_result; /* i32, collected there */
    LLVMValueRef next_collected;
};

/* ---- chunks (emit.c) ---- */

/* Everything until chunks_end() is done for each chunk. */
void chunks_begin(struct emit *e);
/* 'truths' (vm, or NULL) of all chunks are collected: returned as i32, bit = lane. */
LLVMValueRef chunks_end(struct emit *e, LLVMValueRef truths);
/* The chunk's part of e->mask. */
LLVMValueRef chunk_mask(struct emit *e);
/* The same as bits of e->mask. */
LLVMValueRef chunk_bits(struct emit *e);

/*
 * Two ways that join again: likely() is emitted between branch_begin() and branch_else(), the other
 * way between that and branch_end(), after which branch_value() takes what either way has.
 */
struct branch {
    LLVMBasicBlockRef other, after, likely_end, other_end;
};
void branch_begin(struct emit *e, struct branch *branch, LLVMValueRef likely);
void branch_else(struct emit *e, struct branch *branch);
void branch_end(struct emit *e, struct branch *branch);
LLVMValueRef branch_value(struct emit *e, const struct branch *branch, LLVMValueRef likely,
                          LLVMValueRef other);

/* Ends the work on the block: always, with what the function returns; where e->mask is empty. */
void end_block(struct emit *e, LLVMValueRef result);
void end_block_if_none(struct emit *e);

/* ---- values ---- */

LLVMValueRef const_int(struct emit *e, int32_t value);
LLVMValueRef const_float(struct emit *e, float value);
LLVMValueRef splat(struct emit *e, LLVMValueRef scalar);
LLVMValueRef offset_pointer(struct emit *e, LLVMValueRef base, uint64_t bytes);
LLVMValueRef load_scalar(struct emit *e, LLVMTypeRef type, LLVMValueRef base, uint64_t bytes);
LLVMValueRef load_splat(struct emit *e, LLVMValueRef base, uint64_t bytes);

/* ---- arithmetic of simd.h (math.c) ---- */

/* An instruction of the machine by its intrinsic's name at each level; NULL: there is none. */
struct machine_names {
    const char *sse2, *avx2, *avx512;
};
LLVMValueRef emit_machine(struct emit *e, const struct machine_names *names, LLVMTypeRef result,
                          LLVMValueRef *arguments, unsigned count);

LLVMValueRef emit_min(struct emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef emit_max(struct emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef emit_saturate(struct emit *e, LLVMValueRef a);
LLVMValueRef emit_abs(struct emit *e, LLVMValueRef a);
LLVMValueRef emit_truncate(struct emit *e, LLVMValueRef a);
LLVMValueRef emit_floor(struct emit *e, LLVMValueRef a);
LLVMValueRef emit_sqrt(struct emit *e, LLVMValueRef a);
LLVMValueRef emit_reciprocal(struct emit *e, LLVMValueRef a);
LLVMValueRef emit_exp2(struct emit *e, LLVMValueRef a);
LLVMValueRef emit_log2(struct emit *e, LLVMValueRef a);
/* Towards zero; the least integer for what does not fit. */
LLVMValueRef emit_truncate_int(struct emit *e, LLVMValueRef a);
/* To the nearest integer, halves to the even one; the least integer for what does not fit. */
LLVMValueRef emit_round_int(struct emit *e, LLVMValueRef a);

/* ---- stages ---- */

/* a0 + ax * x + ay * y of the chunk's pixels; offsets of floats in struct planes (program.c) */
LLVMValueRef emit_plane(struct emit *e, uint64_t a0, uint64_t ax, uint64_t ay);
/*
 * Interpolation and instructions. Returns inside the chunks' loop of the last instructions, with
 * the outputs; 'depth' is set when the program writes it. Pixels that the last instructions kill
 * are not in 'alive' (vm, or NULL), those killed before not in e->mask.
 */
struct outputs {
    LLVMValueRef rgba[4];
    LLVMValueRef depth;
    LLVMValueRef alive;
};
void emit_program(struct emit *e, struct outputs *outputs);

/* Those of the 'mask' (vm) that pass the alpha test; the pixels' way to memory (merge.c). */
LLVMValueRef emit_alpha_test(struct emit *e, LLVMValueRef mask, LLVMValueRef alpha);
void emit_color(struct emit *e, LLVMValueRef mask, LLVMValueRef rgba[4]);
/* Depth test and write; returns the pixels of 'mask' that pass (depth.c). */
LLVMValueRef emit_depth(struct emit *e, LLVMValueRef mask, LLVMValueRef z);

/* ---- blocks of a target in memory (block.c) ---- */

/* The rows of the chunk that have pixels in 'bits' (i32, not empty; constant: all), as i32 lanes.
 */
struct block {
    LLVMValueRef first; /* address of the chunk's first row */
    LLVMValueRef step;  /* i64 bytes */
    unsigned cpp;
};
struct block emit_block(struct emit *e, uint64_t target, enum gen3_tiling tiling, unsigned cpp);
LLVMValueRef load_block(struct emit *e, const struct block *block, LLVMValueRef bits);
void store_block(struct emit *e, const struct block *block, LLVMValueRef bits, LLVMValueRef value);
/* vm as i32 */
LLVMValueRef bits_of_mask(struct emit *e, LLVMValueRef mask);
/* signed comparison by the codes of gen3.md E.3 */
LLVMValueRef emit_compare(struct emit *e, unsigned func, LLVMValueRef a, LLVMValueRef b);

/* The whole function, named 'name' (function.c). */
void emit_function(struct emit *e, const char *name);

#endif
