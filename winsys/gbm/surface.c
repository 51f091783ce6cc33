/* SPDX-License-Identifier: MIT */
#include "winsys/gbm/surface.h"

#include <errno.h>
#include <stdlib.h>

#include "winsys/gbm/bo.h"
#include "winsys/gbm/format.h"

enum slot_state {
    SLOT_FREE,
    SLOT_TAKEN, /* EGL draws into it */
    SLOT_FRONT, /* was shown, and waits for the program to lock it */
    SLOT_LOCKED,
};

struct slot {
    struct gemd_gbm_bo *bo; /* NULL: not made yet */
    enum slot_state state;
    uint64_t shown; /* the surface's count then */
};

struct gemd_gbm_surface {
    struct gbm_surface base;        /* must be first */
    struct gemd_gbm_device *device; /* one reference */
    struct gemd_gbm_surface *next;  /* of the device's */
    unsigned references;            /* the program's and EGL's */
    bool is_destroyed;
    struct slot slots[GEMD_GBM_SLOTS];
    uint64_t shown;
};

/* ---- lives; the lock is held ---- */

/* libgbm tells the program of buffers that it destroys itself; of these we do. */
static void free_buffer(struct slot *slot)
{
    struct gemd_gbm_bo *bo = slot->bo;

    slot->bo = NULL;
    if (bo == NULL) {
        return;
    }
    if (bo->base.v0.destroy_user_data != NULL) {
        gbm_unlock();
        bo->base.v0.destroy_user_data(&bo->base, bo->base.v0.user_data);
        gbm_lock();
    }
    gbm_bo_free(bo);
}

static void unref(struct gemd_gbm_surface *surface)
{
    struct gemd_gbm_device *device = surface->device;

    if (--surface->references > 0) {
        return;
    }
    struct gemd_gbm_surface **link = &device->surfaces;
    while (*link != surface) {
        link = &(*link)->next;
    }
    *link = surface->next;
    free(surface);
    gbm_device_unref(device);
}

/* What EGL has drawn into goes with the rest: a session keeps memory of its own of it. */
static void destroy(struct gbm_surface *base)
{
    struct gemd_gbm_surface *surface = (struct gemd_gbm_surface *)base;

    gbm_lock();
    if (!surface->is_destroyed) {
        surface->is_destroyed = true;
        for (unsigned i = 0; i < GEMD_GBM_SLOTS; i++) {
            free_buffer(&surface->slots[i]);
        }
        unref(surface);
    }
    gbm_unlock();
}

static struct gbm_surface *create(struct gbm_device *base, uint32_t width, uint32_t height,
                                  uint32_t format, uint32_t flags, const uint64_t *modifiers,
                                  const unsigned count)
{
    struct gemd_gbm_device *device = (struct gemd_gbm_device *)base;
    struct gemd_gbm_surface *surface;
    uint32_t stride;
    uint64_t size;

    format = gbm_device_format(format);
    if (gbm_format_lay_out(width, height, format, flags | GBM_BO_USE_RENDERING, &stride, &size) !=
            0 ||
        !gbm_format_has_lines(modifiers, count)) {
        errno = EINVAL;
        return NULL;
    }
    surface = calloc(1, sizeof(*surface));
    if (surface == NULL) {
        return NULL;
    }
    surface->base = (struct gbm_surface){
        .gbm = base,
        .v0 = {.width = width, .height = height, .format = format, .flags = flags},
    };
    surface->references = 1;
    surface->device = device;
    gbm_lock();
    gbm_device_ref(device);
    surface->next = device->surfaces;
    device->surfaces = surface;
    gbm_unlock();
    return &surface->base;
}

/* ---- the program's side ---- */

static struct slot *find_state(struct gemd_gbm_surface *surface, enum slot_state state)
{
    for (unsigned i = 0; i < GEMD_GBM_SLOTS; i++) {
        if (surface->slots[i].state == state) {
            return &surface->slots[i];
        }
    }
    return NULL;
}

static struct gbm_bo *lock_front_buffer(struct gbm_surface *base)
{
    struct gemd_gbm_surface *surface = (struct gemd_gbm_surface *)base;

    gbm_lock();
    struct slot *front = find_state(surface, SLOT_FRONT);
    if (front != NULL) {
        front->state = SLOT_LOCKED;
    } else {
        errno = EINVAL;
    }
    gbm_unlock();
    return front != NULL ? &front->bo->base : NULL;
}

static void release_buffer(struct gbm_surface *base, struct gbm_bo *bo)
{
    struct gemd_gbm_surface *surface = (struct gemd_gbm_surface *)base;

    gbm_lock();
    for (unsigned i = 0; bo != NULL && i < GEMD_GBM_SLOTS; i++) {
        struct slot *slot = &surface->slots[i];

        if (slot->state == SLOT_LOCKED && &slot->bo->base == bo) {
            slot->state = SLOT_FREE;
        }
    }
    gbm_unlock();
}

/* What is not locked can be drawn into, or is just being. */
static int has_free_buffers(struct gbm_surface *base)
{
    struct gemd_gbm_surface *surface = (struct gemd_gbm_surface *)base;
    int free_ones = 0;

    gbm_lock();
    for (unsigned i = 0; i < GEMD_GBM_SLOTS; i++) {
        free_ones += surface->slots[i].state != SLOT_LOCKED ? 1 : 0;
    }
    gbm_unlock();
    return free_ones > 0 ? 1 : 0;
}

void gbm_surface_set_functions(struct gbm_device_v0 *functions)
{
    functions->surface_create = create;
    functions->surface_lock_front_buffer = lock_front_buffer;
    functions->surface_release_buffer = release_buffer;
    functions->surface_has_free_buffers = has_free_buffers;
    functions->surface_destroy = destroy;
}

/* ---- EGL's side ---- */

static struct gemd_gbm_surface *find(const struct gemd_gbm_device *device, const void *native)
{
    struct gemd_gbm_surface *surface = device->surfaces;

    while (surface != NULL && (surface != native || surface->is_destroyed)) {
        surface = surface->next;
    }
    return surface;
}

struct gemd_gbm_surface *gbm_surface_ref(const void *wanted, const void *native)
{
    struct gemd_gbm_surface *surface = NULL;

    gbm_lock();
    for (const struct gemd_gbm_device *device = gbm_device_first();
         device != NULL && surface == NULL; device = device->next) {
        surface = wanted == NULL || wanted == device ? find(device, native) : NULL;
    }
    if (surface != NULL) {
        surface->references++;
    }
    gbm_unlock();
    return surface;
}

void gbm_surface_unref(struct gemd_gbm_surface *surface)
{
    gbm_lock();
    unref(surface);
    gbm_unlock();
}

void gbm_surface_describe(struct gemd_gbm_surface *surface, struct gemd_gbm_buffer *like)
{
    const struct gbm_surface_v0 *v0 = &surface->base.v0;

    *like = (struct gemd_gbm_buffer){
        .fd = -1, .width = v0->width, .height = v0->height, .format = v0->format};
}

/*
 * The one that was shown longest ago, as the screen is done with that first; then one that is not
 * made yet; a program that does not lock what it swaps gets its front buffer back.
 */
static struct slot *choose(struct gemd_gbm_surface *surface)
{
    struct slot *found = NULL, *unmade = NULL;

    for (unsigned i = 0; i < GEMD_GBM_SLOTS; i++) {
        struct slot *slot = &surface->slots[i];

        if (slot->bo == NULL) {
            unmade = unmade == NULL ? slot : unmade;
        } else if (slot->state == SLOT_FREE && (found == NULL || slot->shown < found->shown)) {
            found = slot;
        }
    }
    found = found != NULL ? found : unmade;
    return found != NULL ? found : find_state(surface, SLOT_FRONT);
}

static int make_buffer(struct gemd_gbm_surface *surface, struct slot *slot)
{
    const struct gbm_surface_v0 *v0 = &surface->base.v0;
    const int error = gbm_bo_make(surface->device, v0->width, v0->height, v0->format,
                                  v0->flags | GBM_BO_USE_RENDERING, &slot->bo);

    if (error == 0) {
        slot->bo->is_surface = true;
    }
    return error;
}

int gbm_surface_take(struct gemd_gbm_surface *surface, unsigned *slot,
                     struct gemd_gbm_buffer *buffer)
{
    int error = -ENODEV;

    gbm_lock();
    struct slot *chosen = surface->is_destroyed ? NULL : choose(surface);
    if (chosen != NULL) {
        error = chosen->bo != NULL ? 0 : make_buffer(surface, chosen);
    } else if (!surface->is_destroyed) {
        error = -ENOBUFS;
    }
    if (error == 0) {
        chosen->state = SLOT_TAKEN;
        *slot = (unsigned)(chosen - surface->slots);
        gbm_bo_tell(chosen->bo, buffer);
    }
    gbm_unlock();
    return error;
}

void gbm_surface_show(struct gemd_gbm_surface *surface, unsigned slot)
{
    gbm_lock();
    struct slot *front = find_state(surface, SLOT_FRONT);
    if (front != NULL) {
        front->state = SLOT_FREE; /* nobody wanted it */
    }
    surface->slots[slot].state = surface->is_destroyed ? SLOT_FREE : SLOT_FRONT;
    surface->slots[slot].shown = ++surface->shown;
    gbm_unlock();
}

void gbm_surface_give_back(struct gemd_gbm_surface *surface, unsigned slot)
{
    gbm_lock();
    if (surface->slots[slot].state == SLOT_TAKEN) {
        surface->slots[slot].state = SLOT_FREE;
    }
    gbm_unlock();
}
