/* SPDX-License-Identifier: MIT */
/* The table of calls.def. */
#include "winsys/drm/calls.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <drm.h>
#include <drm_mode.h>
#include <i915_drm.h>

#define AT(type, field)    offsetof(type, field)
#define BYTES(type, field) sizeof(((type *)NULL)->field)

#define ARRAY(way_, type, pointer_, count_, element_, most_)                                       \
    {                                                                                              \
        .kind = DRM_ARRAY_COUNTED, .way = (way_), .pointer = AT(type, pointer_),                   \
        .count = AT(type, count_), .count_bytes = BYTES(type, count_), .element = (element_),      \
        .most = (most_)                                                                            \
    }
#define IN(...)   ARRAY(DRM_WAY_IN, __VA_ARGS__)
#define OUT(...)  ARRAY(DRM_WAY_OUT, __VA_ARGS__)
#define BOTH(...) ARRAY(DRM_WAY_BOTH, __VA_ARGS__)
#define IN_WHEN(type, pointer_, count_, element_, most_, when_, mask_)                             \
    {                                                                                              \
        .kind = DRM_ARRAY_COUNTED, .way = DRM_WAY_IN, .pointer = AT(type, pointer_),               \
        .count = AT(type, count_), .count_bytes = BYTES(type, count_), .element = (element_),      \
        .most = (most_), .when = AT(type, when_), .when_mask = (mask_)                             \
    }
#define OUT_FIXED(type, pointer_, fixed_, element_)                                                \
    {                                                                                              \
        .kind = DRM_ARRAY_FIXED, .way = DRM_WAY_OUT, .pointer = AT(type, pointer_),                \
        .fixed = (fixed_), .element = (element_), .most = (fixed_)                                 \
    }
#define IN_SUM(type, pointer_, parent_, element_, most_)                                           \
    {                                                                                              \
        .kind = DRM_ARRAY_SUMMED, .way = DRM_WAY_IN, .parent = (parent_),                          \
        .pointer = AT(type, pointer_), .element = (element_), .most = (most_)                      \
    }
#define BOTH_NESTED(parent_, type, pointer_, count_, element_, most_)                              \
    {                                                                                              \
        .kind = DRM_ARRAY_NESTED, .way = DRM_WAY_BOTH, .parent = (parent_),                        \
        .pointer = AT(type, pointer_), .count = AT(type, count_),                                  \
        .count_bytes = BYTES(type, count_), .element = (element_), .most = (most_)                 \
    }
#define IN_OPTIONAL(type, pointer_, count_, element_, most_)                                       \
    {                                                                                              \
        .kind = DRM_ARRAY_COUNTED, .way = DRM_WAY_IN, .pointer = AT(type, pointer_),               \
        .count = AT(type, count_), .count_bytes = BYTES(type, count_), .element = (element_),      \
        .most = (most_), .optional = true                                                          \
    }
#define IN_CHAIN(type, pointer_, when_, mask_, ...)                                                \
    {                                                                                              \
        .kind = DRM_ARRAY_CHAIN, .way = DRM_WAY_IN, .pointer = AT(type, pointer_),                 \
        .element = sizeof(struct drm_call_link), .most = DRM_CALL_LINKS_MAX,                       \
        .when = AT(type, when_), .when_mask = (mask_), .links = {                                  \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
/* Of a link's body: offsets are those of the structure with its head. */
#define IN_LINKED(parent_, type, pointer_, count_, element_, most_)                                \
    {                                                                                              \
        .kind = DRM_ARRAY_NESTED, .way = DRM_WAY_IN, .parent = (parent_),                          \
        .pointer = LINK(type, pointer_), .count = LINK(type, count_),                              \
        .count_bytes = BYTES(type, count_), .element = (element_), .most = (most_)                 \
    }
#define LINK(type, field)                                                                          \
    (offsetof(struct drm_call_link, body) + AT(type, field) - sizeof(struct i915_user_extension))
#define FD(type, field, ...)                                                                       \
    {                                                                                              \
        .there = true, .offset = AT(type, field), __VA_ARGS__                                      \
    }
#define A(...) .arrays = {__VA_ARGS__}
#define CALL(request_, ...)                                                                        \
    [_IOC_NR(request_)] = {                                                                        \
        .name = #request_, .request = (request_), .size = _IOC_SIZE(request_), __VA_ARGS__},

static const struct drm_call_row rows[256] = {
#include "winsys/drm/calls.def"
};

const struct drm_call_row *drm_call_row_at(unsigned index)
{
    return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

const struct drm_call_row *drm_call_row(uint32_t request)
{
    const struct drm_call_row *row = &rows[_IOC_NR(request)];

    return row->name != NULL ? row : NULL;
}

uint32_t drm_call_bytes_in(const struct drm_call_row *row, uint32_t request)
{
    return (_IOC_DIR(request) & _IOC_DIR(row->request) & _IOC_WRITE) != 0 ? _IOC_SIZE(request) : 0;
}

uint32_t drm_call_bytes_out(const struct drm_call_row *row, uint32_t request)
{
    return (_IOC_DIR(request) & _IOC_DIR(row->request) & _IOC_READ) != 0 ? _IOC_SIZE(request) : 0;
}

uint32_t drm_call_room(const struct drm_call_row *row, uint32_t request)
{
    const uint32_t size = _IOC_SIZE(request);

    return size > row->size ? size : row->size;
}

/* A number of 4 or 8 bytes. */
static uint64_t read_field(const void *bytes, size_t offset, unsigned size)
{
    uint64_t wide = 0;
    uint32_t narrow = 0;

    if (size == sizeof(wide)) {
        memcpy(&wide, (const uint8_t *)bytes + offset, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, (const uint8_t *)bytes + offset, sizeof(narrow));
    return narrow;
}

static uint64_t sum(const struct drm_array_row *array, const void *parent, uint64_t parent_count)
{
    uint64_t total = 0;

    for (uint64_t i = 0; parent != NULL && i < parent_count; i++) {
        total += read_field(parent, (size_t)i * 4, 4);
    }
    return total;
}

uint32_t drm_call_nested(const struct drm_array_row *array, const void *element)
{
    const uint64_t count = read_field(element, array->count, array->count_bytes);

    return count > INT32_MAX ? 0 : (uint32_t)count;
}

/* What is negative, or beyond 31 bits, has no elements: drm_i915_query_item.length says errors so.
 */
static uint64_t sum_nested(const struct drm_call_row *row, const struct drm_array_row *array,
                           const void *parent, uint64_t parent_count)
{
    const uint32_t step = row->arrays[array->parent].element;
    uint64_t total = 0;

    for (uint64_t i = 0; parent != NULL && i < parent_count; i++) {
        total += drm_call_nested(array, (const uint8_t *)parent + i * step);
    }
    return total;
}

bool drm_call_is_there(const struct drm_array_row *array, const void *structure)
{
    return array->when_mask == 0 || (read_field(structure, array->when, 8) & array->when_mask) != 0;
}

uint64_t drm_call_count(const struct drm_call_row *row, unsigned index, const void *structure,
                        void *const *parents, const uint64_t *counts)
{
    const struct drm_array_row *array = &row->arrays[index];
    uint64_t count = 0;

    if (!drm_call_is_there(array, structure)) {
        return 0;
    }
    switch ((enum drm_array_kind)array->kind) {
    case DRM_ARRAY_NONE:
    case DRM_ARRAY_CHAIN: /* who follows it, counts */
        return 0;
    case DRM_ARRAY_FIXED:
        return array->fixed;
    case DRM_ARRAY_COUNTED:
        count = read_field(structure, array->count, array->count_bytes);
        break;
    case DRM_ARRAY_SUMMED:
        count = sum(array, parents[array->parent], counts[array->parent]);
        break;
    case DRM_ARRAY_NESTED:
        count = sum_nested(row, array, parents[array->parent], counts[array->parent]);
        break;
    }
    if (count <= array->most) {
        return count;
    }
    return array->way == DRM_WAY_OUT ? array->most : UINT64_MAX;
}

bool drm_call_names_fd(const struct drm_fd_row *fd, const void *structure)
{
    if (!fd->there) {
        return false;
    }
    return fd->when_bytes == 0 ||
           (read_field(structure, fd->when, fd->when_bytes) & fd->when_mask) != 0;
}
