/* SPDX-License-Identifier: MIT */
/*
 * The overlay: a window of video over the planes of a pipe. Its registers lie in memory, in a block
 * that MI_OVERLAY_FLIP names (doc/gen3.md B.12); the model copies the block when it is told to.
 */
#ifndef GEMD_HW_MODEL_OVERLAY_H
#define GEMD_HW_MODEL_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/model/layer.h"

#define OVERLAY_DWORDS 42

struct model;

struct overlay {
    bool on;
    uint32_t block[OVERLAY_DWORDS];
};

enum overlay_mode { OVERLAY_CONTINUE, OVERLAY_ON, OVERLAY_OFF };

/* MI_OVERLAY_FLIP. Called locked. */
void model_overlay_flip(struct model *model, enum overlay_mode mode, uint32_t address);
void model_overlay_reset(struct model *model);

/* Whether it shows something, and on which pipe. */
bool overlay_shows(const struct overlay *overlay, unsigned pipe);
/* Whether it shows only where the lowest plane has its colour. */
bool overlay_has_key(const struct overlay *overlay);

/* Row y of the pipe's source. 'below': the lowest plane there without gamma, for the key. */
void overlay_draw(struct model_memory *memory, const struct overlay *overlay,
                  const struct layer_pixel *below, uint32_t y, struct layer_pixel *row,
                  uint32_t width);

#endif
