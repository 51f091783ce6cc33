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
    uint8_t engine; /* enum model_watch_engine: who reports access to it */
    bool fenced;    /* linear addresses that the fence registers translate */
    uint8_t *base;  /* of surface offset 0; NULL: through surface_read() and surface_write() */
};

/* How a texel's bits are fetched. The sub-byte kinds keep several texels in a byte. */
enum raw_kind { RAW_1, RAW_4, RAW_8, RAW_16, RAW_32, RAW_422, RAW_BLOCK };

/* What makes ARGB8888 of the bits; those of EXPAND_NONE are it, or are never made to it. */
enum expansion {
    EXPAND_NONE,
    EXPAND_OPAQUE,
    EXPAND_SWAPPED,
    EXPAND_SWAPPED_OPAQUE,
    EXPAND_I8,
    EXPAND_L8,
    EXPAND_A8,
    EXPAND_AL88,
    EXPAND_565,
    EXPAND_1555,
    EXPAND_4444,
    EXPAND_MONO,
    EXPAND_P4,
    EXPAND_A4P4,
    EXPAND_P4A4,
    EXPAND_YUV, /* 4:2:2, kept as V, Y, U */
    EXPAND_RGB, /* 4:2:2, converted */
};

enum block_kind { BLOCK_DXT1, BLOCK_DXT1_RGB, BLOCK_DXT3, BLOCK_DXT5, BLOCK_FXT1 };

/* channel = max(bits << left >> right, lowest) * scale + add */
struct texel_channel {
    uint8_t left, right;
    bool is_signed, present;
    int32_t lowest;
    float scale, add;
};

#define LEVEL_MAX 12

struct level {
    uint16_t width, height, depth;
    uint16_t first_image; /* in image[] */
    /* for compiled code: */
    float u_scale, v_scale; /* 256 * size */
    float u_end, v_end;     /* 256 * the last texel's centre */
    uint32_t last;          /* texel: x | y << 16 */
    uint32_t offset;        /* of the first image */
};

/* Where an image begins: bytes to a row of tiles (linear: to the texel), and from there. */
struct image {
    uint32_t offset;
    uint16_t x, y; /* x: texels or blocks of the format; y: their rows */
};

#define IMAGE_MAX 640

enum address_mode {
    ADDRESS_WRAP,
    ADDRESS_MIRROR,
    ADDRESS_CLAMP,
    ADDRESS_CUBE,
    ADDRESS_BORDER,
    ADDRESS_MIRROR_ONCE,
};

enum filter { FILTER_NEAREST, FILTER_LINEAR, FILTER_MONO };

/* The functions of struct kernel that sample. */
enum sampling {
    SAMPLING_PLAIN,   /* 2D, one level, 8 bits per channel, nothing unusual */
    SAMPLING_LEVELS,  /* the same with a choice of levels or filters */
    SAMPLING_GENERAL, /* all that there is */
    SAMPLING_COUNT
};

/* The words of map and sampler, kind of sampling and clamp, and of what else they depend on. */
#define TEXTURE_KEY 8

/* A map, a sampler and a kind of sampling, and the memory behind them. */
struct texture {
    struct texture *next; /* texture_cache.c */
    uint64_t used, looked_up;
    uint32_t key[TEXTURE_KEY];
    uint32_t serial; /* of the memory's contents, as far as blocks of it may be kept */
    uint64_t size;   /* bytes of the surface that sampling may read, from its start */
    struct surface surface;
    uint8_t raw, expansion, block;    /* the enums above */
    uint8_t bytes;                    /* per texel or block */
    uint8_t column_shift;             /* texels to columns of 'bytes' */
    uint8_t row_shift;                /* texels to rows */
    uint8_t line_step, line_first;    /* rows of tiled surfaces: row << step | first */
    uint16_t start_row, start_column; /* tiled surfaces: of the map in the page of its address */
    uint8_t yuv_order;                /* RAW_422: code of the format */
    bool wide;                        /* channels are floats, else bytes in ARGB8888 */
    struct texel_channel channel[4];
    bool quick;      /* whole bytes, neither luma nor palette, and no tiles of 16 bytes */
    bool packed;     /* texels are fetched as ARGB8888, also when they become wide */
    bool gamma;      /* 'curve' says what bytes of r, g and b mean */
    uint8_t mode[3]; /* address modes of x y z */
    uint8_t min_filter, mag_filter, mip_filter;
    uint8_t anisotropy; /* samples along the longer axis, or 0 */
    uint8_t sampling, sample_type;
    bool normalized, shadow, needs_lod, border_used, preclamp;
    uint8_t shadow_func;
    uint8_t shadow_source; /* channel */
    uint8_t missing_faces; /* bit per face, +X first */
    bool key_kills, key_replaces;
    uint32_t key_low, key_high;
    int32_t bias, min_lod, max_lod, base_level; /* in 1/256 */
    unsigned levels;
    unsigned fixed_level; /* where there is no choice */
    uint32_t border;      /* ARGB8888 */
    float border_channel[4];
    uint32_t palette[16];
    float curve[256];
    struct level level[LEVEL_MAX];
    struct image image[IMAGE_MAX];
};

/* Decoded blocks of compressed textures, one set per worker. 4 x 4 texels each. */
#define BLOCK_CACHE_BITS 8

struct cached_block {
    uint64_t tag; /* serial of the texture << 32 | place; 0: nothing */
    uint32_t texel[16];
};

struct block_cache {
    struct cached_block block[1u << BLOCK_CACHE_BITS];
};

/* texel.c, fxt1.c: 16 texels as ARGB8888; 'half' of an FXT1 block. */
void texel_block(enum block_kind kind, const uint8_t *bytes, unsigned half, uint32_t texel[16]);
void texel_fxt1(const uint8_t *bytes, unsigned half, uint32_t texel[16]);

#endif
