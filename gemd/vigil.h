/* SPDX-License-Identifier: MIT */
/*
 * Staying awake for a moment: a short batch is done, and a client that waited for it has sent the
 * next, sooner than a thread that sleeps is woken. So before the daemon sleeps it looks, for a
 * while and without a system call, at the rings that it has just read empty and at the GPU's
 * status page. Their clients need not ring meanwhile.
 *
 * Only batches make the while longer, only others' events make it shorter, and its time is charged
 * to whom it was for, as all work of the daemon. When it was in vain, the next ones are left out,
 * up to VIGIL_SKIP_MAX of them.
 */
#ifndef GEMD_VIGIL_H
#define GEMD_VIGIL_H

#include <stdbool.h>
#include <stdint.h>

#define VIGIL_NS       50000u  /* after the last batch; about what waking takes */
#define VIGIL_MOST_NS  100000u /* before other events get their chance */
#define VIGIL_SESSIONS 4u
#define VIGIL_SKIP_MAX 63u

struct server;
struct session;

struct vigil {
    struct server *server;
    uint64_t awake_ns;     /* usually VIGIL_NS; 0: none is kept */
    bool goes_on;          /* other events had their chance in the midst of it */
    bool ends;             /* clients are told to ring */
    uint64_t since;        /* the last batch */
    unsigned skip, misses; /* how many are left out, and after how many in vain */
    unsigned count;
    struct session *watched[VIGIL_SESSIONS]; /* with references */
    uint64_t kept, in_vain;                  /* for the status */
};

/* awake_ns: how long it looks; 0: not at all, as where nobody calls vigil_keep(). */
void vigil_init(struct vigil *vigil, struct server *server, uint64_t awake_ns);
void vigil_finish(struct vigil *vigil);

/* VIGIL_NS, or 0 on a machine, or a part of one, that could do nothing else meanwhile. */
uint64_t vigil_usual_ns(void);

/* A ring has been read empty. True: vigil_keep() looks at it, and its client need not ring. */
bool vigil_watch(struct vigil *vigil, struct session *session);
/* The session ends. */
void vigil_forget(struct vigil *vigil, const struct session *session);

/*
 * To be called before the event loop sleeps. False: it may. True: not yet; there may be events, and
 * then this is to be called again.
 */
bool vigil_keep(struct vigil *vigil);

#endif
