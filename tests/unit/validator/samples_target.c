/* SPDX-License-Identifier: MIT */
/* Colour and depth buffers, 256 rows of 1024 bytes, under the drawing rectangle. */
#include "samples.h"

#define DEPTH_ON 0x0008000e /* depth test, depth write, colour write, last vertex provokes */

static void triangle_with_depth(struct stream *s)
{
    build_triangle(s);
    stream_put_depth_buffer(s);
    PUT(s, 0x7d040400, DEPTH_ON);
    stream_put_triangle(s);
}

/* Where in the above. */
enum { AT_DEPTH_INFO = 36 };

static void depth_test_without_a_buffer(struct stream *s)
{
    build_triangle(s);
}

/* Half as many rows of depth as of colour, but drawing begins in the second half of colour. */
static void small_depth(struct stream *s)
{
    stream_put_triangle_state(s);
    stream_put_depth_buffer(s);
    PUT(s, 0x7d040400, DEPTH_ON);
    PUT(s, 0x7d800003, 0x40000000, 0x00800000, 0x00ff00ff, 0x00800000);
    stream_put_triangle(s);
    s->buffers[STREAM_DEPTH].size = 128 * 1024;
}

enum { AT_SMALL_RECT_FLAGS = 28 };

static void tiled_target(struct stream *s)
{
    build_triangle(s);
    s->words[AT_INFO] |= 1u << 22;
    s->buffers[STREAM_TARGET].tiling = GEN3_TILED_X;
    s->buffers[STREAM_TARGET].pitch = 1024;
}

static void tiled_target_lacks_a_byte(struct stream *s)
{
    tiled_target(s);
    s->buffers[STREAM_TARGET].size--;
}

/* The first pixel of the second tile: nobody knows the walk from there. */
static void tiled_target_inside_a_row(struct stream *s)
{
    tiled_target(s);
    s->relocs[0].delta = 4096;
    s->buffers[STREAM_TARGET].size *= 2;
}

static void tiled_target_at_a_row(struct stream *s)
{
    tiled_target_inside_a_row(s);
    s->relocs[0].delta = 8192;
}

static void target_in_y(struct stream *s)
{
    tiled_target(s);
    s->words[AT_INFO] |= 1u << 21;
    s->buffers[STREAM_TARGET].tiling = GEN3_TILED_Y;
}

static void target_lacks_a_byte(struct stream *s)
{
    build_triangle(s);
    s->buffers[STREAM_TARGET].size--;
}

static void target_of_odd_rows(struct stream *s)
{
    build_triangle(s);
    s->buffers[STREAM_TARGET].size = 255 * 1024;
    s->words[AT_RECT_MAX] = 0x00fe00ff;
}

static void no_target(struct stream *s)
{
    stream_put_formats(s);
    stream_put_rect(s);
    stream_put_registers(s);
    stream_put_program(s);
    stream_put_triangle(s);
}

/* Colour write off: nothing is touched. */
static void no_target_and_no_colour(struct stream *s)
{
    no_target(s);
    s->words[11] = 0x00000002;
}

static void no_formats(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_rect(s);
    stream_put_registers(s);
    stream_put_program(s);
    stream_put_triangle(s);
}

static void no_rect(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_formats(s);
    stream_put_registers(s);
    stream_put_program(s);
    stream_put_triangle(s);
}

static void tiled_target_without_a_pitch(struct stream *s)
{
    tiled_target(s);
    s->words[AT_INFO] &= ~0x3ffcu;
    s->buffers[STREAM_TARGET].pitch = 0;
}

/* A pair of pixels wide, 8 rows: one tile; through a fence lines, too. */
static void narrow_target_by_its_fence(struct stream *s)
{
    tiled_target(s);
    s->words[AT_INFO] ^= 3u << 22;
    s->words[AT_RECT_MAX] = 0x00070000;
    s->buffers[STREAM_TARGET].size = 7 * 1024 + 8;
}

static void narrow_target_by_its_fence_too_small(struct stream *s)
{
    narrow_target_by_its_fence(s);
    s->buffers[STREAM_TARGET].size--;
}

static void target_in_y_of_915(struct stream *s)
{
    target_in_y(s);
    s->pci_device = 0x2582;
}

const struct sample samples_target[] = {
    {"a tiled target without a pitch", tiled_target_without_a_pitch, AS_BUILT, 0, VALIDATOR_TILING},
    {"a column of tiles by its fence", narrow_target_by_its_fence, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a column of tiles by its fence, not all lines", narrow_target_by_its_fence_too_small,
     AS_BUILT, 0, VALIDATOR_COLOUR_EXTENT},
    {"a target in Y tiles", target_in_y, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a target in Y tiles of 915", target_in_y_of_915, AS_BUILT, 0, VALIDATOR_TILING},
    {"the triangle of J.2", build_triangle, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a triangle with depth", triangle_with_depth, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a target without its last byte", target_lacks_a_byte, AS_BUILT, 0, VALIDATOR_COLOUR_EXTENT},
    {"an odd count of rows", target_of_odd_rows, AS_BUILT, 0, VALIDATOR_COLOUR_EXTENT},
    {"an even count of rows", target_of_odd_rows, AT_RECT_MAX, 0x00fd00ff, VALIDATOR_ACCEPTED},
    {"one row too many", build_triangle, AT_RECT_MAX, 0x010000ff, VALIDATOR_COLOUR_EXTENT},
    {"one column too many", build_triangle, AT_RECT_MAX, 0x00ff0100, VALIDATOR_COLOUR_EXTENT},
    {"a greater pitch", build_triangle, AT_INFO, 0x03000404, VALIDATOR_COLOUR_EXTENT},
    {"a smaller pitch", build_triangle, AT_INFO, 0x030003fc, VALIDATOR_COLOUR_EXTENT},
    {"smaller pixels", build_triangle, AT_FORMATS, 0x10880208, VALIDATOR_ACCEPTED},
    {"smaller pixels and a smaller pitch", build_triangle, AT_FORMATS, 0x10880008,
     VALIDATOR_ACCEPTED},
    {"a 4:2:2 target", build_triangle, AT_FORMATS, 0x10880408, VALIDATOR_TARGET_FORMAT},
    {"floating point depth", build_triangle, AT_FORMATS, 0x1088030c, VALIDATOR_TARGET_FORMAT},
    {"depth as W", build_triangle, AT_FORMATS, 0x10880348, VALIDATOR_RESERVED_BITS},
    {"interlaced drawing", build_triangle, AT_FORMATS, 0x10880309, VALIDATOR_RESERVED_BITS},
    {"early depth", build_triangle, AT_FORMATS, 0x90880308, VALIDATOR_ACCEPTED},
    {"an MPEG buffer", build_triangle, AT_INFO, 0x05000400, VALIDATOR_TARGET_FORMAT},
    {"an auxiliary buffer", build_triangle, AT_INFO, 0x13000400, VALIDATOR_RESERVED_BITS},
    {"a buffer by its fence", build_triangle, AT_INFO, 0x03800400, VALIDATOR_ACCEPTED},
    {"a buffer by its fence, and tiled", build_triangle, AT_INFO, 0x03c00400, VALIDATOR_TILING},
    {"a tiled target by its fence", tiled_target, AT_INFO, 0x03800400, VALIDATOR_ACCEPTED},
    {"the same with another pitch", tiled_target, AT_INFO, 0x03800200, VALIDATOR_TILING},
    {"the same without its last byte", tiled_target_lacks_a_byte, AT_INFO, 0x03800400,
     VALIDATOR_COLOUR_EXTENT},
    {"a target in Y by its fence", target_in_y, AT_INFO, 0x03800400, VALIDATOR_ACCEPTED},
    {"a target in Y that is called X", target_in_y, AT_INFO, 0x03400400, VALIDATOR_TILING},
    {"a target in Y, one tile row too many", target_in_y, AT_RECT_MAX, 0x010000ff,
     VALIDATOR_COLOUR_EXTENT},
    {"a tiling that the buffer has not", build_triangle, AT_INFO, 0x03400400, VALIDATOR_TILING},
    {"a walk without tiles", build_triangle, AT_INFO, 0x03200400, VALIDATOR_TILING},
    {"a tiled target", tiled_target, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a tiled target at a row of tiles", tiled_target_at_a_row, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a tiled target inside one", tiled_target_inside_a_row, AS_BUILT, 0, VALIDATOR_TILING},
    {"a tiled target by lines", tiled_target, AT_INFO, 0x03000400, VALIDATOR_TILING},
    {"a tiled target with another pitch", tiled_target, AT_INFO, 0x03400200, VALIDATOR_TILING},
    {"a tiled target in Y", tiled_target, AT_INFO, 0x03600400, VALIDATOR_TILING},
    {"a tiled target without its last byte", tiled_target_lacks_a_byte, AS_BUILT, 0,
     VALIDATOR_COLOUR_EXTENT},
    {"the same, drawn in one tile row less", tiled_target_lacks_a_byte, AT_RECT_MAX, 0x00f700ff,
     VALIDATOR_ACCEPTED},
    {"no target", no_target, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"no target and no colour", no_target_and_no_colour, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"no formats", no_formats, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"no rectangle", no_rect, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"an empty rectangle", build_triangle, AT_RECT_MIN, 0x00000100, VALIDATOR_DRAW_RECT},
    {"a rectangle that wraps", build_triangle, AT_RECT_MAX, 0xffffffff, VALIDATOR_DRAW_RECT},
    {"an origin inside the rectangle", build_triangle, AT_RECT_ORIGIN, 0x00000001,
     VALIDATOR_DRAW_RECT},
    {"dither offsets", build_triangle, AT_RECT_FLAGS, 0x4f000000, VALIDATOR_ACCEPTED},
    {"a stray flag of the rectangle", build_triangle, AT_RECT_FLAGS, 0x80000000,
     VALIDATOR_RESERVED_BITS},
    {"depth test without a buffer", depth_test_without_a_buffer, AT_S6, 0x00080006,
     VALIDATOR_STATE_UNSET},
    {"depth write without a buffer", depth_test_without_a_buffer, AT_S6, 0x0000000e,
     VALIDATOR_STATE_UNSET},
    {"stencil test without a buffer", depth_test_without_a_buffer, AT_S5, 0x00000004,
     VALIDATOR_STATE_UNSET},
    {"stencil write without a buffer", depth_test_without_a_buffer, AT_S5, 0x00000008,
     VALIDATOR_STATE_UNSET},
    {"depth with a greater pitch", triangle_with_depth, AT_DEPTH_INFO, 0x07000404,
     VALIDATOR_DEPTH_EXTENT},
    {"depth from its own origin", small_depth, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"depth from the rectangle's origin", small_depth, AT_SMALL_RECT_FLAGS, 0,
     VALIDATOR_DEPTH_EXTENT},
    {"a rectangle with no end of rows", build_triangle, AT_RECT_MAX, 0x800000ff,
     VALIDATOR_DRAW_RECT},
    {"a rectangle without rows", build_triangle, AT_RECT_MIN, 0x01000000, VALIDATOR_DRAW_RECT},
    {"an origin right of the rectangle", build_triangle, AT_RECT_ORIGIN, 1, VALIDATOR_DRAW_RECT},
    {"an origin below its top", build_triangle, AT_RECT_ORIGIN, 0x10000, VALIDATOR_DRAW_RECT},
    {0},
};
