/* SPDX-License-Identifier: MIT */
/*
 * Random textures, samplers and coordinates against sampler_reference.c. Every instruction set and
 * memory in pieces give the same bits.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#include "hw/model/render/internal.h"
#include "tests/render/sampler_reference.h"

#define SIZE   8 /* pixels */
#define EXTENT (SIZE * SIZE * 4u)
#define TRIES  6000

static uint32_t seed;

static uint32_t below(uint32_t limit)
{
    return bed_random(&seed) % limit;
}

static double between(double low, double high)
{
    return low + (high - low) * (bed_random(&seed) & 0xffff) / 65536.0;
}

/* What one try draws. */
struct trial {
    struct reference ref;
    uint32_t map[3], sampler[3];
    unsigned type;
    double base[3], dx[3], dy[3]; /* coordinates at the middle of pixel (0, 0), steps */
    unsigned mip_filter;
    double lod;
};

static const uint32_t codes[] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x20, 0x21, 0x22, 0x23, 0x25,
                                 0x26, 0x27, 0x28, 0x29, 0x30, 0x30, 0x30, 0x31, 0x32, 0x33, 0x34,
                                 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f,
                                 0x50, 0x51, 0x52, 0x53, 0x60, 0x61, 0x62, 0x63, 0x64, 0x77};

static bool is_depth(uint32_t code)
{
    return (code >= 0x27 && code <= 0x29) || (code >= 0x3d && code <= 0x3f);
}

static uint32_t random_side(void)
{
    return below(2) ? 1u << below(6) : 1 + below(40);
}

static void choose_map(struct trial *trial, bool is_945_class)
{
    struct reference *ref = &trial->ref;
    uint32_t bytes, width, height;
    ref->code = codes[below(sizeof(codes) / sizeof(codes[0]))];
    assert_true(reference_block(ref->code, &bytes, &width, &height));
    const enum gen3_tiling tilings[3] = {GEN3_LINEAR, GEN3_TILED_X, gen3_tiling_y(is_945_class)};
    static const uint32_t tiling_bits[3] = {0, 2, 3};
    const uint32_t tiling = below(3);
    ref->tiling = tilings[tiling];
    const uint32_t granule = tiling == 0 ? 4 : gen3_tile_width(ref->tiling);
    ref->layout = (struct gen3_texture){.width = random_side(),
                                        .height = random_side(),
                                        .depth = 1,
                                        .block_bytes = bytes,
                                        .block_width = width,
                                        .block_height = height,
                                        .cube = trial->type == 1,
                                        .volume = trial->type == 2,
                                        .levels_right = is_945_class && below(4) == 0,
                                        .is_945_class = is_945_class};
    struct gen3_texture *layout = &ref->layout;
    layout->depth = layout->volume ? 1 + below(9) : 1;
    ref->height = layout->height = layout->cube ? layout->width : layout->height;
    const uint32_t max_lod = below(24);
    const uint32_t side = layout->width | layout->height | layout->depth;
    const uint32_t limit = 32 - (uint32_t)__builtin_clz(side);
    trial->mip_filter = (unsigned)(const uint8_t[]){0, 1, 3}[below(3)];
    layout->levels = trial->mip_filter == 0   ? 1
                     : trial->mip_filter == 1 ? (max_lod + 2) / 4 + 1
                                              : (max_lod + 3) / 4 + 1;
    layout->levels = layout->levels < limit ? layout->levels : limit;
    /* as wide as the widest row of images */
    uint64_t row = 64 * bytes, rows = 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        ref->pitch = (uint32_t)((row + granule - 1) / granule * granule);
        assert_true(gen3_texture_extent(layout, ref->pitch, &row, &rows));
    }
    trial->map[0] = TEXTURE_AT;
    trial->map[1] =
        (ref->height - 1) << 21 | (layout->width - 1) << 10 | ref->code << 3 | tiling_bits[tiling];
    ref->missing_faces = below(4) == 0 ? below(64) : 0;
    uint32_t faces = 0;
    for (unsigned f = 0; f < 6; f++) { /* bits 20:15: -X +X -Y +Y -Z +Z */
        const unsigned bit = 5 - (f / 2 * 2 + (f % 2 == 0));
        faces |= (ref->missing_faces >> f & 1) ? 0 : 1u << bit;
    }
    trial->map[2] = (ref->pitch / 4 - 1) << 21 | faces << 15 | max_lod << 9 |
                    (uint32_t)layout->levels_right << 8 | (layout->depth - 1);
    trial->lod = max_lod / 4.0;
}

static void choose_sampler(struct trial *trial)
{
    struct reference *ref = &trial->ref;
    ref->linear = below(2);
    ref->shadow = trial->type == 0 && is_depth(ref->code) && below(2);
    ref->shadow_func = below(8);
    ref->gamma = (ref->code == 0x30 || ref->code == 0x20) && below(4) == 0;
    ref->convert_yuv = below(2);
    for (unsigned i = 0; i < 3; i++) {
        ref->mode[i] = trial->type == 1 ? (i == 0 ? 2 + below(2) : ref->mode[0]) : below(6);
    }
    ref->border = bed_random(&seed) << 16 ^ bed_random(&seed);
    for (unsigned i = 0; i < 16; i++) {
        ref->palette[i] = bed_random(&seed) << 16 ^ bed_random(&seed);
    }
    /* the level is set by the least LOD, in sixteenths, where it is not the coordinates' */
    const uint32_t min_lod = below(80);
    trial->lod = fmin(trial->lod, min_lod / 16.0);
    trial->sampler[0] = (uint32_t)ref->gamma << 31 | (uint32_t)ref->convert_yuv << 29 |
                        trial->mip_filter << 20 | (ref->linear ? 1u << 17 | 1u << 14 : 0) |
                        (uint32_t)ref->shadow << 4 | ref->shadow_func;
    trial->sampler[1] =
        min_lod << 24 | ref->mode[0] << 12 | ref->mode[1] << 9 | ref->mode[2] << 6 | 1u << 5;
    trial->sampler[2] = ref->border;
}

/* Steps so small that the least LOD decides, or none at all. */
static void choose_coordinates(struct trial *trial)
{
    for (unsigned i = 0; i < 3; i++) {
        trial->base[i] = trial->type == 1 ? between(-1, 1) : between(-2, 3);
        trial->dx[i] = between(-0.9, 0.9) / 64 / SIZE * (trial->mip_filter == 0 ? 64 : 1);
        trial->dy[i] = between(-0.9, 0.9) / 64 / SIZE * (trial->mip_filter == 0 ? 64 : 1);
    }
    if (trial->ref.shadow) {
        trial->base[2] = between(0, 1);
        trial->dx[2] = trial->dy[2] = 0;
    }
}

static void draw(struct bed *bed, const struct trial *trial, const struct kernel *kernel)
{
    bed->render->kernel = kernel;
    render_flush(bed->render);
    SEND(bed, 0x7d8f000f, trial->ref.palette[0], trial->ref.palette[1], trial->ref.palette[2],
         trial->ref.palette[3], trial->ref.palette[4], trial->ref.palette[5], trial->ref.palette[6],
         trial->ref.palette[7], trial->ref.palette[8], trial->ref.palette[9],
         trial->ref.palette[10], trial->ref.palette[11], trial->ref.palette[12],
         trial->ref.palette[13], trial->ref.palette[14], trial->ref.palette[15]);
    SEND(bed, 0x7d000003, 1, trial->map[0], trial->map[1], trial->map[2]);
    SEND(bed, 0x7d010003, 1, trial->sampler[0], trial->sampler[1], trial->sampler[2]);
    SEND(bed, 0x7d050008, 0x19083c00, 0, 0, 0x19180000 | trial->type << 22, 0, 0, 0x15200000,
         0x01000000, 0);
    static const float corners[6][2] = {{0, 0},    {SIZE, 0},    {0, SIZE},
                                        {SIZE, 0}, {SIZE, SIZE}, {0, SIZE}};
    uint32_t dw[43] = {0x7f000000 | 41};
    for (unsigned i = 0; i < 6; i++) {
        float v[7] = {corners[i][0], corners[i][1], 0, 0, 0, 0, 1};
        for (unsigned c = 0; c < 3; c++) {
            v[3 + c] =
                (float)(trial->base[c] + trial->dx[c] * (v[0] - 0.5) + trial->dy[c] * (v[1] - 0.5));
        }
        memcpy(dw + 1 + 7 * i, v, sizeof(v));
    }
    bed_send(bed, dw, 43);
}

static bool expected(const struct trial *trial, const double c[3], double rgba[4])
{
    const unsigned last = trial->ref.layout.levels - 1;
    const double lod = trial->lod;
    if (trial->mip_filter == 0) {
        return reference_level(&trial->ref, 0, c, rgba);
    }
    if (trial->mip_filter == 1) {
        const unsigned level = (unsigned)floor(lod + 0.5);
        return reference_level(&trial->ref, level < last ? level : last, c, rgba);
    }
    const unsigned fine = (unsigned)lod < last ? (unsigned)lod : last;
    double coarse[4];
    bool sure = reference_level(&trial->ref, fine, c, rgba);
    sure &= reference_level(&trial->ref, fine < last ? fine + 1 : last, c, coarse);
    for (unsigned i = 0; i < 4; i++) {
        rgba[i] += (coarse[i] - rgba[i]) * (lod - floor(lod));
    }
    return sure;
}

/*
 * Weights have 8 bits: half a step of each, times the whole range, is half a step of the result.
 * Volumes have three. Rounding of decoded texels and of the result adds one.
 */
static void compare(struct bed *bed, const struct trial *trial, unsigned number)
{
    const double bound = (trial->ref.linear ? 2.6 : 1.1) + (trial->type == 2 ? 0.6 : 0) +
                         (trial->ref.code >> 4 >= 5 || trial->ref.gamma ? 1 : 0);
    unsigned sure = 0;
    for (unsigned p = 0; p < SIZE * SIZE; p++) {
        const unsigned x = p % SIZE, y = p / SIZE;
        double c[3], rgba[4];
        for (unsigned i = 0; i < 3; i++) {
            c[i] = trial->base[i] + trial->dx[i] * x + trial->dy[i] * y;
        }
        if (!expected(trial, c, rgba)) {
            continue;
        }
        sure++;
        const uint32_t pixel = bed_pixel(bed, COLOR_AT, SIZE * 4, (int)x, (int)y);
        static const unsigned shifts[4] = {16, 8, 0, 24};
        for (unsigned i = 0; i < 4; i++) {
            const double want = (rgba[i] < 0 ? 0 : rgba[i] > 1 ? 1 : rgba[i]) * 255;
            if (fabs((pixel >> shifts[i] & 255) - want) > bound) {
                fail_msg("try %u: format 0x%02x type %u %ux%ux%u levels %u lod %g mip %u pitch %u "
                         "tiling %d linear %d modes %u %u %u shadow %d: pixel %u,%u channel %u is "
                         "%u, not %g",
                         number, trial->ref.code, trial->type, trial->ref.layout.width,
                         trial->ref.height, trial->ref.layout.depth, trial->ref.layout.levels,
                         trial->lod, trial->mip_filter, trial->ref.pitch, (int)trial->ref.tiling,
                         trial->ref.linear, trial->ref.mode[0], trial->ref.mode[1],
                         trial->ref.mode[2], trial->ref.shadow, x, y, i, pixel >> shifts[i] & 255,
                         want);
            }
        }
    }
    assert_true(sure != 0 || !trial->ref.linear || trial->type == 1);
}

/* Moves the bytes of the texture to where a swizzle has them, or back. */
static void swizzle_texture(struct bed *bed, uint32_t bits)
{
    for (uint32_t at = 0; at < 1u << 20; at += 128) {
        uint8_t *pair = bed_bytes(bed, TEXTURE_AT) + at, kept[64];
        if (__builtin_parity((TEXTURE_AT + at) & bits)) {
            memcpy(kept, pair, 64);
            memcpy(pair, pair + 64, 64);
            memcpy(pair + 64, kept, 64);
        }
    }
}

/* A tiled texture where memory swizzles addresses in tiles gives the same. */
static void draw_swizzled(struct bed *bed, const struct trial *trial, const struct kernel *kernel)
{
    const uint32_t bits = 1u << 9 | below(2) << 10 | below(2) << 11 | below(2) << 17;
    bed->memory.swizzle[trial->ref.tiling] = bits;
    swizzle_texture(bed, bits);
    draw(bed, trial, kernel);
    swizzle_texture(bed, bits);
    bed->memory.swizzle[trial->ref.tiling] = 0;
}

static void run(struct bed *bed, bool is_945_class, unsigned tries)
{
    static uint8_t first[EXTENT];
    const struct kernel *baseline = kernel_find("baseline"), *best = kernel_find(NULL);
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xfffffff2, 0x00902040u, 0, S6_COLOR);
    for (unsigned i = 0; i < tries; i++) {
        struct trial trial = {.type = below(4) == 0 ? 1 : below(4) == 0 ? 2 : 0};
        choose_map(&trial, is_945_class);
        choose_sampler(&trial);
        choose_coordinates(&trial);
        trial.ref.memory = bed_bytes(bed, TEXTURE_AT);
        draw(bed, &trial, best);
        compare(bed, &trial, i);
        memcpy(first, bed_bytes(bed, COLOR_AT), EXTENT);
        draw(bed, &trial, baseline);
        assert_memory_equal(bed_bytes(bed, COLOR_AT), first, EXTENT);
        bed->memory.max_span = 64;
        draw(bed, &trial, best);
        assert_memory_equal(bed_bytes(bed, COLOR_AT), first, EXTENT);
        bed->memory.max_span = 0;
        if (trial.ref.tiling != GEN3_LINEAR && i % 8 == 0) {
            draw_swizzled(bed, &trial, best);
            assert_memory_equal(bed_bytes(bed, COLOR_AT), first, EXTENT);
        }
    }
}

static void fill_texture(struct bed *bed)
{
    for (uint32_t i = 0; i < (1u << 20); i++) {
        bed_bytes(bed, TEXTURE_AT)[i] = (uint8_t)bed_random(&seed);
    }
}

static void test_945_class(void **state)
{
    seed = 1;
    fill_texture(*state);
    run(*state, true, TRIES);
}

static void test_915_class(void **state)
{
    struct bed *bed = *state;
    seed = 2;
    bed_use_915(bed);
    fill_texture(bed);
    run(bed, false, TRIES / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_945_class, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(test_915_class, bed_setup, bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
