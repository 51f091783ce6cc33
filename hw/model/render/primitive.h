/* SPDX-License-Identifier: MIT */
/*
 * Primitives: vertices as the front end decodes them, what setup makes of them, and the workers
 * that draw the result.
 */
#ifndef GEMD_HW_MODEL_RENDER_PRIMITIVE_H
#define GEMD_HW_MODEL_RENDER_PRIMITIVE_H

#include "hw/model/memory.h"
#include "hw/model/render/draw.h"

struct vertex {
    float x, y, z, w; /* x, y in surface coordinates */
    float point_width;
    float attribute[SLOT_MAX] __attribute__((aligned(64)));
};

/*
 * a(x, y) = a0 + ax * (x - x0) + ay * (y - y0) at pixel centres. The slots that vary lie as
 * a0[stride], ax[stride], ay[stride], stride a multiple of four; flat ones come after them.
 */
struct planes {
    float x0, y0;
    float z0, zx, zy;
    float w0, wx, wy;
    uint16_t stride;
    bool back;    /* counter-clockwise, for two-sided stencil */
    bool stipple; /* a polygon, and STIPPLE is on */
    float slot[];
};

/* The shape of the planes, and what is flat: as at 'pv'. */
static inline void planes_begin(struct planes *planes, const struct draw *draw,
                                const struct vertex *pv)
{
    const struct vertex_layout *layout = &draw->layout;
    const unsigned smooth = layout->linear + layout->perspective;
    planes->stride = (uint16_t)((smooth + 3u) & ~3u);
    planes->back = planes->stipple = false;
    for (unsigned i = 0; i < layout->flat; i++) {
        planes->slot[3 * planes->stride + i] = pv->attribute[smooth + i];
    }
}

/* How many the slots of a primitive take. */
static inline size_t planes_floats(const struct vertex_layout *layout)
{
    return 3 * (size_t)((layout->linear + layout->perspective + 3u) & ~3u) + layout->flat;
}

#define PLANES_FLOATS (3 * SLOT_MAX + SLOT_MAX)

struct edge {
    int64_t c;    /* value at surface pixel (0, 0), top-left rule included */
    int64_t a, b; /* steps per pixel */
};

struct triangle {
    struct edge edge[3];
    bool huge; /* 32 bits are not even enough inside one block */
};

/*
 * Pixels first to last along the longer axis, which is y when swapped. In 1/256 pixel from the
 * centre of pixel 0, at 'a' along it the line is at b0 + (a - a0) * db / da; da > 0. It is 'half'
 * wide to either side, pixels on the far edge not included.
 */
struct line {
    int64_t a0, b0, da, db;
    int32_t first, last, half;
    bool swap;
};

/* A dword that repeats along each row of the target, from its left edge on; the bits to replace.
 */
struct tile_fill {
    struct target target;
    uint32_t value, mask;
};

/* Pixels that somebody else brings; see struct render_copy. The job lies behind the primitive. */
struct tile_copy {
    void (*part)(const void *job, int32_t x1, int32_t y1, int32_t x2, int32_t y2);
};

/* Areas come last: what has neither a draw nor planes. */
enum primitive_kind {
    PRIMITIVE_TRIANGLE,
    PRIMITIVE_RECTANGLE,
    PRIMITIVE_LINE,
    PRIMITIVE_FILL,
    PRIMITIVE_COPY,
};

struct primitive {
    const struct draw *draw;
    struct rect box; /* pixels that it may cover, inside the draw's clip; a rectangle covers all */
    enum primitive_kind kind;
    union {
        struct triangle triangle;
        struct line line;
        struct tile_fill fill;
        struct tile_copy copy;
    };
    struct planes planes; /* last: as long as it needs to be */
};

struct kernel;

/* One who draws, and what it is drawing. */
struct worker {
    v16f reg[REG_COUNT]; /* first: 64-byte aligned */
    const struct draw *draw;
    const struct planes *planes;
    const struct kernel *kernel;
    struct model_memory *memory;
    struct watcher *watcher; /* NULL: nobody watches */
    struct block_cache blocks;
    v16u constant_pixel;    /* when draw->pixel.constant */
    uint64_t fault_address; /* of the first fault */
    uint32_t fault;         /* PGTBL_ER bits of a page that was not there */
};

#endif
