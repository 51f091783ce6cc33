/* SPDX-License-Identifier: MIT */
/* A cursor drawn by the processor, as the display engine draws it: its colours are multiplied by
 * their alpha already. */
#ifndef GEMD_CURSOR_PICTURE_H
#define GEMD_CURSOR_PICTURE_H

#include <stdint.h>

struct palette;
struct window_cursor;

/* Over 'height' lines of 'width' pixels, XRGB8888; what lies beyond them is left out. Its
 * colours go through the palette, before they are blended. */
void cursor_draw(const struct window_cursor *cursor, const struct palette *palette,
                 uint32_t *pixels, uint32_t width, uint32_t height);

#endif
