/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/extension.h"

#include <errno.h>

static int check(const struct drm_call_link *link, uint32_t index, uint32_t count)
{
    if (index + 1 >= DRM_CALL_LINKS_MAX) {
        return -E2BIG;
    }
    if (link->error != 0) {
        return link->error < 0 && link->error >= -4095 ? link->error : -EFAULT;
    }
    return link->flags != 0 || link->is_reserved_set || link->name >= count ? -EINVAL : 0;
}

int extension_each(const struct drm_call_array *chain, extension_handler *const *handlers,
                   uint32_t count, void *data)
{
    const struct drm_call_link *links = chain->bytes;
    int result = 0;

    for (uint32_t i = 0; i < chain->count && result == 0; i++) {
        result = check(&links[i], i, count);
        if (result == 0) {
            result = handlers[links[i].name](&links[i], data);
        }
    }
    return result;
}
