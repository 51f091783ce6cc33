/* SPDX-License-Identifier: MIT */
/* How far two pictures of the same scene by two renderers are apart. */
#ifndef GEMD_TESTS_GEARS_COMPARE_H
#define GEMD_TESTS_GEARS_COMPARE_H

#include <stdbool.h>

#include "tools/lib/picture.h"

/*
 * Levels are steps of an 8-bit channel, 0..255. A pixel's difference is that of its worst channel;
 * a pixel is off when it differs by more than COMPARE_NOTICED: more than rounding explains.
 * An edge pixel is one whose 3x3 neighbourhood in the reference spans more than COMPARE_EDGE
 * levels: there, where exactly a triangle's outline falls decides about the whole pixel.
 */
enum { COMPARE_EDGE = 24, COMPARE_NOTICED = 8 };

struct difference {
    double mean;                         /* levels, over all channels of all pixels */
    unsigned worst;                      /* levels, of the worst pixel */
    unsigned long edges;                 /* how many edge pixels there are */
    unsigned long off_edges, off_inside; /* how many pixels are off, on edges and elsewhere */
    double off_edges_percent;            /* of the edge pixels */
    double off_inside_ppm;               /* of all pixels, in a million */
};

/* False when the pictures differ in size: then nothing else is known. Both RGBX. */
bool compare_pictures(const struct picture *reference, const struct picture *other,
                      struct difference *difference);

#endif
