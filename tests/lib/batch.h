/* SPDX-License-Identifier: MIT */
/*
 * Small batches made by hand, for tests that use no Mesa. Encodings: doc/gen3.md J.
 */
#ifndef GEMD_TESTS_LIB_BATCH_H
#define GEMD_TESTS_LIB_BATCH_H

#include <stdint.h>

#include "proto/gemd.h"

#define BATCH_WORDS   1024
#define BATCH_RELOCS  32
#define BATCH_BUFFERS 512

struct batch {
    uint32_t words[BATCH_WORDS];
    struct gemd_reloc relocs[BATCH_RELOCS];
    struct gemd_bo *buffers[BATCH_BUFFERS];
    uint32_t word_count, reloc_count, buffer_count;
};

/* Empty again. */
void batch_reset(struct batch *batch);

void batch_put(struct batch *batch, uint32_t count, const uint32_t *words);
#define BATCH_PUT(batch, ...)                                                                      \
    batch_put(batch, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                   \
              (const uint32_t[]){__VA_ARGS__})

/* Lists a buffer, once; its index. */
uint32_t batch_list(struct batch *batch, struct gemd_bo *bo);
/* An address dword with its relocation. use: enum gemd_use bits. */
void batch_address(struct batch *batch, struct gemd_bo *bo, uint32_t delta, uint32_t use);

/* XY_COLOR_BLT, 32 bits a pixel: fills [x0, x1) x [y0, y1). */
void batch_fill(struct batch *batch, struct gemd_bo *bo, uint32_t pitch, uint32_t x0, uint32_t y0,
                uint32_t x1, uint32_t y1, uint32_t colour);
/*
 * A triangle of one colour (A8R8G8B8) over a target of 256x256 with a pitch of 1024 bytes: the
 * corners (0, 0), (256, 0), (0, 256).
 */
void batch_triangle(struct batch *batch, struct gemd_bo *bo, uint32_t colour);

/* MI_BATCH_BUFFER_END, made even, and gemd_submit()'s result. */
int batch_submit(struct batch *batch, struct gemd_session *session, uint64_t *seqno);
/* The same without adding an end. */
int batch_submit_as_is(struct batch *batch, struct gemd_session *session, uint64_t *seqno);

#endif
