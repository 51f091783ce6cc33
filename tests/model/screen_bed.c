/* SPDX-License-Identifier: MIT */
#include "tests/model/screen_bed.h"

#include <stdlib.h>
#include <string.h>

int screen_setup(void **state)
{
    struct screen_bed *bed = calloc(1, sizeof(*bed));

    harness_init_clock(&bed->h, NULL);
    bed->surface = harness_bind(&bed->h, SURFACE, BYTES);
    bed->other = harness_bind(&bed->h, OTHER, BYTES);
    bed->cursor = harness_bind(&bed->h, CURSOR, BYTES);
    bed->cursor_base = CURSOR;
    if (bed->h.dev->identity.needs_physical) {
        bed->cursor_base =
            (uint32_t)hw_dma_bus_address(bed->h.dev, &bed->h.dma[bed->h.dma_count - 1], 0);
    }
    *state = bed;
    return 0;
}

int screen_teardown(void **state)
{
    struct screen_bed *bed = *state;

    harness_finish(&bed->h);
    free(bed);
    return 0;
}

void screen_set(struct screen_bed *bed, uint32_t reg_a, unsigned index, uint32_t value)
{
    hw_write(bed->h.dev, reg_a + index * PIPE_STRIDE, value);
}

void screen_mode(struct screen_bed *bed, unsigned pipe, uint32_t width, uint32_t height)
{
    harness_small_mode(&bed->h, pipe, width, height);
}

void screen_show(struct screen_bed *bed, unsigned plane, uint32_t control, uint32_t address,
                 uint32_t stride)
{
    screen_set(bed, DSPSTRIDE_A, plane, stride);
    screen_set(bed, DSPCNTR_A, plane, control);
    screen_set(bed, DSPADDR_A, plane, address);
    harness_advance(&bed->h, HARNESS_FRAME_NS);
}

void screen_place(struct screen_bed *bed, unsigned plane, uint32_t x, uint32_t y, uint32_t width,
                  uint32_t height)
{
    screen_set(bed, DSPPOS_A, plane, y << 16 | x);
    screen_set(bed, DSPSIZE_A, plane, (height - 1) << 16 | (width - 1));
}

uint32_t *screen_look(struct screen_bed *bed, unsigned pipe, uint32_t width, uint32_t height)
{
    memset(bed->screen, 0x55, sizeof(bed->screen));
    assert_int_equal(hw_screen_read(bed->h.dev, pipe, bed->screen, width, height), 0);
    return bed->screen;
}

uint32_t screen_paint(uint32_t x, uint32_t y)
{
    return BLACK | (x * 3 + 1) << 16 | (y * 5 + 2) << 8 | ((x ^ y) & 0xffu);
}

void screen_paint_surface(uint8_t *surface, uint32_t stride, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint32_t colour = screen_paint(x, y);
            memcpy(surface + (size_t)y * stride + x * 4, &colour, 4);
        }
    }
}

void screen_background(struct screen_bed *bed, uint32_t colour)
{
    for (uint32_t i = 0; i < 256 * 256; i++) {
        ((uint32_t *)(void *)bed->surface)[i] = colour;
    }
    screen_show(bed, 0, ENABLE(6), SURFACE, 1024);
}
