/* SPDX-License-Identifier: MIT */
/*
 * The global GTT: which memory lies where, and who has to make way.
 *
 * A node is a range of memory that may be bound. Bound and unpinned nodes are idle: the least
 * recently used of them is evicted when another needs the place. A pinned node stays where it is.
 * Every entry that names no memory names the scratch page, so a stray access reaches nobody's data.
 *
 * Whoever wrote entries calls gtt_flush() before the GPU's next work and before memory whose
 * entries were taken away is released. Units: pages unless said otherwise.
 */
#ifndef GEMD_GTT_H
#define GEMD_GTT_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/gtt_fence.h"
#include "gemd/gtt_space.h"
#include "gemd/list.h"
#include "hw/device.h"

/* Everything that the 3D engine's address fields reach for certain (gen3.md A.4): 256 MiB. */
#define GTT_PAGES_MAX 65536u

enum gtt_cache { GTT_UNCACHED, GTT_SNOOPED };

/*
 * Whose nodes: counts their bound pages and fence registers, for itself and for a group of owners
 * that counts only. While it has more than its soft limit, its idle nodes are evicted before all
 * others, and its idle registers taken.
 */
struct gtt_owner {
    struct gtt_owner *group; /* NULL: none */
    uint64_t pages;
    const uint64_t *soft, *group_soft; /* pages; NULL: no limit */
    uint64_t fences;
    const uint64_t *fence_soft, *group_fence_soft; /* registers; the same */
    struct list idle;                              /* its idle nodes, least recently used first */
    struct list link;                              /* gtt.owners while it has idle nodes */
};

struct gtt_node {
    struct list idle;        /* in gtt.idle while bound and unpinned */
    struct gtt_owner *owner; /* NULL: nobody's; outlives the node's binding */
    struct list owner_idle;  /* in owner.idle, the same */
    const struct hw_dma *dma;
    uint64_t offset; /* bytes into dma, page aligned */
    uint32_t pages;
    uint32_t span;       /* pages that it takes there; those beyond its own name the scratch page */
    uint32_t align;      /* pages */
    uint32_t fence_bits; /* of a tiled node: its register's value, but for where it starts */
    int8_t fence;        /* its register now; GTT_FENCE_NONE: none */
    uint32_t first;      /* page in the GTT; meaningful while bound */
    uint32_t pins;
    enum gtt_cache cache;
    bool bound;
    bool client; /* counted in gtt.client_pages */
};

struct gtt {
    struct hw_device *dev;
    struct gtt_space space;
    struct gtt_fences fences;
    struct hw_dma scratch;
    uint32_t scratch_pte;
    struct list idle;   /* least recently used first */
    struct list owners; /* that have idle nodes */
    bool dirty;         /* entries were written since the last flush */
    uint32_t last_written;
    uint32_t client_pages; /* bound for clients */
    uint32_t daemon_pages; /* bound for the daemon itself */
    uint64_t evictions, binds;
    uint32_t *kept;        /* all entries, while the machine sleeps; else NULL */
    uint32_t kept_control; /* PGTBL_CTL, with them */
};

/* Writes the scratch page into every entry. 0, -ENOMEM. */
int gtt_init(struct gtt *gtt, struct hw_device *dev);
void gtt_finish(struct gtt *gtt);

/* Switches it on, at start and after each reset, where a chip has a switch. 0 or -EIO. */
int gtt_enable(struct gtt *gtt);

/*
 * The table is about to be lost: it is kept here, with what changes meanwhile, until gtt_resume()
 * writes it again. 0 or -ENOMEM.
 */
int gtt_suspend(struct gtt *gtt);
void gtt_resume(struct gtt *gtt);

void gtt_node_init(struct gtt_node *node, const struct hw_dma *dma, uint64_t offset, uint64_t size,
                   bool client);

/* Makes it a tiled node, before it is bound: span is a power of two, and its alignment. */
void gtt_node_tile(struct gtt_node *node, uint32_t span, uint32_t fence_bits);

void gtt_owner_init(struct gtt_owner *owner, struct gtt_owner *group);

/* Whether it has more than a soft limit. */
bool gtt_owner_is_greedy(const struct gtt_owner *owner);

/*
 * Binds the node if it is not, and pins it. align: pages, a power of two, beside the node's own.
 * Idle nodes are evicted as needed. -ENOSPC: pinned nodes leave no place.
 */
int gtt_pin(struct gtt *gtt, struct gtt_node *node, uint32_t align);

/* The counterpart; at zero pins the node becomes the most recently used idle one. */
void gtt_unpin(struct gtt *gtt, struct gtt_node *node);

/*
 * For the display, which does not snoop: from now on its entries do not say that, and what the
 * processor has written is in memory. gtt_flush() must follow.
 */
void gtt_uncache(struct gtt *gtt, struct gtt_node *node);

/*
 * Unbinds an unpinned node; its entries name the scratch page, its register is free. Unbound nodes
 * are fine.
 */
void gtt_unbind(struct gtt *gtt, struct gtt_node *node);

/* Evicts the owner's least recently used idle node; false when it has none. */
bool gtt_evict_of(struct gtt *gtt, struct gtt_owner *owner);

/* Evicts whatever is idle: the last resort against fragments. */
void gtt_evict_idle(struct gtt *gtt);

/* Makes the GPU forget old entries. Cheap when none were written. */
void gtt_flush(struct gtt *gtt);

/* Pages that clients' buffers can take together. */
uint32_t gtt_client_capacity(const struct gtt *gtt);

/* GTT byte address of a bound node. */
static inline uint32_t gtt_address(const struct gtt_node *node)
{
    return node->first * HW_PAGE_SIZE;
}

#endif
