/* SPDX-License-Identifier: MIT */
/* Addresses: a client names buffers, never memory. Each address dword is filled in here. */
#include "gemd/validator/internal.h"
#include "hw/gen3/chip.h"

_Static_assert(VALIDATOR_READ == (int)GEN3_READ && VALIDATOR_WRITE == (int)GEN3_WRITE,
               "relocations and the command table name uses alike");

#define USES (GEN3_READ | GEN3_WRITE)

struct split check_split(uint64_t bytes, uint32_t pitch)
{
    return (struct split){bytes / pitch, bytes % pitch};
}

bool check_has_reloc(const struct check *check, uint32_t offset)
{
    return check->reloc < check->job->reloc_count &&
           check->job->relocs[check->reloc].dword == check->start + offset;
}

uint64_t check_room(const struct check *check, const struct place *place)
{
    return check_buffer(check, place)->size - place->delta;
}

/*
 * Blits and render targets read as well as write (masks, blending), so 'write' may be said alone
 * or with 'read'; what is only read must not be called written.
 */
static bool use_suits(uint32_t said, uint32_t needed)
{
    if ((said & ~USES) != 0) {
        return false;
    }
    return (needed & GEN3_WRITE) != 0 ? (said & GEN3_WRITE) != 0 : said == GEN3_READ;
}

static bool check_place(struct check *check, uint32_t offset, const struct validator_reloc *reloc,
                        const struct address_rule *rule)
{
    const struct validator_buffer *buffer = &check->job->buffers[reloc->buffer];
    uint32_t rights = (rule->use & GEN3_WRITE) != 0 ? VALIDATOR_WRITE : VALIDATOR_READ;

    if (!use_suits(reloc->use, rule->use)) {
        return check_refuse(check, VALIDATOR_RELOC_USE, offset, "use 0x%x, the command needs 0x%x",
                            reloc->use, rule->use & USES);
    }
    if (((rights | reloc->use) & ~buffer->rights) != 0) {
        return check_refuse(check, VALIDATOR_BUFFER_RIGHTS, offset, "buffer %u: use 0x%x of 0x%x",
                            buffer->id, rights | reloc->use, buffer->rights);
    }
    if (reloc->delta >= buffer->size) {
        return check_refuse(check, VALIDATOR_ADDRESS_RANGE, offset, "delta %u, buffer %u has %llu",
                            reloc->delta, buffer->id, (unsigned long long)buffer->size);
    }
    if (((buffer->gtt_address | reloc->delta) & (rule->alignment - 1)) != 0) {
        return check_refuse(check, VALIDATOR_ADDRESS_ALIGNMENT, offset,
                            "delta %u is no multiple of %u", reloc->delta, rule->alignment);
    }
    if (buffer->size > rule->reach || buffer->gtt_address > rule->reach - buffer->size) {
        return check_refuse(check, VALIDATOR_ADDRESS_REACH, offset,
                            "buffer %u, 0x%08x + %llu bytes, is beyond 0x%llx", buffer->id,
                            buffer->gtt_address, (unsigned long long)buffer->size,
                            (unsigned long long)rule->reach);
    }
    return true;
}

bool check_address(struct check *check, uint32_t offset, const struct address_rule *rule,
                   struct place *place)
{
    struct validator_job *job = check->job;

    if (!check_has_reloc(check, offset)) {
        /* Out of order, or for a dword before this one that is no address. */
        if (check->reloc < job->reloc_count &&
            job->relocs[check->reloc].dword < check->start + offset) {
            return check_refuse(check, VALIDATOR_RELOC_STRAY, offset,
                                "relocation %zu is for dword %u, which takes none (any more)",
                                check->reloc, job->relocs[check->reloc].dword);
        }
        return check_refuse(check, VALIDATOR_RELOC_MISSING, offset,
                            "address 0x%08x without a relocation", check->dw[offset]);
    }
    const struct validator_reloc *reloc = &job->relocs[check->reloc];
    if (reloc->buffer >= job->buffer_count) {
        return check_refuse(check, VALIDATOR_RELOC_BUFFER, offset, "buffer %u of %zu",
                            reloc->buffer, job->buffer_count);
    }
    if (!check_place(check, offset, reloc, rule)) {
        return false;
    }
    struct validator_buffer *buffer = &job->buffers[reloc->buffer];
    buffer->used |= rule->use & USES;
    check->dw[offset] = buffer->gtt_address + reloc->delta;
    *place = (struct place){.set = true, .buffer = reloc->buffer, .delta = reloc->delta};
    check->reloc++;
    return true;
}

bool check_is_915_class(const struct check *check)
{
    const struct gen3_chip *chip = gen3_chip_find(check->job->pci_device);

    return chip != NULL && !chip->is_945_class;
}

bool check_buffer_tiling(struct check *check, uint32_t offset, const struct place *place,
                         enum gen3_tiling tiling, uint32_t pitch)
{
    const struct validator_buffer *buffer = check_buffer(check, place);

    /* Nobody knows the order of bytes there, and so what a row reaches. */
    if (tiling != GEN3_LINEAR && tiling != GEN3_TILED_X && check_is_915_class(check)) {
        return check_object(check, VALIDATOR_TILING, offset, "Y tiles of 915");
    }
    if (tiling != buffer->tiling ||
        (tiling != GEN3_LINEAR && (pitch != buffer->pitch || pitch == 0))) {
        return check_object(check, VALIDATOR_TILING, offset,
                            "tiling %d pitch %u, buffer %u has tiling %d pitch %u", (int)tiling,
                            pitch, buffer->id, (int)buffer->tiling, buffer->pitch);
    }
    return true;
}

bool check_surface_tiling(struct check *check, uint32_t offset, const struct place *place,
                          enum gen3_tiling tiling, uint32_t pitch)
{
    const uint64_t row = gen3_rows_bytes(gen3_tile_height(tiling), pitch);

    if (!check_buffer_tiling(check, offset, place, tiling, pitch)) {
        return false;
    }
    /* An audit gets here without a pitch, too. */
    if (tiling != GEN3_LINEAR && row != 0 && place->delta % row != 0) {
        return check_object(check, VALIDATOR_TILING, offset, "delta %u is inside a row of tiles",
                            place->delta);
    }
    return true;
}

enum gen3_tiling check_tiling(const struct check *check, const struct place *place,
                              const struct walk_bits *bits)
{
    if (bits->fenced) {
        return check_buffer(check, place)->tiling;
    }
    if (!bits->tiled) {
        return GEN3_LINEAR;
    }
    return bits->walk_y ? gen3_tiling_y(!check_is_915_class(check)) : GEN3_TILED_X;
}

bool check_fenced_extent(enum gen3_tiling tiling, uint32_t pitch, uint64_t width_bytes,
                         uint64_t rows, uint64_t *bytes)
{
    uint64_t lines;

    if (!gen3_surface_extent(tiling, pitch, width_bytes, rows, bytes) ||
        !gen3_surface_extent(GEN3_LINEAR, pitch, width_bytes, rows, &lines)) {
        return false;
    }
    *bytes = lines > *bytes ? lines : *bytes;
    return true;
}

bool check_extent(const struct check *check, const struct place *place,
                  const struct walk_bits *bits, uint64_t width_bytes, uint64_t rows,
                  uint64_t *bytes)
{
    const enum gen3_tiling tiling = check_tiling(check, place, bits);

    return bits->fenced ? check_fenced_extent(tiling, bits->pitch, width_bytes, rows, bytes)
                        : gen3_surface_extent(tiling, bits->pitch, width_bytes, rows, bytes);
}

void check_note_fenced(struct check *check, const struct place *place)
{
    struct validator_buffer *buffer = &check->job->buffers[place->buffer];

    buffer->used |= buffer->tiling != GEN3_LINEAR ? VALIDATOR_FENCED : 0;
}

bool check_walk(struct check *check, uint32_t offset, const struct place *place,
                const struct walk_bits *bits)
{
    /* Through a fence the surface's own bits are ignored, or perhaps they are not: none. */
    if (((bits->walk_y && !bits->tiled) || (bits->fenced && bits->tiled)) &&
        !check_object(check, VALIDATOR_TILING, offset, "fence %d, tiled %d, walk in Y %d",
                      bits->fenced, bits->tiled, bits->walk_y)) {
        return false;
    }
    if (bits->fenced) {
        check_note_fenced(check, place);
    }
    const enum gen3_tiling tiling = check_tiling(check, place, bits);
    return bits->anywhere ? check_buffer_tiling(check, offset, place, tiling, bits->pitch)
                          : check_surface_tiling(check, offset, place, tiling, bits->pitch);
}
