/* SPDX-License-Identifier: MIT */
/* Blits by the setup, and clips: target 256 rows of 1024 bytes. */
#include "samples.h"

#define CLIPPED    0x43f00400u
#define UNCLIPPED  0x03f00400u
#define WHOLE      0x00ff00ffu /* the clip's last row and column are taken as drawn */
#define SETUP_SIZE 9u

static void setup(struct stream *s, uint32_t control)
{
    PUT(s, 0x44700007, control, 0, WHOLE);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0, 0xffffffff, 0, 0);
}

/* A coloured pattern, or for text none. */
static void coloured(struct stream *s, uint32_t control, bool pattern)
{
    PUT(s, 0x40700006, control, 0, WHOLE);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0, 0xffffffff);
    if (pattern) {
        stream_address(s, STREAM_TEXTURE, 0, VALIDATOR_READ);
    } else {
        PUT(s, 0);
    }
}

static void scanlines(struct stream *s)
{
    setup(s, UNCLIPPED);
    PUT(s, 0x49400001, 0, 0x01000100);
}

static void clipped(struct stream *s)
{
    setup(s, CLIPPED);
    PUT(s, 0x49400001, 0xff9cff9c, 0x7fff7fff);
}

static void clipped_anew(struct stream *s)
{
    setup(s, CLIPPED);
    PUT(s, 0x40c00001, 0, 0x00100010, 0x49400001, 0xff9cff9c, 0x7fff7fff);
}

static void clip_alone(struct stream *s)
{
    PUT(s, 0x40c00001, 0, 0x00100010);
}

static void pixel(struct stream *s)
{
    setup(s, UNCLIPPED);
    PUT(s, 0x49000000, 0x00ff00ff);
}

static void pattern(struct stream *s)
{
    coloured(s, UNCLIPPED, true);
    PUT(s, 0x49400001, 0, 0x01000100);
}

/* What the client has at a relocated address says nothing: 0 is a pattern here, too. */
static void pattern_at_zero(struct stream *s)
{
    pattern(s);
    s->words[s->relocs[1].dword] = 0;
}

static void pattern_of_nobody(struct stream *s)
{
    coloured(s, UNCLIPPED, false);
    PUT(s, 0x49400001, 0, 0x01000100);
}

static void pattern_too_far(struct stream *s)
{
    pattern(s);
    s->buffers[STREAM_TEXTURE].size = 255;
}

/* Five rows of 12 pixels, two bytes each. */
static void text(struct stream *s)
{
    coloured(s, 0x43cc0400, false);
    PUT(s, 0x4c410005, 0, 0x0005000c, 1, 2, 3, 4);
}

enum { AT_TEXT = 8 };

/* Without gaps: 60 bits. */
static void text_in_bits(struct stream *s)
{
    coloured(s, 0x03cc0400, false);
    PUT(s, 0x4c400003, 0, 0x0005000c, 1, 2);
}

static void text_of_memory(struct stream *s)
{
    coloured(s, 0x03cc0400, false);
    PUT(s, 0x49810002, 0, 0x0005000c);
    stream_address(s, STREAM_TEXTURE, 256 * 1024 - 16, VALIDATOR_READ);
}

static void text_too_far(struct stream *s)
{
    text_of_memory(s);
    s->relocs[1].delta++;
}

static void clipped_fill(struct stream *s)
{
    setup(s, CLIPPED);
    PUT(s, 0x54300004, CLIPPED, 0xfff0fff0, 0x7fff7fff);
    stream_address(s, STREAM_DEPTH, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0);
}

static void clipped_copy(struct stream *s)
{
    setup(s, CLIPPED);
    PUT(s, 0x54f00006, 0x43cc0400, 0, 0x01010100);
    stream_address(s, STREAM_DEPTH, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0, 0x0400);
    stream_address(s, STREAM_TEXTURE, 0, VALIDATOR_READ);
}

static void by_an_earlier_setup(struct stream *s)
{
    PUT(s, 0x49400001, 0, 0x00100010);
}

const struct sample samples_setup[] = {
    {"a setup and lines", scanlines, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"lines with a mask of bytes", scanlines, SETUP_SIZE, 0x49700001, VALIDATOR_ACCEPTED},
    {"lines with a bit of nobody", scanlines, SETUP_SIZE, 0x49408001, VALIDATOR_RESERVED_BITS},
    {"one line too many", scanlines, SETUP_SIZE + 2, 0x01010001, VALIDATOR_BLIT_EXTENT},
    {"lines before the first column", scanlines, SETUP_SIZE + 1, 0x0000ffff, VALIDATOR_BLIT_RECT},
    {"lines that copy", scanlines, 1, 0x03cc0400, VALIDATOR_BLIT_VALUE},
    {"a setup with a reserved bit", scanlines, 1, 0x07f00400, VALIDATOR_RESERVED_BITS},
    {"lines by the setup of another stream", by_an_earlier_setup, AS_BUILT, 0,
     VALIDATOR_STATE_UNSET},
    {"clipped lines", clipped, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"lines with a clip too large", clipped, 3, 0x010000ff, VALIDATOR_BLIT_EXTENT},
    {"lines with a clip too wide", clipped, 3, 0x00ff0100, VALIDATOR_BLIT_EXTENT},
    {"lines with a clip that is not told of", clipped, 1, UNCLIPPED, VALIDATOR_BLIT_RECT},
    {"lines with a negative clip", clipped, 2, 0xffffffff, VALIDATOR_BLIT_RECT},
    {"a new clip", clipped_anew, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a new clip, too large", clipped_anew, SETUP_SIZE + 2, 0x01000100, VALIDATOR_BLIT_EXTENT},
    {"a clip without a setup", clip_alone, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"a pixel", pixel, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a pixel in the next row", pixel, SETUP_SIZE + 1, 0x01000000, VALIDATOR_BLIT_EXTENT},
    {"a pixel in row -1", pixel, SETUP_SIZE + 1, 0xffff0000, VALIDATOR_BLIT_RECT},
    {"lines of a pattern", pattern, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"lines of a pattern of nobody", pattern_of_nobody, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"lines of a pattern beyond its buffer", pattern_too_far, AS_BUILT, 0, VALIDATOR_BLIT_EXTENT},
    {"a pattern's address of one's own", pattern_of_nobody, 7, 0x1000, VALIDATOR_RELOC_MISSING},
    {"text", text, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"text with a qword too few", text, AT_TEXT + 2, 0x0009000c, VALIDATOR_BLIT_DATA},
    {"text with a qword too many", text, AT_TEXT + 2, 0x0004000c, VALIDATOR_BLIT_DATA},
    {"text by bits that is sent in bytes", text, AT_TEXT, 0x4c400005, VALIDATOR_BLIT_DATA},
    {"text that fills", text, 1, 0x43f00400, VALIDATOR_BLIT_VALUE},
    {"text without gaps", text_in_bits, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"text of memory", text_of_memory, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"text beyond its buffer", text_too_far, AS_BUILT, 0, VALIDATOR_BLIT_EXTENT},
    {"a clipped fill", clipped_fill, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a clipped fill, the clip too large", clipped_fill, 3, 0x010000ff, VALIDATOR_BLIT_EXTENT},
    {"a copy clipped only where it goes", clipped_copy, AS_BUILT, 0, VALIDATOR_BLIT_EXTENT},
    {"a clipped copy", clipped_copy, SETUP_SIZE + 3, 0x01000100, VALIDATOR_ACCEPTED},
    {"a pattern at 0 with a relocation", pattern_at_zero, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {0},
};
