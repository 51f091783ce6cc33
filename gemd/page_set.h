/* SPDX-License-Identifier: MIT */
/* Which pages of a memory file are in some buffer: one bit each, taken as memory when first needed.
 */
#ifndef GEMD_PAGE_SET_H
#define GEMD_PAGE_SET_H

#include <stdbool.h>
#include <stdint.h>

struct page_set {
    uint64_t *words; /* NULL: empty */
    uint64_t pages;  /* that there are */
};

void page_set_init(struct page_set *set, uint64_t pages);
void page_set_finish(struct page_set *set);

/*
 * Adds [first, first + count), which lies inside. False, and nothing was added: one of them was
 * there before, or there is no memory.
 */
bool page_set_add(struct page_set *set, uint64_t first, uint64_t count);

/* Takes pages out that are all there. */
void page_set_remove(struct page_set *set, uint64_t first, uint64_t count);

#endif
