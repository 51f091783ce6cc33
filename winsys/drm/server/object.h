/* SPDX-License-Identifier: MIT */
/*
 * Buffers as DRM files know them. The memory is memory files, which every session that uses a
 * buffer imports: 'linear' is what the GPU sees while the buffer is not tiled, and what a mapping
 * through the aperture shows always; 'tiles' is what the GPU sees while it is tiled (view.h keeps
 * the two alike).
 *
 * Locks, in this order, none while waiting for the GPU but drm_gem_file.exec_lock:
 * drm_gem_file.exec_lock, drm_object.lock, drm_file.lock, drm_objects.lock.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_OBJECT_H
#define GEMD_WINSYS_DRM_SERVER_OBJECT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hw/gen3/surface.h"
#include "winsys/drm/server/file.h"
#include "winsys/drm/server/server.h"

#define DRM_PAGE 4096u

struct drm_fence;
struct drm_object;
struct drm_gem_file;

/* A memory file, and what it is to the kernel. */
struct drm_memory {
    int fd; /* -1: none */
    dev_t device;
    ino_t inode;
    uint8_t *map; /* NULL: not mapped yet; drm_object.lock */
    struct drm_object *object;
    struct drm_memory *next; /* in the table by identity */
};

/* What one file has to do with an object. It ends with the object or with the file. */
struct drm_use {
    struct drm_object *object;
    struct drm_gem_file *gem;
    struct drm_use *of_object, *of_file; /* next */
    unsigned handles;                    /* drm_objects.lock */
    uint32_t first_handle;               /* that PRIME gives again; 0: none */
    uint64_t last_use, last_write;       /* seqnos of the file's session; drm_objects.lock */
    /* exec_lock: the session's buffer over the memory that the GPU sees; NULL: not used yet */
    struct gemd_bo *bo;
    uint32_t tiling, pitch; /* that it was imported with */
    bool unneeded;          /* gemd_bo_dont_need() was said */
    bool is_listed;         /* exec_lock: in the batch that is being made */
};

struct drm_object {
    struct drm_server *server;
    unsigned references; /* drm_objects.lock */
    uint64_t size;       /* a multiple of a page */
    uint32_t name;       /* of FLINK; 0: none */
    uint64_t map_offset; /* where its mappings are: aperture, then memory */
    uint32_t place;      /* the address that programs are told; nothing is there */
    struct drm_use *uses;
    struct drm_object *next_named;
    struct drm_fence *reads, *writes; /* that were imported, NULL; drm_objects.lock */

    pthread_mutex_t lock;
    uint32_t tiling, pitch; /* I915_TILING_*, 0 when linear */
    uint32_t caching;       /* I915_CACHING_* */
    bool unneeded, purged;
    bool is_exported;
    unsigned framebuffers;           /* that keep its tiling as it is */
    struct drm_memory linear, tiles; /* the latter has some bytes more than 'size' */
    /* of a tiled one whose aperture is mapped: 'linear' shows what is in 'tiles'; has newer pixels
     */
    bool is_viewed, view_valid, view_dirty;
};

struct drm_gem_file {
    struct drm_file *file;
    pthread_mutex_t exec_lock; /* order of submissions */
    struct drm_use **handles;  /* [handle - 1]; drm_file.lock */
    uint32_t handle_room, handle_low;
    struct drm_use *uses; /* drm_objects.lock */
    uint64_t fenced;      /* drm_objects.lock: the last seqno that a fence was given out of */
    uint64_t given;       /* drm_objects.lock: the last that drew into what others have; THROTTLE */
    uint32_t bo_count;    /* uses with a buffer of the session; drm_objects.lock */
    /* exec_lock: scratch of exec.c */
    struct drm_exec_scratch *scratch;
    /* drm_objects.lock: what was submitted lately, for THROTTLE */
    struct {
        int64_t time_ns;
        uint64_t seqno;
    } recent[32];
    unsigned recent_at;
};

/* ---- objects ---- */

/* A zeroed one with a reference. -ENOMEM, -EINVAL: size 0. */
int drm_object_create(struct drm_server *server, uint64_t size, struct drm_object **object);
/* The one over that memory file, with a reference; made when it is a sealed file that nobody knows.
 * -EINVAL: no such file. fd stays the caller's. */
int drm_object_import(struct drm_server *server, int fd, struct drm_object **object);
/* The one over that memory file, with a reference; NULL. */
struct drm_object *drm_object_of_file(struct drm_server *server, int fd);
struct drm_object *drm_object_ref(struct drm_object *object);
void drm_object_unref(struct drm_object *object);
/* The memory that the GPU sees; lock is held. */
struct drm_memory *drm_object_memory(struct drm_object *object);
/* The same, mapped; NULL: no memory. lock is held. */
uint8_t *drm_memory_map(struct drm_memory *memory, uint64_t size);
/* How the tiles lie; lock is held. */
enum gen3_tiling drm_object_walk(const struct drm_object *object);
/* Tiles or lines. -EINVAL, -ENOMEM, -EBUSY: shown; waits for the GPU. */
int drm_object_set_tiling(struct drm_object *object, uint32_t tiling, uint32_t pitch);
/* FLINK's name, made when there is none. */
uint32_t drm_object_name(struct drm_object *object);
/* The object of that name with a reference; NULL. */
struct drm_object *drm_object_named(struct drm_server *server, uint32_t name);

/* ---- handles ---- */

/* A new handle. -ENOMEM. */
int drm_handle_create(struct drm_file *file, struct drm_object *object, uint32_t *handle);
/* The one that this file has, or a new one. */
int drm_handle_get(struct drm_file *file, struct drm_object *object, uint32_t *handle);
/* -EINVAL: none. */
int drm_handle_close(struct drm_file *file, uint32_t handle);
/* With a reference to the object; NULL: none. */
struct drm_object *drm_handle_object(struct drm_file *file, uint32_t handle);
/* The same; what the file has to do with it lives as long as that reference and the file do. */
struct drm_use *drm_handle_use(struct drm_file *file, uint32_t handle);

/*
 * The session's buffer over the object as it is tiled now, made when needed; 'seqno' of a frame has
 * to wait for drm_object_wait(). With a reference. For the display.
 */
int drm_object_bo(struct drm_file *file, struct drm_object *object, struct gemd_bo **bo);
/* The same; exec_lock of the file and lock of the object are held, no reference.
 * Of a session that has many, some that the GPU has passed make way. */
int drm_use_bo(struct drm_use *use, struct gemd_bo **bo);

/* ---- the GPU's use ---- */

/* What a session has not passed yet. */
struct drm_pending {
    uint64_t file; /* its id */
    uint64_t seqno;
};

/*
 * Collects what is to be waited for before the object may be read, or written (all): at most one of
 * each file but 'except' (may be NULL). 'count' of them are there already. Returns how many then.
 */
unsigned drm_object_pending(struct drm_object *object, bool all, const struct drm_file *except,
                            struct drm_pending pending[DRM_FILES_MAX], unsigned count);
/* Waits for the GPU, until it has written (all: and read). 0, -ETIME. */
int drm_object_wait(struct drm_object *object, bool all, int64_t deadline);
/* One more that has to be done before others read it, or (not write) write it. -ENOMEM. */
int drm_object_add_fence(struct drm_object *object, struct drm_fence *fence, bool write);
/* Those, as far as they are not done, with a reference; NULL: all are. */
struct drm_fence *drm_object_fence(struct drm_object *object, bool all);
/* A moment, for a file that is pending and is just being closed: it finishes what others have. */
void drm_await_end(void);
/*
 * Whether programs may have it that this server does not know: its descriptor was given away, and
 * no more than one file has it. They cannot ask for fences of ours, and draw without our notice.
 */
bool drm_object_is_elsewhere(struct drm_object *object);
/* A submission of the file uses it. */
void drm_use_mark(struct drm_use *use, uint64_t seqno, bool write);

/* Of CLOCK_MONOTONIC. */
int64_t drm_now_ns(void);
/* One line on stderr that names the file's program. */
void drm_complain(const struct drm_file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
