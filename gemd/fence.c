/* SPDX-License-Identifier: MIT */
#include "gemd/fence.h"

#include <stdlib.h>

void fence_init(struct fence *fence, struct gpu *gpu, void (*retired)(void *data, struct job *job),
                void *data)
{
    *fence = (struct fence){.gpu = gpu, .retired = retired, .data = data};
    list_init(&fence->jobs);
}

struct job *job_create(uint32_t buffer_count)
{
    struct job *job = malloc(sizeof(*job) + (size_t)buffer_count * sizeof(job->buffers[0]));
    if (job != NULL) {
        *job = (struct job){.buffer_count = buffer_count};
        list_init(&job->link);
    }
    return job;
}

void fence_emit(struct fence *fence, struct job *job)
{
    job->gpu_seqno = gpu_emit(fence->gpu, job->slot.offset, job->killed);
    list_append(&fence->jobs, &job->link);
    fence->count++;
    fence->batches++;
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
    free(job);
}

unsigned fence_retire(struct fence *fence)
{
    uint32_t passed = gpu_passed(fence->gpu);
    unsigned count = 0;
    for (;;) {
        struct job *job = list_first(&fence->jobs, struct job, link);
        if (job == NULL || !gpu_seqno_passed(passed, job->gpu_seqno)) {
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
        /* The ring holds more batches than can be in flight (sched.h), so there is room. */
        if (gpu_has_room(fence->gpu)) {
            job->gpu_seqno = gpu_emit(fence->gpu, job->slot.offset, job->killed);
        }
    }
    gpu_kick(fence->gpu);
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
