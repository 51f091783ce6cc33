/* SPDX-License-Identifier: MIT */
/* MAP_STATE and SAMPLER_STATE (gen3.md E.5, E.6, G) turned into what sampling needs. */
#include "hw/model/render/texture.h"

#include "hw/model/render/format.h"
#include "hw/model/render/internal.h"

/* MS2 */
#define LINE_STRIDE (1u << 1)
#define LINE_FIRST  (1u << 0)
/* MS3 */
#define USE_FENCE (1u << 2)
#define TILED     (1u << 1)
#define WALK_Y    (1u << 0)
/* MS4 */
#define LEVELS_RIGHT (1u << 8)
/* SS2 */
#define REVERSE_GAMMA (1u << 31)
#define CONVERT_YUV   (1u << 29)
/* SS3 */
#define KILL_PIXEL   (1u << 17)
#define KEYED_FILTER (1u << 16)
#define CHROMA_KEY   (1u << 15)
/* DST_BUF_VARS */
#define PRECLAMP_OGL (1u << 28)

static uint32_t tile_rows(const struct texture *t)
{
    return gen3_tile_height(t->surface.tiling);
}

/* Rows of the surface that a row of a map is, and bytes from its start to the end of 'columns'. */
static uint64_t row_end(const struct texture *t, uint64_t row, uint64_t columns)
{
    const uint64_t pitch = t->surface.pitch;
    /* whole dwords are fetched, of 4:2:2 whole pairs */
    const uint64_t width = (columns * t->bytes + 3) & ~UINT64_C(3);
    if (t->surface.tiling == GEN3_LINEAR) {
        return row * pitch + width;
    }
    const uint64_t rows = tile_rows(t);
    return row / rows * rows * pitch + (width - 1) / gen3_tile_width(t->surface.tiling) * 4096 +
           4096;
}

static void place_image(struct texture *t, const struct level *level, uint32_t x, uint32_t y,
                        struct image *image)
{
    const uint64_t columns = (level->width + (1u << t->column_shift) - 1u) >> t->column_shift;
    const uint64_t rows = (level->height + (1u << t->row_shift) - 1u) >> t->row_shift;
    const uint64_t first = ((uint64_t)y << t->line_step) + t->start_row;
    const uint64_t last = first + ((rows - 1) << t->line_step) + t->line_first;
    x += t->start_column;
    const uint64_t end = row_end(t, last, x + columns);
    t->size = end > t->size ? end : t->size;
    if (t->surface.tiling == GEN3_LINEAR) {
        const uint64_t offset = (first + t->line_first) * t->surface.pitch + x * t->bytes;
        *image = (struct image){.offset = (uint32_t)offset};
        return;
    }
    const uint64_t tile = first / tile_rows(t) * tile_rows(t);
    *image = (struct image){.offset = (uint32_t)(tile * t->surface.pitch),
                            .x = (uint16_t)x,
                            .y = (uint16_t)((first - tile) >> t->line_step)};
}

static void prepare_level(const struct texture *t, struct level *level)
{
    level->u_scale = (float)level->width * 256.0f;
    level->v_scale = (float)level->height * 256.0f;
    level->u_end = level->u_scale - 128.0f;
    level->v_end = level->v_scale - 128.0f;
    level->last = (level->width - 1u) | (level->height - 1u) << 16;
    level->offset = t->image[level->first_image].offset;
}

/* Where all images lie, and how far they reach. */
static bool place_images(struct texture *t, const struct gen3_texture *layout, uint32_t height)
{
    unsigned next = 0;
    t->size = 0;
    for (uint32_t l = 0; l < t->levels; l++) {
        struct level *level = &t->level[l];
        level->width = (uint16_t)(layout->width >> l ? layout->width >> l : 1);
        level->height = (uint16_t)(height >> l ? height >> l : 1);
        level->depth = (uint16_t)(layout->depth >> l ? layout->depth >> l : 1);
        level->first_image = (uint16_t)next;
        const unsigned images = layout->cube ? 6 : level->depth;
        for (unsigned i = 0; i < images; i++, next++) {
            uint32_t x, y;
            if (next >= IMAGE_MAX || !gen3_texture_image(layout, t->surface.pitch, l, i, &x, &y)) {
                return false;
            }
            place_image(t, level, x, y, &t->image[next]);
        }
        prepare_level(t, level);
    }
    return true;
}

/* The levels that the greatest LOD, or without a mip filter the base level, reaches. */
static unsigned level_count(const struct texture *t, const struct gen3_texture *layout,
                            uint32_t max_lod)
{
    uint32_t side = layout->width > layout->height ? layout->width : layout->height;
    side = side > layout->depth ? side : layout->depth;
    const unsigned limit = 32 - (unsigned)__builtin_clz(side);
    const unsigned levels = t->mip_filter == 0   ? ((unsigned)t->base_level + 128) / 256 + 1
                            : t->mip_filter == 1 ? (max_lod + 2) / 4 + 1
                                                 : (max_lod + 3) / 4 + 1;
    return levels < limit ? levels : limit;
}

/*
 * Nobody says how tiles are walked from an address inside of them. Pages are what is known, so the
 * walk begins at the page; what the address has beyond that is a place by lines, as drivers mean it
 * (doc/gen3.md G.2).
 */
static void begin_at_page(struct texture *t)
{
    const uint32_t rest = (uint32_t)(t->surface.address % HW_PAGE_SIZE);

    t->surface.address -= rest;
    t->start_row = (uint16_t)(rest / t->surface.pitch);
    t->start_column = (uint16_t)(rest % t->surface.pitch / t->bytes);
}

static void set_surface(const struct render *render, struct texture *t, const uint32_t map[3])
{
    struct surface *surface = &t->surface;
    surface->address = map[0] & 0x1ffffffc;
    surface->engine = MODEL_WATCH_TEXTURE;
    surface->pitch = ((map[2] >> 21) + 1) * 4;
    surface->fenced = map[1] & USE_FENCE;
    surface->tiling = surface->fenced || !(map[1] & TILED) ? GEN3_LINEAR
                      : map[1] & WALK_Y                    ? gen3_tiling_y(render->is_945_class)
                                                           : GEN3_TILED_X;
    t->line_step = map[0] & LINE_STRIDE ? 1 : 0;
    t->line_first = t->line_step && (map[0] & LINE_FIRST) ? 1 : 0;
    if (surface->tiling != GEN3_LINEAR) {
        begin_at_page(t);
    }
}

static enum render_status derive_map(struct render *render, struct texture *t,
                                     const uint32_t map[3], const uint32_t sampler[3],
                                     struct render_error *error)
{
    if (!format_set(t, map[1] >> 3 & 0x7f, sampler[0] & CONVERT_YUV)) {
        return render_unknown(error, "MAP_STATE: format %u of type %u", map[1] >> 3 & 15,
                              map[1] >> 7 & 7);
    }
    set_surface(render, t, map);
    const bool cube = t->sample_type == SAMPLE_CUBE, volume = t->sample_type == SAMPLE_VOLUME;
    const uint32_t width = (map[1] >> 10 & 0x7ff) + 1, height = (map[1] >> 21) + 1;
    struct gen3_texture layout = {.width = width,
                                  .height = cube ? width : height,
                                  .depth = volume ? (map[2] & 0xff) + 1 : 1,
                                  .block_bytes = t->bytes,
                                  .block_width = 1u << t->column_shift,
                                  .block_height = 1u << t->row_shift,
                                  .cube = cube,
                                  .volume = volume,
                                  .levels_right = map[2] & LEVELS_RIGHT,
                                  .is_945_class = render->is_945_class};
    const uint32_t max_lod = map[2] >> 9 & 63;
    t->max_lod = (int32_t)max_lod * 64;
    layout.levels = t->levels = level_count(t, &layout, max_lod);
    t->fixed_level = t->mip_filter == 0 ? t->levels - 1 : 0;
    t->missing_faces = 0;
    for (unsigned face = 0; cube && face < 6; face++) {
        /* bits 20:15: -X +X -Y +Y -Z +Z */
        if (!(map[2] & 1u << (20 - (face ^ 1)))) {
            t->missing_faces |= (uint8_t)(1u << face);
        }
    }
    if (!place_images(t, &layout, height)) {
        return render_unknown(error, "MAP_STATE: %ux%ux%u with %u levels in pitch %u", width,
                              height, layout.depth, t->levels, t->surface.pitch);
    }
    surface_resolve(render, &t->surface, 0, t->size);
    return RENDER_OK;
}

/* Codes 3 to 5 are kernels of 4 x 4 texels whose weights nobody wrote down: linear. */
static const uint8_t filters[8] = {
    FILTER_NEAREST, FILTER_LINEAR, FILTER_LINEAR, FILTER_LINEAR,
    FILTER_LINEAR,  FILTER_LINEAR, FILTER_MONO,   FILTER_LINEAR,
};

static void set_key(const struct render *render, struct texture *t, const uint32_t sampler[3])
{
    const uint32_t *key = render->state.chroma_key[sampler[0] >> 27 & 3];
    const bool enabled = sampler[1] & CHROMA_KEY;
    t->key_kills = enabled && (sampler[1] & KILL_PIXEL);
    t->key_replaces = enabled && (sampler[1] & KEYED_FILTER);
    t->key_low = key[0];
    t->key_high = key[1];
}

static enum render_status derive_sampler(const struct render *render, struct texture *t,
                                         const uint32_t sampler[3], unsigned unit,
                                         struct render_error *error)
{
    const uint32_t mag = sampler[0] >> 17 & 7, min = sampler[0] >> 14 & 7;
    t->shadow = sampler[0] >> 4 & 1;
    t->shadow_func = sampler[0] & 7;
    t->mip_filter = sampler[0] >> 20 & 3;
    t->mag_filter = filters[mag];
    t->min_filter = filters[min];
    t->anisotropy = min != 2 ? 0 : sampler[0] & 8 ? 4 : 2;
    if (mag == 7 || min == 7 || t->mip_filter == 2) {
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
    t->bias = (bias >= 256 ? bias - 512 : bias) * 16;
    t->base_level = (int32_t)(sampler[0] >> 22 & 31) * 128;
    t->min_lod = (int32_t)(sampler[1] >> 24) * 16;
    t->preclamp = render->state.dst_vars & PRECLAMP_OGL;
    t->normalized = sampler[1] >> 5 & 1;
    set_key(render, t, sampler);
    t->border = sampler[2];
    static const uint8_t shifts[4] = {16, 8, 0, 24};
    for (unsigned c = 0; c < 4; c++) {
        t->border_channel[c] = (float)(sampler[2] >> shifts[c] & 0xff) * (1.0f / 255.0f);
    }
    return RENDER_OK;
}

/* What follows from map and sampler together. */
static void settle(const struct render *render, struct texture *t, const uint32_t sampler[3])
{
    const bool volume = t->sample_type == SAMPLE_VOLUME;
    t->border_used =
        t->missing_faces != 0 || (t->sample_type != SAMPLE_CUBE &&
                                  (t->mode[0] == ADDRESS_BORDER || t->mode[1] == ADDRESS_BORDER ||
                                   (volume && t->mode[2] == ADDRESS_BORDER)));
    t->gamma = (sampler[0] & REVERSE_GAMMA) && !t->wide;
    t->packed = !t->wide;
    if (t->gamma || t->shadow) {
        t->wide = true;
    }
    if (t->gamma) {
        format_srgb(t->curve);
    }
    const bool columns = t->surface.tiling != GEN3_LINEAR && t->surface.tiling != GEN3_TILED_X;
    t->quick = !columns &&
               (t->raw == RAW_32 || t->raw == RAW_16 ||
                (t->raw == RAW_8 && t->expansion != EXPAND_A4P4 && t->expansion != EXPAND_P4A4));
    memcpy(t->palette, render->state.palette, sizeof(t->palette));
    /* a choice only where more than one result is possible */
    t->needs_lod = t->mip_filter != 0 ? t->levels > 1 || t->min_filter != t->mag_filter
                                      : t->min_filter != t->mag_filter;
    if (t->anisotropy != 0 && t->sample_type == SAMPLE_2D) {
        t->needs_lod = true;
    } else {
        t->anisotropy = 0;
    }
    const bool plain = t->packed && !t->wide && t->sample_type == SAMPLE_2D && !t->border_used &&
                       !t->key_kills && !t->key_replaces && t->anisotropy == 0 &&
                       t->mag_filter != FILTER_MONO && t->min_filter != FILTER_MONO;
    t->sampling = !plain ? SAMPLING_GENERAL : t->needs_lod ? SAMPLING_LEVELS : SAMPLING_PLAIN;
}

static bool uses_palette(const uint32_t map[3])
{
    const uint32_t code = map[1] >> 3 & 0x7f;
    return code == 0x12 || code == 0x13 || code == 0x77;
}

void texture_key(const struct render *render, unsigned unit, uint32_t key[TEXTURE_KEY])
{
    const uint32_t *sampler = render->state.sampler[unit];
    const uint32_t *map = render->state.map[sampler[1] >> 1 & 15];
    memcpy(key, map, 3 * sizeof(*key));
    memcpy(key + 3, sampler, 3 * sizeof(*key));
    key[6] = render->program->sample_type[unit] | (render->state.dst_vars & PRECLAMP_OGL);
    key[7] = uses_palette(map) || (sampler[1] & CHROMA_KEY) ? render->state.tables : 0;
}

enum render_status texture_build(struct render *render, unsigned unit, struct texture *t,
                                 struct render_error *error)
{
    const uint32_t *sampler = render->state.sampler[unit];
    t->sample_type = render->program->sample_type[unit];
    enum render_status status = derive_sampler(render, t, sampler, unit, error);
    if (status == RENDER_OK) {
        status = derive_map(render, t, render->state.map[sampler[1] >> 1 & 15], sampler, error);
    }
    if (status == RENDER_OK) {
        settle(render, t, sampler);
    }
    return status;
}

enum render_status texture_derive(struct render *render, struct render_error *error)
{
    bool kills = false;
    for (unsigned unit = 0; unit < MAP_COUNT; unit++) {
        if (render->program->samplers & 1u << unit) {
            const struct texture *t;
            const enum render_status status = texture_find(render, unit, &t, error);
            if (status != RENDER_OK) {
                return status;
            }
            render->draw.texture[unit] = t;
            kills |= t->key_kills;
        }
    }
    if (kills != render->draw.texture_kills) {
        render->draw.texture_kills = kills;
        render->dirty |= DIRTY_PIXEL;
    }
    return RENDER_OK;
}
