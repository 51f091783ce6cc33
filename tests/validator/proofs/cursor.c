/* SPDX-License-Identifier: MIT */
/*
 * Bounds: a stream of up to 8 words and 3 relocations of any content; one step from any word that
 * a walk can stand at, with any row of any table. What a step starts from is what the one before
 * ends with, so steps compose. What commands do themselves is a model: they take addresses of their
 * own dwords, upwards, as address.c proves of each.
 */
#include <stdarg.h>
#include <stdio.h>

#include "world.h"

/* Messages have no say in anything, and cost the solver much. */
static int any_text(char *to, size_t size, const char *format, va_list arguments)
{
    to[size - 1] = 0;
    return (int)nondet_u16();
}
#define vsnprintf any_text

#include "gemd/validator/fields.h"
#include "gemd/validator/validator.c"

#define TAKEN 2 /* addresses of one command */

/* For gen3_command_find(): table.c proves that rows are no worse. */
const struct gen3_command *any_row(uint32_t header)
{
    static struct gen3_command row;

    row.id = (enum gen3_command_id)nondet_u32();
    row.name = "";
    row.mask = nondet_u32();
    row.length_rule = (enum gen3_length_rule)nondet_u32();
    row.length_mask = nondet_u32();
    row.length = nondet_u16();
    row.free_bits = nondet_u32();
    row.privilege = nondet_bool() ? GEN3_CLIENT : GEN3_UNKNOWN;
    bound((uint32_t)row.id < GEN3_COMMAND_COUNT && row.length_mask <= 0x1ffff);
    return nondet_bool() ? &row : NULL;
}

static bool handle(struct check *check)
{
    uint32_t offset = 0;

    for (unsigned i = 0; i < TAKEN && nondet_bool(); i++) {
        const uint32_t next = nondet_u32();

        bound(next > offset && next < check->length);
        offset = next;
        if (!check_has_reloc(check, offset)) {
            return false;
        }
        check->dw[offset] = nondet_u32();
        check->reloc++;
    }
    return nondet_bool();
}

#define HANDLER(name)                                                                              \
    bool name(struct check *check)                                                                 \
    {                                                                                              \
        return handle(check);                                                                      \
    }

HANDLER(check_load_state)
HANDLER(check_load_indirect)
HANDLER(check_clear_parameters)
HANDLER(check_formats)
HANDLER(check_draw_rect)
HANDLER(check_buf_info)
HANDLER(check_map_state)
HANDLER(check_sampler_state)
HANDLER(check_program)
HANDLER(check_constants)
HANDLER(check_blt)
HANDLER(check_setup_blt)
HANDLER(check_setup_clip_blt)
HANDLER(check_pixel_blt)
HANDLER(check_scanlines_blt)
HANDLER(check_text_blt)
HANDLER(check_palette)
HANDLER(check_alpha_blend)
HANDLER(check_primitive)

/* The walk stands before a command: all relocations so far were for the words behind it. */
static bool is_behind(size_t i)
{
    return i >= world.reloc || world.job->relocs[i].dword < world.start;
}

static bool is_ahead(size_t i)
{
    return i != world.reloc || i >= world.job->reloc_count ||
           world.job->relocs[i].dword >= world.start;
}

int main(void)
{
    static struct validator_audit audit;
    static uint64_t counts[VALIDATOR_RULES];
    struct validator_job *job;

    world_make();
    job = world.job;
    audit.counts = counts;
    job->audit = proof_audit ? &audit : NULL;
    for (size_t i = 0; i < WORLD_RELOCS; i++) {
        given(is_behind(i));
    }
    given(is_ahead(world.reloc));
    const uint32_t start = world.start;
    const size_t reloc = world.reloc;

    if (!check_next(&world)) {
        prove(world.start == start && world.reloc >= reloc, "a refusal does not move on");
        reach("a refusal");
        return 0;
    }
    prove(world.length >= 1 && world.start == start + world.length, "a step is progress");
    prove(world.start <= job->word_count, "within the stream");
    prove(world.reloc >= reloc && world.reloc <= job->reloc_count, "relocations go upwards");
    for (size_t i = 0; i < WORLD_RELOCS; i++) {
        prove(is_behind(i), "those that were used are for words that were walked");
        prove(i < reloc || i >= world.reloc || job->relocs[i].dword >= start,
              "each is used by its own command");
        prove(i + 1 >= world.reloc || i < reloc || job->relocs[i].dword < job->relocs[i + 1].dword,
              "once, in ascending order");
    }
    prove(is_ahead(world.reloc), "none is left behind");
    reach("a step");
    if (world.reloc == reloc + 2) {
        reach("a step over two relocations");
    }
    if (world.command->id == GEN3_MI_BATCH_BUFFER_END && check_tail(&world)) {
        prove(world.reloc == job->reloc_count, "at the end all relocations are used");
        reach("the end");
    }
    return 0;
}
