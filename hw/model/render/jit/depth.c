/* SPDX-License-Identifier: MIT */
/* Depth test and write, without stencil, for depths that are integers (kernel_merge.h). */
#include "hw/model/render/jit/emit.h"

LLVMValueRef emit_compare(struct emit *e, unsigned func, LLVMValueRef a, LLVMValueRef b)
{
    static const LLVMIntPredicate predicates[8] = {0,          0,          LLVMIntSLT, LLVMIntEQ,
                                                   LLVMIntSLE, LLVMIntSGT, LLVMIntNE,  LLVMIntSGE};
    if (func < 2) {
        return func == 0 ? LLVMConstAllOnes(e->vm) : LLVMConstNull(e->vm);
    }
    return LLVMBuildICmp(e->b, predicates[func & 7], a, b, "");
}

static LLVMValueRef stored_depth(struct emit *e, LLVMValueRef z)
{
    return emit_round_int(
        e, LLVMBuildFMul(e->b, emit_saturate(e, z), const_float(e, e->key->pixel.depth_scale), ""));
}

static void store_if_any(struct emit *e, const struct block *block, LLVMValueRef bits,
                         LLVMValueRef value)
{
    LLVMBasicBlockRef some = LLVMAppendBasicBlockInContext(e->context, e->function, "write");
    LLVMBasicBlockRef after = LLVMAppendBasicBlockInContext(e->context, e->function, "written");
    LLVMValueRef any = LLVMBuildICmp(e->b, LLVMIntNE, bits, LLVMConstInt(e->i32, 0, false), "");
    LLVMBuildCondBr(e->b, any, some, after);
    LLVMPositionBuilderAtEnd(e->b, some);
    store_block(e, block, bits, value);
    LLVMBuildBr(e->b, after);
    LLVMPositionBuilderAtEnd(e->b, after);
}

static LLVMValueRef test_block(struct emit *e, LLVMValueRef mask, LLVMValueRef bits, LLVMValueRef z)
{
    const struct pixel_state *pixel = &e->key->pixel;
    const bool wide = pixel->depth_bytes == 4;
    const struct block block =
        emit_block(e, offsetof(struct draw, depth), e->key->depth_tiling, pixel->depth_bytes);
    LLVMValueRef old = load_block(e, &block, bits);
    LLVMValueRef value = stored_depth(e, z);
    LLVMValueRef pass = mask;
    if (pixel->depth_test) {
        LLVMValueRef old_z = wide ? LLVMBuildAnd(e->b, old, const_int(e, 0xffffff), "") : old;
        pass = LLVMBuildAnd(e->b, pass, emit_compare(e, pixel->depth_func, value, old_z), "");
    }
    if (pixel->depth_write) {
        if (wide) {
            LLVMValueRef stencil = LLVMBuildAnd(e->b, old, const_int(e, (int32_t)0xff000000), "");
            value = LLVMBuildOr(e->b, stencil, value, "");
        }
        value = LLVMBuildSelect(e->b, pass, value, old, "");
        store_if_any(e, &block, bits_of_mask(e, pass), value);
    }
    return pass;
}

LLVMValueRef emit_depth(struct emit *e, LLVMValueRef mask, LLVMValueRef z)
{
    LLVMValueRef bits = bits_of_mask(e, mask);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(e->b);
    LLVMBasicBlockRef some = LLVMAppendBasicBlockInContext(e->context, e->function, "depth");
    LLVMBasicBlockRef after = LLVMAppendBasicBlockInContext(e->context, e->function, "tested");
    LLVMValueRef any = LLVMBuildICmp(e->b, LLVMIntNE, bits, LLVMConstInt(e->i32, 0, false), "");
    LLVMBuildCondBr(e->b, any, some, after);
    LLVMPositionBuilderAtEnd(e->b, some);
    LLVMValueRef pass = test_block(e, mask, bits, z);
    LLVMBasicBlockRef end = LLVMGetInsertBlock(e->b);
    LLVMBuildBr(e->b, after);
    LLVMPositionBuilderAtEnd(e->b, after);
    LLVMValueRef none = LLVMConstNull(e->vm);
    LLVMValueRef result = LLVMBuildPhi(e->b, e->vm, "");
    LLVMAddIncoming(result, &pass, &end, 1);
    LLVMAddIncoming(result, &none, &before, 1);
    return result;
}
