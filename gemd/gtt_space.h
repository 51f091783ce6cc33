/* SPDX-License-Identifier: MIT */
/*
 * Who has which pages of an address space: spans that cover it without gaps, free or used.
 *
 * Neighbouring free spans are always one. Free spans hang in bins by the power of two of their
 * length, so that finding a place takes a handful of steps however full the space is.
 * Units: pages. Allocation-free after gtt_space_init().
 */
#ifndef GEMD_GTT_SPACE_H
#define GEMD_GTT_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#define GTT_SPACE_BINS 32
#define GTT_SPACE_NONE UINT32_MAX

/* Of a span, valid at its first page; 'length' and 'used' also at its last. */
struct gtt_span {
    uint32_t length;
    uint32_t next_free, prev_free; /* first pages; of free spans */
    bool used;
};

struct gtt_space {
    struct gtt_span *spans; /* one for each page */
    uint32_t pages;
    uint32_t free_pages;
    uint32_t bins[GTT_SPACE_BINS];
};

/* All of it free. 0 or -ENOMEM. */
int gtt_space_init(struct gtt_space *space, uint32_t pages);
void gtt_space_finish(struct gtt_space *space);

/*
 * The first page of 'pages' free ones, at a multiple of 'align' (a power of two), now used;
 * GTT_SPACE_NONE when no free span is large enough. pages and align are not 0.
 */
uint32_t gtt_space_take(struct gtt_space *space, uint32_t pages, uint32_t align);

/* Gives a taken span back, by its first page. */
void gtt_space_give(struct gtt_space *space, uint32_t first);

/* Length of the longest free span. */
uint32_t gtt_space_longest(const struct gtt_space *space);

#endif
