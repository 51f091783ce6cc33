/* SPDX-License-Identifier: MIT */
/*
 * Whose batch is next, and whether the GPU takes it now: pure decisions over flows, by what they
 * are told of time. The algorithm and why: doc/scheduling.md. Times: ns.
 */
#ifndef GEMD_FAIR_H
#define GEMD_FAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/flow.h"

#define FAIR_JOBS      192u      /* in flight, of all: less than the ring holds */
#define FAIR_ACTIVE_NS 100000000 /* a flow counts as active so long after its last work */
#define FAIR_BEHIND_NS 500000    /* longer batches do not queue behind another one */
#define FAIR_ALONE_NS  4000000   /* work on the GPU of a flow that is alone, about */
#define FAIR_LAG_NS    2000000   /* what a flow that was idle may be behind the others */
#define FAIR_LEAD_NS   100000000 /* what it may be ahead of them */
#define FAIR_SLOT_NS   4000000   /* before a vblank: long batches wait for the compositor */

enum fair_answer {
    FAIR_GO,
    FAIR_HELD, /* by its own limits, the slot, or another's need for the whole GTT */
    FAIR_FULL, /* the GPU has enough: nobody overtakes */
};

/* Time that a class may take before normal flows. */
struct budget {
    int64_t ns;
    uint64_t since; /* when ns was right */
};

struct fair {
    struct list runnable; /* flows with work */
    struct list aside;    /* those of them that cannot go on until something changes */
    bool full;            /* somebody who was first waits for the GPU */
    const struct flow *drain_for;
    unsigned jobs;        /* in flight */
    uint64_t estimate_ns; /* of them, together */
    /* The last two flows that had work: is somebody else there? */
    struct {
        const struct flow *flow;
        uint64_t at;
    } active[2];
    struct budget budgets[SCHED_CLASSES];
    int64_t floors[2];           /* virtual time of background and of all others; never goes back */
    uint64_t vblank, period;     /* the last vblank and the time to the next; 0: none known */
    uint64_t compositor_active;  /* when one last had work; 0: never */
    uint64_t compositor_emitted; /* when one last put a batch on the GPU */
    bool slot_closed;            /* somebody waits for the slot to end */
};

void fair_init(struct fair *fair);

/* A flow with a class's defaults or with what it is granted. Only weight and class count later. */
void flow_init(struct flow *flow);
void fair_grant(struct fair *fair, struct flow *flow, const struct sched_grant *grant);

/* The flow has work; it has none; it goes for good (jobs in flight may still retire). */
void fair_wake(struct fair *fair, struct flow *flow, uint64_t now);
void fair_idle(struct fair *fair, struct flow *flow);
void fair_remove(struct fair *fair, struct flow *flow);

/* Whose turn it is; NULL: nobody's, or all are aside. */
struct flow *fair_next(struct fair *fair, uint64_t now);

/* The flow cannot go on now; it is not next before fair_reopen(). */
void fair_set_aside(struct fair *fair, struct flow *flow, uint64_t now);
/* A batch has retired, or time has passed: everybody may try again. */
void fair_reopen(struct fair *fair);

/* Whether the flow may put its next batch on the GPU. */
enum fair_answer fair_admits(struct fair *fair, const struct flow *flow, uint64_t now);
/* The same for a batch that has been checked, so that its cost is known. */
enum fair_answer fair_admits_cost(struct fair *fair, struct flow *flow, uint64_t cost,
                                  uint64_t now);

/* Its batch is on the GPU. */
struct charge fair_emitted(struct fair *fair, struct flow *flow, uint64_t cost, uint64_t bytes,
                           uint64_t now);
/* The GPU has passed it after 'ns' of execution. */
void fair_passed(struct fair *fair, struct flow *flow, const struct charge *charge, uint64_t ns,
                 uint64_t now);
/* The daemon has worked for it. */
void fair_validated(struct flow *flow, uint64_t ns);

/* A vblank; the next one follows in 'period'. */
void fair_vblank(struct fair *fair, uint64_t at, uint64_t period);

/* When those that the slot holds back can go at the latest, from now; 0: nobody waits for it. */
uint64_t fair_slot_wait(const struct fair *fair, uint64_t now);

#endif
