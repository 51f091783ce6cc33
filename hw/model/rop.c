/* SPDX-License-Identifier: MIT */
#include "hw/model/rop.h"

#include <string.h>

/* The operation as a sum of its minterms: bit (P << 2 | S << 1 | D) of the code is the result. */
static uint64_t rop_word(uint8_t rop, uint64_t p, uint64_t s, uint64_t d)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < 8; i++) {
        uint64_t term = (i & 4u ? p : ~p) & (i & 2u ? s : ~s) & (i & 1u ? d : ~d);
        result |= rop >> i & 1u ? term : 0;
    }
    return result;
}

void rop_run(uint8_t rop, const uint8_t *pattern, const uint8_t *source, uint8_t *destination,
             size_t size)
{
    for (size_t i = 0; i < size; i += 8) {
        size_t n = size - i < 8 ? size - i : 8;
        uint64_t p = 0;
        uint64_t s = 0;
        uint64_t d = 0;
        memcpy(&p, pattern + i, n);
        memcpy(&s, source + i, n);
        memcpy(&d, destination + i, n);
        d = rop_word(rop, p, s, d);
        memcpy(destination + i, &d, n);
    }
}
