/* SPDX-License-Identifier: MIT */
/*
 * Streams for tests of the validator: words, relocations and buffers, with the samples of
 * doc/gen3.md J ready to be appended and bent.
 */
#ifndef GEMD_TEST_STREAM_H
#define GEMD_TEST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gemd/validator/validator.h"

#define STREAM_DEVICE 0x29c2 /* G33; tests of other chips change it */
#define STREAM_WORDS  4096
#define STREAM_RELOCS 64

/* The buffers of every stream, by index. */
enum {
    STREAM_TARGET,   /* 256 rows of 1024 bytes */
    STREAM_TEXTURE,  /* the same, to be read only */
    STREAM_DEPTH,    /* the same */
    STREAM_VERTICES, /* 4096 bytes, to be read only */
    STREAM_BUFFERS
};

struct stream {
    uint16_t device;
    uint32_t words[STREAM_WORDS];
    size_t count;
    struct validator_reloc relocs[STREAM_RELOCS];
    size_t reloc_count;
    struct validator_buffer buffers[STREAM_BUFFERS];
    const struct validator_audit *audit; /* NULL at first */
    struct validator_verdict verdict;
};

/* Empty, with its buffers. */
void stream_init(struct stream *s);

void stream_put(struct stream *s, size_t count, const uint32_t *words);
#define PUT(s, ...)                                                                                \
    stream_put(s, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                      \
               (const uint32_t[]){__VA_ARGS__})

/* An address dword with its relocation. */
void stream_address(struct stream *s, uint32_t buffer, uint32_t delta, uint32_t use);

/* MI_BATCH_BUFFER_END and the check, on a copy: the stream stays as it was. The rule. */
enum validator_rule stream_check(struct stream *s);

/* As stream_check(), but without adding the end. */
enum validator_rule stream_check_as_is(struct stream *s);

/* J.1 */
void stream_put_color_blt(struct stream *s);
void stream_put_copy_blt(struct stream *s);
/* J.2 up to the primitive, and the primitive; parts that tests replace are single. */
void stream_put_colour_buffer(struct stream *s);
void stream_put_depth_buffer(struct stream *s);
void stream_put_formats(struct stream *s);
void stream_put_rect(struct stream *s);
void stream_put_registers(struct stream *s);
void stream_put_program(struct stream *s);
void stream_put_triangle_state(struct stream *s); /* all of the above, no depth buffer */
void stream_put_triangle(struct stream *s);
/* J.3, and a triangle without texcoords */
void stream_put_map(struct stream *s);
void stream_put_sampler(struct stream *s);
void stream_put_texture_program(struct stream *s);

#endif
