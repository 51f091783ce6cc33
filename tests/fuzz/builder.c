/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/builder.h"

#include <string.h>

#include "hw/gen3/chip.h"
#include "tests/fuzz/place.h"

#define PAGE 4096u

void builder_init(struct builder *b, struct fuzz_case *c, struct rng *rng, uint16_t pci_device)
{
    const struct gen3_chip *chip = gen3_chip_find(pci_device);

    *b = (struct builder){.c = c,
                          .rng = rng,
                          .is_945_class = chip == NULL || chip->is_945_class,
                          .next_address = PLACE_CLIENTS + PAGE,
                          .s2 = 0xffffffff};
    c->pci_device = pci_device;
    c->word_count = c->reloc_count = c->buffer_count = 0;
}

void builder_put(struct builder *b, uint32_t word)
{
    struct fuzz_case *c = b->c;

    if (c->word_count >= CASE_WORDS - 2) { /* the end has its place */
        b->full = true;
        return;
    }
    c->words[c->word_count++] = word;
}

void builder_put_float(struct builder *b, float value)
{
    uint32_t word;

    memcpy(&word, &value, sizeof(word));
    builder_put(b, word);
}

/* Mostly one behind the other; now and then far up, or as a fence wants it. */
static uint32_t choose_address(struct builder *b, const struct buffer_wish *wish)
{
    const uint64_t gtt = place_gtt_bytes(b->c->pci_device);
    const uint64_t pages = (wish->size + PAGE - 1) / PAGE;
    uint64_t address = b->next_address;

    if (wish->tiling != GEN3_LINEAR && rng_percent(b->rng, 60)) {
        const uint64_t fence = place_fence_bytes(wish->size);

        address = (address + fence - 1) & ~(fence - 1);
        b->next_address = (uint32_t)(address + fence);
        return (uint32_t)address;
    }
    if (rng_percent(b->rng, 2) && pages + 64 < gtt / PAGE) {
        return (uint32_t)(gtt - (pages + 1 + rng_below(b->rng, 2)) * PAGE);
    }
    b->next_address = (uint32_t)(address + (pages + 1 + rng_below(b->rng, 2)) * PAGE);
    return (uint32_t)address;
}

uint32_t builder_buffer(struct builder *b, const struct buffer_wish *wish)
{
    struct fuzz_case *c = b->c;

    if (c->buffer_count == CASE_BUFFERS) {
        b->full = true;
        return 0;
    }
    c->buffers[c->buffer_count] = (struct validator_buffer){
        .id = 100 + c->buffer_count,
        .gtt_address = choose_address(b, wish),
        .size = wish->size,
        .tiling = wish->tiling,
        .pitch = wish->tiling != GEN3_LINEAR ? wish->pitch : 0,
        .rights = wish->rights,
    };
    return c->buffer_count++;
}

void builder_address(struct builder *b, uint32_t buffer, uint32_t delta, uint32_t use)
{
    struct fuzz_case *c = b->c;

    if (c->reloc_count == CASE_RELOCS || b->full) {
        b->full = true;
        return;
    }
    c->relocs[c->reloc_count++] = (struct validator_reloc){c->word_count, buffer, delta, use};
    builder_put(b, 0);
}

uint32_t builder_slack(struct builder *b)
{
    switch (rng_below(b->rng, 8)) {
    case 0:
        return rng_below(b->rng, 64);
    case 1:
        return rng_below(b->rng, 8192);
    default:
        return 0;
    }
}

enum gen3_tiling builder_tiling(struct builder *b, uint32_t row_bytes, uint32_t unit,
                                uint32_t *pitch)
{
    const uint32_t choice = rng_below(b->rng, 5);
    const enum gen3_tiling tiling = choice == 0   ? GEN3_TILED_X
                                    : choice == 1 ? GEN3_TILED_Y
                                                  : GEN3_LINEAR;

    if (tiling == GEN3_LINEAR) {
        const uint32_t more = rng_percent(b->rng, 50) ? 0 : rng_below(b->rng, 17);

        *pitch = (row_bytes + unit - 1) / unit * unit + more * unit;
        return tiling;
    }
    const uint32_t tile = gen3_tile_width(tiling);
    *pitch = (row_bytes + tile - 1) / tile * tile;
    if (rng_percent(b->rng, 70)) { /* as fences have it */
        uint32_t power = tile;

        while (power < *pitch) {
            power *= 2;
        }
        *pitch = power;
    }
    return tiling;
}

uint32_t builder_delta(struct builder *b, enum gen3_tiling tiling, uint32_t pitch, uint32_t unit)
{
    if (rng_percent(b->rng, 70)) {
        return 0;
    }
    return tiling == GEN3_LINEAR ? rng_below(b->rng, 2048) * unit
                                 : rng_below(b->rng, 3) * gen3_tile_height(tiling) * pitch;
}
