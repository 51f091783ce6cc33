/* SPDX-License-Identifier: MIT */
#include "gemd/page_set.h"

#include <stdlib.h>

#define WORD_BITS 64u

void page_set_init(struct page_set *set, uint64_t pages)
{
    *set = (struct page_set){.pages = pages};
}

void page_set_finish(struct page_set *set)
{
    free(set->words);
    set->words = NULL;
}

/* The bits of the word that 'first' is in, up to 'end'. */
static uint64_t mask_at(uint64_t first, uint64_t end)
{
    uint64_t from = first % WORD_BITS;
    uint64_t bits = end - first < WORD_BITS - from ? end - first : WORD_BITS - from;
    return (bits == WORD_BITS ? UINT64_MAX : (UINT64_C(1) << bits) - 1) << from;
}

static uint64_t next_word(uint64_t page)
{
    return (page / WORD_BITS + 1) * WORD_BITS;
}

bool page_set_add(struct page_set *set, uint64_t first, uint64_t count)
{
    uint64_t end = first + count;
    if (set->words == NULL) {
        set->words = calloc((size_t)((set->pages + WORD_BITS - 1) / WORD_BITS), sizeof(uint64_t));
        if (set->words == NULL) {
            return false;
        }
    }
    for (uint64_t page = first; page < end; page = next_word(page)) {
        if ((set->words[page / WORD_BITS] & mask_at(page, end)) != 0) {
            return false;
        }
    }
    for (uint64_t page = first; page < end; page = next_word(page)) {
        set->words[page / WORD_BITS] |= mask_at(page, end);
    }
    return true;
}

void page_set_remove(struct page_set *set, uint64_t first, uint64_t count)
{
    uint64_t end = first + count;
    for (uint64_t page = first; page < end; page = next_word(page)) {
        set->words[page / WORD_BITS] &= ~mask_at(page, end);
    }
}
