/* SPDX-License-Identifier: MIT */
/* What buffers may be: formats, sizes, and where their lines lie. */
#ifndef GEMD_WINSYS_GBM_FORMAT_H
#define GEMD_WINSYS_GBM_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/* DRM_FORMAT_*. Bytes of a pixel; 0: not known. */
uint32_t gbm_format_bytes(uint32_t format);
/* usage: GBM_BO_USE_*. */
bool gbm_format_is_usable(uint32_t format, uint32_t usage);
/* Lines are all that we make. No list (count 0) wants anything; DRM_FORMAT_MOD_INVALID, too. */
bool gbm_format_has_lines(const uint64_t *modifiers, unsigned count);

/* 0; -EINVAL: the format cannot be used so, or the size is none that the GPU can do. */
int gbm_format_lay_out(uint32_t width, uint32_t height, uint32_t format, uint32_t usage,
                       uint32_t *stride, uint64_t *size);
/* Whether a file of 'size' bytes holds lines that somebody else has laid out. */
bool gbm_format_fits(uint32_t width, uint32_t height, uint32_t format, uint32_t stride,
                     uint32_t offset, uint64_t size);

#endif
