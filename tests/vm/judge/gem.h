/* SPDX-License-Identifier: MIT */
/*
 * Linux's i915 driver by its ioctls alone: buffers and batches, for programs that judge the model
 * in a guest. Errors: 0 or a negative errno.
 */
#ifndef GEMD_TESTS_VM_JUDGE_GEM_H
#define GEMD_TESTS_VM_JUDGE_GEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEM_RELOCATIONS_MAX 4
#define GEM_BATCH_DWORDS    32

struct gem_relocation {
    uint32_t dword;  /* of the batch that takes the address */
    uint32_t handle; /* 0: the batch itself */
    uint32_t delta;
    bool write;
};

struct gem_batch {
    uint32_t dwords[GEM_BATCH_DWORDS];
    size_t count;
    struct gem_relocation relocations[GEM_RELOCATIONS_MAX];
    size_t relocation_count;
    bool secure; /* for DRM's master with CAP_SYS_ADMIN: privileged commands count */
};

/* Opens the first device of i915. */
int gem_open(void);
int gem_create(int fd, uint64_t size, uint32_t *handle);
void gem_close(int fd, uint32_t handle);
int gem_write(int fd, uint32_t handle, const void *from, size_t size);
int gem_read(int fd, uint32_t handle, void *to, size_t size);
/* Through the aperture; munmap() ends it. NULL with errno set. */
void *gem_map_aperture(int fd, uint32_t handle, size_t size);
int gem_parameter(int fd, int parameter, int *value);

void gem_emit(struct gem_batch *batch, uint32_t dword);
/* The next dword is an address. */
void gem_emit_address(struct gem_batch *batch, uint32_t handle, uint32_t delta, bool write);
/* Ends the batch, makes a buffer of it and runs it; the caller closes the buffer. */
int gem_submit(int fd, struct gem_batch *batch, uint32_t *handle);
/* -ETIME when it is still busy after 'seconds'. */
int gem_wait(int fd, uint32_t handle, unsigned seconds);
/* Batches of this file that executed, or waited, when the GPU was reset. */
int gem_reset_stats(int fd, uint32_t *active, uint32_t *pending);

#endif
