/* SPDX-License-Identifier: MIT */
/*
 * Fences of DRM_IOCTL_MODE_ATOMIC, in the program: descriptors, and where one is to be written, are
 * values of properties there.
 */
#ifndef GEMD_WINSYS_DRM_FENCE_PROPERTY_H
#define GEMD_WINSYS_DRM_FENCE_PROPERTY_H

#include <stdint.h>

/* What the server calls them. */
#define DRM_PROPERTY_IN_FENCE_FD   8u
#define DRM_PROPERTY_OUT_FENCE_PTR 23u

struct fence_properties {
    int in;       /* the program's descriptor; -1: none is named, or none that is open */
    uint64_t out; /* the program's memory for another; 0: none is wanted */
};

/*
 * Looks through ids and values; nothing need be aligned. The memory for the answer has -1 from then
 * on. -EFAULT; -EINVAL: two descriptors that differ, of which a packet could carry but one.
 */
int fence_properties_find(struct fence_properties *found, const uint8_t *ids, const uint8_t *values,
                          uint64_t count);
/* The program's from now on. -EFAULT: it is closed. */
int fence_properties_give(const struct fence_properties *found, int fd);

#endif
