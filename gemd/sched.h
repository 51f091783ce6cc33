/* SPDX-License-Identifier: MIT */
/*
 * Whose work goes to the GPU next: sessions with work in their rings take turns by what fair.h
 * decides, from the GPU time that each has had.
 */
#ifndef GEMD_SCHED_H
#define GEMD_SCHED_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "gemd/fair.h"

#define SCHED_TURNS 256u /* before other events get their chance */

struct job;
struct server;
struct session;

struct sched {
    struct server *server;
    struct fair fair;
    uint64_t now;        /* of the turn that is being taken */
    struct event *again; /* carries on after SCHED_TURNS, or at the end of a slot */
};

int sched_init(struct sched *sched, struct server *server);
void sched_finish(struct sched *sched);

/* A new session: of class normal, with the default weight and limits. */
void sched_add(struct sched *sched, struct session *session);

/* Class, weight and limits of a session, from now on. */
void sched_grant(struct session *session, const struct sched_grant *grant);

/* The session has, or may have, work in its ring. */
void sched_wake(struct sched *sched, struct session *session);
void sched_remove(struct sched *sched, struct session *session);

/* Nobody else submits until sched_drained() of the same session, or until it ends. */
void sched_drain_for(struct sched *sched, struct session *session);
void sched_drained(struct sched *sched, const struct session *session);

/* In a turn: whether the session may put another batch on the GPU. */
bool sched_admits(struct sched *sched, const struct session *session);
/* The same for a batch that was checked: it may be longer than was thought. */
bool sched_admits_cost(struct sched *sched, struct session *session, uint64_t cost);

/* A batch goes to the GPU; what to keep in its job. cost: pixels; bytes: of the batch area. */
struct charge sched_emitted(struct sched *sched, struct session *session, uint64_t cost,
                            uint64_t bytes);
/* The GPU has passed the job. */
void sched_passed(struct sched *sched, const struct job *job);

/* A vblank of a pipe with that refresh rate was counted. */
void sched_vblank(struct sched *sched, uint64_t time_ns, uint32_t refresh_millihertz);

/* Reads rings until they are empty or the GPU has enough. */
void sched_run(struct sched *sched);

#endif
