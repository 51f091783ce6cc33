/* SPDX-License-Identifier: MIT */
/* Registers and other state without surfaces. */
#include "samples.h"

static void indirect_state(struct stream *s)
{
    PUT(s, 0x7d070000, 0);
}

static void clear_parameters(struct stream *s)
{
    PUT(s, 0x7d9c0005, 0x00010004, 0, 0, 0xff00ff00, 0, 0xff);
}

static void all_registers(struct stream *s)
{
    PUT(s, 0x7d040ff7);
    stream_address(s, STREAM_VERTICES, 4, VALIDATOR_READ);
    PUT(s, 0x04040000, 0xffffffff, 0, 0x00902440, 0, 6, 0);
}

static void no_vertices(struct stream *s)
{
    PUT(s, 0x7d040010, 0);
}

static void stipple(struct stream *s)
{
    PUT(s, 0x7d830000, 0x0001ffff);
}

static void palette(struct stream *s)
{
    PUT(s, 0x7d8f000f, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0);
}

static void chroma_key(struct stream *s)
{
    PUT(s, 0x7d860002, 0xc0000000, 0x00102030, 0x00ffffff);
}

static void fog(struct stream *s)
{
    PUT(s, 0x7d890002, 0xbb8ffff0, 0x3f800000, 0x00010000);
}

static void scalar(struct stream *s)
{
    PUT(s, 0);
}

/* Blending on: function, factors of source and target; and the same for alpha alone. */
#define S6_BLENDS(func, source, target)                                                            \
    (1u << 15 | (func) << 12 | (source) << 8 | (target) << 4 | 0x00000006)

static void blended(struct stream *s)
{
    build_triangle(s);
    s->words[AT_S6] = S6_BLENDS(0u, 2u, 1u);
}

static void blended_by_logic(struct stream *s)
{
    blended(s);
    s->words[AT_S5] |= 1;
    s->words[AT_S6] = S6_BLENDS(5u, 0u, 0u);
}

static void alpha_blended(struct stream *s)
{
    PUT(s, 0x6bc00000); /* alpha by its own equation, which is the preamble's */
    stream_put_triangle_state(s);
    s->words[AT_S6 + 1] = S6_BLENDS(0u, 2u, 1u);
    stream_put_triangle(s);
}

const struct sample samples_state[] = {
    {"blending", blended, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"blending without factors", blended, AT_S6, S6_BLENDS(0u, 0u, 0u), VALIDATOR_BLEND},
    {"blending without a target's factor", blended, AT_S6, S6_BLENDS(2u, 1u, 0u), VALIDATOR_BLEND},
    {"a maximum has no factors", blended, AT_S6, S6_BLENDS(4u, 0u, 0u), VALIDATOR_ACCEPTED},
    {"an unknown blend function", blended, AT_S6, S6_BLENDS(5u, 2u, 1u), VALIDATOR_BLEND},
    {"blending without colour", blended, AT_S6, S6_BLENDS(5u, 0u, 0u) & ~4u, VALIDATOR_ACCEPTED},
    {"unknown factors that are not used", build_triangle, AT_S6, 0x00005006, VALIDATOR_ACCEPTED},
    {"alpha by itself", alpha_blended, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"alpha without a factor", alpha_blended, 0, 0x6bc00800, VALIDATOR_BLEND},
    {"alpha by an unknown function", alpha_blended, 0, 0x6be70000, VALIDATOR_BLEND},
    {"an equation of alpha that is off", alpha_blended, 0, 0x6ba70000, VALIDATOR_ACCEPTED},
    {"all registers", all_registers, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a register more than the mask has", all_registers, 0, 0x7d0407f7, VALIDATOR_COUNT_MISMATCH},
    {"a register mask that overflows", all_registers, 0, 0x7d041ff7, VALIDATOR_RESERVED_BITS},
    {"a maximum index", all_registers, 2, 0x04040001, VALIDATOR_RESERVED_BITS},
    {"a depth offset in the vertex", all_registers, 5, 0x00902640, VALIDATOR_RESERVED_BITS},
    {"no vertex buffer", no_vertices, 1, 0, VALIDATOR_ACCEPTED},
    {"a vertex buffer of one's own", no_vertices, 1, 0x00100000, VALIDATOR_RELOC_MISSING},
    {"no indirect state", indirect_state, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"indirect state", indirect_state, 0, 0x7d070100, VALIDATOR_RESERVED_BITS},
    {"indirect state from an address", indirect_state, 1, 0x00100003, VALIDATOR_RESERVED_BITS},
    {"clear parameters", clear_parameters, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a zone init", clear_parameters, 1, 0x00000004, VALIDATOR_RESERVED_BITS},
    {"clear parameters with a stray bit", clear_parameters, 1, 0x00010008, VALIDATOR_RESERVED_BITS},
    {"a stencil value of 9 bits", clear_parameters, 6, 0x100, VALIDATOR_RESERVED_BITS},
    {"a stipple", stipple, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a stipple with a stray bit", stipple, 1, 0x00020000, VALIDATOR_RESERVED_BITS},
    {"a palette", palette, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a palette that ends early", palette, 0, 0x7d8f0000, VALIDATOR_RESERVED_BITS},
    {"a palette of 17 colours", palette, 0, 0x7d8f0010, VALIDATOR_LENGTH},
    {"a chroma key", chroma_key, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a chroma key with a stray bit", chroma_key, 1, 0xc0000001, VALIDATOR_RESERVED_BITS},
    {"fog", fog, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"fog with a stray bit", fog, 1, 0xbf8ffff0, VALIDATOR_RESERVED_BITS},
    {"a colour of fog", scalar, 0, 0x75ffffff, VALIDATOR_ACCEPTED},
    {"a flush by state", scalar, 0, 0x6c050000, VALIDATOR_ACCEPTED},
    {"a flush of something else", scalar, 0, 0x6c020000, VALIDATOR_RESERVED_BITS},
    {"alpha factors as Mesa mangles them", scalar, 0, 0x6bffffff, VALIDATOR_ACCEPTED},
    {"line widths", scalar, 0, 0x6601c1c0, VALIDATOR_ACCEPTED},
    {"line widths with a stray bit", scalar, 0, 0x66020000, VALIDATOR_RESERVED_BITS},
    {"stencil masks with a stray bit", scalar, 0, 0x69040000, VALIDATOR_RESERVED_BITS},
    {"a scissor", scalar, 0, 0x7c800003, VALIDATOR_ACCEPTED},
    {"a scissor with a stray bit", scalar, 0, 0x7c800004, VALIDATOR_RESERVED_BITS},
    {"a vertex buffer at 0 with a relocation", all_registers, 1, 0, VALIDATOR_ACCEPTED},
    {"a logic operation, which does not blend", blended_by_logic, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {0},
};
