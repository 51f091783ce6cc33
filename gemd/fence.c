/* SPDX-License-Identifier: MIT */
#include "gemd/fence.h"

#include <stdlib.h>
#include <string.h>

#include "gemd/chaos.h"
#include "gemd/validator/validator.h"

void fence_init(struct fence *fence, struct gpu *gpu, void (*retired)(void *data, struct job *job),
                void *data)
{
    *fence = (struct fence){.gpu = gpu, .retired = retired, .data = data};
    list_init(&fence->jobs);
}

struct job *job_create(uint32_t buffer_count)
{
    size_t size = sizeof(struct job) + (size_t)buffer_count * sizeof(struct bo *);
    struct job *job = chaos_hits(CHAOS_ALLOC_JOB) ? NULL : malloc(size);
    if (job != NULL) {
        *job = (struct job){.buffer_count = buffer_count};
        list_init(&job->link);
    }
    return job;
}

void job_keep_relocs(struct job *job, const struct validator_reloc *relocs, uint32_t count)
{
    if (count > 0 && !chaos_hits(CHAOS_ALLOC_RELOCS)) {
        job->relocs = malloc(count * sizeof(*relocs));
    }
    if (job->relocs != NULL) {
        memcpy(job->relocs, relocs, count * sizeof(*relocs));
        job->reloc_count = count;
    }
}

void job_free(struct job *job)
{
    free(job->relocs);
    free(job);
}

void fence_emit(struct fence *fence, struct job *job)
{
    gpu_flush_batch(fence->gpu, job->slot.offset, job->word_count * 4);
    job->gpu_seqno = gpu_emit(fence->gpu, job->slot.offset, job->killed);
    list_append(&fence->jobs, &job->link);
    fence->count++;
    fence->batches++;
}

static void stamp(struct fence *fence)
{
    uint64_t now = clock_now(&fence->clock);
    for (struct list *link = fence->jobs.prev; link != &fence->jobs; link = link->prev) {
        struct job *job = list_entry(link, struct job, link);
        if (job->kicked_ns != 0) {
            return;
        }
        job->kicked_ns = now;
    }
}

void fence_kick(struct fence *fence)
{
    stamp(fence); /* first: it may be done when the kick returns */
    gpu_kick(fence->gpu);
}

static double share_of(const struct job *job)
{
    return (double)job->charge.cost + METER_BATCH_COST;
}

static bool has_passed(const struct job *job, uint32_t passed)
{
    return gpu_seqno_passed(passed, job->gpu_seqno);
}

/* Sets gpu_ns of all that has passed. */
static void measure(struct fence *fence, uint32_t passed)
{
    const struct job *first = list_first(&fence->jobs, struct job, link);
    if (first == NULL || !has_passed(first, passed)) {
        return;
    }
    uint64_t now = clock_now(&fence->clock);
    uint64_t start = first->kicked_ns > fence->seen_ns ? first->kicked_ns : fence->seen_ns;
    double total = 0;
    list_for_each(job, &fence->jobs, struct job, link)
    {
        total += has_passed(job, passed) ? share_of(job) : 0;
    }
    list_for_each(job, &fence->jobs, struct job, link)
    {
        if (has_passed(job, passed)) {
            job->gpu_ns = (uint64_t)((double)(now - start) * share_of(job) / total);
        }
    }
    fence->seen_ns = now;
}

static void retire(struct fence *fence, struct job *job)
{
    list_remove(&job->link);
    fence->count--;
    batch_area_give(&fence->gpu->area, &job->slot);
    for (uint32_t i = 0; i < job->buffer_count; i++) {
        gtt_unpin(&fence->gpu->gtt, &job->buffers[i]->node);
        bo_unref(job->buffers[i]);
    }
    fence->retired(fence->data, job);
    job_free(job);
}

unsigned fence_retire(struct fence *fence)
{
    uint32_t passed = gpu_passed(fence->gpu);
    unsigned count = 0;
    if (fence->count > 0 && chaos_hits(CHAOS_SEQNO)) {
        return 0; /* it will be there at the next look */
    }
    measure(fence, passed);
    for (;;) {
        struct job *job = list_first(&fence->jobs, struct job, link);
        if (job == NULL || !has_passed(job, passed)) {
            return count;
        }
        retire(fence, job);
        count++;
    }
}

void fence_replay(struct fence *fence)
{
    list_for_each(job, &fence->jobs, struct job, link)
    {
        job->kicked_ns = 0; /* what it took before the reset was not its fault */
        /* An empty ring holds all that can be in flight (GPU_BATCHES_MAX): there is room. */
        if (gpu_has_room(fence->gpu)) {
            job->gpu_seqno = gpu_emit(fence->gpu, job->slot.offset, job->killed);
        }
    }
    fence_kick(fence);
}

void fence_abandon(struct fence *fence)
{
    for (;;) {
        struct job *job = list_first(&fence->jobs, struct job, link);
        if (job == NULL) {
            return;
        }
        retire(fence, job);
    }
}

struct job *fence_job_at(struct fence *fence, uint32_t address, uint32_t *dword)
{
    uint32_t base = gtt_address(&fence->gpu->batches.node);
    *dword = 0;
    list_for_each(job, &fence->jobs, struct job, link)
    {
        uint32_t first = base + job->slot.offset;
        if (address >= first && address < first + job->word_count * 4) {
            *dword = (address - first) / 4;
            return job;
        }
    }
    return list_first(&fence->jobs, struct job, link);
}
