/* SPDX-License-Identifier: MIT */
/* The driver's screen with our functions around its own, over the fake libgemd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_gemd.h"
#include "frontend/winsys_handle.h"
#include "i915/i915_public.h"
#include "i915/i915_resource.h"
#include "pipe/p_context.h"
#include "pipe/p_screen.h"
#include "winsys/i915/winsys.h"

struct fixture {
    struct gemd_session *session;
    struct pipe_screen *screen;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->session = fake_session_new();
    f->screen = i915_screen_create(winsys_create(f->session));
    assert_non_null(f->screen);
    screen_wrap(f->screen);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->screen->destroy(f->screen);
    fake_session_free(f->session);
    free(f);
    return 0;
}

static struct pipe_resource *new_texture(struct fixture *f, unsigned width, unsigned bind)
{
    const struct pipe_resource template = {
        .target = PIPE_TEXTURE_2D,
        .format = PIPE_FORMAT_B8G8R8A8_UNORM,
        .width0 = width,
        .height0 = 64,
        .depth0 = 1,
        .array_size = 1,
        .bind = bind,
    };

    return f->screen->resource_create(f->screen, &template);
}

static void has_the_name_of_the_chip(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(f->screen->get_name(f->screen), "i915 (chipset: G33)");
    assert_int_equal(f->screen->get_param(f->screen, PIPE_CAP_DEVICE_RESET_STATUS_QUERY), 1);
    assert_int_equal(f->screen->get_param(f->screen, PIPE_CAP_VENDOR_ID), 0x8086);
}

static void offers_the_formats_that_the_gpu_decodes(void **state)
{
    static const struct {
        enum pipe_format format;
        bool supported;
    } cases[] = {
        {PIPE_FORMAT_B8G8R8A8_UNORM, true}, {PIPE_FORMAT_DXT1_RGB, true},
        {PIPE_FORMAT_DXT5_RGBA, true},      {PIPE_FORMAT_FXT1_RGB, true},
        {PIPE_FORMAT_FXT1_RGBA, true},      {PIPE_FORMAT_R32_FLOAT, false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(f->screen->is_format_supported(f->screen, cases[i].format, PIPE_TEXTURE_2D,
                                                        0, 0, PIPE_BIND_SAMPLER_VIEW),
                         cases[i].supported);
    }
}

static void tells_every_kind_of_loss(void **state)
{
    static const struct {
        enum gemd_lost_reason lost;
        enum pipe_reset_status status;
    } cases[] = {
        {GEMD_LOST_NOT, PIPE_NO_RESET},
        {GEMD_LOST_GUILTY, PIPE_GUILTY_CONTEXT_RESET},
        {GEMD_LOST_INNOCENT, PIPE_INNOCENT_CONTEXT_RESET},
        {GEMD_LOST_UNKNOWN, PIPE_UNKNOWN_CONTEXT_RESET},
        {(enum gemd_lost_reason)99, PIPE_UNKNOWN_CONTEXT_RESET},
    };
    struct fixture *f = *state;
    struct pipe_context *context = f->screen->context_create(f->screen, NULL, 0);

    assert_non_null(context);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f->session->lost = cases[i].lost;
        assert_int_equal(context->get_device_reset_status(context), cases[i].status);
    }
    /* The same when it is asked only after the session has come back, once. */
    f->session->lost = GEMD_LOST_NOT;
    for (size_t i = 1; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f->session->last_loss = cases[i].lost;
        f->session->losses++;
        assert_int_equal(context->get_device_reset_status(context), cases[i].status);
        assert_int_equal(context->get_device_reset_status(context), PIPE_NO_RESET);
    }
    context->destroy(context);
}

/* A window of 64 pixels is one of those that the driver takes for a cursor. */
static void shares_what_was_asked_to_be_shared(void **state)
{
    static const struct {
        unsigned width, bind;
        bool shared;
    } cases[] = {
        {300, PIPE_BIND_RENDER_TARGET, false},
        {300, PIPE_BIND_RENDER_TARGET | PIPE_BIND_SCANOUT, true},
        {300, PIPE_BIND_RENDER_TARGET | PIPE_BIND_SHARED, true},
        {64, PIPE_BIND_RENDER_TARGET | PIPE_BIND_SCANOUT, true},
        {64, PIPE_BIND_SAMPLER_VIEW, false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pipe_resource *texture = new_texture(f, cases[i].width, cases[i].bind);
        assert_non_null(texture);
        struct gemd_bo *bo = i915_texture(texture)->buffer->bo;
        assert_int_equal(fake_bo(bo)->fd >= 0, cases[i].shared);
        assert_int_equal(i915_texture(texture)->stride % 64, 0);
        f->screen->resource_destroy(f->screen, texture);
    }
}

static void no_memory_for_a_texture_is_no_texture(void **state)
{
    struct fixture *f = *state;

    f->session->out_of_memory = true;
    assert_null(new_texture(f, 128, PIPE_BIND_SAMPLER_VIEW));
}

static void refuses_foreign_handles(void **state)
{
    struct fixture *f = *state;
    const struct pipe_resource template = {
        .target = PIPE_TEXTURE_2D,
        .format = PIPE_FORMAT_B8G8R8A8_UNORM,
        .width0 = 16,
        .height0 = 16,
        .depth0 = 1,
        .array_size = 1,
        .bind = PIPE_BIND_SAMPLER_VIEW,
    };
    struct winsys_handle handle = {
        .type = WINSYS_HANDLE_TYPE_FD, .handle = UINT32_MAX, .stride = 64};

    assert_null(f->screen->resource_from_handle(f->screen, &template, &handle, 0));
}

static void fences_have_deadlines(void **state)
{
    struct fixture *f = *state;
    struct pipe_fence_handle *fence = fence_create(1);

    f->session->seqno = 1;
    assert_false(f->screen->fence_finish(f->screen, NULL, fence, 0));
    assert_int_equal(f->session->waits, 0);
    assert_false(f->screen->fence_finish(f->screen, NULL, fence, 1000));
    assert_int_equal(f->session->waits, 1);
    assert_true(f->screen->fence_finish(f->screen, NULL, fence, PIPE_TIMEOUT_INFINITE));
    assert_true(f->screen->fence_finish(f->screen, NULL, fence, 0));
    f->screen->fence_reference(f->screen, &fence, NULL);
}

/* The descriptor of a pipe, readable from the start when it has come. */
static bool is_readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, 0) == 1;
}

static uint8_t outcome_of(int fd)
{
    uint8_t byte = 0;

    assert_int_equal(read(fd, &byte, 1), 1);
    close(fd);
    return byte;
}

static void a_fence_becomes_a_descriptor(void **state)
{
    struct fixture *f = *state;
    struct pipe_fence_handle *fence = fence_create(2);
    int fd;

    assert_int_equal(f->screen->get_param(f->screen, PIPE_CAP_NATIVE_FENCE_FD), 1);
    f->session->seqno = 2;
    f->session->retired = 1;
    fd = f->screen->fence_get_fd(f->screen, fence);
    assert_true(fd >= 0);
    assert_false(is_readable(fd));
    assert_int_equal(f->session->exported, 2);
    close(fd);
    f->session->fence_error = -ENOSPC;
    assert_int_equal(f->screen->fence_get_fd(f->screen, fence), -1);
    /* The session is lost meanwhile, or was, or the work is done: nobody need be asked. */
    f->session->fence_error = -EIO;
    assert_int_equal(outcome_of(f->screen->fence_get_fd(f->screen, fence)), GEMD_FENCE_LOST);
    assert_int_equal(f->session->exports, 3);
    f->session->retired = 2;
    assert_int_equal(outcome_of(f->screen->fence_get_fd(f->screen, fence)), GEMD_FENCE_DONE);
    assert_int_equal(outcome_of(f->screen->fence_get_fd(f->screen, NULL)), GEMD_FENCE_DONE);
    f->session->lost = GEMD_LOST_INNOCENT;
    assert_int_equal(outcome_of(f->screen->fence_get_fd(f->screen, fence)), GEMD_FENCE_LOST);
    assert_int_equal(f->session->exports, 3);
    f->screen->fence_reference(f->screen, &fence, NULL);
}

static struct pipe_fence_handle *import(struct pipe_context *context, int fd)
{
    struct pipe_fence_handle *fence = NULL;

    context->create_fence_fd(context, &fence, fd, PIPE_FD_TYPE_NATIVE_SYNC);
    return fence;
}

static void a_descriptor_becomes_a_fence(void **state)
{
    struct fixture *f = *state;
    struct pipe_context *context = f->screen->context_create(f->screen, NULL, 0);
    struct pipe_fence_handle *fence;
    int gate = eventfd(0, EFD_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;
    const uint64_t one = 1;

    assert_null(import(context, -1));
    assert_null(import(context, null));
    close(null);
    fence = import(context, gate);
    assert_non_null(fence);
    assert_false(f->screen->fence_finish(f->screen, context, fence, 0));
    assert_false(f->screen->fence_finish(f->screen, context, fence, 1000));
    fd = f->screen->fence_get_fd(f->screen, fence);
    assert_false(is_readable(fd));
    assert_int_equal(write(gate, &one, sizeof(one)), sizeof(one));
    close(gate); /* the fence has a descriptor of its own, and so has who asked for one */
    assert_true(f->screen->fence_finish(f->screen, context, fence, PIPE_TIMEOUT_INFINITE));
    f->screen->fence_reference(f->screen, &fence, NULL);
    assert_true(is_readable(fd));
    close(fd);
    context->create_fence_fd(context, &fence, fd, PIPE_FD_TYPE_SYNCOBJ);
    assert_null(fence);
    context->destroy(context);
}

/* Before the next submission, and not before what was drawn already. */
static void a_context_waits_when_it_submits(void **state)
{
    struct fixture *f = *state;
    struct pipe_context *context = f->screen->context_create(f->screen, NULL, 0);
    struct pipe_resource *texture = new_texture(f, 256, PIPE_BIND_RENDER_TARGET);
    const struct pipe_surface template = {.format = texture->format};
    struct pipe_surface *surface = context->create_surface(context, texture, &template);
    const union pipe_color_union red = {.f = {1, 0, 0, 1}};
    struct pipe_fence_handle *own = fence_create(7), *fence, *after = NULL;
    int gate = eventfd(0, EFD_CLOEXEC);
    const uint64_t one = 1;

    fence = import(context, gate);
    context->clear_render_target(context, surface, &red, 0, 0, 256, 64, false);
    context->fence_server_sync(context, fence);
    assert_int_equal(f->session->submissions, 1);
    assert_int_equal(f->session->fence_waits, 0);
    context->clear_render_target(context, surface, &red, 0, 0, 256, 64, false);
    context->flush(context, NULL, 0);
    assert_int_equal(f->session->fence_waits, 1);
    assert_int_equal(f->session->submissions_before_wait, 1);
    assert_int_equal(f->session->submissions, 2);
    /* Once. A fence comes after what is waited for, with nothing drawn between. */
    context->flush(context, &after, 0);
    assert_int_equal(f->session->submissions, 2);
    context->fence_server_sync(context, fence);
    context->flush(context, NULL, 0);
    assert_int_equal(f->session->fence_waits, 1);
    context->flush(context, &after, 0);
    assert_int_equal(f->session->fence_waits, 2);
    assert_int_equal(f->session->submissions, 3);
    assert_int_equal(f->session->word_count, 2);
    assert_int_equal(after->seqno, 3);
    /* Its own fences, and those that have come, cost nothing; nor those that come meanwhile. */
    context->fence_server_sync(context, own);
    context->fence_server_sync(context, NULL);
    context->fence_server_sync(context, fence);
    assert_int_equal(write(gate, &one, sizeof(one)), sizeof(one));
    context->fence_server_sync(context, fence);
    context->flush(context, &after, 0);
    assert_int_equal(f->session->fence_waits, 2);
    assert_int_equal(f->session->submissions, 3);

    f->screen->fence_reference(f->screen, &fence, NULL);
    f->screen->fence_reference(f->screen, &own, NULL);
    f->screen->fence_reference(f->screen, &after, NULL);
    close(gate);
    context->surface_destroy(context, surface);
    f->screen->resource_destroy(f->screen, texture);
    context->destroy(context);
}

/* More fences than a context keeps, a daemon that takes no more, a context that goes before. */
static void waits_that_the_daemon_does_not_take(void **state)
{
    struct fixture *f = *state;
    struct pipe_context *context = f->screen->context_create(f->screen, NULL, 0);
    struct pipe_fence_handle *fence, *after = NULL;
    int gate = eventfd(0, EFD_CLOEXEC);

    fence = import(context, gate);
    f->session->fence_error = -ENOSPC;
    for (unsigned i = 0; i < 20; i++) {
        context->fence_server_sync(context, fence);
    }
    assert_int_equal(f->session->fence_waits, 0);
    context->flush(context, &after, 0);
    assert_int_equal(f->session->fence_waits, 8);
    assert_int_equal(f->session->submissions, 1);
    f->session->fence_error = 0;
    context->fence_server_sync(context, fence);
    context->destroy(context);
    assert_int_equal(f->session->fence_waits, 8);
    f->screen->fence_reference(f->screen, &fence, NULL);
    f->screen->fence_reference(f->screen, &after, NULL);
    close(gate);
}

/* The daemon keeps only so many: who wants more waits for the oldest. */
static void no_more_descriptors_than_the_daemon_keeps(void **state)
{
    struct fixture *f = *state;
    struct pipe_context *context = f->screen->context_create(f->screen, NULL, 0);
    struct pipe_fence_handle *fence, *after = NULL;
    int gate = eventfd(0, EFD_CLOEXEC);

    f->session->seqno = 200;
    for (unsigned i = 1; i <= 200; i++) {
        fence = fence_create(i);
        close(f->screen->fence_get_fd(f->screen, fence));
        f->screen->fence_reference(f->screen, &fence, NULL);
        assert_int_equal(f->session->retired, i > 96 ? i - 96 : 0);
    }
    assert_int_equal(f->session->exports, 200);
    fence = import(context, gate);
    for (unsigned i = 1; i <= 100; i++) {
        context->fence_server_sync(context, fence);
        context->flush(context, &after, 0);
        assert_int_equal(f->session->retired, i > 48 ? 200 + i - 48 : 104);
    }
    assert_int_equal(f->session->fence_waits, 100);
    f->screen->fence_reference(f->screen, &fence, NULL);
    f->screen->fence_reference(f->screen, &after, NULL);
    close(gate);
    context->destroy(context);
}

/* Every address of a clear is a relocation inside the target. */
static void a_clear_becomes_a_batch(void **state)
{
    struct fixture *f = *state;
    struct pipe_context *context = f->screen->context_create(f->screen, NULL, 0);
    struct pipe_resource *texture = new_texture(f, 256, PIPE_BIND_RENDER_TARGET);
    const struct pipe_surface template = {.format = texture->format};
    struct pipe_surface *surface = context->create_surface(context, texture, &template);
    const union pipe_color_union red = {.f = {1, 0, 0, 1}};

    context->clear_render_target(context, surface, &red, 0, 0, 256, 64, false);
    context->flush(context, NULL, 0);
    assert_int_equal(f->session->submissions, 1);
    assert_int_equal(f->session->buffer_count, 1);
    assert_ptr_equal(f->session->buffers[0], i915_texture(texture)->buffer->bo);
    assert_true(f->session->reloc_count >= 1);
    assert_true(f->session->relocs[0].use & GEMD_USE_WRITE);

    context->surface_destroy(context, surface);
    f->screen->resource_destroy(f->screen, texture);
    context->destroy(context);
}

static void *map_texture(struct pipe_context *context, struct pipe_resource *texture)
{
    const struct pipe_box box = {.width = 1, .height = 1, .depth = 1};
    struct pipe_transfer *transfer;
    void *map = context->texture_map(context, texture, 0, PIPE_MAP_WRITE, &box, &transfer);

    assert_non_null(map);
    context->texture_unmap(context, transfer);
    return map;
}

/* An upload into one texture must not cut the drawing into another one in pieces. */
static void a_map_flushes_only_for_its_texture(void **state)
{
    struct fixture *f = *state;
    struct pipe_context *context = f->screen->context_create(f->screen, NULL, 0);
    struct pipe_resource *target = new_texture(f, 256, PIPE_BIND_RENDER_TARGET);
    struct pipe_resource *other = new_texture(f, 128, PIPE_BIND_SAMPLER_VIEW);
    const struct pipe_surface template = {.format = target->format};
    struct pipe_surface *surface = context->create_surface(context, target, &template);
    const union pipe_color_union red = {.f = {1, 0, 0, 1}};

    context->clear_render_target(context, surface, &red, 0, 0, 256, 64, false);
    map_texture(context, other);
    assert_int_equal(f->session->submissions, 0);
    map_texture(context, target);
    assert_int_equal(f->session->submissions, 1);
    assert_int_equal(f->session->last_wait, 1);
    context->clear_render_target(context, surface, &red, 0, 0, 256, 64, false);
    context->flush(context, NULL, 0);
    assert_int_equal(f->session->submissions, 2);

    context->surface_destroy(context, surface);
    f->screen->resource_destroy(f->screen, target);
    f->screen->resource_destroy(f->screen, other);
    context->destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(has_the_name_of_the_chip, setup, teardown),
        cmocka_unit_test_setup_teardown(offers_the_formats_that_the_gpu_decodes, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_every_kind_of_loss, setup, teardown),
        cmocka_unit_test_setup_teardown(shares_what_was_asked_to_be_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory_for_a_texture_is_no_texture, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_foreign_handles, setup, teardown),
        cmocka_unit_test_setup_teardown(fences_have_deadlines, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fence_becomes_a_descriptor, setup, teardown),
        cmocka_unit_test_setup_teardown(a_descriptor_becomes_a_fence, setup, teardown),
        cmocka_unit_test_setup_teardown(a_context_waits_when_it_submits, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_that_the_daemon_does_not_take, setup, teardown),
        cmocka_unit_test_setup_teardown(no_more_descriptors_than_the_daemon_keeps, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clear_becomes_a_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(a_map_flushes_only_for_its_texture, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
