/* SPDX-License-Identifier: MIT */
/* Calls that are not as the table has them, descriptors, and what is too much for a packet. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <drm.h>
#include <i915_drm.h>

#include "tests/drm/pack_rig.h"

/* A structure that is shorter or longer than ours, as older and newer programs have it. */
static void test_other_sizes(void **unused)
{
    struct drm_i915_gem_mmap_offset map = {.handle = 7, .flags = 3};
    struct drm_packed packed;
    struct drm_packet packet = {0};
    struct drm_buffer buffer = {0}, out = {0};
    struct drm_call call;
    uint8_t large[64] = {9};

    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_MMAP_GTT, &map, &packet, &buffer),
                     0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    struct drm_i915_gem_mmap_offset *there = call.argument;
    assert_int_equal(call.given, sizeof(struct drm_i915_gem_mmap_gtt));
    assert_int_equal(there->handle, 7);
    assert_int_equal(there->flags, 0); /* beyond what was given: zeros */
    there->offset = 77;
    there->flags = 5;
    struct drm_packet answer = {0};
    assert_int_equal(drm_pack_answer(&call, DRM_IOCTL_I915_GEM_MMAP_GTT, 0, &answer, &out), 0);
    drm_call_clear(&call);
    assert_int_equal(drm_unpack_answer(&packed, &map, &answer, &buffer), 0);
    assert_int_equal(map.offset, 77);
    assert_int_equal(map.flags, 3);

    const uint32_t longer = _IOWR(DRM_IOCTL_BASE, _IOC_NR(DRM_IOCTL_GEM_CLOSE), uint8_t[64]);
    assert_int_equal(drm_pack_request(&packed, longer, large, &packet, &buffer), 0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    assert_int_equal(call.given, 64);
    assert_memory_equal(call.argument, large, 64);
    drm_call_clear(&call);

    /* Without the direction's bits nothing is copied. */
    const uint32_t blind = _IO(DRM_IOCTL_BASE, _IOC_NR(DRM_IOCTL_GEM_CLOSE));
    assert_int_equal(drm_pack_request(&packed, blind, NULL, &packet, &buffer), 0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    assert_int_equal(((struct drm_gem_close *)call.argument)->handle, 0);
    drm_call_clear(&call);
    drm_buffer_clear(&buffer);
    drm_buffer_clear(&out);
}

static void test_bad_pointers_are_faults(void **unused)
{
    struct drm_packed packed;
    struct drm_packet packet = {0}, answer = {0};
    struct drm_buffer buffer = {0}, out = {0};
    struct drm_call call;
    void *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct drm_i915_gem_pwrite write = {.size = 8, .data_ptr = (uintptr_t)nothing};
    struct drm_i915_gem_pread read = {.size = 8, .data_ptr = (uintptr_t)nothing};
    struct drm_i915_gem_exec_object2 object = {.relocs_ptr = 8, .relocation_count = 1};
    struct drm_i915_gem_execbuffer2 exec = {.buffers_ptr = (uintptr_t)&object, .buffer_count = 1};

    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_GEM_CLOSE, nothing, &packet, &buffer),
                     -EFAULT);
    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_PWRITE, &write, &packet, &buffer),
                     -EFAULT);
    assert_int_equal(
        drm_pack_request(&packed, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec, &packet, &buffer),
        -EFAULT);
    /* Where an answer goes is only seen then. */
    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_PREAD, &read, &packet, &buffer),
                     0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    call.arrays[0].used = 8;
    assert_int_equal(drm_pack_answer(&call, DRM_IOCTL_I915_GEM_PREAD, 0, &answer, &out), 0);
    drm_call_clear(&call);
    assert_int_equal(drm_unpack_answer(&packed, &read, &answer, &buffer), -EFAULT);
    munmap(nothing, 4096);
    drm_buffer_clear(&buffer);
    drm_buffer_clear(&out);
}

static void test_too_many(void **unused)
{
    struct drm_packed packed;
    struct drm_packet packet = {0};
    struct drm_buffer buffer = {0};
    struct drm_call call;
    struct drm_i915_gem_exec_object2 object = {.relocation_count = 1u << 30};
    struct drm_i915_gem_execbuffer2 exec = {.buffers_ptr = (uintptr_t)&object, .buffer_count = 1};
    struct drm_i915_gem_pwrite write = {.size = UINT64_MAX};
    struct drm_mode_card_res resources = {.count_fbs = UINT32_MAX};

    assert_int_equal(
        drm_pack_request(&packed, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec, &packet, &buffer),
        -EINVAL);
    exec.buffer_count = UINT32_MAX;
    assert_int_equal(
        drm_pack_request(&packed, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec, &packet, &buffer),
        -EINVAL);
    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_PWRITE, &write, &packet, &buffer),
                     -EINVAL);
    assert_int_equal(drm_pack_request(&packed, _IO(DRM_IOCTL_BASE, 0xff), NULL, &packet, &buffer),
                     -EINVAL);
    /* More room than there can be things is no error. */
    assert_int_equal(
        drm_pack_request(&packed, DRM_IOCTL_MODE_GETRESOURCES, &resources, &packet, &buffer), 0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    assert_int_equal(call.arrays[0].count, 4096);
    drm_call_clear(&call);
    drm_buffer_clear(&buffer);
}

/* More than a packet holds rides in a memory file. */
static void test_large_payloads(void **unused)
{
    const size_t size = 3u << 20;
    struct drm_packed packed;
    struct drm_packet packet = {0}, there;
    struct drm_buffer buffer = {0}, received = {0};
    struct drm_call call;
    uint8_t *bytes = pack_random_bytes(size);
    struct drm_i915_gem_pwrite write = {.size = size, .data_ptr = (uintptr_t)bytes};

    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_PWRITE, &write, &packet, &buffer),
                     0);
    pack_transfer(&packet, &there, &received);
    assert_int_equal(there.request.flags, DRM_WIRE_OUTSIDE);
    assert_int_equal(there.fd, -1);
    assert_int_equal(drm_unpack_request(&call, &there), 0);
    assert_int_equal(call.arrays[0].count, size);
    assert_memory_equal(call.arrays[0].bytes, bytes, size);
    drm_call_clear(&call);
    drm_buffer_trim(&received);
    assert_null(received.bytes);
    free(bytes);
    drm_buffer_clear(&buffer);
}

static void test_descriptors_in(void **unused)
{
    struct drm_prime_handle prime = {0};
    struct drm_packed packed;
    struct drm_packet packet = {0}, there;
    struct drm_buffer buffer = {0}, received = {0};
    struct drm_call call;
    int pipe_ends[2];
    struct stat ours, theirs;

    assert_return_code(pipe2(pipe_ends, O_CLOEXEC), errno);
    prime.fd = pipe_ends[0];
    assert_int_equal(
        drm_pack_request(&packed, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime, &packet, &buffer), 0);
    assert_int_equal(packet.fd, pipe_ends[0]);
    pack_transfer(&packet, &there, &received);
    assert_int_equal(drm_unpack_request(&call, &there), 0);
    assert_true(call.fd_in >= 0);
    assert_int_not_equal(call.fd_in, pipe_ends[0]);
    assert_return_code(fstat(call.fd_in, &theirs), errno);
    assert_return_code(fstat(pipe_ends[0], &ours), errno);
    assert_int_equal(ours.st_ino, theirs.st_ino);
    drm_call_clear(&call);

    close(pipe_ends[0]); /* no descriptor: the handler is told so, and the number stays */
    assert_int_equal(
        drm_pack_request(&packed, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime, &packet, &buffer), 0);
    assert_int_equal(packet.fd, -1);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    assert_int_equal(call.fd_in, -1);
    assert_int_equal(((struct drm_prime_handle *)call.argument)->fd, prime.fd);
    drm_call_clear(&call);
    close(pipe_ends[1]);
    drm_buffer_clear(&buffer);
    drm_buffer_clear(&received);
}

/* PRIME_HANDLE_TO_FD answers with a descriptor, close-on-exec if that was wanted. */
static void check_fd_out(uint32_t flags, int wanted)
{
    struct drm_prime_handle prime = {.flags = flags};
    struct drm_packed packed;
    struct drm_packet packet = {0}, answer = {0}, back;
    struct drm_buffer buffer = {0}, out = {0}, in = {0};
    struct drm_call call;

    assert_int_equal(
        drm_pack_request(&packed, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime, &packet, &buffer), 0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    call.fd_out = memfd_create("test", MFD_CLOEXEC);
    assert_int_equal(drm_pack_answer(&call, DRM_IOCTL_PRIME_HANDLE_TO_FD, 0, &answer, &out), 0);
    pack_transfer(&answer, &back, &in);
    drm_call_clear(&call);
    assert_int_equal(drm_unpack_answer(&packed, &prime, &back, &buffer), 0);
    assert_int_equal(fcntl(prime.fd, F_GETFD), wanted);
    close(prime.fd);
    drm_buffer_clear(&buffer);
    drm_buffer_clear(&out);
    drm_buffer_clear(&in);
}

static void test_descriptors_out(void **unused)
{
    check_fd_out(DRM_CLOEXEC, FD_CLOEXEC);
    check_fd_out(0, 0);
}

/* GEM_MMAP: the program's side maps what the server says. */
static void test_mapping(void **unused)
{
    struct drm_i915_gem_mmap map = {.size = 4096};
    struct drm_packed packed;
    struct drm_packet packet = {0}, answer = {0}, back;
    struct drm_buffer buffer = {0}, out = {0}, in = {0};
    struct drm_call call;
    const uint32_t request = DRM_IOCTL_I915_GEM_MMAP;

    assert_int_equal(drm_pack_request(&packed, request, &map, &packet, &buffer), 0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    call.fd_out = memfd_create("test", MFD_CLOEXEC);
    assert_return_code(ftruncate(call.fd_out, 8192), errno);
    assert_int_equal(pwrite(call.fd_out, "gemd", 4, 4096), 4);
    ((struct drm_i915_gem_mmap *)call.argument)->addr_ptr = 4096;
    assert_int_equal(drm_pack_answer(&call, request, 0, &answer, &out), 0);
    pack_transfer(&answer, &back, &in);
    drm_call_clear(&call);
    assert_int_equal(drm_unpack_answer(&packed, &map, &back, &buffer), 0);
    assert_memory_equal((void *)(uintptr_t)map.addr_ptr, "gemd", 4);
    munmap((void *)(uintptr_t)map.addr_ptr, 4096);
    drm_buffer_clear(&buffer);
    drm_buffer_clear(&out);
    drm_buffer_clear(&in);
}

/* A failed call brings its structure back, and no arrays, and no descriptor. */
static void test_failed_calls(void **unused)
{
    uint8_t bytes[8] = {1};
    struct drm_i915_gem_pread read = {.size = 8, .data_ptr = (uintptr_t)bytes};
    struct drm_i915_gem_wait wait = {.timeout_ns = 5};
    struct drm_packed packed;
    struct drm_packet packet = {0}, answer = {0};
    struct drm_buffer buffer = {0}, out = {0};
    struct drm_call call;

    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_PREAD, &read, &packet, &buffer),
                     0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    call.arrays[0].used = 8;
    assert_int_equal(drm_pack_answer(&call, DRM_IOCTL_I915_GEM_PREAD, -EIO, &answer, &out), 0);
    drm_call_clear(&call);
    assert_int_equal(drm_unpack_answer(&packed, &read, &answer, &buffer), -EIO);
    assert_int_equal(bytes[0], 1);

    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_WAIT, &wait, &packet, &buffer),
                     0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    ((struct drm_i915_gem_wait *)call.argument)->timeout_ns = 1;
    assert_int_equal(drm_pack_answer(&call, DRM_IOCTL_I915_GEM_WAIT, -ETIME, &answer, &out), 0);
    drm_call_clear(&call);
    assert_int_equal(drm_unpack_answer(&packed, &wait, &answer, &buffer), -ETIME);
    assert_int_equal(wait.timeout_ns, 1);
    drm_buffer_clear(&buffer);
    drm_buffer_clear(&out);
}

/* Each payload that is not as the table has it is seen: cut anywhere, longer, or with changed
 * counts. */
static void test_hostile_payloads(void **unused)
{
    struct drm_packed packed;
    struct drm_packet packet = {0};
    struct drm_buffer buffer = {0};
    struct drm_call call;
    struct pack_program p;
    const struct drm_call_row *row = drm_call_row(DRM_IOCTL_I915_GEM_EXECBUFFER2);

    pack_make(&p, row);
    assert_int_equal(drm_pack_request(&packed, row->request, p.structure, &packet, &buffer), 0);
    const uint64_t whole = packet.request.payload;
    for (uint64_t size = 0; size < whole + 32; size++) {
        if (size == whole) {
            continue;
        }
        uint8_t *copy = pack_random_bytes((size_t)(size > whole ? size : whole));
        memcpy(copy, packet.payload, (size_t)(size < whole ? size : whole));
        struct drm_packet bad = packet;
        bad.payload = copy;
        bad.request.payload = size;
        assert_int_equal(drm_unpack_request(&call, &bad), -EPROTO);
        drm_call_clear(&call);
        free(copy);
    }
    /* Any change of a word is taken or refused, never followed out of the payload (sanitizers). */
    for (uint64_t at = 0; at + 4 <= whole; at += 4) {
        uint8_t *copy = pack_random_bytes((size_t)whole);
        memcpy(copy, packet.payload, (size_t)whole);
        pack_put(copy, (size_t)at, 4, pack_roll() % 3 == 0 ? UINT32_MAX : pack_roll() % 16);
        struct drm_packet bad = packet;
        bad.payload = copy;
        const int result = drm_unpack_request(&call, &bad);
        assert_true(result == 0 || result == -EPROTO);
        drm_call_clear(&call);
        free(copy);
    }
    /* A descriptor that nothing names. */
    struct drm_gem_close close_call = {0};
    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_GEM_CLOSE, &close_call, &packet, &buffer),
                     0);
    packet.fd = 0;
    assert_int_equal(drm_unpack_request(&call, &packet), -EPROTO);
    drm_call_clear(&call);
    pack_discard(&p);
    drm_buffer_clear(&buffer);
}

/* What a server says is not believed either. */
static void test_hostile_answers(void **unused)
{
    uint8_t bytes[8];
    struct drm_i915_gem_pread read = {.size = 8, .data_ptr = (uintptr_t)bytes};
    struct drm_packed packed;
    struct drm_packet packet = {0}, answer = {0};
    struct drm_buffer buffer = {0}, out = {0};
    struct drm_call call;

    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_PREAD, &read, &packet, &buffer),
                     0);
    assert_int_equal(drm_unpack_request(&call, &packet), 0);
    call.arrays[0].used = 8;
    assert_int_equal(drm_pack_answer(&call, DRM_IOCTL_I915_GEM_PREAD, 0, &answer, &out), 0);
    drm_call_clear(&call);
    for (uint64_t size = 0; size < answer.answer.payload; size++) {
        struct drm_packet cut = answer;
        cut.answer.payload = size;
        assert_int_equal(drm_unpack_answer(&packed, &read, &cut, &buffer), -EIO);
    }
    pack_put(answer.payload, 0, 8,
             9); /* more than there is room for (PREAD's structure stays away) */
    assert_int_equal(drm_unpack_answer(&packed, &read, &answer, &buffer), -EIO);
    drm_buffer_clear(&buffer);
    drm_buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_sizes),      cmocka_unit_test(test_bad_pointers_are_faults),
        cmocka_unit_test(test_too_many),         cmocka_unit_test(test_large_payloads),
        cmocka_unit_test(test_descriptors_in),   cmocka_unit_test(test_descriptors_out),
        cmocka_unit_test(test_mapping),          cmocka_unit_test(test_failed_calls),
        cmocka_unit_test(test_hostile_payloads), cmocka_unit_test(test_hostile_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
