/* SPDX-License-Identifier: MIT */
/* State that holds no surface: S0 to S7, formats, clear values, indirect state (none). */
#include "gemd/validator/internal.h"

#define CLEAR_IS_RECT (1u << 16)

/* Reserved bits of S0 to S7; S4's vertex format is judged when it is used. */
static const uint32_t reserved_s[8] = {
    [0] = 0xf0000002,
    [1] = 0xc0c0ffff, /* 15:0 is called a maximum index; drivers leave it 0 */
    [4] = 0x00000200, /* a depth offset per vertex: its place in the vertex is not known */
};

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
        if ((mask & 1u << i) == 0) {
            continue;
        }
        if (i == 0 && !check_vertex_address(check, offset)) {
            return false;
        }
        state->s[i] = check->dw[offset];
        if ((state->s[i] & reserved_s[i]) != 0) {
            return check_refuse(check, VALIDATOR_RESERVED_BITS, offset, "S%u 0x%08x has 0x%08x", i,
                                state->s[i], state->s[i] & reserved_s[i]);
        }
        offset++;
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
    if ((check->dw[1] & CLEAR_IS_RECT) == 0) {
        return check_refuse(check, VALIDATOR_RESERVED_BITS, 1, "0x%08x asks for a zone init",
                            check->dw[1]);
    }
    check->state.clear = check->dw[1];
    check->state.clear_set = true;
    return true;
}
