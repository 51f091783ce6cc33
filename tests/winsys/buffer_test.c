/* SPDX-License-Identifier: MIT */
/* Buffers and fences: sizes, sharing, waits before a map, and failures. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drm-uapi/drm_fourcc.h"
#include "fake_gemd.h"
#include "proto/memfile.h"
#include "frontend/winsys_handle.h"
#include "winsys/i915/winsys.h"

struct fixture {
    struct gemd_session *session;
    struct i915_winsys *winsys;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->session = fake_session_new();
    f->winsys = winsys_create(f->session);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->winsys->destroy(f->winsys);
    fake_session_free(f->session);
    free(f);
    return 0;
}

static void tells_the_device(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(f->winsys->pci_id, 0x29c2);
    assert_int_equal(f->winsys->aperture_size(f->winsys), 256);
}

static void pads_textures(void **state)
{
    static const struct {
        unsigned stride, height, aligned;
        uint64_t bytes;
    } cases[] = {
        {1, 1, 64, 4096},            /* 64 * 3 */
        {1024, 256, 1024, 266240},   /* 1024 * 257, in pages */
        {1200, 3, 1216, 8192},       /* 1216 * 5 */
        {8192, 1600, 8192, 13115392} /* 8192 * 1601 */
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned stride = cases[i].stride;
        enum i915_winsys_buffer_tile tiling = I915_TILE_X;
        struct i915_winsys_buffer *buffer = f->winsys->buffer_create_tiled(
            f->winsys, &stride, cases[i].height, &tiling, I915_NEW_TEXTURE);

        assert_non_null(buffer);
        assert_int_equal(stride, cases[i].aligned);
        assert_int_equal(tiling, I915_TILE_NONE);
        assert_int_equal(gemd_bo_size(buffer->bo), cases[i].bytes);
        assert_true(fake_bo(buffer->bo)->fd < 0);
        f->winsys->buffer_destroy(f->winsys, buffer);
    }
}

static void refuses_what_can_never_be_drawn(void **state)
{
    struct fixture *f = *state;
    enum i915_winsys_buffer_tile tiling = I915_TILE_NONE;
    unsigned stride = 8192;

    assert_null(f->winsys->buffer_create_tiled(f->winsys, &stride, 2048, &tiling,
                                               I915_NEW_TEXTURE)); /* over 16 MiB */
    stride = UINT32_MAX;
    assert_null(
        f->winsys->buffer_create_tiled(f->winsys, &stride, UINT32_MAX, &tiling, I915_NEW_TEXTURE));
    assert_null(f->winsys->buffer_create(f->winsys, 0, I915_NEW_VERTEX));
}

static void survives_being_out_of_memory(void **state)
{
    struct fixture *f = *state;

    f->session->out_of_memory = true;
    assert_null(f->winsys->buffer_create(f->winsys, 4096, I915_NEW_VERTEX));
    assert_null(f->winsys->buffer_map(f->winsys, NULL, true));
    f->winsys->buffer_unmap(f->winsys, NULL);
    f->winsys->buffer_destroy(f->winsys, NULL);
    assert_false(f->winsys->buffer_is_busy(f->winsys, NULL));
}

static void a_map_waits_for_the_gpu(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *buffer = f->winsys->buffer_create(f->winsys, 4096, I915_NEW_TEXTURE);

    fake_bo(buffer->bo)->last_write = 3;
    fake_bo(buffer->bo)->last_use = 5;
    assert_true(f->winsys->buffer_is_busy(f->winsys, buffer));
    assert_ptr_equal(f->winsys->buffer_map(f->winsys, buffer, false), gemd_bo_map(buffer->bo));
    assert_int_equal(f->session->last_wait, 3);
    assert_non_null(f->winsys->buffer_map(f->winsys, buffer, true));
    assert_int_equal(f->session->last_wait, 5);
    assert_int_equal(f->session->waits, 2);
    assert_false(f->winsys->buffer_is_busy(f->winsys, buffer));
    assert_non_null(f->winsys->buffer_map(f->winsys, buffer, true));
    assert_int_equal(f->session->waits, 2);
    f->winsys->buffer_destroy(f->winsys, buffer);
}

static void writes_stay_inside(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *buffer = f->winsys->buffer_create(f->winsys, 4096, I915_NEW_TEXTURE);
    const char data[] = "four";

    assert_int_equal(f->winsys->buffer_write(f->winsys, buffer, 4092, 4, data), 0);
    assert_memory_equal((const char *)gemd_bo_map(buffer->bo) + 4092, data, 4);
    assert_int_not_equal(f->winsys->buffer_write(f->winsys, buffer, 4093, 4, data), 0);
    assert_int_not_equal(f->winsys->buffer_write(f->winsys, buffer, SIZE_MAX, 4, data), 0);
    f->winsys->buffer_destroy(f->winsys, buffer);
}

static void a_shared_buffer_comes_back_as_itself(void **state)
{
    struct fixture *f = *state;
    unsigned stride = 1024;
    enum i915_winsys_buffer_tile tiling = I915_TILE_NONE;
    struct i915_winsys_buffer *buffer =
        f->winsys->buffer_create_tiled(f->winsys, &stride, 16, &tiling, I915_NEW_SCANOUT);
    struct winsys_handle handle = {.type = WINSYS_HANDLE_TYPE_FD};

    assert_true(f->winsys->buffer_get_handle(f->winsys, buffer, &handle, stride));
    assert_int_equal(handle.stride, 1024);
    stride = 0;
    struct i915_winsys_buffer *again =
        f->winsys->buffer_from_handle(f->winsys, &handle, 16, &tiling, &stride);
    assert_non_null(again);
    assert_ptr_equal(again->bo, buffer->bo);
    assert_int_equal(stride, 1024);

    struct winsys_handle tall = handle, offset = handle, odd = handle, zero = handle;
    offset.offset = 32;
    odd.stride = 1023;
    zero.stride = 0;
    assert_null(f->winsys->buffer_from_handle(f->winsys, &tall, 1u << 20, &tiling, &stride));
    assert_null(f->winsys->buffer_from_handle(f->winsys, &offset, 16, &tiling, &stride));
    assert_null(f->winsys->buffer_from_handle(f->winsys, &odd, 16, &tiling, &stride));
    assert_null(f->winsys->buffer_from_handle(f->winsys, &zero, 16, &tiling, &stride));
    close((int)handle.handle);

    handle.type = WINSYS_HANDLE_TYPE_KMS;
    assert_true(f->winsys->buffer_get_handle(f->winsys, buffer, &handle, stride));
    assert_int_equal(handle.handle, gemd_bo_handle(buffer->bo));
    handle.type = WINSYS_HANDLE_TYPE_SHARED;
    assert_false(f->winsys->buffer_get_handle(f->winsys, buffer, &handle, stride));
    f->winsys->buffer_destroy(f->winsys, again);
    f->winsys->buffer_destroy(f->winsys, buffer);
}

static void an_import_begins_at_its_offset(void **state)
{
    struct fixture *f = *state;
    unsigned stride = 1024;
    enum i915_winsys_buffer_tile tiling = I915_TILE_NONE;
    struct i915_winsys_buffer *buffer =
        f->winsys->buffer_create_tiled(f->winsys, &stride, 16, &tiling, I915_NEW_SCANOUT);
    struct winsys_handle handle = {.type = WINSYS_HANDLE_TYPE_FD};

    assert_true(f->winsys->buffer_get_handle(f->winsys, buffer, &handle, stride));
    handle.offset = 4096;
    struct i915_winsys_buffer *part =
        f->winsys->buffer_from_handle(f->winsys, &handle, 12, &tiling, &stride);
    assert_non_null(part);
    const uint8_t *start = f->winsys->buffer_map(f->winsys, buffer, false);
    assert_ptr_equal(f->winsys->buffer_map(f->winsys, part, false), start + 4096);
    const uint64_t left = gemd_bo_size(part->bo) - 4096;
    assert_int_equal(f->winsys->buffer_write(f->winsys, part, left, 0, "x"), 0);
    assert_int_not_equal(f->winsys->buffer_write(f->winsys, part, left, 1, "x"), 0);

    struct winsys_handle again = {.type = WINSYS_HANDLE_TYPE_FD};
    assert_true(f->winsys->buffer_get_handle(f->winsys, part, &again, stride));
    assert_int_equal(again.offset, 4096);
    close((int)again.handle);
    handle.offset = (unsigned)gemd_bo_size(part->bo) - 12 * stride + 64;
    assert_null(f->winsys->buffer_from_handle(f->winsys, &handle, 12, &tiling, &stride));
    close((int)handle.handle);
    f->winsys->buffer_destroy(f->winsys, part);
    f->winsys->buffer_destroy(f->winsys, buffer);
}

static void a_private_buffer_moves_into_a_file(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *buffer = f->winsys->buffer_create(f->winsys, 4096, I915_NEW_TEXTURE);
    struct winsys_handle handle = {.type = WINSYS_HANDLE_TYPE_FD};
    struct gemd_bo *arena = buffer->bo;

    memcpy(gemd_bo_map(arena), "contents", 9);
    f->session->out_of_memory = true;
    assert_false(f->winsys->buffer_get_handle(f->winsys, buffer, &handle, 64));
    f->session->out_of_memory = false;
    assert_ptr_equal(buffer->bo, arena);
    assert_true(f->winsys->buffer_get_handle(f->winsys, buffer, &handle, 64));
    assert_ptr_not_equal(buffer->bo, arena);
    assert_string_equal(gemd_bo_map(buffer->bo), "contents");
    close((int)handle.handle);
    assert_true(f->winsys->buffer_get_handle(f->winsys, buffer, &handle, 64));
    close((int)handle.handle);
    f->winsys->buffer_destroy(f->winsys, buffer);
}

/* As the driver of somebody else would put it there; its own formula, not that of the winsys. */
static uint64_t in_x_tiles(unsigned x, unsigned y, unsigned pitch, uint32_t swizzle)
{
    const uint64_t tile = (uint64_t)(y / 8) * (pitch / 512) + x / 512;
    const uint64_t at = tile * 4096 + (y % 8) * 512 + x % 512;
    const unsigned bits = (unsigned)__builtin_popcountll(at & swizzle);

    return bits % 2 != 0 ? at ^ 64 : at;
}

static void tiles_are_mapped_as_lines(void **state)
{
    static const uint32_t swizzles[] = {0, 1u << 9, 1u << 9 | 1u << 10};
    struct fixture *f = *state;

    for (unsigned s = 0; s < ARRAY_SIZE(swizzles); s++) {
        f->session->swizzle = swizzles[s];
        unsigned stride = 1024, made = stride;
        enum i915_winsys_buffer_tile tiling = I915_TILE_NONE;
        struct i915_winsys_buffer *file =
            f->winsys->buffer_create_tiled(f->winsys, &made, 31, &tiling, I915_NEW_SCANOUT);
        struct winsys_handle handle = {.type = WINSYS_HANDLE_TYPE_FD};

        assert_true(f->winsys->buffer_get_handle(f->winsys, file, &handle, stride));
        handle.modifier = DRM_FORMAT_MOD_INVALID;
        struct i915_winsys_buffer *tiled =
            f->winsys->buffer_from_handle(f->winsys, &handle, 16, &tiling, &stride);
        assert_non_null(tiled);
        assert_int_equal(tiling, I915_TILE_NONE); /* by its name it lies in lines */
        tiled->tile_pitch = stride;
        atomic_store(&winsys_of(f->winsys)->swizzle_x, swizzles[s]);

        uint8_t *tiles = gemd_bo_map(tiled->bo);
        for (unsigned y = 0; y < 16; y++) {
            for (unsigned x = 0; x < stride; x++) {
                tiles[in_x_tiles(x, y, stride, swizzles[s])] = (uint8_t)(x + y * 7);
            }
        }
        uint8_t *lines = f->winsys->buffer_map(f->winsys, tiled, true);
        assert_ptr_equal(f->winsys->buffer_map(f->winsys, tiled, false), lines);
        for (unsigned y = 0; y < 16; y++) {
            for (unsigned x = 0; x < stride; x++) {
                assert_int_equal(lines[y * stride + x], (uint8_t)(x + y * 7));
            }
        }
        lines[9 * stride + 700] = 0xee;
        f->winsys->buffer_unmap(f->winsys, tiled);
        f->winsys->buffer_unmap(f->winsys, tiled);
        assert_int_equal(tiles[in_x_tiles(700, 9, stride, swizzles[s])], 0xee);
        close((int)handle.handle);
        f->winsys->buffer_destroy(f->winsys, tiled);
        f->winsys->buffer_destroy(f->winsys, file);
    }
}

/* What the daemon would refuse when it is too late. */
static void tiles_must_be_possible(void **state)
{
    static const struct {
        const char *name;
        uint32_t pitch, rows, bytes, swizzle;
        int error;
    } cases[] = {
        {MEMFILE_X_TILES, 1024, 16, 16384, 1u << 9, 0},
        {MEMFILE_X_TILES, 512, 1, 4096, 0, 0},
        {MEMFILE_X_TILES, 512, 9, 4096, 0, -EINVAL},
        {MEMFILE_X_TILES, 256, 16, 16384, 0, -EINVAL},
        {MEMFILE_X_TILES, 1536, 8, 16384, 0, -EINVAL},
        {MEMFILE_X_TILES, 16384, 8, 1 << 20, 0, -EINVAL},
        {MEMFILE_X_TILES, 1024, UINT32_MAX, 16384, 0, -EINVAL},
        {MEMFILE_X_TILES, 1024, 16, 16384, 1u << 17, -EOPNOTSUPP},
        {MEMFILE_Y_TILES, 1024, 16, 16384, 0, -EINVAL},
        {"picture", 1024, 16, 16384, 0, -EINVAL},
    };
    struct fixture *f = *state;

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gemd_bo *bo = NULL;
        int fd = memfile_create(cases[i].name, cases[i].bytes);

        assert_true(fd >= 0);
        assert_int_equal(tiles_are_in(fd), i + 1 < ARRAY_SIZE(cases));
        f->session->swizzle = cases[i].swizzle;
        int error = tiles_import(winsys_of(f->winsys), fd, cases[i].pitch, cases[i].rows, &bo);
        /* The fake knows no files but its own. */
        assert_int_equal(error, cases[i].error == 0 ? -ENOENT : cases[i].error);
        close(fd);
    }
}

static struct i915_winsys_buffer *new_vertices(struct fixture *f)
{
    return f->winsys->buffer_create(f->winsys, 64 * 1024, I915_NEW_VERTEX);
}

/* As soon as the GPU is done with them, and not before. */
static void vertex_buffers_are_used_again(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *a = new_vertices(f);

    fake_bo(a->bo)->last_use = 1;
    f->session->seqno = 1;
    f->winsys->buffer_destroy(f->winsys, a);
    struct i915_winsys_buffer *b = new_vertices(f);
    assert_ptr_not_equal(a, b);
    f->winsys->buffer_destroy(f->winsys, b);
    f->session->retired = 1;
    assert_ptr_equal(new_vertices(f), a);
    assert_int_equal(fake_live_buffers(f->session), 2);
    f->winsys->buffer_destroy(f->winsys, a);
}

/* The GPU does not use it yet, but will. */
static void vertex_buffers_of_an_open_batch_are_not(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_batchbuffer *batch = f->winsys->batchbuffer_create(f->winsys);
    struct i915_winsys_buffer *a = new_vertices(f);

    f->winsys->batchbuffer_reloc(batch, a, I915_USAGE_VERTEX, 0, false);
    f->winsys->buffer_destroy(f->winsys, a);
    struct i915_winsys_buffer *b = new_vertices(f);
    assert_ptr_not_equal(a, b);
    f->winsys->batchbuffer_flush(batch, NULL, I915_FLUSH_ASYNC);
    struct i915_winsys_buffer *c = new_vertices(f);
    assert_ptr_not_equal(a, c);
    f->session->retired = f->session->seqno;
    struct i915_winsys_buffer *d = new_vertices(f);
    assert_ptr_equal(a, d);
    f->winsys->buffer_destroy(f->winsys, b);
    f->winsys->buffer_destroy(f->winsys, c);
    f->winsys->buffer_destroy(f->winsys, d);
    f->winsys->batchbuffer_destroy(batch);
}

static void the_pool_has_a_limit(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *buffers[300];

    for (int i = 0; i < 300; i++) {
        buffers[i] = new_vertices(f);
        assert_non_null(buffers[i]);
    }
    for (int i = 0; i < 300; i++) {
        f->winsys->buffer_destroy(f->winsys, buffers[i]);
    }
    assert_int_equal(fake_live_buffers(f->session), 256); /* 16 MiB */
}

static void vertex_buffers_of_other_sizes_are_left_alone(void **state)
{
    struct fixture *f = *state;
    struct i915_winsys_buffer *small = new_vertices(f);
    struct i915_winsys_buffer *large = f->winsys->buffer_create(f->winsys, 130000, I915_NEW_VERTEX);

    assert_int_equal(gemd_bo_size(large->bo), 128 * 1024);
    f->winsys->buffer_destroy(f->winsys, large);
    f->winsys->buffer_destroy(f->winsys, small);
    assert_ptr_equal(new_vertices(f), small);
    assert_ptr_equal(f->winsys->buffer_create(f->winsys, 100000, I915_NEW_VERTEX), large);
    f->winsys->buffer_destroy(f->winsys, large);
    f->winsys->buffer_destroy(f->winsys, small);
    assert_ptr_equal(new_vertices(f), small);
    f->winsys->buffer_destroy(f->winsys, small);
}

static void fences_count_references(void **state)
{
    struct fixture *f = *state;
    struct pipe_fence_handle *a = fence_create(2), *b = NULL;

    f->session->seqno = 2;
    assert_false(f->winsys->fence_signalled(f->winsys, a));
    f->winsys->fence_reference(f->winsys, &b, a);
    f->winsys->fence_reference(f->winsys, &a, NULL);
    assert_null(a);
    assert_int_equal(f->winsys->fence_finish(f->winsys, b), 1);
    assert_int_equal(f->session->last_wait, 2);
    assert_true(f->winsys->fence_signalled(f->winsys, b));
    f->winsys->fence_reference(f->winsys, &b, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_the_device, setup, teardown),
        cmocka_unit_test_setup_teardown(pads_textures, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_can_never_be_drawn, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_being_out_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_map_waits_for_the_gpu, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_stay_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(a_shared_buffer_comes_back_as_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(tiles_are_mapped_as_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(tiles_must_be_possible, setup, teardown),
        cmocka_unit_test_setup_teardown(an_import_begins_at_its_offset, setup, teardown),
        cmocka_unit_test_setup_teardown(a_private_buffer_moves_into_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(vertex_buffers_are_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(vertex_buffers_of_an_open_batch_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(the_pool_has_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(vertex_buffers_of_other_sizes_are_left_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(fences_count_references, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
