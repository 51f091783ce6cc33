/* SPDX-License-Identifier: MIT */
/* Arguments of ioctls out of a fuzzer's bytes: structures, and the arrays and chains that they
 * point to. */
#ifndef GEMD_TESTS_FUZZ_DRM_SOURCE_H
#define GEMD_TESTS_FUZZ_DRM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winsys/drm/calls.h"

/* What is left of a step. */
struct drm_source {
    const uint8_t *bytes;
    size_t left;
    bool words; /* 32-bit numbers of one small digit each: handles, flags, counts that mean
                   something */
};

/* One after the other from a piece of memory; what does not fit has no elements. */
struct drm_source_memory {
    uint8_t bytes[32768];
    size_t used;
};

/* 0 when none are left. */
uint8_t drm_source_next(struct drm_source *s);
void drm_source_fill(struct drm_source *s, uint8_t *to, size_t size);

/* The low 'size' bytes of a value. */
void drm_put(uint8_t *bytes, size_t offset, unsigned size, uint64_t value);

/* The array of that index of a call, with what the structure says of it; arrays and counts are
 * those before it. */
void drm_source_array(const struct drm_call_row *row, unsigned index, uint8_t *structure,
                      struct drm_source_memory *m, uint8_t **arrays, uint32_t *counts,
                      struct drm_source *s);

#endif
