/* SPDX-License-Identifier: MIT */
/* Maps and samplers: 256 x 256 texels of 4 bytes, pitch 1024, in a buffer that just holds them. */
#include "samples.h"

#define LINEAR_MIPS 0x00300000u

/* Mesa's sizes for this: 945 layout, levels 1 and up below level 0. */
static void mipmapped(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS4] = 0x1fff8000 | 32u << 9;
    s->words[AT_SS2] = LINEAR_MIPS;
    s->buffers[STREAM_TEXTURE].size = (256 + 128) * 1024;
}

static void mipmapped_too_small(struct stream *s)
{
    mipmapped(s);
    s->buffers[STREAM_TEXTURE].size = (256 + 127) * 1024;
}

/* 200 x 100 texels at the pitch of 256: Mesa asks for a quarter of a level more than there is. */
static void odd_sized(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] = 99u << 21 | 199u << 10 | 0x180;
    s->words[AT_MS4] = 0x1fff8000 | 1u << 9;
    s->buffers[STREAM_TEXTURE].size = 129 * 1024;
}

static void odd_sized_linear(struct stream *s)
{
    odd_sized(s);
    s->words[AT_SS2] = LINEAR_MIPS;
}

static void odd_sized_too_small(struct stream *s)
{
    odd_sized_linear(s);
    s->buffers[STREAM_TEXTURE].size = 99 * 1024;
}

/* A cube of 64: 128 texels wide and 256 rows high. */
static void cube(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] = 63u << 21 | 63u << 10 | 0x180;
    s->words[AT_MS4] = 127u << 21 | 0x3fu << 15 | 24u << 9;
    s->words[AT_SS2] = LINEAR_MIPS;
    s->words[AT_TEXTURE_PROGRAM + 1] = 0x19081c00;
    s->words[AT_TEXTURE_PROGRAM + 4] = 0x19580000;
    s->buffers[STREAM_TEXTURE].size = 256 * 512;
}

static void cube_too_small(struct stream *s)
{
    cube(s);
    s->buffers[STREAM_TEXTURE].size = 255 * 512;
}

static void odd_cube(struct stream *s)
{
    cube(s);
    s->words[AT_MS3] = 62u << 21 | 62u << 10 | 0x180;
    s->words[AT_MS4] &= ~(63u << 9);
    s->words[AT_SS3] = 0x000036e0;
}

/* A volume of 32 x 32 x 32 with two levels: 32 slices of 32 rows, 16 rows of 2 slices of 16. */
static void volume(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] = 31u << 21 | 31u << 10 | 0x180;
    s->words[AT_MS4] = 31u << 21 | 0x3fu << 15 | 4u << 9 | 31;
    s->words[AT_SS2] = LINEAR_MIPS;
    s->words[AT_TEXTURE_PROGRAM + 1] = 0x19081c00;
    s->words[AT_TEXTURE_PROGRAM + 4] = 0x19980000;
    s->buffers[STREAM_TEXTURE].size = (32 * 32 + 8 * 16) * 128;
}

static void volume_too_small(struct stream *s)
{
    volume(s);
    s->buffers[STREAM_TEXTURE].size -= 1;
}

/* A level of 15 x 10 texels of a volume with 9 slices, where Mesa leaves the depth as it was. */
static void level_of_a_volume(struct stream *s)
{
    volume(s);
    s->words[AT_MS3] = 9u << 21 | 14u << 10 | 0x180;
    s->words[AT_MS4] = 15u << 21 | 0x3fu << 15 | 1u << 9 | 8;
    s->buffers[STREAM_TEXTURE].size = (2 * 16 + 10) * 64;
}

static void level_of_a_volume_too_small(struct stream *s)
{
    level_of_a_volume(s);
    s->buffers[STREAM_TEXTURE].size = 9 * 64;
}

static void compressed(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] = 255u << 21 | 255u << 10 | 6u << 7 | 1u << 3;
    s->buffers[STREAM_TEXTURE].size = 64 * 1024;
}

/* Texels of two bytes, in pairs: the faces lie as those of any format of two bytes do. */
static void cube_of_pairs(struct stream *s)
{
    cube(s);
    s->words[AT_MS3] = 63u << 21 | 63u << 10 | 5u << 7;
    s->words[AT_MS4] = 63u << 21 | 0x3fu << 15;
    s->buffers[STREAM_TEXTURE].size = 256 * 256;
}

static void cube_of_pairs_too_small(struct stream *s)
{
    cube_of_pairs(s);
    s->buffers[STREAM_TEXTURE].size = 255 * 256;
}

/* The last of 255 texels is one of a pair. */
static void half_a_pair(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] = 255u << 21 | 254u << 10 | 5u << 7;
    s->words[AT_MS4] = 127u << 21;
    s->buffers[STREAM_TEXTURE].size = 256 * 512;
}

static void half_a_pair_too_small(struct stream *s)
{
    half_a_pair(s);
    s->buffers[STREAM_TEXTURE].size -= 2;
}

static void texture_in_y_of_915(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] |= 3;
    s->buffers[STREAM_TEXTURE].tiling = GEN3_TILED_Y;
    s->buffers[STREAM_TEXTURE].pitch = 1024;
    s->pci_device = 0x2582;
}

/* What the table of chips has not is laid out like the later class, which most are. */
static void texture_in_y_of_nobody(struct stream *s)
{
    texture_in_y_of_915(s);
    s->pci_device = 0xffff;
}

static void cube_of_nibbles(struct stream *s)
{
    cube(s);
    s->words[AT_MS3] = 63u << 21 | 63u << 10 | 7u << 7 | 7u << 3;
    s->words[AT_SS2] = 0;
}

/* What was found to fit is known, and fits. */
static void sampled_anew(struct stream *s)
{
    build_texture(s);
    stream_put_sampler(s);
    stream_put_triangle(s);
}

static void compressed_too_small(struct stream *s)
{
    compressed(s);
    s->buffers[STREAM_TEXTURE].size = 64 * 1024 - 1;
}

/* 256 x 256 texels of a byte, two in each: 128 bytes a row. */
static void nibbles(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] = 255u << 21 | 255u << 10 | 7u << 7 | 7u << 3;
    s->words[AT_MS4] = 31u << 21 | 4u << 9;
    s->buffers[STREAM_TEXTURE].size = 256 * 128;
}

static void nibbles_too_small(struct stream *s)
{
    nibbles(s);
    s->buffers[STREAM_TEXTURE].size--;
}

/* 255 x 256 texels in pairs: rows are fetched up to the 256th. */
static void pairs(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] = 255u << 21 | 254u << 10 | 5u << 7 | 1u << 3;
    s->words[AT_MS4] = 127u << 21;
    s->buffers[STREAM_TEXTURE].size = 256 * 512;
}

static void pairs_too_small(struct stream *s)
{
    pairs(s);
    s->buffers[STREAM_TEXTURE].size--;
}

static void tiled_map(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] |= 2;
    s->buffers[STREAM_TEXTURE].tiling = GEN3_TILED_X;
    s->buffers[STREAM_TEXTURE].pitch = 1024;
}

/* One texel wide, 8 rows: one tile. By its own bits 4096 bytes; through a fence lines, too. */
static void narrow_map(struct stream *s)
{
    tiled_map(s);
    s->words[AT_MS3] = 7u << 21 | 0x182;
    s->buffers[STREAM_TEXTURE].size = 4096;
}

static void narrow_map_by_its_fence(struct stream *s)
{
    narrow_map(s);
    s->words[AT_MS3] ^= 6;
    s->buffers[STREAM_TEXTURE].size = 7 * 1024 + 4;
}

static void narrow_map_by_its_fence_too_small(struct stream *s)
{
    narrow_map_by_its_fence(s);
    s->buffers[STREAM_TEXTURE].size--;
}

static void tiled_map_too_small(struct stream *s)
{
    tiled_map(s);
    s->buffers[STREAM_TEXTURE].size--;
}

/* Inside a row of tiles of 1024 bytes, with the least size that each way to walk takes. */
static void inside_a_row(struct stream *s, uint32_t delta, uint32_t columns, uint32_t rows,
                         uint64_t size)
{
    tiled_map(s);
    s->words[AT_MS3] = (rows - 1) << 21 | (columns - 1) << 10 | 0x182;
    s->relocs[1].delta = delta;
    s->buffers[STREAM_TEXTURE].size = size;
}

/* 4096 bytes of one tile, from the address on. */
static void tile_from_the_address(struct stream *s)
{
    inside_a_row(s, 4 * 1024 + 16, 1, 1, 4 * 1024 + 16 + 4096);
}

/* Rows 4 to 11, in the first tile of two rows of them. */
static void rows_from_the_start(struct stream *s)
{
    inside_a_row(s, 4 * 1024 + 256, 64, 8, 8 * 1024 + 4096);
}

/* From the second page on rows 3 to 8, in the first tile of two rows. */
static void rows_from_the_page(struct stream *s)
{
    inside_a_row(s, 7 * 1024, 1, 6, 4096 + 8 * 1024 + 4096);
}

static void tile_from_the_address_too_small(struct stream *s)
{
    tile_from_the_address(s);
    s->buffers[STREAM_TEXTURE].size--;
}

static void rows_from_the_start_too_small(struct stream *s)
{
    rows_from_the_start(s);
    s->buffers[STREAM_TEXTURE].size--;
}

static void rows_from_the_page_too_small(struct stream *s)
{
    rows_from_the_page(s);
    s->buffers[STREAM_TEXTURE].size--;
}

static void columns_to_the_pitch(struct stream *s)
{
    inside_a_row(s, 1024 + 768, 64, 1, 1u << 20);
}

static void columns_beyond_the_pitch(struct stream *s)
{
    inside_a_row(s, 1024 + 768, 65, 1, 1u << 20);
}

static void block_inside_a_row(struct stream *s)
{
    inside_a_row(s, 1024 + 8, 4, 4, 1u << 20);
    s->words[AT_MS3] = 3u << 21 | 3u << 10 | 0x302;
}

static void inside_a_block(struct stream *s)
{
    block_inside_a_row(s);
    s->relocs[1].delta -= 4;
}

/* 128 x 128 texels, five levels: 192 rows below each other, 128 side by side with 192 texels. */
static void to_the_right(struct stream *s)
{
    build_texture(s);
    s->words[AT_MS3] = 127u << 21 | 127u << 10 | 0x180;
    s->words[AT_MS4] = 255u << 21 | 16u << 9 | 0x100;
    s->words[AT_SS2] = LINEAR_MIPS;
    s->buffers[STREAM_TEXTURE].size = 192 * 1024;
}

static void to_the_right_only(struct stream *s)
{
    to_the_right(s);
    s->buffers[STREAM_TEXTURE].size = 128 * 1024;
}

static void no_map(struct stream *s)
{
    stream_put_triangle_state(s);
    stream_put_sampler(s);
    stream_put_texture_program(s);
    stream_put_triangle(s);
}

static void no_sampler(struct stream *s)
{
    stream_put_triangle_state(s);
    stream_put_map(s);
    stream_put_texture_program(s);
    stream_put_triangle(s);
}

/* A map that the program does not read may be too small for what it says. */
static void unused_map(struct stream *s)
{
    stream_put_triangle_state(s);
    stream_put_map(s);
    stream_put_sampler(s);
    stream_put_triangle(s);
    s->buffers[STREAM_TEXTURE].size = 4;
}

static void at_the_second_row(struct stream *s)
{
    build_texture(s);
    s->relocs[1].delta = 1024;
}

const struct sample samples_texture[] = {
    {"the texture of J.3", build_texture, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"one row more", build_texture, AT_MS3, 256u << 21 | 255u << 10 | 0x180, VALIDATOR_MAP_EXTENT},
    {"one column more", build_texture, AT_MS3, 255u << 21 | 256u << 10 | 0x180,
     VALIDATOR_MAP_EXTENT},
    {"from the second row", at_the_second_row, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"from the second row, one less", at_the_second_row, AT_MS3, 254u << 21 | 255u << 10 | 0x180,
     VALIDATOR_ACCEPTED},
    {"a greater pitch", build_texture, AT_MS4, 0x1fff8000 + (1u << 21), VALIDATOR_MAP_EXTENT},
    {"a smaller pitch", build_texture, AT_MS4, 0x1fff8000 - (1u << 21), VALIDATOR_MAP_EXTENT},
    {"levels that are there", mipmapped, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"levels beyond the buffer", mipmapped_too_small, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"levels beyond the buffer, not sampled", mipmapped_too_small, AT_SS2, 0, VALIDATOR_ACCEPTED},
    {"a quarter of a level, nearest", odd_sized, AT_SS2, 0x00100000, VALIDATOR_ACCEPTED},
    {"a quarter of a level, linear", odd_sized_linear, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a whole level, linear", odd_sized_linear, AT_MS4, 0x1fff8000 | 4u << 9, VALIDATOR_MAP_EXTENT},
    {"the first level beyond the buffer", odd_sized_too_small, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"a cube", cube, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a cube without its last row", cube_too_small, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"a cube that is not square", cube, AT_MS3, 62u << 21 | 63u << 10 | 0x180,
     VALIDATOR_MAP_EXTENT},
    {"a cube of 4:2:2", cube_of_pairs, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a cube of 4:2:2 without its last row", cube_of_pairs_too_small, AS_BUILT, 0,
     VALIDATOR_MAP_EXTENT},
    {"an odd width of 4:2:2", half_a_pair, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"an odd width of 4:2:2, half a pair short", half_a_pair_too_small, AS_BUILT, 0,
     VALIDATOR_MAP_EXTENT},
    {"a texture in Y tiles of an unknown chip", texture_in_y_of_nobody, AS_BUILT, 0,
     VALIDATOR_ACCEPTED},
    {"a cube of nibbles", cube_of_nibbles, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"a texture in Y tiles of 915", texture_in_y_of_915, AS_BUILT, 0, VALIDATOR_TILING},
    {"a column of tiles", narrow_map, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a column of tiles by its fence", narrow_map_by_its_fence, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a column of tiles by its fence, not all lines", narrow_map_by_its_fence_too_small, AS_BUILT,
     0, VALIDATOR_MAP_EXTENT},
    {"a volume", volume, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a volume without its last byte", volume_too_small, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"a volume, first level only", volume_too_small, AT_SS2, 0, VALIDATOR_ACCEPTED},
    {"a level of a volume", level_of_a_volume, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a level of a volume without a slice", level_of_a_volume_too_small, AS_BUILT, 0,
     VALIDATOR_MAP_EXTENT},
    {"compressed blocks", compressed, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"compressed blocks, one byte short", compressed_too_small, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"no map", no_map, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"no sampler", no_sampler, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"a sampler of another map", build_texture, AT_SS3, 0x000024a2, VALIDATOR_STATE_UNSET},
    {"a map that is not read", unused_map, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a map more than the length has", build_texture, AT_MAP_MASK, 3, VALIDATOR_COUNT_MISMATCH},
    {"a map 16", build_texture, AT_MAP_MASK, 0x10000, VALIDATOR_COUNT_MISMATCH},
    {"retained maps", build_texture, AT_MAPS, 0x7d008003, VALIDATOR_RESERVED_BITS},
    {"a palette map", build_texture, AT_MS3, 0x1fe3fc90, VALIDATOR_ACCEPTED},
    {"a palette map of 4 bits", nibbles, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the same, one byte short", nibbles_too_small, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"a palette map of 4 bits with levels", nibbles, AT_SS2, LINEAR_MIPS, VALIDATOR_MAP_EXTENT},
    {"signed texels", build_texture, AT_MS3, 0x1fe3fda0, VALIDATOR_ACCEPTED},
    {"4:2:2", pairs, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"4:2:2 in another order", pairs, AT_MS3, 255u << 21 | 254u << 10 | 5u << 7 | 3u << 3,
     VALIDATOR_ACCEPTED},
    {"4:2:2 without its last byte", pairs_too_small, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"4:2:2 converted to RGB", pairs, AT_SS2, 0x20024000, VALIDATOR_ACCEPTED},
    {"planes", pairs, AT_SS2, 0x40000000, VALIDATOR_RESERVED_BITS},
    {"a map of no type", build_texture, AT_MS3, 0x1fe3fc00, VALIDATOR_MAP_FORMAT},
    {"a map of type 4", build_texture, AT_MS3, 0x1fe3fe00, VALIDATOR_MAP_FORMAT},
    {"a map of no format", build_texture, AT_MS3, 0x1fe3fd20, VALIDATOR_MAP_FORMAT},
    {"a map by its fence", build_texture, AT_MS3, 0x1fe3fd84, VALIDATOR_ACCEPTED},
    {"a map by its fence, and tiled", build_texture, AT_MS3, 0x1fe3fd86, VALIDATOR_TILING},
    {"a tiled map", tiled_map, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a tiled map by its fence", tiled_map, AT_MS3, 0x1fe3fd84, VALIDATOR_ACCEPTED},
    {"a tiled map by lines", tiled_map, AT_MS3, 0x1fe3fd80, VALIDATOR_TILING},
    {"a tile from inside a row", tile_from_the_address, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a tile from inside a row, one byte short", tile_from_the_address_too_small, AS_BUILT, 0,
     VALIDATOR_MAP_EXTENT},
    {"rows of the buffer's", rows_from_the_start, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"rows of the buffer's, one byte short", rows_from_the_start_too_small, AS_BUILT, 0,
     VALIDATOR_MAP_EXTENT},
    {"rows of the page's", rows_from_the_page, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"rows of the page's, one byte short", rows_from_the_page_too_small, AS_BUILT, 0,
     VALIDATOR_MAP_EXTENT},
    {"columns to the pitch", columns_to_the_pitch, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"columns beyond the pitch", columns_beyond_the_pitch, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"inside a row, by its fence", columns_to_the_pitch, AT_MS3, 63u << 10 | 0x184,
     VALIDATOR_TILING},
    {"a block inside a row", block_inside_a_row, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"from inside a block", inside_a_block, AS_BUILT, 0, VALIDATOR_TILING},
    {"a tiled map without its last byte", tiled_map_too_small, AS_BUILT, 0, VALIDATOR_MAP_EXTENT},
    {"a walk without tiles", build_texture, AT_MS3, 0x1fe3fd81, VALIDATOR_TILING},
    {"levels to the right", to_the_right, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"levels to the right that would not fit below", to_the_right_only, AS_BUILT, 0,
     VALIDATOR_MAP_EXTENT},
    {"levels to the right beyond the pitch", to_the_right, AT_MS4,
     127u << 21 | 0x3fu << 15 | 16u << 9 | 0x100, VALIDATOR_MAP_EXTENT},
    {"a tiled map of a linear buffer", build_texture, AT_MS3, 0x1fe3fd82, VALIDATOR_TILING},
    {"a sampler more than the length has", build_texture, AT_SAMPLER_MASK, 3,
     VALIDATOR_COUNT_MISMATCH},
    {"a mip filter 2", build_texture, AT_SS2, 0x00200000, VALIDATOR_SAMPLER},
    {"a magnification filter 7", build_texture, AT_SS2, 0x000e0000, VALIDATOR_SAMPLER},
    {"a minification filter 6", build_texture, AT_SS2, 0x00018000, VALIDATOR_ACCEPTED},
    {"a minification filter 7", build_texture, AT_SS2, 0x0001c000, VALIDATOR_SAMPLER},
    {"edges of a cube", cube, AT_SS3, 0x000036e0, VALIDATOR_ACCEPTED},
    {"edges of a cube in one direction", cube, AT_SS3, 0x000034a0, VALIDATOR_SAMPLER},
    {"edges of a cube that is none", build_texture, AT_SS3, 0x000036e0, VALIDATOR_SAMPLER},
    {"edges of an odd cube", odd_cube, AS_BUILT, 0, VALIDATOR_SAMPLER},
    {"mirrored once", build_texture, AT_SS3, 0x00005b60, VALIDATOR_ACCEPTED},
    {"shadow comparison, flat filters", build_texture, AT_SS2, 0x000b4014, VALIDATOR_ACCEPTED},
    {"an address mode 7", build_texture, AT_SS3, 0x000074a0, VALIDATOR_SAMPLER},
    {"the border", build_texture, AT_SS3, 0x00004920, VALIDATOR_ACCEPTED},
    {"a base level beyond the buffer", build_texture, AT_SS2, 0x00400000, VALIDATOR_MAP_EXTENT},
    {"a base level", mipmapped, AT_SS2, 0x04000000, VALIDATOR_ACCEPTED},
    {"a chroma key", build_texture, AT_SS3, 0x0003a4a0, VALIDATOR_ACCEPTED},
    {"a sampler with a stray bit", build_texture, AT_SS3, 0x000424a0, VALIDATOR_RESERVED_BITS},
    {"a deinterlacer", build_texture, AT_SS3, 0x000024a1, VALIDATOR_RESERVED_BITS},
    {"a sampler that there is not", build_texture, AT_SAMPLER_MASK, 0x10000,
     VALIDATOR_COUNT_MISMATCH},
    {"cube edges in x alone", build_texture, AT_SS3, 0x3020, VALIDATOR_SAMPLER},
    {"cube edges in y alone", build_texture, AT_SS3, 0x0620, VALIDATOR_SAMPLER},
    {"cube edges in z alone", build_texture, AT_SS3, 0x00e0, VALIDATOR_SAMPLER},
    {"cube edges in x and y", build_texture, AT_SS3, 0x3620, VALIDATOR_SAMPLER},
    {"the same map by the next sampler", sampled_anew, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a level of a volume wider than its pitch", level_of_a_volume, AT_MS4,
     7u << 21 | 0x3fu << 15 | 1u << 9 | 8, VALIDATOR_MAP_EXTENT},
    {0},
};
