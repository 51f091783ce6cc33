/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <string.h>

#define MI_BATCH_BUFFER_END 0x05000000u

void stream_init(struct stream *s)
{
    static const struct validator_buffer buffers[STREAM_BUFFERS] = {
        [STREAM_TARGET] = {.id = 10,
                           .gtt_address = 0x100000,
                           .size = 256 * 1024,
                           .rights = VALIDATOR_READ | VALIDATOR_WRITE},
        [STREAM_TEXTURE] = {.id = 11,
                            .gtt_address = 0x200000,
                            .size = 256 * 1024,
                            .rights = VALIDATOR_READ},
        [STREAM_DEPTH] = {.id = 12,
                          .gtt_address = 0x300000,
                          .size = 256 * 1024,
                          .rights = VALIDATOR_READ | VALIDATOR_WRITE},
        [STREAM_VERTICES] = {.id = 13,
                             .gtt_address = 0x400000,
                             .size = 4096,
                             .rights = VALIDATOR_READ},
    };

    memset(s, 0, sizeof(*s));
    s->device = STREAM_DEVICE;
    memcpy(s->buffers, buffers, sizeof(buffers));
}

void stream_put(struct stream *s, size_t count, const uint32_t *words)
{
    memcpy(&s->words[s->count], words, count * sizeof(words[0]));
    s->count += count;
}

void stream_address(struct stream *s, uint32_t buffer, uint32_t delta, uint32_t use)
{
    s->relocs[s->reloc_count++] = (struct validator_reloc){(uint32_t)s->count, buffer, delta, use};
    PUT(s, 0xdeadbeef);
}

enum validator_rule stream_check_as_is(struct stream *s)
{
    static uint32_t copy[STREAM_WORDS];
    struct validator_job job = {
        .pci_device = s->device,
        .words = copy,
        .word_count = s->count,
        .relocs = s->relocs,
        .reloc_count = s->reloc_count,
        .buffers = s->buffers,
        .buffer_count = STREAM_BUFFERS,
        .audit = s->audit,
    };

    memcpy(copy, s->words, sizeof(copy));
    int result = validator_check(&job, &s->verdict);
    if ((result == 0) != (s->verdict.rule == VALIDATOR_ACCEPTED)) {
        return (enum validator_rule) - 1;
    }
    if (result == 0) {
        /* Tests look at the patched words. */
        memcpy(s->words, copy, sizeof(copy));
    }
    return s->verdict.rule;
}

enum validator_rule stream_check(struct stream *s)
{
    PUT(s, MI_BATCH_BUFFER_END);
    enum validator_rule rule = stream_check_as_is(s);
    s->count--;
    return rule;
}

void stream_put_color_blt(struct stream *s)
{
    PUT(s, 0x54300004, 0x03f00400, 0x00080010, 0x00180020);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0xff00ff00);
}

void stream_put_copy_blt(struct stream *s)
{
    PUT(s, 0x54c00006, 0x01cc0200, 0x00060005, 0x000a000f);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
    PUT(s, 0x00030002, 0x00000100);
    stream_address(s, STREAM_TEXTURE, 0, VALIDATOR_READ);
}

void stream_put_colour_buffer(struct stream *s)
{
    PUT(s, 0x7d8e0001, 0x03000400);
    stream_address(s, STREAM_TARGET, 0, VALIDATOR_READ | VALIDATOR_WRITE);
}

void stream_put_depth_buffer(struct stream *s)
{
    PUT(s, 0x7d8e0001, 0x07000400);
    stream_address(s, STREAM_DEPTH, 0, VALIDATOR_READ | VALIDATOR_WRITE);
}

void stream_put_formats(struct stream *s)
{
    PUT(s, 0x7d850000, 0x10880308);
}

void stream_put_rect(struct stream *s)
{
    PUT(s, 0x7d800003, 0x40000000, 0x00000000, 0x00ff00ff, 0x00000000);
}

void stream_put_registers(struct stream *s)
{
    PUT(s, 0x7d040743, 0xffffffff, 0x00902440, 0x00000000, 0x00000006);
}

void stream_put_program(struct stream *s)
{
    PUT(s, 0x7d050005, 0x190a3c00, 0, 0, 0x02203ca0, 0x01230000, 0);
}

void stream_put_triangle_state(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_formats(s);
    stream_put_rect(s);
    stream_put_registers(s);
    stream_put_program(s);
}

void stream_put_triangle(struct stream *s)
{
    PUT(s, 0x7f00000b);
    for (uint32_t i = 0; i < 3; i++) {
        PUT(s, 0x42000000, 0x41000000 + i, 0x3f000000, 0xff00ff00);
    }
}

void stream_put_map(struct stream *s)
{
    PUT(s, 0x7d000003, 0x00000001);
    stream_address(s, STREAM_TEXTURE, 0, VALIDATOR_READ);
    PUT(s, 0x1fe3fd80, 0x1fff8000);
}

void stream_put_sampler(struct stream *s)
{
    PUT(s, 0x7d010003, 0x00000001, 0x00000000, 0x000024a0, 0x00000000);
}

void stream_put_texture_program(struct stream *s)
{
    PUT(s, 0x7d050008, 0x19080c00, 0, 0, 0x19180000, 0, 0, 0x15200000, 0x01000000, 0);
}
