/* SPDX-License-Identifier: MIT */
/* Sync files: what EXECBUFFER2 and dma-bufs give out, and what they take. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/drm/lane.h"
#include "winsys/drm/server/object.h"
#include "winsys/drm/server/sync_file.h"

#define BYTES 4096u
#define MANY  300

static int describe(struct lane *lane, int fd, struct sync_file_info *info)
{
    return lane_descriptor_ioctl(lane->rig, fd, SYNC_IOC_FILE_INFO, info);
}

static int status_of(struct lane *lane, int fd)
{
    struct sync_file_info info = {.num_fences = 0};

    assert_int_equal(describe(lane, fd, &info), 0);
    return info.status;
}

static void it_is_readable_when_it_is_done(void **state)
{
    struct lane lane;

    lane_open(&lane, *state);
    lane_shut(&lane);
    const int fd = lane_fence(&lane);
    assert_true(fd >= 0);
    assert_false(lane_is_readable(fd));
    assert_int_equal(status_of(&lane, fd), 0);
    lane_let_go(&lane);
    lane_await(fd);
    assert_int_equal(status_of(&lane, fd), 1);
    const int later = lane_fence(&lane);
    lane_await(later);
    close(fd);
    close(later);
    lane_close(&lane);
}

static void it_tells_of_itself(void **state)
{
    struct lane lane;
    char wanted[32], program[17] = {0};
    struct sync_fence_info fence = {.status = 99};
    struct sync_file_info info = {.num_fences = 1, .sync_fence_info = (uintptr_t)&fence};

    lane_open(&lane, *state);
    lane_shut(&lane);
    const int fd = lane_fence(&lane);
    assert_int_equal(describe(&lane, fd, &info), 0);
    FILE *comm = fopen("/proc/self/comm", "re");
    assert_int_equal(fscanf(comm, "%16[^\n]", program), 1);
    fclose(comm);
    snprintf(wanted, sizeof(wanted), "%s[%d]", program, (int)getpid());
    assert_int_equal(info.num_fences, 1);
    assert_int_equal(info.status, 0);
    assert_string_equal(fence.driver_name, "0000:00:02.0");
    assert_string_equal(fence.obj_name, wanted);
    assert_int_equal(fence.status, 0);
    assert_int_equal(fence.timestamp_ns, 0);
    const int64_t before = drm_now_ns();
    lane_let_go(&lane);
    lane_await(fd);
    assert_int_equal(describe(&lane, fd, &info), 0);
    assert_int_equal(fence.status, 1);
    assert_string_equal(fence.obj_name, "signaled");
    assert_in_range(fence.timestamp_ns, before, drm_now_ns());
    close(fd);
    lane_close(&lane);
}

static void bad_questions_have_their_errno(void **state)
{
    struct lane lane;
    struct sync_fence_info fences[2];
    int ends[2];

    lane_open(&lane, *state);
    const int fd = lane_fence(&lane);
    const struct {
        struct sync_file_info info;
        int expected;
    } rows[] = {
        {{.num_fences = 0}, 0},
        {{.num_fences = 2, .sync_fence_info = (uintptr_t)fences}, 0},
        {{.flags = 1}, -EINVAL},
        {{.pad = 1}, -EINVAL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sync_file_info info = rows[i].info;
        assert_int_equal(describe(&lane, fd, &info), rows[i].expected);
    }
    struct sync_merge_data merge = {.fd2 = fd, .flags = 1};
    assert_int_equal(lane_descriptor_ioctl(lane.rig, fd, SYNC_IOC_MERGE, &merge), -EINVAL);
    merge = (struct sync_merge_data){.fd2 = fd, .pad = 1};
    assert_int_equal(lane_descriptor_ioctl(lane.rig, fd, SYNC_IOC_MERGE, &merge), -EINVAL);
    assert_int_equal(pipe(ends), 0);
    merge = (struct sync_merge_data){.fd2 = ends[0]};
    assert_int_equal(lane_descriptor_ioctl(lane.rig, fd, SYNC_IOC_MERGE, &merge), -ENOENT);
    merge.fd2 = -1;
    assert_int_equal(lane_descriptor_ioctl(lane.rig, fd, SYNC_IOC_MERGE, &merge), -ENOENT);
    merge.fd2 = fd;
    assert_int_equal(lane_descriptor_ioctl(lane.rig, ends[0], SYNC_IOC_MERGE, &merge), -ENOTTY);
    assert_int_equal(lane_descriptor_ioctl(lane.rig, fd, _IOWR('>', 9, int), &merge), -ENOTTY);
    close(ends[0]);
    close(ends[1]);
    close(fd);
    lane_close(&lane);
}

static int merge(struct lane *lane, int a, int b, const char *name)
{
    struct sync_merge_data data = {.fd2 = b};

    snprintf(data.name, sizeof(data.name), "%s", name);
    assert_int_equal(lane_descriptor_ioctl(lane->rig, a, SYNC_IOC_MERGE, &data), 0);
    return data.fence;
}

static void a_merge_is_done_when_both_are(void **state)
{
    struct lane left, right;
    struct sync_fence_info fences[2];
    struct sync_file_info info = {.num_fences = 2, .sync_fence_info = (uintptr_t)fences};

    lane_open(&left, *state);
    lane_open(&right, *state);
    lane_shut(&left);
    lane_shut(&right);
    const int a = lane_fence(&left), b = lane_fence(&right), late = lane_fence(&left);
    const int both = merge(&left, a, b, "both"), same = merge(&left, a, late, "same");
    assert_int_equal(describe(&left, both, &info), 0);
    assert_string_equal(info.name, "both");
    assert_int_equal(info.num_fences, 2);
    info.num_fences = 1;
    assert_int_equal(describe(&left, both, &info), -EINVAL);
    close(a);
    close(b);
    lane_let_go(&left);
    lane_await(late);
    lane_await(same);
    assert_false(lane_is_readable(both));
    info.num_fences = 2;
    assert_int_equal(describe(&left, both, &info), 0);
    assert_int_equal(info.status, 0);
    assert_int_equal(fences[0].status + fences[1].status, 1);
    lane_let_go(&right);
    lane_await(both);
    assert_int_equal(status_of(&left, both), 1);
    close(both);
    close(same);
    close(late);
    lane_close(&left);
    lane_close(&right);
}

/* One context's later fence stands for the earlier one. */
static void a_merge_keeps_the_later_of_one_context(void **state)
{
    struct lane lane;
    struct sync_fence_info fences[2];

    lane_open(&lane, *state);
    lane_shut(&lane);
    const int a = lane_fence(&lane), b = lane_fence(&lane), both = merge(&lane, b, a, "");
    struct sync_file_info info = {.num_fences = 2, .sync_fence_info = (uintptr_t)fences};
    assert_int_equal(describe(&lane, both, &info), 0);
    assert_int_equal(info.num_fences, 1);
    close(a);
    close(b);
    close(both);
    lane_close(&lane);
}

static void what_goes_in_is_waited_for(void **state)
{
    struct lane first, second;

    lane_open(&first, *state);
    lane_open(&second, *state);
    lane_shut(&first);
    const int fence = lane_fence(&first);
    struct drm_i915_gem_execbuffer2 exec = {.flags = I915_EXEC_FENCE_IN | I915_EXEC_FENCE_OUT,
                                            .rsvd2 = (uint32_t)fence};
    assert_int_equal(lane_exec(&second, &exec), 0);
    const int out = (int)(exec.rsvd2 >> 32);
    assert_int_equal((uint32_t)exec.rsvd2, fence);
    assert_false(lane_is_readable(out));
    close(fence);
    lane_let_go(&first);
    lane_await(out);
    exec =
        (struct drm_i915_gem_execbuffer2){.flags = I915_EXEC_FENCE_SUBMIT, .rsvd2 = (uint32_t)out};
    assert_int_equal(lane_exec(&second, &exec), 0);
    exec.flags |= I915_EXEC_FENCE_IN;
    assert_int_equal(lane_exec(&second, &exec), -EINVAL);
    close(out);
    lane_close(&first);
    lane_close(&second);
}

static void other_descriptors_are_none(void **state)
{
    struct lane lane;
    int ends[2];

    lane_open(&lane, *state);
    assert_int_equal(pipe(ends), 0);
    const int event = eventfd(1, EFD_CLOEXEC); /* readable, and no fence */
    const int fds[] = {-1, ends[0], ends[1], lane.file.fd, event, 9999};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        struct drm_i915_gem_execbuffer2 exec = {.flags = I915_EXEC_FENCE_IN,
                                                .rsvd2 = (uint32_t)fds[i]};
        assert_int_equal(lane_exec(&lane, &exec), -EINVAL);
        exec.flags = I915_EXEC_FENCE_SUBMIT;
        assert_int_equal(lane_exec(&lane, &exec), -EINVAL);
    }
    close(event);
    close(ends[0]);
    close(ends[1]);
    lane_close(&lane);
}

/* A copy in another process is the same sync file. */
static void it_outlives_who_made_it(void **state)
{
    struct lane lane;

    lane_open(&lane, *state);
    lane_shut(&lane);
    const int fd = lane_fence(&lane), copy = dup(fd);
    close(fd);
    const pid_t child = fork();
    if (child == 0) {
        struct pollfd wait = {.fd = copy, .events = POLLIN};
        _exit(poll(&wait, 1, -1) == 1 && wait.revents == POLLIN ? 0 : 1);
    }
    assert_int_equal(status_of(&lane, copy), 0);
    lane_let_go(&lane);
    rig_close(lane.rig, &lane.file); /* and its batches are drawn all the same */
    lane_await(copy);
    assert_int_equal(status_of(&(struct lane){.rig = *state}, copy), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(copy);
}

static void await_none(struct rig *rig)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    while (drm_sync_file_count(&rig->server) != 0) {
        nanosleep(&moment, NULL);
    }
}

/* A gate that opens when the program has long asked for one fence more than there may be. */
static void *open_later(void *gate)
{
    usleep(100000);
    if (write(*(int *)gate, "g", 1) != 1) {
        abort();
    }
    return NULL;
}

/* Half of them is behind one gate, the other half behind the next as well, and so is the last. */
static void one_too_many_waits_for_the_oldest(void **state)
{
    enum { MOST = 128 };
    struct rig *rig = *state;
    struct lane lane;
    int fds[MOST + 1], first[2];
    pthread_t thread;

    lane_open(&lane, rig);
    for (unsigned i = 0; i < MOST; i++) {
        if (i % (MOST / 2) == 0) {
            memcpy(first, lane.gate, sizeof(first));
            lane_shut(&lane);
        }
        fds[i] = lane_fence(&lane);
    }
    assert_int_equal(pthread_create(&thread, NULL, open_later, &first[1]), 0);
    fds[MOST] = lane_fence(&lane);
    lane_await(fds[0]);
    assert_false(lane_is_readable(fds[MOST / 2]));
    assert_false(lane_is_readable(fds[MOST]));
    pthread_join(thread, NULL);
    close(first[0]);
    close(first[1]);
    lane_let_go(&lane);
    for (unsigned i = 0; i <= MOST; i++) {
        lane_await(fds[i]);
        close(fds[i]);
    }
    await_none(rig);
    lane_close(&lane);
}

/* More than a session may have of the daemon; and none stays. */
static void many_come_and_go(void **state)
{
    struct rig *rig = *state;
    struct lane lane;
    int fds[MANY];

    lane_open(&lane, rig);
    for (unsigned i = 0; i < MANY; i++) {
        if (i == 100) {
            lane_shut(&lane);
        } else if (i == 200) {
            lane_let_go(&lane);
        }
        fds[i] = lane_fence(&lane);
    }
    assert_int_equal(drm_sync_file_count(&rig->server), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        lane_await(fds[i]);
        close(fds[i]);
    }
    await_none(rig);
    lane_close(&lane);
}

/* Those that are let go of before they are done. */
static void none_waits_for_nobody(void **state)
{
    struct rig *rig = *state;
    struct lane lane;

    lane_open(&lane, rig);
    lane_shut(&lane);
    for (unsigned i = 0; i < 50; i++) {
        close(lane_fence(&lane));
    }
    await_none(rig);
    lane_close(&lane);
}

/* ---- dma-bufs ---- */

static int make_dmabuf(struct lane *lane, uint32_t *handle)
{
    struct drm_i915_gem_create create = {.size = BYTES};

    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_I915_GEM_CREATE, &create), 0);
    struct drm_prime_handle prime = {.handle = create.handle, .flags = DRM_CLOEXEC | DRM_RDWR};
    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    *handle = create.handle;
    return prime.fd;
}

static int export(struct lane *lane, int dmabuf, uint32_t flags)
{
    struct dma_buf_export_sync_file data = {.flags = flags, .fd = -1};

    assert_int_equal(
        lane_descriptor_ioctl(lane->rig, dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &data), 0);
    return data.fd;
}

static void a_buffer_gives_its_fence(void **state)
{
    struct lane lane;
    uint32_t handle;

    lane_open(&lane, *state);
    const int dmabuf = make_dmabuf(&lane, &handle), idle = export(&lane, dmabuf, DMA_BUF_SYNC_RW);
    lane_await(idle);
    lane_shut(&lane);
    assert_int_equal(lane_use(&lane, handle, 0, -1), 0);
    const int to_read = export(&lane, dmabuf, DMA_BUF_SYNC_READ);
    const int to_write = export(&lane, dmabuf, DMA_BUF_SYNC_WRITE);
    assert_true(lane_is_readable(to_read));
    assert_false(lane_is_readable(to_write));
    assert_int_equal(lane_use(&lane, handle, EXEC_OBJECT_WRITE, -1), 0);
    const int written = export(&lane, dmabuf, DMA_BUF_SYNC_READ);
    assert_false(lane_is_readable(written));
    lane_let_go(&lane);
    lane_await(to_write);
    lane_await(written);
    const int fds[] = {dmabuf, idle, to_read, to_write, written};
    for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        close(fds[i]);
    }
    lane_close(&lane);
}

static uint32_t busy(struct lane *lane, uint32_t handle)
{
    struct drm_i915_gem_busy args = {.handle = handle};

    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_I915_GEM_BUSY, &args), 0);
    return args.busy;
}

static void a_buffer_takes_a_fence(void **state)
{
    struct lane lane, other;
    uint32_t handle;

    lane_open(&lane, *state);
    lane_open(&other, *state);
    const int dmabuf = make_dmabuf(&lane, &handle);
    lane_shut(&other);
    const int fence = lane_fence(&other);
    struct dma_buf_import_sync_file import = {.flags = DMA_BUF_SYNC_WRITE, .fd = fence};
    assert_int_equal(lane_descriptor_ioctl(*state, dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import),
                     0);
    assert_int_equal(busy(&lane, handle), 0x10001);
    struct drm_i915_gem_wait wait = {.bo_handle = handle, .timeout_ns = 0};
    assert_int_equal(lane_ioctl(&lane, DRM_IOCTL_I915_GEM_WAIT, &wait), -ETIME);
    assert_int_equal(lane_use(&lane, handle, 0, -1), 0);
    wait.bo_handle = lane.batch;
    assert_int_equal(lane_ioctl(&lane, DRM_IOCTL_I915_GEM_WAIT, &wait), -ETIME);
    lane_let_go(&other);
    wait = (struct drm_i915_gem_wait){.bo_handle = handle, .timeout_ns = -1};
    assert_int_equal(lane_ioctl(&lane, DRM_IOCTL_I915_GEM_WAIT, &wait), 0);
    assert_int_equal(busy(&lane, handle), 0);
    close(fence);
    close(dmabuf);
    lane_close(&lane);
    lane_close(&other);
}

static void bad_fences_of_buffers_have_their_errno(void **state)
{
    struct lane lane;
    uint32_t handle;
    int ends[2];

    lane_open(&lane, *state);
    assert_int_equal(pipe(ends), 0);
    const int dmabuf = make_dmabuf(&lane, &handle), fence = lane_fence(&lane);
    for (uint32_t flags = 0; flags <= 8; flags += 4) {
        struct dma_buf_export_sync_file out = {.flags = flags, .fd = -1};
        struct dma_buf_import_sync_file in = {.flags = flags, .fd = fence};
        assert_int_equal(
            lane_descriptor_ioctl(*state, dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &out), -EINVAL);
        assert_int_equal(lane_descriptor_ioctl(*state, dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &in),
                         -EINVAL);
    }
    const int fds[] = {-1, ends[0], dmabuf};
    for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        struct dma_buf_import_sync_file in = {.flags = DMA_BUF_SYNC_RW, .fd = fds[i]};
        assert_int_equal(lane_descriptor_ioctl(*state, dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &in),
                         -EINVAL);
    }
    struct dma_buf_export_sync_file out = {.flags = DMA_BUF_SYNC_RW};
    assert_int_equal(lane_descriptor_ioctl(*state, fence, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &out),
                     -ENOTTY);
    close(ends[0]);
    close(ends[1]);
    close(fence);
    close(dmabuf);
    lane_close(&lane);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(it_is_readable_when_it_is_done),
        WITH_RIG(it_tells_of_itself),
        WITH_RIG(bad_questions_have_their_errno),
        WITH_RIG(a_merge_is_done_when_both_are),
        WITH_RIG(a_merge_keeps_the_later_of_one_context),
        WITH_RIG(what_goes_in_is_waited_for),
        WITH_RIG(other_descriptors_are_none),
        WITH_RIG(it_outlives_who_made_it),
        WITH_RIG(one_too_many_waits_for_the_oldest),
        WITH_RIG(many_come_and_go),
        WITH_RIG(none_waits_for_nobody),
        WITH_RIG(a_buffer_gives_its_fence),
        WITH_RIG(a_buffer_takes_a_fence),
        WITH_RIG(bad_fences_of_buffers_have_their_errno),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
