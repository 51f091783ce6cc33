/* SPDX-License-Identifier: MIT */
/*
 * Bounds: commands of up to 14 dwords (4 maps, 4 samplers, all registers), of any content: what is
 * read and written lies in the command. Addresses are what address.c proves of them.
 */
#include "world.h"

#include "gemd/validator/state.c"

/* For check_address(). */
bool any_address(struct check *check, uint32_t offset, const struct address_rule *rule,
                 struct place *place)
{
    prove(offset < check->length, "an address lies in the command");
    if (nondet_bool()) {
        return false;
    }
    check->dw[offset] = nondet_u32();
    *place = (struct place){true, 0, 0};
    return true;
}

/* For check_walk(). */
bool any_walk(struct check *check, uint32_t offset, const struct place *place,
              const struct walk_bits *bits)
{
    prove(offset < check->length && place->set, "a surface lies in the command");
    return nondet_bool();
}

int main(void)
{
    static struct gen3_command command;

    world_make();
    world.command = &command;
    given(world.length >= 2 && world.length <= world.job->word_count - world.start);
    switch (nondet_u8()) {
    case 0:
        if (check_load_state(&world)) {
            reach("registers");
        }
        break;
    case 1:
        if (check_map_state(&world)) {
            reach("maps");
        }
        break;
    case 2:
        if (check_sampler_state(&world)) {
            reach("samplers");
        }
        break;
    case 3:
        if (check_constants(&world)) {
            reach("constants");
        }
        break;
    case 4:
        if (check_palette(&world)) {
            reach("a palette");
        }
        break;
    default:
        if (check_load_indirect(&world)) {
            reach("no indirect state");
        }
        break;
    }
    return 0;
}
