/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/place.h"

#include "hw/gen3/chip.h"

#define PAGE     4096u
#define PAGED(n) (((n) + PAGE - 1) & ~(uint64_t)(PAGE - 1))

uint64_t place_gtt_bytes(uint16_t pci_device)
{
    const struct gen3_chip *chip = gen3_chip_find(pci_device);

    /* A.1: Q35 has twice what the others have, E7221G half of it. */
    return chip == NULL           ? 0
           : pci_device == 0x29b2 ? UINT64_C(512) << 20
           : pci_device == 0x258a ? UINT64_C(128) << 20
                                  : UINT64_C(256) << 20;
}

uint64_t place_fence_bytes(uint64_t size)
{
    uint64_t bytes = PLACE_FENCE_UNIT;

    while (bytes < size && bytes < (uint64_t)PLACE_FENCE_UNIT << 7) {
        bytes *= 2;
    }
    return bytes;
}

struct span {
    uint64_t start, end; /* whole pages, and one of nobody on each side */
};

static struct span span_of(const struct validator_buffer *buffer, uint64_t address)
{
    return (struct span){address - PAGE, address + PAGED(buffer->size) + PAGE};
}

static bool is_free(const struct fuzz_case *c, uint32_t index, uint64_t address)
{
    const struct span mine = span_of(&c->buffers[index], address);

    for (uint32_t i = 0; i < index; i++) {
        const struct span other = span_of(&c->buffers[i], c->buffers[i].gtt_address);

        /* They may share the page between them. */
        if (mine.start + PAGE < other.end && other.start + PAGE < mine.end) {
            return false;
        }
    }
    return true;
}

static bool is_possible(const struct validator_buffer *buffer, uint64_t address, uint64_t gtt)
{
    return address % PAGE == 0 && address >= PLACE_CLIENTS + PAGE && address < gtt &&
           buffer->size <= gtt - address && PAGED(buffer->size) + PAGE <= gtt - address;
}

/* The lowest place behind one of those before it. */
static bool find_place(struct fuzz_case *c, uint32_t index, uint64_t gtt)
{
    struct validator_buffer *buffer = &c->buffers[index];
    uint64_t best = UINT64_MAX;

    for (uint32_t i = 0; i <= index; i++) {
        const uint64_t address = i == index
                                     ? PLACE_CLIENTS + PAGE
                                     : span_of(&c->buffers[i], c->buffers[i].gtt_address).end;

        if (address < best && is_possible(buffer, address, gtt) && is_free(c, index, address)) {
            best = address;
        }
    }
    if (best == UINT64_MAX) {
        return false;
    }
    buffer->gtt_address = (uint32_t)best;
    return true;
}

bool place_buffers(struct fuzz_case *c)
{
    const uint64_t gtt = place_gtt_bytes(c->pci_device);

    for (uint32_t i = 0; i < c->buffer_count; i++) {
        struct validator_buffer *buffer = &c->buffers[i];

        if (buffer->size > gtt) {
            return false;
        }
        if ((!is_possible(buffer, buffer->gtt_address, gtt) ||
             !is_free(c, i, buffer->gtt_address)) &&
            !find_place(c, i, gtt)) {
            return false;
        }
    }
    return gtt != 0;
}
