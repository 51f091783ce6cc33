/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/mutate.h"

/* Words that programs with an error in them are fond of. */
static const uint32_t likely[] = {
    0,          1,          2,          3,          4,          0x7f,       0x80,       0xff,
    0x100,      0x7ff,      0x800,      0xfff,      0x1000,     0x1fff,     0x2000,     0x3fff,
    0x7fff,     0x8000,     0xffff,     0x10000,    0x7fffffff, 0x80000000, 0xffffffff, 0x00ff0000,
    0xff000000, 0x7f800000, 0x7fc00000, 0x3f800000, 0x0fffffff, 0x10000000};

/* Fields that extents depend on. dword 0xff: of a group of three behind a mask. */
struct field {
    enum gen3_command_id id;
    uint8_t dword, shift, bits;
};

static const struct field fields[] = {
    {GEN3_3DSTATE_BUF_INFO, 1, 2, 12},
    {GEN3_3DSTATE_BUF_INFO, 1, 21, 2},
    {GEN3_3DSTATE_BUF_INFO, 1, 24, 4},
    {GEN3_3DSTATE_DST_BUF_VARS, 1, 8, 4},
    {GEN3_3DSTATE_DST_BUF_VARS, 1, 2, 2},
    {GEN3_3DSTATE_DRAW_RECT, 1, 30, 1},
    {GEN3_3DSTATE_DRAW_RECT, 2, 0, 16},
    {GEN3_3DSTATE_DRAW_RECT, 2, 16, 16},
    {GEN3_3DSTATE_DRAW_RECT, 3, 0, 16},
    {GEN3_3DSTATE_DRAW_RECT, 3, 16, 16},
    {GEN3_3DSTATE_DRAW_RECT, 4, 0, 16},
    {GEN3_3DSTATE_DRAW_RECT, 4, 16, 16},
    {GEN3_3DSTATE_MAP_STATE, 3, 10, 11},
    {GEN3_3DSTATE_MAP_STATE, 3, 21, 11},
    {GEN3_3DSTATE_MAP_STATE, 3, 3, 7},
    {GEN3_3DSTATE_MAP_STATE, 3, 0, 3},
    {GEN3_3DSTATE_MAP_STATE, 4, 0, 8},
    {GEN3_3DSTATE_MAP_STATE, 4, 9, 6},
    {GEN3_3DSTATE_MAP_STATE, 4, 21, 11},
    {GEN3_3DSTATE_SAMPLER_STATE, 2, 14, 8},
    {GEN3_3DSTATE_SAMPLER_STATE, 2, 0, 14},
    {GEN3_3DSTATE_SAMPLER_STATE, 3, 24, 8},
    {GEN3_3DSTATE_SAMPLER_STATE, 3, 1, 4},
    {GEN3_3DSTATE_SAMPLER_STATE, 3, 5, 10},
    {GEN3_3DSTATE_PIXEL_SHADER_PROGRAM, 1, 10, 15},
    {GEN3_3DSTATE_PIXEL_SHADER_PROGRAM, 4, 10, 15},
    {GEN3_3DSTATE_PIXEL_SHADER_PROGRAM, 4, 22, 2},
    {GEN3_3DPRIMITIVE_SEQUENTIAL, 0, 0, 16},
    {GEN3_3DPRIMITIVE_SEQUENTIAL, 1, 0, 17},
    {GEN3_3DPRIMITIVE_ELEMENTS, 0, 0, 3},
    {GEN3_3DPRIMITIVE_ELEMENTS, 1, 0, 16},
    {GEN3_3DPRIMITIVE_ELEMENTS, 1, 16, 16},
    {GEN3_3DPRIMITIVE, 0, 18, 5},
    {GEN3_3DPRIMITIVE_ELEMENTS, 0, 18, 5},
    {GEN3_3DSTATE_CLEAR_PARAMETERS, 1, 0, 3},
    {GEN3_XY_COLOR_BLT, 1, 0, 16},
    {GEN3_XY_COLOR_BLT, 1, 16, 10},
    {GEN3_XY_COLOR_BLT, 2, 0, 16},
    {GEN3_XY_COLOR_BLT, 3, 0, 16},
    {GEN3_XY_COLOR_BLT, 3, 16, 16},
    {GEN3_XY_SRC_COPY_BLT, 1, 0, 16},
    {GEN3_XY_SRC_COPY_BLT, 1, 16, 10},
    {GEN3_XY_SRC_COPY_BLT, 3, 0, 16},
    {GEN3_XY_SRC_COPY_BLT, 3, 16, 16},
    {GEN3_XY_SRC_COPY_BLT, 5, 0, 16},
    {GEN3_XY_SRC_COPY_BLT, 5, 16, 16},
    {GEN3_XY_SRC_COPY_BLT, 6, 0, 16},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static uint32_t bent(struct rng *rng, uint32_t value)
{
    switch (rng_below(rng, 6)) {
    case 0:
        return value ^ 1u << rng_below(rng, 32);
    case 1:
        return RNG_PICK(rng, likely);
    case 2:
        return value + rng_below(rng, 9) - 4;
    case 3:
        return rng_next(rng);
    case 4:
        return rng_percent(rng, 50) ? value << 1 : value >> 1;
    default:
        return value ^ 0xffu << 8 * rng_below(rng, 4);
    }
}

static void bend_word(struct fuzz_case *c, struct rng *rng)
{
    uint32_t *word = &c->words[rng_below(rng, c->word_count)];

    *word = rng_percent(rng, 10) ? c->words[rng_below(rng, c->word_count)] : bent(rng, *word);
}

/* A command, any of them alike. */
static struct case_command pick_command(const struct fuzz_case *c, struct rng *rng)
{
    struct case_command picked = {0, 1, NULL};
    uint32_t seen = 0;

    for (uint32_t at = 0; at < c->word_count;) {
        const struct case_command command = case_command_at(c, at);

        if (rng_below(rng, ++seen) == 0) {
            picked = command;
        }
        at += command.length;
    }
    return picked;
}

static void bend_field(struct fuzz_case *c, struct rng *rng)
{
    const struct case_command command = pick_command(c, rng);
    const struct field *field = NULL;
    uint32_t seen = 0;

    for (size_t i = 0; i < FIELDS && command.command != NULL; i++) {
        if (fields[i].id == command.command->id && rng_below(rng, ++seen) == 0) {
            field = &fields[i];
        }
    }
    if (field == NULL) {
        bend_word(c, rng);
        return;
    }
    uint32_t dword = field->dword;
    if (command.command->length_rule == GEN3_LENGTH_FIELD && dword > 0) {
        dword += 3 * rng_below(rng, (command.length + 2) / 3); /* any of the groups */
    }
    if (dword >= command.length) {
        return;
    }
    uint32_t *word = &c->words[command.at + dword];
    const uint32_t mask = (1u << field->bits) - 1;
    const uint32_t value = *word >> field->shift & mask;
    const uint32_t next =
        rng_percent(rng, 60) ? value + (rng_percent(rng, 50) ? 1 : mask) : bent(rng, value);
    *word = (*word & ~(mask << field->shift)) | (next & mask) << field->shift;
}

/* Half of the length field's commands do not fit any more: that is the point. */
static void bend_header(struct fuzz_case *c, struct rng *rng)
{
    const struct case_command command = pick_command(c, rng);

    if (command.command == NULL) {
        return;
    }
    const uint32_t bits =
        rng_percent(rng, 50) ? command.command->length_mask : command.command->free_bits;
    if (bits != 0) {
        c->words[command.at] = (c->words[command.at] & ~bits) | (rng_next(rng) & bits);
    }
}

static void bend_reloc(struct fuzz_case *c, struct rng *rng)
{
    if (c->reloc_count == 0) {
        return;
    }
    struct validator_reloc *reloc = &c->relocs[rng_below(rng, c->reloc_count)];
    switch (rng_below(rng, 8)) {
    case 0:
        reloc->dword = rng_below(rng, c->word_count + 4);
        break;
    case 1:
    case 2:
        reloc->buffer = rng_below(rng, c->buffer_count + (rng_percent(rng, 10) ? 2 : 0));
        break;
    case 3:
        reloc->use = rng_below(rng, 5);
        break;
    case 4:
        reloc->delta = bent(rng, reloc->delta);
        break;
    default:
        reloc->delta += (rng_below(rng, 17) - 8) * (rng_percent(rng, 70) ? 4 : 1);
        break;
    }
}

static void bend_buffer(struct fuzz_case *c, struct rng *rng)
{
    if (c->buffer_count == 0) {
        return;
    }
    struct validator_buffer *buffer = &c->buffers[rng_below(rng, c->buffer_count)];
    switch (rng_below(rng, 8)) {
    case 0:
        buffer->tiling = (enum gen3_tiling)rng_below(rng, 3);
        buffer->pitch = rng_percent(rng, 85) ? 128u << rng_below(rng, 6) : bent(rng, buffer->pitch);
        break;
    case 1:
        buffer->rights = rng_below(rng, 4);
        break;
    case 2:
        buffer->size = (buffer->size + 4095) & ~UINT64_C(4095);
        break;
    case 3:
        buffer->size = rng_percent(rng, 90) ? rng_below(rng, 1u << 20) : rng_next64(rng) >> 20;
        break;
    default:
        buffer->size += rng_below(rng, 33);
        buffer->size -= buffer->size > 16 ? 16 : buffer->size;
        break;
    }
}

static void bend_relocs(struct fuzz_case *c, struct rng *rng)
{
    if (rng_percent(rng, 50) && c->reloc_count > 0) {
        case_remove_reloc(c, rng_below(rng, c->reloc_count));
    } else {
        (void)case_add_reloc(c, (struct validator_reloc){rng_below(rng, c->word_count),
                                                         rng_below(rng, c->buffer_count), 0,
                                                         rng_between(rng, 1, 3)});
    }
}

/* Drops, doubles, moves or brings in commands. */
static void bend_order(struct fuzz_case *c, struct rng *rng, const struct fuzz_case *other)
{
    const struct case_command command = pick_command(c, rng);
    const struct fuzz_case *from = other != NULL && rng_percent(rng, 40) ? other : c;
    const struct case_command piece = pick_command(from, rng);

    switch (rng_below(rng, 4)) {
    case 0:
        if (command.length < c->word_count) {
            case_remove(c, command.at, command.length);
        }
        break;
    case 1:
        (void)case_splice(c, command.at + command.length, c, command.at, command.length);
        break;
    default:
        (void)case_splice(c, command.at, from, piece.at, piece.length);
        break;
    }
}

void mutate_in_place(struct fuzz_case *c, struct rng *rng)
{
    const uint32_t choice = rng_below(rng, 20);

    if (c->word_count == 0 || choice < 8) {
        if (c->word_count != 0) {
            bend_word(c, rng);
        }
    } else if (choice < 14) {
        bend_field(c, rng);
    } else if (choice < 17) {
        bend_reloc(c, rng);
    } else if (choice < 19) {
        bend_buffer(c, rng);
    } else {
        bend_header(c, rng);
    }
}

void mutate_once(struct fuzz_case *c, struct rng *rng, const struct fuzz_case *other)
{
    const uint32_t choice = rng_below(rng, 20);

    if (c->word_count == 0) {
        return;
    }
    if (choice < 3) {
        bend_order(c, rng, other);
    } else if (choice < 4) {
        bend_relocs(c, rng);
    } else {
        mutate_in_place(c, rng);
    }
}

void mutate_case(struct fuzz_case *c, struct rng *rng, const struct fuzz_case *other)
{
    if (rng_percent(rng, 25)) {
        return;
    }
    do {
        mutate_once(c, rng, other);
    } while (rng_percent(rng, 45));
}
