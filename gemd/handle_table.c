/* SPDX-License-Identifier: MIT */
#include "gemd/handle_table.h"

#include <errno.h>
#include <stdlib.h>

#include "gemd/chaos.h"
#include <sys/random.h>

#define FIRST_SIZE 64u

void handle_table_init(struct handle_table *table, uint32_t limit)
{
    *table = (struct handle_table){.limit = limit};
    if (getrandom(&table->key, sizeof(table->key), GRND_NONBLOCK) != sizeof(table->key)) {
        table->key = (uint64_t)(uintptr_t)table;
    }
}

void handle_table_finish(struct handle_table *table)
{
    free(table->slots);
    table->slots = NULL;
    table->size = 0;
    table->count = 0;
}

/* Mixing as splitmix64 does it. */
static uint32_t place_of(const struct handle_table *table, uint32_t handle)
{
    uint64_t x = handle ^ table->key;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(x >> 32) & (table->size - 1);
}

/* The slot of a handle, or the free one where it would go. The table is never full. */
static uint32_t slot_of(const struct handle_table *table, uint32_t handle)
{
    uint32_t place = place_of(table, handle);
    while (table->slots[place].handle != 0 && table->slots[place].handle != handle) {
        place = (place + 1) & (table->size - 1);
    }
    return place;
}

void *handle_table_find(const struct handle_table *table, uint32_t handle)
{
    if (table->count == 0 || handle == 0) {
        return NULL;
    }
    return table->slots[slot_of(table, handle)].object;
}

static int grow(struct handle_table *table)
{
    struct handle_table larger = *table;
    larger.size = table->size == 0 ? FIRST_SIZE : table->size * 2;
    larger.slots =
        chaos_hits(CHAOS_ALLOC_HANDLE) ? NULL : calloc(larger.size, sizeof(larger.slots[0]));
    if (larger.slots == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < table->size; i++) {
        if (table->slots[i].handle != 0) {
            larger.slots[slot_of(&larger, table->slots[i].handle)] = table->slots[i];
        }
    }
    free(table->slots);
    *table = larger;
    return 0;
}

int handle_table_add(struct handle_table *table, uint32_t handle, void *object)
{
    if (handle == 0) {
        return -EINVAL;
    }
    if (table->count >= table->limit) {
        return -ENOSPC;
    }
    if ((table->count + 1) * 4 > table->size * 3) {
        int error = grow(table);
        if (error != 0) {
            return error;
        }
    }
    struct handle_slot *slot = &table->slots[slot_of(table, handle)];
    if (slot->handle != 0) {
        return -EEXIST;
    }
    *slot = (struct handle_slot){.handle = handle, .object = object};
    table->count++;
    return 0;
}

/* Closes the gap at 'hole' by moving back what was displaced over it. */
static void close_gap(struct handle_table *table, uint32_t hole)
{
    uint32_t mask = table->size - 1;
    uint32_t next = hole;
    for (;;) {
        next = (next + 1) & mask;
        if (table->slots[next].handle == 0) {
            break;
        }
        uint32_t home = place_of(table, table->slots[next].handle);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            table->slots[hole] = table->slots[next];
            hole = next;
        }
    }
    table->slots[hole] = (struct handle_slot){0};
}

void *handle_table_remove(struct handle_table *table, uint32_t handle)
{
    if (table->count == 0 || handle == 0) {
        return NULL;
    }
    uint32_t slot = slot_of(table, handle);
    void *object = table->slots[slot].object;
    if (object != NULL) {
        close_gap(table, slot);
        table->count--;
    }
    return object;
}

void *handle_table_pop(struct handle_table *table)
{
    for (uint32_t i = 0; i < table->size && table->count != 0; i++) {
        if (table->slots[i].handle != 0) {
            return handle_table_remove(table, table->slots[i].handle);
        }
    }
    return NULL;
}
