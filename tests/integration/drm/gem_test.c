/* SPDX-License-Identifier: MIT */
/* Ioctls on buffers: good ones, and what bad arguments give, errno by errno. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/dma-buf.h>

#include "tests/integration/drm/bed.h"
#include "winsys/drm/server/sync_file.h"

enum { SIZE = 64 << 10, MINE = 1, NOBODYS = 77 }; /* handles */

static uint8_t bytes[SIZE];

/* ---- errors ---- */

struct row {
    const char *name;
    unsigned long request;
    const void *argument;
    size_t size;
    int expected;
};

#define ROW(expected, request, type, ...)                                                          \
    {                                                                                              \
#request " " #__VA_ARGS__, DRM_IOCTL_##request,                                            \
            &(const struct type){__VA_ARGS__ }, sizeof(struct type), expected                      \
    }
#define POINTER (uintptr_t) bytes

static void each_bad_argument_has_its_errno(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open_card(bed);
    const struct row rows[] = {
        ROW(-EINVAL, I915_GEM_CREATE, drm_i915_gem_create, .size = 0),
        ROW(-E2BIG, I915_GEM_CREATE, drm_i915_gem_create, .size = UINT64_MAX - 4095),
        ROW(-EINVAL, I915_GEM_CREATE_EXT, drm_i915_gem_create_ext, .size = 4096, .flags = 1),
        ROW(-EINVAL, I915_GEM_CREATE_EXT, drm_i915_gem_create_ext, .size = 0),
        ROW(0, I915_GEM_CREATE_EXT, drm_i915_gem_create_ext, .size = 4096),
        ROW(-EINVAL, GEM_CLOSE, drm_gem_close, .handle = NOBODYS),
        ROW(-EINVAL, GEM_CLOSE, drm_gem_close, .handle = 0),
        ROW(0, I915_GEM_PREAD, drm_i915_gem_pread, .handle = NOBODYS, .size = 0),
        ROW(-ENOENT, I915_GEM_PREAD, drm_i915_gem_pread, .handle = NOBODYS, .size = 4,
            .data_ptr = POINTER),
        ROW(-EINVAL, I915_GEM_PREAD, drm_i915_gem_pread, .handle = MINE, .offset = SIZE, .size = 4,
            .data_ptr = POINTER),
        ROW(-EINVAL, I915_GEM_PREAD, drm_i915_gem_pread, .handle = MINE, .offset = UINT64_MAX - 1,
            .size = 4, .data_ptr = POINTER),
        ROW(-EFAULT, I915_GEM_PREAD, drm_i915_gem_pread, .handle = MINE, .size = 4, .data_ptr = 8),
        ROW(-ENOENT, I915_GEM_PWRITE, drm_i915_gem_pwrite, .handle = NOBODYS, .size = 4,
            .data_ptr = POINTER),
        ROW(-EINVAL, I915_GEM_PWRITE, drm_i915_gem_pwrite, .handle = MINE, .offset = SIZE - 3,
            .size = 4, .data_ptr = POINTER),
        ROW(-EFAULT, I915_GEM_PWRITE, drm_i915_gem_pwrite, .handle = MINE, .size = 4,
            .data_ptr = 8),
        ROW(-EINVAL, I915_GEM_MMAP, drm_i915_gem_mmap, .handle = MINE, .size = SIZE, .flags = 2),
        ROW(-ENOENT, I915_GEM_MMAP, drm_i915_gem_mmap, .handle = NOBODYS, .size = SIZE),
        ROW(-EINVAL, I915_GEM_MMAP, drm_i915_gem_mmap, .handle = MINE, .size = SIZE + 1),
        ROW(-EINVAL, I915_GEM_MMAP, drm_i915_gem_mmap, .handle = MINE, .size = 0),
        ROW(-ENOENT, I915_GEM_MMAP_GTT, drm_i915_gem_mmap_gtt, .handle = NOBODYS),
        ROW(-ENOENT, I915_GEM_MMAP_OFFSET, drm_i915_gem_mmap_offset, .handle = NOBODYS),
        ROW(-EINVAL, I915_GEM_MMAP_OFFSET, drm_i915_gem_mmap_offset, .handle = MINE, .flags = 5),
        ROW(-ENODEV, I915_GEM_MMAP_OFFSET, drm_i915_gem_mmap_offset, .handle = MINE,
            .flags = I915_MMAP_OFFSET_FIXED),
        ROW(-EINVAL, I915_GEM_SET_DOMAIN, drm_i915_gem_set_domain, .handle = MINE,
            .read_domains = I915_GEM_DOMAIN_RENDER),
        ROW(-EINVAL, I915_GEM_SET_DOMAIN, drm_i915_gem_set_domain, .handle = MINE,
            .read_domains = I915_GEM_DOMAIN_CPU, .write_domain = I915_GEM_DOMAIN_GTT),
        ROW(0, I915_GEM_SET_DOMAIN, drm_i915_gem_set_domain, .handle = NOBODYS),
        ROW(-ENOENT, I915_GEM_SET_DOMAIN, drm_i915_gem_set_domain, .handle = NOBODYS,
            .read_domains = I915_GEM_DOMAIN_CPU),
        ROW(-ENOENT, I915_GEM_SW_FINISH, drm_i915_gem_sw_finish, .handle = NOBODYS),
        ROW(-ENOENT, I915_GEM_BUSY, drm_i915_gem_busy, .handle = NOBODYS),
        ROW(-ENOENT, I915_GEM_WAIT, drm_i915_gem_wait, .bo_handle = NOBODYS),
        ROW(-EINVAL, I915_GEM_WAIT, drm_i915_gem_wait, .bo_handle = MINE, .flags = 1),
        ROW(-ENOENT, I915_GEM_MADVISE, drm_i915_gem_madvise, .handle = NOBODYS),
        ROW(-EINVAL, I915_GEM_MADVISE, drm_i915_gem_madvise, .handle = MINE, .madv = 2),
        ROW(-ENOENT, I915_GEM_SET_TILING, drm_i915_gem_set_tiling, .handle = NOBODYS),
        ROW(-EINVAL, I915_GEM_SET_TILING, drm_i915_gem_set_tiling, .handle = MINE,
            .tiling_mode = I915_TILING_LAST + 1, .stride = 512),
        ROW(-EINVAL, I915_GEM_SET_TILING, drm_i915_gem_set_tiling, .handle = MINE,
            .tiling_mode = I915_TILING_X, .stride = 0),
        ROW(-EINVAL, I915_GEM_SET_TILING, drm_i915_gem_set_tiling, .handle = MINE,
            .tiling_mode = I915_TILING_X, .stride = 256),
        ROW(-EINVAL, I915_GEM_SET_TILING, drm_i915_gem_set_tiling, .handle = MINE,
            .tiling_mode = I915_TILING_X, .stride = 1536),
        ROW(-EINVAL, I915_GEM_SET_TILING, drm_i915_gem_set_tiling, .handle = MINE,
            .tiling_mode = I915_TILING_X, .stride = 16384),
        ROW(-ENOENT, I915_GEM_GET_TILING, drm_i915_gem_get_tiling, .handle = NOBODYS),
        ROW(-ENOENT, I915_GEM_SET_CACHING, drm_i915_gem_caching, .handle = NOBODYS),
        ROW(-EINVAL, I915_GEM_SET_CACHING, drm_i915_gem_caching, .handle = MINE, .caching = 3),
        ROW(-ENOENT, I915_GEM_GET_CACHING, drm_i915_gem_caching, .handle = NOBODYS),
        ROW(-ENODEV, I915_GEM_USERPTR, drm_i915_gem_userptr, .user_size = 4096),
        ROW(-EINVAL, I915_GEM_USERPTR, drm_i915_gem_userptr, .user_size = 4096, .flags = 4),
        ROW(-EINVAL, I915_GEM_USERPTR, drm_i915_gem_userptr, .user_size = 0),
        ROW(-EINVAL, I915_GEM_USERPTR, drm_i915_gem_userptr, .user_size = 4097),
        ROW(-EINVAL, I915_GEM_USERPTR, drm_i915_gem_userptr, .user_size = 4096, .user_ptr = 1),
        ROW(-E2BIG, I915_GEM_USERPTR, drm_i915_gem_userptr, .user_size = 1ull << 43),
        ROW(-EFAULT, I915_GEM_USERPTR, drm_i915_gem_userptr, .user_size = 4096,
            .user_ptr = 1ull << 63),
        ROW(-ENOENT, GEM_FLINK, drm_gem_flink, .handle = NOBODYS),
        ROW(-ENOENT, GEM_OPEN, drm_gem_open, .name = NOBODYS),
        ROW(-ENOENT, PRIME_HANDLE_TO_FD, drm_prime_handle, .handle = NOBODYS),
        ROW(-EINVAL, PRIME_HANDLE_TO_FD, drm_prime_handle, .handle = MINE, .flags = 1),
        ROW(-EBADF, PRIME_FD_TO_HANDLE, drm_prime_handle, .fd = -1),
        ROW(-EBADF, PRIME_FD_TO_HANDLE, drm_prime_handle, .fd = 1 << 30),
        ROW(-EINVAL, MODE_CREATE_DUMB, drm_mode_create_dumb, .width = 0, .height = 4, .bpp = 32),
        ROW(-EINVAL, MODE_CREATE_DUMB, drm_mode_create_dumb, .width = 4, .height = 4, .bpp = 24),
        ROW(-EINVAL, MODE_CREATE_DUMB, drm_mode_create_dumb, .width = UINT32_MAX, .height = 4,
            .bpp = 32),
        ROW(-ENOENT, MODE_MAP_DUMB, drm_mode_map_dumb, .handle = NOBODYS),
        ROW(-EINVAL, MODE_DESTROY_DUMB, drm_mode_destroy_dumb, .handle = NOBODYS),
    };
    assert_int_equal(bed_create(file, SIZE), MINE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t argument[256] = {0};
        memcpy(argument, rows[i].argument, rows[i].size);
        int result = bed_ioctl(file, rows[i].request, argument);
        if (result != rows[i].expected) {
            fail_msg("%s: %d, not %d", rows[i].name, result, rows[i].expected);
        }
    }
    bed_close(file);
}

static int import_fd(struct drm_file *file, int fd)
{
    struct drm_prime_handle prime = {.fd = fd};
    int result = bed_ioctl(file, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
    close(fd);
    return result;
}

static void only_sealed_memory_files_are_buffers(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    int pipes[2];
    int fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fd, 8192), 0);
    assert_int_equal(import_fd(file, fd), -EINVAL);
    assert_int_equal(import_fd(file, open("/dev/null", O_RDWR | O_CLOEXEC)), -EINVAL);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(import_fd(file, pipes[0]), -EINVAL);
    close(pipes[1]);
    fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fd, 8192), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    assert_int_equal(import_fd(file, fd), 0);
    bed_close(file);
}

/* ---- lives ---- */

static void handles_are_the_lowest_free_ones(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    for (uint32_t i = 1; i <= 200; i++) {
        assert_int_equal(bed_create(file, 4096), i);
    }
    bed_drop(file, 150);
    bed_drop(file, 3);
    assert_int_equal(bed_create(file, 4096), 3);
    assert_int_equal(bed_create(file, 4096), 150);
    assert_int_equal(bed_create(file, 4096), 201);
    bed_close(file);
}

static void bytes_come_back_by_each_way(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    uint32_t handle = bed_create(file, SIZE - 1);
    uint8_t back[SIZE] = {0};
    for (unsigned i = 0; i < SIZE; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    }
    struct drm_i915_gem_pwrite write = {
        .handle = handle, .offset = 5, .size = SIZE - 5, .data_ptr = POINTER};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
    struct drm_i915_gem_pread read = {
        .handle = handle, .offset = 5, .size = SIZE - 5, .data_ptr = (uintptr_t)back};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PREAD, &read), 0);
    assert_memory_equal(back, bytes, SIZE - 5);
    for (unsigned aperture = 0; aperture < 2; aperture++) {
        uint8_t *map = bed_map(file, handle, SIZE, aperture != 0);
        assert_memory_equal(map + 5, bytes, SIZE - 5);
        munmap(map, SIZE);
    }
    struct drm_i915_gem_mmap map = {.handle = handle, .offset = 4096, .size = 4096};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_MMAP, &map), 0);
    assert_memory_equal((void *)(uintptr_t)map.addr_ptr, bytes + 4091, 4096);
    munmap((void *)(uintptr_t)map.addr_ptr, 4096);
    bed_close(file);
}

static void mappings_are_inside_and_ones_own(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed), *other = bed_open(bed);
    struct drm_i915_gem_mmap_gtt map = {.handle = bed_create(file, SIZE)};
    uint64_t at;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_MMAP_GTT, &map), 0);
    assert_int_equal(drm_gem_map(file, map.offset, SIZE + 1, PROT_READ, &at), -EINVAL);
    assert_int_equal(drm_gem_map(file, map.offset + SIZE, 4096, PROT_READ, &at), -EINVAL);
    assert_int_equal(drm_gem_map(file, 0, 4096, PROT_READ, &at), -EINVAL);
    assert_int_equal(drm_gem_map(other, map.offset, 4096, PROT_READ, &at), -EINVAL);
    int fd = drm_gem_map(file, map.offset + 4096, SIZE - 4096, PROT_READ, &at);
    assert_true(fd >= 0);
    assert_int_equal(at, 4096);
    close(fd);
    bed_close(file);
    bed_close(other);
}

static void dumb_buffers_have_pitches_for_the_screen(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open_card(bed);
    struct drm_mode_create_dumb dumb = {.width = 100, .height = 10, .bpp = 32};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_MODE_CREATE_DUMB, &dumb), 0);
    assert_int_equal(dumb.pitch, 448);
    assert_int_equal(dumb.size, 8192);
    struct drm_mode_map_dumb map = {.handle = dumb.handle};
    uint64_t at;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_MODE_MAP_DUMB, &map), 0);
    int fd = drm_gem_map(file, map.offset, dumb.size, PROT_READ, &at);
    assert_true(fd >= 0);
    close(fd);
    struct drm_mode_destroy_dumb destroy = {.handle = dumb.handle};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy), 0);
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy), -EINVAL);
    bed_close(file);
}

/* ---- sharing ---- */

static int export_fd(struct drm_file *file, uint32_t handle)
{
    struct drm_prime_handle prime = {.handle = handle, .flags = DRM_CLOEXEC | DRM_RDWR};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    return prime.fd;
}

static void a_descriptor_is_one_object_everywhere(void **state)
{
    struct bed *bed = *state;
    struct drm_file *one = bed_open(bed), *two = bed_open(bed);
    uint32_t handle = bed_create(one, SIZE);
    int fd = export_fd(one, handle);
    assert_int_equal(lseek(fd, 0, SEEK_END), SIZE);
    assert_true(drm_gem_is_dmabuf(&bed->server, fd));
    struct drm_prime_handle prime = {.fd = fd};
    assert_int_equal(bed_ioctl(one, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
    assert_int_equal(prime.handle, handle);
    for (unsigned i = 0; i < 2; i++) {
        prime.handle = 0;
        assert_int_equal(bed_ioctl(two, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
        assert_int_equal(prime.handle, 1);
    }
    struct drm_i915_gem_pwrite write = {
        .handle = handle, .size = 5, .data_ptr = (uintptr_t) "gears"};
    assert_int_equal(bed_ioctl(one, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
    bed_close(one); /* the memory stays */
    char back[5];
    struct drm_i915_gem_pread read = {.handle = 1, .size = 5, .data_ptr = (uintptr_t)back};
    assert_int_equal(bed_ioctl(two, DRM_IOCTL_I915_GEM_PREAD, &read), 0);
    assert_memory_equal(back, "gears", 5);
    struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};
    struct drm_descriptor_call call = {
        .fd = fd, .request = DMA_BUF_IOCTL_SYNC, .argument = &sync, .size = sizeof(sync)};
    assert_int_equal(drm_gem_dmabuf(&bed->server, &call), 0);
    sync.flags = 1 << 5;
    assert_int_equal(drm_gem_dmabuf(&bed->server, &call), -EINVAL);
    call.request = 0x1234;
    assert_int_equal(drm_gem_dmabuf(&bed->server, &call), -ENOTTY);
    call.request = DMA_BUF_IOCTL_SYNC;
    call.fd = STDERR_FILENO;
    assert_int_equal(drm_gem_dmabuf(&bed->server, &call), -ENOTTY);
    bed_close(two);
    assert_false(drm_gem_is_dmabuf(&bed->server, fd)); /* nobody has it any more */
    close(fd);
}

static void a_name_is_one_object_everywhere(void **state)
{
    struct bed *bed = *state;
    struct drm_file *one = bed_open_card(bed), *two = bed_open(bed);
    uint32_t handle = bed_create(one, SIZE);
    struct drm_gem_flink flink = {.handle = handle}, again = {.handle = handle};
    assert_int_equal(bed_ioctl(one, DRM_IOCTL_GEM_FLINK, &flink), 0);
    assert_int_equal(bed_ioctl(one, DRM_IOCTL_GEM_FLINK, &again), 0);
    assert_int_equal(flink.name, again.name);
    struct drm_gem_open open_name = {.name = flink.name};
    assert_int_equal(bed_ioctl(one, DRM_IOCTL_GEM_OPEN, &open_name), 0);
    assert_int_equal(open_name.size, SIZE);
    assert_int_not_equal(open_name.handle, handle);
    bed_drop(one, handle);
    assert_int_equal(bed_ioctl(one, DRM_IOCTL_GEM_OPEN, &open_name), 0);
    bed_drop(one, open_name.handle);
    /* Render nodes have no names. */
    assert_int_equal(bed_ioctl(two, DRM_IOCTL_GEM_OPEN, &open_name), -EACCES);
    bed_close(one);
    bed_close(two);
}

/* ---- extensions ---- */

#define REGIONS   struct drm_i915_gem_create_ext_memory_regions
#define PROTECTED struct drm_i915_gem_create_ext_protected_content

static int create_with(struct drm_file *file, const void *first, uint32_t flags)
{
    struct drm_i915_gem_create_ext create = {
        .size = SIZE, .flags = flags, .extensions = (uintptr_t)first};
    int result = bed_ioctl(file, DRM_IOCTL_I915_GEM_CREATE_EXT, &create);
    if (result == 0) {
        bed_drop(file, create.handle);
    }
    return result;
}

static void extensions_have_their_errno(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct drm_i915_gem_memory_class_instance system[2] = {{0, 0}, {0, 0}}, device = {1, 0};
    REGIONS good = {.num_regions = 1, .regions = (uintptr_t)system};
    const struct {
        REGIONS regions;
        int expected;
    } rows[] = {
        {{.num_regions = 1, .regions = (uintptr_t)system}, 0},
        {{.num_regions = 0, .regions = (uintptr_t)system}, -EINVAL},
        {{.num_regions = 1, .regions = (uintptr_t)system, .pad = 1}, -EINVAL},
        {{.num_regions = 2, .regions = (uintptr_t)system}, -EINVAL},
        {{.num_regions = 1, .regions = (uintptr_t)&device}, -EINVAL},
        {{.num_regions = 1, .regions = 8}, -EFAULT},
        {{.num_regions = UINT32_MAX, .regions = 8}, -EINVAL},
        {{.base = {.name = 2}}, -EINVAL},
        {{.base = {.flags = 1}}, -EINVAL},
        {{.base = {.rsvd = {0, 1}}}, -EINVAL},
        {{.base = {.next_extension = (uintptr_t)&good},
          .num_regions = 1,
          .regions = (uintptr_t)system},
         -EINVAL},
        {{.base = {.next_extension = 8}, .num_regions = 1, .regions = (uintptr_t)system}, -EFAULT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int result = create_with(file, &rows[i].regions, 0);
        if (result != rows[i].expected) {
            fail_msg("row %zu: %d, not %d", i, result, rows[i].expected);
        }
    }
    PROTECTED content = {.base = {.name = I915_GEM_CREATE_EXT_PROTECTED_CONTENT}};
    assert_int_equal(create_with(file, &content, 0), -ENODEV);
    content.flags = 1;
    assert_int_equal(create_with(file, &content, 0), -EINVAL);
    assert_int_equal(create_with(file, NULL, 0), 0);
    assert_int_equal(create_with(file, NULL, I915_GEM_CREATE_EXT_FLAG_NEEDS_CPU_ACCESS), -EINVAL);
    assert_int_equal(create_with(file, (void *)8, 0), -EFAULT);
    bed_close(file);
}

/* ---- state ---- */

static void tiling_is_what_a_register_can_say(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    uint32_t handle = bed_create(file, SIZE);
    static const struct {
        uint32_t tiling, pitch;
    } good[] = {{I915_TILING_X, 512},
                {I915_TILING_X, 8192},
                {I915_TILING_Y, 128},
                {I915_TILING_Y, 512},
                {I915_TILING_NONE, 0}};
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct drm_i915_gem_set_tiling set = {
            .handle = handle, .tiling_mode = good[i].tiling, .stride = good[i].pitch};
        struct drm_i915_gem_get_tiling get = {.handle = handle};
        assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_SET_TILING, &set), 0);
        assert_int_equal(set.tiling_mode, good[i].tiling);
        assert_int_equal(set.swizzle_mode, I915_BIT_6_SWIZZLE_NONE);
        assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_GET_TILING, &get), 0);
        assert_int_equal(get.tiling_mode, good[i].tiling);
    }
    bed_close(file);
}

static void caching_is_remembered(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct drm_i915_gem_caching caching = {.handle = bed_create(file, SIZE)};
    for (uint32_t i = 0; i <= I915_CACHING_DISPLAY; i++) {
        caching.caching = i;
        assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_SET_CACHING, &caching), 0);
        assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_GET_CACHING, &caching), 0);
        assert_int_equal(caching.caching, i == I915_CACHING_CACHED);
    }
    bed_close(file);
}

static void there_is_an_aperture(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct drm_i915_gem_get_aperture aperture = {0};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_GET_APERTURE, &aperture), 0);
    assert_true(aperture.aper_size >= 128u << 20);
    assert_true(aperture.aper_available_size <= aperture.aper_size);
    bed_close(file);
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(each_bad_argument_has_its_errno),
        WITH_BED(only_sealed_memory_files_are_buffers),
        WITH_BED(handles_are_the_lowest_free_ones),
        WITH_BED(bytes_come_back_by_each_way),
        WITH_BED(mappings_are_inside_and_ones_own),
        WITH_BED(dumb_buffers_have_pitches_for_the_screen),
        WITH_BED(a_descriptor_is_one_object_everywhere),
        WITH_BED(a_name_is_one_object_everywhere),
        WITH_BED(extensions_have_their_errno),
        WITH_BED(tiling_is_what_a_register_can_say),
        WITH_BED(caching_is_remembered),
        WITH_BED(there_is_an_aperture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
