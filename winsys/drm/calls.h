/* SPDX-License-Identifier: MIT */
/*
 * What ioctls of a DRM file carry: one row per number, of calls.def. The program's side packs by
 * it, the server checks by it. Offsets and sizes are of 64-bit programs.
 */
#ifndef GEMD_WINSYS_DRM_CALLS_H
#define GEMD_WINSYS_DRM_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winsys/drm/call.h"

enum drm_array_kind {
    DRM_ARRAY_NONE,    /* the row ends here */
    DRM_ARRAY_COUNTED, /* a field of the structure counts it */
    DRM_ARRAY_FIXED,   /* 'fixed' elements, always */
    DRM_ARRAY_SUMMED,  /* as many as the 32-bit numbers of array 'parent' are together */
    DRM_ARRAY_NESTED,  /* one pointer and count in each element of array 'parent'; all in a row */
    DRM_ARRAY_CHAIN,   /* struct i915_user_extension and what is behind it, linked: drm_call_link */
};

enum drm_array_way { DRM_WAY_IN = 1, DRM_WAY_OUT = 2, DRM_WAY_BOTH = 3 };

/* A field that is a number: count_bytes 4 or 8. */
struct drm_array_row {
    uint8_t kind;        /* enum drm_array_kind */
    uint8_t way;         /* enum drm_array_way */
    uint8_t parent;      /* SUMMED, NESTED: a row before this one */
    uint8_t count_bytes; /* of the count's field */
    uint16_t pointer; /* where the pointer's 8 bytes are: in the structure; NESTED: in elements */
    uint16_t count;   /* where the count is, likewise */
    uint32_t element; /* bytes of one */
    uint32_t fixed;
    /*
     * Elements at most. A program that gives more gets -EINVAL; one that has more room (OUT) is
     * taken for one that has this much.
     */
    uint32_t most;
    bool optional; /* COUNTED, in: without a pointer it is all zero */
    /* CHAIN: the length of a structure by its name; 0: there is none of that name */
    uint8_t links[2];
    /* The array is only there when a flag of 'when_mask' is set in the 64 bits at 'when'. */
    uint16_t when;
    uint64_t when_mask; /* 0: always */
};

#define DRM_CALL_LINKS_MAX 513u /* Linux follows 512 */

/*
 * An element of a CHAIN. The program's side follows it until its end, or to the first link that
 * cannot be right: what is behind that, nobody looks at.
 */
struct drm_call_link {
    int32_t error; /* -EFAULT: it is not there; nothing else is set */
    uint32_t name, flags;
    uint32_t is_reserved_set;
    uint64_t body[4]; /* the structure behind struct i915_user_extension; 0 of an unknown name */
};

/* A descriptor that the structure names, 32 bits at 'offset'. */
struct drm_fd_row {
    bool there;
    uint16_t offset;
    uint8_t when_bytes; /* of the field of flags: 4 or 8; 0: always */
    uint16_t when;
    uint64_t when_mask;
    /* out: close-on-exec only when this flag is set in the 32 bits at 'when'; 0: in any case */
    uint32_t cloexec_mask;
};

struct drm_call_row {
    const char *name;
    uint32_t request; /* the whole number, with size and direction as this library knows them */
    uint32_t size;    /* of the structure, bytes */
    struct drm_array_row arrays[DRM_CALL_ARRAYS];
    struct drm_fd_row fd_in, fd_out;
    /*
     * The answer's descriptor is a memory file for the program's side to map
     * (DRM_IOCTL_I915_GEM_MMAP): it puts the address where the offset in the file was, and closes
     * it.
     */
    bool maps;
    /* DRM_IOCTL_MODE_ATOMIC: arrays 2 and 3, ids and values, name the descriptors
     * (fence_property.h) */
    bool has_fence_properties;
};

#define DRM_CALL_STRUCT_MAX 16384u                /* what 14 bits of a request can say, and one */
#define DRM_CALL_BYTES_MAX  (UINT32_C(512) << 20) /* of all arrays together */

/* The row of a request, by its number only; NULL: there is none. */
const struct drm_call_row *drm_call_row(uint32_t request);
/* Row 'index', for walks; NULL: past the last number. A row without name is a gap. */
const struct drm_call_row *drm_call_row_at(unsigned index);

/* How many bytes of the structure go to the handler, and come back, as Linux' drm_ioctl() has it.
 */
uint32_t drm_call_bytes_in(const struct drm_call_row *row, uint32_t request);
uint32_t drm_call_bytes_out(const struct drm_call_row *row, uint32_t request);
/* Room for the structure: what the row wants, or what the request has, if that is more. */
uint32_t drm_call_room(const struct drm_call_row *row, uint32_t request);

/*
 * How many elements array 'index' has, of the program's structure and of the arrays before it;
 * more than 'most' is UINT64_MAX for one that goes in, and 'most' for one that only comes out.
 * parents: the bytes of each array before, NULL where there are none; counts: their elements.
 */
uint64_t drm_call_count(const struct drm_call_row *row, unsigned index, const void *structure,
                        void *const *parents, const uint64_t *counts);

/* Whether the structure's flags say that the array is there. */
bool drm_call_is_there(const struct drm_array_row *array, const void *structure);

/* Elements that one element of a NESTED array's parent points to. */
uint32_t drm_call_nested(const struct drm_array_row *array, const void *element);

/* Whether the structure's flags say that the descriptor is there. */
bool drm_call_names_fd(const struct drm_fd_row *fd, const void *structure);

#endif
