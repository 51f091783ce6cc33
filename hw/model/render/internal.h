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
#include "hw/model/render/simd.h"
#include "hw/model/watcher.h"

/* PGTBL_ER bits by who missed a page */
#define RENDER_ER_TARGET  PGTBL_ER_LC_PTE
#define RENDER_ER_TEXTURE PGTBL_ER_MAP_PTE
#define RENDER_ER_VERTEX  PGTBL_ER_CS_VERTEX

#define MAP_COUNT      16
#define CONSTANT_COUNT 32
#define TEXCOORD_SETS  8

/* The file of 16-lane registers that a pixel program works on, one index per channel. */
enum {
    REG_R = 0,
    REG_T = REG_R + 16 * 4,
    REG_OC = REG_T + 11 * 4,
    REG_OD = REG_OC + 4,
    REG_U = REG_OD + 4,
    REG_CONSTANT = REG_U + 3 * 4,
    REG_ZERO = REG_CONSTANT + CONSTANT_COUNT * 4,
    REG_ONE,
    REG_COUNT,
};
#define T_DIFFUSE  8
#define T_SPECULAR 9
#define T_FOG      10
#define T_COUNT    11

/* BUF_INFO */
struct buffer_info {
    uint32_t info, address;
};

/* Exactly what commands wrote, in their own bit layouts. */
struct registers {
    uint32_t s[8];
    struct buffer_info color, depth;
    uint32_t dst_vars;
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
    DIRTY_ALL = 15,
};

/* Program, translated: one entry per instruction, all fields decoded (program.c). */
enum op_code {
    OP_ADD = 1,
    OP_MOV,
    OP_MUL,
    OP_MAD,
    OP_DP2ADD,
    OP_DP3,
    OP_DP4,
    OP_FRC,
    OP_RCP,
    OP_RSQ,
    OP_EXP,
    OP_LOG,
    OP_CMP,
    OP_MIN,
    OP_MAX,
    OP_FLR,
    OP_MOD,
    OP_TRC,
    OP_SGE,
    OP_SLT,
    OP_TEXLD,
    OP_TEXLDP,
    OP_TEXLDB,
    OP_TEXKILL,
    OP_DCL,
};

struct instruction {
    uint8_t code;
    uint8_t count; /* channels written; for dot products and scalars all get one value */
    uint8_t saturate;
    uint8_t sampler;
    uint8_t new_phase; /* U is forgotten before this one */
    uint16_t dst[4];       /* register of each written channel */
    uint16_t src[3][4];    /* operand registers per written channel (dot products: x y z w) */
    uint32_t negate[3][4]; /* 0 or the sign bit */
};

enum sample_type { SAMPLE_2D, SAMPLE_CUBE, SAMPLE_VOLUME };

#define PROGRAM_MAX 123

struct program {
    bool loaded;
    bool kills, writes_depth;
    uint8_t t_read[T_COUNT]; /* channels that the program reads and declares */
    uint16_t samplers;       /* used by a texture instruction */
    uint16_t declared_samplers;
    uint8_t sample_type[MAP_COUNT];
    /* Registers that hold oC's channels at the end; not yet clamped to 0..1. */
    uint16_t output[4];
    uint32_t output_negate[4];
    unsigned count;
    struct instruction code[PROGRAM_MAX];
};

/* Interpolated program inputs: slots, ordered linear, perspective, flat. */
#define SLOT_MAX 48

enum fetch_kind { FETCH_FLOAT, FETCH_BYTE, FETCH_HALF };

struct fetch {
    uint8_t kind;
    uint8_t dword; /* in the vertex */
    uint8_t shift;
    uint8_t sprite; /* 0, or 1 + component for point sprites */
};

struct vertex_layout {
    unsigned size; /* dwords */
    bool has_z, has_w;
    int point_width;                    /* dword, or -1 */
    unsigned linear, perspective, flat; /* counts */
    uint16_t reg[SLOT_MAX];             /* register of each slot */
    struct fetch fetch[SLOT_MAX];
};

struct vertex {
    float x, y, z, w; /* x, y in surface coordinates */
    float point_width;
    float attribute[SLOT_MAX] __attribute__((aligned(64)));
};

/* a(x, y) = a0 + ax * (x - x0) + ay * (y - y0) at pixel centres. */
struct planes {
    float x0, y0;
    float z0, zx, zy;
    float w0, wx, wy;
    unsigned back; /* 1: counter-clockwise, for two-sided stencil */
    float a0[SLOT_MAX] __attribute__((aligned(64)));
    float ax[SLOT_MAX] __attribute__((aligned(64)));
    float ay[SLOT_MAX] __attribute__((aligned(64)));
};

/* Memory behind a buffer: by one CPU pointer when it is contiguous, else byte by byte. */
struct surface {
    uint64_t address;
    enum gen3_tiling tiling;
    uint32_t pitch;
    uint8_t *base; /* of surface offset 0; NULL: through surface_read() and surface_write() */
    uint8_t engine; /* enum model_watch_engine */
};

enum color_format {
    COLOR_8,
    COLOR_X1555,
    COLOR_565,
    COLOR_8888,
    COLOR_4444 = 8,
    COLOR_1555 = 9,
    COLOR_2101010 = 10,
};

struct target {
    struct surface surface;
    bool present; /* a BUF_INFO named it */
    bool direct;  /* whole blocks can be read and written through surface.base */
    unsigned cpp;
    uint32_t row_step; /* bytes between the rows of one aligned block */
    int32_t dx, dy;    /* from surface coordinates to this buffer's */
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
    bool stipple;
    uint8_t alpha_func, depth_func, logic_code;
    float alpha_ref;
    struct stencil_state stencil[2]; /* front (clockwise), back */
    struct blend_equation rgb, alpha;
    uint8_t color_format;
    uint8_t depth_bytes;  /* 2 or 4 */
    uint32_t write_bits;  /* bits of a stored pixel that may change */
    uint32_t pixel_bits;  /* all bits of a pixel */
    float blend_color[4]; /* r g b a */
    int dither_x, dither_y;
    uint32_t stipple_rows;
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

struct texture {
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

struct kernel;

struct render {
    v16f reg[REG_COUNT]; /* first: 64-byte aligned */
    struct model_memory *memory;
    struct watcher *watcher; /* NULL: nobody watches */
    const struct kernel *kernel;
    bool is_945_class;

    struct registers state;
    unsigned dirty;

    struct program program;
    struct vertex_layout layout;
    struct rect clip; /* surface coordinates */
    struct target color, depth;
    struct pixel_state pixel;
    struct texture texture[MAP_COUNT];
    struct planes planes;
    struct vertex vertex[3];
    int32_t origin_x, origin_y;
    int32_t center_x, center_y;                 /* sample position inside a pixel, in 1/256 */
    bool cull_clockwise, cull_counter, stipple; /* of the primitive being drawn */
    v16u constant_pixel;                        /* when pixel.constant */
    uint64_t fault_address;
    uint32_t fault; /* PGTBL_ER bits of a page that was not there */
};

/*
 * The inner loops, compiled once per instruction set (kernel.c); all give the same results.
 * triangle: sets planes up, rasterises and shades. pv: the provoking vertex.
 * flat: after planes are set, loads registers that are the same for the whole primitive.
 * shade: one aligned block; bit 'lane' of mask: the pixel is covered.
 */
struct kernel {
    const char *name;
    void (*triangle)(struct render *render, const struct vertex *v0, const struct vertex *v1,
                     const struct vertex *v2, const struct vertex *pv);
    void (*flat)(struct render *render, const struct vertex *pv);
    void (*shade)(struct render *render, int32_t x, int32_t y, uint32_t mask);
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

/* optimise.c: registers read before they are written become zero, and much goes away */
void program_optimise(struct program *program);
/* Channels of an operand that an instruction reads. */
unsigned instruction_sources(const struct instruction *in, unsigned operand);

/* derive.c: brings everything behind 'dirty' up to date */
enum render_status derive(struct render *render, struct render_error *error);
enum render_status derive_target(struct render *render, struct render_error *error);

/* layout.c, vertex.c */
enum render_status layout_derive(struct render *render, struct render_error *error);
bool vertex_decode(struct render *render, const uint32_t *dw, struct vertex *vertex);

/* texture.c */
enum render_status texture_derive(struct render *render, struct render_error *error);

/* texel.c: one texel of a compressed or 4:2:2 format as ARGB8888 */
uint32_t texel_dxt(enum raw_kind kind, const uint8_t *block, unsigned x, unsigned y);
uint32_t texel_422(unsigned order, const uint8_t *pair, unsigned x);

/* surface.c */
void surface_resolve(struct render *render, struct surface *surface, uint64_t low, uint64_t high);
uint64_t surface_offset(const struct surface *surface, uint32_t x_bytes, uint32_t y);
uint32_t surface_read(struct render *render, const struct surface *surface, uint64_t offset,
                      unsigned bytes, uint32_t er);
void surface_write(struct render *render, const struct surface *surface, uint64_t offset,
                   unsigned bytes, uint32_t value);

/* primitive.c, lines.c, clear.c */
enum render_status primitive_command(struct render *render, const uint32_t *dw, size_t count,
                                     struct render_error *error);
void line_draw(struct render *render, const struct vertex *v0, const struct vertex *v1,
               const struct vertex *pv);
void point_draw(struct render *render, const struct vertex *v);
void rectangle_draw(struct render *render, const struct vertex v[3]);
enum render_status clear_rectangle(struct render *render, const uint32_t *dw, size_t count,
                                   struct render_error *error);

#endif
