/* SPDX-License-Identifier: MIT */
/* Texture maps: every image that a sampler can reach lies in the map's buffer. */
#include "gemd/validator/internal.h"
#include "hw/gen3/chip.h"

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

/* Formats by surface type and code (doc/gen3.md G.1); no bytes: refused. */
static const struct format {
    uint8_t bytes, width, height; /* of a block */
} formats[8][16] = {
    [1] = {[0] = {1, 1, 1}, [1] = {1, 1, 1}, [4] = {1, 1, 1}},
    [2] = {[0] = {2, 1, 1}, [1] = {2, 1, 1}, [2] = {2, 1, 1}, [3] = {2, 1, 1}, [8] = {2, 1, 1}},
    [3] = {[0] = {4, 1, 1},
           [1] = {4, 1, 1},
           [2] = {4, 1, 1},
           [3] = {4, 1, 1},
           [8] = {4, 1, 1},
           [13] = {4, 1, 1},
           [14] = {4, 1, 1},
           [15] = {4, 1, 1}},
    [5] = {[0] = {4, 2, 1}, [1] = {4, 2, 1}},
    [6] = {[0] = {8, 4, 4}, [1] = {16, 4, 4}, [2] = {16, 4, 4}, [3] = {16, 8, 4}, [4] = {8, 4, 4}},
};

static enum gen3_tiling tiling_of(uint32_t ms3)
{
    if ((ms3 & MS3_TILED) == 0) {
        return GEN3_LINEAR;
    }
    return (ms3 & MS3_WALK_Y) != 0 ? GEN3_TILED_Y : GEN3_TILED_X;
}

/* MS2, MS3, MS4 at 'offset'. */
static bool check_map(struct check *check, uint32_t offset, struct map *map)
{
    static const struct address_rule rule = {GEN3_READ, 4, REACH_SURFACE};
    uint32_t ms3 = check->dw[offset + 1];
    uint32_t ms4 = check->dw[offset + 2];

    *map = (struct map){.ms3 = ms3, .ms4 = ms4, .ms4_dword = check->start + offset + 2};
    if (!check_address(check, offset, &rule, &map->place)) {
        return false;
    }
    if (formats[MS3_TYPE(ms3)][MS3_FORMAT(ms3)].bytes == 0 || (ms3 & MS3_USE_FENCE) != 0 ||
        (ms3 & (MS3_TILED | MS3_WALK_Y)) == MS3_WALK_Y) {
        return check_refuse(check, VALIDATOR_MAP_FORMAT, offset + 1,
                            "MS3 0x%08x: type %u format %u tiling %u", ms3, MS3_TYPE(ms3),
                            MS3_FORMAT(ms3), ms3 & 7);
    }
    if ((ms4 & MS4_LAYOUT_RIGHT) != 0) {
        return check_refuse(check, VALIDATOR_MAP_FORMAT, offset + 2,
                            "MS4 0x%08x: levels to the right", ms4);
    }
    return check_surface_tiling(check, offset + 1, &map->place, tiling_of(ms3), MS4_PITCH(ms4));
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

static bool is_945_class(uint16_t pci_device)
{
    const struct gen3_chip *chip = gen3_chip_find(pci_device);

    return chip == NULL || chip->is_945_class;
}

/* Bytes that the images of the map's first levels span from its address; false: not a texture. */
static bool map_span(const struct check *check, const struct map *map, enum sample_type type,
                     uint32_t levels, uint64_t *bytes)
{
    const struct format *format = &formats[MS3_TYPE(map->ms3)][MS3_FORMAT(map->ms3)];
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
        .is_945_class = is_945_class(check->job->pci_device),
    };
    uint32_t pitch = MS4_PITCH(map->ms4);
    uint64_t width_bytes, rows;

    return gen3_texture_extent(&texture, pitch, &width_bytes, &rows) &&
           gen3_surface_extent(tiling_of(map->ms3), pitch, width_bytes, rows, bytes);
}

static bool map_fits(const struct check *check, struct map *map, enum sample_type type,
                     uint32_t levels)
{
    uint64_t bytes;

    if (levels > map->fitting[type]) {
        if (!map_span(check, map, type, levels, &bytes) || bytes > check_room(check, &map->place)) {
            return false;
        }
        map->fitting[type] = levels;
    }
    return true;
}

/* How many levels a sampler can reach: the map's greatest LOD, as the mip filter rounds it. */
static uint32_t levels_reached(const struct map *map, const struct sampler *sampler)
{
    uint32_t max_lod = MS4_MAX_LOD(map->ms4);

    switch (SS2_MIP_FILTER(sampler->ss2)) {
    case MIP_FILTER_NEAREST:
        return (max_lod + 2) / 4 + 1;
    case MIP_FILTER_LINEAR:
        return (max_lod + 3) / 4 + 1;
    default:
        return 1;
    }
}

/* The most slices of a volume's first level that fit; 0: none. More slices reach further. */
static uint32_t slices_that_fit(const struct check *check, const struct map *map)
{
    uint32_t fit = 0;
    uint32_t beyond = MS4_DEPTH(map->ms4);
    struct map part = *map;
    uint64_t bytes;

    while (beyond - fit > 1) {
        uint32_t middle = (fit + beyond) / 2;

        part.ms4 = (map->ms4 & ~MS4_DEPTH_MASK) | (middle - 1);
        if (map_span(check, &part, SAMPLE_VOLUME, 1, &bytes) &&
            bytes <= check_room(check, &map->place)) {
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
static bool map_mend(struct check *check, struct map *map, enum sample_type type)
{
    if (MS4_MAX_LOD(map->ms4) >= 4) {
        return false;
    }
    bool fits = map_fits(check, map, type, 1);

    map->ms4 &= ~MS4_MAX_LOD_MASK;
    if (!fits && type == SAMPLE_VOLUME) {
        uint32_t slices = slices_that_fit(check, map);

        if (slices == 0) {
            return false;
        }
        map->ms4 = (map->ms4 & ~MS4_DEPTH_MASK) | (slices - 1);
        fits = map_fits(check, map, type, 1);
    }
    check->job->words[map->ms4_dword] = map->ms4;
    return fits;
}

static bool refuse_map(struct check *check, const struct map *map, enum sample_type type,
                       uint32_t index, uint32_t levels)
{
    static const char *const names[] = {"2D", "cube", "volume"};
    uint64_t bytes = 0;
    bool known = map_span(check, map, type, levels, &bytes);

    return check_refuse(
        check, VALIDATOR_MAP_EXTENT, 0,
        "map %u: %s %ux%ux%u, %u levels, pitch %u %s %llu bytes; buffer %u has %llu", index,
        names[type], MS3_WIDTH(map->ms3), MS3_HEIGHT(map->ms3), MS4_DEPTH(map->ms4), levels,
        MS4_PITCH(map->ms4), known ? "=" : "cannot be,", (unsigned long long)bytes,
        check_buffer(check, &map->place)->id, (unsigned long long)check_room(check, &map->place));
}

static bool check_texture(struct check *check, uint32_t unit)
{
    struct state *state = &check->state;
    struct sampler *sampler = &state->samplers[unit];
    enum sample_type type = (enum sample_type)state->program.sample_type[unit];

    if (!sampler->set) {
        return check_refuse(check, VALIDATOR_STATE_UNSET, 0, "sampler %u is declared, not set",
                            unit);
    }
    uint32_t index = SS3_MAP(sampler->ss3);
    struct map *map = &state->maps[index];
    if (!map->place.set) {
        return check_refuse(check, VALIDATOR_STATE_UNSET, 0, "sampler %u reads map %u, not set",
                            unit, index);
    }
    uint32_t levels = levels_reached(map, sampler);
    if (!map_fits(check, map, type, levels) && !map_mend(check, map, type)) {
        return refuse_map(check, map, type, index, levels);
    }
    /* The hardware wants min <= max; the driver forgets to see to that. */
    if (SS3_MIN_LOD(sampler->ss3) > 4 * MS4_MAX_LOD(map->ms4)) {
        sampler->ss3 = (sampler->ss3 & 0x00ffffff) | (4 * MS4_MAX_LOD(map->ms4))
                                                         << SS3_MIN_LOD_SHIFT;
        check->job->words[sampler->ss3_dword] = sampler->ss3;
    }
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
