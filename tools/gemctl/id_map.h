/* SPDX-License-Identifier: MIT */
/* Values of one size by 32-bit ids that a file chose. */
#ifndef GEMD_TOOLS_GEMCTL_ID_MAP_H
#define GEMD_TOOLS_GEMCTL_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_MAP_MAX 65536u /* values */

struct id_map {
    uint8_t *slots; /* uint32_t id, uint32_t state, the value */
    size_t value_size;
    uint32_t size; /* a power of two */
    uint32_t used; /* slots that are or were taken */
    uint32_t count;
};

/* value_size: a multiple of 8. */
void id_map_init(struct id_map *map, size_t value_size);
void id_map_finish(struct id_map *map);

/* NULL: none. The pointer is good until the next id_map_add(). */
void *id_map_find(const struct id_map *map, uint32_t id);
/* A zeroed value; NULL: it is there already, there are ID_MAP_MAX, or out of memory. */
void *id_map_add(struct id_map *map, uint32_t id);
void id_map_remove(struct id_map *map, uint32_t id);
/* Walks: *at begins with 0. NULL behind the last. */
void *id_map_next(const struct id_map *map, uint32_t *at);

#endif
