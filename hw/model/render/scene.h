/* SPDX-License-Identifier: MIT */
/*
 * Scenes: primitives that were set up and wait to be drawn, sorted into square tiles of the
 * surface; and the threads that draw them.
 *
 * One thread owns a tile and draws its primitives in the order of the commands, so the result does
 * not depend on the number of threads. A scene has one set of targets. Scenes are drawn one after
 * the other: what one draws the next can sample. Nothing that a scene refers to can fault: what is
 * not plainly in memory is drawn at once, by the front end (serial).
 *
 * Stores and interrupts that come after a scene's commands are notes of the scene: whoever draws
 * the last of it delivers them, and the front end goes on with the next commands meanwhile.
 */
#ifndef GEMD_HW_MODEL_RENDER_SCENE_H
#define GEMD_HW_MODEL_RENDER_SCENE_H

#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>

#include "hw/model/render/internal.h"

#define TILE_SHIFT   6  /* log2 of a tile's side in pixels, at least */
#define GRID_SIDE    64 /* tiles; larger surfaces have larger tiles */
#define ARENA_BYTES  (64u << 10)
#define ARENA_CHUNKS 96 /* 6 MiB */
/* Behind this many a new scene begins; the rest is for the bins of the last primitive. */
#define ARENA_FULL 80
/* With more than this many, threads that have nothing to do are given the scene. */
#define ARENA_WORTH 1
#define READS_MAX   64
#define NOTES_MAX   8
#define THREADS_MAX 64

struct arena {
    uint8_t *chunk[ARENA_CHUNKS]; /* kept for the next scene */
    unsigned chunks;              /* in use */
    size_t used;                  /* bytes of the last one */
};

/* Bytes of the GTT. */
struct span {
    uint64_t low, high;
};

/* A primitive; with bit 0 set it covers all of the tile that its box has in common with it. */
typedef uintptr_t bin_entry;

#define BIN_ENTRIES 14

struct bin_block {
    struct bin_block *next;
    unsigned count;
    bin_entry entry[BIN_ENTRIES];
};

struct bin {
    struct bin_block *first, *last;
};

struct scene {
    uint64_t serial;
    const struct kernel *kernel;
    fenv_t arithmetic; /* of the front end: how denormal numbers are taken */
    struct arena arena;
    unsigned shift;          /* log2 of a tile's side */
    const struct draw *draw; /* render->draw as of now; NULL: changed since */
    struct target target[2]; /* colour and depth, in any order */
    bool has_target[2];
    struct span writes[2];
    struct span reads[READS_MAX];
    unsigned read_count;
    unsigned tiles;
    uint16_t tile[GRID_SIDE * GRID_SIDE]; /* those that have a bin */
    struct bin bin[GRID_SIDE * GRID_SIDE];
    unsigned shares;                           /* of the drawing; one is taken at a time */
    uint16_t share[GRID_SIDE * GRID_SIDE + 1]; /* in tile[]: where each begins; the end */
    atomic_uint next;                          /* in share[]: the first that nobody has taken */
    unsigned busy; /* threads that draw it; under the pool's lock, as are: */
    unsigned notes, delivered;
    struct render_note note[NOTES_MAX]; /* for when it is drawn */
};

/* The threads, and the scenes that they are to draw, in order. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work; /* something to draw */
    pthread_cond_t done; /* a scene is drawn */
    struct scene *queue[SCENES];
    unsigned count;
    unsigned sleepers;
    _Atomic uint64_t drawn; /* serial of the last scene that is */
    bool quit;
    unsigned threads; /* beside the front end's */
    pthread_t thread[THREADS_MAX];
    struct worker *worker[THREADS_MAX];
};

/* scene.c */
struct scene *scene_create(void);
void scene_destroy(struct scene *scene);
void scene_begin(struct scene *scene, uint64_t serial);
/* Space for that many bytes, 16-byte aligned; scene_keep() takes what was used of it. NULL: the
 * scene is full, or there is no memory. */
void *scene_room(struct scene *scene, size_t bytes);
void scene_keep(struct scene *scene, size_t bytes);
/* Sorts a primitive that lies in the scene's arena. False: no memory, and nothing has changed. */
bool scene_bin(struct scene *scene, const struct primitive *primitive);
/* Divides the drawing among threads. Nothing is sorted into the scene after. */
void scene_share(struct scene *scene);
/* Draws one share after the other until all are taken. */
void scene_draw(struct scene *scene, struct worker *worker);

/* pool.c */
struct pool *pool_create(void);
void pool_destroy(struct pool *pool);
/* Threads in all, with the caller's; fewer when the system gives no more. Nothing may be queued. */
void pool_set_threads(struct pool *pool, unsigned threads, const struct worker *like);
/* The scene is the pool's until it is drawn. */
void pool_submit(struct pool *pool, struct scene *scene, struct worker *own);
/*
 * Leaves a note with the scene that was submitted last. False: it is drawn, or has too many, or is
 * so small that nobody draws it until the front end waits.
 */
bool pool_note(struct pool *pool, const struct render_note *note);
/* Draws with the pool's threads until the scene 'serial' and all before it are drawn. */
void pool_wait(struct pool *pool, uint64_t serial, struct worker *own);

#endif
