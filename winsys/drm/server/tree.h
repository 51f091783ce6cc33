/* SPDX-License-Identifier: MIT */
/*
 * The files that stand in the place of the host's for a program: R/dri (/dev/dri), R/sys (parts of
 * /sys) and R/udev (parts of /run/udev). Which of them a program sees decides preload/paths.c.
 *
 * Our own links are relative, so that the tree may lie anywhere. Directories that have the host's
 * entries beside ours have absolute links to the host's.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_TREE_H
#define GEMD_WINSYS_DRM_SERVER_TREE_H

#include <stddef.h>
#include <stdint.h>

struct drm_tree_info {
    uint16_t pci_device; /* 0x29c2 */
    uint8_t revision;
    /* The connector: without modes it is there, and nothing is connected. */
    const char *modes; /* lines, "1024x768\n"; NULL: none */
    const void *edid;
    size_t edid_bytes;
};

#define DRM_TREE_CONNECTOR "card0-VGA-1"

/*
 * Makes the tree in 'directory', an absolute path that exists and is empty but for what gemd-run
 * put there. 0 or a negative errno; what was made by then stays, the directory's owner removes it.
 */
__attribute__((warn_unused_result)) int drm_tree_make(const char *directory,
                                                      const struct drm_tree_info *info);

/* The connector's files say something else from now on; of the rest nothing is looked at. */
__attribute__((warn_unused_result)) int drm_tree_set_connector(const char *directory,
                                                               const struct drm_tree_info *info);

#endif
