/* SPDX-License-Identifier: MIT */
/* EXECBUFFER2: a program's batch as the daemon takes it. */
#ifndef GEMD_WINSYS_DRM_SERVER_EXEC_H
#define GEMD_WINSYS_DRM_SERVER_EXEC_H

#include "winsys/drm/server/object.h"

struct drm_exec_scratch;

/* NULL is fine. */
void exec_scratch_free(struct drm_exec_scratch *scratch);

/*
 * How many of 'count' words belong to the batch, with its MI_BATCH_BUFFER_END, or with the first
 * command that is not a client's (such as one that goes on elsewhere, which the copy cannot); 0:
 * neither is there.
 */
uint32_t exec_batch_length(const uint32_t *words, uint32_t count);

#endif
