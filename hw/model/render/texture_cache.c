/* SPDX-License-Identifier: MIT */
/*
 * Textures are derived once: changing between some maps and samplers costs a look-up. One is never
 * changed while a primitive that is not drawn yet refers to it.
 */
#include "hw/model/render/internal.h"

#include <stdlib.h>

#define TEXTURES_MAX 256
#define BUCKETS      (sizeof(((struct texture_cache *)0)->bucket) / sizeof(struct texture *))

static struct texture **bucket_of(struct render *render, const uint32_t key[TEXTURE_KEY])
{
    uint32_t hash = 0;
    for (unsigned i = 0; i < TEXTURE_KEY; i++) {
        hash = (hash ^ key[i]) * 0x9e3779b1u;
        hash ^= hash >> 15;
    }
    return &render->textures.bucket[hash % BUCKETS];
}

static bool is_current(const struct render *render, const struct texture *t)
{
    for (unsigned i = 0; i < MAP_COUNT; i++) {
        if (render->draw.texture[i] == t) {
            return true;
        }
    }
    return false;
}

/* The link that leads to the texture that was not used for the longest time. */
static struct texture **find_oldest(struct render *render)
{
    struct texture **oldest = NULL;
    for (size_t b = 0; b < BUCKETS; b++) {
        for (struct texture **at = &render->textures.bucket[b]; *at != NULL; at = &(*at)->next) {
            if ((oldest == NULL || (*at)->used < (*oldest)->used) && !is_current(render, *at)) {
                oldest = at;
            }
        }
    }
    return oldest;
}

static void drop_one(struct render *render)
{
    struct texture **oldest = find_oldest(render);
    if (oldest != NULL) {
        struct texture *t = *oldest;
        cache_wait(render, t->used);
        *oldest = t->next;
        free(t);
        render->textures.count--;
    }
}

static const struct texture *look_up_again(struct render *render, struct texture *t)
{
    if (t->looked_up != render->flushes) {
        struct surface surface = t->surface;
        surface_resolve(render, &surface, 0, t->size);
        /* workers look at the serial only for blocks that they keep */
        if (surface.base != t->surface.base || t->raw == RAW_BLOCK) {
            cache_wait(render, t->used);
            t->surface.base = surface.base;
        }
        t->looked_up = render->flushes;
        t->serial = ++render->textures.serial;
    }
    t->used = render->serial;
    return t;
}

void texture_used(struct render *render, const struct texture *texture)
{
    ((struct texture *)texture)->used = render->serial;
}

enum render_status texture_find(struct render *render, unsigned unit, const struct texture **found,
                                struct render_error *error)
{
    uint32_t key[TEXTURE_KEY];
    texture_key(render, unit, key);
    struct texture **bucket = bucket_of(render, key);
    for (struct texture *t = *bucket; t != NULL; t = t->next) {
        if (memcmp(t->key, key, sizeof(key)) == 0) {
            *found = look_up_again(render, t);
            return RENDER_OK;
        }
    }
    if (render->textures.count >= TEXTURES_MAX) {
        drop_one(render);
    }
    struct texture *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return render_unknown(error, "MAP_STATE: out of memory");
    }
    const enum render_status status = texture_build(render, unit, t, error);
    if (status != RENDER_OK) {
        free(t);
        return status;
    }
    memcpy(t->key, key, sizeof(key));
    t->looked_up = render->flushes;
    t->serial = ++render->textures.serial;
    t->used = render->serial;
    t->next = *bucket;
    *bucket = t;
    render->textures.count++;
    *found = t;
    return RENDER_OK;
}

void texture_cache_clear(struct render *render)
{
    for (size_t b = 0; b < BUCKETS; b++) {
        while (render->textures.bucket[b] != NULL) {
            struct texture *t = render->textures.bucket[b];
            render->textures.bucket[b] = t->next;
            free(t);
        }
    }
    render->textures.count = 0;
    memset(render->draw.texture, 0, sizeof(render->draw.texture));
}
