/* SPDX-License-Identifier: MIT */
/*
 * Batches on the GPU, in the order in which they were emitted, and their retirement.
 *
 * A job holds its buffers pinned and referenced until the GPU has passed it. Retirement is told
 * job by job, oldest first.
 */
#ifndef GEMD_FENCE_H
#define GEMD_FENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/batch_area.h"
#include "gemd/bo.h"
#include "gemd/clock.h"
#include "gemd/flow.h"
#include "gemd/gpu.h"
#include "gemd/list.h"

struct session;
struct validator_reloc;

struct job {
    struct list link;        /* fence.jobs */
    struct session *session; /* referenced */
    uint64_t seqno;          /* of the session */
    uint64_t retires; /* the session's seqnos up to here are done with it: refused ones follow it */
    uint32_t gpu_seqno;
    struct batch_slot slot;
    uint32_t word_count;
    struct charge charge;           /* with the estimate of its work */
    uint64_t kicked_ns;             /* when the GPU could see it; 0: not yet */
    uint64_t gpu_ns;                /* once it has passed: how long it was executed */
    bool killed;                    /* after a reset: holds its place, runs nothing */
    struct validator_reloc *relocs; /* for error captures; NULL: not kept */
    uint32_t reloc_count;
    uint32_t buffer_count;
    struct bo *buffers[];
};

struct fence {
    struct gpu *gpu;
    struct list jobs;
    uint32_t count;
    uint64_t batches; /* emitted so far */
    struct clock clock;
    uint64_t seen_ns; /* when the last one that has passed was seen to have */
    /* Told of each job that has passed; the job is freed afterwards. */
    void (*retired)(void *data, struct job *job);
    void *data;
};

void fence_init(struct fence *fence, struct gpu *gpu, void (*retired)(void *data, struct job *job),
                void *data);

/* A job with room for its buffers; NULL: out of memory. */
struct job *job_create(uint32_t buffer_count);

/* Keeps a copy of the relocations for error captures; without memory there is none. */
void job_keep_relocs(struct job *job, const struct validator_reloc *relocs, uint32_t count);

/* Frees a job that was not emitted, or has retired. */
void job_free(struct job *job);

/* Emits a job whose buffers are pinned and referenced; gpu_has_room() must have said so. */
void fence_emit(struct fence *fence, struct job *job);

/* Lets the GPU see what was emitted. */
void fence_kick(struct fence *fence);

/*
 * Retires what the GPU has passed. Returns how many. Execution took from when a job was kicked, or
 * when the one before it was seen to have passed, until now; jobs that are seen together share that
 * time by their costs.
 */
unsigned fence_retire(struct fence *fence);

/* After gpu_reset(): emits all jobs again, in order; killed ones hold their places only. */
void fence_replay(struct fence *fence);

/* Retires everything, passed or not: the GPU has been stopped for good. */
void fence_abandon(struct fence *fence);

/* The job whose batch holds a GTT address, else the oldest one; NULL when there is none. */
struct job *fence_job_at(struct fence *fence, uint32_t address, uint32_t *dword);

#endif
