/* SPDX-License-Identifier: MIT */
/*
 * Pictures in PNG files.
 *
 * Rows run from top to bottom. Errors: 0 or a negative errno; what went wrong is said on stderr
 * in one line that names the file.
 */
#ifndef GEMD_TOOLS_LIB_PICTURE_H
#define GEMD_TOOLS_LIB_PICTURE_H

#include <stdint.h>

/* How four bytes in memory make a pixel. The fourth byte is ignored: pictures are opaque. */
enum picture_order { PICTURE_RGBX, PICTURE_BGRX };

struct picture {
    uint32_t width, height; /* pixels */
    uint32_t stride;        /* bytes from one row to the next */
    enum picture_order order;
    uint8_t *pixels;
};

/*
 * Written beside 'path' and renamed, so that nobody ever reads half a file; to a pipe or a device
 * it is written as it comes.
 */
__attribute__((warn_unused_result)) int picture_save(const struct picture *picture,
                                                     const char *path);
/* Pixels are allocated, RGBX, stride 4 * width; picture_free() gives them back. */
__attribute__((warn_unused_result)) int picture_load(struct picture *picture, const char *path);
void picture_free(struct picture *picture);

#endif
