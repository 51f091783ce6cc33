/* SPDX-License-Identifier: MIT */
/*
 * The daemon's server in a thread of the test, on the fake device, with a GPU that does as it is
 * told: it "runs" each batch of the ring at once, in order, and stops for good at a batch that
 * holds the poison colour.
 */
#ifndef TESTS_UNIT_GEMD_PUPPET_H
#define TESTS_UNIT_GEMD_PUPPET_H

#include <pthread.h>
#include <stdbool.h>

#include "gemd/listener.h"
#include "gemd/server.h"
#include "proto/gemd.h"
#include "tests/unit/gemd/fake_device.h"

#define PUPPET_POISON 0xdeadbeefu /* a fill of this colour stops the GPU */
#define PUPPET_LONG   0x10a60000u /* a fill of this colour never ends, and the GPU looks alive */
/* A fill of this colour is an error, and has ended before the GPU is reset: the next has begun. */
#define PUPPET_LATE  0x1a7e0000u
#define PUPPET_FAULT 0xfa177000u /* a fill of this colour misses a page, and goes on */
#define PUPPET_START 0x57a27000u /* while it is held, a fill of this colour sets it going */
#define PUPPET_ORDER 512u

struct puppet {
    struct fake_device *fake;
    struct server *server;
    struct event_base *base;
    struct listener listener;
    struct event *stop_event, *release_event;
    int stop, release;
    pthread_t thread;
    char directory[64];
    bool reports_errors; /* the poison sets EIR and interrupts; else the GPU only stands still */
    const struct limits *limits; /* of its sessions; NULL: the default ones */
    struct ban_rule ban;
    uint64_t awake_ns; /* of its vigils; 0: none */
    uint32_t batch_ms; /* how long one batch may run; 0: any time */
    bool runs_on;      /* after PUPPET_LATE, until the ring is taken away */
    _Atomic bool held; /* runs nothing until PUPPET_START is in the ring, or puppet_release() */
    uint64_t batches;  /* in the ring so far */
    /* For the test, after puppet_finish(). */
    uint32_t order[PUPPET_ORDER]; /* colours of the fills that ran */
    unsigned ran;
    uint64_t hangs, slow, innocents, resets, page_faults, vigils;
};

/* hang_ms: when standing still counts as a hang. */
void puppet_start(struct puppet *puppet, uint32_t hang_ms);
/* A held GPU runs what it has in its ring; the scheduler gives it little of several clients. */
void puppet_release(struct puppet *puppet);
/* A session of libgemd on it; on_event may be NULL. */
struct gemd_session *puppet_open(const struct puppet *puppet,
                                 void (*on_event)(void *data, const struct gemd_msg_header *event,
                                                  const char *text),
                                 void *data);
/* A fill of 16 x 2 pixels of a buffer of the session's; its seqno. */
uint64_t puppet_fill(struct gemd_session *session, struct gemd_bo *bo, uint32_t colour);
/* Returns when so many batches, of all clients, are in the ring of a held GPU. */
void puppet_await_batches(const struct puppet *puppet, unsigned batches);
/* Ends the server; nothing of the clients may be left in it. */
void puppet_finish(struct puppet *puppet);

#endif
