/* SPDX-License-Identifier: MIT */
/* Maps and samplers as the inner loops use them. */
#ifndef GEMD_HW_MODEL_RENDER_TEXTURE_H
#define GEMD_HW_MODEL_RENDER_TEXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/gen3/surface.h"

/* Memory behind a buffer: by one CPU pointer when it is contiguous, else byte by byte. */
struct surface {
    uint64_t address;
    enum gen3_tiling tiling;
    uint32_t pitch;
    uint8_t *base;  /* of surface offset 0; NULL: through surface_read() and surface_write() */
    uint8_t engine; /* enum model_watch_engine */
};

/* One texel fetch plan (texture.c). */
#define LEVEL_MAX 12

struct level {
    uint16_t width, height, depth;
    uint16_t first_image; /* in image[] */
};

struct image {
    uint16_t x, y; /* in texels, blocks when compressed */
};

#define IMAGE_MAX 640

/* How a texel's bits are fetched; from RAW_DXT1 on they are decoded to ARGB8888. */
enum raw_kind { RAW_8, RAW_16, RAW_32, RAW_DXT1, RAW_DXT1_RGB, RAW_DXT3, RAW_DXT5, RAW_422 };

/* channel = ((bits >> shift) & mask) * scale + add */
struct texel_channel {
    uint32_t shift, mask;
    float scale, add;
};

#define TEXTURE_KEY 7 /* the words of map and sampler, and the sample type */

/*
 * Immutable once texture_find() has returned it: a map, a sampler and a kind of sampling, and the
 * memory behind them.
 */
struct texture {
    struct texture *next; /* texture_cache.c */
    uint64_t used, looked_up;
    uint32_t key[TEXTURE_KEY];
    uint64_t size; /* bytes of the surface that sampling may read, from its start */
    struct surface surface;
    uint8_t raw;                       /* enum raw_kind */
    uint8_t bytes;                     /* per texel or block */
    uint8_t block_width, block_height; /* 1, or 4 when compressed */
    uint8_t yuv_order;                 /* RAW_422: code of the format */
    struct texel_channel channel[4];   /* r g b a */
    uint8_t mode[3];                   /* address modes of x y z */
    bool min_linear, mag_linear;
    uint8_t mip_filter;
    bool normalized, shadow, srgb, needs_lod;
    uint8_t shadow_func;
    uint8_t sample_type;
    float bias, min_lod, max_lod;
    unsigned levels;
    float border[4];
    struct level level[LEVEL_MAX];
    struct image image[IMAGE_MAX];
};

#endif
