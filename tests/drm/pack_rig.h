/* SPDX-License-Identifier: MIT */
/* Random calls, one for any row of the table, and packets on their way. Random in the same way each
 * time. */
#ifndef GEMD_TESTS_DRM_PACK_RIG_H
#define GEMD_TESTS_DRM_PACK_RIG_H

#include "winsys/drm/pack.h"

#define MANY 7u

/* A call as a program has it. */
struct pack_program {
    const struct drm_call_row *row;
    uint8_t *structure;
    uint8_t *arrays[DRM_CALL_ARRAYS];
    uint8_t *nested[MANY]; /* of the nested array, by element */
    uint32_t nested_count[MANY];
    uint64_t counts[DRM_CALL_ARRAYS];
};

uint32_t pack_roll(void);
void pack_fill(void *bytes, size_t size); /* with random bytes */
/* Random bytes, the caller's to free(). */
uint8_t *pack_random_bytes(size_t size);
/* The low 'size' bytes of a value. */
void pack_put(void *bytes, size_t offset, unsigned size, uint64_t value);

void pack_make(struct pack_program *p, const struct drm_call_row *row);
void pack_discard(struct pack_program *p);

/* Packets really go through a socket. */
void pack_transfer(struct drm_packet *packet, struct drm_packet *there, struct drm_buffer *buffer);

#endif
