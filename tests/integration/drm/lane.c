/* SPDX-License-Identifier: MIT */
#include "tests/integration/drm/lane.h"

#include <errno.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#define BATCH_BYTES 4096u

int lane_ioctl(struct lane *lane, unsigned long request, void *argument)
{
    return rig_ioctl(lane->rig, &lane->file, (uint32_t)request, argument);
}

void lane_open(struct lane *lane, struct rig *rig)
{
    const uint32_t words[] = {0x05000000, 0};

    *lane = (struct lane){.rig = rig, .file = rig_open(rig, DRM_MINOR_RENDER), .gate = {-1, -1}};
    struct drm_i915_gem_create create = {.size = BATCH_BYTES};
    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_I915_GEM_CREATE, &create), 0);
    lane->batch = create.handle;
    struct drm_i915_gem_pwrite write = {
        .handle = lane->batch, .size = sizeof(words), .data_ptr = (uintptr_t)words};
    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
}

void lane_shut(struct lane *lane)
{
    struct drm_file *file = drm_file_find(&lane->rig->server, lane->file.id);

    assert_non_null(file);
    assert_int_equal(pipe(lane->gate), 0);
    assert_int_equal(gemd_fence_wait_before(file->session, lane->gate[0], GEMD_FOREVER), 0);
    drm_file_unref(file);
}

/* A child may have the gate too: its end alone would not open it. */
void lane_let_go(struct lane *lane)
{
    if (lane->gate[1] >= 0) {
        assert_int_equal(write(lane->gate[1], "g", 1), 1);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (lane->gate[i] >= 0) {
            close(lane->gate[i]);
        }
        lane->gate[i] = -1;
    }
}

void lane_close(struct lane *lane)
{
    lane_let_go(lane);
    struct drm_i915_gem_wait wait = {.bo_handle = lane->batch, .timeout_ns = -1};
    assert_int_equal(lane_ioctl(lane, DRM_IOCTL_I915_GEM_WAIT, &wait), 0);
    rig_close(lane->rig, &lane->file);
}

/* ---- batches ---- */

int lane_exec(struct lane *lane, struct drm_i915_gem_execbuffer2 *exec)
{
    struct drm_i915_gem_exec_object2 object = {.handle = lane->batch};

    exec->buffers_ptr = (uintptr_t)&object;
    exec->buffer_count = 1;
    return lane_ioctl(lane, DRM_IOCTL_I915_GEM_EXECBUFFER2_WR, exec);
}

int lane_fence(struct lane *lane)
{
    struct drm_i915_gem_execbuffer2 exec = {.flags = I915_EXEC_FENCE_OUT};

    assert_int_equal(lane_exec(lane, &exec), 0);
    return (int)(exec.rsvd2 >> 32);
}

int lane_use(struct lane *lane, uint32_t handle, uint64_t object_flags, int fence_in)
{
    struct drm_i915_gem_exec_object2 objects[] = {{.handle = handle, .flags = object_flags},
                                                  {.handle = lane->batch}};
    struct drm_i915_gem_execbuffer2 exec = {.buffers_ptr = (uintptr_t)objects,
                                            .buffer_count = 2,
                                            .flags = fence_in >= 0 ? I915_EXEC_FENCE_IN : 0,
                                            .rsvd2 = (uint32_t)fence_in};

    return lane_ioctl(lane, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec);
}

/* ---- descriptors ---- */

static uint64_t look(struct rig *rig, int fd)
{
    struct drm_packet request = {.request = {.type = DRM_WIRE_LOOK}, .fd = fd}, answer;
    struct drm_buffer buffer = {0};

    if (fd < 0) {
        return 0;
    }
    assert_int_equal(rig_ask(rig->channel, &request, &answer, &buffer), 1);
    drm_buffer_clear(&buffer);
    return answer.answer.offset;
}

static int named(unsigned long request, const void *argument)
{
    if (request == SYNC_IOC_MERGE) {
        return ((const struct sync_merge_data *)argument)->fd2;
    }
    return request == DMA_BUF_IOCTL_IMPORT_SYNC_FILE
               ? ((const struct dma_buf_import_sync_file *)argument)->fd
               : -1;
}

static void take(unsigned long request, void *argument, const struct drm_packet *answer)
{
    const size_t size = _IOC_SIZE(request), padded = (size + 7) & ~(size_t)7;

    memcpy(argument, answer->payload, size);
    if (request == SYNC_IOC_MERGE) {
        ((struct sync_merge_data *)argument)->fence = answer->fd;
    } else if (request == DMA_BUF_IOCTL_EXPORT_SYNC_FILE) {
        ((struct dma_buf_export_sync_file *)argument)->fd = answer->fd;
    } else if (request == SYNC_IOC_FILE_INFO && answer->answer.payload > padded) {
        const struct sync_file_info *info = argument;
        memcpy((void *)(uintptr_t)info->sync_fence_info, answer->payload + padded,
               (size_t)answer->answer.payload - padded);
    }
}

int lane_descriptor_ioctl(struct rig *rig, int fd, unsigned long request, void *argument)
{
    uint64_t structure[16] = {0};
    struct drm_packet packet = {.request = {.type = DRM_WIRE_DMABUF,
                                            .request = (uint32_t)request,
                                            .offset = look(rig, named(request, argument)),
                                            .payload = _IOC_SIZE(request)},
                                .fd = fd,
                                .payload = (uint8_t *)structure};
    struct drm_packet answer;
    struct drm_buffer buffer = {0};

    memcpy(structure, argument, _IOC_SIZE(request));
    assert_int_equal(rig_ask(rig->channel, &packet, &answer, &buffer), 1);
    if (answer.answer.result >= 0) {
        take(request, argument, &answer);
    }
    drm_buffer_clear(&buffer);
    return answer.answer.result;
}

bool lane_is_readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, 0) == 1;
}

void lane_await(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    while (poll(&wait, 1, -1) != 1) {
        assert_int_equal(errno, EINTR);
    }
    assert_int_equal(wait.revents, POLLIN);
}
