/* SPDX-License-Identifier: MIT */
/*
 * struct draw: all that is derived from state and is the same for a run of primitives.
 *
 * The front end builds one; primitives refer to copies that never change. Coordinates are those of
 * the surface.
 */
#ifndef GEMD_HW_MODEL_RENDER_DRAW_H
#define GEMD_HW_MODEL_RENDER_DRAW_H

#include "hw/model/render/program.h"
#include "hw/model/render/simd.h"
#include "hw/model/render/texture.h"

/* Interpolated program inputs: slots, ordered linear, perspective, flat. */
#define SLOT_MAX 48

/* From vertex dwords; or what every vertex has: position, the default specular alpha, one. */
enum fetch_kind {
    FETCH_FLOAT,
    FETCH_BYTE,
    FETCH_HALF,
    FETCH_Z,
    FETCH_W,
    FETCH_DEFAULT_FOG,
    FETCH_COVER,
    FETCH_COLOR, /* of steps only: a packed colour to four slots */
};

struct fetch {
    uint8_t kind;
    uint8_t dword; /* in the vertex */
    uint8_t shift;
    uint8_t sprite; /* 0, or 1 + component for point sprites */
    bool wrap;      /* varies the shorter way around 0..1 (S3) */
};

/* 'count' slots from 'slot' on, of consecutive dwords when they are floats. */
struct fetch_step {
    uint8_t kind, dword, slot, count;
};

struct vertex_layout {
    unsigned size; /* dwords */
    bool has_z, has_w;
    bool wraps;                         /* a slot does */
    int point_width, depth_offset;      /* dword, or -1 */
    unsigned linear, perspective, flat; /* counts */
    uint16_t reg[SLOT_MAX];             /* register of each slot */
    struct fetch fetch[SLOT_MAX];
    unsigned steps; /* which do the same as 'fetch' */
    struct fetch_step step[SLOT_MAX];
};

enum color_format {
    COLOR_8,
    COLOR_X1555,
    COLOR_565,
    COLOR_8888,
    COLOR_UYVY, /* 4:2:2: each pixel is Y and, by turns, Cb or Cr */
    COLOR_YUYV,
    COLOR_YVYU,
    COLOR_VYUY,
    COLOR_4444,
    COLOR_1555,
    COLOR_2101010,
};

enum fog_func { FOG_VERTEX, FOG_EXP, FOG_EXP2, FOG_LINEAR };

struct target {
    struct surface surface;
    bool present; /* a BUF_INFO named it */
    bool direct;  /* whole blocks can be read and written through surface.base */
    unsigned cpp;
    uint32_t row_step;             /* bytes between the rows of one aligned block */
    int32_t dx, dy;                /* from surface coordinates to this buffer's */
    uint8_t row_shift, row_offset; /* of rows, when not direct */
    uint64_t low, high;            /* bytes of the surface that the clip rectangle spans */
};

struct rect {
    int32_t x0, y0, x1, y1; /* inclusive */
};

struct stencil_state {
    uint8_t func, fail, zfail, zpass;
    uint8_t ref, test_mask, write_mask;
};

struct blend_equation {
    uint8_t func, src, dst;
};

/* S5, S6 and friends, decoded. */
struct pixel_state {
    bool color_write, color_read; /* read: the merge needs the old pixel */
    bool alpha_test, depth_test, depth_write, stencil_test, stencil_write, blend, logic_op, dither;
    bool early;      /* depth and stencil may run before the program */
    bool constant;   /* one colour for the whole primitive, ready to be stored */
    bool uses_depth; /* depth test, write or stencil */
    bool stipple;    /* of polygons */
    bool texkill_4d; /* TEXKILL looks at all four channels */
    /* rare: */
    bool effects; /* fog or line_cover: done to the program's result */
    bool fog, line_cover;
    bool fog_by_w;      /* REG_FOG holds 1 / w, not the coordinate */
    bool depth_is_w;    /* depth is 1 / REG_RHW */
    bool depth_float;   /* of depth_scale steps per power of two, 4 bits of exponent */
    bool special_color; /* 4:2:2 or gamma: the merge is not the common one */
    bool gamma;         /* the buffer holds sRGB */
    uint8_t alpha_func, depth_func, logic_code;
    float alpha_ref;
    struct stencil_state stencil[2]; /* front (clockwise), back */
    struct blend_equation rgb, alpha;
    uint8_t color_format;
    uint8_t depth_bytes; /* 2 or 4 */
    uint8_t fog_func;
    float depth_scale; /* steps from 0 to 1 */
    float fog_color[3], fog_c1, fog_c2, fog_density;
    uint32_t write_lanes[4]; /* 4:2:2: write_bits by channel */
    uint32_t write_bits;     /* bits of a stored pixel that may change */
    uint32_t pixel_bits;     /* all bits of a pixel */
    float blend_color[4];    /* r g b a */
    int dither_x, dither_y;
    uint32_t stipple_rows;
};

struct worker;
struct planes;
struct draw;

/* The corner of an aligned block of 4x4 pixels; bit row * 4 + column: the pixel is covered. */
struct covered_block {
    int32_t x, y;
    uint32_t mask;
};

/*
 * Compiled code for some blocks, at least one (jit/jit.h). Returns the pixels that the program did
 * not kill in the last of them, with its results there in the worker's registers oC and oD; or,
 * when it does all, nothing of use.
 */
typedef uint32_t (*jit_function)(struct worker *worker, const struct draw *draw,
                                 const struct planes *planes, const struct covered_block *blocks,
                                 uint32_t count);

struct draw {
    const struct program *program;
    jit_function code;                        /* NULL: interpreted */
    bool code_is_whole;                       /* from depth test to the stored pixel */
    const struct texture *texture[MAP_COUNT]; /* those that the program samples */
    bool texture_kills;                       /* a chroma key does */
    struct pixel_state pixel;
    struct target color, depth;
    struct rect clip;
    int32_t origin_x, origin_y;
    int32_t center_x, center_y;        /* sample position inside a pixel, in 1/256 */
    bool cull_clockwise, cull_counter; /* of polygons */
    bool depth_offset;                 /* of polygons: constant + scale * slope */
    float depth_offset_constant, depth_offset_scale;
    struct vertex_layout layout;
    uint32_t fallback[T_COUNT * 4];        /* bits of T channels that are not interpolated */
    uint32_t constant[CONSTANT_COUNT * 4]; /* bits */
};

#endif
