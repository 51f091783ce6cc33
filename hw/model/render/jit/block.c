/* SPDX-License-Identifier: MIT */
/*
 * Blocks of a target in memory. As in kernel_merge.h: a row without a pixel may lie outside the
 * buffer, one that has a pixel is read instead and nothing is written.
 */
#include "hw/model/render/jit/emit.h"

static LLVMValueRef constant64(struct emit *e, uint64_t value)
{
    return LLVMConstInt(e->i64, value, false);
}

/* A sum of ((value >> shift) & mask) * factor */
static LLVMValueRef part(struct emit *e, LLVMValueRef value, unsigned shift, uint64_t mask,
                         LLVMValueRef factor)
{
    value = LLVMBuildAShr(e->b, value, constant64(e, shift), "");
    value = LLVMBuildAnd(e->b, value, constant64(e, mask), "");
    return LLVMBuildMul(e->b, value, factor, "");
}

static LLVMValueRef tiled_offset(struct emit *e, enum gen3_tiling tiling, LLVMValueRef column,
                                 LLVMValueRef row, LLVMValueRef pitch)
{
    const unsigned row_bits = tiling == GEN3_TILED_Y ? 5 : 3;
    const unsigned column_bits = tiling == GEN3_TILED_Y ? 7 : 9;
    LLVMValueRef tile_row = LLVMBuildMul(e->b, pitch, constant64(e, UINT64_C(1) << row_bits), "");
    LLVMValueRef sum = part(e, row, row_bits, UINT64_MAX, tile_row);
    sum =
        LLVMBuildAdd(e->b, sum, part(e, column, column_bits, UINT64_MAX, constant64(e, 4096)), "");
    if (tiling == GEN3_TILED_X) {
        sum = LLVMBuildAdd(e->b, sum, part(e, row, 0, 7, constant64(e, 512)), "");
        return LLVMBuildAdd(e->b, sum, part(e, column, 0, 511, constant64(e, 1)), "");
    }
    /* columns of 16 bytes of each row */
    sum = LLVMBuildAdd(
        e->b, sum,
        part(e, column, 4, (1u << (column_bits - 4)) - 1, constant64(e, UINT64_C(16) << row_bits)),
        "");
    sum = LLVMBuildAdd(e->b, sum, part(e, row, 0, (1u << row_bits) - 1, constant64(e, 16)), "");
    return LLVMBuildAdd(e->b, sum, part(e, column, 0, 15, constant64(e, 1)), "");
}

struct block emit_block(struct emit *e, uint64_t target, enum gen3_tiling tiling, unsigned cpp)
{
    const uint64_t surface = target + offsetof(struct target, surface);
    LLVMValueRef dx = load_scalar(e, e->i32, e->draw, target + offsetof(struct target, dx));
    LLVMValueRef dy = load_scalar(e, e->i32, e->draw, target + offsetof(struct target, dy));
    LLVMValueRef column =
        LLVMBuildMul(e->b, LLVMBuildAdd(e->b, e->x, dx, ""), LLVMConstInt(e->i32, cpp, false), "");
    column = LLVMBuildZExt(e->b, column, e->i64, "");
    LLVMValueRef row = LLVMBuildSExt(e->b, LLVMBuildAdd(e->b, e->y, dy, ""), e->i64, "");
    LLVMValueRef pitch = load_scalar(e, e->i32, e->draw, surface + offsetof(struct surface, pitch));
    pitch = LLVMBuildZExt(e->b, pitch, e->i64, "");
    LLVMValueRef base =
        load_scalar(e, e->pointer, e->draw, surface + offsetof(struct surface, base));
    struct block block = {.cpp = cpp};
    LLVMValueRef offset;
    if (tiling == GEN3_LINEAR) {
        offset = LLVMBuildAdd(e->b, LLVMBuildMul(e->b, row, pitch, ""), column, "");
        block.step = pitch;
    } else {
        offset = tiled_offset(e, tiling, column, row, pitch);
        block.step = constant64(e, tiling == GEN3_TILED_X ? 512 : 16);
    }
    if (e->lanes < LANES) {
        LLVMValueRef first = LLVMBuildMul(e->b, LLVMBuildZExt(e->b, e->chunk, e->i64, ""),
                                          constant64(e, e->lanes / 4), "");
        offset = LLVMBuildAdd(e->b, offset, LLVMBuildMul(e->b, first, block.step, ""), "");
    }
    block.first = LLVMBuildGEP2(e->b, e->i8, base, &offset, 1, "");
    return block;
}

static LLVMValueRef row_at(struct emit *e, const struct block *block, LLVMValueRef number)
{
    LLVMValueRef offset = LLVMBuildMul(e->b, number, block->step, "");
    return LLVMBuildGEP2(e->b, e->i8, block->first, &offset, 1, "");
}

/* The row, where it has a pixel. */
static LLVMValueRef row_or(struct emit *e, const struct block *block, LLVMValueRef bits,
                           unsigned row, LLVMValueRef other)
{
    LLVMValueRef own =
        LLVMBuildAnd(e->b, bits, LLVMConstInt(e->i32, UINT64_C(15) << 4 * row, false), "");
    LLVMValueRef has = LLVMBuildICmp(e->b, LLVMIntNE, own, LLVMConstInt(e->i32, 0, false), "");
    return LLVMBuildSelect(e->b, has, row_at(e, block, constant64(e, row)), other, "");
}

/* A row that has a pixel; a chunk of lanes may be without any, and then must reach no memory. */
static LLVMValueRef some_row(struct emit *e, const struct block *block, LLVMValueRef bits)
{
    LLVMTypeRef types[] = {e->i32, e->i1};
    LLVMTypeRef type = LLVMFunctionType(e->i32, types, 2, false);
    LLVMValueRef function = LLVMGetNamedFunction(e->module, "llvm.cttz.i32");
    if (function == NULL) {
        function = LLVMAddFunction(e->module, "llvm.cttz.i32", type);
    }
    LLVMValueRef arguments[] = {bits, LLVMConstInt(e->i1, 0, false)};
    LLVMValueRef lane = LLVMBuildCall2(e->b, type, function, arguments, 2, "");
    LLVMValueRef row = LLVMBuildLShr(e->b, lane, LLVMConstInt(e->i32, 2, false), "");
    LLVMValueRef none = LLVMBuildICmp(e->b, LLVMIntEQ, bits, LLVMConstInt(e->i32, 0, false), "");
    return LLVMBuildSelect(e->b, none, e->nowhere,
                           row_at(e, block, LLVMBuildZExt(e->b, row, e->i64, "")), "");
}

static LLVMTypeRef row_type(struct emit *e, const struct block *block)
{
    LLVMTypeRef pixel = block->cpp == 4 ? e->i32 : block->cpp == 2 ? e->i16 : e->i8;
    return LLVMVectorType(pixel, 4);
}

/* Lanes from 'from' to from + count of one vector, or of two in a row. */
static LLVMValueRef shuffle(struct emit *e, LLVMValueRef a, LLVMValueRef b, unsigned from,
                            unsigned count)
{
    LLVMValueRef lanes[LANES];
    for (unsigned i = 0; i < count; i++) {
        lanes[i] = LLVMConstInt(e->i32, from + i, false);
    }
    return LLVMBuildShuffleVector(e->b, a, b, LLVMConstVector(lanes, count), "");
}

/* All pixels of the chunk. */
static LLVMValueRef is_full(struct emit *e, LLVMValueRef bits)
{
    LLVMValueRef full = LLVMConstInt(e->i32, (UINT64_C(1) << e->lanes) - 1, false);
    return LLVMBuildICmp(e->b, LLVMIntEQ, bits, full, "");
}

static LLVMValueRef load_rows(struct emit *e, const struct block *block, LLVMValueRef bits)
{
    const unsigned rows = e->lanes / 4;
    LLVMValueRef inside = bits != NULL ? some_row(e, block, bits) : NULL;
    LLVMValueRef all[4];
    for (unsigned r = 0; r < rows; r++) {
        LLVMValueRef at =
            bits != NULL ? row_or(e, block, bits, r, inside) : row_at(e, block, constant64(e, r));
        all[r] = LLVMBuildLoad2(e->b, row_type(e, block), at, "");
        LLVMSetAlignment(all[r], 1);
    }
    for (unsigned count = rows; count > 1; count /= 2) {
        for (unsigned i = 0; i < count / 2; i++) {
            all[i] = shuffle(e, all[2 * i], all[2 * i + 1], 0, 8 * rows / count);
        }
    }
    return LLVMBuildZExt(e->b, all[0], e->vi, "");
}

/* Most blocks are covered: their rows need not be looked at one by one. */
LLVMValueRef load_block(struct emit *e, const struct block *block, LLVMValueRef bits)
{
    struct branch branch;
    if (e->lanes == 4 || LLVMIsConstant(bits)) {
        return load_rows(e, block, NULL);
    }
    branch_begin(e, &branch, is_full(e, bits));
    LLVMValueRef full = load_rows(e, block, NULL);
    branch_else(e, &branch);
    LLVMValueRef partial = load_rows(e, block, bits);
    branch_end(e, &branch);
    return branch_value(e, &branch, full, partial);
}

static void store_rows(struct emit *e, const struct block *block, LLVMValueRef bits,
                       LLVMValueRef value)
{
    const unsigned rows = e->lanes / 4;
    for (unsigned r = 0; r < rows; r++) {
        LLVMValueRef row = rows > 1 ? shuffle(e, value, value, 4 * r, 4) : value;
        row = LLVMBuildTrunc(e->b, row, row_type(e, block), "");
        LLVMValueRef at = bits != NULL ? row_or(e, block, bits, r, e->nowhere)
                                       : row_at(e, block, constant64(e, r));
        LLVMSetAlignment(LLVMBuildStore(e->b, row, at), 1);
    }
}

void store_block(struct emit *e, const struct block *block, LLVMValueRef bits, LLVMValueRef value)
{
    struct branch branch;
    if (e->lanes == 4 || LLVMIsConstant(bits)) {
        store_rows(e, block, NULL, value);
        return;
    }
    branch_begin(e, &branch, is_full(e, bits));
    store_rows(e, block, NULL, value);
    branch_else(e, &branch);
    store_rows(e, block, bits, value);
    branch_end(e, &branch);
}
