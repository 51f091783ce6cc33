/* SPDX-License-Identifier: MIT */
#include "hw/model/bus_space.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int bus_space_init(struct bus_space *space, uint64_t first, uint64_t count)
{
    *space = (struct bus_space){.free = malloc(16 * sizeof(*space->free)), .room = 16};
    if (space->free == NULL) {
        return -ENOMEM;
    }
    space->free[0] = (struct bus_range){.first = first, .count = count};
    space->count = 1;
    return 0;
}

void bus_space_finish(struct bus_space *space)
{
    free(space->free);
}

static void remove_range(struct bus_space *space, size_t i)
{
    space->count--;
    memmove(&space->free[i], &space->free[i + 1], (space->count - i) * sizeof(*space->free));
}

int64_t bus_space_take(struct bus_space *space, uint64_t count)
{
    for (size_t i = 0; i < space->count; i++) {
        struct bus_range *range = &space->free[i];
        if (range->count < count) {
            continue;
        }
        uint64_t first = range->first;
        range->first += count;
        range->count -= count;
        if (range->count == 0) {
            remove_range(space, i);
        }
        return (int64_t)first;
    }
    return -ENOSPC;
}

/* The index of the first free range behind page 'first'. */
static size_t range_behind(const struct bus_space *space, uint64_t first)
{
    size_t low = 0;
    size_t high = space->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (space->free[middle].first < first) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int insert_range(struct bus_space *space, size_t i, uint64_t first, uint64_t count)
{
    if (space->count == space->room) {
        size_t room = space->room * 2;
        struct bus_range *grown = realloc(space->free, room * sizeof(*grown));
        if (grown == NULL) {
            return -ENOMEM;
        }
        space->free = grown;
        space->room = room;
    }
    memmove(&space->free[i + 1], &space->free[i], (space->count - i) * sizeof(*space->free));
    space->free[i] = (struct bus_range){.first = first, .count = count};
    space->count++;
    return 0;
}

int bus_space_give(struct bus_space *space, uint64_t first, uint64_t count)
{
    size_t i = range_behind(space, first);
    struct bus_range *before = i > 0 ? &space->free[i - 1] : NULL;
    struct bus_range *behind = i < space->count ? &space->free[i] : NULL;
    bool joins_before = before != NULL && before->first + before->count == first;
    bool joins_behind = behind != NULL && first + count == behind->first;

    if (joins_before && joins_behind) {
        before->count += count + behind->count;
        remove_range(space, i);
        return 0;
    }
    if (joins_before) {
        before->count += count;
        return 0;
    }
    if (joins_behind) {
        behind->first = first;
        behind->count += count;
        return 0;
    }
    return insert_range(space, i, first, count);
}
