/* SPDX-License-Identifier: MIT */
/*
 * One image of a texture of 32 bits: address modes, nearest and linear filters, with the results
 * of kernel_filter.h.
 */
#include "hw/model/render/jit/sample.h"

static LLVMValueRef as(struct emit *e, LLVMValueRef value, LLVMTypeRef type)
{
    return LLVMBuildBitCast(e->b, value, type, "");
}

/* All pairs of 16 bits of a chunk. */
static LLVMValueRef const_pairs(struct emit *e, uint32_t both)
{
    return as(e, const_int(e, (int32_t)both), e->vs);
}

/* (low half of a) * (low half of b) + (high half of a) * (high half of b) in each lane */
static LLVMValueRef multiply_pairs(struct emit *e, LLVMValueRef a, LLVMValueRef b)
{
    static const struct machine_names names = {NULL, "llvm.x86.avx2.pmadd.wd",
                                               "llvm.x86.avx512.pmaddw.d.512"};
    LLVMValueRef arguments[] = {as(e, a, e->vs), as(e, b, e->vs)};
    return emit_machine(e, &names, e->vi, arguments, 2);
}

static LLVMValueRef multiply_round(struct emit *e, LLVMValueRef a, LLVMValueRef b)
{
    static const struct machine_names names = {NULL, "llvm.x86.avx2.pmul.hr.sw",
                                               "llvm.x86.avx512.pmul.hr.sw.512"};
    LLVMValueRef arguments[] = {a, b};
    return emit_machine(e, &names, e->vs, arguments, 2);
}

/* The low byte of each lane in both of its halves, at 'shift' 0 or 8 there. */
static LLVMValueRef weight_pairs(struct emit *e, LLVMValueRef weight, unsigned shift)
{
    LLVMTypeRef type = LLVMVectorType(e->i8, 4 * e->lanes);
    LLVMValueRef order[4 * LANES];
    for (unsigned i = 0; i < 4 * e->lanes; i++) {
        const bool here = i % 2 == shift / 8;
        order[i] = LLVMConstInt(e->i32, here ? i & ~3u : 4 * e->lanes, false);
    }
    LLVMValueRef bytes = LLVMBuildShuffleVector(e->b, as(e, weight, type), LLVMConstNull(type),
                                                LLVMConstVector(order, 4 * e->lanes), "");
    return as(e, bytes, e->vs);
}

static LLVMValueRef mix_halves(struct emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef high)
{
    return LLVMBuildAdd(e->b, a, multiply_round(e, LLVMBuildSub(e->b, b, a, ""), high), "");
}

struct packed_values emit_mix(struct emit *e, const struct packed_values *a,
                              const struct packed_values *b, LLVMValueRef weight)
{
    LLVMValueRef high =
        LLVMBuildLShr(e->b, weight_pairs(e, weight, 8), const_pairs(e, 0x00010001), "");
    return (struct packed_values){mix_halves(e, a->rb, b->rb, high),
                                  mix_halves(e, a->ag, b->ag, high)};
}

/* Bytes 0 and 2 of each lane, or 1 and 3. */
static LLVMValueRef bytes_of(struct emit *e, LLVMValueRef texel, bool high)
{
    if (high) {
        return LLVMBuildLShr(e->b, as(e, texel, e->vs), const_pairs(e, 0x00080008), "");
    }
    return as(e, LLVMBuildAnd(e->b, texel, const_int(e, 0x00ff00ff), ""), e->vs);
}

struct weights {
    LLVMValueRef left, right; /* vs */
};

static LLVMValueRef mix_bytes(struct emit *e, LLVMValueRef left, LLVMValueRef right, bool high,
                              const struct weights *weights)
{
    LLVMValueRef a = LLVMBuildMul(e->b, bytes_of(e, left, high), weights->left, "");
    LLVMValueRef b = LLVMBuildMul(e->b, bytes_of(e, right, high), weights->right, "");
    return LLVMBuildLShr(e->b, LLVMBuildAdd(e->b, a, b, ""), const_pairs(e, 0x00010001), "");
}

/* Texels as they lie: above left, above right, below left, below right. */
static struct packed_values mix_four(struct emit *e, LLVMValueRef texel[4], LLVMValueRef weight_x,
                                     LLVMValueRef weight_y)
{
    LLVMValueRef right = weight_pairs(e, weight_x, 0);
    const struct weights weights = {LLVMBuildSub(e->b, const_pairs(e, 0x01000100), right, ""),
                                    right};
    const struct packed_values above = {mix_bytes(e, texel[0], texel[1], false, &weights),
                                        mix_bytes(e, texel[0], texel[1], true, &weights)};
    const struct packed_values below = {mix_bytes(e, texel[2], texel[3], false, &weights),
                                        mix_bytes(e, texel[2], texel[3], true, &weights)};
    return emit_mix(e, &above, &below, weight_y);
}

/* ---- coordinates ---- */

struct place {
    LLVMValueRef base;   /* of the image */
    LLVMValueRef factor; /* bytes of a texel | pitch << 16, of all lanes */
    LLVMValueRef last;   /* i32, the last texel: x | y << 16 */
};

static struct place find_place(struct emit *e, const struct sample *s, LLVMValueRef level)
{
    const uint64_t surface = offsetof(struct texture, surface);
    LLVMValueRef base =
        load_scalar(e, e->pointer, s->texture, surface + offsetof(struct surface, base));
    LLVMValueRef offset = load_scalar(e, e->i32, level, offsetof(struct level, offset));
    LLVMValueRef pitch =
        load_scalar(e, e->i32, s->texture, surface + offsetof(struct surface, pitch));
    pitch = LLVMBuildShl(e->b, pitch, LLVMConstInt(e->i32, 16, false), "");
    offset = LLVMBuildZExt(e->b, offset, e->i64, "");
    return (struct place){
        .base = LLVMBuildGEP2(e->b, e->i8, base, &offset, 1, ""),
        .factor = splat(e, LLVMBuildOr(e->b, pitch, LLVMConstInt(e->i32, 4, false), "")),
        .last = load_scalar(e, e->i32, level, offsetof(struct level, last))};
}

/* In each half: all bits where that axis is clamped. */
static uint32_t clamped_halves(const struct sample *s)
{
    return (s->key->clamp_u ? 0xffffu : 0) | (s->key->clamp_v ? 0xffff0000u : 0);
}

/* x | y << 16; repeated ones are brought inside. */
static LLVMValueRef join(struct emit *e, const struct sample *s, const struct place *place,
                         LLVMValueRef x, LLVMValueRef y)
{
    x = LLVMBuildAnd(e->b, x, const_int(e, 0xffff), "");
    y = LLVMBuildShl(e->b, y, const_int(e, 16), "");
    LLVMValueRef clamped = LLVMConstInt(e->i32, clamped_halves(s), false);
    LLVMValueRef inside = LLVMBuildOr(e->b, place->last, clamped, "");
    return LLVMBuildAnd(e->b, LLVMBuildOr(e->b, x, y, ""), splat(e, inside), "");
}

/* In 1/256, half a texel to the left. */
static LLVMValueRef linear_place(struct emit *e, LLVMValueRef coordinate, bool clamp,
                                 LLVMValueRef level, uint64_t scale, uint64_t end)
{
    LLVMValueRef at = LLVMBuildFMul(e->b, coordinate, load_splat(e, level, scale), "");
    if (clamp) {
        at = emit_min(e, emit_max(e, at, const_float(e, 128.0f)), load_splat(e, level, end));
    }
    return LLVMBuildSub(e->b, emit_round_int(e, at), const_int(e, 128), "");
}

static LLVMValueRef nearest_place(struct emit *e, LLVMValueRef coordinate, bool clamp,
                                  LLVMValueRef level, uint64_t scale)
{
    LLVMValueRef size = LLVMBuildFMul(e->b, load_scalar(e, e->f32, level, scale),
                                      LLVMConstReal(e->f32, 1.0 / 256.0), "");
    if (!clamp) {
        LLVMValueRef at = LLVMBuildFMul(e->b, coordinate, splat(e, size), "");
        return emit_round_int(e, emit_floor(e, at));
    }
    LLVMValueRef at = LLVMBuildFMul(e->b, emit_saturate(e, coordinate), splat(e, size), "");
    LLVMValueRef last = LLVMBuildFSub(e->b, size, LLVMConstReal(e->f32, 1.0), "");
    return LLVMBuildFPToSI(e->b, emit_min(e, at, splat(e, last)), e->vi, "");
}

/* ---- fetches ---- */

static LLVMValueRef gather(struct emit *e, const struct place *place, LLVMValueRef xy)
{
    static const struct machine_names names = {NULL, "llvm.x86.avx2.gather.d.d.256",
                                               "llvm.x86.avx512.mask.gather.dpi.512"};
    const bool wide = e->lanes == 16;
    LLVMValueRef arguments[] = {
        LLVMConstNull(e->vi), place->base, multiply_pairs(e, xy, place->factor),
        LLVMConstAllOnes(wide ? e->vm : e->vi), LLVMConstInt(wide ? e->i32 : e->i8, 1, false)};
    return emit_machine(e, &names, e->vi, arguments, 5);
}

/* Even or odd lanes of two vectors in a row. */
static LLVMValueRef every_other(struct emit *e, LLVMValueRef a, LLVMValueRef b, unsigned first)
{
    LLVMValueRef lanes[LANES];
    for (unsigned i = 0; i < e->lanes; i++) {
        lanes[i] = LLVMConstInt(e->i32, 2 * i + first, false);
    }
    return LLVMBuildShuffleVector(e->b, as(e, a, e->vi), as(e, b, e->vi),
                                  LLVMConstVector(lanes, e->lanes), "");
}

/* Two texels in a row of each lane, as doubles. */
struct pairs {
    LLVMValueRef half[2];
};

static void load_pair(struct emit *e, struct pairs *pairs, unsigned lane, LLVMValueRef base,
                      LLVMValueRef offset)
{
    LLVMValueRef at = LLVMBuildGEP2(e->b, e->i8, base, &offset, 1, "");
    LLVMValueRef pair = LLVMBuildLoad2(e->b, LLVMDoubleTypeInContext(e->context), at, "");
    LLVMSetAlignment(pair, 4);
    LLVMValueRef *half = &pairs->half[lane / (e->lanes / 2)];
    *half = LLVMBuildInsertElement(e->b, *half, pair,
                                   LLVMConstInt(e->i32, lane % (e->lanes / 2), false), "");
}

/* Inside the image the four texels are pairs in two rows. Offsets leave the vector by twos. */
static void fetch_inside(struct emit *e, const struct sample *s, const struct place *place,
                         LLVMValueRef xy, LLVMValueRef texel[4])
{
    LLVMValueRef offsets =
        as(e, multiply_pairs(e, xy, place->factor), LLVMVectorType(e->i64, e->lanes / 2));
    LLVMValueRef pitch = load_scalar(
        e, e->i32, s->texture, offsetof(struct texture, surface) + offsetof(struct surface, pitch));
    pitch = LLVMBuildZExt(e->b, pitch, e->i64, "");
    LLVMValueRef next = LLVMBuildGEP2(e->b, e->i8, place->base, &pitch, 1, "");
    LLVMValueRef none =
        LLVMGetUndef(LLVMVectorType(LLVMDoubleTypeInContext(e->context), e->lanes / 2));
    struct pairs above = {{none, none}}, below = {{none, none}};
    for (unsigned i = 0; i < e->lanes; i += 2) {
        LLVMValueRef two =
            LLVMBuildExtractElement(e->b, offsets, LLVMConstInt(e->i32, i / 2, false), "");
        LLVMValueRef offset[2] = {
            LLVMBuildAnd(e->b, two, LLVMConstInt(e->i64, UINT32_MAX, false), ""),
            LLVMBuildLShr(e->b, two, LLVMConstInt(e->i64, 32, false), "")};
        for (unsigned lane = 0; lane < 2; lane++) {
            load_pair(e, &above, i + lane, place->base, offset[lane]);
            load_pair(e, &below, i + lane, next, offset[lane]);
        }
    }
    for (unsigned side = 0; side < 2; side++) {
        texel[side] = every_other(e, above.half[0], above.half[1], side);
        texel[2 + side] = every_other(e, below.half[0], below.half[1], side);
    }
}

/* Where lanes are at the last column or row ('ends', one per half), what follows is not beside. */
static void fetch_across(struct emit *e, const struct sample *s, const struct place *place,
                         LLVMValueRef xy, LLVMValueRef ends, LLVMValueRef texel[4])
{
    LLVMValueRef low = const_int(e, 0xffff), high = const_int(e, (int32_t)0xffff0000);
    LLVMValueRef clamped = LLVMConstInt(e->i32, clamped_halves(s), false);
    LLVMValueRef at_end = splat(e, LLVMBuildAnd(e->b, place->last, clamped, ""));
    LLVMValueRef next = LLVMBuildAdd(e->b, as(e, xy, e->vs), const_pairs(e, 0x00010001), "");
    next = as(e, LLVMBuildSelect(e->b, ends, as(e, at_end, e->vs), next, ""), e->vi);
    LLVMValueRef x0 = LLVMBuildAnd(e->b, xy, low, ""), y0 = LLVMBuildAnd(e->b, xy, high, "");
    LLVMValueRef x1 = LLVMBuildAnd(e->b, next, low, ""), y1 = LLVMBuildAnd(e->b, next, high, "");
    texel[0] = gather(e, place, xy);
    texel[1] = gather(e, place, LLVMBuildOr(e->b, x1, y0, ""));
    texel[2] = gather(e, place, LLVMBuildOr(e->b, x0, y1, ""));
    texel[3] = gather(e, place, next);
}

static void fetch_four(struct emit *e, const struct sample *s, const struct place *place,
                       LLVMValueRef xy, LLVMValueRef texel[4])
{
    LLVMValueRef last = as(e, splat(e, place->last), e->vs);
    LLVMValueRef ends = LLVMBuildICmp(e->b, LLVMIntEQ, as(e, xy, e->vs), last, "");
    LLVMTypeRef bits = LLVMIntTypeInContext(e->context, 2 * e->lanes);
    struct branch branch;
    LLVMValueRef across[4];
    branch_begin(e, &branch,
                 LLVMBuildICmp(e->b, LLVMIntEQ, as(e, ends, bits), LLVMConstNull(bits), ""));
    fetch_inside(e, s, place, xy, texel);
    branch_else(e, &branch);
    fetch_across(e, s, place, xy, ends, across);
    branch_end(e, &branch);
    for (unsigned i = 0; i < 4; i++) {
        texel[i] = branch_value(e, &branch, texel[i], across[i]);
    }
}

/* ---- filters ---- */

static struct packed_values filter_linear(struct emit *e, const struct sample *s,
                                          LLVMValueRef level)
{
    const struct place place = find_place(e, s, level);
    LLVMValueRef x = linear_place(e, s->u, s->key->clamp_u, level, offsetof(struct level, u_scale),
                                  offsetof(struct level, u_end));
    LLVMValueRef y = linear_place(e, s->v, s->key->clamp_v, level, offsetof(struct level, v_scale),
                                  offsetof(struct level, v_end));
    LLVMValueRef eight = const_int(e, 8), texel[4];
    fetch_four(
        e, s, &place,
        join(e, s, &place, LLVMBuildAShr(e->b, x, eight, ""), LLVMBuildAShr(e->b, y, eight, "")),
        texel);
    return mix_four(e, texel, x, y);
}

static struct packed_values filter_nearest(struct emit *e, const struct sample *s,
                                           LLVMValueRef level)
{
    const struct place place = find_place(e, s, level);
    LLVMValueRef x =
        nearest_place(e, s->u, s->key->clamp_u, level, offsetof(struct level, u_scale));
    LLVMValueRef y =
        nearest_place(e, s->v, s->key->clamp_v, level, offsetof(struct level, v_scale));
    LLVMValueRef texel = gather(e, &place, join(e, s, &place, x, y));
    LLVMValueRef seven = const_pairs(e, 0x00070007);
    return (struct packed_values){LLVMBuildShl(e->b, bytes_of(e, texel, false), seven, ""),
                                  LLVMBuildShl(e->b, bytes_of(e, texel, true), seven, "")};
}

struct packed_values emit_filter(struct emit *e, const struct sample *s, LLVMValueRef level)
{
    return s->key->linear ? filter_linear(e, s, level) : filter_nearest(e, s, level);
}
