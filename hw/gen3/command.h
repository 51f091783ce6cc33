/* SPDX-License-Identifier: MIT */
/*
 * The one table of gen3 commands: what the streamer executes, what the validator admits and what
 * the disassembler names are all rows of it.
 *
 * Source of each row: doc/gen3.md. Lengths are in dwords and include the header.
 */
#ifndef GEMD_HW_GEN3_COMMAND_H
#define GEMD_HW_GEN3_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/gen3/regs.h"

/* Who may send a command. */
enum gen3_privilege {
    GEN3_CLIENT,  /* clients, after the validator's checks */
    GEN3_DAEMON,  /* only the daemon, from the ring */
    GEN3_UNKNOWN, /* nobody */
};

/* How a command's length follows from its header. */
enum gen3_length_rule {
    GEN3_LENGTH_FIXED,      /* 'length' dwords, whatever the header says */
    GEN3_LENGTH_FIELD,      /* (header & length_mask) + 2, at least 'length' */
    GEN3_LENGTH_FIELD_IS,   /* the same, and the result must be 'length' */
    GEN3_LENGTH_PRIMITIVE,  /* 3DPRIMITIVE: inline, element list or sequential */
};

/* One address dword of a command. */
struct gen3_address {
    uint8_t dword; /* index from the header */
    uint8_t use;   /* enum gen3_use bits */
};

/* How the GPU uses memory behind an address. */
enum gen3_use {
    GEN3_READ   = 1,
    GEN3_WRITE  = 2,
    GEN3_FENCED = 4, /* through a fence register if one covers it */
};

#define GEN3_MAX_ADDRESSES 3

/* Rows by name, in the order of the table: GEN3_XY_SRC_COPY_BLT, GEN3_3DPRIMITIVE ... */
enum gen3_command_id {
#define GEN3_COMMAND(id, ...) GEN3_##id,
#include "hw/gen3/commands.def"
#undef GEN3_COMMAND
    GEN3_COMMAND_COUNT
};

/* Bits of a 3DPRIMITIVE header. */
#define GEN3_PRIMITIVE_INDIRECT (1u << 23) /* vertices are in the buffer of S0 */
#define GEN3_PRIMITIVE_ELEMENTS (1u << 17) /* indirect: 16-bit indexes follow the header */

struct gen3_command {
    enum gen3_command_id id;
    const char *name;   /* "XY_SRC_COPY_BLT" */
    uint32_t mask;      /* header & mask == value selects the row; no header matches two */
    uint32_t value;
    enum gen3_length_rule length_rule;
    uint32_t length_mask;
    uint16_t length;
    uint32_t free_bits; /* header bits beside mask and length that may be anything */
    enum gen3_privilege privilege;
    struct gen3_address addresses[GEN3_MAX_ADDRESSES]; /* those with use != 0; not maps and S0 */
};

/* The table, for walks. */
const struct gen3_command *gen3_commands(size_t *count);

/* The row of a header; NULL when gen3 has no such command. */
const struct gen3_command *gen3_command_find(uint32_t header);

/*
 * All address dwords of the command 'dw' of 'length' dwords: those of its row, and those of maps and
 * S0, whose places its words decide. At most GEN3_ADDRESSES_MAX, ascending; returns how many.
 */
#define GEN3_ADDRESSES_MAX 16
size_t gen3_command_addresses(const struct gen3_command *command, const uint32_t *dw,
                              uint32_t length, struct gen3_address addresses[GEN3_ADDRESSES_MAX]);

/* Total dwords of the command that starts with 'header'; 0 when the header contradicts the row. */
uint32_t gen3_command_length(const struct gen3_command *command, uint32_t header);

#endif
