/* SPDX-License-Identifier: MIT */
/*
 * The lines of a tiled buffer, as its mapping through the aperture shows them: copied out of the
 * tiles when a program says that it is going to look (SET_DOMAIN), and back before anybody else
 * does. The object's lock is held in all but view_await().
 */
#ifndef GEMD_WINSYS_DRM_SERVER_VIEW_H
#define GEMD_WINSYS_DRM_SERVER_VIEW_H

#include "winsys/drm/server/object.h"

/*
 * Waits for the GPU if view_push() has something to do. Not with the lock: the last one to wait for
 * a file ends it, and its framebuffers with it.
 */
void view_await(struct drm_object *object);
/* Lines into tiles, if a program may have written them; after view_await(). 0, -ENOMEM. */
int view_push(struct drm_object *object);
/* Tiles into lines, if the GPU may have written them since; the GPU must be done. 0, -ENOMEM. */
int view_pull(struct drm_object *object);
/* Whether there is a second picture of the same. */
bool view_is_there(const struct drm_object *object);

/* How tiles lie: bits of the place are XORed into its bit 6. */
struct view_walk {
    enum gen3_tiling tiling;
    uint32_t pitch, swizzle;
};

/* Copies between lines and tiles of 'size' bytes; what is no whole row of tiles stays as it lies.
 */
void view_copy(const struct view_walk *walk, uint64_t size, uint8_t *lines, uint8_t *tiles,
               bool into_tiles);

#endif
