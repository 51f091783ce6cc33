/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "hw/gen3/command.h"

struct oracle {
    const struct stream *stream;
    const uint32_t *dw;
    uint32_t s[8];
    uint32_t colour_info, colour, depth_info, depth;
    uint32_t formats, rect[5], clear;
    uint32_t maps[16][3], samplers[16][3];
    uint32_t declared;
    uint32_t sample_type[16];
};

static const uint32_t colour_bytes[16] = {1, 2, 2, 4, 0, 0, 0, 0, 2, 2, 4};

static bool touch(const struct oracle *o, const char *what, uint64_t base, int64_t offset,
                  uint64_t bytes, uint32_t rights)
{
    for (size_t i = 0; i < STREAM_BUFFERS; i++) {
        const struct validator_buffer *b = &o->stream->buffers[i];

        if (base >= b->gtt_address && base < b->gtt_address + b->size) {
            int64_t from = (int64_t)(base - b->gtt_address) + offset;

            if (from >= 0 && (uint64_t)from + bytes <= b->size && (b->rights & rights) == rights) {
                return true;
            }
        }
    }
    fprintf(stderr, "%s at 0x%llx + %lld, %llu bytes\n", what, (unsigned long long)base,
            (long long)offset, (unsigned long long)bytes);
    return false;
}

static enum gen3_tiling tiling_of(bool tiled, bool y)
{
    return !tiled ? GEN3_LINEAR : y ? GEN3_TILED_Y : GEN3_TILED_X;
}

static bool target(const struct oracle *o, uint32_t info, uint32_t address, uint32_t bytes,
                   bool at_origin)
{
    enum gen3_tiling tiling = tiling_of((info & 1u << 22) != 0, (info & 1u << 21) != 0);
    uint32_t x_origin = at_origin ? o->rect[4] & 0xffff : 0;
    uint32_t y_origin = at_origin ? o->rect[4] >> 16 : 0;
    uint32_t left = (o->rect[2] & 0xffff) - x_origin, right = (o->rect[3] & 0xffff) - x_origin;
    uint32_t top = (o->rect[2] >> 16) - y_origin, bottom = (o->rect[3] >> 16) - y_origin;

    for (uint32_t y = top; y <= bottom; y++) {
        uint64_t first = gen3_tile_offset(tiling, info & 0x3ffc, left * bytes, y);
        uint64_t last = gen3_tile_offset(tiling, info & 0x3ffc, right * bytes, y);

        if (!touch(o, "a pixel", address, (int64_t)first, bytes, VALIDATOR_WRITE) ||
            !touch(o, "a pixel", address, (int64_t)last, bytes, VALIDATOR_WRITE)) {
            return false;
        }
    }
    return true;
}

static bool targets(const struct oracle *o, bool colour, bool depth)
{
    uint32_t depth_bytes = (o->formats >> 2 & 3) == 0 ? 2 : 4;

    return (!colour ||
            target(o, o->colour_info, o->colour, colour_bytes[o->formats >> 8 & 15], false)) &&
           (!depth ||
            target(o, o->depth_info, o->depth, depth_bytes, (o->rect[1] & 1u << 30) != 0));
}

static uint32_t smaller(uint32_t size, uint32_t level)
{
    return size >> level > 0 ? size >> level : 1;
}

/* The first and the last block of an image. */
static bool image(const struct oracle *o, const struct gen3_texture *t, const uint32_t *ms,
                  uint32_t level, uint32_t slice)
{
    enum gen3_tiling tiling = tiling_of((ms[1] & 2) != 0, (ms[1] & 1) != 0);
    uint32_t pitch = ((ms[2] >> 21) + 1) * 4;
    uint32_t x, y;

    if (!gen3_texture_image(t, pitch, level, slice, &x, &y)) {
        return false;
    }
    uint32_t right = x + (smaller(t->width, level) - 1) / t->block_width;
    uint32_t bottom = y + (smaller(t->height, level) - 1) / t->block_height;
    uint64_t first = gen3_tile_offset(tiling, pitch, x * t->block_bytes, y);
    uint64_t last = gen3_tile_offset(tiling, pitch, right * t->block_bytes, bottom);

    return touch(o, "a texel", ms[0], (int64_t)first, t->block_bytes, VALIDATOR_READ) &&
           touch(o, "a texel", ms[0], (int64_t)last, t->block_bytes, VALIDATOR_READ);
}

static bool texture(const struct oracle *o, uint32_t unit)
{
    const uint32_t *ss = o->samplers[unit];
    const uint32_t *ms = o->maps[ss[1] >> 1 & 15];
    uint32_t type = ms[1] >> 7 & 7, format = ms[1] >> 3 & 15;
    uint32_t max_lod = ms[2] >> 9 & 63, mip_filter = ss[0] >> 20 & 3;
    bool compressed = type == 6;
    struct gen3_texture t = {
        .width = (ms[1] >> 10 & 0x7ff) + 1,
        .height = (ms[1] >> 21) + 1,
        .depth = o->sample_type[unit] == 2 ? (ms[2] & 255) + 1 : 1,
        .levels = mip_filter == 0   ? 1
                  : mip_filter == 1 ? (max_lod + 2) / 4 + 1
                                    : (max_lod + 3) / 4 + 1,
        .block_bytes = type == 1         ? 1
                       : type == 2       ? 2
                       : type == 5       ? 2
                       : !compressed     ? 4
                       : format % 4 == 0 ? 8
                                         : 16,
        .block_width = compressed ? (format == 3 ? 8 : 4) : 1,
        .block_height = compressed ? 4 : 1,
        .cube = o->sample_type[unit] == 1,
        .volume = o->sample_type[unit] == 2,
        .is_945_class = true,
    };

    if ((ss[1] >> 24) > 4 * max_lod) {
        fprintf(stderr, "least LOD %u above greatest %u\n", ss[1] >> 24, 4 * max_lod);
        return false;
    }
    for (uint32_t level = 0; level < t.levels; level++) {
        uint32_t slices = t.cube ? 6 : smaller(t.depth, level);

        for (uint32_t slice = 0; slice < slices; slice++) {
            if (!image(o, &t, ms, level, slice)) {
                return false;
            }
        }
    }
    return true;
}

static bool vertices(const struct oracle *o)
{
    uint32_t header = o->dw[0];
    uint32_t count = header & 0xffff;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t index = (header & 1u << 17) != 0 ? o->dw[1 + i / 2] >> 16 * (i & 1) & 0xffff
                                                  : (uint64_t)o->dw[1] + i;
        uint64_t pitch = o->s[1] >> 16 & 63, width = o->s[1] >> 24 & 63;

        if (!touch(o, "a vertex", o->s[0] & ~3u, (int64_t)(index * pitch * 4), width * 4,
                   VALIDATOR_READ)) {
            return false;
        }
    }
    return true;
}

static bool primitive(const struct oracle *o)
{
    uint32_t header = o->dw[0];

    if ((header >> 18 & 31) == 10) {
        return targets(o, (o->clear & 4) != 0, (o->clear & 3) != 0);
    }
    if ((header & 1u << 23) != 0 && !vertices(o)) {
        return false;
    }
    for (uint32_t unit = 0; unit < 16; unit++) {
        if ((o->declared & 1u << unit) != 0 && !texture(o, unit)) {
            return false;
        }
    }
    return targets(o, (o->s[6] & 4) != 0, (o->s[6] & 0x80008) != 0 || (o->s[5] & 12) != 0);
}

static bool blit_rows(const struct oracle *o, uint32_t address, int32_t pitch, int32_t x, int32_t y,
                      int32_t w, int32_t h, uint32_t rights)
{
    static const int32_t bytes[] = {1, 2, 2, 4};
    int32_t cpp = bytes[o->dw[1] >> 24 & 3];

    for (int32_t row = y; w > 0 && row < y + h; row++) {
        if (!touch(o, "a blit", address, (int64_t)row * pitch + (int64_t)x * cpp,
                   (uint64_t)((int64_t)w * cpp), rights)) {
            return false;
        }
    }
    return true;
}

static bool blit(const struct oracle *o)
{
    const uint32_t *dw = o->dw;
    int32_t x = (int16_t)dw[2], y = (int16_t)(dw[2] >> 16);
    int32_t w = (int16_t)dw[3] - x, h = (int16_t)(dw[3] >> 16) - y;

    if (!blit_rows(o, dw[4], (int16_t)dw[1], x, y, w, h, VALIDATOR_WRITE)) {
        return false;
    }
    return (dw[0] >> 22 & 127) != 0x53 || blit_rows(o, dw[7], (int16_t)dw[6], (int16_t)dw[5],
                                                    (int16_t)(dw[5] >> 16), w, h, VALIDATOR_READ);
}

/* Copies the triples of a MAP_STATE or SAMPLER_STATE. */
static void triples(const struct oracle *o, uint32_t to[16][3])
{
    const uint32_t *from = &o->dw[2];

    for (uint32_t i = 0; i < 16; i++) {
        if ((o->dw[1] & 1u << i) != 0) {
            memcpy(to[i], from, 3 * sizeof(uint32_t));
            from += 3;
        }
    }
}

static void registers(struct oracle *o)
{
    const uint32_t *from = &o->dw[1];

    for (uint32_t i = 0; i < 8; i++) {
        if ((o->dw[0] & 1u << (4 + i)) != 0) {
            o->s[i] = *from++;
        }
    }
}

static void program(struct oracle *o, uint32_t length)
{
    o->declared = 0;
    for (uint32_t i = 1; i + 2 < length; i += 3) {
        uint32_t dw = o->dw[i];

        if (dw >> 24 == 0x19 && (dw >> 19 & 7) == 3) {
            o->declared |= 1u << (dw >> 14 & 15);
            o->sample_type[dw >> 14 & 15] = dw >> 22 & 3;
        }
    }
}

static bool execute(struct oracle *o, enum gen3_command_id id, uint32_t length)
{
    switch (id) {
    case GEN3_XY_COLOR_BLT:
    case GEN3_XY_SRC_COPY_BLT:
        return blit(o);
    case GEN3_3DSTATE_BUF_INFO:
        if ((o->dw[1] >> 24 & 15) == 3) {
            o->colour_info = o->dw[1];
            o->colour = o->dw[2];
        } else {
            o->depth_info = o->dw[1];
            o->depth = o->dw[2];
        }
        return true;
    case GEN3_3DSTATE_DST_BUF_VARS:
        o->formats = o->dw[1];
        return true;
    case GEN3_3DSTATE_DRAW_RECT:
        memcpy(o->rect, o->dw, sizeof(o->rect));
        return true;
    case GEN3_3DSTATE_CLEAR_PARAMETERS:
        o->clear = o->dw[1];
        return true;
    case GEN3_3DSTATE_MAP_STATE:
        triples(o, o->maps);
        return true;
    case GEN3_3DSTATE_SAMPLER_STATE:
        triples(o, o->samplers);
        return true;
    case GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1:
        registers(o);
        return true;
    case GEN3_3DSTATE_PIXEL_SHADER_PROGRAM:
        program(o, length);
        return true;
    case GEN3_3DPRIMITIVE:
    case GEN3_3DPRIMITIVE_SEQUENTIAL:
    case GEN3_3DPRIMITIVE_ELEMENTS:
        return primitive(o);
    default:
        return true;
    }
}

bool oracle_agrees(const struct stream *s)
{
    struct oracle o = {.stream = s};

    for (size_t i = 0; i < s->count;) {
        const struct gen3_command *command = gen3_command_find(s->words[i]);
        uint32_t length = command != NULL ? gen3_command_length(command, s->words[i]) : 0;

        if (length == 0 || length > s->count - i || command->privilege != GEN3_CLIENT) {
            fprintf(stderr, "dword %zu: no command for a client\n", i);
            return false;
        }
        o.dw = &s->words[i];
        if (!execute(&o, command->id, length)) {
            fprintf(stderr, "by the %s at dword %zu\n", command->name, i);
            return false;
        }
        if (command->id == GEN3_MI_BATCH_BUFFER_END) {
            return true;
        }
        i += length;
    }
    return false;
}
