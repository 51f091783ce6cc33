/* SPDX-License-Identifier: MIT */
/* What the parts of the generator share: a stream that grows. */
#ifndef GEMD_TESTS_FUZZ_BUILDER_H
#define GEMD_TESTS_FUZZ_BUILDER_H

#include "tests/fuzz/case.h"
#include "tests/fuzz/random.h"

struct builder {
    struct fuzz_case *c;
    struct rng *rng;
    bool is_945_class;
    bool full; /* something had no room */
    uint32_t next_address;

    /* What is drawn to; of the last draw, for those that follow. */
    uint32_t width, height; /* of the drawing rectangle, from 0,0 on */
    uint32_t origin_x, origin_y, least_x, least_y;
    uint32_t s2, s4;
    bool has_depth, has_colour;
    uint32_t samplers; /* declared by the program, and how: of 4 each */
    uint8_t sample_type[16];
    uint32_t texcoords;  /* bit per coordinate set that vertices have */
    bool same_texcoords; /* all of them are 'texcoord', in this primitive */
    float texcoord;
};

void builder_init(struct builder *b, struct fuzz_case *c, struct rng *rng, uint16_t pci_device);

void builder_put(struct builder *b, uint32_t word);
void builder_put_float(struct builder *b, float value);

/* A buffer of its own; its index. */
struct buffer_wish {
    uint64_t size;
    enum gen3_tiling tiling;
    uint32_t pitch;
    uint32_t rights;
};
uint32_t builder_buffer(struct builder *b, const struct buffer_wish *wish);

/* An address dword with its relocation. */
void builder_address(struct builder *b, uint32_t buffer, uint32_t delta, uint32_t use);

/* Bytes that a buffer has beyond what it must: mostly none. */
uint32_t builder_slack(struct builder *b);

/* A tiling and a pitch that hold rows of so many bytes. unit: of linear pitches. */
enum gen3_tiling builder_tiling(struct builder *b, uint32_t row_bytes, uint32_t unit,
                                uint32_t *pitch);

/* A place in a buffer where a surface of that kind may begin. */
uint32_t builder_delta(struct builder *b, enum gen3_tiling tiling, uint32_t pitch, uint32_t unit);

/* generate_draw.c, generate_texture.c, generate_program.c, generate_blit.c */
void builder_targets(struct builder *b);
void builder_registers(struct builder *b);
void builder_program(struct builder *b);
void builder_textures(struct builder *b);
void builder_modes(struct builder *b, uint32_t percent);
/* Any command, with words that mean nothing. */
void builder_other(struct builder *b, const struct gen3_command *row);
void builder_primitive(struct builder *b);
void builder_clear(struct builder *b);
void builder_blit(struct builder *b, const struct gen3_command *row);
/* A command of client 2 that clients may send; NULL: none. */
const struct gen3_command *builder_pick_blit(struct builder *b);

#endif
