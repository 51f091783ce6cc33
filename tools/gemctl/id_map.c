/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/id_map.h"

#include <stdlib.h>
#include <string.h>

enum { FREE = 0, TAKEN = 1, REMOVED = 2 };

struct slot {
    uint32_t id, state;
};

static struct slot *slot_at(const struct id_map *map, uint32_t i)
{
    return (void *)(map->slots + (size_t)i * (sizeof(struct slot) + map->value_size));
}

void id_map_init(struct id_map *map, size_t value_size)
{
    *map = (struct id_map){.value_size = value_size};
}

void id_map_finish(struct id_map *map)
{
    free(map->slots);
    id_map_init(map, map->value_size);
}

static uint32_t place_of(const struct id_map *map, uint32_t id)
{
    return (uint32_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (map->size - 1);
}

static struct slot *find(const struct id_map *map, uint32_t id)
{
    if (map->size == 0) {
        return NULL;
    }
    for (uint32_t i = place_of(map, id);; i = (i + 1) & (map->size - 1)) {
        struct slot *slot = slot_at(map, i);
        if (slot->state == FREE) {
            return NULL;
        }
        if (slot->state == TAKEN && slot->id == id) {
            return slot;
        }
    }
}

void *id_map_find(const struct id_map *map, uint32_t id)
{
    struct slot *slot = find(map, id);
    return slot != NULL ? slot + 1 : NULL;
}

static struct slot *take(struct id_map *map, uint32_t id)
{
    uint32_t i = place_of(map, id);
    while (slot_at(map, i)->state == TAKEN) {
        i = (i + 1) & (map->size - 1);
    }
    struct slot *slot = slot_at(map, i);
    map->used += slot->state == FREE;
    map->count++;
    *slot = (struct slot){id, TAKEN};
    return slot;
}

static bool make_anew(struct id_map *map)
{
    struct id_map larger = *map;
    larger.size = 64;
    while (larger.size < 4 * (map->count + 1)) {
        larger.size *= 2;
    }
    larger.used = 0;
    larger.count = 0;
    larger.slots = calloc(larger.size, sizeof(struct slot) + map->value_size);
    if (larger.slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < map->size; i++) {
        const struct slot *slot = slot_at(map, i);
        if (slot->state == TAKEN) {
            memcpy(take(&larger, slot->id) + 1, slot + 1, map->value_size);
        }
    }
    free(map->slots);
    *map = larger;
    return true;
}

void *id_map_add(struct id_map *map, uint32_t id)
{
    if (map->count >= ID_MAP_MAX || find(map, id) != NULL ||
        (4 * (map->used + 1) > 3 * map->size && !make_anew(map))) {
        return NULL;
    }
    struct slot *slot = take(map, id);
    memset(slot + 1, 0, map->value_size);
    return slot + 1;
}

void id_map_remove(struct id_map *map, uint32_t id)
{
    struct slot *slot = find(map, id);
    if (slot != NULL) {
        slot->state = REMOVED;
        map->count--;
    }
}

void *id_map_next(const struct id_map *map, uint32_t *at)
{
    while (*at < map->size) {
        struct slot *slot = slot_at(map, (*at)++);
        if (slot->state == TAKEN) {
            return slot + 1;
        }
    }
    return NULL;
}
