/* SPDX-License-Identifier: MIT */
/* Mutation of raw dwords: bytes, dwords, and commands of the table put in. */
#include <string.h>

#include "hw/gen3/command.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/targets/target.h"

static uint32_t random_header(struct rng *rng)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);
    const struct gen3_command *row = &rows[rng_below(rng, (uint32_t)count)];
    const uint32_t length =
        row->length_rule == GEN3_LENGTH_FIELD_IS ? row->length - 2u : rng_below(rng, 40);

    return row->value | (rng_next(rng) & row->free_bits) | (length & row->length_mask);
}

static size_t bend(uint8_t *bytes, size_t size, size_t room, struct rng *rng)
{
    const size_t at = size >= 4 ? rng_below(rng, (uint32_t)(size / 4)) * 4 : 0;
    uint32_t word = rng_percent(rng, 50) ? random_header(rng) : rng_next(rng);

    switch (rng_below(rng, 5)) {
    case 0: /* a dword more */
        if (size + 4 > room) {
            return size;
        }
        memmove(bytes + at + 4, bytes + at, size - at);
        memcpy(bytes + at, &word, 4);
        return size + 4;
    case 1: /* one less */
        if (size < 8) {
            return size;
        }
        memmove(bytes + at, bytes + at + 4, size - at - 4);
        return size - 4;
    case 2:
        if (size > 0) {
            bytes[rng_below(rng, (uint32_t)size)] ^= (uint8_t)(1u << rng_below(rng, 8));
        }
        return size;
    default:
        if (size >= 4) {
            memcpy(bytes + at, &word, 4);
        }
        return size;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned int seed)
{
    struct rng rng = {seed};

    if (LLVMFuzzerMutate != NULL && rng_percent(&rng, 50)) {
        return LLVMFuzzerMutate(bytes, size, room);
    }
    do {
        size = bend(bytes, size, room, &rng);
    } while (rng_percent(&rng, 50));
    return size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t room, unsigned int seed)
{
    struct rng rng = {seed};
    const size_t head = rng_below(&rng, (uint32_t)(one_size / 4) + 1) * 4;
    const size_t from = rng_below(&rng, (uint32_t)(two_size / 4) + 1) * 4;
    const size_t tail = two_size - from;

    if (head + tail > room || head > one_size || from > two_size) {
        return 0;
    }
    memcpy(out, one, head);
    memcpy(out + head, two + from, tail);
    return head + tail;
}
