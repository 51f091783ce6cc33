/* SPDX-License-Identifier: MIT */
/* Blits of patterns and of bits: target 256 rows of 1024 bytes, patterns and bits in the texture.
 */
#include "samples.h"

#define FILL(height, width) 0x03f00400, 0, (height) << 16 | (width)
#define COPY(height, width) 0x03cc0400, 0, (height) << 16 | (width)

static void target(struct stream *s)
{
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
}

static void texture(struct stream *s, uint32_t delta)
{
    stream_address(s, STREAM_TEXTURE, delta, VALIDATOR_READ);
}

/* Rows of 1024 bytes, all of them. */
static void bytes(struct stream *s)
{
    PUT(s, 0x50000003, 0x00f00400, 0x01000400);
    target(s);
    PUT(s, 0x12345678);
}

static void pattern(struct stream *s)
{
    PUT(s, 0x54700004, FILL(256u, 256u));
    target(s);
    texture(s, 256 * 1024 - 256);
}

static void pattern_too_far(struct stream *s)
{
    pattern(s);
    s->buffers[STREAM_TEXTURE].size--;
}

static void pattern_between(struct stream *s)
{
    pattern(s);
    s->relocs[1].delta = 128;
}

static void pattern_in_tiles(struct stream *s)
{
    pattern(s);
    s->buffers[STREAM_TEXTURE].tiling = GEN3_TILED_X;
    s->buffers[STREAM_TEXTURE].pitch = 1024;
}

static void mono_pattern(struct stream *s)
{
    PUT(s, 0x54b07707, 0x93f00400, 0, 0x01000100);
    target(s);
    PUT(s, 0, 0xffffffff, 0x55aa55aa, 0x55aa55aa);
}

/* 17 pixels a row from the third bit on: 32 bits; eight rows. */
static void bits(struct stream *s)
{
    PUT(s, 0x55340006, COPY(8u, 17u));
    target(s);
    texture(s, 256 * 1024 - 32);
    PUT(s, 0, 0xffffffff);
}

static void bits_too_far(struct stream *s)
{
    bits(s);
    s->relocs[1].delta++;
}

static void bits_in_tiles(struct stream *s)
{
    bits(s);
    s->buffers[STREAM_TEXTURE].tiling = GEN3_TILED_X;
    s->buffers[STREAM_TEXTURE].pitch = 1024;
}

/* Two rows of 16 bits: a qword. */
static void immediate(struct stream *s)
{
    PUT(s, 0x5c700007, 0x23cc0400, 0, 0x00020010);
    target(s);
    PUT(s, 0, 0xffffffff, 0x12345678, 0);
}

static void both(struct stream *s)
{
    PUT(s, 0x55f0000a, 0x93ca0400, 0, 0x01000100);
    target(s);
    PUT(s, 0x0400, 0);
    texture(s, 0);
    PUT(s, 0, 0xffffffff, 0x55aa55aa, 0x55aa55aa);
}

static void both_of_bits(struct stream *s)
{
    PUT(s, 0x5630000a, 0xb3ca0400, 0, 0x01000100);
    target(s);
    texture(s, 256 * 1024 - 8192);
    PUT(s, 0, 0xffffffff, 0, 0xffffffff, 0x55aa55aa, 0x55aa55aa);
}

const struct sample samples_expand[] = {
    {"a fill of bytes", bytes, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a fill of bytes, one row more", bytes, 2, 0x01010001, VALIDATOR_BLIT_EXTENT},
    {"a fill of bytes, one byte more", bytes, 2, 0x01000401, VALIDATOR_BLIT_EXTENT},
    {"a fill of bytes with a clip", bytes, 1, 0x40f00400, VALIDATOR_RESERVED_BITS},
    {"a pattern", pattern, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a pattern beyond its buffer", pattern_too_far, AS_BUILT, 0, VALIDATOR_BLIT_EXTENT},
    {"a pattern between two", pattern_between, AS_BUILT, 0, VALIDATOR_ADDRESS_ALIGNMENT},
    {"a smaller pattern there", pattern_between, 1, 0x01f00400, VALIDATOR_ACCEPTED},
    {"a pattern in tiles", pattern_in_tiles, AS_BUILT, 0, VALIDATOR_TILING},
    {"a pattern that copies", pattern, 1, 0x03cc0400, VALIDATOR_BLIT_VALUE},
    {"a pattern over one row more", pattern, 3, 0x01010100, VALIDATOR_BLIT_EXTENT},
    {"a mono pattern", mono_pattern, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a mono pattern, mono source", mono_pattern, 1, 0x23f00400, VALIDATOR_RESERVED_BITS},
    {"a mono pattern over one column more", mono_pattern, 3, 0x01000101, VALIDATOR_BLIT_EXTENT},
    {"bits", bits, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"bits beyond their buffer", bits_too_far, AS_BUILT, 0, VALIDATOR_BLIT_EXTENT},
    {"bits with one row more", bits, 3, 0x00090011, VALIDATOR_BLIT_EXTENT},
    {"bits in rows of three words", bits, 3, 0x0008001f, VALIDATOR_BLIT_EXTENT},
    {"bits in tiles", bits_in_tiles, AS_BUILT, 0, VALIDATOR_TILING},
    {"bits that fill", bits, 1, 0x03f00400, VALIDATOR_BLIT_VALUE},
    {"bits in the stream", immediate, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"bits in the stream, one row too many", immediate, 3, 0x00050010, VALIDATOR_BLIT_DATA},
    {"bits in the stream, some to spare", immediate, 3, 0x00000010, VALIDATOR_BLIT_DATA},
    {"bits in the stream, an odd dword", immediate, 0, 0x5c700008, VALIDATOR_BLIT_DATA},
    {"bits in the stream, one row too far", immediate, 2, 0x00ff0000, VALIDATOR_BLIT_RECT},
    {"a source and a mono pattern", both, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a source from the second row", both, 6, 0x00010000, VALIDATOR_BLIT_EXTENT},
    {"a source with another pitch", both, 5, 0x0404, VALIDATOR_BLIT_EXTENT},
    {"a source with a pitch of 17 bits", both, 5, 0x10400, VALIDATOR_RESERVED_BITS},
    {"bits and a mono pattern", both_of_bits, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"bits and a mono pattern, one row more", both_of_bits, 3, 0x01010001, VALIDATOR_BLIT_EXTENT},
    {"bits in wider rows, and a mono pattern", both_of_bits, 3, 0x01000101, VALIDATOR_BLIT_EXTENT},
    {0},
};
