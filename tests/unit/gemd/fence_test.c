/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <string.h>

#include "gemd/fence.h"
#include "hw/gen3/regs.h"
#include "proto/memfile.h"
#include "tests/unit/gemd/fake_device.h"

#include <unistd.h>

#define SEQNO_WORD (0x100 / 4)

struct bed {
    struct fake_device *fake;
    struct gpu gpu;
    struct fence fence;
    uint64_t retired[16];
    unsigned count;
};

static void on_retired(void *data, struct job *job)
{
    struct bed *bed = data;
    bed->retired[bed->count++] = job->seqno;
}

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    bed.fake = fake_device_create();
    const struct gpu_events events = {0};
    assert_int_equal(gpu_init(&bed.gpu, &bed.fake->base, &events), 0);
    fence_init(&bed.fence, &bed.gpu, on_retired, &bed);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    fence_abandon(&bed->fence);
    gpu_finish(&bed->gpu);
    assert_int_equal(bed->fake->memories, 0);
    fake_device_destroy(bed->fake);
    return 0;
}

static struct job *emit(struct bed *bed, uint64_t seqno, struct bo *bo)
{
    struct job *job = job_create(bo != NULL ? 1 : 0);
    assert_non_null(job);
    job->seqno = seqno;
    job->word_count = 16;
    assert_true(batch_area_take(&bed->gpu.area, 64, &job->slot));
    if (bo != NULL) {
        assert_int_equal(gtt_pin(&bed->gpu.gtt, &bo->node, 1), 0);
        job->buffers[0] = bo_ref(bo);
    }
    assert_true(gpu_has_room(&bed->gpu));
    fence_emit(&bed->fence, job);
    return job;
}

static void pass(struct bed *bed, uint32_t gpu_seqno)
{
    ((uint32_t *)bed->gpu.status.dma.cpu)[SEQNO_WORD] = gpu_seqno;
}

static void jobs_retire_in_order(void **state)
{
    struct bed *bed = *state;
    struct job *a = emit(bed, 100, NULL);
    struct job *b = emit(bed, 5, NULL);
    emit(bed, 101, NULL);
    gpu_kick(&bed->gpu);
    assert_true(fake_register(bed->fake, PRB0_TAIL) > 0);
    assert_int_equal(fence_retire(&bed->fence), 0);
    pass(bed, a->gpu_seqno);
    assert_int_equal(fence_retire(&bed->fence), 1);
    pass(bed, b->gpu_seqno + 1);
    assert_int_equal(fence_retire(&bed->fence), 2);
    assert_int_equal(bed->count, 3);
    assert_int_equal(bed->retired[0], 100);
    assert_int_equal(bed->retired[1], 5);
    assert_int_equal(bed->retired[2], 101);
    assert_int_equal(bed->gpu.area.used, 0);
}

/* A GPU that reads past the caches finds the batch, the ring, and what is before its wrap. */
static void what_the_gpu_reads_is_flushed(void **state)
{
    struct bed *bed = *state;
    size_t before = bed->fake->flushed_bytes;
    struct job *job = emit(bed, 1, NULL);
    assert_ptr_equal(bed->fake->flushed_from, gpu_batch_words(&bed->gpu, job->slot.offset));
    assert_int_equal(bed->fake->flushed_bytes, before + 16 * 4);
    before = bed->fake->flushed_bytes;
    gpu_kick(&bed->gpu);
    assert_int_equal(bed->fake->flushed_bytes, before + GPU_BATCH_DWORDS * 4);
    assert_ptr_equal(bed->fake->flushed_from, bed->gpu.ring_memory.dma.cpu);
    pass(bed, job->gpu_seqno);
    (void)fence_retire(&bed->fence);

    /* 16 bytes before the end no batch fits: the rest is filled, and it begins at the front. */
    struct gpu_ring *ring = &bed->gpu.ring;
    ring->tail = ring->head = ring->submitted = GPU_RING_BYTES - 16;
    bed->fake->registers[PRB0_HEAD / 4] = ring->head;
    job = emit(bed, 2, NULL);
    before = bed->fake->flushed_bytes;
    gpu_kick(&bed->gpu);
    assert_int_equal(bed->fake->flushed_bytes, before + 16 + GPU_BATCH_DWORDS * 4);
}

static void seqnos_survive_their_wrap(void **state)
{
    struct bed *bed = *state;
    bed->gpu.seqno = UINT32_MAX - 1;
    pass(bed, UINT32_MAX - 1);
    emit(bed, 1, NULL); /* UINT32_MAX */
    emit(bed, 2, NULL); /* 0 */
    emit(bed, 3, NULL); /* 1 */
    assert_int_equal(fence_retire(&bed->fence), 0);
    pass(bed, UINT32_MAX);
    assert_int_equal(fence_retire(&bed->fence), 1);
    pass(bed, 1);
    assert_int_equal(fence_retire(&bed->fence), 2);
}

static void buffers_live_until_the_gpu_has_passed(void **state)
{
    struct bed *bed = *state;
    unsigned memories = bed->fake->memories;
    int fd = memfile_create("test", 8192);
    struct arena *arena = NULL;
    assert_int_equal(arena_create(&bed->gpu.gtt, fd, 8192, &arena), 0);
    close(fd);
    struct bo *bo = bo_create(arena, NULL, 1, 4096, 4096);
    struct job *job = emit(bed, 1, bo);
    uint32_t entry = bo->node.first;
    uint32_t gpu_seqno = job->gpu_seqno;
    bo_unref(bo);
    arena_unref(arena);
    /* The client is gone; the GPU is not done. */
    assert_int_equal(bed->fake->memories, memories + 1);
    assert_int_not_equal(bed->fake->gtt[entry], bed->gpu.gtt.scratch_pte);
    pass(bed, gpu_seqno);
    unsigned flushes = bed->fake->flushes;
    assert_int_equal(fence_retire(&bed->fence), 1);
    assert_int_equal(bed->fake->gtt[entry], bed->gpu.gtt.scratch_pte);
    assert_true(bed->fake->flushes > flushes);
    assert_int_equal(bed->fake->memories, memories);
    assert_int_equal(bed->gpu.gtt.client_pages, 0);
}

static void the_guilty_one_is_found_by_its_address(void **state)
{
    struct bed *bed = *state;
    struct job *a = emit(bed, 1, NULL);
    struct job *b = emit(bed, 2, NULL);
    uint32_t dword = 0;
    uint32_t base = gtt_address(&bed->gpu.batches.node);
    assert_ptr_equal(fence_job_at(&bed->fence, base + b->slot.offset + 12, &dword), b);
    assert_int_equal(dword, 3);
    assert_ptr_equal(fence_job_at(&bed->fence, 0, &dword), a);
}

static void after_a_reset_the_innocent_run_again(void **state)
{
    struct bed *bed = *state;
    struct job *a = emit(bed, 1, NULL);
    struct job *b = emit(bed, 2, NULL);
    uint32_t before = b->gpu_seqno;
    uint32_t batch = gtt_address(&bed->gpu.batches.node) + b->slot.offset;
    a->killed = true;
    assert_int_equal(gpu_reset(&bed->gpu), 0);
    assert_int_equal(bed->fake->resets, 1);
    fence_replay(&bed->fence);
    assert_true(gpu_seqno_passed(b->gpu_seqno, before + 1));
    /* Of the two only the second one's batch is in the ring. */
    const uint32_t *ring = bed->gpu.ring_memory.dma.cpu;
    unsigned starts = 0;
    for (uint32_t i = 0; i < fake_register(bed->fake, PRB0_TAIL) / 4; i++) {
        starts += ring[i] == (batch | MI_BATCH_NON_SECURE);
        assert_int_not_equal(ring[i], (gtt_address(&bed->gpu.batches.node) + a->slot.offset) |
                                          MI_BATCH_NON_SECURE);
    }
    assert_int_equal(starts, 1);
    pass(bed, b->gpu_seqno);
    assert_int_equal(fence_retire(&bed->fence), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(jobs_retire_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_gpu_reads_is_flushed, setup, teardown),
        cmocka_unit_test_setup_teardown(seqnos_survive_their_wrap, setup, teardown),
        cmocka_unit_test_setup_teardown(buffers_live_until_the_gpu_has_passed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_guilty_one_is_found_by_its_address, setup, teardown),
        cmocka_unit_test_setup_teardown(after_a_reset_the_innocent_run_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
