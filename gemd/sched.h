/* SPDX-License-Identifier: MIT */
/*
 * Whose work goes to the GPU next: sessions with work in their rings take turns, batch by batch,
 * and each may have only so much in flight, so that a flood of one delays another by little.
 */
#ifndef GEMD_SCHED_H
#define GEMD_SCHED_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "gemd/list.h"

#define SCHED_SESSION_COST (16ull << 20) /* pixels in flight; one batch may always be */
#define SCHED_JOBS         192u          /* in flight, of all: less than the ring holds */
#define SCHED_TURNS        256u          /* before other events get their chance */

struct server;
struct session;

struct sched {
    struct server *server;
    struct list runnable;      /* sessions, the next one first */
    struct session *drain_for; /* whose batch needs the GTT to itself: only it submits */
    struct event *again;       /* carries on after SCHED_TURNS */
};

int sched_init(struct sched *sched, struct server *server);
void sched_finish(struct sched *sched);

/* The session has, or may have, work in its ring. */
void sched_wake(struct sched *sched, struct session *session);
void sched_remove(struct sched *sched, struct session *session);

/* Nobody else submits until sched_drained() of the same session, or until it ends. */
void sched_drain_for(struct sched *sched, struct session *session);
void sched_drained(struct sched *sched, const struct session *session);

/* Whether the session may put another batch on the GPU. */
bool sched_admits(const struct sched *sched, const struct session *session);

/* Reads rings until they are empty or the GPU has enough. */
void sched_run(struct sched *sched);

#endif
