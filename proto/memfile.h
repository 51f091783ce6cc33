/* SPDX-License-Identifier: MIT */
/*
 * Memory files whose size can no longer change, so that whoever maps one cannot be made to fault.
 */
#ifndef GEMD_PROTO_MEMFILE_H
#define GEMD_PROTO_MEMFILE_H

#include <stdbool.h>

#include "proto/codec.h"

#define MEMFILE_PAGE 4096u

/*
 * A zeroed memory file of 'size' bytes (rounded up to pages), sealed F_SEAL_SHRINK | F_SEAL_GROW |
 * F_SEAL_SEAL, close-on-exec, never executable. The descriptor, the caller's; or a negative errno.
 */
CODEC_CHECKED int memfile_create(const char *name, uint64_t size);

/*
 * The same, mapped for writing at *map by this process and sealed F_SEAL_FUTURE_WRITE: whoever gets
 * the descriptor can only read. Unmap with munmap().
 */
CODEC_CHECKED int memfile_create_published(const char *name, uint64_t size, void **map);

/*
 * Whether fd is a memory file that can neither shrink nor grow and can be mapped for writing, of
 * 'size' bytes (0: any positive multiple of a page). 0, and its size in *actual (may be NULL);
 * -EINVAL with one line in reason. The seals are the proof: only memory files have them.
 */
CODEC_CHECKED int memfile_check(int fd, uint64_t size, uint64_t *actual,
                                char reason[GEMD_TEXT_MAX]);

/* Whether fd is a memory file that can neither shrink nor grow, of at least 'least' bytes. */
CODEC_CHECKED int memfile_check_readable(int fd, uint64_t least, uint64_t *actual,
                                         char reason[GEMD_TEXT_MAX]);

/*
 * A memory file's name is all that it can tell of what lies in it. These: a picture in tiles, whose
 * pitch is what is told with the descriptor. Who lies harms its own pixels.
 */
#define MEMFILE_X_TILES "gemd-x-tiles"
#define MEMFILE_Y_TILES "gemd-y-tiles"

/* Whether fd is a memory file of that name; false where there is no /proc. */
bool memfile_is_called(int fd, const char *name);

#endif
