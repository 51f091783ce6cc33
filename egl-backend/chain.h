/* SPDX-License-Identifier: MIT */
/*
 * A window's colour buffers when somebody else shows them: a compositor, an X server, a flip.
 *
 * Each is a texture in a memory file of its own, which is given to who shows it: no pixel is
 * copied. One is drawn into (the back), one was shown last (the front), and one that was given away
 * is busy until it comes back. The platform knows how they are given and when they are back; this
 * decides which is drawn into next, and how old it is.
 *
 * Not locked: a surface is current in one thread.
 */
#ifndef GEMD_EGL_CHAIN_H
#define GEMD_EGL_CHAIN_H

#include "backend.h"

#define GEMD_CHAIN_BUFFERS 4
#define GEMD_CHAIN_NONE    GEMD_CHAIN_BUFFERS

struct gemd_chain_buffer {
    struct pipe_resource *texture; /* NULL: the place is free, and nothing else here counts */
    int fd;                        /* its memory file, this buffer's to close */
    uint64_t bytes;                /* of the file */
    uint32_t stride, offset;       /* bytes */
    EGLint width, height;          /* pixels */
    bool busy;                     /* given away; gemd_chain_returned() ends it */
    bool stale;                    /* of another size than the surface: freed when it is back */
    uint64_t swap;                 /* the chain's count when it was last shown; 0: never */
    void *native;                  /* the platform's, NULL until it puts something here */
};

struct gemd_chain;

struct gemd_chain_ops {
    /* Takes note of buffers that came back, without waiting. */
    void (*poll)(struct gemd_chain *chain);
    /* Waits until one has come back; false: none will, the window is gone. */
    bool (*wait)(struct gemd_chain *chain);
    /* Frees buffer->native, which is not NULL. */
    void (*free_native)(struct gemd_chain *chain, struct gemd_chain_buffer *buffer);
};

struct gemd_chain {
    struct gemd_surface *surface; /* whose size, format and screen it has */
    const struct gemd_chain_ops *ops;
    struct gemd_chain_buffer buffers[GEMD_CHAIN_BUFFERS];
    unsigned back;    /* being drawn into, or GEMD_CHAIN_NONE */
    unsigned front;   /* shown last, or GEMD_CHAIN_NONE */
    uint64_t swaps;   /* frames that were shown */
    bool keeps_front; /* it is drawn into as well: it never is the back */
};

void gemd_chain_init(struct gemd_chain *chain, struct gemd_surface *surface,
                     const struct gemd_chain_ops *ops);
/* Frees all buffers, busy ones too. */
void gemd_chain_finish(struct gemd_chain *chain);

/*
 * The back buffer, which stays the chain's. Chooses one that is not busy (the youngest), makes
 * one, or waits for one. NULL when out of memory, or when the window is gone.
 */
struct gemd_chain_buffer *gemd_chain_back(struct gemd_chain *chain);

/*
 * The front buffer, to be drawn into or read: from now on it and the back are different ones.
 * *made: it is new, and does not hold what is shown. NULL as above.
 */
struct gemd_chain_buffer *gemd_chain_front(struct gemd_chain *chain, bool *made);

/* The back buffer was shown and is the front now; it is busy when 'given'. */
void gemd_chain_shown(struct gemd_chain *chain, bool given);

/* A busy buffer is back. */
void gemd_chain_returned(struct gemd_chain *chain, struct gemd_chain_buffer *buffer);

/* Frames since the back buffer was filled, 0: never. */
EGLint gemd_chain_age(struct gemd_chain *chain);

/* The surface has another size now: what was drawn into the back buffer is lost. */
void gemd_chain_resize(struct gemd_chain *chain);

#endif
