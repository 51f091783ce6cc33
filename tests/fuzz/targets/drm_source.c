/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/targets/drm_source.h"

#include <string.h>

#include <drm.h>
#include <i915_drm.h>

#define MANY 6u /* elements of an array */

uint8_t drm_source_next(struct drm_source *s)
{
    if (s->left == 0) {
        return 0;
    }
    s->left--;
    return *s->bytes++;
}

void drm_source_fill(struct drm_source *s, uint8_t *to, size_t size)
{
    memset(to, 0, size);
    for (size_t i = 0; i < size && s->left > 0; i += s->words ? 4 : 1) {
        to[i] = s->words ? drm_source_next(s) % 8 : drm_source_next(s);
    }
}

void drm_put(uint8_t *bytes, size_t offset, unsigned size, uint64_t value)
{
    memcpy(bytes + offset, &value, size);
}

static uint8_t *take(struct drm_source_memory *m, size_t size)
{
    if (m->used + size > sizeof(m->bytes)) {
        return NULL;
    }
    m->used += (size + 7) & ~(size_t)7;
    return m->bytes + m->used - ((size + 7) & ~(size_t)7);
}

/* Links of one behind the other, whose pointers are the first bytes of that memory. */
static void make_chain(const struct drm_array_row *array, uint8_t *structure,
                       struct drm_source_memory *m, struct drm_source *s)
{
    const size_t size = sizeof(struct drm_i915_gem_execbuffer_ext_timeline_fences);
    const uint32_t count = drm_source_next(s) % 4;
    uint64_t after = drm_source_next(s) % 8 == 0 ? 8 : 0;

    if (array->when_mask != 0 && drm_source_next(s) % 2 == 0) {
        return; /* the pointer is another array's */
    }
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *link = take(m, size);
        if (link == NULL) {
            return;
        }
        drm_source_fill(s, link, size);
        drm_put(link, offsetof(struct i915_user_extension, next_extension), 8, after);
        drm_put(link, size - 16, 8, (uintptr_t)m->bytes);
        drm_put(link, size - 8, 8, (uintptr_t)m->bytes);
        after = (uintptr_t)link;
    }
    drm_put(structure, array->pointer, 8, after);
}

void drm_source_array(const struct drm_call_row *row, unsigned index, uint8_t *structure,
                      struct drm_source_memory *m, uint8_t **arrays, uint32_t *counts,
                      struct drm_source *s)
{
    const struct drm_array_row *array = &row->arrays[index];
    const uint32_t parent = row->arrays[array->parent].element;
    uint32_t count = drm_source_next(s) % MANY;

    if (array->kind == DRM_ARRAY_CHAIN) {
        make_chain(array, structure, m, s);
        return;
    }
    if (array->kind == DRM_ARRAY_NESTED && row->arrays[array->parent].kind == DRM_ARRAY_CHAIN) {
        return; /* of what the links say */
    }
    if (array->kind == DRM_ARRAY_NESTED) {
        for (uint32_t i = 0; i < counts[array->parent]; i++) {
            uint8_t *element = arrays[array->parent] + (size_t)i * parent;
            uint8_t *bytes = take(m, (size_t)count * array->element);
            count = bytes != NULL ? count : 0;
            drm_put(element, array->pointer, 8, (uintptr_t)bytes);
            drm_put(element, array->count, array->count_bytes, count);
            if (bytes != NULL) {
                drm_source_fill(s, bytes, (size_t)count * array->element);
            }
        }
        return;
    }
    if (array->kind == DRM_ARRAY_SUMMED) {
        for (uint32_t i = 0; i < counts[array->parent]; i++) {
            drm_put(arrays[array->parent], (size_t)i * 4, 4, 1);
        }
        count = counts[array->parent];
    }
    for (unsigned i = 0; i < index && array->kind == DRM_ARRAY_COUNTED; i++) {
        count = row->arrays[i].count == array->count ? counts[i] : count;
    }
    arrays[index] = take(m, (size_t)(array->fixed > 0 ? array->fixed : count) * array->element);
    counts[index] = arrays[index] != NULL ? count : 0;
    if (arrays[index] != NULL) {
        drm_source_fill(s, arrays[index], (size_t)counts[index] * array->element);
    }
    drm_put(structure, array->pointer, 8, (uintptr_t)arrays[index]);
    if (array->kind == DRM_ARRAY_COUNTED) {
        drm_put(structure, array->count, array->count_bytes, counts[index]);
    }
}
