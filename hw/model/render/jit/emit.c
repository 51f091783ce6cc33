/* SPDX-License-Identifier: MIT */
/* Values, memory and the loop over a block's chunks. */
#include "hw/model/render/jit/emit.h"

LLVMValueRef const_int(struct emit *e, int32_t value)
{
    return splat(e, LLVMConstInt(e->i32, (uint32_t)value, false));
}

LLVMValueRef const_float(struct emit *e, float value)
{
    return splat(e, LLVMConstReal(e->f32, (double)value));
}

LLVMValueRef splat(struct emit *e, LLVMValueRef scalar)
{
    if (LLVMIsConstant(scalar)) {
        LLVMValueRef all[LANES];
        for (unsigned i = 0; i < e->lanes; i++) {
            all[i] = scalar;
        }
        return LLVMConstVector(all, e->lanes);
    }
    LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(scalar), e->lanes);
    LLVMValueRef first = LLVMBuildInsertElement(e->b, LLVMGetUndef(type), scalar,
                                                LLVMConstInt(e->i32, 0, false), "");
    return LLVMBuildShuffleVector(e->b, first, LLVMGetUndef(type), LLVMConstNull(e->vi), "");
}

LLVMValueRef offset_pointer(struct emit *e, LLVMValueRef base, uint64_t bytes)
{
    LLVMValueRef index = LLVMConstInt(e->i64, bytes, false);
    return LLVMBuildInBoundsGEP2(e->b, e->i8, base, &index, 1, "");
}

LLVMValueRef load_scalar(struct emit *e, LLVMTypeRef type, LLVMValueRef base, uint64_t bytes)
{
    return LLVMBuildLoad2(e->b, type, offset_pointer(e, base, bytes), "");
}

LLVMValueRef load_splat(struct emit *e, LLVMValueRef base, uint64_t bytes)
{
    return splat(e, load_scalar(e, e->f32, base, bytes));
}

void chunks_begin(struct emit *e)
{
    LLVMValueRef zero = LLVMConstInt(e->i32, 0, false);
    e->perspective = NULL;
    e->chunk = e->collected = zero;
    e->registers = e->worker;
    if (e->lanes == LANES) {
        return;
    }
    e->at_x = e->at_y = NULL;
    e->before_loop = LLVMGetInsertBlock(e->b);
    e->loop = LLVMAppendBasicBlockInContext(e->context, e->function, "chunk");
    LLVMBuildBr(e->b, e->loop);
    LLVMPositionBuilderAtEnd(e->b, e->loop);
    e->chunk = LLVMBuildPhi(e->b, e->i32, "");
    e->collected = LLVMBuildPhi(e->b, e->i32, "");
    LLVMAddIncoming(e->chunk, &zero, &e->before_loop, 1);
    LLVMAddIncoming(e->collected, &zero, &e->before_loop, 1);
    LLVMValueRef bytes =
        LLVMBuildMul(e->b, e->chunk, LLVMConstInt(e->i32, 4 * e->lanes, false), "");
    e->registers = LLVMBuildInBoundsGEP2(e->b, e->i8, e->worker, &bytes, 1, "");
}

LLVMValueRef chunks_end(struct emit *e, LLVMValueRef truths)
{
    LLVMValueRef bits = truths != NULL ? bits_of_mask(e, truths) : LLVMConstInt(e->i32, 0, false);
    if (e->lanes == LANES) {
        return bits;
    }
    LLVMValueRef lanes = LLVMConstInt(e->i32, e->lanes, false);
    bits = LLVMBuildShl(e->b, bits, LLVMBuildMul(e->b, e->chunk, lanes, ""), "");
    LLVMValueRef collected = LLVMBuildOr(e->b, bits, e->collected, "");
    LLVMValueRef next = LLVMBuildAdd(e->b, e->chunk, LLVMConstInt(e->i32, 1, false), "");
    LLVMValueRef again =
        LLVMBuildICmp(e->b, LLVMIntNE, next, LLVMConstInt(e->i32, LANES / e->lanes, false), "");
    LLVMBasicBlockRef end = LLVMGetInsertBlock(e->b);
    LLVMBasicBlockRef after = LLVMAppendBasicBlockInContext(e->context, e->function, "chunks");
    LLVMBuildCondBr(e->b, again, e->loop, after);
    LLVMAddIncoming(e->chunk, &next, &end, 1);
    LLVMAddIncoming(e->collected, &collected, &end, 1);
    LLVMPositionBuilderAtEnd(e->b, after);
    return collected;
}

LLVMValueRef chunk_mask(struct emit *e)
{
    LLVMValueRef lanes = LLVMConstInt(e->i32, e->lanes, false);
    LLVMValueRef bits = LLVMBuildLShr(e->b, e->mask, LLVMBuildMul(e->b, e->chunk, lanes, ""), "");
    bits = LLVMBuildTrunc(e->b, bits, LLVMIntTypeInContext(e->context, e->lanes), "");
    return LLVMBuildBitCast(e->b, bits, e->vm, "");
}

LLVMValueRef chunk_bits(struct emit *e)
{
    if (e->lanes == LANES) {
        return e->mask;
    }
    LLVMValueRef all = LLVMConstInt(e->i32, (1u << e->lanes) - 1, false);
    LLVMValueRef lanes = LLVMConstInt(e->i32, e->lanes, false);
    all = LLVMBuildShl(e->b, all, LLVMBuildMul(e->b, e->chunk, lanes, ""), "");
    return LLVMBuildAnd(e->b, e->mask, all, "");
}

LLVMValueRef bits_of_mask(struct emit *e, LLVMValueRef mask)
{
    LLVMTypeRef type = LLVMIntTypeInContext(e->context, e->lanes);
    return LLVMBuildZExt(e->b, LLVMBuildBitCast(e->b, mask, type, ""), e->i32, "");
}

static LLVMBasicBlockRef append_block(struct emit *e)
{
    return LLVMAppendBasicBlockInContext(e->context, e->function, "");
}

/* What is seldom done is moved out of the way, and registers are kept for the rest. */
static void set_likely(struct emit *e, LLVMValueRef branch)
{
    LLVMMetadataRef weights[] = {
        LLVMMDStringInContext2(e->context, "branch_weights", 14),
        LLVMValueAsMetadata(LLVMConstInt(e->i32, 1000, false)),
        LLVMValueAsMetadata(LLVMConstInt(e->i32, 1, false)),
    };
    LLVMMetadataRef node = LLVMMDNodeInContext2(e->context, weights, 3);
    LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(e->context, "prof", 4),
                    LLVMMetadataAsValue(e->context, node));
}

void branch_begin(struct emit *e, struct branch *branch, LLVMValueRef likely)
{
    LLVMBasicBlockRef first = append_block(e);
    branch->other = append_block(e);
    branch->after = append_block(e);
    set_likely(e, LLVMBuildCondBr(e->b, likely, first, branch->other));
    LLVMPositionBuilderAtEnd(e->b, first);
}

void branch_else(struct emit *e, struct branch *branch)
{
    branch->likely_end = LLVMGetInsertBlock(e->b);
    LLVMBuildBr(e->b, branch->after);
    LLVMPositionBuilderAtEnd(e->b, branch->other);
}

void branch_end(struct emit *e, struct branch *branch)
{
    branch->other_end = LLVMGetInsertBlock(e->b);
    LLVMBuildBr(e->b, branch->after);
    LLVMPositionBuilderAtEnd(e->b, branch->after);
}

LLVMValueRef branch_value(struct emit *e, const struct branch *branch, LLVMValueRef likely,
                          LLVMValueRef other)
{
    LLVMValueRef value = LLVMBuildPhi(e->b, LLVMTypeOf(likely), "");
    LLVMValueRef values[] = {likely, other};
    LLVMBasicBlockRef blocks[] = {branch->likely_end, branch->other_end};
    LLVMAddIncoming(value, values, blocks, 2);
    return value;
}

void end_block(struct emit *e, LLVMValueRef result)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e->b);
    LLVMAddIncoming(e->block_result, &result, &here, 1);
    LLVMBuildBr(e->b, e->next_block);
}

void end_block_if_none(struct emit *e)
{
    LLVMValueRef zero = LLVMConstInt(e->i32, 0, false);
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e->b), some = append_block(e);
    LLVMValueRef none = LLVMBuildICmp(e->b, LLVMIntEQ, e->mask, zero, "");
    LLVMAddIncoming(e->block_result, &zero, &here, 1);
    LLVMBuildCondBr(e->b, none, e->next_block, some);
    LLVMPositionBuilderAtEnd(e->b, some);
}
