/* SPDX-License-Identifier: MIT */
/* Texture maps: every image that a sampler can reach lies in the map's buffer. */
#include "gemd/validator/internal.h"

#define MS3_HEIGHT(ms3)  (((ms3) >> 21) + 1)
#define MS3_WIDTH(ms3)   (((ms3) >> 10 & 0x7ffu) + 1)
#define MS3_TYPE(ms3)    ((ms3) >> 7 & 7u)
#define MS3_FORMAT(ms3)  ((ms3) >> 3 & 15u)
#define MS3_USE_FENCE    (1u << 2)
#define MS3_TILED        (1u << 1)
#define MS3_WALK_Y       (1u << 0)
#define MS4_PITCH(ms4)   ((((ms4) >> 21) + 1) * 4)
#define MS4_LAYOUT_RIGHT (1u << 8)
#define MS4_DEPTH(ms4)   (((ms4)&0xffu) + 1)
#define MS4_DEPTH_MASK   0xffu
#define MS4_MAX_LOD(ms4) ((ms4) >> 9 & 0x3fu) /* quarters of a level */
#define MS4_MAX_LOD_MASK (0x3fu << 9)

#define SS2_MIP_FILTER(ss2) ((ss2) >> 20 & 3u)
#define MIP_FILTER_NEAREST  1u
#define MIP_FILTER_LINEAR   3u
#define SS3_MAP(ss3)        ((ss3) >> 1 & 15u)
#define SS3_MIN_LOD(ss3)    ((ss3) >> 24) /* sixteenths of a level */
#define SS3_MIN_LOD_SHIFT   24

#define SS3_MODE(ss3, shift) ((ss3) >> (shift)&7u)
#define MODE_CUBE            3u

#define PAGE 4096u /* what objects lie in */

#define TYPE_422 5u /* texels are fetched in pairs */

#define SS2_BASE_LEVEL(ss2) ((ss2) >> 22 & 31u) /* halves of a level */

/*
 * Formats by surface type and code (doc/gen3.md G.1); no bytes: refused. Parts of a byte have no
 * documented layout of levels: only the first one.
 */
static const struct format {
    uint8_t bytes, width, height; /* of a block */
} formats[8][16] = {
    [1] = {[0] = {1, 1, 1},
           [1] = {1, 1, 1},
           [2] = {1, 1, 1},
           [3] = {1, 1, 1},
           [4] = {1, 1, 1},
           [5] = {1, 8, 1}},
    [2] = {[0] = {2, 1, 1},
           [1] = {2, 1, 1},
           [2] = {2, 1, 1},
           [3] = {2, 1, 1},
           [5] = {2, 1, 1},
           [6] = {2, 1, 1},
           [7] = {2, 1, 1},
           [8] = {2, 1, 1},
           [9] = {2, 1, 1}},
    [3] = {[0] = {4, 1, 1},
           [1] = {4, 1, 1},
           [2] = {4, 1, 1},
           [3] = {4, 1, 1},
           [4] = {4, 1, 1},
           [5] = {4, 1, 1},
           [6] = {4, 1, 1},
           [7] = {4, 1, 1},
           [8] = {4, 1, 1},
           [9] = {4, 1, 1},
           [10] = {4, 1, 1},
           [11] = {4, 1, 1},
           [12] = {4, 1, 1},
           [13] = {4, 1, 1},
           [14] = {4, 1, 1},
           [15] = {4, 1, 1}},
    [5] = {[0] = {2, 1, 1}, [1] = {2, 1, 1}, [2] = {2, 1, 1}, [3] = {2, 1, 1}},
    [6] = {[0] = {8, 4, 4}, [1] = {16, 4, 4}, [2] = {16, 4, 4}, [3] = {16, 8, 4}, [4] = {8, 4, 4}},
    [7] = {[7] = {1, 2, 1}},
};

/* What the images of some levels are, side by side. */
struct images {
    uint64_t width_bytes, rows;
};

static const struct format *format_of(uint32_t ms3)
{
    return &formats[MS3_TYPE(ms3)][MS3_FORMAT(ms3)];
}

static struct walk_bits walk_of(const struct map *map)
{
    return (struct walk_bits){
        .fenced = (map->ms3 & MS3_USE_FENCE) != 0,
        .tiled = (map->ms3 & MS3_TILED) != 0,
        .walk_y = (map->ms3 & MS3_WALK_Y) != 0,
        .anywhere = (map->ms3 & MS3_USE_FENCE) == 0,
        .pitch = MS4_PITCH(map->ms4),
    };
}

/* MS2, MS3, MS4 at 'offset'. */
static bool check_map(struct check *check, uint32_t offset, struct map *map)
{
    static const struct address_rule rule = {GEN3_READ, 4, REACH_SURFACE};
    uint32_t ms3 = check->dw[offset + 1];

    *map = (struct map){
        .ms3 = ms3, .ms4 = check->dw[offset + 2], .ms4_dword = check->start + offset + 2};
    const struct walk_bits walk = walk_of(map);

    if (!check_address(check, offset, &rule, &map->place)) {
        return false;
    }
    const uint32_t bytes = format_of(ms3)->bytes;
    if (bytes == 0 &&
        !check_object(check, VALIDATOR_MAP_FORMAT, offset + 1, "MS3 0x%08x: type %u format %u", ms3,
                      MS3_TYPE(ms3), MS3_FORMAT(ms3))) {
        return false;
    }
    /* Pitches of tiles are whole blocks; an audit gets here without a format, too. */
    if (walk.tiled && bytes != 0 && map->place.delta % bytes != 0 &&
        !check_object(check, VALIDATOR_TILING, offset, "delta %u is inside a block of %u",
                      map->place.delta, bytes)) {
        return false;
    }
    return check_walk(check, offset + 1, &map->place, &walk);
}

bool check_map_state(struct check *check)
{
    uint32_t mask = check->dw[1];
    uint32_t offset = 2;

    if (mask > 0xffff || 3 * (uint32_t)__builtin_popcount(mask) + 2 != check->length) {
        return check_refuse(check, VALIDATOR_COUNT_MISMATCH, 1, "mask 0x%08x, %u dwords", mask,
                            check->length);
    }
    for (uint32_t i = 0; i < MAPS; i++) {
        if ((mask & 1u << i) != 0) {
            if (!check_map(check, offset, &check->state.maps[i])) {
                return false;
            }
            offset += 3;
        }
    }
    check->state.drawable = false;
    return true;
}

/* From 'start' on whole tiles lie, and the address is 'rest' bytes further, by lines. */
static bool extend(enum gen3_tiling tiling, uint32_t pitch, uint32_t start, uint32_t rest,
                   const struct images *images, uint64_t *end)
{
    const struct split first = check_split(rest, pitch);
    uint64_t bytes;

    if (!gen3_surface_extent(tiling, pitch, first.rest + images->width_bytes,
                             first.rows + images->rows, &bytes)) {
        return false;
    }
    *end = start + bytes > *end ? start + bytes : *end;
    return true;
}

/*
 * Nobody says how tiles are walked from an address inside a row of them. There are three ways that
 * make sense, and all have to stay in the buffer: whole tiles from the address on; lines through
 * the whole buffer, as a fence has them; and tiles from the page on, with what is left of the
 * address by lines. Where a row of tiles begins they are the same.
 */
static bool map_end(const struct check *check, const struct place *place,
                    const struct walk_bits *walk, const struct images *images, uint64_t *end)
{
    const enum gen3_tiling tiling = check_tiling(check, place, walk);
    const uint32_t rest = place->delta % PAGE;

    if (!check_extent(check, place, walk, images->width_bytes, images->rows, end)) {
        return false;
    }
    *end += place->delta;
    return tiling == GEN3_LINEAR || walk->fenced ||
           (extend(tiling, walk->pitch, 0, place->delta, images, end) &&
            extend(tiling, walk->pitch, place->delta - rest, rest, images, end));
}

/* Where the images of the map's first levels end in its buffer; false: not a texture. */
static bool map_span(const struct check *check, const struct map *map, enum sample_type type,
                     uint32_t levels, bool right, uint64_t *end)
{
    const struct format *format = format_of(map->ms3);
    const struct walk_bits walk = walk_of(map);
    struct gen3_texture texture = {
        .width = MS3_WIDTH(map->ms3),
        .height = MS3_HEIGHT(map->ms3),
        .depth = type == SAMPLE_VOLUME ? MS4_DEPTH(map->ms4) : 1,
        .levels = levels,
        .block_bytes = format->bytes,
        .block_width = format->width,
        .block_height = format->height,
        .cube = type == SAMPLE_CUBE,
        .volume = type == SAMPLE_VOLUME,
        .levels_right = right,
        .is_945_class = !check_is_915_class(check),
    };
    struct images images;

    if (format->height == 1 && format->width > 1 && (levels > 1 || type != SAMPLE_2D)) {
        return false;
    }
    if (!gen3_texture_extent(&texture, walk.pitch, &images.width_bytes, &images.rows)) {
        return false;
    }
    if (MS3_TYPE(map->ms3) == TYPE_422) {
        images.width_bytes = (images.width_bytes + 3) & ~UINT64_C(3);
    }
    return map_end(check, &map->place, &walk, &images, end);
}

/* No source says that levels to the right are believed everywhere: both layouts must fit then. */
static bool map_extent(const struct check *check, const struct map *map, enum sample_type type,
                       uint32_t levels, uint64_t *end)
{
    uint64_t right;

    if (!map_span(check, map, type, levels, false, end)) {
        return false;
    }
    if ((map->ms4 & MS4_LAYOUT_RIGHT) == 0) {
        return true;
    }
    if (!map_span(check, map, type, levels, true, &right)) {
        return false;
    }
    *end = right > *end ? right : *end;
    return true;
}

static bool map_fits(const struct check *check, struct map *map, enum sample_type type,
                     uint32_t levels)
{
    uint64_t end;

    if (levels > map->fitting[type]) {
        if (!map_extent(check, map, type, levels, &end) ||
            end > check_buffer(check, &map->place)->size) {
            return false;
        }
        map->fitting[type] = levels;
    }
    return true;
}

/*
 * How many levels a sampler can reach: the map's greatest LOD, as the mip filter rounds it, or the
 * base level, which counts where there is no mip filter.
 */
static uint32_t levels_reached(const struct map *map, const struct sampler *sampler)
{
    uint32_t max_lod = MS4_MAX_LOD(map->ms4);
    uint32_t base = (SS2_BASE_LEVEL(sampler->ss2) + 1) / 2 + 1;
    uint32_t levels = SS2_MIP_FILTER(sampler->ss2) == MIP_FILTER_NEAREST  ? (max_lod + 2) / 4 + 1
                      : SS2_MIP_FILTER(sampler->ss2) == MIP_FILTER_LINEAR ? (max_lod + 3) / 4 + 1
                                                                          : 1;

    return levels > base ? levels : base;
}

/* The most slices of a volume's first level that fit; 0: none. More slices reach further. */
static uint32_t slices_that_fit(const struct check *check, const struct map *map)
{
    uint32_t fit = 0;
    uint32_t beyond = MS4_DEPTH(map->ms4);
    struct map part = *map;
    uint64_t end;

    while (beyond - fit > 1) {
        uint32_t middle = (fit + beyond) / 2;

        part.ms4 = (map->ms4 & ~MS4_DEPTH_MASK) | (middle - 1);
        if (map_extent(check, &part, SAMPLE_VOLUME, 1, &end) &&
            end <= check_buffer(check, &map->place)->size) {
            fit = middle;
        } else {
            beyond = middle;
        }
    }
    return fit;
}

/*
 * What the driver says of sizes that are no powers of two goes beyond their buffers, and is mended.
 * It asks for a quarter of a second level, only to tell minification from magnification, whether
 * there is such a level or not: the map then ends at its first. And it gives a smaller level of a
 * volume as a map of its own, with the slices of the whole: the map then ends at those that are
 * there.
 */
static bool map_mend(struct check *check, struct map *map, const struct sampler *sampler,
                     enum sample_type type)
{
    if (MS4_MAX_LOD(map->ms4) >= 4 || SS2_BASE_LEVEL(sampler->ss2) != 0) {
        return false;
    }
    bool fits = map_fits(check, map, type, 1);

    map->ms4 &= ~MS4_MAX_LOD_MASK;
    if (!fits && type == SAMPLE_VOLUME) {
        uint32_t slices = slices_that_fit(check, map);

        if (slices > 0) {
            map->ms4 = (map->ms4 & ~MS4_DEPTH_MASK) | (slices - 1);
            fits = map_fits(check, map, type, 1);
        }
    }
    check->job->words[map->ms4_dword] = map->ms4;
    return fits;
}

static bool object_to_map(struct check *check, const struct map *map, enum sample_type type,
                          uint32_t index, uint32_t levels)
{
    static const char *const names[] = {"2D", "cube", "volume"};
    uint64_t end = 0;
    bool known = map_extent(check, map, type, levels, &end);

    return check_object(
        check, VALIDATOR_MAP_EXTENT, 0,
        "map %u: %s %ux%ux%u, %u levels, pitch %u, delta %u %s %llu; buffer %u has %llu", index,
        names[type], MS3_WIDTH(map->ms3), MS3_HEIGHT(map->ms3), MS4_DEPTH(map->ms4), levels,
        MS4_PITCH(map->ms4), map->place.delta, known ? "to" : "cannot be,", (unsigned long long)end,
        check_buffer(check, &map->place)->id,
        (unsigned long long)check_buffer(check, &map->place)->size);
}

/* Edges between faces are only known of cubes whose sides are powers of two. */
static bool check_cube_edges(struct check *check, const struct map *map,
                             const struct sampler *sampler, enum sample_type type, uint32_t unit)
{
    const uint32_t x = SS3_MODE(sampler->ss3, 12), y = SS3_MODE(sampler->ss3, 9),
                   z = SS3_MODE(sampler->ss3, 6);
    const uint32_t side = MS3_WIDTH(map->ms3);

    if (x != MODE_CUBE && y != MODE_CUBE && z != MODE_CUBE) {
        return true;
    }
    if (x == y && y == z && type == SAMPLE_CUBE && (side & (side - 1)) == 0) {
        return true;
    }
    return check_object(check, VALIDATOR_SAMPLER, 0,
                        "sampler %u: address modes %u %u %u, for a map %u wide of type %u", unit, x,
                        y, z, side, (unsigned)type);
}

static void raise_min_lod(struct check *check, struct sampler *sampler, const struct map *map)
{
    uint32_t greatest = 4 * MS4_MAX_LOD(map->ms4);

    /* The hardware wants min <= max; the driver forgets to see to that. */
    if (SS3_MIN_LOD(sampler->ss3) > greatest) {
        sampler->ss3 = (sampler->ss3 & 0x00ffffff) | greatest << SS3_MIN_LOD_SHIFT;
        check->job->words[sampler->ss3_dword] = sampler->ss3;
    }
}

static bool check_texture(struct check *check, uint32_t unit)
{
    struct state *state = &check->state;
    struct sampler *sampler = &state->samplers[unit];
    enum sample_type type = (enum sample_type)state->program.sample_type[unit];

    if (!sampler->set) {
        return check_object(check, VALIDATOR_STATE_UNSET, 0, "sampler %u is declared, not set",
                            unit);
    }
    uint32_t index = SS3_MAP(sampler->ss3);
    struct map *map = &state->maps[index];
    if (!map->place.set) {
        return check_object(check, VALIDATOR_STATE_UNSET, 0, "sampler %u reads map %u, not set",
                            unit, index);
    }
    if (!check_cube_edges(check, map, sampler, type, unit)) {
        return false;
    }
    uint32_t levels = levels_reached(map, sampler);
    if (!map_fits(check, map, type, levels) && !map_mend(check, map, sampler, type) &&
        !object_to_map(check, map, type, index, levels)) {
        return false;
    }
    raise_min_lod(check, sampler, map);
    return true;
}

bool check_textures(struct check *check)
{
    for (uint32_t left = check->state.program.samplers; left != 0; left &= left - 1) {
        if (!check_texture(check, (uint32_t)__builtin_ctz(left))) {
            return false;
        }
    }
    return true;
}
