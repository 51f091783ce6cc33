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
#define MAPS                16u
/* State that drivers leave out where they have no use for it, or change field by field. */
#define ALPHA_BLEND_OFF   0x6ba008a1u /* not its own; add, factors one and zero */
#define MODES_COPY        0x6db3ffffu /* logic operation copy, stencil masks 0xff */
#define STENCIL_ONE_SIDED 0x68000002u
#define SCISSOR_OFF       0x7c800002u
#define STIPPLE           0x7d830000u
#define MAP_ARGB8888_1X1  (3u << 7)

struct writer {
    uint32_t *words;
    size_t count;
};

static void put(struct writer *writer, uint32_t dword)
{
    writer->words[writer->count++] = dword;
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
    for (int i = 0; i < 3; i++) {
        put(writer, 0); /* minimum, maximum and origin: the pixel 0, 0 */
    }
}

static void put_state(struct writer *writer, uint32_t dummy)
{
    put(writer, LOAD_INDIRECT);
    put(writer, 0);
    const uint32_t state[8] = {dummy, 0, S2_NO_TEXCOORDS, 0, S4_COLOUR_XYZ, 0, 0, 0};
    put(writer, LOAD_STATE_ALL);
    for (int i = 0; i < 8; i++) {
        put(writer, state[i]);
    }
}

static void put_modes(struct writer *writer)
{
    put(writer, ALPHA_BLEND_OFF);
    put(writer, MODES_COPY);
    put(writer, STENCIL_ONE_SIDED);
    put(writer, SCISSOR_OFF);
    put(writer, STIPPLE);
    put(writer, 0);
}

static void put_maps(struct writer *writer, uint32_t dummy)
{
    put(writer, MAP_STATE | 3 * MAPS);
    put(writer, (1u << MAPS) - 1);
    for (unsigned i = 0; i < MAPS; i++) {
        put(writer, dummy);
        put(writer, MAP_ARGB8888_1X1);
        put(writer, 0); /* pitch of one dword */
    }
}

size_t preamble_write(uint32_t words[PREAMBLE_DWORDS_MAX], uint32_t dummy_address)
{
    struct writer writer = {.words = words};
    put_targets(&writer, dummy_address);
    put_state(&writer, dummy_address);
    put_modes(&writer);
    put_maps(&writer, dummy_address);
    put(&writer, MI_FLUSH | MI_FLUSH_MAP_CACHE);
    put(&writer, MI_BATCH_BUFFER_END);
    if (writer.count % 2 != 0) {
        put(&writer, MI_NOOP);
    }
    return writer.count;
}
