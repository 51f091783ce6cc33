/* SPDX-License-Identifier: MIT */
/* Sync objects: argument by argument, binary and as timelines, and as fences of batches. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/drm/lane.h"
#include "winsys/drm/server/object.h"
#include "winsys/drm/server/syncobj.h"

#define ALL       DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL
#define SUBMIT    DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT
#define AVAILABLE DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE
#define TO_FILE   DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE
#define FROM_FILE DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE
#define THREADS   8
#define ROUNDS    200

/* ---- calls ---- */

static uint32_t create(struct lane *lane, uint32_t flags)
{
    struct drm_syncobj_create args = {.flags = flags};

    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_CREATE, &args), 0);
    assert_int_not_equal(args.handle, 0);
    return args.handle;
}

static int destroy(struct lane *lane, uint32_t handle)
{
    struct drm_syncobj_destroy args = {.handle = handle};

    return lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_DESTROY, &args);
}

static int wait_for(struct lane *lane, const uint32_t *handles, uint32_t count, uint32_t flags,
                    int64_t deadline)
{
    struct drm_syncobj_wait args = {.handles = (uintptr_t)handles,
                                    .count_handles = count,
                                    .flags = flags,
                                    .timeout_nsec = deadline,
                                    .first_signaled = 77};
    const int result = lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_WAIT, &args);

    return result != 0 ? result : (int)args.first_signaled;
}

static int wait_one(struct lane *lane, uint32_t handle, uint32_t flags)
{
    return wait_for(lane, &handle, 1, flags, 0);
}

static int wait_point(struct lane *lane, uint32_t handle, uint64_t point, uint32_t flags,
                      int64_t deadline)
{
    struct drm_syncobj_timeline_wait args = {.handles = (uintptr_t)&handle,
                                             .points = (uintptr_t)&point,
                                             .count_handles = 1,
                                             .flags = flags,
                                             .timeout_nsec = deadline};

    return lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

static int change(struct lane *lane, unsigned long request, const uint32_t *handles, uint32_t count)
{
    struct drm_syncobj_array args = {.handles = (uintptr_t)handles, .count_handles = count};

    return lane_ioctl(lane, request, &args);
}

static void signal_one(struct lane *lane, uint32_t handle)
{
    assert_int_equal(change(lane, DRM_IOCTL_SYNCOBJ_SIGNAL, &handle, 1), 0);
}

static void reset_one(struct lane *lane, uint32_t handle)
{
    assert_int_equal(change(lane, DRM_IOCTL_SYNCOBJ_RESET, &handle, 1), 0);
}

static void signal_point(struct lane *lane, uint32_t handle, uint64_t point)
{
    struct drm_syncobj_timeline_array args = {
        .handles = (uintptr_t)&handle, .points = (uintptr_t)&point, .count_handles = 1};

    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &args), 0);
}

static uint64_t query(struct lane *lane, uint32_t handle, uint32_t flags)
{
    uint64_t point = 77;
    struct drm_syncobj_timeline_array args = {.handles = (uintptr_t)&handle,
                                              .points = (uintptr_t)&point,
                                              .count_handles = 1,
                                              .flags = flags};

    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_QUERY, &args), 0);
    return point;
}

static int to_fd(struct lane *lane, uint32_t handle, uint32_t flags)
{
    struct drm_syncobj_handle args = {.handle = handle, .flags = flags, .fd = -1};
    const int result = lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args);

    return result != 0 ? result : args.fd;
}

static int from_fd(struct lane *lane, int fd, uint32_t *handle, uint32_t flags)
{
    struct drm_syncobj_handle args = {.handle = *handle, .flags = flags, .fd = fd};
    const int result = lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args);

    *handle = args.handle;
    return result;
}

static int transfer(struct lane *lane, uint32_t from, uint64_t from_point, uint32_t to,
                    uint64_t to_point, uint32_t flags)
{
    struct drm_syncobj_transfer args = {.src_handle = from,
                                        .dst_handle = to,
                                        .src_point = from_point,
                                        .dst_point = to_point,
                                        .flags = flags};

    return lane_ioctl(lane, DRM_IOCTL_SYNCOBJ_TRANSFER, &args);
}

/* A batch with one fence of an array, or (point) of a timeline. */
static int exec_with(struct lane *lane, uint32_t handle, uint32_t flags, const uint64_t *point)
{
    struct drm_i915_gem_exec_fence fence = {.handle = handle, .flags = flags};
    struct drm_i915_gem_execbuffer_ext_timeline_fences line = {
        .fence_count = 1, .handles_ptr = (uintptr_t)&fence, .values_ptr = (uintptr_t)point};
    struct drm_i915_gem_execbuffer2 exec = {
        .flags = I915_EXEC_FENCE_ARRAY, .num_cliprects = 1, .cliprects_ptr = (uintptr_t)&fence};

    if (point != NULL) {
        exec = (struct drm_i915_gem_execbuffer2){.flags = I915_EXEC_USE_EXTENSIONS,
                                                 .cliprects_ptr = (uintptr_t)&line};
    }
    return lane_exec(lane, &exec);
}

/* ---- lives ---- */

static void handles_are_the_lowest_free_ones(void **state)
{
    struct lane lane, other;

    lane_open(&lane, *state);
    lane_open(&other, *state);
    for (uint32_t i = 1; i <= 100; i++) {
        assert_int_equal(create(&lane, 0), i);
    }
    assert_int_equal(destroy(&lane, 7), 0);
    assert_int_equal(destroy(&lane, 7), -EINVAL);
    assert_int_equal(create(&lane, 0), 7);
    assert_int_equal(create(&lane, 0), 101);
    assert_int_equal(destroy(&lane, 0), -EINVAL);
    assert_int_equal(destroy(&lane, UINT32_MAX), -EINVAL);
    assert_int_equal(destroy(&other, 1), -EINVAL);
    lane_close(&lane);
    lane_close(&other);
}

static void what_is_in_it_is_waited_for(void **state)
{
    struct lane lane;

    lane_open(&lane, *state);
    const uint32_t empty = create(&lane, 0), done = create(&lane, DRM_SYNCOBJ_CREATE_SIGNALED);
    assert_int_equal(wait_one(&lane, empty, 0), -EINVAL);
    assert_int_equal(wait_one(&lane, empty, SUBMIT), -ETIME);
    assert_int_equal(wait_one(&lane, done, 0), 0);
    signal_one(&lane, empty);
    assert_int_equal(wait_one(&lane, empty, 0), 0);
    reset_one(&lane, empty);
    assert_int_equal(wait_one(&lane, empty, 0), -EINVAL);
    lane_shut(&lane);
    assert_int_equal(exec_with(&lane, empty, I915_EXEC_FENCE_SIGNAL, NULL), 0);
    assert_int_equal(wait_one(&lane, empty, 0), -ETIME);
    assert_int_equal(wait_for(&lane, &empty, 1, 0, drm_now_ns() + 1000000), -ETIME);
    assert_int_equal(wait_for(&lane, &empty, 1, 0, -1), -ETIME);
    lane_let_go(&lane);
    assert_int_equal(wait_for(&lane, &empty, 1, 0, INT64_MAX), 0);
    lane_close(&lane);
}

static void several_are_waited_for(void **state)
{
    struct lane lane;

    lane_open(&lane, *state);
    const uint32_t handles[] = {create(&lane, 0), create(&lane, 0),
                                create(&lane, DRM_SYNCOBJ_CREATE_SIGNALED)};
    assert_int_equal(wait_for(&lane, handles, 3, 0, 0), -EINVAL);
    assert_int_equal(wait_for(&lane, handles, 3, SUBMIT, 0), 2);
    assert_int_equal(wait_for(&lane, handles, 3, SUBMIT | ALL, 0), -ETIME);
    lane_shut(&lane);
    assert_int_equal(exec_with(&lane, handles[0], I915_EXEC_FENCE_SIGNAL, NULL), 0);
    assert_int_equal(exec_with(&lane, handles[1], I915_EXEC_FENCE_SIGNAL, NULL), 0);
    assert_int_equal(wait_for(&lane, handles, 2, 0, 0), -ETIME);
    assert_int_equal(wait_for(&lane, handles, 3, ALL, 0), -ETIME);
    lane_let_go(&lane);
    assert_in_range(wait_for(&lane, handles, 3, ALL, INT64_MAX), 0, 2); /* who was the first */
    assert_int_equal(wait_for(&lane, handles, 2, ALL, 0), 0);
    const uint32_t twice[] = {handles[0], handles[0]};
    assert_int_equal(wait_for(&lane, twice, 2, ALL, 0), 0);
    lane_close(&lane);
}

/* ---- errno by errno ---- */

static void bad_arguments_have_their_errno(void **state)
{
    struct lane lane;
    uint32_t handles[2], stale;
    uint64_t points[2] = {1, 1};

    lane_open(&lane, *state);
    handles[0] = create(&lane, 0);
    stale = create(&lane, 0);
    assert_int_equal(destroy(&lane, stale), 0);
    handles[1] = stale;
    const uint64_t bad = 8, good = (uintptr_t)handles;
    const struct {
        unsigned long request;
        union {
            struct drm_syncobj_create create;
            struct drm_syncobj_destroy destroy;
            struct drm_syncobj_handle handle;
            struct drm_syncobj_transfer transfer;
            struct drm_syncobj_wait wait;
            struct drm_syncobj_timeline_wait line;
            struct drm_syncobj_array array;
            struct drm_syncobj_timeline_array lines;
        } args;
        int expected;
    } rows[] = {
        {DRM_IOCTL_SYNCOBJ_CREATE, {.create = {.flags = 2}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_DESTROY, {.destroy = {.handle = 1, .pad = 1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {.handle = {.handle = 1, .pad = 1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {.handle = {.handle = 1, .flags = 2}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {.handle = {.handle = 9}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {.handle = {.handle = 9, .flags = TO_FILE}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {.handle = {.handle = 1, .flags = TO_FILE}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {.handle = {.fd = -1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {.handle = {.fd = 1, .pad = 1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {.handle = {.fd = 1, .flags = 2}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {.handle = {.fd = 1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {.handle = {.fd = -1, .flags = FROM_FILE}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {.handle = {.fd = 1, .flags = FROM_FILE}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_TRANSFER, {.transfer = {.src_handle = 1, .dst_handle = 9}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_TRANSFER, {.transfer = {.src_handle = 9, .dst_handle = 1}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_TRANSFER, {.transfer = {1, 1, 0, 0, 0, 1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_TRANSFER, {.transfer = {1, 1, 0, 0, 0, 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_WAIT, {.wait = {.handles = good, .count_handles = 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_WAIT, {.wait = {good, 0, 1, 4, 0, 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_WAIT, {.wait = {good, 0, 2, SUBMIT, 0, 0}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_WAIT, {.wait = {bad, 0, 1, SUBMIT, 0, 0}}, -EFAULT},
        {DRM_IOCTL_SYNCOBJ_WAIT, {.wait = {0, 0, 1, SUBMIT, 0, 0}}, -EFAULT},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {.line = {good, 0, 0, 0, 0, 0, 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {.line = {good, 0, 0, 1, 8, 0, 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {.line = {good, 0, 0, 2, SUBMIT, 0, 0}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {.line = {good, bad, 0, 1, SUBMIT, 0, 0}}, -EFAULT},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {.line = {good, 0, 0, 1, SUBMIT, 0, 0}}, -ETIME},
        {DRM_IOCTL_SYNCOBJ_RESET, {.array = {good, 0, 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_RESET, {.array = {good, 1, 1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_RESET, {.array = {good, 2, 0}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_RESET, {.array = {bad, 1, 0}}, -EFAULT},
        {DRM_IOCTL_SYNCOBJ_SIGNAL, {.array = {good, 0, 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_SIGNAL, {.array = {good, 1, 1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_SIGNAL, {.array = {good, 2, 0}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {.lines = {good, 0, 0, 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {.lines = {good, 0, 1, 1}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {.lines = {good, 0, 2, 0}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {.lines = {good, bad, 1, 0}}, -EFAULT},
        {DRM_IOCTL_SYNCOBJ_QUERY, {.lines = {good, (uintptr_t)points, 0, 0}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_QUERY, {.lines = {good, (uintptr_t)points, 1, 2}}, -EINVAL},
        {DRM_IOCTL_SYNCOBJ_QUERY, {.lines = {good, (uintptr_t)points, 2, 0}}, -ENOENT},
        {DRM_IOCTL_SYNCOBJ_QUERY, {.lines = {good, 0, 1, 0}}, -EFAULT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t args[64];
        memcpy(args, &rows[i].args, sizeof(rows[i].args));
        const int result = lane_ioctl(&lane, rows[i].request, args);
        if (result != rows[i].expected) {
            fail_msg("row %zu: %d, not %d", i, result, rows[i].expected);
        }
    }
    lane_close(&lane);
}

/* ---- descriptors ---- */

static void a_descriptor_is_the_same_object(void **state)
{
    struct lane lane, other;
    uint32_t shared = 0;

    lane_open(&lane, *state);
    lane_open(&other, *state);
    const uint32_t handle = create(&lane, 0);
    const int fd = to_fd(&lane, handle, 0);
    assert_true(fd >= 0);
    assert_int_equal(destroy(&lane, handle), 0);
    assert_int_equal(from_fd(&other, fd, &shared, 0), 0);
    assert_int_equal(from_fd(&lane, fd, &(uint32_t){0}, 0), 0);
    signal_one(&lane, 1);
    assert_int_equal(wait_one(&other, shared, 0), 0);
    assert_int_equal(from_fd(&other, fd, &shared, FROM_FILE), -EINVAL); /* no sync file */
    close(fd);
    const int file = to_fd(&lane, 1, TO_FILE);
    assert_int_equal(from_fd(&other, file, &shared, 0), -EINVAL); /* no sync object */
    close(file);
    lane_close(&lane);
    lane_close(&other);
}

static void sync_files_go_in_and_out(void **state)
{
    struct lane lane;

    lane_open(&lane, *state);
    uint32_t handle = create(&lane, 0), none = 99;
    lane_shut(&lane);
    const int fence = lane_fence(&lane);
    assert_int_equal(from_fd(&lane, fence, &none, FROM_FILE), -ENOENT);
    assert_int_equal(from_fd(&lane, fence, &handle, FROM_FILE), 0);
    assert_int_equal(wait_one(&lane, handle, 0), -ETIME);
    const int again = to_fd(&lane, handle, TO_FILE);
    reset_one(&lane, handle);
    assert_false(lane_is_readable(again));
    lane_let_go(&lane);
    lane_await(again);
    lane_await(fence);
    close(again);
    close(fence);
    lane_close(&lane);
}

/* ---- timelines ---- */

static void points_are_reached_in_order(void **state)
{
    struct lane lane;

    lane_open(&lane, *state);
    const uint32_t handle = create(&lane, 0);
    assert_int_equal(query(&lane, handle, 0), 0);
    assert_int_equal(wait_point(&lane, handle, 1, 0, 0), -EINVAL);
    assert_int_equal(wait_point(&lane, handle, 1, SUBMIT, 0), -ETIME);
    signal_point(&lane, handle, 5);
    assert_int_equal(query(&lane, handle, 0), 5);
    assert_int_equal(wait_point(&lane, handle, 3, 0, 0), 0);
    assert_int_equal(wait_point(&lane, handle, 6, 0, 0), -EINVAL);
    lane_shut(&lane);
    assert_int_equal(exec_with(&lane, handle, I915_EXEC_FENCE_SIGNAL, &(uint64_t){10}), 0);
    signal_point(&lane, handle, 20);
    assert_int_equal(query(&lane, handle, 0), 5);
    assert_int_equal(query(&lane, handle, DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED), 20);
    assert_int_equal(wait_point(&lane, handle, 5, 0, 0), 0);
    assert_int_equal(wait_point(&lane, handle, 6, 0, 0), -ETIME);
    assert_int_equal(wait_point(&lane, handle, 6, AVAILABLE, 0), 0);
    assert_int_equal(wait_point(&lane, handle, 20, 0, 0), -ETIME);
    lane_let_go(&lane);
    assert_int_equal(wait_point(&lane, handle, 20, 0, INT64_MAX), 0);
    assert_int_equal(query(&lane, handle, 0), 20);
    reset_one(&lane, handle);
    assert_int_equal(query(&lane, handle, 0), 0);
    lane_close(&lane);
}

static void what_is_transferred_stays(void **state)
{
    struct lane lane;

    lane_open(&lane, *state);
    const uint32_t from = create(&lane, 0), to = create(&lane, 0);
    assert_int_equal(transfer(&lane, from, 0, to, 0, 0), -EINVAL);
    lane_shut(&lane);
    assert_int_equal(exec_with(&lane, from, I915_EXEC_FENCE_SIGNAL, NULL), 0);
    assert_int_equal(transfer(&lane, from, 0, to, 8, 0), 0);
    assert_int_equal(transfer(&lane, from, 3, to, 9, 0), -EINVAL);
    reset_one(&lane, from);
    assert_int_equal(query(&lane, to, DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED), 8);
    assert_int_equal(query(&lane, to, 0), 0);
    assert_int_equal(transfer(&lane, to, 4, from, 0, 0), 0);
    assert_int_equal(wait_one(&lane, from, 0), -ETIME);
    lane_let_go(&lane);
    assert_int_equal(wait_for(&lane, &from, 1, 0, INT64_MAX), 0);
    assert_int_equal(query(&lane, to, 0), 8);
    lane_close(&lane);
}

/* ---- batches ---- */

static void batches_wait_for_them(void **state)
{
    struct lane first, second;
    struct drm_i915_gem_wait wait = {.timeout_ns = 0};
    uint32_t theirs = 0;

    lane_open(&first, *state);
    lane_open(&second, *state);
    const uint32_t ours = create(&first, 0);
    const int fd = to_fd(&first, ours, 0);
    assert_int_equal(from_fd(&second, fd, &theirs, 0), 0);
    close(fd);
    lane_shut(&first);
    assert_int_equal(exec_with(&first, ours, I915_EXEC_FENCE_SIGNAL, NULL), 0);
    assert_int_equal(exec_with(&second, theirs, I915_EXEC_FENCE_WAIT, NULL), 0);
    wait.bo_handle = second.batch;
    assert_int_equal(lane_ioctl(&second, DRM_IOCTL_I915_GEM_WAIT, &wait), -ETIME);
    const uint64_t point = 3;
    signal_point(&second, theirs, point); /* behind what is being waited for */
    assert_int_equal(exec_with(&second, theirs, I915_EXEC_FENCE_WAIT, &point), 0);
    assert_int_equal(lane_ioctl(&second, DRM_IOCTL_I915_GEM_WAIT, &wait), -ETIME);
    lane_let_go(&first);
    wait.timeout_ns = -1;
    assert_int_equal(lane_ioctl(&second, DRM_IOCTL_I915_GEM_WAIT, &wait), 0);
    lane_close(&first);
    lane_close(&second);
}

static void bad_fences_of_batches_have_their_errno(void **state)
{
    const uint64_t one = 1, zero = 0;
    struct lane lane;

    lane_open(&lane, *state);
    const uint32_t empty = create(&lane, 0), line = create(&lane, 0);
    signal_point(&lane, line, 5);
    const struct {
        uint32_t handle, flags;
        const uint64_t *point;
        int expected;
    } rows[] = {
        {empty, I915_EXEC_FENCE_WAIT, NULL, -EINVAL},
        {empty, 4, NULL, -EINVAL},
        {99, I915_EXEC_FENCE_WAIT, NULL, -ENOENT},
        {99, 0, NULL, -ENOENT},
        {empty, 0, NULL, 0},
        {empty, I915_EXEC_FENCE_WAIT, &one, -EINVAL},
        {empty, 4, &one, -EINVAL},
        {99, I915_EXEC_FENCE_SIGNAL, &one, -ENOENT},
        {empty, 0, &one, 0},
        {line, I915_EXEC_FENCE_WAIT, &one, 0},
        {line, I915_EXEC_FENCE_WAIT, &(uint64_t){6}, -EINVAL},
        {line, I915_EXEC_FENCE_WAIT | I915_EXEC_FENCE_SIGNAL, &(uint64_t){7}, -EINVAL},
        {line, I915_EXEC_FENCE_WAIT | I915_EXEC_FENCE_SIGNAL, &zero, 0},
        {empty, I915_EXEC_FENCE_WAIT | I915_EXEC_FENCE_SIGNAL, NULL, -EINVAL},
        {line, I915_EXEC_FENCE_WAIT | I915_EXEC_FENCE_SIGNAL, NULL, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const int result = exec_with(&lane, rows[i].handle, rows[i].flags, rows[i].point);
        if (result != rows[i].expected) {
            fail_msg("row %zu: %d, not %d", i, result, rows[i].expected);
        }
    }
    lane_close(&lane);
}

static void bad_extensions_have_their_errno(void **state)
{
    struct lane lane;
    struct drm_i915_gem_execbuffer_ext_timeline_fences line = {.fence_count = 0};
    struct drm_i915_gem_execbuffer2 exec;

    lane_open(&lane, *state);
    const struct {
        struct i915_user_extension base;
        uint64_t fence_count;
        int expected;
    } rows[] = {
        {{.name = 0}, 0, 0},
        {{.name = 1}, 0, -EINVAL},
        {{.flags = 1}, 0, -EINVAL},
        {{.rsvd = {1}}, 0, -EINVAL},
        {{.next_extension = 8}, 0, -EFAULT},
        {{.next_extension = (uintptr_t)&line}, 0, -E2BIG},
        {{.name = 0}, 1, -EFAULT},
        {{.name = 0}, UINT64_MAX, -EFAULT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        line.base = rows[i].base;
        line.fence_count = rows[i].fence_count;
        exec = (struct drm_i915_gem_execbuffer2){.flags = I915_EXEC_USE_EXTENSIONS,
                                                 .cliprects_ptr = (uintptr_t)&line};
        const int result = lane_exec(&lane, &exec);
        if (result != rows[i].expected) {
            fail_msg("row %zu: %d, not %d", i, result, rows[i].expected);
        }
    }
    exec = (struct drm_i915_gem_execbuffer2){.flags = I915_EXEC_USE_EXTENSIONS};
    assert_int_equal(lane_exec(&lane, &exec), 0);
    exec.num_cliprects = 1;
    assert_int_equal(lane_exec(&lane, &exec), -EINVAL);
    exec.num_cliprects = 0;
    exec.flags |= I915_EXEC_FENCE_ARRAY;
    assert_int_equal(lane_exec(&lane, &exec), -EINVAL);
    exec.flags = 0;
    exec.cliprects_ptr = (uintptr_t)&line;
    assert_int_equal(lane_exec(&lane, &exec), -EINVAL);
    lane_close(&lane);
}

/* ---- threads ---- */

struct waiter {
    struct lane *lane;
    uint32_t handle;
    int channel, result;
};

static void *wait_forever(void *data)
{
    struct waiter *waiter = data;
    struct drm_syncobj_wait args = {.handles = (uintptr_t)&waiter->handle,
                                    .count_handles = 1,
                                    .flags = SUBMIT,
                                    .timeout_nsec = INT64_MAX};

    waiter->result =
        rig_ioctl_on(waiter->channel, &waiter->lane->file, DRM_IOCTL_SYNCOBJ_WAIT, &args);
    return NULL;
}

/* Until so many threads of the server wait for something to be put in. */
static void await_listeners(struct lane *lane, uint32_t handle, unsigned count)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    struct drm_file *file = drm_file_find(&lane->rig->server, lane->file.id);
    struct drm_syncobj *object = drm_syncobj_find(file, handle);

    while (drm_syncobj_listeners(object) != count) {
        nanosleep(&moment, NULL);
    }
    drm_syncobj_unref(object);
    drm_file_unref(file);
}

static void who_puts_in_wakes_who_waits(void **state)
{
    struct waiter waiters[THREADS];
    pthread_t threads[THREADS];
    struct lane lane;

    lane_open(&lane, *state);
    const uint32_t handle = create(&lane, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        waiters[i] =
            (struct waiter){.lane = &lane, .handle = handle, .channel = rig_channel(*state)};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_forever, &waiters[i]), 0);
    }
    await_listeners(&lane, handle, THREADS);
    lane_shut(&lane);
    assert_int_equal(exec_with(&lane, handle, I915_EXEC_FENCE_SIGNAL, NULL), 0);
    lane_let_go(&lane);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(waiters[i].result, 0);
        close(waiters[i].channel);
    }
    lane_close(&lane);
}

/* A program that is killed while it waits for ever leaves no thread behind. */
static void who_goes_waits_no_longer(void **state)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    struct rig *rig = *state;
    struct drm_packed packed;
    struct drm_packet packet = {0};
    struct drm_buffer buffer = {0};
    struct lane lane;
    unsigned count;

    lane_open(&lane, rig);
    const uint32_t handle = create(&lane, 0);
    const int channel = rig_channel(rig);
    struct drm_syncobj_wait args = {.handles = (uintptr_t)&handle,
                                    .count_handles = 1,
                                    .flags = SUBMIT,
                                    .timeout_nsec = INT64_MAX};
    assert_int_equal(
        drm_pack_request(&packed, (uint32_t)DRM_IOCTL_SYNCOBJ_WAIT, &args, &packet, &buffer), 0);
    packet.request.file = lane.file.id;
    assert_int_equal(drm_packet_send(channel, &packet), 0);
    drm_buffer_clear(&buffer);
    await_listeners(&lane, handle, 1);
    close(channel);
    do {
        nanosleep(&moment, NULL);
        pthread_mutex_lock(&rig->server.lock);
        count = rig->server.channel_count;
        pthread_mutex_unlock(&rig->server.lock);
    } while (count != 1);
    lane_close(&lane);
}

static void *play(void *data)
{
    struct waiter *waiter = data;
    struct drm_syncobj_create made = {.flags = 0};

    for (unsigned i = 0; i < ROUNDS && waiter->result == 0; i++) {
        uint64_t point = i;
        struct drm_syncobj_timeline_array line = {
            .handles = (uintptr_t)&waiter->handle, .points = (uintptr_t)&point, .count_handles = 1};
        struct drm_syncobj_destroy gone = {.handle = made.handle};
        int results[] = {
            rig_ioctl_on(waiter->channel, &waiter->lane->file, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL,
                         &line),
            rig_ioctl_on(waiter->channel, &waiter->lane->file, DRM_IOCTL_SYNCOBJ_QUERY, &line),
            i > 0 ? rig_ioctl_on(waiter->channel, &waiter->lane->file, DRM_IOCTL_SYNCOBJ_DESTROY,
                                 &gone)
                  : 0,
            rig_ioctl_on(waiter->channel, &waiter->lane->file, DRM_IOCTL_SYNCOBJ_CREATE, &made),
        };
        for (unsigned r = 0; r < sizeof(results) / sizeof(results[0]); r++) {
            waiter->result = waiter->result != 0 ? waiter->result : results[r];
        }
    }
    return NULL;
}

static void threads_share_them(void **state)
{
    struct waiter players[THREADS];
    pthread_t threads[THREADS];
    struct lane lane;

    lane_open(&lane, *state);
    const uint32_t handle = create(&lane, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        players[i] =
            (struct waiter){.lane = &lane, .handle = handle, .channel = rig_channel(*state)};
        assert_int_equal(pthread_create(&threads[i], NULL, play, &players[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(players[i].result, 0);
        close(players[i].channel);
    }
    assert_int_equal(query(&lane, handle, 0), ROUNDS - 1);
    lane_close(&lane);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(handles_are_the_lowest_free_ones),
        WITH_RIG(what_is_in_it_is_waited_for),
        WITH_RIG(several_are_waited_for),
        WITH_RIG(bad_arguments_have_their_errno),
        WITH_RIG(a_descriptor_is_the_same_object),
        WITH_RIG(sync_files_go_in_and_out),
        WITH_RIG(points_are_reached_in_order),
        WITH_RIG(what_is_transferred_stays),
        WITH_RIG(batches_wait_for_them),
        WITH_RIG(bad_fences_of_batches_have_their_errno),
        WITH_RIG(bad_extensions_have_their_errno),
        WITH_RIG(who_puts_in_wakes_who_waits),
        WITH_RIG(who_goes_waits_no_longer),
        WITH_RIG(threads_share_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
