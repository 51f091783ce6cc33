/* SPDX-License-Identifier: MIT */
/*
 * A program's file with batches that wait at a gate: fences that are done when the test says so.
 * The server and its event loop are in this process (tests/drm/rig.h). Failures end the test.
 */
#ifndef GEMD_TESTS_DRM_LANE_H
#define GEMD_TESTS_DRM_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include <drm.h>
#include <i915_drm.h>

#include "tests/drm/rig.h"

struct lane {
    struct rig *rig;
    struct rig_file file;
    uint32_t batch; /* an empty one's buffer */
    int gate[2];    /* -1: open */
};

void lane_open(struct lane *lane, struct rig *rig);
/* Opens the gate, waits for the batches, and closes the file. */
void lane_close(struct lane *lane);
/* What is submitted from now on waits at the gate; until it is opened. */
void lane_shut(struct lane *lane);
void lane_let_go(struct lane *lane);

int lane_ioctl(struct lane *lane, unsigned long request, void *argument);
/* The empty batch, with these flags and what else the structure has; 'used': EXEC_OBJECT_* of it.
 */
int lane_exec(struct lane *lane, struct drm_i915_gem_execbuffer2 *exec);
/* The same with FENCE_OUT: a sync file of it. */
int lane_fence(struct lane *lane);
/* A batch that says that it uses the buffer. */
int lane_use(struct lane *lane, uint32_t handle, uint64_t object_flags, int fence_in);

/* ioctl() of a descriptor that is no DRM file, as the library in a program makes it. */
int lane_descriptor_ioctl(struct rig *rig, int fd, unsigned long request, void *argument);

bool lane_is_readable(int fd);
/* Until it is. */
void lane_await(int fd);

#endif
