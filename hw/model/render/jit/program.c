/* SPDX-License-Identifier: MIT */
/*
 * Interpolation and instructions. Texture instructions call the sampler: they cut the program into
 * parts. Inside a part values are in machine registers; what a later part reads is stored in the
 * worker's.
 */
#include "hw/model/render/jit/sample.h"

#define TEXTURES_MAX 32
#define INLINE_MAX   16 /* texture instructions; each takes the compiler ten milliseconds or more */

enum { LIVE_OLD = 1, LIVE_RESULT = 2 };

struct values {
    struct emit *e;
    LLVMValueRef value[REG_COUNT]; /* known in this part */
    bool dirty[REG_COUNT];         /* and not in the worker's register */
    bool stored[REG_COUNT];        /* in the worker's register, since some part */
    int slot[REG_COUNT];           /* of interpolated and flat inputs; or -1 */
    bool has_divided;
    LLVMValueRef killed; /* by this part, or NULL */
    unsigned textures;
    bool parts;                            /* there is more than one */
    uint8_t live[TEXTURES_MAX][REG_COUNT]; /* read after the texture instruction */
};

/* ---- registers in memory ---- */

static LLVMValueRef load_lanes(struct emit *e, LLVMValueRef pointer)
{
    LLVMValueRef value = LLVMBuildLoad2(e->b, e->vf, pointer, "");
    LLVMSetAlignment(value, 4 * e->lanes);
    return value;
}

static void store_lanes(struct emit *e, LLVMValueRef value, LLVMValueRef pointer)
{
    LLVMSetAlignment(LLVMBuildStore(e->b, value, pointer), 4 * e->lanes);
}

static LLVMValueRef register_at(struct emit *e, unsigned reg)
{
    return offset_pointer(e, e->registers, sizeof(v16f) * reg);
}

/* The chunk's part of something that has all lanes. */
static LLVMValueRef chunk_of(struct emit *e, LLVMValueRef base, unsigned reg)
{
    LLVMValueRef bytes =
        LLVMBuildMul(e->b, e->chunk, LLVMConstInt(e->i32, 4 * e->lanes, false), "");
    LLVMValueRef at = LLVMBuildInBoundsGEP2(e->b, e->i8, base, &bytes, 1, "");
    return offset_pointer(e, at, sizeof(v16f) * reg);
}

/* ---- inputs ---- */

static void find_position(struct emit *e)
{
    if (e->at_x != NULL) {
        return;
    }
    LLVMValueRef columns[LANES], rows[LANES];
    for (unsigned i = 0; i < e->lanes; i++) {
        columns[i] = LLVMConstReal(e->f32, i % 4);
        rows[i] = LLVMConstReal(e->f32, i / 4);
    }
    LLVMValueRef rows_here = LLVMConstVector(rows, e->lanes);
    if (e->lanes < LANES) {
        LLVMValueRef first =
            LLVMBuildMul(e->b, e->chunk, LLVMConstInt(e->i32, e->lanes / 4, false), "");
        first = LLVMBuildSIToFP(e->b, first, e->f32, "");
        rows_here = LLVMBuildFAdd(e->b, rows_here, splat(e, first), "");
    }
    LLVMValueRef x =
        LLVMBuildFSub(e->b, LLVMBuildSIToFP(e->b, e->x, e->f32, ""),
                      load_scalar(e, e->f32, e->planes, offsetof(struct planes, x0)), "");
    LLVMValueRef y =
        LLVMBuildFSub(e->b, LLVMBuildSIToFP(e->b, e->y, e->f32, ""),
                      load_scalar(e, e->f32, e->planes, offsetof(struct planes, y0)), "");
    e->at_x = LLVMBuildFAdd(e->b, LLVMConstVector(columns, e->lanes), splat(e, x), "");
    e->at_y = LLVMBuildFAdd(e->b, rows_here, splat(e, y), "");
}

LLVMValueRef emit_plane(struct emit *e, uint64_t a0, uint64_t ax, uint64_t ay)
{
    find_position(e);
    LLVMValueRef x = LLVMBuildFMul(e->b, load_splat(e, e->planes, ax), e->at_x, "");
    LLVMValueRef y = LLVMBuildFMul(e->b, load_splat(e, e->planes, ay), e->at_y, "");
    LLVMValueRef sum = LLVMBuildFAdd(e->b, load_splat(e, e->planes, a0), x, "");
    return LLVMBuildFAdd(e->b, sum, y, "");
}

/* 1 / interpolated 1/w; computed once for all parts. */
static LLVMValueRef divided(struct values *v)
{
    struct emit *e = v->e;
    if (e->perspective != NULL) {
        return e->perspective;
    }
    if (v->has_divided) {
        e->perspective = load_lanes(e, chunk_of(e, e->divided, 0));
        return e->perspective;
    }
    e->perspective =
        emit_reciprocal(e, emit_plane(e, offsetof(struct planes, w0), offsetof(struct planes, wx),
                                      offsetof(struct planes, wy)));
    if (v->parts) {
        store_lanes(e, e->perspective, chunk_of(e, e->divided, 0));
    }
    return e->perspective;
}

static LLVMValueRef interpolate(struct values *v, unsigned slot)
{
    struct emit *e = v->e;
    const struct jit_key *key = e->key;
    const unsigned smooth = key->linear + key->perspective;
    const uint64_t stride = (smooth + 3u) & ~3u;
    const uint64_t first = offsetof(struct planes, slot);
    if (slot >= smooth) {
        return load_splat(e, e->planes, first + 4 * (3 * stride + slot - smooth));
    }
    LLVMValueRef value = emit_plane(e, first + 4 * (uint64_t)slot, first + 4 * (stride + slot),
                                    first + 4 * (2 * stride + slot));
    return slot < key->linear ? value : LLVMBuildFMul(e->b, value, divided(v), "");
}

static LLVMValueRef fetch(struct values *v, unsigned reg)
{
    struct emit *e = v->e;
    if (reg == REG_ZERO || reg == REG_ONE) {
        return const_float(e, reg == REG_ONE ? 1.0f : 0.0f);
    }
    if (reg >= REG_CONSTANT) {
        return load_splat(e, e->draw, offsetof(struct draw, constant) + 4 * (reg - REG_CONSTANT));
    }
    if (reg < REG_T || reg >= REG_OC || v->stored[reg]) {
        return load_lanes(e, register_at(e, reg));
    }
    if (v->slot[reg] < 0) {
        return load_splat(e, e->draw, offsetof(struct draw, fallback) + 4 * (reg - REG_T));
    }
    v->dirty[reg] = true;
    return interpolate(v, (unsigned)v->slot[reg]);
}

static LLVMValueRef get(struct values *v, unsigned reg)
{
    if (v->value[reg] == NULL) {
        v->value[reg] = fetch(v, reg);
    }
    return v->value[reg];
}

static void set(struct values *v, unsigned reg, LLVMValueRef value)
{
    v->value[reg] = value;
    v->dirty[reg] = true;
    v->stored[reg] = false;
}

static void store(struct values *v, unsigned reg)
{
    store_lanes(v->e, get(v, reg), register_at(v->e, reg));
    v->dirty[reg] = false;
    v->stored[reg] = true;
}

/* ---- instructions ---- */

static LLVMValueRef operand(struct values *v, const struct instruction *in, unsigned o, unsigned i)
{
    LLVMValueRef value = get(v, in->src[o][i]);
    return in->negate[o][i] != 0 ? LLVMBuildFNeg(v->e->b, value, "") : value;
}

static LLVMValueRef product(struct values *v, const struct instruction *in, unsigned i)
{
    return LLVMBuildFMul(v->e->b, operand(v, in, 0, i), operand(v, in, 1, i), "");
}

static LLVMValueRef truth(struct emit *e, LLVMRealPredicate predicate, LLVMValueRef a,
                          LLVMValueRef b)
{
    return LLVMBuildSelect(e->b, LLVMBuildFCmp(e->b, predicate, a, b, ""), const_float(e, 1.0f),
                           const_float(e, 0.0f), "");
}

/* One value for all channels. */
static LLVMValueRef scalar_result(struct values *v, const struct instruction *in)
{
    struct emit *e = v->e;
    const unsigned components = in->code == OP_DP4 ? 4 : in->code == OP_DP3 ? 3 : 2;
    LLVMValueRef sum;
    switch (in->code) {
    case OP_RCP:
        return emit_reciprocal(e, operand(v, in, 0, 0));
    case OP_RSQ:
        return emit_reciprocal(e, emit_sqrt(e, emit_abs(e, operand(v, in, 0, 0))));
    case OP_EXP:
        return emit_exp2(e, operand(v, in, 0, 0));
    case OP_LOG:
        return emit_log2(e, operand(v, in, 0, 0));
    default:
        sum = product(v, in, 0);
        for (unsigned i = 1; i < components; i++) {
            sum = LLVMBuildFAdd(e->b, sum, product(v, in, i), "");
        }
        return in->code == OP_DP2ADD ? LLVMBuildFAdd(e->b, sum, operand(v, in, 2, 0), "") : sum;
    }
}

static LLVMValueRef channel_result(struct values *v, const struct instruction *in, unsigned i)
{
    struct emit *e = v->e;
    LLVMValueRef a = operand(v, in, 0, i);
    LLVMValueRef b = instruction_sources(in, 1) != 0 ? operand(v, in, 1, i) : NULL;
    LLVMValueRef c = instruction_sources(in, 2) != 0 ? operand(v, in, 2, i) : NULL;
    switch (in->code) {
    case OP_ADD:
        return LLVMBuildFAdd(e->b, a, b, "");
    case OP_MUL:
        return LLVMBuildFMul(e->b, a, b, "");
    case OP_MAD:
        return LLVMBuildFAdd(e->b, LLVMBuildFMul(e->b, a, b, ""), c, "");
    case OP_FRC:
        return LLVMBuildFSub(e->b, a, emit_floor(e, a), "");
    case OP_CMP:
        return LLVMBuildSelect(e->b, LLVMBuildFCmp(e->b, LLVMRealOGE, a, const_float(e, 0.0f), ""),
                               b, c, "");
    case OP_MIN:
        return emit_min(e, a, b);
    case OP_MAX:
        return LLVMBuildSelect(e->b, LLVMBuildFCmp(e->b, LLVMRealOGE, a, b, ""), a, b, "");
    case OP_FLR:
        return emit_floor(e, a);
    case OP_MOD:
        return LLVMBuildFSub(e->b, a, emit_truncate(e, a), "");
    case OP_TRC:
        return emit_truncate(e, a);
    case OP_SGE:
        return truth(e, LLVMRealOGE, a, b);
    case OP_SLT:
        return truth(e, LLVMRealOLT, a, b);
    default:
        return a;
    }
}

static bool is_scalar(const struct instruction *in)
{
    return (in->code >= OP_DP2ADD && in->code <= OP_DP4) ||
           (in->code >= OP_RCP && in->code <= OP_LOG);
}

static void emit_arithmetic(struct values *v, const struct instruction *in)
{
    LLVMValueRef result[4];
    for (unsigned i = 0; i < in->count; i++) {
        result[i] = i > 0 && is_scalar(in) ? result[0]
                    : is_scalar(in)        ? scalar_result(v, in)
                                           : channel_result(v, in, i);
    }
    for (unsigned i = 0; i < in->count; i++) {
        set(v, in->dst[i], in->saturate ? emit_saturate(v->e, result[i]) : result[i]);
    }
}

static void emit_texkill(struct values *v, const struct instruction *in)
{
    struct emit *e = v->e;
    const unsigned channels = e->key->texkill_4d ? 4 : 3;
    for (unsigned c = 0; c < channels; c++) {
        LLVMValueRef negative =
            LLVMBuildFCmp(e->b, LLVMRealOLT, get(v, in->src[0][c]), const_float(e, 0.0f), "");
        v->killed = v->killed != NULL ? LLVMBuildOr(e->b, v->killed, negative, "") : negative;
    }
}

/* ---- parts ---- */

/* How many coordinates the sampler looks at. */
static unsigned coordinates(const struct emit *e, const struct instruction *in)
{
    const bool flat = e->program->sample_type[in->sampler] == SAMPLE_2D;
    return flat && !(e->key->shadow & 1u << in->sampler) ? 2 : 3;
}

static void begin_part(struct values *v)
{
    memset(v->value, 0, sizeof(v->value));
    memset(v->dirty, 0, sizeof(v->dirty));
    v->killed = NULL;
    chunks_begin(v->e);
}

/* Pixels that live when the part is over; returns where there is none. */
static void end_part(struct values *v)
{
    struct emit *e = v->e;
    LLVMValueRef alive = v->killed != NULL ? LLVMBuildNot(e->b, v->killed, "") : NULL;
    v->has_divided |= e->perspective != NULL;
    LLVMValueRef bits = chunks_end(e, alive);
    if (alive != NULL) {
        e->mask = LLVMBuildAnd(e->b, e->mask, bits, "");
        end_block_if_none(e);
    }
}

/* Where struct kernel keeps the sampler that suits the texture. */
static LLVMValueRef find_sampler(struct emit *e, LLVMValueRef texture)
{
    LLVMValueRef sampling = load_scalar(e, e->i8, texture, offsetof(struct texture, sampling));
    LLVMValueRef kernel = load_scalar(e, e->pointer, e->worker, offsetof(struct worker, kernel));
    LLVMValueRef table = offset_pointer(e, kernel, offsetof(struct kernel, sample));
    LLVMValueRef index = LLVMBuildZExt(e->b, sampling, e->i64, "");
    LLVMValueRef at = LLVMBuildInBoundsGEP2(e->b, e->pointer, table, &index, 1, "");
    return LLVMBuildLoad2(e->b, e->pointer, at, "");
}

static LLVMValueRef find_texture(struct emit *e, const struct instruction *in)
{
    return load_scalar(e, e->pointer, e->draw,
                       offsetof(struct draw, texture) + sizeof(void *) * in->sampler);
}

/* For the pixels of the mask; returns those that live. */
static LLVMValueRef call_sampler(struct emit *e, const struct instruction *in, LLVMValueRef mask)
{
    LLVMTypeRef types[] = {e->pointer, e->pointer, e->i32, e->pointer, e->pointer, e->pointer};
    LLVMTypeRef type = LLVMFunctionType(e->i32, types, 6, false);
    LLVMValueRef texture = find_texture(e, in);
    LLVMValueRef bias = in->code == OP_TEXLDB ? offset_pointer(e, e->coordinates, 3 * sizeof(v16f))
                                              : LLVMConstNull(e->pointer);
    LLVMValueRef arguments[] = {e->worker, texture, mask, e->coordinates, bias, e->result};
    return LLVMBuildCall2(e->b, type, find_sampler(e, texture), arguments, 6, "");
}

/* Coordinates, and the bias last. */
struct address {
    LLVMValueRef at[3], bias;
};

static struct address find_address(struct values *v, const struct instruction *in)
{
    struct emit *e = v->e;
    struct address address = {.bias = NULL};
    LLVMValueRef inverse = in->code == OP_TEXLDP ? emit_reciprocal(e, get(v, in->src[0][3])) : NULL;
    for (unsigned c = 0; c < coordinates(e, in); c++) {
        LLVMValueRef value = get(v, in->src[0][c]);
        address.at[c] = inverse != NULL ? LLVMBuildFMul(e->b, value, inverse, "") : value;
    }
    if (in->code == OP_TEXLDB) {
        address.bias = get(v, in->src[0][3]);
    }
    return address;
}

static void store_address(struct emit *e, const struct instruction *in,
                          const struct address *address)
{
    for (unsigned c = 0; c < coordinates(e, in); c++) {
        store_lanes(e, address->at[c], chunk_of(e, e->coordinates, c));
    }
    if (address->bias != NULL) {
        store_lanes(e, address->bias, chunk_of(e, e->coordinates, 3));
    }
}

/* The call for one chunk, where it cannot be sampled inline. */
struct chunk_call {
    struct emit *e;
    const struct instruction *in;
    const struct address *address;
};

static void call_for_chunk(void *context, LLVMValueRef rgba[4])
{
    const struct chunk_call *call = context;
    struct emit *e = call->e;
    store_address(e, call->in, call->address);
    (void)call_sampler(e, call->in, chunk_bits(e));
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] = load_lanes(e, chunk_of(e, e->result, c));
    }
}

static void emit_texture_inline(struct values *v, const struct instruction *in, const uint8_t *live)
{
    struct emit *e = v->e;
    const struct address address = find_address(v, in);
    const struct sample sample = {.key = &e->key->texture[in->sampler],
                                  .texture = find_texture(e, in),
                                  .u = address.at[0],
                                  .v = address.at[1],
                                  .bias = address.bias};
    struct chunk_call call = {e, in, &address};
    LLVMValueRef rgba[4];
    emit_sample(e, &sample, rgba, call_for_chunk, &call);
    for (unsigned i = 0; i < 4; i++) {
        if (live[in->dst[i]] == LIVE_RESULT) {
            set(v, in->dst[i], in->saturate ? emit_saturate(e, rgba[i]) : rgba[i]);
        }
    }
}

static void emit_texture(struct values *v, const struct instruction *in, const uint8_t *live)
{
    struct emit *e = v->e;
    for (unsigned reg = 0; reg < REG_CONSTANT; reg++) {
        if (v->dirty[reg] && live[reg] == LIVE_OLD) {
            store(v, reg);
        }
    }
    const struct address address = find_address(v, in);
    store_address(e, in, &address);
    end_part(v);
    LLVMValueRef mask = call_sampler(e, in, e->mask);
    if (e->key->texture_kills) {
        e->mask = mask;
        end_block_if_none(e);
    }
    begin_part(v);
    for (unsigned i = 0; i < 4; i++) {
        if (live[in->dst[i]] == LIVE_RESULT) {
            LLVMValueRef texel = load_lanes(e, chunk_of(e, e->result, i));
            set(v, in->dst[i], in->saturate ? emit_saturate(e, texel) : texel);
        }
    }
}

static bool is_texture(const struct instruction *in)
{
    return in->code >= OP_TEXLD && in->code != OP_TEXKILL;
}

/* What is read after each texture instruction, and whether that is its own result. */
static void find_live(struct values *v)
{
    const struct program *program = v->e->program;
    uint8_t live[REG_COUNT] = {0};
    for (unsigned c = 0; c < 4; c++) {
        live[program->output[c]] = LIVE_OLD;
    }
    live[REG_OD + 3] = program->writes_depth ? LIVE_OLD : 0;
    unsigned texture = v->textures;
    for (unsigned n = program->count; n-- > 0;) {
        const struct instruction *in = &program->code[n];
        const bool samples = is_texture(in);
        uint8_t *record = samples ? v->live[--texture] : NULL;
        if (samples) {
            memcpy(record, live, sizeof(live));
        }
        for (unsigned i = 0; i < in->count; i++) {
            if (samples) {
                record[in->dst[i]] = live[in->dst[i]] ? LIVE_RESULT : 0;
            }
            live[in->dst[i]] = 0;
        }
        for (unsigned o = 0; o < 3; o++) {
            for (unsigned i = instruction_sources(in, o); i-- > 0;) {
                live[in->src[o][i]] = LIVE_OLD;
            }
        }
    }
}

static void find_slots(struct values *v)
{
    const struct jit_key *key = v->e->key;
    for (unsigned reg = 0; reg < REG_COUNT; reg++) {
        v->slot[reg] = -1;
    }
    for (unsigned i = 0; i < key->linear + key->perspective + key->flat; i++) {
        v->slot[key->reg[i]] = (int)i;
    }
}

static void count_textures(struct values *v)
{
    struct emit *e = v->e;
    for (unsigned n = 0; n < e->program->count; n++) {
        v->textures += is_texture(&e->program->code[n]);
    }
    e->calls_samplers = v->textures > INLINE_MAX;
    for (unsigned n = 0; n < e->program->count; n++) {
        const struct instruction *in = &e->program->code[n];
        v->parts |= is_texture(in) && !samples_inline(e, in);
    }
}

void emit_program(struct emit *e, struct outputs *outputs)
{
    const struct program *program = e->program;
    const struct jit_key *key = e->key;
    struct values v = {.e = e};
    count_textures(&v);
    find_slots(&v);
    find_live(&v);
    begin_part(&v);
    unsigned texture = 0;
    for (unsigned n = 0; n < program->count; n++) {
        const struct instruction *in = &program->code[n];
        if (in->code < OP_TEXLD) {
            emit_arithmetic(&v, in);
        } else if (in->code == OP_TEXKILL) {
            emit_texkill(&v, in);
        } else if (samples_inline(e, in)) {
            emit_texture_inline(&v, in, v.live[texture++]);
        } else {
            emit_texture(&v, in, v.live[texture++]);
        }
    }
    for (unsigned c = 0; c < 4; c++) {
        LLVMValueRef value = get(&v, program->output[c]);
        outputs->rgba[c] = program->output_negate[c] != 0 ? LLVMBuildFNeg(e->b, value, "") : value;
    }
    for (unsigned i = 0; i < key->linear + key->perspective + key->flat; i++) {
        if (key->reg[i] >= REG_FOG) { /* not for the program */
            store_lanes(e, interpolate(&v, i), register_at(e, key->reg[i]));
        }
    }
    outputs->depth = program->writes_depth ? get(&v, REG_OD + 3) : NULL;
    outputs->alive = v.killed != NULL ? LLVMBuildNot(e->b, v.killed, "") : NULL;
}
