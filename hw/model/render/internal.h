/* SPDX-License-Identifier: MIT */
/*
 * What the files of the 3D pipeline share: the state that commands set (struct registers), what
 * is derived from it before a primitive is drawn, and the seams between the stages.
 *
 * Coordinates: "window" is what vertices and scissor carry, "surface" has the draw rectangle's
 * origin added. Sections named in comments are those of doc/gen3.md.
 */
#ifndef GEMD_HW_MODEL_RENDER_INTERNAL_H
#define GEMD_HW_MODEL_RENDER_INTERNAL_H

#include "hw/gen3/regs.h"
#include "hw/gen3/surface.h"
#include "hw/model/render.h"
#include "hw/model/render/primitive.h"
#include "hw/model/watcher.h"

/* PGTBL_ER bits by who missed a page */
#define RENDER_ER_TARGET  PGTBL_ER_LC_PTE
#define RENDER_ER_TEXTURE PGTBL_ER_MAP_PTE
#define RENDER_ER_VERTEX  PGTBL_ER_CS_VERTEX

#define TEXCOORD_SETS 8

/* BUF_INFO */
struct buffer_info {
    uint32_t info, address;
};

/* Exactly what commands wrote, in their own bit layouts. */
struct registers {
    uint32_t s[8];
    struct buffer_info color, depth, color_aux, intra;
    uint32_t dst_vars, dst_vars_mpeg[2];
    uint32_t draw_rect[4]; /* DW1..DW4 */
    bool scissor_enable;
    uint32_t scissor[2];
    uint32_t default_diffuse, default_specular;
    float default_z;
    uint32_t coord_bindings;
    bool point_rule_ogl, texkill_4d, line_strip_last;
    uint8_t fan_provoking;
    uint32_t stipple;
    uint32_t blend_color;
    uint32_t backface_ops;   /* BFO, merged under its enables */
    uint32_t backface_masks; /* BFM */
    uint32_t alpha_blend;    /* IAB */
    uint32_t modes4;
    uint32_t aa;
    uint32_t fog_color;
    uint32_t fog[3]; /* FOG_MODE DW1..DW3 without their modify bits */
    uint32_t chroma_key[4][2];
    uint32_t palette[16];
    uint32_t tables; /* how often the two were loaded */
    uint32_t filter_4x4[64], filter_6x5[3];
    float depth_offset_scale;
    uint32_t clear[6]; /* CLEAR_PARAMETERS DW1..DW6 */
    uint32_t map[MAP_COUNT][3];
    uint32_t sampler[MAP_COUNT][3];
};

/* What has to be derived again before the next primitive. */
enum dirty {
    DIRTY_VERTEX = 1,
    DIRTY_TARGET = 2,
    DIRTY_PIXEL = 4,
    DIRTY_TEXTURE = 8,
    DIRTY_CONSTANT = 16,
    DIRTY_ALL = 31,
};

/* Programs and textures that were derived once, found again by the words that made them. */
struct program_cache {
    struct program *bucket[64];
    unsigned count;
};

struct texture_cache {
    struct texture *bucket[64];
    unsigned count;
    uint32_t serial; /* of the last look at a texture's memory */
};

struct jit;
struct scene;
struct pool;

#define SCENES 3 /* one that is built while others are drawn */

struct render {
    struct worker worker; /* the front end's own */
    struct model_memory *memory;
    struct watcher *watcher; /* NULL: nobody watches */
    const struct kernel *kernel;
    bool is_945_class;

    struct registers state;
    unsigned dirty;
    uint64_t serial;    /* of the scene that is built, and so the age of cached objects */
    uint64_t submitted; /* serial of the last scene that is drawn, or will be */
    uint64_t flushes;   /* translations found before the last one are old */

    const struct program *program; /* NULL: none was loaded */
    struct program_cache programs;
    struct texture_cache textures;
    struct jit *jit;  /* NULL: programs are interpreted */
    struct draw draw; /* being built */
    struct vertex vertex[3];
    struct primitive *primitive; /* being set up: in the open scene, or the spare one */
    struct primitive *spare;
    struct scene *scene; /* the open one, or NULL */
    struct scene *scenes[SCENES];
    struct pool *pool;
};

/*
 * Samples 16 pixels: s, t and r, after projection; the bias of TEXLDB or NULL. Returns the lanes of
 * 'mask' that no chroma key killed.
 */
typedef uint32_t (*sample_function)(struct worker *worker, const struct texture *texture,
                                    uint32_t mask, const v16f coordinates[3], const v16f *bias,
                                    v16f rgba[4]);

/*
 * The inner loops, compiled once per instruction set (kernel.c); all give the same results.
 * triangle: sets render->primitive up and draws it. pv: the provoking vertex.
 * begin: makes a primitive the worker's; loads what is the same for all of it.
 * triangle_blocks, rectangle_blocks: shade what of the primitive is in the rectangle.
 * shade: one aligned block; bit 'lane' of mask: the pixel is covered.
 */
struct kernel {
    const char *name;
    sample_function sample[SAMPLING_COUNT]; /* by texture->sampling */
    void (*triangle)(struct render *render, const struct vertex *v0, const struct vertex *v1,
                     const struct vertex *v2, const struct vertex *pv);
    void (*begin)(struct worker *worker, const struct primitive *primitive);
    void (*triangle_blocks)(struct worker *worker, const struct primitive *primitive,
                            const struct rect *within);
    void (*rectangle_blocks)(struct worker *worker, const struct rect *rect);
    void (*shade)(struct worker *worker, int32_t x, int32_t y, uint32_t mask);
};

/* The best kernel that this CPU runs; 'name' NULL, or one of the names (tests). */
const struct kernel *kernel_find(const char *name);

/* render.c: errors */
__attribute__((format(printf, 2, 3), warn_unused_result)) enum render_status
render_unknown(struct render_error *error, const char *format, ...);
enum render_status render_faulted(const struct render *render, struct render_error *error);

/* state.c: the state commands */
typedef enum render_status (*command_handler)(struct render *render, const uint32_t *dw,
                                              size_t count, struct render_error *error);
command_handler state_command_find(uint32_t header);
void state_reset(struct render *render);

/* program.c */
enum render_status program_load(struct render *render, const uint32_t *dw, size_t count,
                                struct render_error *error);
enum render_status program_constants(struct render *render, const uint32_t *dw, size_t count,
                                     struct render_error *error);

void program_destroy(struct program *program);

/* optimise.c: registers read before they are written become zero, and much goes away */
void program_optimise(struct program *program);
/* shape.c: channels of an operand that are read; whether each written channel has its own */
unsigned instruction_sources(const struct instruction *in, unsigned operand);
bool instruction_is_vector(const struct instruction *in);

/* program_cache.c. Returns NULL for an unknown program; keep: the cache owns it from then on. */
const struct program *program_find(struct render *render, const uint32_t *dw, size_t count);
void program_keep(struct render *render, struct program *program, const uint32_t *dw, size_t count);
void program_used(struct render *render, const struct program *program);
void program_cache_clear(struct render *render);

/* derive.c: brings everything behind 'dirty' up to date */
enum render_status derive(struct render *render, struct render_error *error);

/* target.c: clip rectangle and buffers */
enum render_status derive_target(struct render *render, struct render_error *error);

/*
 * jit/cache.c. select: completes render->draw with compiled code, if there is some by now. set: for
 * tests, the instruction set ("sse2", "avx2", "avx512", NULL: compile nothing) and how often a draw
 * must be seen. wait: until everything is compiled; whether the last draw is.
 */
struct jit *jit_create(void);
void jit_destroy(struct jit *jit);
void jit_select(struct render *render);
void jit_set(struct render *render, const char *level, unsigned patience);
bool jit_wait(struct render *render);

/* layout.c, vertex.c */
enum render_status layout_derive(struct render *render, struct render_error *error);
bool vertex_decode(struct render *render, const uint32_t *dw, struct vertex *vertex);
/* S3: moves 'vertex' by whole turns to where it is nearest to 'from'. */
void vertex_wrap(const struct vertex_layout *layout, const struct vertex *from,
                 struct vertex *vertex);

/* texture.c: what identifies the texture of a unit; derives it; finds those of the program */
void texture_key(const struct render *render, unsigned unit, uint32_t key[TEXTURE_KEY]);
enum render_status texture_build(struct render *render, unsigned unit, struct texture *texture,
                                 struct render_error *error);
enum render_status texture_derive(struct render *render, struct render_error *error);

/* texture_cache.c: the texture of a unit, derived at its first use */
enum render_status texture_find(struct render *render, unsigned unit, const struct texture **found,
                                struct render_error *error);
void texture_used(struct render *render, const struct texture *texture);
void texture_cache_clear(struct render *render);

/* surface.c */
void surface_resolve(struct render *render, struct surface *surface, uint64_t low, uint64_t high);
static inline uint64_t surface_offset(const struct surface *surface, uint32_t x_bytes, uint32_t y)
{
    return gen3_tile_offset(surface->tiling, surface->pitch, x_bytes, y);
}
uint32_t surface_read(struct worker *worker, const struct surface *surface, uint64_t offset,
                      unsigned bytes, uint32_t er);
void surface_write(struct worker *worker, const struct surface *surface, uint64_t offset,
                   unsigned bytes, uint32_t value);

/*
 * draw.c. changed: render->draw is not what it was. prepare: before primitives are set up with it.
 * primitive_draw: render->primitive is set up, and not to be touched any more. pending: whether
 * something that is not drawn yet writes bytes of the GTT, or, for a write, reads them.
 */
bool draw_init(struct render *render);
void draw_finish(struct render *render);
void draw_changed(struct render *render);
void draw_prepare(struct render *render);
void primitive_draw(struct render *render);
/*
 * A place for an area of 'target' in the open scene, which may be a new one: 'bytes' of it, of
 * which a primitive is the first. 'read': what else it reads, or NULL; 'reach': bits of the
 * coordinates. NULL: no memory. Then the area itself; false: no memory.
 */
struct span;
struct primitive *draw_prepare_area(struct render *render, const struct target *target,
                                    const struct span *read, int32_t reach, size_t bytes);
bool draw_area(struct render *render, struct primitive *primitive, size_t bytes);
/* Before an object changes that was last used by the scene 'used'. */
void cache_wait(struct render *render, uint64_t used);
bool draw_pending(const struct render *render, uint64_t low, uint64_t high, bool write);
/* The part inside a rectangle; 'all': it covers all that its box has in common with it. */
void primitive_draw_within(struct worker *worker, const struct primitive *primitive,
                           const struct rect *within, bool all);

/* Bits 22:18 of 3DPRIMITIVE. */
enum primitive_type {
    TRILIST,
    TRISTRIP,
    TRISTRIP_RVRSE,
    TRIFAN,
    POLY,
    LINELIST,
    LINESTRIP,
    RECTLIST,
    POINTLIST,
    CLEAR_RECT = 10,
    ZONE_INIT = 13,
};

/* fill.c: of targets that are plainly in memory */
void fill_rectangle(const struct tile_fill *fill, const struct rect *rect);

/*
 * area.c. blocks: what of an area is in the rectangle. fill_later: leaves a fill to a scene;
 * 'reach': bits of the coordinates that are drawn to. False: it cannot wait, and is the caller's.
 */
void area_blocks(const struct primitive *primitive, const struct rect *within);
bool area_fill_later(struct render *render, const struct tile_fill *fill, const struct rect *rect,
                     int32_t reach);

/* primitive.c, lines.c, clear.c */
enum render_status primitive_command(struct render *render, const uint32_t *dw, size_t count,
                                     struct render_error *error);
/* The pixels of a line that are in the rectangle. */
void line_blocks(struct worker *worker, const struct primitive *primitive,
                 const struct rect *within);
void line_draw(struct render *render, const struct vertex *v0, const struct vertex *v1,
               const struct vertex *pv);
void point_draw(struct render *render, const struct vertex *v);
void rectangle_draw(struct render *render, const struct vertex v[3]);
enum render_status clear_rectangle(struct render *render, const uint32_t *dw, size_t count,
                                   struct render_error *error);

#endif
