/* SPDX-License-Identifier: MIT */
/* Blits: target 256 rows of 1024 bytes, source the same. */
#include "samples.h"

/* All of the target: 256 x 256 pixels of 4 bytes. */
static void fill_all(struct stream *s)
{
    PUT(s, 0x54300004, 0x03f00400, 0, 0x01000100);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0);
}

static void fill_from_the_second_pixel(struct stream *s)
{
    fill_all(s);
    s->relocs[0].delta = 4;
}

/* Mesa fills texels of one byte as if they had two, so that rows are twice as wide. */
static void fill_bytes_as_words(struct stream *s)
{
    PUT(s, 0x54000004, 0x01f00040, 0, 0x00400040);
    stream_address(s, STREAM_VERTICES, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0);
    s->buffers[STREAM_VERTICES].rights = VALIDATOR_READ | VALIDATOR_WRITE;
    s->buffers[STREAM_VERTICES].size = 65 * 64;
}

static void fill_bytes_without_a_spare_row(struct stream *s)
{
    fill_bytes_as_words(s);
    s->buffers[STREAM_VERTICES].size = 65 * 64 - 1;
}

static void copy_all(struct stream *s)
{
    PUT(s, 0x54f00006, 0x03cc0400, 0, 0x01000100);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0, 0x0400);
    stream_address(s, STREAM_TEXTURE, 0, VALIDATOR_READ);
}

/* The last row comes first. */
static void fill_upwards(struct stream *s)
{
    fill_all(s);
    s->words[1] = 0x03f0fc00;
    s->relocs[0].delta = 255 * 1024;
}

static void copy_upside_down(struct stream *s)
{
    copy_all(s);
    s->words[6] = 0xfc00;
    s->relocs[1].delta = 255 * 1024;
}

/* 32 rows, one row down. */
static void copy_within(struct stream *s)
{
    PUT(s, 0x54f00006, 0x03cc0400, 0x00010000, 0x00210100);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0, 0x0400);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ);
}

static void tiled(struct stream *s, enum gen3_tiling tiling)
{
    fill_all(s);
    s->buffers[STREAM_TARGET].tiling = tiling;
    s->buffers[STREAM_TARGET].pitch = 1024;
}

static void tiled_x(struct stream *s)
{
    tiled(s, GEN3_TILED_X);
}

static void tiled_y(struct stream *s)
{
    tiled(s, GEN3_TILED_Y);
}

static void tiled_y_of_915(struct stream *s)
{
    tiled(s, GEN3_TILED_Y_915);
}

static void tiled_at_a_row(struct stream *s)
{
    tiled(s, GEN3_TILED_X);
    s->words[3] = 0x00f80100;
    s->relocs[0].delta = 8 * 1024;
}

static void tiled_inside_a_row(struct stream *s)
{
    tiled_at_a_row(s);
    s->relocs[0].delta = 4096;
}

/* The last 252 rows but for the first 16 pixels, which are the first 16 of the row behind. */
static void tiled_from_a_pixel(struct stream *s)
{
    tiled(s, GEN3_TILED_X);
    s->words[3] = 0x00fc00f0;
    s->relocs[0].delta = 4 * 1024 + 64;
}

static void tiled_last_pixel(struct stream *s)
{
    tiled(s, GEN3_TILED_X);
    s->words[3] = 0x00010001;
    s->relocs[0].delta = 256 * 1024 - 4;
}

/* A pixel more than a row has, which is the first of the next one. */
static void tiled_wider_than_a_row(struct stream *s)
{
    tiled(s, GEN3_TILED_X);
    s->words[3] = 0x00010101;
    s->buffers[STREAM_TARGET].size = 8 * 1024;
}

static void tiled_wider_without_a_row(struct stream *s)
{
    tiled_wider_than_a_row(s);
    s->buffers[STREAM_TARGET].size--;
}

/* Rows of two: the last one reaches the last row of tiles, and a pixel more the one behind. */
static void tiled_in_rows_of_two(struct stream *s)
{
    tiled(s, GEN3_TILED_X);
    s->words[3] = 0x00ff0200;
}

/* As a buffer cannot be. */
static void tiled_with_an_odd_pitch(struct stream *s)
{
    tiled(s, GEN3_TILED_X);
    s->words[1] = 0x03f003e8;
    s->words[3] = 0x00010001;
    s->buffers[STREAM_TARGET].pitch = 1000;
}

static void copy_from_inside_tiles(struct stream *s)
{
    copy_all(s);
    s->words[3] = 0x00fc00f0;
    s->relocs[1].delta = 4 * 1024 + 64;
    s->buffers[STREAM_TEXTURE].tiling = GEN3_TILED_X;
    s->buffers[STREAM_TEXTURE].pitch = 1024;
    s->buffers[STREAM_TEXTURE].size = 256 * 1024;
}

/* One pixel wide, 8 rows: a tile of 4096 bytes; without a fence register 7 x 1024 + 4 bytes. */
static void tiles_or_lines(struct stream *s)
{
    tiled(s, GEN3_TILED_X);
    s->words[2] = 0;
    s->words[3] = 0x00080001;
    s->buffers[STREAM_TARGET].size = 7 * 1024 + 4;
}

static void tiles_but_not_lines(struct stream *s)
{
    tiles_or_lines(s);
    s->buffers[STREAM_TARGET].size--;
}

const struct sample samples_blit[] = {
    {"a column of tiles that holds lines", tiles_or_lines, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a column of tiles that does not", tiles_but_not_lines, AS_BUILT, 0, VALIDATOR_BLIT_EXTENT},
    {"the fill of J.1", build_color_blt, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the copy of J.1", build_copy_blt, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a fill of everything", fill_all, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a fill one row further", fill_all, 3, 0x01010001, VALIDATOR_BLIT_EXTENT},
    {"a fill one pixel further", fill_all, 3, 0x01000101, VALIDATOR_BLIT_EXTENT},
    {"a fill wider than the pitch", fill_all, 3, 0x00ff0200, VALIDATOR_ACCEPTED},
    {"a fill from the second pixel", fill_from_the_second_pixel, AS_BUILT, 0,
     VALIDATOR_BLIT_EXTENT},
    {"a fill from the second pixel, one less", fill_from_the_second_pixel, 3, 0x010000ff,
     VALIDATOR_ACCEPTED},
    {"a fill with a greater pitch", fill_all, 1, 0x03f00404, VALIDATOR_BLIT_EXTENT},
    {"a fill with a smaller depth", fill_all, 1, 0x01f00400, VALIDATOR_ACCEPTED},
    {"a fill of bytes as words", fill_bytes_as_words, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the same without a spare row", fill_bytes_without_a_spare_row, AS_BUILT, 0,
     VALIDATOR_BLIT_EXTENT},
    {"a fill with a negative pitch", fill_all, 1, 0x03f0fc00, VALIDATOR_BLIT_EXTENT},
    {"a fill upwards", fill_upwards, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a fill upwards, one row too many", fill_upwards, 3, 0x01010100, VALIDATOR_BLIT_EXTENT},
    {"a fill upwards, one pixel too many", fill_upwards, 3, 0x01000101, VALIDATOR_BLIT_EXTENT},
    {"a fill without a pitch", fill_all, 1, 0x03f00000, VALIDATOR_BLIT_VALUE},
    {"a fill from a negative column", fill_all, 2, 0x0000ffff, VALIDATOR_BLIT_RECT},
    {"a fill from a negative row", fill_all, 2, 0x80000000, VALIDATOR_BLIT_RECT},
    {"a fill of no width", fill_all, 3, 0x01000000, VALIDATOR_ACCEPTED},
    {"a fill of negative width", build_color_blt, 3, 0x0018000f, VALIDATOR_BLIT_RECT},
    {"a fill of negative height", build_color_blt, 3, 0x00070020, VALIDATOR_BLIT_RECT},
    {"a fill that inverts", fill_all, 1, 0x03550400, VALIDATOR_ACCEPTED},
    {"a fill from a source", fill_all, 1, 0x03cc0400, VALIDATOR_BLIT_VALUE},
    {"a copy from a pattern", copy_all, 1, 0x03f00400, VALIDATOR_BLIT_VALUE},
    {"a fill with a clip of nobody", fill_all, 1, 0x43f00400, VALIDATOR_STATE_UNSET},
    {"a fill with a solid pattern", fill_all, 1, 0x83f00400, VALIDATOR_RESERVED_BITS},
    {"a fill with the tiling bit of gen4", fill_all, 0, 0x54300804, VALIDATOR_RESERVED_BITS},
    {"a copy of everything", copy_all, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a copy from the second row", copy_all, 5, 0x00010000, VALIDATOR_BLIT_EXTENT},
    {"a copy from a negative row", copy_all, 5, 0xffff0000, VALIDATOR_BLIT_RECT},
    {"a copy with a greater source pitch", copy_all, 6, 0x0404, VALIDATOR_BLIT_EXTENT},
    {"a copy with a negative source pitch", copy_all, 6, 0xfc00, VALIDATOR_BLIT_EXTENT},
    {"a copy without a source pitch", copy_all, 6, 0, VALIDATOR_BLIT_VALUE},
    {"a copy that turns upside down", copy_upside_down, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the same from the second row", copy_upside_down, 5, 0x00010000, VALIDATOR_BLIT_EXTENT},
    {"a copy within a buffer", copy_within, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a copy with a source pitch of 17 bits", copy_all, 6, 0x10400, VALIDATOR_RESERVED_BITS},
    {"a fill of X tiles", tiled_x, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a fill of X tiles upwards", tiled_x, 1, 0x03f0fc00, VALIDATOR_BLIT_VALUE},
    {"a fill of X tiles with another pitch", tiled_x, 1, 0x03f00200, VALIDATOR_TILING},
    {"a fill of X tiles beyond the pitch", tiled_x, 3, 0x00100101, VALIDATOR_ACCEPTED},
    {"the same of all rows", tiled_x, 3, 0x01000101, VALIDATOR_BLIT_EXTENT},
    {"a pixel beyond the pitch", tiled_wider_than_a_row, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the same in less than a row of tiles", tiled_wider_without_a_row, AS_BUILT, 0,
     VALIDATOR_BLIT_EXTENT},
    {"a pitch that is not of tiles", tiled_with_an_odd_pitch, AS_BUILT, 0, VALIDATOR_BLIT_EXTENT},
    {"a fill of X tiles by two rows", tiled_in_rows_of_two, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the same and a pixel", tiled_in_rows_of_two, 3, 0x00ff0201, VALIDATOR_BLIT_EXTENT},
    {"the same and a row", tiled_in_rows_of_two, 3, 0x01000200, VALIDATOR_BLIT_EXTENT},
    {"a fill of Y tiles", tiled_y, AS_BUILT, 0, VALIDATOR_TILING},
    {"a fill of a 915's Y tiles", tiled_y_of_915, AS_BUILT, 0, VALIDATOR_TILING},
    {"a fill of X tiles from a row", tiled_at_a_row, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a fill of X tiles from a row, too far", tiled_at_a_row, 3, 0x00f90001, VALIDATOR_BLIT_EXTENT},
    {"a fill of X tiles from inside", tiled_inside_a_row, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the same, too far", tiled_inside_a_row, 3, 0x00fd0001, VALIDATOR_BLIT_EXTENT},
    {"the same with another pitch", tiled_inside_a_row, 1, 0x03f00200, VALIDATOR_TILING},
    {"the same upwards", tiled_inside_a_row, 1, 0x03f0fc00, VALIDATOR_BLIT_VALUE},
    {"a fill of X tiles from a pixel", tiled_from_a_pixel, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the same and a pixel", tiled_from_a_pixel, 3, 0x00fc00f1, VALIDATOR_BLIT_EXTENT},
    {"the same and a row", tiled_from_a_pixel, 3, 0x00fd00f0, VALIDATOR_BLIT_EXTENT},
    {"the last pixel of X tiles", tiled_last_pixel, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"and the one behind it", tiled_last_pixel, 3, 0x00010002, VALIDATOR_BLIT_EXTENT},
    {"and the one below it", tiled_last_pixel, 3, 0x00020001, VALIDATOR_BLIT_EXTENT},
    {"a copy from inside X tiles", copy_from_inside_tiles, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the same and a row", copy_from_inside_tiles, 3, 0x00fd00f0, VALIDATOR_BLIT_EXTENT},
    {"the same with another source pitch", copy_from_inside_tiles, 6, 0x0200, VALIDATOR_TILING},
    {"nothing of X tiles", tiled_x, 3, 0, VALIDATOR_ACCEPTED},
    {0},
};
