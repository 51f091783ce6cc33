/* SPDX-License-Identifier: MIT */
#include "hw/model/rop.h"

#include <string.h>

/* The compiler makes of it what the machine has. */
typedef uint64_t words __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))

/*
 * Any function of three bits is the exclusive or of some of 1, D, S, SD, P, PD, PS and PSD: which
 * ones, a transformation of its table says. All bits of a word at a time, that is 7 ands and 7
 * exclusive ors for any of the 256 operations, and fewer where operands do not matter.
 */
static unsigned products_of(uint8_t rop)
{
    unsigned t = rop;

    t ^= t << 1 & 0xaau;
    t ^= t << 2 & 0xccu;
    t ^= t << 4 & 0xf0u;
    return t & 0xffu;
}

enum operand { DESTINATION = 1, SOURCE = 2, PATTERN = 4, MASK = 8 };

struct rows {
    const uint8_t *pattern, *source, *destination, *mask;
    uint8_t *out;
};

INLINE void load(words *to, const uint8_t *from)
{
    memcpy(to, from, sizeof(*to));
}

INLINE words ends_in_destination(unsigned used, const words k[8], unsigned i, words d)
{
    return used & DESTINATION ? k[i] ^ (k[i + 1] & d) : k[i];
}

INLINE words ends_in_source(unsigned used, const words k[8], unsigned i, words s, words d)
{
    words result = ends_in_destination(used, k, i, d);

    return used & SOURCE ? result ^ (s & ends_in_destination(used, k, i + 2, d)) : result;
}

INLINE words combine(unsigned used, const words k[8], words p, words s, words d)
{
    words result = ends_in_source(used, k, 0, s, d);

    return used & PATTERN ? result ^ (p & ends_in_source(used, k, 4, s, d)) : result;
}

INLINE void one(unsigned used, const words k[8], const struct rows *rows, size_t at)
{
    words p = {0};
    words s = {0};
    words d = {0};

    if (used & PATTERN) {
        load(&p, rows->pattern + at);
    }
    if (used & SOURCE) {
        load(&s, rows->source + at);
    }
    if (used & (DESTINATION | MASK)) {
        load(&d, rows->destination + at);
    }
    words result = combine(used, k, p, s, d);
    if (used & MASK) {
        words m;
        load(&m, rows->mask + at);
        result = d ^ ((result ^ d) & m);
    }
    memcpy(rows->out + at, &result, sizeof(result));
}

/* The rest of a row, in a place of its own so that nothing beyond it is touched. */
INLINE void rest(unsigned used, const words k[8], const struct rows *rows, size_t at, size_t size)
{
    uint8_t buffers[5][sizeof(words)] = {{0}};
    const struct rows copy = {buffers[0], buffers[1], buffers[2], buffers[3], buffers[4]};

    if (used & PATTERN) {
        memcpy(buffers[0], rows->pattern + at, size);
    }
    if (used & SOURCE) {
        memcpy(buffers[1], rows->source + at, size);
    }
    if (used & (DESTINATION | MASK)) {
        memcpy(buffers[2], rows->destination + at, size);
    }
    if (used & MASK) {
        memcpy(buffers[3], rows->mask + at, size);
    }
    one(used, k, &copy, 0);
    memcpy(rows->out + at, buffers[4], size);
}

INLINE void run(unsigned used, uint8_t rop, const struct rows *rows, size_t size)
{
    words k[8];
    unsigned products = products_of(rop);
    size_t i = 0;

    for (unsigned bit = 0; bit < 8; bit++) {
        k[bit] = (words){0} - (uint64_t)(products >> bit & 1u);
    }
    for (; i + sizeof(words) <= size; i += sizeof(words)) {
        one(used, k, rows, i);
    }
    if (i < size) {
        rest(used, k, rows, i, size - i);
    }
}

#define CASE(used)                                                                                 \
    case (used):                                                                                   \
        run((used), rop, &rows, size);                                                             \
        return

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&      \
    !defined(__clang__) /* which gives the function that chooses another name */
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void rop_run(uint8_t rop, const uint8_t *pattern, const uint8_t *source, const uint8_t *destination,
             const uint8_t *mask, uint8_t *out, size_t size)
{
    const struct rows rows = {pattern, source, destination, mask, out};

    /* A copy of the inner loop for each set of operands. */
    switch ((rop_uses_pattern(rop) ? PATTERN : 0) | (rop_uses_source(rop) ? SOURCE : 0) |
            (rop_uses_destination(rop) ? DESTINATION : 0) | (mask != NULL ? MASK : 0)) {
        CASE(0);
        CASE(1);
        CASE(2);
        CASE(3);
        CASE(4);
        CASE(5);
        CASE(6);
        CASE(7);
        CASE(8);
        CASE(9);
        CASE(10);
        CASE(11);
        CASE(12);
        CASE(13);
        CASE(14);
        CASE(15);
    default:
        return;
    }
}
