/* SPDX-License-Identifier: MIT */
/* The order of the stages: that of shade() in kernel.c. */
#include "hw/model/render/jit/emit.h"

static LLVMValueRef room_for(struct emit *e, unsigned registers)
{
    LLVMTypeRef type = LLVMArrayType(LLVMVectorType(e->f32, LANES), registers);
    LLVMValueRef room = LLVMBuildAlloca(e->b, type, "");
    LLVMSetAlignment(room, sizeof(v16f));
    return room;
}

static void begin_function(struct emit *e, const char *name)
{
    LLVMTypeRef types[] = {e->pointer, e->pointer, e->pointer, e->pointer, e->i32};
    e->function = LLVMAddFunction(e->module, name, LLVMFunctionType(e->i32, types, 5, false));
    const unsigned nounwind = LLVMGetEnumAttributeKindForName("nounwind", 8);
    LLVMAddAttributeAtIndex(e->function, LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(e->context, nounwind, 0));
    LLVMPositionBuilderAtEnd(e->b, LLVMAppendBasicBlockInContext(e->context, e->function, "entry"));
    e->worker = LLVMGetParam(e->function, 0);
    e->draw = LLVMGetParam(e->function, 1);
    e->planes = LLVMGetParam(e->function, 2);
    e->coordinates = room_for(e, 4);
    e->result = room_for(e, 4);
    e->divided = room_for(e, 1);
    e->nowhere = room_for(e, 1);
}

/* What follows is done for each block, until end_block(). */
static void begin_blocks(struct emit *e)
{
    LLVMValueRef zero = LLVMConstInt(e->i32, 0, false), one = LLVMConstInt(e->i32, 1, false);
    LLVMBasicBlockRef entry = LLVMGetInsertBlock(e->b);
    LLVMBasicBlockRef block = LLVMAppendBasicBlockInContext(e->context, e->function, "block");
    LLVMBasicBlockRef leave = LLVMAppendBasicBlockInContext(e->context, e->function, "leave");
    e->next_block = LLVMAppendBasicBlockInContext(e->context, e->function, "next");
    LLVMBuildBr(e->b, block);
    LLVMPositionBuilderAtEnd(e->b, block);
    LLVMValueRef number = LLVMBuildPhi(e->b, e->i32, "");
    LLVMPositionBuilderAtEnd(e->b, e->next_block);
    e->block_result = LLVMBuildPhi(e->b, e->i32, "");
    LLVMValueRef next = LLVMBuildAdd(e->b, number, one, "");
    LLVMValueRef more = LLVMBuildICmp(e->b, LLVMIntNE, next, LLVMGetParam(e->function, 4), "");
    LLVMBuildCondBr(e->b, more, block, leave);
    LLVMAddIncoming(number, &zero, &entry, 1);
    LLVMAddIncoming(number, &next, &e->next_block, 1);
    LLVMPositionBuilderAtEnd(e->b, leave);
    LLVMBuildRet(e->b, e->block_result);
    LLVMPositionBuilderAtEnd(e->b, block);
    LLVMValueRef offset = LLVMBuildZExt(e->b, number, e->i64, "");
    offset =
        LLVMBuildMul(e->b, offset, LLVMConstInt(e->i64, sizeof(struct covered_block), false), "");
    LLVMValueRef at =
        LLVMBuildInBoundsGEP2(e->b, e->i8, LLVMGetParam(e->function, 3), &offset, 1, "");
    e->x = load_scalar(e, e->i32, at, offsetof(struct covered_block, x));
    e->y = load_scalar(e, e->i32, at, offsetof(struct covered_block, y));
    e->mask = load_scalar(e, e->i32, at, offsetof(struct covered_block, mask));
}

static LLVMValueRef plane_depth(struct emit *e)
{
    return emit_plane(e, offsetof(struct planes, z0), offsetof(struct planes, zx),
                      offsetof(struct planes, zy));
}

static void emit_early_depth(struct emit *e)
{
    chunks_begin(e);
    LLVMValueRef pass = emit_depth(e, chunk_mask(e), plane_depth(e));
    e->mask = chunks_end(e, pass);
    end_block_if_none(e);
}

/* The worker's registers oC and oD take the result. */
static void emit_outputs(struct emit *e, const struct outputs *outputs)
{
    for (unsigned c = 0; c < 5; c++) {
        LLVMValueRef value = c < 4 ? outputs->rgba[c] : outputs->depth;
        const unsigned reg = c < 4 ? REG_OC + c : REG_OD + 3;
        if (value != NULL) {
            LLVMValueRef at = offset_pointer(e, e->registers, sizeof(v16f) * reg);
            LLVMSetAlignment(LLVMBuildStore(e->b, value, at), 4 * e->lanes);
        }
    }
    LLVMValueRef bits = chunks_end(e, outputs->alive);
    end_block(e, outputs->alive != NULL ? LLVMBuildAnd(e->b, e->mask, bits, "") : e->mask);
}

static void emit_merge(struct emit *e, struct outputs *outputs)
{
    const struct pixel_state *pixel = &e->key->pixel;
    LLVMValueRef mask = chunk_mask(e);
    if (outputs->alive != NULL) {
        mask = LLVMBuildAnd(e->b, mask, outputs->alive, "");
    }
    if (pixel->alpha_test) {
        mask = emit_alpha_test(e, mask, outputs->rgba[3]);
    }
    if (!pixel->early && pixel->uses_depth) {
        mask = emit_depth(e, mask, outputs->depth != NULL ? outputs->depth : plane_depth(e));
    }
    if (pixel->color_write) {
        emit_color(e, mask, outputs->rgba);
    }
    (void)chunks_end(e, NULL);
}

void emit_function(struct emit *e, const char *name)
{
    const struct pixel_state *pixel = &e->key->pixel;
    const bool whole = e->key->whole;
    begin_function(e, name);
    begin_blocks(e);
    if (whole && pixel->early && pixel->uses_depth) {
        emit_early_depth(e);
    }
    if (!whole || !pixel->early || pixel->color_write) {
        struct outputs outputs;
        emit_program(e, &outputs);
        if (!whole) {
            emit_outputs(e, &outputs);
            return;
        }
        emit_merge(e, &outputs);
    }
    end_block(e, LLVMConstInt(e->i32, 0, false));
}
