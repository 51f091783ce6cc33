/* SPDX-License-Identifier: MIT */
/* MAP_STATE and SAMPLER_STATE (gen3.md E.5, E.6, G) turned into what sampling needs. */
#include "hw/model/render/internal.h"

#define ONE 255 /* as a width: the channel is constant one; 0: constant zero */

/* MS3 9:3: surface type << 4 | format. */
struct texel_format {
    uint8_t code;
    uint8_t raw, bytes, block;
    uint8_t shift[4], width[4]; /* bits of r g b a */
    bool depth;                 /* may be compared with a reference */
};

#define ARGB                                                                                       \
    {16, 8, 0, 24},                                                                                \
    {                                                                                              \
        8, 8, 8, 8                                                                                 \
    }

static const struct texel_format formats[] = {
    {0x10, RAW_8, 1, 1, {0, 0, 0, 0}, {8, 8, 8, 8}, false},
    {0x11, RAW_8, 1, 1, {0, 0, 0, 0}, {8, 8, 8, ONE}, false},
    {0x14, RAW_8, 1, 1, {0, 0, 0, 0}, {0, 0, 0, 8}, false},
    {0x20, RAW_16, 2, 1, {11, 5, 0, 0}, {5, 6, 5, ONE}, false},
    {0x21, RAW_16, 2, 1, {10, 5, 0, 15}, {5, 5, 5, 1}, false},
    {0x22, RAW_16, 2, 1, {8, 4, 0, 12}, {4, 4, 4, 4}, false},
    {0x23, RAW_16, 2, 1, {0, 0, 0, 8}, {8, 8, 8, 8}, false},
    {0x27, RAW_16, 2, 1, {0, 0, 0, 0}, {16, 16, 16, 16}, true},
    {0x28, RAW_16, 2, 1, {0, 0, 0, 0}, {16, 16, 16, ONE}, true},
    {0x29, RAW_16, 2, 1, {0, 0, 0, 0}, {0, 0, 0, 16}, true},
    {0x30, RAW_32, 4, 1, ARGB, false},
    {0x31, RAW_32, 4, 1, {0, 8, 16, 24}, {8, 8, 8, 8}, false},
    {0x32, RAW_32, 4, 1, {16, 8, 0, 0}, {8, 8, 8, ONE}, false},
    {0x33, RAW_32, 4, 1, {0, 8, 16, 0}, {8, 8, 8, ONE}, false},
    {0x38, RAW_32, 4, 1, {20, 10, 0, 30}, {10, 10, 10, 2}, false},
    {0x39, RAW_32, 4, 1, {0, 10, 20, 30}, {10, 10, 10, 2}, false},
    {0x3d, RAW_32, 4, 1, {0, 0, 0, 0}, {24, 24, 24, 24}, true},
    {0x3e, RAW_32, 4, 1, {0, 0, 0, 0}, {24, 24, 24, ONE}, true},
    {0x3f, RAW_32, 4, 1, {0, 0, 0, 0}, {0, 0, 0, 24}, true},
    {0x50, RAW_422, 2, 1, ARGB, false},
    {0x51, RAW_422, 2, 1, ARGB, false},
    {0x52, RAW_422, 2, 1, ARGB, false},
    {0x53, RAW_422, 2, 1, ARGB, false},
    {0x60, RAW_DXT1, 8, 4, ARGB, false},
    {0x61, RAW_DXT3, 16, 4, ARGB, false},
    {0x62, RAW_DXT5, 16, 4, ARGB, false},
    {0x64, RAW_DXT1_RGB, 8, 4, ARGB, false},
};

static const struct texel_format *find_format(uint32_t ms3)
{
    const uint32_t code = ms3 >> 3 & 0x7f;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].code == code) {
            return &formats[i];
        }
    }
    return NULL;
}

static void set_channels(struct texture *t, const struct texel_format *format)
{
    for (unsigned c = 0; c < 4; c++) {
        struct texel_channel *channel = &t->channel[c];
        const bool constant = format->width[c] == 0 || format->width[c] == ONE;
        channel->shift = format->shift[c];
        channel->mask = constant ? 0 : (1u << format->width[c]) - 1;
        channel->scale = constant ? 0.0f : 1.0f / (float)channel->mask;
        channel->add = format->width[c] == ONE ? 1.0f : 0.0f;
    }
}

static unsigned level_limit(const struct gen3_texture *layout)
{
    uint32_t side = layout->width > layout->height ? layout->width : layout->height;
    side = side > layout->depth ? side : layout->depth;
    return 32 - (unsigned)__builtin_clz(side);
}

/* Where all images lie, and how far they reach in blocks. */
static bool place_images(struct texture *t, const struct gen3_texture *layout, uint64_t *columns,
                         uint64_t *rows)
{
    unsigned next = 0;
    *columns = *rows = 0;
    for (uint32_t l = 0; l < t->levels; l++) {
        struct level *level = &t->level[l];
        level->width = (uint16_t)(layout->width >> l ? layout->width >> l : 1);
        level->height = (uint16_t)(layout->height >> l ? layout->height >> l : 1);
        level->depth = (uint16_t)(layout->depth >> l ? layout->depth >> l : 1);
        level->first_image = (uint16_t)next;
        const unsigned images = layout->cube ? 6 : level->depth;
        for (unsigned i = 0; i < images; i++, next++) {
            uint32_t x, y;
            if (next >= IMAGE_MAX || !gen3_texture_image(layout, t->surface.pitch, l, i, &x, &y) ||
                x > 0xffff || y > 0xffff) {
                return false;
            }
            t->image[next] = (struct image){(uint16_t)x, (uint16_t)y};
            const uint64_t right = x + (level->width + t->block_width - 1u) / t->block_width;
            const uint64_t bottom = y + (level->height + t->block_height - 1u) / t->block_height;
            *columns = right > *columns ? right : *columns;
            *rows = bottom > *rows ? bottom : *rows;
        }
    }
    return true;
}

static void resolve(struct render *render, struct texture *t, uint64_t columns, uint64_t rows)
{
    const uint64_t pitch = t->surface.pitch;
    const uint64_t height = t->surface.tiling == GEN3_TILED_X   ? 8
                            : t->surface.tiling == GEN3_TILED_Y ? 32
                                                                : 1;
    /* whole dwords are fetched, of 4:2:2 whole pairs */
    const uint64_t width = (columns * t->bytes + 3) & ~UINT64_C(3);
    const uint64_t high =
        height == 1 ? (rows - 1) * pitch + width : (rows + height - 1) / height * height * pitch;
    t->size = high;
    surface_resolve(render, &t->surface, 0, high);
}

static enum render_status derive_map(struct render *render, struct texture *t,
                                     const uint32_t map[3], unsigned unit,
                                     struct render_error *error)
{
    const struct texel_format *format = find_format(map[1]);
    if (format == NULL) {
        return render_unknown(error, "MAP_STATE: map %u: format %u of type %u", unit,
                              map[1] >> 3 & 15, map[1] >> 7 & 7);
    }
    if ((map[0] & 3) != 0 || (map[1] & 4) != 0) {
        return render_unknown(error, "MAP_STATE: map %u: %s", unit,
                              map[1] & 4 ? "use of fence registers" : "vertical line stride");
    }
    t->raw = format->raw;
    t->bytes = format->bytes;
    t->block_width = t->block_height = format->block;
    t->yuv_order = format->code & 3;
    set_channels(t, format);
    t->surface.address = map[0] & 0x1ffffffc;
    t->surface.engine = MODEL_WATCH_TEXTURE;
    t->surface.pitch = ((map[2] >> 21) + 1) * 4;
    t->surface.tiling = !(map[1] & 2) ? GEN3_LINEAR : map[1] & 1 ? GEN3_TILED_Y : GEN3_TILED_X;
    const bool cube = t->sample_type == SAMPLE_CUBE;
    struct gen3_texture layout = {.width = (map[1] >> 10 & 0x7ff) + 1,
                                  .height = (map[1] >> 21) + 1,
                                  .depth =
                                      t->sample_type == SAMPLE_VOLUME ? (map[2] & 0xff) + 1 : 1,
                                  .block_bytes = t->bytes,
                                  .block_width = t->block_width,
                                  .block_height = t->block_height,
                                  .cube = cube,
                                  .volume = t->sample_type == SAMPLE_VOLUME,
                                  .is_945_class = render->is_945_class};
    const unsigned limit = level_limit(&layout);
    const unsigned levels = t->mip_filter == 0 ? 1 : (map[2] >> 11 & 15) + 1;
    t->levels = levels < limit ? levels : limit;
    t->max_lod = (float)(map[2] >> 9 & 63) * 0.25f;
    layout.levels = t->levels;
    if (cube && (map[2] >> 15 & 63) != 63) {
        return render_unknown(error, "MAP_STATE: map %u: cube faces 0x%x", unit, map[2] >> 15 & 63);
    }
    if (t->levels > 1 && (map[2] & 1u << 8)) {
        return render_unknown(error, "MAP_STATE: map %u: levels to the right", unit);
    }
    if (t->shadow && !format->depth) {
        return render_unknown(error, "SAMPLER_STATE: shadow compare of format 0x%02x",
                              format->code);
    }
    uint64_t columns, rows;
    const bool tiled = t->surface.tiling != GEN3_LINEAR;
    const uint32_t tile_width = t->surface.tiling == GEN3_TILED_X ? 512 : 128;
    if (!place_images(t, &layout, &columns, &rows) ||
        (tiled && (t->surface.pitch % tile_width != 0 || columns * t->bytes > t->surface.pitch ||
                   (tile_width == 128 && !render->is_945_class)))) {
        return render_unknown(error, "MAP_STATE: map %u: %ux%ux%u with %u levels in pitch %u", unit,
                              layout.width, layout.height, layout.depth, t->levels,
                              t->surface.pitch);
    }
    resolve(render, t, columns, rows);
    return RENDER_OK;
}

/* Filters 0 nearest, 1 linear, 2 anisotropic (as linear), 5 flat (only to compare). */
static bool find_filter(uint32_t code, bool shadow, bool *linear)
{
    *linear = code != 0;
    return code < 3 || (code == 5 && shadow);
}

static enum render_status derive_sampler(struct texture *t, const uint32_t sampler[3],
                                         unsigned unit, struct render_error *error)
{
    static const struct {
        uint8_t word;
        uint32_t bits;
        const char *name;
    } refused[] = {{0, 1u << 30, "packed to planar"}, {0, 31u << 22, "base mip level"},
                   {1, 1u << 17, "kill pixel"},       {1, 1u << 16, "keyed filter"},
                   {1, 1u << 15, "chroma key"},       {1, 1u << 0, "deinterlacer"}};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (sampler[refused[i].word] & refused[i].bits) {
            return render_unknown(error, "SAMPLER_STATE: sampler %u: %s", unit, refused[i].name);
        }
    }
    t->shadow = sampler[0] >> 4 & 1;
    t->shadow_func = sampler[0] & 7;
    t->srgb = sampler[0] >> 31;
    t->mip_filter = sampler[0] >> 20 & 3;
    if (!find_filter(sampler[0] >> 17 & 7, t->shadow, &t->mag_linear) ||
        !find_filter(sampler[0] >> 14 & 7, t->shadow, &t->min_linear) || t->mip_filter == 2) {
        return render_unknown(error, "SAMPLER_STATE: sampler %u: filters in 0x%08x", unit,
                              sampler[0]);
    }
    for (unsigned i = 0; i < 3; i++) {
        t->mode[i] = sampler[1] >> (12 - 3 * i) & 7;
        if (t->mode[i] > 5) {
            return render_unknown(error, "SAMPLER_STATE: sampler %u: address mode %u", unit,
                                  t->mode[i]);
        }
    }
    const int32_t bias = (int32_t)(sampler[0] >> 5 & 0x1ff);
    t->bias = (float)(bias >= 256 ? bias - 512 : bias) * (1.0f / 16.0f);
    t->min_lod = (float)(sampler[1] >> 24) * (1.0f / 16.0f);
    t->normalized = sampler[1] >> 5 & 1;
    static const uint8_t shifts[4] = {16, 8, 0, 24};
    for (unsigned c = 0; c < 4; c++) {
        t->border[c] = (float)(sampler[2] >> shifts[c] & 0xff) * (1.0f / 255.0f);
    }
    return RENDER_OK;
}

void texture_key(const struct render *render, unsigned unit, uint32_t key[TEXTURE_KEY])
{
    const uint32_t *sampler = render->state.sampler[unit];
    memcpy(key, render->state.map[sampler[1] >> 1 & 15], 3 * sizeof(*key));
    memcpy(key + 3, sampler, 3 * sizeof(*key));
    key[6] = render->program->sample_type[unit];
}

enum render_status texture_build(struct render *render, unsigned unit, struct texture *t,
                                 struct render_error *error)
{
    const uint32_t *sampler = render->state.sampler[unit];
    const unsigned map = sampler[1] >> 1 & 15;
    t->sample_type = render->program->sample_type[unit];
    enum render_status status = derive_sampler(t, sampler, unit, error);
    if (status == RENDER_OK) {
        status = derive_map(render, t, render->state.map[map], map, error);
    }
    if (status != RENDER_OK) {
        return status;
    }
    if (t->raw == RAW_422 && !(sampler[0] & 1u << 29)) {
        return render_unknown(error, "SAMPLER_STATE: sampler %u: 4:2:2 without conversion", unit);
    }
    if (!t->normalized && t->sample_type != SAMPLE_2D) {
        return render_unknown(error, "SAMPLER_STATE: sampler %u: texel units for cube or volume",
                              unit);
    }
    t->needs_lod = t->levels > 1 || t->min_linear != t->mag_linear;
    return RENDER_OK;
}

enum render_status texture_derive(struct render *render, struct render_error *error)
{
    for (unsigned unit = 0; unit < MAP_COUNT; unit++) {
        if (render->program->samplers & 1u << unit) {
            const enum render_status status =
                texture_find(render, unit, &render->draw.texture[unit], error);
            if (status != RENDER_OK) {
                return status;
            }
        }
    }
    return RENDER_OK;
}
