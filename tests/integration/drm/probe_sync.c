/* SPDX-License-Identifier: MIT */
/* Fences as a program has them: sync objects by libdrm, sync files and dma-bufs by ioctl(). */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include <i915_drm.h>

#include "tests/integration/drm/probe.h"

#define RENDER "/dev/dri/renderD128"

static bool is_readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, 0) == 1 && wait.revents == POLLIN;
}

/* Whether an ioctl fails so. */
static bool fails(int fd, unsigned long request, void *argument, int error)
{
    errno = 0;
    return ioctl(fd, request, argument) == -1 && errno == error;
}

static bool told(int file)
{
    struct sync_fence_info fences[2] = {{.status = 77}};
    struct sync_file_info info = {.num_fences = 2, .sync_fence_info = (uintptr_t)fences};
    int ends[2] = {-1, -1};

    const bool good =
        TRUE(ioctl(file, SYNC_IOC_FILE_INFO, &info) == 0) && TRUE(info.num_fences == 1) &&
        TRUE(info.status == 1) && TRUE(fences[0].status == 1) &&
        TRUE(fences[0].timestamp_ns != 0) && TRUE(info.name[0] != '\0') &&
        TRUE(fails(file, SYNC_IOC_FILE_INFO, (void *)8, EFAULT)) && TRUE(pipe(ends) == 0) &&
        TRUE(fails(ends[0], SYNC_IOC_FILE_INFO, &info, ENOTTY)) &&
        TRUE(fails(-1, SYNC_IOC_FILE_INFO, &info, EBADF)) &&
        TRUE(fails(file, SYNC_IOC_MERGE, &(struct sync_merge_data){.fd2 = ends[0]}, ENOENT));
    info.sync_fence_info = 8;
    close(ends[0]);
    close(ends[1]);
    return good && TRUE(fails(file, SYNC_IOC_FILE_INFO, &info, EFAULT));
}

static bool merged(int file)
{
    struct sync_merge_data merge = {.name = "two", .fd2 = file, .fence = -1};
    const bool good = TRUE(ioctl(file, SYNC_IOC_MERGE, &merge) == 0) && TRUE(merge.fence >= 0) &&
                      TRUE(fcntl(merge.fence, F_GETFD) == FD_CLOEXEC) &&
                      TRUE(is_readable(merge.fence));

    close(merge.fence);
    return good;
}

/* What a child has is the same. */
static bool shared(int file)
{
    int status = 1;
    const pid_t child = fork();

    if (child == 0) {
        struct sync_file_info info = {.num_fences = 0};
        _exit(ioctl(file, SYNC_IOC_FILE_INFO, &info) == 0 && info.num_fences == 1 ? 0 : 1);
    }
    return TRUE(waitpid(child, &status, 0) == child) && TRUE(status == 0);
}

static bool sync_files(void)
{
    const int fd = open(RENDER, O_RDWR | O_CLOEXEC);
    uint32_t object = 0, other = 0;
    int file = -1;

    const bool good = TRUE(drmSyncobjCreate(fd, DRM_SYNCOBJ_CREATE_SIGNALED, &object) == 0) &&
                      TRUE(drmSyncobjExportSyncFile(fd, object, &file) == 0) &&
                      TRUE(fcntl(file, F_GETFD) == FD_CLOEXEC) && TRUE(is_readable(file)) &&
                      told(file) && merged(file) && shared(file) &&
                      TRUE(drmSyncobjCreate(fd, 0, &other) == 0) &&
                      TRUE(drmSyncobjImportSyncFile(fd, other, file) == 0) &&
                      TRUE(drmSyncobjWait(fd, &other, 1, 0, 0, NULL) == 0) &&
                      TRUE(drmSyncobjDestroy(fd, object) == 0) && TRUE(is_readable(file));
    close(file);
    close(fd);
    return good;
}

static bool sync_objects(void)
{
    const int fd = open(RENDER, O_RDWR | O_CLOEXEC), second = open(RENDER, O_RDWR | O_CLOEXEC);
    uint64_t has = 0, point = 9, points = 0;
    uint32_t object = 0, other = 0;
    int file = -1;

    const bool good = TRUE(drmGetCap(fd, DRM_CAP_SYNCOBJ, &has) == 0 && has == 1) &&
                      TRUE(drmGetCap(fd, DRM_CAP_SYNCOBJ_TIMELINE, &has) == 0 && has == 1) &&
                      TRUE(drmSyncobjCreate(fd, 0, &object) == 0) &&
                      TRUE(drmSyncobjWait(fd, &object, 1, 0, 0, NULL) == -EINVAL) &&
                      TRUE(drmSyncobjHandleToFD(fd, object, &file) == 0) &&
                      TRUE(drmSyncobjFDToHandle(second, file, &other) == 0) &&
                      TRUE(drmSyncobjTimelineSignal(second, &other, &point, 1) == 0) &&
                      TRUE(drmSyncobjQuery(fd, &object, &points, 1) == 0) && TRUE(points == 9) &&
                      TRUE(drmSyncobjTimelineWait(fd, &object, &point, 1, 0, 0, NULL) == 0);
    close(file);
    close(second);
    close(fd);
    return good;
}

static bool fences_of_buffers(void)
{
    struct drm_i915_gem_create create = {.size = 4096};
    struct dma_buf_export_sync_file out = {.flags = DMA_BUF_SYNC_RW, .fd = -1};
    struct dma_buf_import_sync_file in = {.flags = DMA_BUF_SYNC_WRITE};
    const int fd = open(RENDER, O_RDWR | O_CLOEXEC);
    int buffer = -1;

    bool good = TRUE(ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &create) == 0) &&
                TRUE(drmPrimeHandleToFD(fd, create.handle, DRM_CLOEXEC | DRM_RDWR, &buffer) == 0) &&
                TRUE(ioctl(buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &out) == 0) &&
                TRUE(is_readable(out.fd));
    in.fd = out.fd;
    good = good && TRUE(ioctl(buffer, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &in) == 0) &&
           TRUE(fails(buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, (void *)8, EFAULT));
    in.fd = buffer;
    good = good && TRUE(fails(buffer, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &in, EINVAL));
    close(out.fd);
    close(buffer);
    close(fd);
    return good;
}

/* A batch with an extension that names a point. */
static bool fences_of_batches(void)
{
    const uint32_t words[] = {0x05000000, 0};
    const int fd = open(RENDER, O_RDWR | O_CLOEXEC);
    struct drm_i915_gem_create create = {.size = 4096};
    struct drm_i915_gem_pwrite write = {.size = sizeof(words), .data_ptr = (uintptr_t)words};
    struct drm_i915_gem_exec_object2 object = {.handle = 0};
    struct drm_i915_gem_exec_fence fence = {.flags = I915_EXEC_FENCE_SIGNAL};
    uint64_t point = 5;
    struct drm_i915_gem_execbuffer_ext_timeline_fences line = {
        .fence_count = 1, .handles_ptr = (uintptr_t)&fence, .values_ptr = (uintptr_t)&point};
    struct drm_i915_gem_execbuffer2 exec = {.buffers_ptr = (uintptr_t)&object,
                                            .buffer_count = 1,
                                            .flags = I915_EXEC_USE_EXTENSIONS | I915_EXEC_FENCE_OUT,
                                            .cliprects_ptr = (uintptr_t)&line};

    bool good = TRUE(ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &create) == 0) &&
                TRUE(drmSyncobjCreate(fd, 0, &fence.handle) == 0);
    write.handle = object.handle = create.handle;
    good = good && TRUE(ioctl(fd, DRM_IOCTL_I915_GEM_PWRITE, &write) == 0) &&
           TRUE(ioctl(fd, DRM_IOCTL_I915_GEM_EXECBUFFER2_WR, &exec) == 0) &&
           TRUE(drmSyncobjTimelineWait(fd, &fence.handle, &point, 1, INT64_MAX, 0, NULL) == 0);
    struct pollfd wait = {.fd = (int)(exec.rsvd2 >> 32), .events = POLLIN};
    good = good && TRUE(poll(&wait, 1, -1) == 1) && TRUE(wait.revents == POLLIN);
    line.base.next_extension = 8;
    good = good && TRUE(fails(fd, DRM_IOCTL_I915_GEM_EXECBUFFER2_WR, &exec, EFAULT));
    close(wait.fd);
    close(fd);
    return good;
}

/* ---- poll() of dma-bufs ---- */

enum { SIDE = 1024, FILLS = 48, BATCHES = 48, FILL_WORDS = 6, BYTES = SIDE * SIDE * 4 };

/* What keeps the GPU for seconds, longer than a program looks away (the ROP reads what is there):
 * one buffer is drawn to, one listed. */
static bool draw_long(int fd, uint32_t drawn, uint32_t listed)
{
    static uint32_t words[FILLS * FILL_WORDS + 2];
    static struct drm_i915_gem_relocation_entry relocs[FILLS];
    struct drm_i915_gem_create create = {.size = sizeof(words)};
    struct drm_i915_gem_pwrite write = {.size = sizeof(words), .data_ptr = (uintptr_t)words};
    struct drm_i915_gem_exec_object2 objects[] = {
        {.handle = drawn}, {.handle = listed}, {.handle = 0}};
    struct drm_i915_gem_execbuffer2 exec = {.buffers_ptr = (uintptr_t)objects, .buffer_count = 3};

    for (uint32_t i = 0; i < FILLS; i++) {
        const uint32_t fill[FILL_WORDS] = {
            0x54300004, 0x035a0000 | SIDE * 4, 0, SIDE << 16 | SIDE, 0, i};
        memcpy(words + (size_t)i * FILL_WORDS, fill, sizeof(fill));
        relocs[i] = (struct drm_i915_gem_relocation_entry){.target_handle = drawn,
                                                           .offset = (i * FILL_WORDS + 4) *
                                                                     sizeof(uint32_t),
                                                           .read_domains = I915_GEM_DOMAIN_RENDER,
                                                           .write_domain = I915_GEM_DOMAIN_RENDER};
    }
    words[(size_t)FILLS * FILL_WORDS] = 0x05000000;
    bool good = TRUE(ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &create) == 0);
    write.handle = objects[2].handle = create.handle;
    objects[2].relocation_count = FILLS;
    objects[2].relocs_ptr = (uintptr_t)relocs;
    good = good && TRUE(ioctl(fd, DRM_IOCTL_I915_GEM_PWRITE, &write) == 0);
    for (unsigned i = 0; good && i < BATCHES; i++) {
        good = TRUE(ioctl(fd, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec) == 0);
    }
    return good;
}

static int make_dmabuf(int fd, uint32_t *handle)
{
    struct drm_i915_gem_create create = {.size = BYTES};
    int buffer = -1;

    if (ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &create) == 0) {
        (void)drmPrimeHandleToFD(fd, create.handle, DRM_CLOEXEC | DRM_RDWR, &buffer);
    }
    *handle = create.handle;
    return buffer;
}

static bool is_busy(int fd, uint32_t handle)
{
    struct drm_i915_gem_busy busy = {.handle = handle};

    return ioctl(fd, DRM_IOCTL_I915_GEM_BUSY, &busy) != 0 || busy.busy != 0;
}

static bool buffers_are_polled(void)
{
    const struct timespec no_time = {0};
    const int fd = open(RENDER, O_RDWR | O_CLOEXEC);
    uint32_t drawn, listed;
    int ends[2] = {-1, -1};
    const int own = memfd_create("own", MFD_CLOEXEC);
    struct pollfd both[] = {{.fd = make_dmabuf(fd, &drawn), .events = POLLIN | POLLOUT},
                            {.fd = make_dmabuf(fd, &listed), .events = POLLIN | POLLOUT},
                            {.fd = -1, .events = POLLIN},
                            {.fd = own, .events = POLLOUT}};

    bool good = TRUE(pipe(ends) == 0) && TRUE(both[0].fd >= 0 && both[1].fd >= 0) &&
                TRUE(poll(both, 2, 0) == 2) && TRUE(both[0].revents == (POLLIN | POLLOUT)) &&
                TRUE(both[1].revents == (POLLIN | POLLOUT)) && draw_long(fd, drawn, listed) &&
                TRUE(poll(both, 1, 0) == 0) && TRUE(both[0].revents == 0) &&
                TRUE(ppoll(both, 1, &no_time, NULL) == 0) && TRUE(poll(both, 2, 0) == 1) &&
                TRUE(both[1].revents == POLLIN); /* it is only read */
    both[2].fd = ends[0];
    good = good && TRUE(write(ends[1], "x", 1) == 1) && TRUE(poll(both, 4, -1) == 3) &&
           TRUE(both[0].revents == 0 && both[2].revents == POLLIN && both[3].revents == POLLOUT) &&
           TRUE(is_busy(fd, drawn));
    both[0].events = POLLOUT;
    good = good && TRUE(poll(both, 1, -1) == 1) && TRUE(both[0].revents == POLLOUT) &&
           TRUE(!is_busy(fd, drawn)) && TRUE(poll(both, 2, 0) == 2) &&
           TRUE(both[1].revents == (POLLIN | POLLOUT));
    for (unsigned i = 0; i < 4; i++) {
        close(both[i].fd);
    }
    close(ends[1]);
    close(fd);
    return good;
}

const struct probe_check probe_sync_checks[] = {
    {"buffers_are_polled", buffers_are_polled},
    {"sync_files", sync_files},
    {"sync_objects", sync_objects},
    {"fences_of_buffers", fences_of_buffers},
    {"fences_of_batches", fences_of_batches},
    {NULL, NULL},
};
