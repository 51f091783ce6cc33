/* SPDX-License-Identifier: MIT */
/*
 * Bounds: a job of up to 16 words, 3 relocations and 2 buffers, all of any content; any address
 * dword of any command in it, with every rule that the validator has.
 */
#include "world.h"

#include "hw/gen3/chip.h"

static struct address_rule any_rule(void)
{
    static const uint64_t reaches[3] = {REACH_VERTEX, REACH_SURFACE, REACH_BLIT};
    const uint8_t reach = nondet_u8();
    struct address_rule rule = {.use = nondet_u32(), .alignment = nondet_bool() ? 1 : 4};

    bound(reach < 3 && rule.use >= GEN3_READ && rule.use <= (GEN3_READ | GEN3_WRITE));
    rule.reach = reaches[reach];
    return rule;
}

static void prove_place(const struct address_rule *rule, const struct place *place, uint32_t offset,
                        uint32_t used)
{
    const struct validator_job *job = world.job;
    const struct validator_reloc *reloc = &job->relocs[world.reloc - 1];

    prove(place->set && place->buffer < job->buffer_count, "the buffer is one of the list");
    const struct validator_buffer *buffer = &job->buffers[place->buffer];
    const uint64_t address = (uint64_t)buffer->gtt_address + place->delta;
    const uint32_t rights = (rule->use & GEN3_WRITE) != 0 ? VALIDATOR_WRITE : VALIDATOR_READ;

    prove(place->delta < buffer->size, "the place lies in the buffer");
    prove(check_room(&world, place) >= 1 && check_room(&world, place) <= buffer->size, "with room");
    prove(address < rule->reach && buffer->gtt_address + buffer->size <= rule->reach,
          "the whole buffer is within the field's reach");
    prove(world.dw[offset] == address, "the word is the address, not wrapped");
    prove(address % rule->alignment == 0, "it is aligned");
    prove((buffer->rights & rights) != 0, "the session may do that");
    prove((buffer->used & rule->use) == rule->use && (buffer->used & used) == used,
          "and it is noted");
    prove(reloc->dword == world.start + offset && reloc->delta == place->delta,
          "the relocation is the word's own");
}

int main(void)
{
    struct place place = {0};
    uint32_t used = 0;

    world_make();
    const struct address_rule rule = any_rule();
    const uint32_t offset = nondet_u32(), other = nondet_u32();
    const size_t before = world.reloc;

    given(offset < world.length);
    bound(other < world.job->word_count);
    const uint32_t kept = world.job->words[other];
    if (world.reloc < world.job->reloc_count &&
        world.job->relocs[world.reloc].buffer < world.job->buffer_count) {
        struct validator_buffer *buffer =
            &world.job->buffers[world.job->relocs[world.reloc].buffer];

        used = buffer->used = nondet_u32();
    }
    if (check_address(&world, offset, &rule, &place)) {
        prove(world.reloc == before + 1 && world.reloc <= world.job->reloc_count,
              "one relocation is used up");
        prove_place(&rule, &place, offset, used);
        prove(other == world.start + offset || world.job->words[other] == kept,
              "no other word is touched");
        reach("an address");
    } else {
        prove(world.reloc == before && !place.set && world.job->words[other] == kept,
              "nothing is touched");
        reach("a refusal");
    }
    return 0;
}
