/* SPDX-License-Identifier: MIT */
#include "winsys/drm/fence_property.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "winsys/drm/user.h"

static int note_in(struct fence_properties *found, int64_t value)
{
    if (value < 0 || value > INT32_MAX || fcntl((int)value, F_GETFD) < 0) {
        return 0; /* what the server says to that */
    }
    if (found->in >= 0 && found->in != (int)value) {
        return -EINVAL;
    }
    found->in = (int)value;
    return 0;
}

static int note_out(struct fence_properties *found, uint64_t value)
{
    const int32_t none = -1;
    if (value == 0) {
        return 0;
    }
    found->out = value;
    return user_copy_out(&none, value, sizeof(none));
}

int fence_properties_find(struct fence_properties *found, const uint8_t *ids, const uint8_t *values,
                          uint64_t count)
{
    int error = 0;
    *found = (struct fence_properties){.in = -1};
    for (uint64_t i = 0; i < count && error == 0; i++) {
        uint32_t id;
        uint64_t value;
        memcpy(&id, ids + i * sizeof(id), sizeof(id));
        memcpy(&value, values + i * sizeof(value), sizeof(value));
        if (id == DRM_PROPERTY_IN_FENCE_FD) {
            error = note_in(found, (int64_t)value);
        } else if (id == DRM_PROPERTY_OUT_FENCE_PTR) {
            error = note_out(found, value);
        }
    }
    return error;
}

int fence_properties_give(const struct fence_properties *found, int fd)
{
    const int32_t value = fd;
    int error = found->out != 0 ? user_copy_out(&value, found->out, sizeof(value)) : -EFAULT;
    if (error != 0) {
        close(fd);
    }
    return error;
}
