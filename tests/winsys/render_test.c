/* SPDX-License-Identifier: MIT */
/* The loaded i915 driver on a real session: pictures, shared textures, and a daemon that dies. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "pipe/p_context.h"
#include "pipe/p_screen.h"
#include "pipe/p_state.h"

#include "tests/lib/daemon.h"
#include "proto/gemd.h"
#include "scene.h"
#include "winsys/i915/driver.h"

struct fixture {
    struct daemon daemon;
    struct gemd_session *session;
    const struct gemd_gallium_driver *driver;
    struct pipe_screen *screen;
};

static const struct gemd_gallium_driver *load(const char *path)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (object == NULL) {
        fail_msg("%s", dlerror());
    }
    return dlsym(object, GEMD_DRIVER_SYMBOL);
}

static void keep_quiet(void *data, const struct gemd_msg_header *event, const char *text)
{
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char reason[GEMD_TEXT_MAX];

    daemon_start(&f->daemon, NULL);
    const struct gemd_connect_options options = {.socket = f->daemon.socket,
                                                 .on_event = keep_quiet};
    if (gemd_session_open(&options, &f->session, reason) != 0) {
        fail_msg("%s", reason);
    }
    f->driver = load(GEMD_BINARY_DIR "/lib/libgemd_i915.so");
    f->screen = f->driver->create_screen(f->session);
    assert_non_null(f->screen);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->screen->destroy(f->screen);
    gemd_session_close(f->session);
    daemon_stop(&f->daemon);
    free(f);
    return 0;
}

/*
 * Edges may fall on the other side of a pixel's centre: gen3 has 4 bits of sub-pixel position,
 * softpipe has floats. Colours are rounded to 8 bits by both.
 */
static void draws_what_softpipe_draws(void **state)
{
    struct fixture *f = *state;
    static uint32_t ours[SCENE_SIZE * SCENE_SIZE], reference[SCENE_SIZE * SCENE_SIZE];
    const struct gemd_gallium_driver *software = load(GEMD_BINARY_DIR "/lib/libgemd_swrast.so");
    struct pipe_screen *softpipe = software->create_software_screen("softpipe");

    assert_non_null(softpipe);
    scene_draw(f->screen, 5, ours);
    scene_draw(softpipe, 1, reference);
    softpipe->destroy(softpipe);
    assert_int_equal(gemd_session_rejected(f->session), 0);
    assert_int_equal(gemd_session_lost(f->session), GEMD_LOST_NOT);

    const struct scene_difference difference = scene_compare(ours, reference);
    assert_true(difference.mean < 0.1);
    assert_true(difference.pixels <= 16);
}

static struct pipe_resource *new_target(struct fixture *f, unsigned size, unsigned bind)
{
    const struct pipe_resource template = {
        .target = PIPE_TEXTURE_2D,
        .format = PIPE_FORMAT_B8G8R8X8_UNORM,
        .width0 = size,
        .height0 = size,
        .depth0 = 1,
        .array_size = 1,
        .bind = PIPE_BIND_RENDER_TARGET | bind,
    };

    return f->screen->resource_create(f->screen, &template);
}

static void gives_the_buffer_of_a_window(void **state)
{
    static const unsigned sizes[] = {1, 64, 239, 240, 300, 2048};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct pipe_resource *target = new_target(f, sizes[i], PIPE_BIND_SCANOUT);
        uint32_t stride = 0, offset = 1;

        assert_non_null(target);
        struct gemd_bo *bo = f->driver->resource_bo(f->screen, target, &stride, &offset);
        assert_non_null(bo);
        assert_int_equal(offset % 4096, 0);
        assert_int_equal(stride % 64, 0);
        assert_true(stride >= sizes[i] * 4);
        assert_true(gemd_bo_size(bo) >= (uint64_t)stride * sizes[i]);
        const int fd = gemd_bo_export(bo);
        assert_true(fd >= 0);
        close(fd);
        f->screen->resource_destroy(f->screen, target);
    }
}

static void a_texture_too_large_for_the_gpu_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct pipe_resource template = {
        .target = PIPE_TEXTURE_3D,
        .format = PIPE_FORMAT_B8G8R8A8_UNORM,
        .width0 = 2048,
        .height0 = 2048,
        .depth0 = 256,
        .array_size = 1,
        .bind = PIPE_BIND_SAMPLER_VIEW,
    };

    assert_null(f->screen->resource_create(f->screen, &template));
}

/* Work goes on without an effect, fences pass, and the context says why. */
static void a_dead_daemon_is_a_reset(void **state)
{
    struct fixture *f = *state;
    struct pipe_context *context = f->screen->context_create(f->screen, NULL, 0);
    struct pipe_resource *target = new_target(f, 256, 0);
    const struct pipe_surface view = {.format = target->format};
    struct pipe_surface *surface = context->create_surface(context, target, &view);
    const union pipe_color_union red = {.f = {1, 0, 0, 1}};
    struct pipe_fence_handle *fence = NULL;

    assert_int_equal(context->get_device_reset_status(context), PIPE_NO_RESET);
    context->clear_render_target(context, surface, &red, 0, 0, 256, 256, false);
    context->flush(context, NULL, 0);
    daemon_kill(&f->daemon);

    for (int i = 0; i < 10; i++) {
        context->clear_render_target(context, surface, &red, 0, 0, 256, 256, false);
        context->flush(context, &fence, PIPE_FLUSH_END_OF_FRAME);
        assert_true(f->screen->fence_finish(f->screen, NULL, fence, PIPE_TIMEOUT_INFINITE));
    }
    f->screen->fence_reference(f->screen, &fence, NULL);
    assert_int_equal(context->get_device_reset_status(context), PIPE_UNKNOWN_CONTEXT_RESET);
    /* A program that has not asked yet makes more textures, and must live. */
    struct pipe_resource *late = new_target(f, 256, PIPE_BIND_SCANOUT);
    assert_non_null(late);
    f->screen->resource_destroy(f->screen, late);

    const struct pipe_box box = {.width = 256, .height = 256, .depth = 1};
    struct pipe_transfer *transfer;
    assert_non_null(context->texture_map(context, target, 0, PIPE_MAP_READ, &box, &transfer));
    context->texture_unmap(context, transfer);
    context->surface_destroy(context, surface);
    f->screen->resource_destroy(f->screen, target);
    context->destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(draws_what_softpipe_draws, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_the_buffer_of_a_window, setup, teardown),
        cmocka_unit_test_setup_teardown(a_texture_too_large_for_the_gpu_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_dead_daemon_is_a_reset, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
