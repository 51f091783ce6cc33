/* SPDX-License-Identifier: MIT */
/* Level of detail, as in kernel_sample.h: integers in 1/256. */
#include "hw/model/render/jit/sample.h"

/* The lanes 'step' further in each quad, less the first ones. */
static LLVMValueRef quad_difference(struct emit *e, LLVMValueRef a, unsigned step)
{
    LLVMValueRef first[LANES], second[LANES];
    for (unsigned i = 0; i < e->lanes; i++) {
        first[i] = LLVMConstInt(e->i32, i & ~step, false);
        second[i] = LLVMConstInt(e->i32, i | step, false);
    }
    LLVMValueRef none = LLVMGetUndef(e->vf);
    LLVMValueRef from = LLVMBuildShuffleVector(e->b, a, none, LLVMConstVector(first, e->lanes), "");
    LLVMValueRef to = LLVMBuildShuffleVector(e->b, a, none, LLVMConstVector(second, e->lanes), "");
    return LLVMBuildFSub(e->b, to, from, "");
}

/* Squared texels of level 0 per pixel, one way. */
static LLVMValueRef footprint(struct emit *e, const struct sample *s, unsigned step)
{
    const uint64_t scale[2] = {offsetof(struct texture, level[0].u_scale),
                               offsetof(struct texture, level[0].v_scale)};
    LLVMValueRef sum[2];
    for (unsigned axis = 0; axis < 2; axis++) {
        LLVMValueRef d = quad_difference(e, axis == 0 ? s->u : s->v, step);
        LLVMValueRef size = LLVMBuildFMul(e->b, load_scalar(e, e->f32, s->texture, scale[axis]),
                                          LLVMConstReal(e->f32, 1.0 / 256.0), "");
        size = LLVMBuildFMul(e->b, size, size, "");
        sum[axis] = LLVMBuildFMul(e->b, LLVMBuildFMul(e->b, d, d, ""), splat(e, size), "");
    }
    return LLVMBuildFAdd(e->b, sum[0], sum[1], "");
}

static LLVMValueRef log2_half(struct emit *e, LLVMValueRef a)
{
    LLVMValueRef bits = LLVMBuildBitCast(e->b, a, e->vi, "");
    bits = LLVMBuildAnd(e->b, bits, const_int(e, 0x7fffffff), "");
    LLVMValueRef exponent = LLVMBuildLShr(e->b, bits, const_int(e, 23), "");
    exponent = LLVMBuildSub(e->b, exponent, const_int(e, 127), "");
    LLVMValueRef x = LLVMBuildAnd(e->b, bits, const_int(e, 0x007fffff), "");
    x = LLVMBuildOr(e->b, x, const_int(e, 0x3f800000), "");
    x = LLVMBuildFSub(e->b, LLVMBuildBitCast(e->b, x, e->vf, ""), const_float(e, 1.0f), "");
    static const float c[] = {0.151704f, -0.571704f, 1.42f};
    LLVMValueRef sum = const_float(e, c[0]);
    for (unsigned i = 1; i < 3; i++) {
        sum = LLVMBuildFAdd(e->b, const_float(e, c[i]), LLVMBuildFMul(e->b, x, sum, ""), "");
    }
    sum = LLVMBuildFMul(e->b, LLVMBuildFMul(e->b, x, sum, ""), const_float(e, 128.0f), "");
    sum = LLVMBuildFAdd(e->b, sum, const_float(e, 0.5f), "");
    exponent = LLVMBuildShl(e->b, exponent, const_int(e, 7), "");
    return LLVMBuildAdd(e->b, exponent, LLVMBuildFPToSI(e->b, sum, e->vi, ""), "");
}

static LLVMValueRef load_lod(struct emit *e, const struct sample *s, uint64_t offset)
{
    return splat(e, load_scalar(e, e->i32, s->texture, offset));
}

/* The sampler's, and the instruction's. */
static LLVMValueRef find_bias(struct emit *e, const struct sample *s)
{
    LLVMValueRef bias = load_lod(e, s, offsetof(struct texture, bias));
    if (s->bias == NULL) {
        return bias;
    }
    LLVMValueRef own =
        emit_max(e, emit_min(e, s->bias, const_float(e, 15.984375f)), const_float(e, -16.0f));
    own = LLVMBuildFMul(e->b, own, const_float(e, 64.0f), "");
    own = LLVMBuildShl(e->b, emit_round_int(e, emit_floor(e, own)), const_int(e, 2), "");
    return LLVMBuildAdd(e->b, bias, own, "");
}

static LLVMValueRef pick(struct emit *e, LLVMIntPredicate predicate, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildSelect(e->b, LLVMBuildICmp(e->b, predicate, a, b, ""), a, b, "");
}

static LLVMValueRef clamp_lod(struct emit *e, const struct sample *s, LLVMValueRef lod)
{
    lod = pick(e, LLVMIntSGT, lod, load_lod(e, s, offsetof(struct texture, min_lod)));
    return pick(e, LLVMIntSLT, lod, load_lod(e, s, offsetof(struct texture, max_lod)));
}

struct detail emit_detail(struct emit *e, const struct sample *s)
{
    LLVMValueRef lod = log2_half(e, emit_max(e, footprint(e, s, 1), footprint(e, s, 4)));
    lod = LLVMBuildAdd(e->b, lod, find_bias(e, s), "");
    if (s->key->preclamp) {
        lod = clamp_lod(e, s, lod);
    }
    lod = pick(e, LLVMIntSGT, lod, load_lod(e, s, offsetof(struct texture, base_level)));
    if (!s->key->preclamp) {
        lod = clamp_lod(e, s, lod);
    }
    LLVMValueRef first = lod;
    if (s->key->sampling == JIT_NEAREST) {
        first = LLVMBuildAdd(e->b, lod, const_int(e, 128), "");
    }
    return (struct detail){lod, LLVMBuildAShr(e->b, first, const_int(e, 8), "")};
}
