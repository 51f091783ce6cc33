/* SPDX-License-Identifier: MIT */
/* Which bus pages are free: sorted ranges, first fit, merged when given back. */
#ifndef GEMD_HW_MODEL_BUS_SPACE_H
#define GEMD_HW_MODEL_BUS_SPACE_H

#include <stddef.h>
#include <stdint.h>

struct bus_range {
    uint64_t first; /* page number */
    uint64_t count;
};

struct bus_space {
    struct bus_range *free;
    size_t count;
    size_t room;
};

/* 0, or -ENOMEM. */
int bus_space_init(struct bus_space *space, uint64_t first, uint64_t count);
void bus_space_finish(struct bus_space *space);

/* The first page of 'count' free ones, or -ENOSPC. */
int64_t bus_space_take(struct bus_space *space, uint64_t count);

/* 0, or -ENOMEM: then the pages stay taken. */
int bus_space_give(struct bus_space *space, uint64_t first, uint64_t count);

#endif
