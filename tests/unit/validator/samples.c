/* SPDX-License-Identifier: MIT */
#include "samples.h"

const struct sample *const sample_rooms[] = {
    samples_walk,    samples_address, samples_state, samples_target, samples_texture,
    samples_program, samples_draw,    samples_blit,  samples_expand, samples_setup,
};

const size_t sample_room_count = sizeof(sample_rooms) / sizeof(sample_rooms[0]);

void sample_build(const struct sample *sample, struct stream *s)
{
    stream_init(s);
    sample->build(s);
    if (sample->dword != AS_BUILT) {
        s->words[sample->dword] = sample->value;
    }
}

void build_color_blt(struct stream *s)
{
    stream_put_color_blt(s);
}

void build_copy_blt(struct stream *s)
{
    stream_put_copy_blt(s);
}

void build_triangle(struct stream *s)
{
    stream_put_triangle_state(s);
    stream_put_triangle(s);
}

void build_texture(struct stream *s)
{
    stream_put_colour_buffer(s);
    stream_put_formats(s);
    stream_put_rect(s);
    stream_put_registers(s);
    stream_put_map(s);
    stream_put_sampler(s);
    stream_put_texture_program(s);
    stream_put_triangle(s);
}
