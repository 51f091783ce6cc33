/* SPDX-License-Identifier: MIT */
#include "gemd/class.h"

#include <string.h>

/* Why these numbers: doc/scheduling.md. */
static const struct sched_class_info classes[SCHED_CLASSES] = {
    [SCHED_NORMAL] =
        {
            .name = "normal",
            .limits = {.jobs = 24, .cost = 16ull << 20, .bytes = 4ull << 20},
        },
    [SCHED_COMPOSITOR] =
        {
            .name = "compositor",
            .limits = {.jobs = 24, .cost = 16ull << 20, .bytes = 4ull << 20},
            .share_permille = 500,
            .burst_ns = 20000000,
        },
    [SCHED_BACKGROUND] =
        {
            .name = "background",
            .limits = {.jobs = 4, .cost = 4ull << 20, .bytes = 1ull << 20},
            .share_permille = 50,
            .burst_ns = 5000000,
        },
};

const struct sched_class_info *sched_class_info(enum sched_class class)
{
    return &classes[class];
}

bool sched_class_parse(const char *name, enum sched_class *class)
{
    for (unsigned i = 0; i < SCHED_CLASSES; i++) {
        if (strcmp(name, classes[i].name) == 0) {
            *class = (enum sched_class)i;
            return true;
        }
    }
    return false;
}

struct sched_grant sched_grant_complete(const struct sched_grant *grant)
{
    struct sched_grant full = *grant;
    const struct sched_limits *limits = &classes[full.class].limits;
    if (full.weight == 0) {
        full.weight = SCHED_WEIGHT;
    } else if (full.weight > SCHED_WEIGHT_MAX) {
        full.weight = SCHED_WEIGHT_MAX;
    }
    full.limits.jobs = full.limits.jobs != 0 ? full.limits.jobs : limits->jobs;
    full.limits.cost = full.limits.cost != 0 ? full.limits.cost : limits->cost;
    full.limits.bytes = full.limits.bytes != 0 ? full.limits.bytes : limits->bytes;
    return full;
}
