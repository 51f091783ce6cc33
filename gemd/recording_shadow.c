/* SPDX-License-Identifier: MIT */
#include "gemd/recording_shadow.h"

#include <stdlib.h>

#include "gemd/bo.h"

void shadows_init(struct shadows *shadows)
{
    static const uint8_t zeros[RECORDING_PAGE];
    list_init(&shadows->list);
    shadows->zero = XXH3_128bits(zeros, sizeof(zeros));
}

void shadows_finish(struct shadows *shadows)
{
    while (!list_empty(&shadows->list)) {
        shadows_remove(list_first(&shadows->list, struct shadow, link));
    }
}

static struct shadow *add(struct shadows *shadows, const struct shadow *what)
{
    struct shadow *shadow =
        malloc(sizeof(*shadow) + (size_t)what->pages * sizeof(shadow->hashes[0]));
    if (shadow == NULL) {
        return NULL;
    }
    *shadow = *what;
    for (uint64_t i = 0; i < shadow->pages; i++) {
        shadow->hashes[i] = shadows->zero;
    }
    list_insert_before(shadows->list.next, &shadow->link);
    return shadow;
}

struct shadow *shadows_add_arena(struct shadows *shadows, uint32_t object,
                                 const struct arena *arena)
{
    return add(shadows, &(struct shadow){.space = RECORDING_OF_ARENA,
                                         .object = object,
                                         .arena = arena,
                                         .pages = arena->size / RECORDING_PAGE});
}

struct shadow *shadows_add_import(struct shadows *shadows, const struct bo *bo)
{
    return add(shadows, &(struct shadow){.space = RECORDING_OF_IMPORT,
                                         .object = bo->handle,
                                         .arena = bo->arena,
                                         .first = bo->offset / RECORDING_PAGE,
                                         .pages = bo->size / RECORDING_PAGE});
}

struct shadow *shadows_find(struct shadows *shadows, enum recording_space space, uint32_t object)
{
    list_for_each(shadow, &shadows->list, struct shadow, link)
    {
        if (shadow->space == space && shadow->object == object) {
            return shadow;
        }
    }
    return NULL;
}

void shadows_remove(struct shadow *shadow)
{
    list_remove(&shadow->link);
    free(shadow);
}

static bool is_of(const struct shadow *shadow, const struct bo *bo)
{
    return bo->imported ? shadow->space == RECORDING_OF_IMPORT && shadow->object == bo->handle
                        : shadow->space == RECORDING_OF_ARENA && shadow->arena == bo->arena;
}

struct shadow *shadows_of(struct shadows *shadows, const struct bo *bo, uint64_t *first)
{
    list_for_each(shadow, &shadows->list, struct shadow, link)
    {
        if (!is_of(shadow, bo)) {
            continue;
        }
        *first = bo->offset / RECORDING_PAGE - shadow->first;
        if (shadows->list.next != &shadow->link) {
            list_remove(&shadow->link);
            list_insert_before(shadows->list.next, &shadow->link);
        }
        return shadow;
    }
    return NULL;
}
