/* SPDX-License-Identifier: MIT */
#include "gemd/gtt_space.h"

#include <errno.h>
#include <stdlib.h>

/* Spans of a bin that are looked at before one of a larger bin, which surely fits, is split. */
#define SEARCH_LIMIT 16

static unsigned bin_of(uint32_t pages)
{
    return 31u - (unsigned)__builtin_clz(pages);
}

static void set_span(struct gtt_space *space, uint32_t first, uint32_t length, bool used)
{
    struct gtt_span *head = &space->spans[first];
    struct gtt_span *tail = &space->spans[first + length - 1];
    head->length = length;
    head->used = used;
    tail->length = length;
    tail->used = used;
}

static void bin_insert(struct gtt_space *space, uint32_t first, uint32_t length)
{
    set_span(space, first, length, false);
    unsigned bin = bin_of(length);
    struct gtt_span *span = &space->spans[first];
    span->prev_free = GTT_SPACE_NONE;
    span->next_free = space->bins[bin];
    if (span->next_free != GTT_SPACE_NONE) {
        space->spans[span->next_free].prev_free = first;
    }
    space->bins[bin] = first;
}

static void bin_remove(struct gtt_space *space, uint32_t first)
{
    struct gtt_span *span = &space->spans[first];
    if (span->prev_free != GTT_SPACE_NONE) {
        space->spans[span->prev_free].next_free = span->next_free;
    } else {
        space->bins[bin_of(span->length)] = span->next_free;
    }
    if (span->next_free != GTT_SPACE_NONE) {
        space->spans[span->next_free].prev_free = span->prev_free;
    }
}

int gtt_space_init(struct gtt_space *space, uint32_t pages)
{
    space->spans = calloc(pages, sizeof(space->spans[0]));
    if (space->spans == NULL) {
        return -ENOMEM;
    }
    space->pages = pages;
    space->free_pages = pages;
    for (unsigned i = 0; i < GTT_SPACE_BINS; i++) {
        space->bins[i] = GTT_SPACE_NONE;
    }
    bin_insert(space, 0, pages);
    return 0;
}

void gtt_space_finish(struct gtt_space *space)
{
    free(space->spans);
    space->spans = NULL;
}

/* Where an aligned run of 'pages' lies inside a free span; GTT_SPACE_NONE when it does not fit. */
static uint32_t place_in(const struct gtt_space *space, uint32_t first, uint32_t pages,
                         uint32_t align)
{
    uint64_t place = ((uint64_t)first + align - 1) & ~(uint64_t)(align - 1);
    uint64_t end = (uint64_t)first + space->spans[first].length;
    return place + pages <= end ? (uint32_t)place : GTT_SPACE_NONE;
}

static uint32_t find(const struct gtt_space *space, uint32_t pages, uint32_t align, uint32_t *place)
{
    for (unsigned bin = bin_of(pages); bin < GTT_SPACE_BINS; bin++) {
        unsigned looked = 0;
        /* With an alignment no bin is sure to fit, so all of each is searched. */
        for (uint32_t first = space->bins[bin];
             first != GTT_SPACE_NONE && (looked < SEARCH_LIMIT || align > 1);
             first = space->spans[first].next_free, looked++) {
            *place = place_in(space, first, pages, align);
            if (*place != GTT_SPACE_NONE) {
                return first;
            }
        }
    }
    /* The rest of the bin that holds lengths on both sides of 'pages'. */
    for (uint32_t first = space->bins[bin_of(pages)]; first != GTT_SPACE_NONE;
         first = space->spans[first].next_free) {
        *place = place_in(space, first, pages, align);
        if (*place != GTT_SPACE_NONE) {
            return first;
        }
    }
    return GTT_SPACE_NONE;
}

uint32_t gtt_space_take(struct gtt_space *space, uint32_t pages, uint32_t align)
{
    if (pages > space->free_pages) {
        return GTT_SPACE_NONE;
    }
    uint32_t place = GTT_SPACE_NONE;
    uint32_t first = find(space, pages, align, &place);
    if (first == GTT_SPACE_NONE) {
        return GTT_SPACE_NONE;
    }
    uint32_t end = first + space->spans[first].length;
    bin_remove(space, first);
    if (place > first) {
        bin_insert(space, first, place - first);
    }
    if (place + pages < end) {
        bin_insert(space, place + pages, end - place - pages);
    }
    set_span(space, place, pages, true);
    space->free_pages -= pages;
    return place;
}

void gtt_space_give(struct gtt_space *space, uint32_t first)
{
    uint32_t length = space->spans[first].length;
    space->free_pages += length;
    uint32_t next = first + length;
    if (next < space->pages && !space->spans[next].used) {
        bin_remove(space, next);
        length += space->spans[next].length;
    }
    if (first > 0 && !space->spans[first - 1].used) {
        uint32_t before = space->spans[first - 1].length;
        first -= before;
        bin_remove(space, first);
        length += before;
    }
    bin_insert(space, first, length);
}

uint32_t gtt_space_longest(const struct gtt_space *space)
{
    uint32_t longest = 0;
    for (unsigned bin = GTT_SPACE_BINS; bin-- > 0 && longest == 0;) {
        for (uint32_t first = space->bins[bin]; first != GTT_SPACE_NONE;
             first = space->spans[first].next_free) {
            if (space->spans[first].length > longest) {
                longest = space->spans[first].length;
            }
        }
    }
    return longest;
}
