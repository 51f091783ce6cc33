/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the validator share: the walk's position, the state that the stream has set so
 * far, and how to refuse. Every check returns true to go on, false when the stream is refused.
 */
#ifndef GEMD_VALIDATOR_INTERNAL_H
#define GEMD_VALIDATOR_INTERNAL_H

#include <stdbool.h>

#include "gemd/validator/validator.h"
#include "hw/gen3/command.h"

#define MAPS     16u
#define SAMPLERS 16u

/* Addresses reach as far as their fields have bits. */
#define REACH_VERTEX  (UINT64_C(1) << 28) /* S0 27:2 */
#define REACH_SURFACE (UINT64_C(1) << 29) /* BUF_INFO and MS2 28:2 */
#define REACH_BLIT    (UINT64_C(1) << 32)

/* A place in a buffer that a relocation gave. */
struct place {
    bool set;
    uint32_t buffer; /* index in the job's list */
    uint32_t delta;  /* bytes */
};

struct target {
    struct place place;
    uint32_t info; /* BUF_INFO's second dword */
};

/* How a program declares a sampler; what the map behind it is. */
enum sample_type { SAMPLE_2D, SAMPLE_CUBE, SAMPLE_VOLUME };

struct map {
    struct place place;
    uint32_t ms3, ms4;
    uint32_t ms4_dword;  /* where in the stream */
    uint32_t fitting[3]; /* by sample type: how many levels were found to fit */
};

struct sampler {
    bool set;
    uint32_t ss2, ss3;
    uint32_t ss3_dword;
};

struct program {
    bool set;
    bool writes_colour;            /* all of oC */
    uint32_t constants;            /* bit per register that is read */
    uint32_t samplers;             /* bit per sampler that is declared */
    uint8_t sample_type[SAMPLERS]; /* enum sample_type */
};

/* A program of this stream that was sound as it came: what is the same need not be looked at again.
 */
struct seen_program {
    uint32_t start, length; /* of its command; no length: none */
    struct program program;
};

#define SEEN_PROGRAMS 4u

/* What XY_SETUP_BLT and its like leave behind for the blits that use it. */
struct setup {
    bool set;
    bool mono_pattern;
    uint32_t control; /* BR01 */
    struct place place, pattern;
    uint32_t clip[2]; /* corners, as the command has them */
};

struct rect {
    bool set;
    uint32_t flags; /* DRAW_RECT's second dword */
    uint32_t xmin, ymin, xmax, ymax, xorg, yorg;
};

/* The state that this stream has set. */
struct state {
    uint32_t s_set; /* bit n: s[n] */
    uint32_t s[8];
    uint32_t s6_dword;     /* where in the stream S6 was loaded */
    bool colour_muted;     /* S6 there was mended: a program that has no colour to write */
    struct place vertices; /* S0 */
    struct target colour, depth;
    bool formats_set;
    uint32_t formats; /* DST_BUF_VARS */
    struct rect rect;
    struct map maps[MAPS];
    struct sampler samplers[SAMPLERS];
    struct program program;
    struct seen_program seen[SEEN_PROGRAMS];
    uint32_t next_seen;   /* the oldest of them */
    uint32_t constants;   /* bit per register that was loaded */
    uint32_t alpha_blend; /* INDEPENDENT_ALPHA_BLEND's fields, as they differ from the preamble's */
    bool clear_set;
    uint32_t clear; /* CLEAR_PARAMETERS' second dword */
    struct setup setup;

    bool drawable; /* checked since the last change; then vertex_dwords is valid */
    uint32_t vertex_dwords;
};

struct check {
    struct validator_job *job;
    struct validator_verdict *verdict;
    const struct gen3_command *command;
    uint32_t *dw;    /* the command's first dword */
    uint32_t start;  /* its index in the stream */
    uint32_t length; /* dwords */
    size_t reloc;    /* the next relocation */
    uint64_t cost;
    struct state state;
};

/*
 * Refuses the stream because of dword 'offset' of the current command. Always false: for breaches
 * behind which the walk here and the GPU's could differ, or an address could be anybody's. Not even
 * an audit goes on behind them.
 */
bool check_refuse(struct check *check, enum validator_rule rule, uint32_t offset,
                  const char *format, ...) __attribute__((cold, format(printf, 4, 5)));

/*
 * Objects to it: the same, for breaches behind which walk and addresses are as sound as before. In
 * an audit the breach is counted and told, and the result is true: the caller goes on, with values
 * that it has not been able to trust.
 */
bool check_object(struct check *check, enum validator_rule rule, uint32_t offset,
                  const char *format, ...) __attribute__((cold, format(printf, 4, 5)));

/* What an address may be. */
struct address_rule {
    uint32_t use;       /* enum gen3_use */
    uint32_t alignment; /* bytes */
    uint64_t reach;
};

/* Resolves address dword 'offset' of the current command by its relocation, into *place. */
bool check_address(struct check *check, uint32_t offset, const struct address_rule *rule,
                   struct place *place);

/* Whether the next relocation is for dword 'offset' of the current command. */
bool check_has_reloc(const struct check *check, uint32_t offset);

/* Bytes from 'place' on that its buffer has. */
uint64_t check_room(const struct check *check, const struct place *place);

static inline const struct validator_buffer *check_buffer(const struct check *check,
                                                          const struct place *place)
{
    return &check->job->buffers[place->buffer];
}

/* The fields of a target, as BUF_INFO and MS3 have them, that say how it is walked. */
struct walk_bits {
    bool fenced, tiled, walk_y;
    bool anywhere; /* it may begin inside a row of tiles */
    uint32_t pitch;
};

struct split {
    uint64_t rows, rest; /* whole rows, and bytes of the next one */
};

/* The only quotient of two unknowns here: proofs of the rest take it as growing with 'bytes'. */
struct split check_split(uint64_t bytes, uint32_t pitch);

/* One command each; the header, the length and the table's reserved bits are in order. */
bool check_load_state(struct check *check);
bool check_load_indirect(struct check *check);
bool check_clear_parameters(struct check *check);
bool check_formats(struct check *check);
bool check_draw_rect(struct check *check);
bool check_buf_info(struct check *check);
bool check_map_state(struct check *check);
bool check_sampler_state(struct check *check);
bool check_program(struct check *check);
bool check_constants(struct check *check);
bool check_blt(struct check *check);
bool check_setup_blt(struct check *check);
bool check_setup_clip_blt(struct check *check);
bool check_pixel_blt(struct check *check);
bool check_scanlines_blt(struct check *check);
bool check_text_blt(struct check *check);
bool check_palette(struct check *check);
bool check_alpha_blend(struct check *check);
bool check_primitive(struct check *check);

/* At draw time. */
bool check_rect(struct check *check);
bool check_colour_target(struct check *check);
bool check_depth_target(struct check *check);
bool check_textures(struct check *check);
bool check_blend(struct check *check);

/* What the chip takes tiling bits for; Y tiles of the 915 class are others. */
bool check_is_915_class(const struct check *check);

/* Whether tiling and pitch of a surface at 'place' are those of its buffer. */
bool check_buffer_tiling(struct check *check, uint32_t offset, const struct place *place,
                         enum gen3_tiling tiling, uint32_t pitch);

/* That, and that a tiled one begins where a row of tiles does. */
bool check_surface_tiling(struct check *check, uint32_t offset, const struct place *place,
                          enum gen3_tiling tiling, uint32_t pitch);

/* A tiled buffer is walked as its fence register says: there has to be one. */
void check_note_fenced(struct check *check, const struct place *place);

/* The same for what the 3D pipeline draws into and samples. */
bool check_walk(struct check *check, uint32_t offset, const struct place *place,
                const struct walk_bits *bits);

/*
 * gen3_surface_extent() of what goes through a fence, by lines, too: so nothing hangs on the fence
 * register, which is the daemon's matter.
 */
bool check_fenced_extent(enum gen3_tiling tiling, uint32_t pitch, uint64_t width_bytes,
                         uint64_t rows, uint64_t *bytes);

/* The same for a surface of the 3D pipeline, by its own bits or through a fence. */
bool check_extent(const struct check *check, const struct place *place,
                  const struct walk_bits *bits, uint64_t width_bytes, uint64_t rows,
                  uint64_t *bytes);

/* How a surface lies in memory: by its own bits, or through the fence of its buffer. */
enum gen3_tiling check_tiling(const struct check *check, const struct place *place,
                              const struct walk_bits *bits);

#ifdef VALIDATOR_MUTATION /* a header that lets tests switch refusals off */
#include VALIDATOR_MUTATION
#endif

#endif
