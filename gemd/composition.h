/* SPDX-License-Identifier: MIT */
/*
 * What a pipe makes of a frame, by the processor: its pixels through the palette, and the cursor
 * above them. XRGB8888; lines of 'width' pixels follow each other without a gap.
 */
#ifndef GEMD_COMPOSITION_H
#define GEMD_COMPOSITION_H

#include "gemd/display.h"

/* Lines [first, end) of a picture so wide. */
struct rows {
    uint32_t first, end, width;
};

/*
 * Writes those lines of a frame (NULL: black) to where the picture has them; 'pixels' is its first
 * line. 0, or a negative errno when it cannot be read.
 */
__attribute__((warn_unused_result)) int composition_read(struct display *display,
                                                         const struct frame *frame,
                                                         const struct rows *rows, uint32_t *pixels);

/* Draws the cursor that is shown over the whole picture. */
void composition_add_cursor(const struct display *display, uint32_t *pixels, uint32_t width,
                            uint32_t height);

#endif
