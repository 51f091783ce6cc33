/* SPDX-License-Identifier: MIT */
/* Addresses and relocations. */
#include "samples.h"

static void without_reloc(struct stream *s)
{
    stream_put_color_blt(s);
    s->reloc_count = 0;
}

static void one_dword_early(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[0].dword--;
}

static void one_dword_late(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[0].dword++;
}

static void twice(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[1] = s->relocs[0];
    s->reloc_count = 2;
}

static void swapped(struct stream *s)
{
    stream_put_copy_blt(s);
    struct validator_reloc first = s->relocs[0];
    s->relocs[0] = s->relocs[1];
    s->relocs[1] = first;
}

static void in_a_colour(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[1] = (struct validator_reloc){5, STREAM_TARGET, 0, VALIDATOR_READ};
    s->reloc_count = 2;
}

static void in_a_vertex(struct stream *s)
{
    build_triangle(s);
    s->relocs[1] = (struct validator_reloc){AT_TRIANGLE + 3, STREAM_TARGET, 0, VALIDATOR_READ};
    s->reloc_count = 2;
}

static void behind_the_end(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[1] = (struct validator_reloc){100, STREAM_TARGET, 0, VALIDATOR_READ};
    s->reloc_count = 2;
}

static void no_such_buffer(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[0].buffer = STREAM_BUFFERS;
}

static void read_only_said(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[0].use = VALIDATOR_READ;
}

static void write_only_said(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[0].use = VALIDATOR_WRITE;
}

static void write_said_of_a_source(struct stream *s)
{
    stream_put_copy_blt(s);
    s->relocs[1].use = VALIDATOR_READ | VALIDATOR_WRITE;
}

static void unknown_use(struct stream *s)
{
    stream_put_copy_blt(s);
    s->relocs[0].use |= 4;
}

static void no_use(struct stream *s)
{
    stream_put_copy_blt(s);
    s->relocs[1].use = 0;
}

static void not_writable(struct stream *s)
{
    stream_put_color_blt(s);
    s->relocs[0].buffer = STREAM_TEXTURE;
}

static void not_readable(struct stream *s)
{
    stream_put_copy_blt(s);
    s->buffers[STREAM_TEXTURE].rights = VALIDATOR_WRITE;
}

static void at_its_end(struct stream *s)
{
    stream_put_colour_buffer(s);
    s->relocs[0].delta = 256 * 1024;
}

static void before_its_end(struct stream *s)
{
    stream_put_colour_buffer(s);
    s->relocs[0].delta = 256 * 1024 - 4;
}

static void at_the_top_of_32_bits(struct stream *s)
{
    stream_put_colour_buffer(s);
    s->relocs[0].delta = 0xfffffffc;
}

static void between_dwords(struct stream *s)
{
    stream_put_colour_buffer(s);
    s->relocs[0].delta = 2;
}

static void bound_too_high(struct stream *s)
{
    stream_put_colour_buffer(s);
    s->buffers[STREAM_TARGET].gtt_address = (1u << 29) - 128 * 1024;
}

static void bound_as_high_as_may_be(struct stream *s)
{
    stream_put_colour_buffer(s);
    s->buffers[STREAM_TARGET].gtt_address = (1u << 29) - 256 * 1024;
}

static void blit_above_4_gib(struct stream *s)
{
    stream_put_color_blt(s);
    s->buffers[STREAM_TARGET].gtt_address = 0xffffff00;
}

static void vertices_too_high(struct stream *s)
{
    PUT(s, 0x7d040010);
    stream_address(s, STREAM_VERTICES, 0, VALIDATOR_READ);
    s->buffers[STREAM_VERTICES].gtt_address = 1u << 28;
}

/* Larger than the field reaches, wherever it is bound. */
static void vertices_too_large(struct stream *s)
{
    PUT(s, 0x7d040010);
    stream_address(s, STREAM_VERTICES, 0, VALIDATOR_READ);
    s->buffers[STREAM_VERTICES].gtt_address = 0;
    s->buffers[STREAM_VERTICES].size = (UINT64_C(1) << 28) + 4096;
}

/* The second relocation is for a command that is passed when the first is taken. */
static void in_a_command_before(struct stream *s)
{
    PUT(s, 0);
    stream_put_color_blt(s);
    s->relocs[1] = (struct validator_reloc){0, STREAM_TARGET, 0, VALIDATOR_READ};
    s->reloc_count = 2;
}

const struct sample samples_address[] = {
    {"no relocation", without_reloc, AS_BUILT, 0, VALIDATOR_RELOC_MISSING},
    {"a relocation one dword early", one_dword_early, AS_BUILT, 0, VALIDATOR_RELOC_STRAY},
    {"a relocation one dword late", one_dword_late, AS_BUILT, 0, VALIDATOR_RELOC_MISSING},
    {"a relocation twice", twice, AS_BUILT, 0, VALIDATOR_RELOC_STRAY},
    {"relocations out of order", swapped, AS_BUILT, 0, VALIDATOR_RELOC_MISSING},
    {"a relocation in a colour", in_a_colour, AS_BUILT, 0, VALIDATOR_RELOC_STRAY},
    {"a relocation in a vertex", in_a_vertex, AS_BUILT, 0, VALIDATOR_RELOC_STRAY},
    {"a relocation behind the end", behind_the_end, AS_BUILT, 0, VALIDATOR_RELOC_STRAY},
    {"a buffer that is not listed", no_such_buffer, AS_BUILT, 0, VALIDATOR_RELOC_BUFFER},
    {"a target that is only read", read_only_said, AS_BUILT, 0, VALIDATOR_RELOC_USE},
    {"a target that is only written", write_only_said, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a source that is written", write_said_of_a_source, AS_BUILT, 0, VALIDATOR_RELOC_USE},
    {"an unknown use", unknown_use, AS_BUILT, 0, VALIDATOR_RELOC_USE},
    {"no use", no_use, AS_BUILT, 0, VALIDATOR_RELOC_USE},
    {"writing a buffer to be read", not_writable, AS_BUILT, 0, VALIDATOR_BUFFER_RIGHTS},
    {"reading a buffer to be written", not_readable, AS_BUILT, 0, VALIDATOR_BUFFER_RIGHTS},
    {"an address at its buffer's end", at_its_end, AS_BUILT, 0, VALIDATOR_ADDRESS_RANGE},
    {"an address before its buffer's end", before_its_end, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"an address that wraps", at_the_top_of_32_bits, AS_BUILT, 0, VALIDATOR_ADDRESS_RANGE},
    {"an address between dwords", between_dwords, AS_BUILT, 0, VALIDATOR_ADDRESS_ALIGNMENT},
    {"a target beyond 512 MiB", bound_too_high, AS_BUILT, 0, VALIDATOR_ADDRESS_REACH},
    {"a target up to 512 MiB", bound_as_high_as_may_be, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a blit beyond 4 GiB", blit_above_4_gib, AS_BUILT, 0, VALIDATOR_ADDRESS_REACH},
    {"vertices beyond 256 MiB", vertices_too_high, AS_BUILT, 0, VALIDATOR_ADDRESS_REACH},
    {"vertices of more than 256 MiB", vertices_too_large, AS_BUILT, 0, VALIDATOR_ADDRESS_REACH},
    {"a relocation in a command before", in_a_command_before, AS_BUILT, 0, VALIDATOR_RELOC_STRAY},
    {0},
};
