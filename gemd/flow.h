/* SPDX-License-Identifier: MIT */
/* One session as the scheduler sees it: what it was granted, has had, and has in flight. */
#ifndef GEMD_FLOW_H
#define GEMD_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/meter.h"
#include "gemd/class.h"
#include "gemd/list.h"

struct flow {
    struct list link; /* fair.runnable or fair.aside */
    bool runnable;
    struct sched_grant grant; /* complete */
    struct meter meter;
    int64_t vtime;  /* time that it was charged, ns * SCHED_WEIGHT / weight */
    unsigned jobs;  /* in flight, and so the next two */
    uint64_t cost;  /* pixels */
    uint64_t bytes; /* of the batch area */
    /* A batch that turned out too long to wait on the GPU: what it costs. 0: not known. */
    uint64_t next_cost;
    bool next_known;
};

/* What a batch was charged before it was measured; a job keeps it. */
struct charge {
    uint64_t estimate_ns;
    uint64_t cost, bytes;
    enum sched_class class; /* of the flow then */
    bool budgeted;          /* it went first by its class's share */
};

#endif
