/* SPDX-License-Identifier: MIT */
/* Classes of sessions, what each may have in flight, and what a policy grants a session. */
#ifndef GEMD_CLASS_H
#define GEMD_CLASS_H

#include <stdbool.h>
#include <stdint.h>

enum sched_class {
    SCHED_NORMAL, /* what a zeroed grant gives */
    SCHED_COMPOSITOR,
    SCHED_BACKGROUND,
    SCHED_CLASSES
};

#define SCHED_WEIGHT     100u /* of a session that is granted none */
#define SCHED_WEIGHT_MAX 10000u

/* What one session may have in flight; one batch may always be. */
struct sched_limits {
    uint32_t jobs;
    uint64_t cost;  /* the validator's estimates, pixels */
    uint64_t bytes; /* of the batch area */
};

/* 0: the class's default. */
struct sched_grant {
    enum sched_class class;
    uint32_t weight; /* 1 to SCHED_WEIGHT_MAX */
    struct sched_limits limits;
};

struct sched_class_info {
    const char *name; /* for a policy and for people */
    struct sched_limits limits;
    uint32_t share_permille; /* of time, in which the class goes before normal sessions */
    uint64_t burst_ns;       /* as much of it can be saved up */
};

const struct sched_class_info *sched_class_info(enum sched_class class);

/* False: there is no class of that name. */
bool sched_class_parse(const char *name, enum sched_class *class);

/* Fills in what is 0 and takes what is beyond a limit for the limit. */
struct sched_grant sched_grant_complete(const struct sched_grant *grant);

#endif
