/* SPDX-License-Identifier: MIT */
/* The functions of simd.h as IR: the same operations in the same order. */
#include <math.h>
#include <stdio.h>

#include "hw/model/render/jit/emit.h"

static LLVMValueRef bits_of(struct emit *e, LLVMValueRef a)
{
    return LLVMBuildBitCast(e->b, a, e->vi, "");
}

static LLVMValueRef float_of(struct emit *e, LLVMValueRef bits)
{
    return LLVMBuildBitCast(e->b, bits, e->vf, "");
}

/* An intrinsic of one operand, such as "llvm.floor". */
static LLVMValueRef intrinsic(struct emit *e, const char *name, LLVMValueRef a)
{
    char full[40];
    (void)snprintf(full, sizeof(full), "%s.v%uf32", name, e->lanes);
    LLVMTypeRef type = LLVMFunctionType(e->vf, &e->vf, 1, false);
    LLVMValueRef function = LLVMGetNamedFunction(e->module, full);
    if (function == NULL) {
        function = LLVMAddFunction(e->module, full, type);
    }
    return LLVMBuildCall2(e->b, type, function, &a, 1, "");
}

LLVMValueRef emit_machine(struct emit *e, const struct machine_names *names, LLVMTypeRef result,
                          LLVMValueRef *arguments, unsigned count)
{
    const char *name = e->lanes == 16 ? names->avx512 : e->lanes == 8 ? names->avx2 : names->sse2;
    LLVMTypeRef types[8];
    for (unsigned i = 0; i < count; i++) {
        types[i] = LLVMTypeOf(arguments[i]);
    }
    LLVMTypeRef type = LLVMFunctionType(result, types, count, false);
    LLVMValueRef function = LLVMGetNamedFunction(e->module, name);
    if (function == NULL) {
        function = LLVMAddFunction(e->module, name, type);
    }
    return LLVMBuildCall2(e->b, type, function, arguments, count, "");
}

/* AVX-512 has a third operand: round as always. */
static LLVMValueRef lesser_or_greater(struct emit *e, const struct machine_names *names,
                                      LLVMValueRef a, LLVMValueRef b)
{
    LLVMValueRef arguments[] = {a, b, LLVMConstInt(e->i32, 4, false)};
    return emit_machine(e, names, e->vf, arguments, e->lanes == 16 ? 3 : 2);
}

LLVMValueRef emit_min(struct emit *e, LLVMValueRef a, LLVMValueRef b)
{
    static const struct machine_names names = {"llvm.x86.sse.min.ps", "llvm.x86.avx.min.ps.256",
                                               "llvm.x86.avx512.min.ps.512"};
    return lesser_or_greater(e, &names, a, b);
}

LLVMValueRef emit_max(struct emit *e, LLVMValueRef a, LLVMValueRef b)
{
    static const struct machine_names names = {"llvm.x86.sse.max.ps", "llvm.x86.avx.max.ps.256",
                                               "llvm.x86.avx512.max.ps.512"};
    return lesser_or_greater(e, &names, a, b);
}

LLVMValueRef emit_saturate(struct emit *e, LLVMValueRef a)
{
    return emit_min(e, emit_max(e, a, const_float(e, 0.0f)), const_float(e, 1.0f));
}

LLVMValueRef emit_abs(struct emit *e, LLVMValueRef a)
{
    return float_of(e, LLVMBuildAnd(e->b, bits_of(e, a), const_int(e, 0x7fffffff), ""));
}

LLVMValueRef emit_truncate(struct emit *e, LLVMValueRef a)
{
    if (e->rounds) {
        return intrinsic(e, "llvm.trunc", a);
    }
    LLVMValueRef small =
        LLVMBuildFCmp(e->b, LLVMRealOLT, emit_abs(e, a), const_float(e, 8388608.0f), "");
    LLVMValueRef fitting = LLVMBuildSelect(e->b, small, a, const_float(e, 0.0f), "");
    LLVMValueRef whole =
        LLVMBuildSIToFP(e->b, LLVMBuildFPToSI(e->b, fitting, e->vi, ""), e->vf, "");
    LLVMValueRef sign = LLVMBuildAnd(e->b, bits_of(e, a), const_int(e, INT32_MIN), "");
    whole = float_of(e, LLVMBuildOr(e->b, bits_of(e, whole), sign, ""));
    return LLVMBuildSelect(e->b, small, whole, a, "");
}

LLVMValueRef emit_floor(struct emit *e, LLVMValueRef a)
{
    if (e->rounds) {
        return intrinsic(e, "llvm.floor", a);
    }
    LLVMValueRef whole = emit_truncate(e, a);
    LLVMValueRef above = LLVMBuildFCmp(e->b, LLVMRealOGT, whole, a, "");
    LLVMValueRef one = LLVMBuildSelect(e->b, above, const_float(e, 1.0f), const_float(e, 0.0f), "");
    return LLVMBuildFSub(e->b, whole, one, "");
}

/* AVX-512 has operands for a mask, and for rounding as always. */
static LLVMValueRef to_int(struct emit *e, const struct machine_names *names, LLVMValueRef a)
{
    LLVMValueRef arguments[] = {a, LLVMConstNull(e->vi), LLVMConstInt(e->i16, 0xffff, false),
                                LLVMConstInt(e->i32, 4, false)};
    return emit_machine(e, names, e->vi, arguments, e->lanes == 16 ? 4 : 1);
}

LLVMValueRef emit_round_int(struct emit *e, LLVMValueRef a)
{
    static const struct machine_names names = {"llvm.x86.sse2.cvtps2dq",
                                               "llvm.x86.avx.cvt.ps2dq.256",
                                               "llvm.x86.avx512.mask.cvtps2dq.512"};
    return to_int(e, &names, a);
}

LLVMValueRef emit_truncate_int(struct emit *e, LLVMValueRef a)
{
    static const struct machine_names names = {"llvm.x86.sse2.cvttps2dq",
                                               "llvm.x86.avx.cvtt.ps2dq.256",
                                               "llvm.x86.avx512.mask.cvttps2dq.512"};
    return to_int(e, &names, a);
}

LLVMValueRef emit_sqrt(struct emit *e, LLVMValueRef a)
{
    return intrinsic(e, "llvm.sqrt", a);
}

LLVMValueRef emit_reciprocal(struct emit *e, LLVMValueRef a)
{
    return LLVMBuildFDiv(e->b, const_float(e, 1.0f), a, "");
}

/* sum * x + c for each c */
static LLVMValueRef horner(struct emit *e, LLVMValueRef sum, LLVMValueRef x, const float *c,
                           unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        sum = LLVMBuildFAdd(e->b, LLVMBuildFMul(e->b, sum, x, ""), const_float(e, c[i]), "");
    }
    return sum;
}

/* 2^exponent for exponents that a float has. */
static LLVMValueRef power_of_two(struct emit *e, LLVMValueRef exponent)
{
    LLVMValueRef biased = LLVMBuildAdd(e->b, exponent, const_int(e, 127), "");
    return float_of(e, LLVMBuildShl(e->b, biased, const_int(e, 23), ""));
}

LLVMValueRef emit_exp2(struct emit *e, LLVMValueRef a)
{
    static const float c[] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                              1.6666665459e-1f, 5.0000001201e-1f};
    LLVMValueRef clamped =
        emit_max(e, emit_min(e, a, const_float(e, 129.0f)), const_float(e, -140.0f));
    LLVMValueRef whole = emit_floor(e, LLVMBuildFAdd(e->b, clamped, const_float(e, 0.5f), ""));
    LLVMValueRef x = LLVMBuildFMul(e->b, LLVMBuildFSub(e->b, clamped, whole, ""),
                                   const_float(e, 0.69314718056f), "");
    LLVMValueRef sum = horner(e, const_float(e, 1.9875691500e-4f), x, c, 5);
    sum = LLVMBuildFMul(e->b, LLVMBuildFMul(e->b, sum, x, ""), x, "");
    sum = LLVMBuildFAdd(e->b, LLVMBuildFAdd(e->b, sum, x, ""), const_float(e, 1.0f), "");
    LLVMValueRef exponent = LLVMBuildFPToSI(e->b, whole, e->vi, "");
    LLVMValueRef half = LLVMBuildAShr(e->b, exponent, const_int(e, 1), "");
    LLVMValueRef rest = LLVMBuildSub(e->b, exponent, half, "");
    sum = LLVMBuildFMul(e->b, sum, power_of_two(e, half), "");
    return LLVMBuildFMul(e->b, sum, power_of_two(e, rest), "");
}

LLVMValueRef emit_log2(struct emit *e, LLVMValueRef a)
{
    static const float c[] = {0.41219858f, 0.57707802f, 0.96179669f, 2.88539008f};
    LLVMValueRef absolute = emit_abs(e, a);
    LLVMValueRef bits = bits_of(e, absolute);
    LLVMValueRef shifted = LLVMBuildSub(e->b, bits, const_int(e, 0x3f3504f3), "");
    LLVMValueRef exponent =
        LLVMBuildSIToFP(e->b, LLVMBuildAShr(e->b, shifted, const_int(e, 23), ""), e->vf, "");
    LLVMValueRef high = LLVMBuildAnd(e->b, shifted, const_int(e, (int32_t)0xff800000), "");
    LLVMValueRef m = float_of(e, LLVMBuildSub(e->b, bits, high, ""));
    LLVMValueRef one = const_float(e, 1.0f);
    LLVMValueRef t =
        LLVMBuildFDiv(e->b, LLVMBuildFSub(e->b, m, one, ""), LLVMBuildFAdd(e->b, m, one, ""), "");
    LLVMValueRef t2 = LLVMBuildFMul(e->b, t, t, "");
    LLVMValueRef sum = horner(e, const_float(e, 0.3205989f), t2, c, 4);
    LLVMValueRef result = LLVMBuildFAdd(e->b, LLVMBuildFMul(e->b, sum, t, ""), exponent, "");
    LLVMValueRef endless = LLVMBuildICmp(e->b, LLVMIntSGE, bits, const_int(e, 0x7f800000), "");
    result = LLVMBuildSelect(e->b, endless, absolute, result, "");
    LLVMValueRef tiny = LLVMBuildICmp(e->b, LLVMIntSLT, bits, const_int(e, 0x00800000), "");
    return LLVMBuildSelect(e->b, tiny, const_float(e, -INFINITY), result, "");
}
