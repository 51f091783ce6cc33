/* SPDX-License-Identifier: MIT */
#include "gemd/gtt_map.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "gemd/chaos.h"
#include "gemd/server.h"
#include "gemd/session.h"

/* What is known to be bound, in no order. */
struct places {
    struct gtt_part *list;
    size_t count, room;
    bool failed;
};

static const char *const names[] = {
    [GTT_USE_FREE] = "free",       [GTT_USE_DAEMON] = "daemon",   [GTT_USE_BUFFER] = "buffer",
    [GTT_USE_SCANOUT] = "scanout", [GTT_USE_LEAVING] = "leaving",
};

const char *gtt_use_name(enum gtt_use use)
{
    return names[use];
}

static void add(struct places *places, const struct gtt_node *node, enum gtt_use use,
                const struct session *session, const struct bo *bo)
{
    if (!node->bound || places->failed) {
        return;
    }
    if (places->count == places->room) {
        size_t room = places->room * 2 + 256;
        struct gtt_part *list =
            chaos_hits(CHAOS_ALLOC_PLACES) ? NULL : realloc(places->list, room * sizeof(*list));
        if (list == NULL) {
            places->failed = true;
            return;
        }
        places->list = list;
        places->room = room;
    }
    places->list[places->count++] = (struct gtt_part){node->first, node->span, use, session, bo};
}

static bool is_scanned_out(const struct scanout *scanout, const struct bo *bo)
{
    bool found = (scanout->front != NULL && scanout->front->bo == bo) ||
                 (scanout->next != NULL && scanout->next->bo == bo);
    for (unsigned i = 0; i < scanout->limbo_count && !found; i++) {
        found = scanout->limbo[i] != NULL && scanout->limbo[i]->bo == bo;
    }
    return found;
}

static void add_daemon(struct places *places, const struct gpu *gpu)
{
    const struct gpu_memory *const own[] = {&gpu->status, &gpu->ring_memory, &gpu->preamble,
                                            &gpu->dummy, &gpu->batches};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        add(places, &own[i]->node, GTT_USE_DAEMON, NULL, NULL);
    }
}

static void add_sessions(struct places *places, const struct server *server)
{
    const struct scanout *scanout = &server->display.scanout;
    list_for_each(session, &server->sessions, struct session, link)
    {
        for (uint32_t i = 0; i < session->buffers.size; i++) {
            const struct bo *bo = session->buffers.slots[i].object;
            if (bo != NULL) {
                add(places, &bo->node,
                    is_scanned_out(scanout, bo) ? GTT_USE_SCANOUT : GTT_USE_BUFFER, session, bo);
            }
        }
    }
}

static int compare(const void *a, const void *b)
{
    const struct gtt_part *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

/* Appends the part at page 'first', as the space has it. */
static void append(struct gtt_map *map, const struct gtt_space *space, uint32_t first,
                   const struct places *places)
{
    const struct gtt_part key = {.first = first};
    struct gtt_part part = {.first = first, .pages = space->spans[first].length};
    if (space->spans[first].used) {
        const struct gtt_part *known =
            places->count == 0 ? NULL
                               : bsearch(&key, places->list, places->count, sizeof(key), compare);
        part.use = GTT_USE_LEAVING;
        if (known != NULL) {
            part.use = known->use;
            part.session = known->session;
            part.bo = known->bo;
        }
    }
    map->parts[map->count++] = part;
}

int gtt_map_make(struct gtt_map *map, const struct server *server)
{
    const struct gtt_space *space = &server->gpu.gtt.space;
    struct places places = {0};
    size_t spans = 0;
    *map = (struct gtt_map){0};
    add_daemon(&places, &server->gpu);
    add_sessions(&places, server);
    for (uint32_t page = 0; page < space->pages; page += space->spans[page].length) {
        spans++;
    }
    map->parts = places.failed || chaos_hits(CHAOS_ALLOC_GTT_MAP)
                     ? NULL
                     : malloc((spans + 1) * sizeof(map->parts[0]));
    if (map->parts != NULL) {
        if (places.count > 0) {
            qsort(places.list, places.count, sizeof(places.list[0]), compare);
        }
        for (uint32_t page = 0; page < space->pages; page += space->spans[page].length) {
            append(map, space, page, &places);
        }
    }
    free(places.list);
    return map->parts != NULL ? 0 : -ENOMEM;
}

void gtt_map_free(struct gtt_map *map)
{
    free(map->parts);
    *map = (struct gtt_map){0};
}
