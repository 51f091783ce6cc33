/* SPDX-License-Identifier: MIT */
/*
 * Chaos mode, for tests: what can go wrong at any time goes wrong now and then, by a seed.
 *
 * Each site draws from numbers of its own, so that the nth time it is reached ends the same for
 * the same seed, whatever other sites do. Off, a site costs a load and a branch. Like the log this
 * is a global of the process: allocations have nothing else to ask. Only the daemon's main thread
 * draws.
 */
#ifndef GEMD_CHAOS_H
#define GEMD_CHAOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chaos_kind {
    CHAOS_KIND_ALLOC,     /* memory and descriptors of the daemon */
    CHAOS_KIND_GTT,       /* no room in the page table, for once */
    CHAOS_KIND_SOCKET,    /* clients that are refused, short reads, sockets that are not ready */
    CHAOS_KIND_DROP,      /* connections that break */
    CHAOS_KIND_INTERRUPT, /* lost */
    CHAOS_KIND_SEQNO,     /* seen later than it is there */
    CHAOS_KIND_HANG,      /* a command that the GPU does not know, in the midst of a batch */
    CHAOS_KIND_STALL,     /* a command that never ends */
    CHAOS_KINDS
};

enum chaos_site {
#define CHAOS_SITE(id, kind, name) CHAOS_##id,
#include "gemd/chaos.def"
#undef CHAOS_SITE
    CHAOS_SITES
};

struct chaos {
    bool on;
    uint64_t seed;
    char session[64]; /* "": sites of sessions are those of every session */
    uint32_t permille[CHAOS_SITES];
    uint64_t state[CHAOS_SITES];
    uint64_t reached[CHAOS_SITES], hit[CHAOS_SITES];
};

extern struct chaos chaos;

/*
 * Switches it on: "SEED[,WHAT=PERMILLE...][,session=NAME]". WHAT is a kind (alloc, gtt, socket,
 * drop, interrupt, seqno, hang, stall) or a site's name; without any, everything but drop, hang and
 * stall happens 10 times in 1000. session: what happens to sessions happens to those of that name
 * only. False: that is no such text, and it stays off.
 */
bool chaos_start(const char *text);
void chaos_stop(void);

/* For the inlines below: one more time the site is reached. name: the session's, NULL: none. */
bool chaos_draw(enum chaos_site site, const char *name);

/* Whether it goes wrong this time. */
static inline bool chaos_hits(enum chaos_site site)
{
    return __builtin_expect(chaos.on, 0) && chaos_draw(site, NULL);
}

static inline bool chaos_hits_session(enum chaos_site site, const char *name)
{
    return __builtin_expect(chaos.on, 0) && chaos_draw(site, name);
}

/* Puts a command that stops the GPU (HANG or STALL) into the private copy of a batch. */
void chaos_spoil(enum chaos_site site, uint32_t *words, size_t count);

const char *chaos_site_name(enum chaos_site site);

/* A line in the log for each site, and one with sums. */
void chaos_report(void);

#endif
