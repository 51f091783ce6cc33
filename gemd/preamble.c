/* SPDX-License-Identifier: MIT */
/* State persists from one batch to the next (gen3.md I.1); encodings are those of section E. */
#include "gemd/preamble.h"

#include "hw/gen3/regs.h"

#define BUF_INFO            0x7d8e0001u
#define BUF_COLOUR          (3u << 24)
#define BUF_DEPTH           (7u << 24)
#define BUF_PITCH           64u
#define DST_BUF_VARS        0x7d850000u
#define DST_ARGB8888        0x10880300u /* with the biases and the preclamp that J.2 explains */
#define DRAW_RECT           0x7d800003u
#define DRAW_RECT_NO_OFFSET 0x40000000u
#define LOAD_INDIRECT       0x7d070000u
#define LOAD_STATE_ALL      0x7d040ff7u /* S0 to S7 */
#define S2_NO_TEXCOORDS     0xffffffffu
#define S4_COLOUR_XYZ       0x00902440u
#define MAP_STATE           0x7d000000u
#define SAMPLER_STATE       0x7d010000u
#define UNITS               16u
#define MAP_ARGB8888_1X1    (3u << 7)
#define CONSTANTS           0x7d060080u
#define CONSTANT_DWORDS     128u
#define CHROMA_KEY          0x7d860002u
#define CHROMA_KEYS         4u
#define PALETTE             0x7d8f000fu
#define PALETTE_DWORDS      16u

/* One dword each, with all their modify bits: what drivers change field by field starts from here.
 */
static const uint32_t modes[] = {
    0x66014140, /* lines and their edges one pixel wide */
    0x6700a770, /* rules of OpenGL, four components kill, the last vertex provokes */
    0x68804002, /* stencil one-sided */
    0x6903ffff, /* its masks */
    0x6ba008a1, /* alpha blended as colour; add, factors one and zero */
    0x6db3ffff, /* logic operation copy, stencil masks 0xff */
    0x75000000, /* colour of fog */
    0x76fac688, /* texture coordinates in order */
    0x7c800002, /* no scissor */
    0x7c880002, /* no part of the depth buffer */
};

/* Two and more, with the same operand in all dwords. */
static const struct {
    uint32_t header, dwords;
} zeros[] = {
    {0x7d810001, 2}, /* SCISSOR_RECT */
    {0x7d830000, 1}, /* STIPPLE */
    {0x7d880000, 1}, /* CONST_BLEND */
    {0x7d970000, 1}, /* DEPTH_OFFSET_SCALE */
    {0x7d980000, 1}, /* DEFAULT_Z */
    {0x7d990000, 1}, /* DEFAULT_DIFFUSE */
    {0x7d9a0000, 1}, /* DEFAULT_SPECULAR */
};

#define CLEAR_PARAMETERS 0x7d9c0005u
#define CLEAR_RECT       0x00010000u /* no zone init, and neither colour nor depth */
#define CLEAR_VALUES     5u
#define FOG_MODE         0x7d890002u
#define FOG_ALL          0x89800000u /* its modify bits */

/* oC = 0 */
static const uint32_t program[] = {0x7d050002, 0x02203c00, 0x44440000, 0};

struct writer {
    uint32_t *words;
    size_t count;
};

static void put(struct writer *writer, uint32_t dword)
{
    writer->words[writer->count++] = dword;
}

static void put_all(struct writer *writer, const uint32_t *dwords, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(writer, dwords[i]);
    }
}

static void put_zeros(struct writer *writer, size_t count)
{
    while (count-- > 0) {
        put(writer, 0);
    }
}

static void put_targets(struct writer *writer, uint32_t dummy)
{
    static const uint32_t ids[] = {BUF_COLOUR, BUF_DEPTH};
    for (unsigned i = 0; i < 2; i++) {
        put(writer, BUF_INFO);
        put(writer, ids[i] | BUF_PITCH);
        put(writer, dummy);
    }
    put(writer, DST_BUF_VARS);
    put(writer, DST_ARGB8888);
    put(writer, DRAW_RECT);
    put(writer, DRAW_RECT_NO_OFFSET);
    put_zeros(writer, 3); /* minimum, maximum and origin: the pixel 0, 0 */
}

static void put_state(struct writer *writer, uint32_t dummy)
{
    put(writer, LOAD_INDIRECT);
    put(writer, 0);
    const uint32_t state[8] = {dummy, 0, S2_NO_TEXCOORDS, 0, S4_COLOUR_XYZ, 0, 0, 0};
    put(writer, LOAD_STATE_ALL);
    put_all(writer, state, 8);
}

static void put_modes(struct writer *writer)
{
    put_all(writer, modes, sizeof(modes) / sizeof(modes[0]));
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        put(writer, zeros[i].header);
        put_zeros(writer, zeros[i].dwords);
    }
    put(writer, CLEAR_PARAMETERS);
    put(writer, CLEAR_RECT);
    put_zeros(writer, CLEAR_VALUES);
    put(writer, FOG_MODE);
    put(writer, FOG_ALL);
    put_zeros(writer, 2);
}

static void put_maps(struct writer *writer, uint32_t dummy)
{
    put(writer, MAP_STATE | 3 * UNITS);
    put(writer, (1u << UNITS) - 1);
    for (unsigned i = 0; i < UNITS; i++) {
        put(writer, dummy);
        put(writer, MAP_ARGB8888_1X1);
        put(writer, 0); /* pitch of one dword */
    }
    put(writer, SAMPLER_STATE | 3 * UNITS);
    put(writer, (1u << UNITS) - 1);
    put_zeros(writer, (size_t)3 * UNITS);
}

static void put_tables(struct writer *writer)
{
    for (uint32_t i = 0; i < CHROMA_KEYS; i++) {
        put(writer, CHROMA_KEY);
        put(writer, i << 30);
        put_zeros(writer, 2);
    }
    put(writer, PALETTE);
    put_zeros(writer, PALETTE_DWORDS);
    put(writer, CONSTANTS);
    put(writer, UINT32_MAX);
    put_zeros(writer, CONSTANT_DWORDS);
    put_all(writer, program, sizeof(program) / sizeof(program[0]));
}

size_t preamble_write(uint32_t words[PREAMBLE_DWORDS_MAX], uint32_t dummy_address)
{
    struct writer writer = {.words = words};
    put_targets(&writer, dummy_address);
    put_state(&writer, dummy_address);
    put_modes(&writer);
    put_maps(&writer, dummy_address);
    put_tables(&writer);
    put(&writer, MI_FLUSH | MI_FLUSH_MAP_CACHE);
    put(&writer, MI_BATCH_BUFFER_END);
    if (writer.count % 2 != 0) {
        put(&writer, MI_NOOP);
    }
    return writer.count;
}
