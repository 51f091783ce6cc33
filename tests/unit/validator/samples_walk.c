/* SPDX-License-Identifier: MIT */
/* Commands as such: known, allowed, whole, and ended. */
#include "samples.h"

static void none(struct stream *s)
{
}

static void noop(struct stream *s)
{
    PUT(s, 0);
}

static void several(struct stream *s)
{
    PUT(s, 0, 0, 0, 0, 0, 0);
}

static void after_the_end(struct stream *s)
{
    PUT(s, 0x05000000, 0, 0x02000000);
}

static void end_twice(struct stream *s)
{
    PUT(s, 0x05000000);
}

/* stream_check() adds an end, which a long primitive swallows. */
static void swallowed_end(struct stream *s)
{
    stream_put_triangle_state(s);
    PUT(s, 0x7f00000b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void jump(struct stream *s)
{
    PUT(s, 0x18800080);
    stream_address(s, STREAM_TEXTURE, 0, VALIDATOR_READ);
}

static void flip(struct stream *s)
{
    PUT(s, 0x0a000001, 1024);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ);
}

static void store(struct stream *s)
{
    PUT(s, 0x10400001);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_WRITE);
    PUT(s, 1);
}

const struct sample samples_walk[] = {
    {"an empty stream", none, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a NOOP", noop, 0, 0x00000000, VALIDATOR_ACCEPTED},
    {"a NOOP that writes NOPID", noop, 0, 0x00400001, VALIDATOR_RESERVED_BITS},
    {"a flush of the map cache", noop, 0, 0x02000001, VALIDATOR_ACCEPTED},
    {"a flush that keeps the render cache", noop, 0, 0x02000004, VALIDATOR_ACCEPTED},
    {"a flush that ends a scene", noop, 0, 0x02000011, VALIDATOR_ACCEPTED},
    {"a flush that counts scenes", noop, 0, 0x02000008, VALIDATOR_RESERVED_BITS},
    {"a flush of state pointers", noop, 0, 0x02000020, VALIDATOR_RESERVED_BITS},
    {"an interrupt", noop, 0, 0x01000000, VALIDATOR_FORBIDDEN_COMMAND},
    {"a wait for an event", noop, 0, 0x01800008, VALIDATOR_FORBIDDEN_COMMAND},
    {"an arbitration check", noop, 0, 0x02800000, VALIDATOR_FORBIDDEN_COMMAND},
    {"a report of the head", noop, 0, 0x03800000, VALIDATOR_FORBIDDEN_COMMAND},
    {"arbitration off", noop, 0, 0x04000000, VALIDATOR_FORBIDDEN_COMMAND},
    {"an overlay flip", several, 0, 0x08a00000, VALIDATOR_FORBIDDEN_COMMAND},
    {"a wait for scan lines", several, 0, 0x09000000, VALIDATOR_FORBIDDEN_COMMAND},
    {"a context switch", several, 0, 0x0c000000, VALIDATOR_FORBIDDEN_COMMAND},
    {"a store in the status page", several, 0, 0x10800001, VALIDATOR_FORBIDDEN_COMMAND},
    {"a register write", several, 0, 0x11000001, VALIDATOR_FORBIDDEN_COMMAND},
    {"a page table write", several, 0, 0x11800000, VALIDATOR_FORBIDDEN_COMMAND},
    {"a register store", several, 0, 0x12000001, VALIDATOR_FORBIDDEN_COMMAND},
    {"a jump by MI_BATCH_BUFFER", several, 0, 0x18000001, VALIDATOR_FORBIDDEN_COMMAND},
    {"a jump", jump, AS_BUILT, 0, VALIDATOR_FORBIDDEN_COMMAND},
    {"a flip", flip, AS_BUILT, 0, VALIDATOR_FORBIDDEN_COMMAND},
    {"a store", store, AS_BUILT, 0, VALIDATOR_FORBIDDEN_COMMAND},
    {"a blit of bytes", several, 0, 0x50c00004, VALIDATOR_FORBIDDEN_COMMAND},
    {"a blit of three operands", several, 0, 0x55400007, VALIDATOR_FORBIDDEN_COMMAND},
    {"a pattern in the stream", several, 0, 0x5c800005, VALIDATOR_FORBIDDEN_COMMAND},
    {"a fixed pattern", several, 0, 0x56400005, VALIDATOR_FORBIDDEN_COMMAND},
    {"a blit with a key", several, 0, 0x5cc00008, VALIDATOR_FORBIDDEN_COMMAND},
    {"MPEG targets", several, 0, 0x7d870001, VALIDATOR_FORBIDDEN_COMMAND},
    {"filter coefficients", several, 0, 0x7d9e0002, VALIDATOR_FORBIDDEN_COMMAND},
    {"addresses of gen2", several, 0, 0x7d030011, VALIDATOR_FORBIDDEN_COMMAND},
    {"an MI opcode without a meaning", several, 0, 0x0b000001, VALIDATOR_UNKNOWN_COMMAND},
    {"client 1", several, 0, 0x20000000, VALIDATOR_UNKNOWN_COMMAND},
    {"client 7", several, 0, 0xffffffff, VALIDATOR_UNKNOWN_COMMAND},
    {"an MPEG command", several, 0, 0x7e000000, VALIDATOR_UNKNOWN_COMMAND},
    {"a zone", several, 0, 0x7dff0000, VALIDATOR_UNKNOWN_COMMAND},
    {"the rectangle's length", build_triangle, AT_RECT, 0x7d800002, VALIDATOR_LENGTH},
    {"a blit's length", build_color_blt, 0, 0x54300003, VALIDATOR_LENGTH},
    {"an end and padding", end_twice, 1, 0, VALIDATOR_AFTER_END},
    {"a flush after the end", after_the_end, AS_BUILT, 0, VALIDATOR_AFTER_END},
    {"a primitive that swallows the end", swallowed_end, AS_BUILT, 0, VALIDATOR_NO_END},
    {"a primitive longer than the stream", build_triangle, AT_TRIANGLE, 0x7f01000b,
     VALIDATOR_TRUNCATED},
    {0},
};
