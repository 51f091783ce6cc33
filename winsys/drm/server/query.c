/* SPDX-License-Identifier: MIT */
/* DRM_IOCTL_I915_QUERY: of what gen3 has, one engine and one region of memory. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <drm.h>
#include <i915_drm.h>

#include "winsys/drm/server/core.h"

/* An item's own part of what its pointer names: 'size' bytes. Its length, or a negative errno. */
typedef int32_t query_handler(const struct drm_i915_query_item *item, uint8_t *bytes);

/* 0: go on; else what the item's length becomes. */
static int32_t check(const struct drm_i915_query_item *item, int32_t total)
{
    if (item->length == 0) {
        return total;
    }
    return item->length < total ? -EINVAL : 0;
}

static int32_t query_engines(const struct drm_i915_query_item *item, uint8_t *bytes)
{
    struct drm_i915_query_engine_info head;
    const struct drm_i915_engine_info engine = {.engine = {I915_ENGINE_CLASS_RENDER, 0},
                                                .flags = I915_ENGINE_INFO_HAS_LOGICAL_INSTANCE};
    const int32_t total = sizeof(head) + sizeof(engine);

    if (item->flags != 0) {
        return -EINVAL;
    }
    const int32_t result = check(item, total);
    if (result != 0) {
        return result;
    }
    memcpy(&head, bytes, sizeof(head));
    if (head.num_engines != 0 || head.rsvd[0] != 0 || head.rsvd[1] != 0 || head.rsvd[2] != 0) {
        return -EINVAL;
    }
    head.num_engines = 1;
    memcpy(bytes, &head, sizeof(head));
    memcpy(bytes + sizeof(head), &engine, sizeof(engine));
    return total;
}

static int32_t query_regions(const struct drm_i915_query_item *item, uint8_t *bytes)
{
    struct drm_i915_query_memory_regions head;
    struct drm_i915_memory_region_info region = {.region = {I915_MEMORY_CLASS_SYSTEM, 0}};
    const int32_t total = sizeof(head) + sizeof(region);

    if (item->flags != 0) {
        return -EINVAL;
    }
    const int32_t result = check(item, total);
    if (result != 0) {
        return result;
    }
    memcpy(&head, bytes, sizeof(head));
    for (size_t i = 0; i < sizeof(head.rsvd) / sizeof(head.rsvd[0]); i++) {
        if (head.num_regions != 0 || head.rsvd[i] != 0) {
            return -EINVAL;
        }
    }
    region.probed_size = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    region.unallocated_size = region.probed_size;
    head.num_regions = 1;
    memcpy(bytes, &head, sizeof(head));
    memcpy(bytes + sizeof(head), &region, sizeof(region));
    return total;
}

static int32_t query_topology(const struct drm_i915_query_item *item, uint8_t *bytes)
{
    return item->flags != 0 ? -EINVAL : -ENODEV;
}

static int32_t query_perf(const struct drm_i915_query_item *item, uint8_t *bytes)
{
    return item->flags >= DRM_I915_QUERY_PERF_CONFIG_LIST &&
                   item->flags <= DRM_I915_QUERY_PERF_CONFIG_DATA_FOR_ID
               ? -ENODEV
               : -EINVAL;
}

static int32_t query_nothing(const struct drm_i915_query_item *item, uint8_t *bytes)
{
    return -ENODEV;
}

/* By number, from 1; the last two of Linux 6.1: hardware's own list, subslices by engine. */
static query_handler *const handlers[] = {
    query_topology, query_engines, query_perf, query_regions, query_nothing, query_nothing,
};

int core_query(struct drm_file *file, struct drm_call *call)
{
    const struct drm_i915_query *query = call->argument;
    struct drm_i915_query_item *items = call->arrays[0].bytes;
    uint8_t *bytes = call->arrays[1].bytes;

    if (query->flags != 0) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < call->arrays[0].count; i++) {
        const uint64_t id = items[i].query_id;
        const int32_t given = items[i].length;
        if (id == 0) {
            return -EINVAL;
        }
        items[i].length = id <= sizeof(handlers) / sizeof(handlers[0])
                              ? handlers[id - 1](&items[i], bytes)
                              : -EINVAL;
        bytes += given > 0 ? given : 0;
    }
    call->arrays[0].used = call->arrays[0].count;
    call->arrays[1].used = call->arrays[1].count;
    return 0;
}
