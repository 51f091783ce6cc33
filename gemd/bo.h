/* SPDX-License-Identifier: MIT */
/*
 * Buffer objects: ranges of memory files that clients gave.
 *
 * An arena is one such file as the device reaches it; its buffers keep it. A buffer is kept by the
 * session's table, by each batch that uses it and by each frame that shows it; with the last of
 * them its GTT entries name the scratch page again, and only then the arena's memory is released.
 */
#ifndef GEMD_BO_H
#define GEMD_BO_H

#include <stdint.h>

#include "gemd/gtt.h"
#include "gemd/page_set.h"
#include "gemd/quota.h"
#include "hw/device.h"
#include "hw/gen3/surface.h"

struct session;

struct arena {
    struct gtt *gtt;
    struct hw_dma dma;
    uint64_t size;
    uint64_t device, inode; /* which file it is; inode 0: not known */
    uint32_t refs;
    uint32_t buffers; /* that the client has not closed */
    /* For gemd/purge.h, which gives bytes back of pages that are in one buffer and no other. */
    struct page_set covered; /* by the client's open buffers */
    bool overlapped;         /* some of them shared a page: from then on nothing is given back */
    uint64_t given_back;     /* bytes of purged buffers that do not count in the quota */
};

struct bo {
    struct gtt_node node;
    struct arena *arena;
    struct quota *quota; /* whose GTT pages it takes; NULL: nobody's */
    uint32_t handle;
    uint32_t refs;
    uint32_t pitch;          /* bytes, when tiled */
    enum gen3_tiling tiling; /* for its life: no batch in flight ever sees it change */
    uint64_t offset, size;   /* bytes, in the arena */
    uint64_t mark;           /* of the batch that named it last: finds a handle named twice */
    bool open;               /* the client's handle still names it */
    /* Of gemd/purge.h. */
    bool unneeded, purged;     /* its client does not need it now; and it has lost its pages */
    bool given_back;           /* its bytes are in arena.given_back */
    uint32_t kept_place;       /* of gemd/kept.h, from 1 on, when it was claimed */
    struct list unneeded_link; /* purge.unneeded, while it has pages to lose */
    /* Of gemd/share.h. */
    bool exported, imported;  /* there are tokens of it; it was made of one */
    bool revoked;             /* imported, and the owner has taken it back */
    uint32_t rights;          /* enum gemd_use: what the GPU may do with it for this session */
    struct session *importer; /* of an imported one, while it is open */
    struct list shared;       /* an owner's: its imports; an imported one: in that list */
};

/* Attaches [0, size) of a sealed memory file; fd stays the caller's. 0 or a negative errno. */
int arena_create(struct gtt *gtt, int fd, uint64_t size, struct arena **arena);
/*
 * The client has opened a buffer of its arena, or closes one that it opened; what was given back to
 * the quota counts again once buffers overlap.
 */
void arena_cover(struct arena *arena, const struct bo *bo);
void arena_uncover(struct arena *arena, const struct bo *bo);
/* Gives the creator's reference back. */
void arena_unref(struct arena *arena);

/*
 * A buffer with one reference; offset and size were checked. It counts in the quota, of which it
 * takes a reference, while it is bound (NULL: nowhere). NULL: out of memory.
 */
struct bo *bo_create(struct arena *arena, struct quota *quota, uint32_t handle, uint64_t offset,
                     uint64_t size);
/* Tiles it, before it is bound; as tiling_check() allows. Linear: nothing. */
void bo_tile(struct bo *bo, enum gen3_tiling tiling, uint32_t pitch);
struct bo *bo_ref(struct bo *bo);
void bo_unref(struct bo *bo);

#endif
