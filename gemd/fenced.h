/* SPDX-License-Identifier: MIT */
/*
 * Who gets fence registers: batches whose blits, or surfaces that say so, go through them, and
 * tiled frames on the screen; within the limits of session and user.
 */
#ifndef GEMD_FENCED_H
#define GEMD_FENCED_H

#include <stdint.h>

#include "gemd/bo.h"
#include "gemd/validator/validator.h"
#include "proto/protocol.h"

/*
 * Frames in tiles that are on the screen, about to be, or just were, at most: so batches of up to
 * the chip's registers without these always come to their turn.
 */
#define FENCED_FRAMES_MAX 4u

/*
 * Registers for those of a batch's buffers that the validator found to need one; each is pinned
 * once for the batch. 0; -EAGAIN, -EBUSY (its session's or user's limit): work in flight has to
 * pass first, or the screen to let go; -ENOSPC, -EDQUOT: it never gets them; all with the numbers
 * in text.
 */
__attribute__((warn_unused_result)) int fenced_take(struct gtt *gtt, struct quota *quota,
                                                    struct bo *const *bos,
                                                    const struct validator_buffer *buffers,
                                                    uint32_t count, char text[GEMD_TEXT_MAX]);

/* A register for a tiled frame, pinned once for the screen. 0 or -ENOSPC: not now. */
__attribute__((warn_unused_result)) int fenced_take_frame(struct gtt *gtt, struct bo *bo);

#endif
