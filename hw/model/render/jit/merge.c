/* SPDX-License-Identifier: MIT */
/* Alpha test, blending, logic operation and packing, as in kernel_merge.h. */
#include "hw/model/render/jit/emit.h"

static LLVMValueRef quantise(struct emit *e, LLVMValueRef value, float max)
{
    LLVMValueRef scaled = LLVMBuildFMul(e->b, emit_saturate(e, value), const_float(e, max), "");
    return LLVMBuildFPToSI(e->b, LLVMBuildFAdd(e->b, scaled, const_float(e, 0.5f), ""), e->vi, "");
}

LLVMValueRef emit_alpha_test(struct emit *e, LLVMValueRef mask, LLVMValueRef alpha)
{
    LLVMValueRef ref = load_scalar(
        e, e->f32, e->draw, offsetof(struct draw, pixel) + offsetof(struct pixel_state, alpha_ref));
    ref = LLVMBuildFMul(e->b, ref, LLVMConstReal(e->f32, 255.0), "");
    ref = LLVMBuildFAdd(e->b, ref, LLVMConstReal(e->f32, 0.5), "");
    ref = splat(e, LLVMBuildFPToSI(e->b, ref, e->i32, ""));
    LLVMValueRef passes =
        emit_compare(e, e->key->pixel.alpha_func, quantise(e, alpha, 255.0f), ref);
    return LLVMBuildAnd(e->b, mask, passes, "");
}

/* Where the channels r g b a are in a pixel: the lowest bit, and the largest value. */
struct color_layout {
    uint8_t cpp;
    uint8_t shift[4];
    uint16_t max[4];
};

static const struct color_layout color_layouts[] = {
    [COLOR_8] = {1, {0, 0, 0, 0}, {0, 255, 0, 0}},
    [COLOR_X1555] = {2, {10, 5, 0, 15}, {31, 31, 31, 1}},
    [COLOR_565] = {2, {11, 5, 0, 0}, {31, 63, 31, 0}},
    [COLOR_8888] = {4, {16, 8, 0, 24}, {255, 255, 255, 255}},
    [COLOR_4444] = {2, {8, 4, 0, 12}, {15, 15, 15, 15}},
    [COLOR_1555] = {2, {10, 5, 0, 15}, {31, 31, 31, 1}},
    [COLOR_2101010] = {4, {20, 10, 0, 30}, {1023, 1023, 1023, 3}},
};

/* Vectors of narrower integers by an instruction that saturates: the half of a, the half of b. */
static LLVMValueRef narrow(struct emit *e, const struct machine_names *names, unsigned bits,
                           LLVMValueRef a, LLVMValueRef b)
{
    LLVMTypeRef element = LLVMIntTypeInContext(e->context, bits);
    LLVMValueRef arguments[] = {a, b};
    return emit_machine(e, names, LLVMVectorType(element, e->lanes * 32 / bits), arguments, 2);
}

/* Bytes 0 to 3 of each 16 are blue, then come red, green and alpha: to pixels. */
static LLVMValueRef interleave(struct emit *e, LLVMValueRef bytes)
{
    LLVMValueRef order[4 * LANES];
    for (unsigned i = 0; i < 4 * e->lanes; i++) {
        static const uint8_t first[4] = {0, 8, 4, 12};
        order[i] = LLVMConstInt(e->i32, (i & ~15u) + first[i & 3] + (i >> 2 & 3), false);
    }
    bytes = LLVMBuildShuffleVector(e->b, bytes, LLVMGetUndef(LLVMTypeOf(bytes)),
                                   LLVMConstVector(order, 4 * e->lanes), "");
    return LLVMBuildBitCast(e->b, bytes, e->vi, "");
}

/* Narrowing clamps to 0 what is negative, NaN too; it would do so with all that is too large. */
static LLVMValueRef pack_bytes(struct emit *e, LLVMValueRef rgba[4])
{
    static const struct machine_names words = {NULL, "llvm.x86.avx2.packusdw",
                                               "llvm.x86.avx512.packusdw.512"};
    static const struct machine_names bytes = {NULL, "llvm.x86.avx2.packuswb",
                                               "llvm.x86.avx512.packuswb.512"};
    LLVMValueRef value[4];
    for (unsigned c = 0; c < 4; c++) {
        LLVMValueRef limited = emit_min(e, const_float(e, 1.0f), rgba[c]);
        LLVMValueRef scaled = LLVMBuildFMul(e->b, limited, const_float(e, 255.0f), "");
        value[c] = emit_truncate_int(e, LLVMBuildFAdd(e->b, scaled, const_float(e, 0.5f), ""));
    }
    return interleave(e, narrow(e, &bytes, 8, narrow(e, &words, 16, value[2], value[0]),
                                narrow(e, &words, 16, value[1], value[3])));
}

static LLVMValueRef pack(struct emit *e, LLVMValueRef rgba[4])
{
    if (e->key->pixel.color_format == COLOR_8888 && e->lanes > 4) {
        return pack_bytes(e, rgba);
    }
    const struct color_layout *layout = &color_layouts[e->key->pixel.color_format];
    LLVMValueRef packed = LLVMConstNull(e->vi);
    for (unsigned c = 0; c < 4; c++) {
        if (layout->max[c] != 0) {
            LLVMValueRef bits = quantise(e, rgba[c], layout->max[c]);
            bits = LLVMBuildShl(e->b, bits, const_int(e, layout->shift[c]), "");
            packed = LLVMBuildOr(e->b, packed, bits, "");
        }
    }
    return packed;
}

static void unpack(struct emit *e, LLVMValueRef raw, LLVMValueRef rgba[4])
{
    const unsigned format = e->key->pixel.color_format;
    const struct color_layout *layout = &color_layouts[format];
    for (unsigned c = 0; c < 4; c++) {
        LLVMValueRef bits = LLVMBuildLShr(e->b, raw, const_int(e, layout->shift[c]), "");
        bits = LLVMBuildAnd(e->b, bits, const_int(e, layout->max[c]), "");
        LLVMValueRef value = LLVMBuildSIToFP(e->b, bits, e->vf, "");
        if (format == COLOR_8888) {
            rgba[c] = LLVMBuildFMul(e->b, value, const_float(e, 1.0f / 255.0f), "");
        } else if (layout->max[c] != 0) {
            rgba[c] = LLVMBuildFDiv(e->b, value, const_float(e, layout->max[c]), "");
        } else {
            rgba[c] = const_float(e, 1.0f);
        }
    }
    if (format == COLOR_8) {
        rgba[0] = rgba[2] = rgba[3] = rgba[1];
    } else if (format == COLOR_X1555) {
        rgba[3] = const_float(e, 1.0f);
    }
}

struct blend_inputs {
    LLVMValueRef src[4], dst[4];
};

static LLVMValueRef complement(struct emit *e, LLVMValueRef a)
{
    return LLVMBuildFSub(e->b, const_float(e, 1.0f), a, "");
}

static LLVMValueRef blend_constant(struct emit *e, unsigned c)
{
    return load_splat(e, e->draw,
                      offsetof(struct draw, pixel) + offsetof(struct pixel_state, blend_color) +
                          4 * c);
}

/* Odd codes from 5 to 15 and 3 are a value, the code after each one minus it. */
static LLVMValueRef blend_factor(struct emit *e, unsigned code, unsigned c,
                                 const struct blend_inputs *in)
{
    switch (code) {
    case 2:
        return const_float(e, 1.0f);
    case 3:
        return in->src[c];
    case 4:
        return complement(e, in->src[c]);
    case 5:
        return in->src[3];
    case 6:
        return complement(e, in->src[3]);
    case 7:
        return in->dst[3];
    case 8:
        return complement(e, in->dst[3]);
    case 9:
        return in->dst[c];
    case 10:
        return complement(e, in->dst[c]);
    case 11:
        return c == 3 ? const_float(e, 1.0f) : emit_min(e, in->src[3], complement(e, in->dst[3]));
    case 12:
        return blend_constant(e, c);
    case 13:
        return complement(e, blend_constant(e, c));
    case 14:
        return blend_constant(e, 3);
    case 15:
        return complement(e, blend_constant(e, 3));
    default:
        return const_float(e, 0.0f);
    }
}

static LLVMValueRef blend_channel(struct emit *e, unsigned c, const struct blend_inputs *in)
{
    const struct blend_equation *equation = c == 3 ? &e->key->pixel.alpha : &e->key->pixel.rgb;
    if (equation->func == 3) {
        return emit_min(e, in->src[c], in->dst[c]);
    }
    if (equation->func == 4) {
        return emit_max(e, in->src[c], in->dst[c]);
    }
    LLVMValueRef s = LLVMBuildFMul(e->b, in->src[c], blend_factor(e, equation->src, c, in), "");
    LLVMValueRef d = LLVMBuildFMul(e->b, in->dst[c], blend_factor(e, equation->dst, c, in), "");
    return equation->func == 0   ? LLVMBuildFAdd(e->b, s, d, "")
           : equation->func == 1 ? LLVMBuildFSub(e->b, s, d, "")
                                 : LLVMBuildFSub(e->b, d, s, "");
}

static void blend(struct emit *e, LLVMValueRef old, LLVMValueRef rgba[4])
{
    struct blend_inputs in;
    unpack(e, old, in.dst);
    for (unsigned c = 0; c < 4; c++) {
        in.src[c] = emit_saturate(e, rgba[c]);
    }
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] = blend_channel(e, c, &in);
    }
}

/* The sum of those of s & d, s & ~d, ~s & d and ~s & ~d that the code asks for. */
static LLVMValueRef logic(struct emit *e, unsigned code, LLVMValueRef s, LLVMValueRef d)
{
    static const uint8_t minterms[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
    LLVMValueRef sum = LLVMConstNull(e->vi);
    for (unsigned i = 0; i < 4; i++) {
        if (minterms[code] & 1u << i) {
            LLVMValueRef a = i & 2 ? LLVMBuildNot(e->b, s, "") : s;
            LLVMValueRef b = i & 1 ? LLVMBuildNot(e->b, d, "") : d;
            sum = LLVMBuildOr(e->b, sum, LLVMBuildAnd(e->b, a, b, ""), "");
        }
    }
    return sum;
}

/* With what is in the buffer. */
static LLVMValueRef merged(struct emit *e, LLVMValueRef mask, LLVMValueRef old,
                           LLVMValueRef rgba[4])
{
    const struct pixel_state *pixel = &e->key->pixel;
    if (pixel->blend) {
        blend(e, old, rgba);
    }
    LLVMValueRef packed = pack(e, rgba);
    if (pixel->logic_op) {
        packed = logic(e, pixel->logic_code, packed, old);
    }
    LLVMValueRef kept = LLVMBuildAnd(e->b, old, const_int(e, (int32_t)~pixel->write_bits), "");
    packed = LLVMBuildAnd(e->b, packed, const_int(e, (int32_t)pixel->write_bits), "");
    packed = LLVMBuildOr(e->b, packed, kept, "");
    return LLVMBuildSelect(e->b, mask, packed, old, "");
}

static void branch(struct emit *e, LLVMValueRef condition, LLVMBasicBlockRef *yes,
                   LLVMBasicBlockRef *no)
{
    *yes = LLVMAppendBasicBlockInContext(e->context, e->function, "");
    *no = LLVMAppendBasicBlockInContext(e->context, e->function, "");
    LLVMBuildCondBr(e->b, condition, *yes, *no);
}

/* Covered blocks need not be read. */
static void overwrite(struct emit *e, const struct block *block, LLVMValueRef mask,
                      LLVMValueRef bits, LLVMValueRef packed)
{
    LLVMBasicBlockRef whole, partial;
    const uint64_t all = (UINT64_C(1) << e->lanes) - 1;
    LLVMValueRef full = LLVMConstInt(e->i32, all, false);
    LLVMBasicBlockRef after = LLVMAppendBasicBlockInContext(e->context, e->function, "");
    branch(e, LLVMBuildICmp(e->b, LLVMIntEQ, bits, full, ""), &whole, &partial);
    LLVMPositionBuilderAtEnd(e->b, whole);
    store_block(e, block, full, packed);
    LLVMBuildBr(e->b, after);
    LLVMPositionBuilderAtEnd(e->b, partial);
    LLVMValueRef old = load_block(e, block, bits);
    store_block(e, block, bits, LLVMBuildSelect(e->b, mask, packed, old, ""));
    LLVMBuildBr(e->b, after);
    LLVMPositionBuilderAtEnd(e->b, after);
}

void emit_color(struct emit *e, LLVMValueRef mask, LLVMValueRef rgba[4])
{
    const struct pixel_state *pixel = &e->key->pixel;
    LLVMValueRef bits = bits_of_mask(e, mask);
    LLVMBasicBlockRef some, after;
    branch(e, LLVMBuildICmp(e->b, LLVMIntNE, bits, LLVMConstInt(e->i32, 0, false), ""), &some,
           &after);
    LLVMPositionBuilderAtEnd(e->b, some);
    const struct block block = emit_block(e, offsetof(struct draw, color), e->key->color_tiling,
                                          color_layouts[pixel->color_format].cpp);
    if (pixel->color_read) {
        store_block(e, &block, bits, merged(e, mask, load_block(e, &block, bits), rgba));
    } else {
        overwrite(e, &block, mask, bits, pack(e, rgba));
    }
    LLVMBuildBr(e->b, after);
    LLVMPositionBuilderAtEnd(e->b, after);
}
