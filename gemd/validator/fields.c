/* SPDX-License-Identifier: MIT */
#include "gemd/validator/fields.h"

#define FIRST_TRIPLE 2u /* of MAP_STATE and SAMPLER_STATE: behind header and mask */

/*
 * BR13. Its transparencies, its solid pattern and its clip are for commands that have the operand
 * (D.1): a mono pattern 31 and 28, a mono source 29, coordinates 30.
 */
#define BR13_NONE         0x0c000000u
#define BR13_PLAIN        0xbc000000u
#define BR13_BYTES        0xfc000000u
#define BR13_MONO_SOURCE  0x9c000000u
#define BR13_MONO_PATTERN 0x2c000000u
#define BR13_MONO_BOTH    BR13_NONE
#define PITCH             0xffff0000u

#define MASKS(...)                                                                                 \
    (const uint32_t[FIELDS_DWORDS])                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static const uint32_t *const reserved[GEN3_COMMAND_COUNT] = {
    [GEN3_XY_SETUP_BLT] = MASKS([1] = BR13_NONE),
    [GEN3_XY_SETUP_MONO_PATTERN_SL_BLT] = MASKS([1] = BR13_NONE),
    [GEN3_COLOR_BLT] = MASKS([1] = BR13_BYTES),
    [GEN3_XY_COLOR_BLT] = MASKS([1] = BR13_PLAIN),
    [GEN3_XY_PAT_BLT] = MASKS([1] = BR13_PLAIN),
    [GEN3_XY_MONO_PAT_BLT] = MASKS([1] = BR13_MONO_PATTERN),
    [GEN3_XY_SRC_COPY_BLT] = MASKS([1] = BR13_PLAIN, [6] = PITCH),
    [GEN3_XY_MONO_SRC_COPY_BLT] = MASKS([1] = BR13_MONO_SOURCE),
    [GEN3_XY_MONO_SRC_COPY_IMMEDIATE_BLT] = MASKS([1] = BR13_MONO_SOURCE),
    [GEN3_XY_FULL_MONO_PATTERN_BLT] = MASKS([1] = BR13_MONO_PATTERN, [5] = PITCH),
    [GEN3_XY_FULL_MONO_PATTERN_MONO_SRC_BLT] = MASKS([1] = BR13_MONO_BOTH),
    [GEN3_3DSTATE_STIPPLE] = MASKS([1] = 0xfffe0000),
    [GEN3_3DSTATE_CHROMA_KEY] = MASKS([1] = 0x3fffffff),
    [GEN3_3DSTATE_FOG_MODE] = MASKS([1] = 0x4470000f),
    [GEN3_3DSTATE_DST_BUF_VARS] = MASKS([1] = 0x6300f0f3),
    [GEN3_3DSTATE_DRAW_RECT] = MASKS([1] = 0xb0ffffff),
    [GEN3_3DSTATE_BUF_INFO] = MASKS([1] = 0xf01fc003),
    [GEN3_3DSTATE_CLEAR_PARAMETERS] = MASKS([1] = 0xfffefff8, [6] = 0xffffff00),
    [GEN3_3DPRIMITIVE_SEQUENTIAL] = MASKS([1] = 0xfffe0000),
};

const uint32_t fields_reserved_s[8] = {
    [0] = 0xf0000002,
    [1] = 0xc0c0ffff, /* 15:0 is called a maximum index; drivers leave it 0 */
    [4] = 0x00000200, /* a depth offset per vertex: its place in the vertex is not known */
};

/* SS2: packed to planar. SS3: the deinterlacer, and what has no name. */
const uint32_t fields_reserved_sampler[3] = {0x40000000, 0x00fc0001, 0};

const uint32_t *fields_reserved(enum gen3_command_id id)
{
    return reserved[id];
}

static uint32_t register_at(const uint32_t *dw, uint32_t offset)
{
    for (uint32_t i = 0, at = 1; i < 8; i++) {
        if ((dw[0] & 1u << (4 + i)) != 0 && at++ == offset) {
            return fields_reserved_s[i];
        }
    }
    return 0;
}

uint32_t fields_reserved_at(const struct gen3_command *command, const uint32_t *dw, uint32_t offset)
{
    switch (command->id) {
    case GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1:
        return register_at(dw, offset);
    case GEN3_3DSTATE_SAMPLER_STATE:
        return offset < FIRST_TRIPLE ? 0 : fields_reserved_sampler[(offset - FIRST_TRIPLE) % 3];
    default:
        return offset < FIELDS_DWORDS && reserved[command->id] != NULL
                   ? reserved[command->id][offset]
                   : 0;
    }
}
