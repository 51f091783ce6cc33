/* SPDX-License-Identifier: MIT */
#ifndef GEMD_HW_MODEL_RENDER_FORMAT_H
#define GEMD_HW_MODEL_RENDER_FORMAT_H

#include "hw/model/render/texture.h"

/* code: MS3 9:3. Fills in what the format decides; false: no such format. */
bool format_set(struct texture *t, uint32_t code, bool convert_yuv);

/* What bytes mean with reverse gamma. */
void format_srgb(float curve[256]);

#endif
