/* SPDX-License-Identifier: MIT */
/* Buffers: made, mapped and imported. */
#include "tests/egl/gbm_scene.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "tests/egl/daemon.h"
#include "tests/egl/gbm_tests.h"

void test_buffers(void **state)
{
    const uint32_t bytes[2] = {0x112233, 0x445566};
    struct gbm_scene scene;

    gbm_scene_open_device(&scene);
    struct gbm_bo *bo =
        gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_BO_FORMAT_XRGB8888, GBM_BO_USE_WRITE);
    assert_non_null(bo);
    assert_int_equal(gbm_bo_get_width(bo), WIDTH);
    assert_int_equal(gbm_bo_get_height(bo), HEIGHT);
    assert_int_equal(gbm_bo_get_format(bo), GBM_FORMAT_XRGB8888);
    assert_int_equal(gbm_bo_get_bpp(bo), 32);
    assert_int_equal(gbm_bo_get_stride(bo) % 64, 0);
    assert_int_equal(gbm_bo_get_plane_count(bo), 1);
    assert_int_equal(gbm_bo_get_offset(bo, 0), 0);
    assert_int_equal(gbm_bo_get_handle_for_plane(bo, 0).u32, gbm_bo_get_handle(bo).u32);
    assert_int_equal(gbm_bo_get_handle_for_plane(bo, 1).s32, -1);
    assert_int_equal(gbm_bo_get_fd_for_plane(bo, 1), -1);
    assert_int_equal(gbm_bo_get_stride_for_plane(bo, 1), 0);
    assert_ptr_equal(gbm_bo_get_device(bo), scene.device);
    assert_int_equal(gbm_bo_write(bo, bytes, sizeof(bytes)), 0);
    assert_int_equal(gbm_scene_pixel(bo, 1, 0), 0x445566);
    assert_int_equal(gbm_bo_write(bo, bytes, 1u << 30), -1);
    assert_int_equal(errno, EINVAL);
    gbm_bo_destroy(bo);
    assert_null(gbm_bo_create(scene.device, 65, 64, GBM_FORMAT_ARGB8888, GBM_BO_USE_CURSOR));
    bo = gbm_bo_create(scene.device, 64, 64, GBM_FORMAT_ARGB8888,
                       GBM_BO_USE_CURSOR | GBM_BO_USE_WRITE);
    assert_int_equal(gbm_bo_get_stride(bo), 256);
    gbm_bo_destroy(bo);
    gbm_scene_close_device(&scene);
}

void test_maps(void **state)
{
    struct gbm_scene scene;
    uint32_t stride = 0;
    void *first = NULL, *second = NULL, *third = NULL;

    gbm_scene_open_device(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888, 0);
    uint8_t *map = gbm_bo_map(bo, 0, 0, WIDTH, HEIGHT, GBM_BO_TRANSFER_READ_WRITE, &stride, &first);
    assert_int_equal(stride, gbm_bo_get_stride(bo));
    const uint8_t *part = gbm_bo_map(bo, 3, 2, 4, 4, GBM_BO_TRANSFER_READ, &stride, &second);
    memset(map + 2 * (size_t)stride + 12, 0x5a, 4);
    assert_int_equal(*part, 0x5a);
    gbm_bo_unmap(bo, first);
    assert_int_equal(*part, 0x5a);
    gbm_bo_unmap(bo, second);
    assert_null(gbm_bo_map(bo, 3, 2, WIDTH, 4, GBM_BO_TRANSFER_READ, &stride, &third));
    assert_null(gbm_bo_map(bo, 0, HEIGHT, 1, 1, GBM_BO_TRANSFER_READ, &stride, &third));
    assert_null(gbm_bo_map(bo, UINT32_MAX, 0, 2, 1, GBM_BO_TRANSFER_READ, &stride, &third));
    assert_null(gbm_bo_map(bo, 0, 0, 1, 1, 0, &stride, &third));
    gbm_bo_destroy(bo);
    gbm_scene_close_device(&scene);
}

static struct gbm_bo *import(const struct gbm_scene *scene,
                             const struct gbm_import_fd_modifier_data *data)
{
    struct gbm_import_fd_modifier_data copy = *data;

    return gbm_bo_import(scene->device, GBM_BO_IMPORT_FD_MODIFIER, &copy, GBM_BO_USE_SCANOUT);
}

void test_imports(void **state)
{
    const uint32_t bytes[] = {0x123456};
    struct gbm_scene scene;

    gbm_scene_open_device(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888, 0);
    struct gbm_import_fd_data data = {.fd = gbm_bo_get_fd(bo),
                                      .width = WIDTH,
                                      .height = HEIGHT,
                                      .stride = gbm_bo_get_stride(bo),
                                      .format = GBM_FORMAT_ARGB8888};
    assert_true(data.fd >= 0);
    struct gbm_bo *twin = gbm_bo_import(scene.device, GBM_BO_IMPORT_FD, &data, 0);
    assert_non_null(twin);
    assert_int_equal(gbm_bo_write(bo, bytes, sizeof(bytes)), 0);
    assert_int_equal(gbm_scene_pixel(twin, 0, 0), 0x123456);
    assert_int_equal(gbm_bo_get_handle(twin).u32, gbm_bo_get_handle(bo).u32);
    /* The handle is both's. */
    gbm_bo_destroy(bo);
    struct gbm_import_fd_modifier_data planes = {.width = WIDTH,
                                                 .height = HEIGHT - 1,
                                                 .format = GBM_FORMAT_XRGB8888,
                                                 .num_fds = 1,
                                                 .fds = {data.fd},
                                                 .strides = {(int)data.stride},
                                                 .offsets = {(int)data.stride}};
    struct gbm_bo *third = import(&scene, &planes);
    assert_non_null(third);
    assert_int_equal(gbm_bo_get_offset(third, 0), data.stride);
    gbm_bo_destroy(third);
    assert_int_equal(gbm_scene_pixel(twin, 0, 0), 0x123456);
    gbm_bo_destroy(twin);
    close(data.fd);
    gbm_scene_close_device(&scene);
}

void test_bad_imports(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_device(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888, 0);
    const int fd = gbm_bo_get_fd(bo), stride = (int)gbm_bo_get_stride(bo);
    const int file = memfd_create("unsealed", MFD_CLOEXEC);
    assert_int_equal(ftruncate(file, 1 << 20), 0);
    const struct gbm_import_fd_modifier_data good = {.width = WIDTH,
                                                     .height = HEIGHT,
                                                     .format = GBM_FORMAT_XRGB8888,
                                                     .num_fds = 1,
                                                     .fds = {fd},
                                                     .strides = {stride}};
    struct gbm_import_fd_modifier_data bad[14];
    for (unsigned i = 0; i < COUNT(bad); i++) {
        bad[i] = good;
    }
    bad[0].num_fds = 0;
    bad[1].num_fds = 2;
    bad[2].fds[0] = -1;
    bad[3].fds[0] = file;
    bad[4].strides[0] = 4 * (int)WIDTH - 4;
    bad[5].strides[0] = stride + 1;
    bad[6].strides[0] = -stride;
    bad[7].offsets[0] = 1 << 30;
    bad[8].offsets[0] = -4;
    bad[9].format = GBM_FORMAT_NV12;
    bad[10].modifier = I915_FORMAT_MOD_X_TILED;
    bad[11].width = 0;
    bad[12].height = UINT32_MAX;
    bad[13].fds[0] = STDIN_FILENO;
    for (unsigned i = 0; i < COUNT(bad); i++) {
        assert_null(import(&scene, &bad[i]));
        assert_int_not_equal(errno, 0);
    }
    assert_null(gbm_bo_import(scene.device, GBM_BO_IMPORT_FD, NULL, 0));
    assert_null(gbm_bo_import(scene.device, 0x7777, &bad[0], 0));
    struct gbm_bo *twin = import(&scene, &good);
    assert_non_null(twin);
    gbm_bo_destroy(twin);
    close(file);
    close(fd);
    gbm_bo_destroy(bo);
    gbm_scene_close_device(&scene);
}

/* Tiles of others may be shown, and no more. */
void test_tiles(void **state)
{
    struct gbm_scene scene;
    uint32_t stride;
    void *data = NULL;

    if (!gbm_device_say_tiles(true)) {
        skip();
    }
    gbm_scene_open_device(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, 128, 8, GBM_FORMAT_XRGB8888, 0);
    struct gbm_import_fd_data source = {.fd = gbm_bo_get_fd(bo),
                                        .width = 128,
                                        .height = 8,
                                        .stride = 512,
                                        .format = GBM_FORMAT_XRGB8888};
    struct gbm_bo *tiles = gbm_bo_import(scene.device, GBM_BO_IMPORT_FD, &source, 0);
    assert_non_null(tiles);
    assert_true(gbm_bo_get_modifier(tiles) == I915_FORMAT_MOD_X_TILED);
    assert_null(gbm_bo_map(tiles, 0, 0, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data));
    gbm_bo_destroy(tiles);
    gbm_bo_destroy(bo);
    close(source.fd);
    gbm_device_say_tiles(false);
    gbm_scene_close_device(&scene);
}
