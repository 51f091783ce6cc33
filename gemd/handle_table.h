/* SPDX-License-Identifier: MIT */
/*
 * Objects by handles that a client chooses: an open-addressed table that grows up to a limit.
 * The hash is keyed, so that a client cannot choose handles that collide.
 */
#ifndef GEMD_HANDLE_TABLE_H
#define GEMD_HANDLE_TABLE_H

#include <stdint.h>

struct handle_slot {
    uint32_t handle; /* 0: free */
    void *object;
};

struct handle_table {
    struct handle_slot *slots;
    uint32_t size; /* a power of two */
    uint32_t count;
    uint32_t limit;
    uint64_t key;
};

/* limit: objects at most. Allocates nothing yet. */
void handle_table_init(struct handle_table *table, uint32_t limit);
void handle_table_finish(struct handle_table *table);

/* NULL when there is none; handle 0 is never there. */
void *handle_table_find(const struct handle_table *table, uint32_t handle);

/* 0; -EEXIST; -ENOSPC: over the limit; -ENOMEM; -EINVAL: handle 0. */
int handle_table_add(struct handle_table *table, uint32_t handle, void *object);

/* The object that was there, or NULL. */
void *handle_table_remove(struct handle_table *table, uint32_t handle);

/* Any one object, removed; NULL when the table is empty. */
void *handle_table_pop(struct handle_table *table);

#endif
