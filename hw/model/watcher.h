/* SPDX-License-Identifier: MIT */
/*
 * What the engines tell the watch mode: see hw/model/watch.h for what comes out of it.
 *
 * An engine has a pointer to the watcher, NULL while nobody watches, and tells it each access as it
 * makes it, in pieces of any size and in any order. Any thread may tell, while a command runs.
 */
#ifndef GEMD_HW_MODEL_WATCHER_H
#define GEMD_HW_MODEL_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/model/watch.h"

struct watcher;

/* NULL: out of memory. */
struct watcher *watcher_create(model_watch_fn fn, void *user);
void watcher_destroy(struct watcher *watcher);

/* The streamer's: a command begins, and ends: its accesses are reported. */
void watcher_begin(struct watcher *watcher, uint64_t command, uint32_t header);
void watcher_end(struct watcher *watcher);

/* The engines': bytes of the GTT, or of the bus. */
void watcher_touch(struct watcher *watcher, enum model_watch_engine engine, uint64_t address,
                   uint64_t size, bool write);
void watcher_touch_bus(struct watcher *watcher, enum model_watch_engine engine, uint64_t address,
                       uint64_t size, bool write);

#endif
