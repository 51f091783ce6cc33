/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/integration/drm/bed.h"
#include "winsys/drm/pack.h"

int bed_setup_with(void **state, const char *const *arguments)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    char reason[GEMD_TEXT_MAX];
    signal(SIGPIPE, SIG_IGN); /* as in gemd-drm */
    daemon_start(&bed->daemon, arguments);
    assert_int_equal(drm_server_init(&bed->server, NULL, bed->daemon.socket, reason), 0);
    *state = bed;
    return 0;
}

int bed_setup(void **state)
{
    return bed_setup_with(state, NULL);
}

int bed_teardown(void **state)
{
    struct bed *bed = *state;
    drm_server_finish(&bed->server);
    daemon_await_nothing(&bed->daemon);
    daemon_stop(&bed->daemon);
    free(bed);
    return 0;
}

/* ---- files ---- */

static struct drm_file *open_minor(struct bed *bed, uint32_t minor)
{
    const struct ucred opener = {.pid = getpid(), .uid = getuid(), .gid = getgid()};
    struct drm_file *file = NULL;
    int descriptor = -1;
    assert_int_equal(drm_file_open(&bed->server, minor, &opener, &file, &descriptor), 0);
    close(descriptor); /* there is no loop that would see it */
    drm_file_unref(file);
    return file;
}

struct drm_file *bed_open(struct bed *bed)
{
    return open_minor(bed, DRM_MINOR_RENDER);
}

struct drm_file *bed_open_card(struct bed *bed)
{
    return open_minor(bed, DRM_MINOR_CARD);
}

void bed_close(struct drm_file *file)
{
    drm_file_hang_up(file);
}

int bed_ioctl(struct drm_file *file, unsigned long request, void *argument)
{
    struct drm_buffer to = {0}, there = {0}, from = {0};
    struct drm_packed packed;
    struct drm_packet packet = {.fd = -1};
    struct drm_call call;
    int result = drm_pack_request(&packed, (uint32_t)request, argument, &packet, &to);
    if (result < 0) {
        drm_buffer_clear(&to);
        return result;
    }
    packet.fd = packet.fd >= 0 ? dup(packet.fd) : -1;
    assert_int_equal(drm_buffer_reserve(&there, packet.request.payload + 1), 0);
    memcpy(there.bytes, packet.payload, packet.request.payload); /* the server's own */
    packet.payload = there.bytes;
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    result = drm_ioctl(file, &call);
    assert_int_equal(drm_pack_answer(&call, (uint32_t)request, result, &packet, &from), 0);
    packet.fd = packet.fd >= 0 ? dup(packet.fd) : -1;
    drm_call_clear(&call);
    result = drm_unpack_answer(&packed, argument, &packet, &to);
    drm_buffer_clear(&to);
    drm_buffer_clear(&there);
    drm_buffer_clear(&from);
    return result;
}

/* ---- buffers ---- */

uint32_t bed_create(struct drm_file *file, uint64_t size)
{
    struct drm_i915_gem_create create = {.size = size};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_CREATE, &create), 0);
    return create.handle;
}

void bed_drop(struct drm_file *file, uint32_t handle)
{
    struct drm_gem_close request = {.handle = handle};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_GEM_CLOSE, &request), 0);
}

void *bed_map(struct drm_file *file, uint32_t handle, uint64_t size, bool is_aperture)
{
    struct drm_i915_gem_mmap_offset map = {
        .handle = handle, .flags = is_aperture ? I915_MMAP_OFFSET_GTT : I915_MMAP_OFFSET_WB};
    uint64_t at = 0;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_MMAP_OFFSET, &map), 0);
    int fd = drm_gem_map(file, map.offset, size, PROT_READ | PROT_WRITE, &at);
    assert_true(fd >= 0);
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)at);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    close(fd);
    return bytes;
}

void bed_set_domain(struct drm_file *file, uint32_t handle, uint32_t read, uint32_t write)
{
    struct drm_i915_gem_set_domain domain = {handle, read, write};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_SET_DOMAIN, &domain), 0);
}

uint32_t bed_busy(struct drm_file *file, uint32_t handle)
{
    struct drm_i915_gem_busy busy = {.handle = handle};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_BUSY, &busy), 0);
    return busy.busy;
}

void bed_wait(struct drm_file *file, uint32_t handle)
{
    struct drm_i915_gem_wait wait = {.bo_handle = handle, .timeout_ns = -1};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_WAIT, &wait), 0);
}

/* ---- batches ---- */

void bed_put(struct bed_batch *batch, uint32_t count, const uint32_t *words)
{
    assert_true(batch->word_count + count <= BED_WORDS);
    memcpy(batch->words + batch->word_count, words, count * sizeof(*words));
    batch->word_count += count;
}

static void list(struct bed_batch *batch, uint32_t handle)
{
    for (uint32_t i = 0; i < batch->object_count; i++) {
        if (batch->objects[i] == handle) {
            return;
        }
    }
    assert_true(batch->object_count < BED_OBJECTS);
    batch->objects[batch->object_count++] = handle;
}

void bed_address(struct bed_batch *batch, uint32_t handle, bool write)
{
    assert_true(batch->reloc_count < BED_RELOCS);
    batch->relocs[batch->reloc_count++] = (struct drm_i915_gem_relocation_entry){
        .target_handle = handle,
        .offset = batch->word_count * 4,
        .read_domains = I915_GEM_DOMAIN_RENDER,
        .write_domain = write ? I915_GEM_DOMAIN_RENDER : 0,
    };
    list(batch, handle);
    BED_PUT(batch, 0xdead0000);
}

void bed_fill(struct bed_batch *batch, uint32_t handle, uint32_t pitch, uint32_t width,
              uint32_t height, uint32_t colour)
{
    BED_PUT(batch, 0x54300004, 0x03f00000 | pitch, 0, height << 16 | width);
    bed_address(batch, handle, true);
    BED_PUT(batch, colour);
}

void bed_copy(struct bed_batch *batch, uint32_t to, uint32_t to_pitch, uint32_t from,
              uint32_t from_pitch, uint32_t y, uint32_t width, uint32_t height)
{
    BED_PUT(batch, 0x54f00006, 0x03cc0000 | to_pitch, 0, height << 16 | width);
    bed_address(batch, to, true);
    BED_PUT(batch, y << 16, from_pitch);
    bed_address(batch, from, false);
}

int bed_run(struct drm_file *file, struct bed_batch *batch)
{
    struct drm_i915_gem_exec_object2 objects[BED_OBJECTS + 1] = {{0}};
    const uint32_t count = batch->object_count;
    BED_PUT(batch, 0x02000000, 0x05000000);
    if (batch->word_count % 2 != 0) {
        BED_PUT(batch, 0);
    }
    uint32_t handle = bed_create(file, sizeof(batch->words));
    struct drm_i915_gem_pwrite write = {
        .handle = handle, .size = batch->word_count * 4ull, .data_ptr = (uintptr_t)batch->words};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
    for (uint32_t i = 0; i < count; i++) {
        objects[i].handle = batch->objects[i];
        objects[i].flags = batch->object_flags;
    }
    objects[count].handle = handle;
    objects[count].relocs_ptr = (uintptr_t)batch->relocs;
    objects[count].relocation_count = batch->reloc_count;
    struct drm_i915_gem_execbuffer2 exec = {.buffers_ptr = (uintptr_t)objects,
                                            .buffer_count = count + 1,
                                            .batch_len = batch->word_count * 4,
                                            .flags = I915_EXEC_RENDER | batch->flags,
                                            .rsvd2 = (uint32_t)batch->fence_in};
    int result = bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2_WR, &exec);
    batch->fence_out = (int)(exec.rsvd2 >> 32);
    bed_drop(file, handle);
    return result;
}
