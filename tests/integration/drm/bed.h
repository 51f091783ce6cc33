/* SPDX-License-Identifier: MIT */
/*
 * The DRM adapter's server in this process, on a private daemon; ioctls go through packing and
 * unpacking as a program's do. Failures of what is the bed's own end the test (cmocka).
 */
#ifndef GEMD_TESTS_DRM_BED_H
#define GEMD_TESTS_DRM_BED_H

#include <stdbool.h>
#include <stdint.h>

#include <drm.h>
#include <i915_drm.h>

#include "tests/lib/daemon.h"
#include "winsys/drm/server/file.h"
#include "winsys/drm/server/server.h"
#include "winsys/drm/wire.h"

#define BED_OBJECTS 64u
#define BED_RELOCS  128u
#define BED_WORDS   1024u
#define BED_FILLS   50u /* that a batch has room for */

struct bed {
    struct daemon daemon;
    struct drm_server server;
};

/* cmocka setup and teardown; *state is a struct bed. arguments: the daemon's. */
int bed_setup(void **state);
int bed_setup_with(void **state, const char *const *arguments);
int bed_teardown(void **state);

/* A file of the render node, or of the card. */
struct drm_file *bed_open(struct bed *bed);
struct drm_file *bed_open_card(struct bed *bed);
void bed_close(struct drm_file *file);

/* 0, or a negative errno. */
int bed_ioctl(struct drm_file *file, unsigned long request, void *argument);

/* ---- buffers, by handle ---- */

uint32_t bed_create(struct drm_file *file, uint64_t size);
void bed_drop(struct drm_file *file, uint32_t handle);
/* Its memory, or what the aperture shows of it, mapped: munmap() it. */
void *bed_map(struct drm_file *file, uint32_t handle, uint64_t size, bool is_aperture);
void bed_set_domain(struct drm_file *file, uint32_t handle, uint32_t read, uint32_t write);
/* What GEM_BUSY says. */
uint32_t bed_busy(struct drm_file *file, uint32_t handle);
void bed_wait(struct drm_file *file, uint32_t handle);

/* ---- batches, {0} to begin with ---- */

struct bed_batch {
    uint32_t words[BED_WORDS], word_count;
    struct drm_i915_gem_relocation_entry relocs[BED_RELOCS];
    uint32_t reloc_count;
    uint32_t objects[BED_OBJECTS], object_count;
    uint64_t flags;        /* beside the engine */
    uint64_t object_flags; /* of all but the batch */
    int fence_in, fence_out;
};

void bed_put(struct bed_batch *batch, uint32_t count, const uint32_t *words);
#define BED_PUT(batch, ...)                                                                        \
    bed_put(batch, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                     \
            (const uint32_t[]){__VA_ARGS__})
/* An address dword with its relocation. */
void bed_address(struct bed_batch *batch, uint32_t handle, bool write);
/* XY_COLOR_BLT, 32 bits a pixel: fills [0, width) x [0, height). */
void bed_fill(struct bed_batch *batch, uint32_t handle, uint32_t pitch, uint32_t width,
              uint32_t height, uint32_t colour);
/* XY_SRC_COPY_BLT of width x height pixels from row 'y' on. */
void bed_copy(struct bed_batch *batch, uint32_t to, uint32_t to_pitch, uint32_t from,
              uint32_t from_pitch, uint32_t y, uint32_t width, uint32_t height);
/* EXECBUFFER2 of it, in a buffer that is closed at once. */
int bed_run(struct drm_file *file, struct bed_batch *batch);

#endif
