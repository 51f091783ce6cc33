/* SPDX-License-Identifier: MIT */
/* Buffers by handle. All of them lie in one sparse file, which is what mmap() of the device maps.
 */
#ifndef GEMD_TESTS_FOREIGN_BUFFERS_H
#define GEMD_TESTS_FOREIGN_BUFFERS_H

#include <stdint.h>

struct foreign_buffer {
    uint32_t handle; /* 0: free */
    uint32_t references;
    uint32_t tiling, pitch; /* as in i915_drm.h */
    uint64_t size, offset;  /* bytes; in the file */
};

/* NULL: no such handle. Good until the buffer is closed. */
struct foreign_buffer *foreign_buffer(uint32_t handle);

/* What is in it. */
uint8_t *foreign_buffer_bytes(const struct foreign_buffer *buffer);

/* The file of all buffers; a new buffer, 0 when there is no room. */
int foreign_buffers_file(void);
uint32_t foreign_buffer_create(uint64_t size);

#endif
