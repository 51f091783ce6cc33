/* SPDX-License-Identifier: MIT */
/*
 * Bounds: none: every header, and the length that it has. What is read of the command beside its
 * header is its second dword.
 */
#include "proof.h"

#include "hw/gen3/command.c"

int main(void)
{
    uint32_t dw[2] = {nondet_u32(), nondet_u32()};
    struct gen3_address addresses[GEN3_ADDRESSES_MAX];
    const struct gen3_command *command = gen3_command_find(dw[0]);

    if (command == NULL) {
        reach("no row");
        return 0;
    }
    prove((dw[0] & command->mask) == command->value, "the row is the header's");
    prove((uint32_t)command->id < GEN3_COMMAND_COUNT && command->length_mask <= 0x1ffff,
          "and one of the table");
    const uint32_t length = nondet_u32();
    given(length == gen3_command_length(command, dw[0]));
    if (length == 0) {
        reach("no length");
        return 0;
    }
    prove(length <= 0x1ffff + 2, "lengths are within their fields");
    const size_t count = gen3_command_addresses(command, dw, length, addresses);
    const size_t i = nondet_size();

    prove(count <= GEN3_ADDRESSES_MAX, "addresses fit their list");
    bound(i < count);
    prove(addresses[i].dword >= 1 && addresses[i].dword < length, "they lie in the command");
    prove(i == 0 || addresses[i - 1].dword < addresses[i].dword, "in ascending order");
    prove(addresses[i].use != 0, "and are used");
    reach("an address");
    return 0;
}
