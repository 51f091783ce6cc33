/* SPDX-License-Identifier: MIT */
/* Primitives and their vertices. */
#include "samples.h"

static void no_program(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_formats(s);
    stream_put_rect(s);
    stream_put_registers(s);
    stream_put_triangle(s);
}

static void no_registers(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_formats(s);
    stream_put_rect(s);
    stream_put_program(s);
    stream_put_triangle(s);
}

/* Vertices of 16 bytes in a buffer of 4096: 0 to 255. Elements 0 254 255. */
static void elements(struct stream *s)
{
    stream_put_triangle_state(s);
    PUT(s, 0x7d040031);
    stream_address(s, STREAM_VERTICES, 0, VALIDATOR_READ);
    PUT(s, 0x04040000, 0x7f820003, 0x00fe0000, 0xffff00ff);
}

enum { AT_S1 = 24, AT_ELEMENTS = 25, AT_PAIR = 27 };

static void elements_from_the_second_vertex(struct stream *s)
{
    elements(s);
    s->relocs[1].delta = 16;
}

static void elements_without_a_buffer(struct stream *s)
{
    stream_put_triangle_state(s);
    PUT(s, 0x7d040031, 0, 0x04040000, 0x7f820003, 0x00fe0000, 0xffff00ff);
}

static void elements_of_an_earlier_stream(struct stream *s)
{
    stream_put_triangle_state(s);
    PUT(s, 0x7f820003, 0x00fe0000, 0xffff00ff);
}

/* Vertices 253 to 255. */
static void sequence(struct stream *s)
{
    elements(s);
    s->count = AT_ELEMENTS;
    PUT(s, 0x7f800003, 253);
}

enum { AT_START = AT_ELEMENTS + 1 };

/* The whole of J.2's target; also colour and depth at once. */
static void clear(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_depth_buffer(s);
    stream_put_formats(s);
    stream_put_rect(s);
    PUT(s, 0x7d9c0005, 0x00010007, 0, 0, 0xff00ff00, 0x3f800000, 0);
    PUT(s, 0x7f280005, 0x43800000, 0x43800000, 0, 0x43800000, 0, 0);
}

enum { AT_CLEAR_RECT_MAX = 11, AT_CLEAR = 20, AT_CORNER = 21 };

static void clear_without_parameters(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_formats(s);
    stream_put_rect(s);
    PUT(s, 0x7f280005, 0x43800000, 0x43800000, 0, 0x43800000, 0, 0);
}

static void clear_without_depth(struct stream *s)
{
    clear(s);
    s->words[4] = 0x03000400; /* names the colour buffer twice */
}

static void clear_without_formats(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_depth_buffer(s);
    stream_put_rect(s);
    PUT(s, 0x7d9c0005, 0x00010003, 0, 0, 0xff00ff00, 0x3f800000, 0);
    PUT(s, 0x7f280005, 0x43800000, 0x43800000, 0, 0x43800000, 0, 0);
}

static void clear_without_a_rectangle(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_formats(s);
    PUT(s, 0x7d9c0005, 0x00010004, 0, 0, 0xff00ff00, 0x3f800000, 0);
    PUT(s, 0x7f280005, 0x43800000, 0x43800000, 0, 0x43800000, 0, 0);
}

/* The second finds the state checked. */
static void two_sequences(struct stream *s)
{
    sequence(s);
    PUT(s, 0x7f800003, 250);
}

static void tiled_vertices(struct stream *s)
{
    sequence(s);
    s->buffers[STREAM_VERTICES].tiling = GEN3_TILED_X;
    s->buffers[STREAM_VERTICES].pitch = 512;
}

const struct sample samples_draw[] = {
    {"no program", no_program, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"no registers", no_registers, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"a strip", build_triangle, AT_TRIANGLE, 0x7f04000b, VALIDATOR_ACCEPTED},
    {"points", build_triangle, AT_TRIANGLE, 0x7f20000b, VALIDATOR_ACCEPTED},
    {"three vertices of lines", build_triangle, AT_TRIANGLE, 0x7f14000b, VALIDATOR_VERTEX_COUNT},
    {"a line strip", build_triangle, AT_TRIANGLE, 0x7f18000b, VALIDATOR_ACCEPTED},
    {"a rectangle", build_triangle, AT_TRIANGLE, 0x7f1c000b, VALIDATOR_ACCEPTED},
    {"a bitmap", build_triangle, AT_TRIANGLE, 0x7f24000b, VALIDATOR_PRIMITIVE_TYPE},
    {"a zone init", build_triangle, AT_TRIANGLE, 0x7f34000b, VALIDATOR_PRIMITIVE_TYPE},
    {"a part of a vertex", build_triangle, AT_TRIANGLE, 0x7f00000a, VALIDATOR_VERTEX_COUNT},
    {"a part of a vertex more", build_triangle, AT_TRIANGLE, 0x7f00000c, VALIDATOR_VERTEX_COUNT},
    {"other vertices than are sent", build_triangle, AT_S4, 0x00902480, VALIDATOR_VERTEX_COUNT},
    {"texcoords that are not sent", build_triangle, AT_S2, 0xfffffff0, VALIDATOR_VERTEX_COUNT},
    {"texcoords of an unknown format", build_triangle, AT_S2, 0xfffffff6, VALIDATOR_VERTEX_FORMAT},
    {"no position", build_triangle, AT_S4, 0x00902400, VALIDATOR_VERTEX_FORMAT},
    {"an undefined position", build_triangle, AT_S4, 0x00902540, VALIDATOR_VERTEX_FORMAT},
    {"elements", elements, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"an element beyond the buffer", elements, AT_PAIR, 0xffff0100, VALIDATOR_VERTEX_BUFFER},
    {"an element before it", elements, AT_PAIR, 0x00000000, VALIDATOR_ACCEPTED},
    {"elements from the second vertex", elements_from_the_second_vertex, AS_BUILT, 0,
     VALIDATOR_VERTEX_BUFFER},
    {"a pitch of five dwords", elements, AT_S1, 0x04050000, VALIDATOR_VERTEX_BUFFER},
    {"a pitch below the width", elements, AT_S1, 0x04030000, VALIDATOR_VERTEX_BUFFER},
    {"a width that is not the vertex's", elements, AT_S1, 0x05050000, VALIDATOR_VERTEX_BUFFER},
    {"elements without a buffer", elements_without_a_buffer, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"elements of an earlier stream", elements_of_an_earlier_stream, AS_BUILT, 0,
     VALIDATOR_STATE_UNSET},
    {"elements until a mark", elements, AT_ELEMENTS, 0x7f820000, VALIDATOR_LENGTH},
    {"four elements of triangles", elements, AT_ELEMENTS, 0x7f820004, VALIDATOR_VERTEX_COUNT},
    {"indirect bitmaps", elements, AT_ELEMENTS, 0x7fa60003, VALIDATOR_PRIMITIVE_TYPE},
    {"an indirect clear", elements, AT_ELEMENTS, 0x7faa0003, VALIDATOR_PRIMITIVE_TYPE},
    {"a sequence", sequence, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a sequence of tiled vertices", tiled_vertices, AS_BUILT, 0, VALIDATOR_TILING},
    {"a sequence beyond the buffer", sequence, AT_START, 254, VALIDATOR_VERTEX_BUFFER},
    {"a sequence from far beyond", sequence, AT_START, 0x1ffff, VALIDATOR_VERTEX_BUFFER},
    {"a sequence from a wrong bit", sequence, AT_START, 0x20000, VALIDATOR_RESERVED_BITS},
    {"a sequence of no vertices", sequence, AT_ELEMENTS, 0x7f800000, VALIDATOR_VERTEX_COUNT},
    {"a clear", clear, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a clear of a target too small", clear, AT_CLEAR_RECT_MAX, 0x010000ff,
     VALIDATOR_COLOUR_EXTENT},
    {"a clear beyond the rectangle", clear, AT_CORNER, 0x43808000, VALIDATOR_CLEAR_RECT},
    {"a clear of less", clear, AT_CORNER, 0x43000000, VALIDATOR_ACCEPTED},
    {"a clear from a negative column", clear, AT_CORNER + 2, 0xbf800000, VALIDATOR_CLEAR_RECT},
    {"a clear to no number", clear, AT_CORNER + 1, 0x7fc00000, VALIDATOR_CLEAR_RECT},
    {"a clear to infinity", clear, AT_CORNER + 1, 0x7f800000, VALIDATOR_CLEAR_RECT},
    {"a clear of four dwords", clear, AT_CLEAR, 0x7f280003, VALIDATOR_VERTEX_COUNT},
    {"a clear without parameters", clear_without_parameters, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"a clear without depth", clear_without_depth, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"a clear of depth without formats", clear_without_formats, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"a clear without a rectangle", clear_without_a_rectangle, AS_BUILT, 0, VALIDATOR_STATE_UNSET},
    {"two sequences", two_sequences, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"elements without a position", elements, AT_S4, 0x00902400, VALIDATOR_VERTEX_FORMAT},
    {"vertices of nothing", build_triangle, AT_S4, 0x00902000, VALIDATOR_VERTEX_FORMAT},
    {0},
};
