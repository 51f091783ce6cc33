/* SPDX-License-Identifier: MIT */
/* Batches: what reaches the ring, when a batch is full, and what happens to one that cannot go. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_gemd.h"
#include "i915/i915_batchbuffer.h"
#include "winsys/i915/winsys.h"

#define BATCH_BUFFER_END (0x0au << 23)

struct fixture {
    struct gemd_session *session;
    struct i915_winsys *winsys;
    struct i915_winsys_batchbuffer *batch;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->session = fake_session_new();
    f->winsys = winsys_create(f->session);
    f->batch = f->winsys->batchbuffer_create(f->winsys);
    assert_non_null(f->batch);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->winsys->batchbuffer_destroy(f->batch);
    f->winsys->destroy(f->winsys);
    fake_session_free(f->session);
    free(f);
    return 0;
}

static struct i915_winsys_buffer *new_buffer(struct fixture *f, unsigned size)
{
    struct i915_winsys_buffer *buffer = f->winsys->buffer_create(f->winsys, size, I915_NEW_TEXTURE);

    assert_non_null(buffer);
    return buffer;
}

static void flush(struct fixture *f)
{
    f->winsys->batchbuffer_flush(f->batch, NULL, I915_FLUSH_ASYNC);
}

static int reloc(struct fixture *f, struct i915_winsys_buffer *buffer,
                 enum i915_winsys_buffer_usage usage, unsigned offset)
{
    return f->winsys->batchbuffer_reloc(f->batch, buffer, usage, offset, false);
}

static void ends_the_batch_on_an_even_word(void **state)
{
    struct fixture *f = *state;

    i915_winsys_batchbuffer_dword(f->batch, 1);
    flush(f);
    assert_int_equal(f->session->word_count, 2);
    assert_int_equal(f->session->words[1], BATCH_BUFFER_END);

    i915_winsys_batchbuffer_dword(f->batch, 1);
    i915_winsys_batchbuffer_dword(f->batch, 2);
    flush(f);
    assert_int_equal(f->session->word_count, 4);
    assert_int_equal(f->session->words[2], BATCH_BUFFER_END);
    assert_int_equal(f->session->words[3], 0);
}

static void a_full_batch_still_has_room_for_its_end(void **state)
{
    struct fixture *f = *state;
    uint32_t words = 0;

    while (i915_winsys_batchbuffer_check(f->batch, 1)) {
        i915_winsys_batchbuffer_dword(f->batch, 0);
        words++;
    }
    flush(f);
    assert_int_equal(f->session->word_count, words + 2);
    assert_int_equal((words + 2) * 4, winsys_of(f->winsys)->batch_bytes);
}

static void keeps_to_the_sessions_batch_limit(void **state)
{
    struct gemd_session *session = fake_session_new();
    session->info.max_batch_words = 1025;
    struct i915_winsys *winsys = winsys_create(session);

    assert_int_equal(winsys_of(winsys)->batch_bytes, 4096);
    winsys->destroy(winsys);
    fake_session_free(session);
}

static void names_relocations_in_order_and_buffers_once(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *a = new_buffer(f, 4096);
    struct i915_winsys_buffer *b = new_buffer(f, 8192);

    i915_winsys_batchbuffer_dword(f->batch, 0x7d8e0001);
    assert_int_equal(reloc(f, a, I915_USAGE_RENDER, 16), 0);
    assert_int_equal(reloc(f, b, I915_USAGE_SAMPLER, 0), 0);
    assert_int_equal(reloc(f, a, I915_USAGE_VERTEX, 32), 0);
    flush(f);

    const struct gemd_reloc expected[] = {
        {1, 0, 16, GEMD_USE_READ | GEMD_USE_WRITE},
        {2, 1, 0, GEMD_USE_READ},
        {3, 0, 32, GEMD_USE_READ},
    };
    assert_int_equal(f->session->reloc_count, 3);
    assert_memory_equal(f->session->relocs, expected, sizeof(expected));
    assert_int_equal(f->session->buffer_count, 2);
    assert_ptr_equal(f->session->buffers[0], a->bo);
    assert_ptr_equal(f->session->buffers[1], b->bo);
    f->winsys->buffer_destroy(f->winsys, a);
    f->winsys->buffer_destroy(f->winsys, b);
}

static void names_an_imported_buffer_once(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *a = f->winsys->buffer_create(f->winsys, 4096, I915_NEW_SCANOUT);
    struct i915_winsys_buffer again = {.bo = a->bo, .references = 1, .slot = 7};

    assert_int_equal(reloc(f, a, I915_USAGE_RENDER, 0), 0);
    assert_int_equal(reloc(f, &again, I915_USAGE_SAMPLER, 0), 0);
    flush(f);
    assert_int_equal(f->session->buffer_count, 1);
    assert_int_equal(f->session->reloc_count, 2);
    f->winsys->buffer_destroy(f->winsys, a);
}

static int export(struct fixture *f, struct i915_winsys_buffer *buffer)
{
    int fd = buffer_share(winsys_of(f->winsys), buffer);

    assert_true(fd >= 0);
    return fd;
}

static void a_buffer_that_moved_is_submitted_as_what_it_is(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *a = new_buffer(f, 4096), *b = new_buffer(f, 4096);

    assert_int_equal(reloc(f, a, I915_USAGE_RENDER, 0), 0);
    assert_int_equal(reloc(f, b, I915_USAGE_SAMPLER, 0), 0);
    int fd = export(f, a);
    flush(f);
    assert_int_equal(f->session->buffer_count, 2);
    assert_ptr_equal(f->session->buffers[0], a->bo);
    assert_ptr_equal(f->session->buffers[1], b->bo);
    assert_int_equal(f->session->relocs[1].buffer, 1);
    close(fd);
    f->winsys->buffer_destroy(f->winsys, a);
    f->winsys->buffer_destroy(f->winsys, b);
}

/* Named before it moved, after it, and as somebody's import: once, whichever place it has. */
static void a_buffer_that_moved_is_named_once(void **state)
{
    struct fixture *f = *state;

    for (unsigned at = 0; at < 3; at++) {
        struct i915_winsys_buffer *a = new_buffer(f, 4096), *others[3];
        int fd = -1;

        for (unsigned i = 0; i < 3; i++) {
            others[i] = i == at ? a : new_buffer(f, 4096);
            assert_int_equal(reloc(f, others[i], I915_USAGE_SAMPLER, i), 0);
        }
        fd = export(f, a);
        assert_int_equal(reloc(f, a, I915_USAGE_RENDER, 3), 0);
        flush(f);
        assert_int_equal(f->session->buffer_count, 3);
        assert_int_equal(f->session->reloc_count, 4);
        for (unsigned i = 0; i < 4; i++) {
            const struct gemd_reloc *seen = &f->session->relocs[i];

            assert_int_equal(seen->delta, i);
            assert_ptr_equal(f->session->buffers[seen->buffer], i < 3 ? others[i]->bo : a->bo);
        }
        close(fd);
        for (unsigned i = 0; i < 3; i++) {
            f->winsys->buffer_destroy(f->winsys, others[i]);
        }
    }
}

static void an_import_is_addressed_from_its_offset(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *a = new_buffer(f, 8192);

    a->offset = 4096;
    assert_int_equal(reloc(f, a, I915_USAGE_SAMPLER, 16), 0);
    flush(f);
    assert_int_equal(f->session->relocs[0].delta, 4112);
    f->winsys->buffer_destroy(f->winsys, a);
}

static void two_batches_share_buffers_without_mixing_their_lists(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_batchbuffer *other = f->winsys->batchbuffer_create(f->winsys);
    struct i915_winsys_buffer *a = new_buffer(f, 4096);
    struct i915_winsys_buffer *b = new_buffer(f, 4096);

    assert_int_equal(reloc(f, a, I915_USAGE_RENDER, 0), 0);
    assert_int_equal(reloc(f, b, I915_USAGE_RENDER, 0), 0);
    f->winsys->batchbuffer_reloc(other, b, I915_USAGE_SAMPLER, 0, false);
    f->winsys->batchbuffer_reloc(other, a, I915_USAGE_SAMPLER, 0, false);
    assert_int_equal(reloc(f, a, I915_USAGE_SAMPLER, 0), 0);
    assert_int_equal(reloc(f, b, I915_USAGE_SAMPLER, 0), 0);

    flush(f);
    assert_int_equal(f->session->buffer_count, 2);
    assert_ptr_equal(f->session->buffers[0], a->bo);
    assert_int_equal(f->session->relocs[2].buffer, 0);
    assert_int_equal(f->session->relocs[3].buffer, 1);
    f->winsys->batchbuffer_flush(other, NULL, I915_FLUSH_ASYNC);
    assert_int_equal(f->session->buffer_count, 2);
    assert_ptr_equal(f->session->buffers[0], b->bo);

    f->winsys->batchbuffer_destroy(other);
    f->winsys->buffer_destroy(f->winsys, a);
    f->winsys->buffer_destroy(f->winsys, b);
}

static void keeps_a_destroyed_buffer_until_the_flush(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *a = new_buffer(f, 4096);

    assert_int_equal(reloc(f, a, I915_USAGE_RENDER, 0), 0);
    f->winsys->buffer_destroy(f->winsys, a);
    assert_int_equal(fake_live_buffers(f->session), 1);
    flush(f);
    assert_int_equal(f->session->buffer_count, 1);
    assert_int_equal(fake_live_buffers(f->session), 0);
}

static void asks_for_a_flush_when_the_buffers_no_longer_fit(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *a = new_buffer(f, 9u << 20);
    struct i915_winsys_buffer *b = new_buffer(f, 8u << 20); /* 16 MiB fit */
    struct i915_winsys_buffer *both[] = {a, b};

    assert_true(f->winsys->validate_buffers(f->batch, &a, 1));
    assert_false(f->winsys->validate_buffers(f->batch, both, 2));
    assert_int_equal(reloc(f, a, I915_USAGE_RENDER, 0), 0);
    assert_true(f->winsys->validate_buffers(f->batch, &a, 1));
    assert_false(f->winsys->validate_buffers(f->batch, &b, 1));
    flush(f);
    assert_true(f->winsys->validate_buffers(f->batch, &b, 1));
    f->winsys->buffer_destroy(f->winsys, a);
    f->winsys->buffer_destroy(f->winsys, b);
}

static void asks_for_a_flush_at_the_buffer_and_relocation_limits(void **state)
{
    struct gemd_session *session = fake_session_new();
    session->info.max_buffers = 2;
    session->info.max_relocs = 3;
    struct i915_winsys *winsys = winsys_create(session);
    struct i915_winsys_batchbuffer *batch = winsys->batchbuffer_create(winsys);
    struct i915_winsys_buffer *buffers[3];

    for (int i = 0; i < 3; i++) {
        buffers[i] = winsys->buffer_create(winsys, 4096, I915_NEW_TEXTURE);
    }
    assert_true(winsys->validate_buffers(batch, buffers, 2));
    assert_false(winsys->validate_buffers(batch, buffers, 3));
    winsys->batchbuffer_reloc(batch, buffers[0], I915_USAGE_RENDER, 0, false);
    winsys->batchbuffer_reloc(batch, buffers[0], I915_USAGE_RENDER, 0, false);
    assert_true(winsys->validate_buffers(batch, buffers, 1));
    assert_false(winsys->validate_buffers(batch, buffers, 2));

    for (int i = 0; i < 3; i++) {
        winsys->buffer_destroy(winsys, buffers[i]);
    }
    winsys->batchbuffer_destroy(batch);
    winsys->destroy(winsys);
    fake_session_free(session);
}

/* The driver goes on with a texture whose buffer it did not get. */
static void drops_a_batch_with_a_missing_buffer_and_goes_on(void **state)
{
    struct fixture *f = *state;
    struct pipe_fence_handle *fence = NULL;

    assert_int_equal(reloc(f, NULL, I915_USAGE_SAMPLER, 0), -ENOMEM);
    assert_int_equal(f->batch->ptr - f->batch->map, 4);
    f->winsys->batchbuffer_flush(f->batch, &fence, I915_FLUSH_ASYNC);
    assert_int_equal(f->session->submissions, 0);
    assert_true(f->winsys->fence_signalled(f->winsys, fence));
    f->winsys->fence_reference(f->winsys, &fence, NULL);

    i915_winsys_batchbuffer_dword(f->batch, 0);
    flush(f);
    assert_int_equal(f->session->submissions, 1);
}

static void drops_a_batch_that_the_ring_refuses_and_goes_on(void **state)
{
    struct fixture *f = *state;

    f->session->submit_error = -E2BIG;
    i915_winsys_batchbuffer_dword(f->batch, 0);
    flush(f);
    i915_winsys_batchbuffer_dword(f->batch, 0);
    flush(f);
    assert_int_equal(f->session->submissions, 1);
}

static void submits_nothing_when_empty_but_gives_a_fence(void **state)
{
    struct fixture *f = *state;
    struct pipe_fence_handle *fence = NULL;

    i915_winsys_batchbuffer_dword(f->batch, 0);
    flush(f);
    f->winsys->batchbuffer_flush(f->batch, &fence, I915_FLUSH_ASYNC);
    assert_int_equal(f->session->submissions, 1);
    assert_non_null(fence);
    assert_int_equal(fence->seqno, 1);
    f->winsys->fence_reference(f->winsys, &fence, NULL);
}

static void stays_two_frames_ahead(void **state)
{
    struct fixture *f = *state;

    for (unsigned frame = 1; frame <= 4; frame++) {
        i915_winsys_batchbuffer_dword(f->batch, 0);
        f->winsys->batchbuffer_flush(f->batch, NULL, I915_FLUSH_END_OF_FRAME);
        assert_int_equal(f->session->waits, frame <= 2 ? 0 : frame - 2);
    }
    assert_int_equal(f->session->last_wait, 2);
}

static void a_lost_session_swallows_batches(void **state)
{
    struct fixture *f = *state;
    struct pipe_fence_handle *fence = NULL;
    struct i915_winsys_buffer *a = new_buffer(f, 4096);

    assert_int_equal(reloc(f, a, I915_USAGE_RENDER, 0), 0);
    f->session->lost = GEMD_LOST_UNKNOWN;
    f->winsys->batchbuffer_flush(f->batch, &fence, I915_FLUSH_END_OF_FRAME);
    assert_true(f->winsys->fence_signalled(f->winsys, fence));
    assert_int_equal(f->winsys->fence_finish(f->winsys, fence), 1);
    assert_non_null(f->winsys->buffer_map(f->winsys, a, true));
    assert_null(f->winsys->buffer_create(f->winsys, 4096, I915_NEW_VERTEX));
    f->winsys->fence_reference(f->winsys, &fence, NULL);
    f->winsys->buffer_destroy(f->winsys, a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ends_the_batch_on_an_even_word, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_batch_still_has_room_for_its_end, setup, teardown),
        cmocka_unit_test(keeps_to_the_sessions_batch_limit),
        cmocka_unit_test_setup_teardown(names_relocations_in_order_and_buffers_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_buffer_that_moved_is_submitted_as_what_it_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_buffer_that_moved_is_named_once, setup, teardown),
        cmocka_unit_test_setup_teardown(an_import_is_addressed_from_its_offset, setup, teardown),
        cmocka_unit_test_setup_teardown(names_an_imported_buffer_once, setup, teardown),
        cmocka_unit_test_setup_teardown(two_batches_share_buffers_without_mixing_their_lists, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(keeps_a_destroyed_buffer_until_the_flush, setup, teardown),
        cmocka_unit_test_setup_teardown(asks_for_a_flush_when_the_buffers_no_longer_fit, setup,
                                        teardown),
        cmocka_unit_test(asks_for_a_flush_at_the_buffer_and_relocation_limits),
        cmocka_unit_test_setup_teardown(drops_a_batch_with_a_missing_buffer_and_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(drops_a_batch_that_the_ring_refuses_and_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(submits_nothing_when_empty_but_gives_a_fence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(stays_two_frames_ahead, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_session_swallows_batches, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
