/* SPDX-License-Identifier: MIT */
/* vm-pixels PNG PNG: how many pixels of two pictures differ. Fails when one does. */
#include <stdio.h>
#include <string.h>

#include "tools/lib/picture.h"

static unsigned long count_differences(const struct picture *a, const struct picture *b)
{
    unsigned long count = 0;

    for (uint32_t y = 0; y < a->height; y++) {
        for (uint32_t x = 0; x < a->width; x++) {
            const uint8_t *left = a->pixels + (size_t)y * a->stride + (size_t)4 * x;
            const uint8_t *right = b->pixels + (size_t)y * b->stride + (size_t)4 * x;
            count += memcmp(left, right, 3) != 0;
        }
    }
    return count;
}

int main(int argc, char **argv)
{
    struct picture a, b;

    if (argc != 3) {
        fprintf(stderr, "usage: vm-pixels PNG PNG\n");
        return 2;
    }
    if (picture_load(&a, argv[1]) != 0 || picture_load(&b, argv[2]) != 0) {
        return 1;
    }
    unsigned long differ = (unsigned long)a.width * a.height;
    if (a.width == b.width && a.height == b.height) {
        differ = count_differences(&a, &b);
    }
    printf("vm-pixels: width=%u height=%u pixels_differ=%lu\n", a.width, a.height, differ);
    picture_free(&a);
    picture_free(&b);
    return differ != 0;
}
