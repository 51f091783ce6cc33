/* SPDX-License-Identifier: MIT */
/* Texture instructions without a call: levels, and the way out where a case is not simple. */
#include "hw/model/render/jit/sample.h"

bool samples_inline(const struct emit *e, const struct instruction *in)
{
    /* a quad must not lie in two chunks, and SSE2 lacks instructions */
    return !e->calls_samplers && e->lanes >= 8 &&
           e->program->sample_type[in->sampler] == SAMPLE_2D &&
           e->key->texture[in->sampler].sampling != JIT_CALL;
}

/* No lane of a (vi) differs from 'all' (i32). */
static LLVMValueRef is_uniform(struct emit *e, LLVMValueRef a, LLVMValueRef all)
{
    LLVMValueRef differs = LLVMBuildICmp(e->b, LLVMIntNE, a, splat(e, all), "");
    return LLVMBuildICmp(e->b, LLVMIntEQ, bits_of_mask(e, differs), LLVMConstInt(e->i32, 0, false),
                         "");
}

static LLVMValueRef level_at(struct emit *e, const struct sample *s, LLVMValueRef number)
{
    LLVMValueRef offset = LLVMBuildZExt(e->b, number, e->i64, "");
    offset = LLVMBuildMul(e->b, offset, LLVMConstInt(e->i64, sizeof(struct level), false), "");
    LLVMValueRef first = offset_pointer(e, s->texture, offsetof(struct texture, level));
    return LLVMBuildInBoundsGEP2(e->b, e->i8, first, &offset, 1, "");
}

static LLVMValueRef limit_level(struct emit *e, LLVMValueRef number, LLVMValueRef last)
{
    LLVMValueRef zero = LLVMConstInt(e->i32, 0, false);
    LLVMValueRef above = LLVMBuildICmp(e->b, LLVMIntSGT, number, last, "");
    number = LLVMBuildSelect(e->b, above, last, number, "");
    LLVMValueRef below = LLVMBuildICmp(e->b, LLVMIntSLT, number, zero, "");
    return LLVMBuildSelect(e->b, below, zero, number, "");
}

/* The two levels that the lanes are between; one where that is enough. */
static struct packed_values between_levels(struct emit *e, const struct sample *s, LLVMValueRef lod,
                                           LLVMValueRef number, LLVMValueRef last)
{
    struct packed_values fine = emit_filter(e, s, level_at(e, s, number));
    LLVMValueRef fraction = LLVMBuildAnd(e->b, lod, const_int(e, 255), "");
    LLVMValueRef on_level = is_uniform(e, fraction, LLVMConstInt(e->i32, 0, false));
    LLVMValueRef has_next = LLVMBuildICmp(e->b, LLVMIntSLT, number, last, "");
    struct branch branch;
    branch_begin(e, &branch, LLVMBuildAnd(e->b, has_next, LLVMBuildNot(e->b, on_level, ""), ""));
    LLVMValueRef next = LLVMBuildAdd(e->b, number, LLVMConstInt(e->i32, 1, false), "");
    const struct packed_values coarse = emit_filter(e, s, level_at(e, s, next));
    const struct packed_values mixed = emit_mix(e, &fine, &coarse, fraction);
    branch_else(e, &branch);
    branch_end(e, &branch);
    return (struct packed_values){branch_value(e, &branch, mixed.rb, fine.rb),
                                  branch_value(e, &branch, mixed.ag, fine.ag)};
}

static LLVMValueRef channel(struct emit *e, LLVMValueRef pair, bool high)
{
    LLVMValueRef value = LLVMBuildBitCast(e->b, pair, e->vi, "");
    value = high ? LLVMBuildLShr(e->b, value, const_int(e, 16), "")
                 : LLVMBuildAnd(e->b, value, const_int(e, 0xffff), "");
    return LLVMBuildFMul(e->b, LLVMBuildSIToFP(e->b, value, e->vf, ""),
                         const_float(e, 1.0f / 32640.0f), "");
}

static void finish(struct emit *e, const struct sample *s, const struct packed_values *packed,
                   LLVMValueRef rgba[4])
{
    rgba[0] = channel(e, packed->rb, !s->key->swapped);
    rgba[1] = channel(e, packed->ag, false);
    rgba[2] = channel(e, packed->rb, s->key->swapped);
    rgba[3] = s->key->opaque ? const_float(e, 1.0f) : channel(e, packed->ag, true);
}

/* Levels that all lanes agree on; 'simple' says at run time whether it is so. */
struct choice {
    LLVMValueRef simple, lod, number, last;
};

static struct choice choose_level(struct emit *e, const struct sample *s)
{
    const uint64_t surface = offsetof(struct texture, surface);
    LLVMValueRef base =
        load_scalar(e, e->pointer, s->texture, surface + offsetof(struct surface, base));
    struct choice choice = {.simple = LLVMBuildIsNotNull(e->b, base, "")};
    if (s->key->sampling == JIT_PLAIN) {
        choice.number = load_scalar(e, e->i32, s->texture, offsetof(struct texture, fixed_level));
        return choice;
    }
    const struct detail detail = emit_detail(e, s);
    LLVMValueRef levels = load_scalar(e, e->i32, s->texture, offsetof(struct texture, levels));
    LLVMValueRef first =
        LLVMBuildExtractElement(e->b, detail.level, LLVMConstInt(e->i32, 0, false), "");
    choice.last = LLVMBuildSub(e->b, levels, LLVMConstInt(e->i32, 1, false), "");
    choice.simple = LLVMBuildAnd(e->b, choice.simple, is_uniform(e, detail.level, first), "");
    choice.number = limit_level(e, first, choice.last);
    choice.lod = detail.lod;
    return choice;
}

void emit_sample(struct emit *e, const struct sample *s, LLVMValueRef rgba[4],
                 void (*call)(void *context, LLVMValueRef rgba[4]), void *context)
{
    const struct choice choice = choose_level(e, s);
    struct branch branch;
    LLVMValueRef called[4];
    branch_begin(e, &branch, choice.simple);
    const struct packed_values packed =
        s->key->sampling == JIT_MIXED ? between_levels(e, s, choice.lod, choice.number, choice.last)
                                      : emit_filter(e, s, level_at(e, s, choice.number));
    finish(e, s, &packed, rgba);
    branch_else(e, &branch);
    call(context, called);
    branch_end(e, &branch);
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] = branch_value(e, &branch, rgba[c], called[c]);
    }
}
