/* SPDX-License-Identifier: MIT */
/* What the tests of the screen stand on: a device with three pieces of memory, and a small picture.
 */
#ifndef TESTS_MODEL_SCREEN_BED_H
#define TESTS_MODEL_SCREEN_BED_H

#include "tests/model/test.h"

#define WIDTH          64u
#define HEIGHT         48u
#define SURFACE        0x01000000u
#define OTHER          0x02000000u
#define CURSOR         0x03000000u
#define BYTES          (1u << 20)
#define ENABLE(format) (DSPCNTR_ENABLE | (uint32_t)(format) << DSPCNTR_FORMAT_SHIFT)
#define BLACK          0xff000000u

struct screen_bed {
    struct model_harness h;
    uint8_t *surface, *other, *cursor;
    uint32_t cursor_base; /* what CURBASE wants */
    uint32_t screen[256 * 256];
};

int screen_setup(void **state);
int screen_teardown(void **state);

/* A register of pipe or plane B or C. */
void screen_set(struct screen_bed *bed, uint32_t reg_a, unsigned index, uint32_t value);

/* harness_small_mode() */
void screen_mode(struct screen_bed *bed, unsigned pipe, uint32_t width, uint32_t height);

/* A plane's surface, from the next frame on; where it lies on the screen. */
void screen_show(struct screen_bed *bed, unsigned plane, uint32_t control, uint32_t address,
                 uint32_t stride);
void screen_place(struct screen_bed *bed, unsigned plane, uint32_t x, uint32_t y, uint32_t width,
                  uint32_t height);
/* Plane A in one colour. */
void screen_background(struct screen_bed *bed, uint32_t colour);

/* What the monitor shows, as much as was asked for; 0x55 behind it. */
uint32_t *screen_look(struct screen_bed *bed, unsigned pipe, uint32_t width, uint32_t height);

/* Any colour that says where it is from, and a surface of them. */
uint32_t screen_paint(uint32_t x, uint32_t y);
void screen_paint_surface(uint8_t *surface, uint32_t stride, uint32_t width, uint32_t height);

#endif
