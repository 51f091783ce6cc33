/* SPDX-License-Identifier: MIT */
#include "hw/gen3/command.h"

/* clang-format off */
static const struct gen3_command commands[GEN3_COMMAND_COUNT] = {
#define GEN3_COMMAND(id_, mask_, value_, rule, length_mask_, length_, free_, privilege_, ...)      \
    [GEN3_##id_] = {                                                                               \
        .id = GEN3_##id_, .name = #id_, .mask = mask_, .value = value_,                            \
        .length_rule = GEN3_LENGTH_##rule, .length_mask = length_mask_, .length = length_,         \
        .free_bits = free_, .privilege = GEN3_##privilege_, .addresses = {__VA_ARGS__},            \
    },
#include "hw/gen3/commands.def"
#undef GEN3_COMMAND
};
/* clang-format on */

/*
 * Each client has its own opcode field, so the row of a header is one load away: these are the
 * index's sections, each as long as its opcode field has values.
 */
#define KEY_MI        0u                   /* 28:23 */
#define KEY_BLITTER   (KEY_MI + 64)        /* 28:22 */
#define KEY_3D_SHORT  (KEY_BLITTER + 128)  /* 28:24 */
#define KEY_3D_SCALAR (KEY_3D_SHORT + 32)  /* 23:19 of opcode 0x1c */
#define KEY_3D_LONG   (KEY_3D_SCALAR + 32) /* 23:16 of opcode 0x1d */
#define KEY_3D_DRAW   (KEY_3D_LONG + 256)  /* bits 23 and 17 of opcode 0x1f */
#define KEY_NONE      (KEY_3D_DRAW + 4)
#define KEY_COUNT     (KEY_NONE + 1)

#define CLIENT_OF(h) ((h) >> 29)
#define OPCODE_OF(h) ((h) >> 24 & 31u)

/* What streams are full of comes first. */
#define KEY_OF_3D(h)                                                                               \
    (OPCODE_OF(h) == 0x1f   ? KEY_3D_DRAW + ((h) >> 22 & 2u) + ((h) >> 17 & 1u)                    \
     : OPCODE_OF(h) == 0x1d ? KEY_3D_LONG + ((h) >> 16 & 255u)                                     \
     : OPCODE_OF(h) == 0x1c ? KEY_3D_SCALAR + ((h) >> 19 & 31u)                                    \
                            : KEY_3D_SHORT + OPCODE_OF(h))

#define KEY_OF(h)                                                                                  \
    (CLIENT_OF(h) == 3   ? KEY_OF_3D(h)                                                            \
     : CLIENT_OF(h) == 0 ? KEY_MI + ((h) >> 23 & 63u)                                              \
     : CLIENT_OF(h) == 2 ? KEY_BLITTER + ((h) >> 22 & 127u)                                        \
                         : KEY_NONE)

/* Row number + 1; 0 where gen3 has no command. Two rows with one key would not compile. */
static const uint8_t row_of_key[KEY_COUNT] = {
#define GEN3_COMMAND(id, mask, value, ...) [KEY_OF(value##u)] = GEN3_##id + 1,
#include "hw/gen3/commands.def"
#undef GEN3_COMMAND
};

_Static_assert(GEN3_COMMAND_COUNT < 255, "rows are numbered by a byte");

const struct gen3_command *gen3_commands(size_t *count)
{
    *count = GEN3_COMMAND_COUNT;
    return commands;
}

const struct gen3_command *gen3_command_find(uint32_t header)
{
    unsigned row = row_of_key[KEY_OF(header)];

    if (row == 0 || (header & commands[row - 1].mask) != commands[row - 1].value) {
        return NULL;
    }
    return &commands[row - 1];
}

static uint32_t primitive_length(uint32_t header)
{
    uint32_t count = header & 0xffffu;

    if ((header & GEN3_PRIMITIVE_INDIRECT) == 0) {
        return (header & 0x1ffffu) + 2;
    }
    if ((header & GEN3_PRIMITIVE_ELEMENTS) == 0) {
        return 2;
    }
    /* No count means "until index 0xffff", which nobody sends and nobody documents further. */
    return count == 0 ? 0 : 1 + (count + 1) / 2;
}

uint32_t gen3_command_length(const struct gen3_command *command, uint32_t header)
{
    uint32_t length = (header & command->length_mask) + 2;

    switch (command->length_rule) {
    case GEN3_LENGTH_FIXED:
        return command->length;
    case GEN3_LENGTH_FIELD:
        return length >= command->length ? length : 0;
    case GEN3_LENGTH_FIELD_IS:
        return length == command->length ? length : 0;
    case GEN3_LENGTH_PRIMITIVE:
        return primitive_length(header);
    }
    return 0;
}
