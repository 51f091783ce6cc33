/* SPDX-License-Identifier: MIT */
/* Commands that say all of a blit themselves; bounded with the depth that is programmed. */
#include "gemd/validator/blit.h"

#define FIRST_BIT(header) ((header) >> 17 & 7u) /* of a mono source's rows */

static const struct address_rule target_rule = {GEN3_READ | GEN3_WRITE, 1, REACH_BLIT};
static const struct address_rule source_rule = {GEN3_READ, 1, REACH_BLIT};

/* Which dwords of a command are what (doc/gen3.md D.2); 0: it has none. */
static const struct shape {
    uint8_t operands; /* enum blit_operands */
    uint8_t target;   /* address */
    uint8_t source, source_xy, source_pitch;
    uint8_t bits, immediate_bits; /* of a mono source: its address, or its first dword */
    uint8_t pattern;              /* address of a coloured one */
} shapes[GEN3_COMMAND_COUNT] = {
    [GEN3_COLOR_BLT] = {.operands = BLIT_PATTERN, .target = 3},
    [GEN3_XY_COLOR_BLT] = {.operands = BLIT_PATTERN, .target = 4},
    [GEN3_XY_PAT_BLT] = {.operands = BLIT_PATTERN, .target = 4, .pattern = 5},
    [GEN3_XY_MONO_PAT_BLT] = {.operands = BLIT_PATTERN, .target = 4},
    [GEN3_XY_SRC_COPY_BLT] =
        {.operands = BLIT_SOURCE, .target = 4, .source_xy = 5, .source_pitch = 6, .source = 7},
    [GEN3_XY_MONO_SRC_COPY_BLT] = {.operands = BLIT_SOURCE, .target = 4, .bits = 5},
    [GEN3_XY_MONO_SRC_COPY_IMMEDIATE_BLT] = {.operands = BLIT_SOURCE,
                                             .target = 4,
                                             .immediate_bits = 7},
    [GEN3_XY_FULL_MONO_PATTERN_BLT] = {.operands = BLIT_SOURCE | BLIT_PATTERN,
                                       .target = 4,
                                       .source_pitch = 5,
                                       .source_xy = 6,
                                       .source = 7},
    [GEN3_XY_FULL_MONO_PATTERN_MONO_SRC_BLT] = {.operands = BLIT_SOURCE | BLIT_PATTERN,
                                                .target = 4,
                                                .bits = 5},
};

/* Its addresses, in their order. */
struct places {
    struct place target, source, bits, pattern;
};

static bool resolve(struct check *check, const struct shape *shape, struct places *places)
{
    return check_address(check, shape->target, &target_rule, &places->target) &&
           (shape->bits == 0 || check_address(check, shape->bits, &source_rule, &places->bits)) &&
           (shape->pattern == 0 ||
            check_address(check, shape->pattern, &source_rule, &places->pattern)) &&
           (shape->source == 0 ||
            check_address(check, shape->source, &source_rule, &places->source));
}

/* COLOR_BLT has a height, and a width in bytes. */
static struct blit_rect rect_of(const struct check *check)
{
    const uint32_t *dw = check->dw;

    if (check->command->id == GEN3_COLOR_BLT) {
        return (struct blit_rect){0, 0, dw[2] & 0xffff, dw[2] >> 16};
    }
    return blit_corners(dw[2], dw[3]);
}

/* As large as the target; what a clip leaves out of that may be read all the same. */
static bool check_source(struct check *check, const struct shape *shape, const struct blit_rect *to,
                         const struct place *place)
{
    uint32_t xy = check->dw[shape->source_xy];
    struct blit_rect from = {.x1 = blit_low(xy), .y1 = blit_high(xy)};

    from.x2 = from.x1 + (to->x2 - to->x1);
    from.y2 = from.y1 + (to->y2 - to->y1);
    return blit_check_rect(check, shape->source_xy, &from, true) &&
           blit_check_span(check, shape->source_pitch, &from, place,
                           blit_low(check->dw[shape->source_pitch]), blit_bytes(check->dw[1]));
}

bool check_blt(struct check *check)
{
    const struct shape *shape = &shapes[check->command->id];
    const uint32_t *dw = check->dw;
    const bool in_bytes = check->command->id == GEN3_COLOR_BLT;
    const struct blit_rect rect = rect_of(check);
    struct places places = {0};

    if (!blit_check_operation(check, dw[1], shape->operands) ||
        !blit_check_rect(check, 2, &rect, false) || !resolve(check, shape, &places)) {
        return false;
    }
    if (in_bytes) {
        check->cost += (uint64_t)(rect.x2 * rect.y2);
        return blit_check_span(check, 1, &rect, &places.target, blit_low(dw[1]), 1);
    }
    return blit_check_target(check, 2, dw[1], &rect, &places.target) &&
           (shape->source == 0 || check_source(check, shape, &rect, &places.source)) &&
           (shape->pattern == 0 ||
            blit_check_pattern(check, shape->pattern, &places.pattern, blit_bytes(dw[1]))) &&
           (shape->bits == 0 || blit_check_bits(check, shape->bits, &places.bits, &rect,
                                                FIRST_BIT(dw[0]), MONO_WORD)) &&
           (shape->immediate_bits == 0 ||
            blit_check_immediate(check, shape->immediate_bits, &rect, FIRST_BIT(dw[0]), MONO_WORD));
}
