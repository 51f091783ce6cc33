/* SPDX-License-Identifier: MIT */
/* State that holds no surface: S0 to S7, formats, clear values, tables, indirect state (none). */
#include "gemd/validator/internal.h"

#include "gemd/validator/fields.h"

#define CLEAR_IS_RECT   (1u << 16)
#define PALETTE_ENTRIES 16u

static bool check_vertex_address(struct check *check, uint32_t offset)
{
    static const struct address_rule rule = {GEN3_READ, 4, REACH_VERTEX};
    struct state *state = &check->state;

    /* A stream that draws inline loads S0 with nothing. */
    if (check->dw[offset] == 0 && !check_has_reloc(check, offset)) {
        state->vertices.set = false;
        return true;
    }
    return check_address(check, offset, &rule, &state->vertices);
}

static bool check_register(struct check *check, uint32_t offset, uint32_t i)
{
    struct state *state = &check->state;

    if (i == 0 && !check_vertex_address(check, offset)) {
        return false;
    }
    state->s[i] = check->dw[offset];
    if (i == 6) {
        state->s6_dword = check->start + offset;
        state->colour_muted = false;
    }
    if ((state->s[i] & fields_reserved_s[i]) == 0) {
        return true;
    }
    return check_object(check, VALIDATOR_RESERVED_BITS, offset, "S%u 0x%08x has 0x%08x", i,
                        state->s[i], state->s[i] & fields_reserved_s[i]);
}

bool check_load_state(struct check *check)
{
    struct state *state = &check->state;
    uint32_t mask = check->dw[0] >> 4 & 0xff;
    uint32_t offset = 1;

    if ((uint32_t)__builtin_popcount(mask) != check->length - 1) {
        return check_refuse(check, VALIDATOR_COUNT_MISMATCH, 0, "mask 0x%02x, %u dwords", mask,
                            check->length - 1);
    }
    for (uint32_t i = 0; i < 8; i++) {
        if ((mask & 1u << i) != 0 && !check_register(check, offset++, i)) {
            return false;
        }
    }
    state->s_set |= mask;
    state->drawable = false;
    return true;
}

/* Indirect state would let the GPU fetch commands from anywhere: only "none" is said. */
bool check_load_indirect(struct check *check)
{
    if (check->length != 2 || check->dw[1] != 0) {
        return check_refuse(check, VALIDATOR_RESERVED_BITS, 0, "only 0x7d070000, 0 is allowed");
    }
    return true;
}

bool check_clear_parameters(struct check *check)
{
    if ((check->dw[1] & CLEAR_IS_RECT) == 0 &&
        !check_object(check, VALIDATOR_RESERVED_BITS, 1, "0x%08x asks for a zone init",
                      check->dw[1])) {
        return false;
    }
    check->state.clear = check->dw[1];
    check->state.clear_set = true;
    return true;
}

/* Entries from the first on, as many as there are. */
bool check_palette(struct check *check)
{
    uint32_t entries = check->length - 1;

    if (entries > PALETTE_ENTRIES) {
        return check_refuse(check, VALIDATOR_LENGTH, 0, "%u entries of %u", entries,
                            PALETTE_ENTRIES);
    }
    return true;
}
