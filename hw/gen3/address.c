/* SPDX-License-Identifier: MIT */
/* Which dwords of a command are addresses. */
#include "hw/gen3/command.h"

#define MAPS 16u

/* Three dwords for each bit of the mask, the first of them an address (doc/gen3.md E.6). */
static size_t maps(const uint32_t *dw, uint32_t length, struct gen3_address *addresses)
{
    size_t count = 0;

    for (uint32_t map = 0, at = 2; length > 1 && map < MAPS; map++) {
        if ((dw[1] & 1u << map) != 0 && at < length) {
            addresses[count++] = (struct gen3_address){(uint8_t)at, GEN3_READ};
            at += 3;
        }
    }
    return count;
}

size_t gen3_command_addresses(const struct gen3_command *command, const uint32_t *dw,
                              uint32_t length, struct gen3_address addresses[GEN3_ADDRESSES_MAX])
{
    size_t count = 0;

    if (command->id == GEN3_3DSTATE_MAP_STATE) {
        return maps(dw, length, addresses);
    }
    /* S0 comes first if it is loaded at all. */
    if (command->id == GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1 && (dw[0] & 1u << 4) != 0) {
        addresses[count++] = (struct gen3_address){1, GEN3_READ};
    }
    for (size_t i = 0; i < GEN3_MAX_ADDRESSES; i++) {
        if (command->addresses[i].use != 0 && command->addresses[i].dword < length) {
            addresses[count++] = command->addresses[i];
        }
    }
    return count;
}
