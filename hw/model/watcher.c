/* SPDX-License-Identifier: MIT */
#include "hw/model/watcher.h"

#include <pthread.h>
#include <stdlib.h>

/* Ranges that a list holds before it is first merged. */
#define FIRST_ROOM 1024u
/* Of engine, bus, direction. */
#define LISTS (MODEL_WATCH_ENGINES * 4u)

struct range {
    uint64_t first;
    uint64_t end;
};

struct range_list {
    struct range *ranges;
    size_t count;
    size_t room;
};

struct watcher {
    model_watch_fn fn;
    void *user;
    pthread_mutex_t lock; /* of the lists */
    uint64_t command;
    uint32_t header;
    struct range_list lists[LISTS];
};

struct watcher *watcher_create(model_watch_fn fn, void *user)
{
    struct watcher *watcher = calloc(1, sizeof(*watcher));

    if (watcher == NULL) {
        return NULL;
    }
    watcher->fn = fn;
    watcher->user = user;
    pthread_mutex_init(&watcher->lock, NULL);
    for (size_t i = 0; i < LISTS; i++) {
        struct range_list *list = &watcher->lists[i];
        list->ranges = malloc(FIRST_ROOM * sizeof(*list->ranges));
        list->room = FIRST_ROOM;
        if (list->ranges == NULL) {
            watcher_destroy(watcher);
            return NULL;
        }
    }
    return watcher;
}

void watcher_destroy(struct watcher *watcher)
{
    if (watcher == NULL) {
        return;
    }
    for (size_t i = 0; i < LISTS; i++) {
        free(watcher->lists[i].ranges);
    }
    pthread_mutex_destroy(&watcher->lock);
    free(watcher);
}

void watcher_begin(struct watcher *watcher, uint64_t command, uint32_t header)
{
    watcher->command = command;
    watcher->header = header;
}

static int compare(const void *left, const void *right)
{
    const struct range *a = left;
    const struct range *b = right;

    return (a->first > b->first) - (a->first < b->first);
}

/* Sorts the ranges and joins those that overlap or adjoin. */
static void merge(struct range_list *list)
{
    size_t kept = 0;

    if (list->count == 0) {
        return;
    }
    qsort(list->ranges, list->count, sizeof(*list->ranges), compare);
    for (size_t i = 1; i < list->count; i++) {
        struct range *last = &list->ranges[kept];
        const struct range *next = &list->ranges[i];
        if (next->first > last->end) {
            list->ranges[++kept] = *next;
        } else if (next->end > last->end) {
            last->end = next->end;
        }
    }
    list->count = kept + 1;
}

static void report(struct watcher *watcher, size_t index)
{
    struct range_list *list = &watcher->lists[index];

    merge(list);
    for (size_t i = 0; i < list->count; i++) {
        const struct model_watch_access access = {
            .address = list->ranges[i].first,
            .size = list->ranges[i].end - list->ranges[i].first,
            .write = index & 1,
            .physical = index & 2,
            .engine = (enum model_watch_engine)(index / 4),
            .command = watcher->command,
            .header = watcher->header,
        };
        watcher->fn(watcher->user, &access);
    }
    list->count = 0;
}

void watcher_end(struct watcher *watcher)
{
    for (size_t i = 0; i < LISTS; i++) {
        report(watcher, i);
    }
}

/* Makes room for one more. Without memory, what there is is told now, in more pieces than need be.
 */
static void make_room(struct watcher *watcher, size_t index)
{
    struct range_list *list = &watcher->lists[index];

    merge(list);
    if (list->count < list->room / 2) {
        return;
    }
    struct range *more = realloc(list->ranges, 2 * list->room * sizeof(*more));
    if (more != NULL) {
        list->ranges = more;
        list->room *= 2;
    } else if (list->count == list->room) {
        report(watcher, index);
    }
}

static void add(struct watcher *watcher, size_t index, uint64_t first, uint64_t size)
{
    struct range_list *list = &watcher->lists[index];
    uint64_t end = first + size < first ? UINT64_MAX : first + size;

    if (end == first) {
        return;
    }
    pthread_mutex_lock(&watcher->lock);
    struct range *last = list->count > 0 ? &list->ranges[list->count - 1] : NULL;
    if (last != NULL && first >= last->first && first <= last->end) {
        last->end = end > last->end ? end : last->end;
    } else {
        if (list->count == list->room) {
            make_room(watcher, index);
        }
        list->ranges[list->count++] = (struct range){first, end};
    }
    pthread_mutex_unlock(&watcher->lock);
}

void watcher_touch(struct watcher *watcher, enum model_watch_engine engine, uint64_t address,
                   uint64_t size, bool write)
{
    add(watcher, engine * 4u + write, address, size);
}

void watcher_touch_bus(struct watcher *watcher, enum model_watch_engine engine, uint64_t address,
                       uint64_t size, bool write)
{
    add(watcher, engine * 4u + 2u + write, address, size);
}
