/* SPDX-License-Identifier: MIT */
/*
 * Mesa's i915 driver on a session of the daemon: what the files of this directory share.
 *
 * The driver calls through struct i915_winsys (Mesa's i915_winsys.h). Its contexts may live in
 * several threads; a batch belongs to one context, everything else here may be shared. Nothing
 * aborts: a session that is lost makes waits end, submissions vanish and the reset status of every
 * context say so; a call that fails returns NULL or false, which Mesa reports as out of memory.
 */
#ifndef GEMD_WINSYS_I915_H
#define GEMD_WINSYS_I915_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "i915/i915_winsys.h"
#include "pipe/p_screen.h"
#include "pipe/p_state.h"

#include "proto/gemd.h"

/*
 * Vertex buffers that the driver is done with, oldest first. On its vertex path ($I915_DEBUG=vbuf)
 * it takes new ones for each batch: used again, they need no zeroing and no message, and stay bound
 * in the GTT.
 */
struct vertex_pool {
    pthread_mutex_t lock;
    struct i915_winsys_buffer *oldest, **end;
    uint64_t bytes; /* of all */
};

/*
 * Seqnos of what the daemon keeps a limited number of. Threads may add a few at once, so its limit
 * is less than the daemon's.
 */
#define BACKLOG_MAX 128u

struct backlog {
    pthread_mutex_t lock;
    unsigned limit, first, count;
    uint64_t seqnos[BACKLOG_MAX];
};

struct winsys {
    struct i915_winsys base;
    struct gemd_session *session; /* the caller's */
    size_t batch_bytes;           /* of a batch's commands */
    uint32_t max_relocs;          /* of a batch */
    uint32_t max_buffers;         /* of a batch */
    uint64_t max_buffer_bytes;    /* of a batch's buffers together */
    int64_t wait_limit_ns;        /* how long the daemon holds work for a foreign fence */
    struct pipe_screen driver;    /* the driver's own functions, behind those of screen.c */
    /* Those of every context; stored anew, always the same, by each that is made. */
    void (*_Atomic set_scissor_states)(struct pipe_context *context, unsigned first, unsigned count,
                                       const struct pipe_scissor_state *scissors);
    void (*_Atomic context_destroy)(struct pipe_context *context);
    void (*_Atomic context_flush)(struct pipe_context *context, struct pipe_fence_handle **fence,
                                  unsigned flags);
    struct vertex_pool pool;
    pthread_rwlock_t share_lock; /* submitting reads, buffer_share() writes */
    pthread_mutex_t tiles_lock;
    _Atomic uint32_t swizzle_x; /* bits that go into bit 6 of a place in tiles */
    struct backlog exports;     /* of fences that were exported, of 128 */
    struct backlog waits;       /* of submissions behind imported fences, of 64 */
};

/* The driver sees these two types only as pointers; they are ours. */
struct i915_winsys_buffer {
    /*
     * One reference. It becomes another one with the same contents, once, when what was a range of
     * an arena is given away as a memory file (buffer_share()).
     */
    struct gemd_bo *_Atomic bo;
    struct gemd_bo *arena;           /* the one before that, which others may have mapped; NULL */
    uint32_t offset;                 /* bytes, where in bo it begins; 0 unless imported */
    _Atomic int references;          /* the driver's, and one of each batch not yet submitted */
    _Atomic uint32_t slot;           /* where a batch last had it in its list: a hint */
    bool pooled;                     /* goes to the pool after its last reference */
    _Atomic bool is_elsewhere;       /* others know its memory, and none of our fences */
    uint32_t tile_pitch;             /* bytes; of an import in X tiles, else 0 */
    uint8_t *lines;                  /* of such a one, while it is mapped; winsys.tiles_lock */
    unsigned maps;                   /* the same */
    bool lines_changed;              /* the same */
    struct i915_winsys_buffer *next; /* in the pool */
};

struct pipe_fence_handle {
    struct pipe_reference reference;
    uint64_t seqno; /* 0 for one that was imported */
    int fd;         /* of one that was imported; else -1 */
};

static inline struct winsys *winsys_of(struct i915_winsys *base)
{
    return (struct winsys *)base;
}

/* A winsys over a session; NULL when there is no memory. Freed by its destroy(). */
struct i915_winsys *winsys_create(struct gemd_session *session);
extern uint32_t winsys_wait_limit_ms; /* struct gemd_gallium_driver's */

void batch_init_functions(struct i915_winsys *base);
/*
 * From now on a flush by this thread only submits a batch that uses the buffer; NULL: any batch.
 * The driver flushes whenever it maps a texture, be it one that no command has ever named.
 */
void batch_flush_only_for(struct i915_winsys_buffer *buffer);

/*
 * Why the session was lost, if it has come back since the batch's context last asked; else
 * GEMD_LOST_NOT.
 */
enum gemd_lost_reason batch_notes_loss(struct i915_winsys_batchbuffer *base);

/*
 * What the context draws from now on waits for an imported fence: in the daemon, from its next
 * submission on. What is in the batch must have been flushed. Takes a reference.
 */
void batch_wait_for(struct i915_winsys_batchbuffer *base, struct pipe_fence_handle *fence);

/*
 * Waits until what was submitted of the batch has been drawn, as far as it went into buffers that
 * others know: to them a flush is all that says so.
 */
void batch_complete_elsewhere(struct i915_winsys_batchbuffer *base);

void buffer_init_functions(struct i915_winsys *base);
void fence_init_functions(struct i915_winsys *base);

/*
 * The descriptor of the buffer's memory file, the caller's; negative errno. What has none is moved
 * into one of its own: whatever draws into the buffer later draws there.
 */
int buffer_share(struct winsys *winsys, struct i915_winsys_buffer *buffer);

/* ---- tiles.c ---- */

/* Whether a memory file says of itself that it holds tiles. */
bool tiles_are_in(int fd);
/* The session's buffer over such a file. -EINVAL: Y tiles; not of this pitch and so many rows. */
int tiles_import(struct winsys *winsys, int fd, uint32_t pitch, unsigned rows, struct gemd_bo **bo);
/* The lines of a buffer with tile_pitch, as long as somebody has them mapped; NULL: no memory. */
void *tiles_map(struct winsys *winsys, struct i915_winsys_buffer *buffer, bool write);
void tiles_unmap(struct winsys *winsys, struct i915_winsys_buffer *buffer);

/* Frees a buffer that nobody refers to. */
void buffer_free(struct i915_winsys_buffer *buffer);

/* Whether the textures that this thread makes from now on get memory files of their own. */
void buffer_set_shared(bool shared);

void buffer_ref(struct i915_winsys_buffer *buffer);
void buffer_unref(struct winsys *winsys, struct i915_winsys_buffer *buffer);

void vertex_pool_init(struct vertex_pool *pool);
void vertex_pool_finish(struct vertex_pool *pool);
/* A buffer of exactly this size that the GPU no longer uses; NULL when there is none. */
struct i915_winsys_buffer *vertex_pool_take(struct vertex_pool *pool, uint64_t size);
/* False when the pool is full: then it stays the caller's. */
bool vertex_pool_give(struct vertex_pool *pool, struct i915_winsys_buffer *buffer);

/* One reference, the caller's; NULL when there is no memory. */
struct pipe_fence_handle *fence_create(uint64_t seqno);
/* Whether it has come; and waits for that, until a deadline (GEMD_FOREVER: none). */
bool fence_passed(struct winsys *winsys, const struct pipe_fence_handle *fence);
bool fence_wait(struct winsys *winsys, const struct pipe_fence_handle *fence, int64_t deadline);

/* ---- backlog.c ---- */

void backlog_init(struct backlog *backlog, unsigned limit);
void backlog_finish(struct backlog *backlog);
/* Waits while it is full. Seqnos of a lost session have passed. */
void backlog_wait(struct backlog *backlog, struct gemd_session *session);
void backlog_add(struct backlog *backlog, uint64_t seqno);

/* ---- native_fence.c ---- */

/*
 * Fences as descriptors: a screen's fence_get_fd(), and of each context create_fence_fd() and
 * fence_server_sync().
 */
void native_fence_init_screen(struct pipe_screen *screen);
void native_fence_init_context(struct pipe_context *context);
/*
 * Has all that the session submits from now on wait for an imported fence, for wait_limit_ns at
 * most; waits here when the daemon takes no more of them.
 */
void native_fence_place(struct winsys *winsys, const struct pipe_fence_handle *fence);

/* Puts our functions around those of the driver: what its winsys interface cannot express. */
void screen_wrap(struct pipe_screen *screen);

#endif
