/* SPDX-License-Identifier: MIT */
/* Each row of the table: a random call goes to the server and its answer comes back. */
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

#include "winsys/drm/pack.h"

#define MANY  7u
#define ROUND 50

static uint32_t state = 12345;

static uint32_t roll(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static void fill(void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)roll();
    }
}

static void put(void *bytes, size_t offset, unsigned size, uint64_t value)
{
    memcpy((uint8_t *)bytes + offset, &value, size);
}

/* A call as a program has it. */
struct program {
    const struct drm_call_row *row;
    uint8_t *structure;
    uint8_t *arrays[DRM_CALL_ARRAYS];
    uint8_t *nested[MANY]; /* of the nested array, by element */
    uint32_t nested_count[MANY];
    uint64_t counts[DRM_CALL_ARRAYS];
};

static uint8_t *random_bytes(size_t size)
{
    uint8_t *bytes = malloc(size + 1);

    assert_non_null(bytes);
    fill(bytes, size);
    return bytes;
}

static void make_array(struct program *p, unsigned index)
{
    const struct drm_array_row *array = &p->row->arrays[index];
    const uint32_t count = roll() % MANY;

    if (array->when_mask != 0) {
        uint64_t flags;
        memcpy(&flags, p->structure + array->when, sizeof(flags));
        flags =
            array->kind == DRM_ARRAY_CHAIN ? flags & ~array->when_mask : flags | array->when_mask;
        memcpy(p->structure + array->when, &flags, sizeof(flags));
    }
    switch ((enum drm_array_kind)array->kind) {
    case DRM_ARRAY_FIXED:
        p->counts[index] = array->fixed;
        break;
    case DRM_ARRAY_COUNTED:
        for (unsigned i = 0; i < index; i++) { /* two arrays may have one count */
            if (p->row->arrays[i].kind == DRM_ARRAY_COUNTED &&
                p->row->arrays[i].count == array->count) {
                p->counts[index] = p->counts[i];
                break;
            }
            p->counts[index] = count;
        }
        if (index == 0) {
            p->counts[index] = count;
        }
        put(p->structure, array->count, array->count_bytes, p->counts[index]);
        break;
    case DRM_ARRAY_SUMMED: {
        uint32_t *numbers = (uint32_t *)(void *)p->arrays[array->parent];
        p->counts[index] = 0;
        for (uint64_t i = 0; i < p->counts[array->parent]; i++) {
            numbers[i] = index > array->parent + 1u ? numbers[i] : roll() % MANY;
            p->counts[index] += numbers[i];
        }
        break;
    }
    case DRM_ARRAY_NESTED:
        for (uint64_t i = 0; i < p->counts[array->parent]; i++) {
            uint8_t *element = p->arrays[array->parent] + i * p->row->arrays[array->parent].element;
            p->nested_count[i] = roll() % MANY;
            p->nested[i] = random_bytes((size_t)p->nested_count[i] * array->element);
            put(element, array->pointer, 8, (uintptr_t)p->nested[i]);
            put(element, array->count, array->count_bytes, p->nested_count[i]);
            p->counts[index] += p->nested_count[i];
        }
        return;
    case DRM_ARRAY_CHAIN: /* has a test of its own; its pointer may be another array's too */
        if (array->when_mask == 0) {
            put(p->structure, array->pointer, 8, 0);
        }
        return;
    case DRM_ARRAY_NONE:
        return;
    }
    p->arrays[index] = random_bytes((size_t)p->counts[index] * array->element);
    put(p->structure, array->pointer, 8, (uintptr_t)p->arrays[index]);
}

static void make(struct program *p, const struct drm_call_row *row)
{
    *p = (struct program){.row = row, .structure = random_bytes(row->size)};
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        make_array(p, i);
    }
    if (row->fd_in.there) {
        put(p->structure, row->fd_in.offset, 4, UINT32_MAX);
    }
}

static void discard(struct program *p)
{
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        free(p->arrays[i]);
    }
    for (unsigned i = 0; i < MANY; i++) {
        free(p->nested[i]);
    }
    free(p->structure);
}

/* Packets really go through a socket. */
static void transfer(struct drm_packet *packet, struct drm_packet *there, struct drm_buffer *buffer)
{
    int ends[2];

    assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), errno);
    assert_int_equal(drm_packet_send(ends[0], packet), 0);
    assert_int_equal(drm_packet_receive(ends[1], there, buffer), 1);
    close(ends[0]);
    close(ends[1]);
}

/* What arrives at the handler is what the program has. */
static void check_arrival(const struct program *p, const struct drm_call *call)
{
    const struct drm_call_row *row = p->row;
    const uint32_t in = drm_call_bytes_in(row, row->request);

    assert_int_equal(call->given, row->size);
    assert_memory_equal(call->argument, p->structure, in);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS && row->arrays[i].kind != DRM_ARRAY_NONE; i++) {
        assert_int_equal(call->arrays[i].count, p->counts[i]);
        if ((row->arrays[i].way & DRM_WAY_IN) == 0) {
            continue;
        }
        const uint8_t *at = call->arrays[i].bytes;
        if (row->arrays[i].kind != DRM_ARRAY_NESTED) {
            assert_memory_equal(at, p->arrays[i], p->counts[i] * row->arrays[i].element);
            continue;
        }
        for (uint64_t n = 0; n < p->counts[row->arrays[i].parent]; n++) {
            const size_t bytes = (size_t)p->nested_count[n] * row->arrays[i].element;
            assert_memory_equal(at, p->nested[n], bytes);
            at += bytes;
        }
    }
}

/* A handler that changes all that goes back, but the pointers and counts of nested arrays. */
static void handle(const struct program *p, struct drm_call *call)
{
    fill(call->argument, p->row->size);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        const struct drm_array_row *array = &p->row->arrays[i];
        if (array->kind == DRM_ARRAY_NONE || (array->way & DRM_WAY_OUT) == 0) {
            continue;
        }
        const bool all = array->kind == DRM_ARRAY_NESTED || array->way == DRM_WAY_BOTH;
        call->arrays[i].used = all ? call->arrays[i].count : roll() % (call->arrays[i].count + 1);
        fill(call->arrays[i].bytes, (size_t)call->arrays[i].used * array->element);
    }
}

struct result {
    uint8_t *structure;
    uint8_t *arrays[DRM_CALL_ARRAYS];
    uint32_t used[DRM_CALL_ARRAYS];
};

static void keep(struct result *r, const struct program *p, const struct drm_call *call)
{
    *r = (struct result){.structure = random_bytes(p->row->size)};
    memcpy(r->structure, call->argument, p->row->size);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        const size_t bytes = (size_t)call->arrays[i].used * p->row->arrays[i].element;
        r->used[i] = call->arrays[i].used;
        r->arrays[i] = random_bytes(bytes);
        if (bytes > 0) {
            memcpy(r->arrays[i], call->arrays[i].bytes, bytes);
        }
    }
}

static void check_return(const struct program *p, const struct result *r)
{
    const struct drm_call_row *row = p->row;

    assert_memory_equal(p->structure, r->structure, drm_call_bytes_out(row, row->request));
    for (unsigned i = 0; i < DRM_CALL_ARRAYS && row->arrays[i].kind != DRM_ARRAY_NONE; i++) {
        const uint8_t *at = r->arrays[i];
        if ((row->arrays[i].way & DRM_WAY_OUT) == 0) {
            continue;
        }
        if (row->arrays[i].kind != DRM_ARRAY_NESTED) {
            assert_memory_equal(p->arrays[i], at, (size_t)r->used[i] * row->arrays[i].element);
            continue;
        }
        for (unsigned n = 0; n < MANY && p->nested[n] != NULL; n++) {
            const size_t bytes = (size_t)p->nested_count[n] * row->arrays[i].element;
            assert_memory_equal(p->nested[n], at, bytes);
            at += bytes;
        }
    }
}

static void go_there_and_back(const struct drm_call_row *row)
{
    struct program p;
    struct drm_packed packed;
    struct drm_packet request = {0}, there, answer = {0}, back;
    struct drm_buffer sent = {0}, received = {0}, out = {0}, in = {0};
    struct drm_call call;
    struct result result;

    make(&p, row);
    assert_int_equal(drm_pack_request(&packed, row->request, p.structure, &request, &sent), 0);
    transfer(&request, &there, &received);
    assert_int_equal(drm_unpack_request(&call, &there), 0);
    check_arrival(&p, &call);
    handle(&p, &call);
    keep(&result, &p, &call);
    assert_int_equal(drm_pack_answer(&call, row->request, 0, &answer, &out), 0);
    drm_call_clear(&call);
    transfer(&answer, &back, &in);
    assert_int_equal(drm_unpack_answer(&packed, p.structure, &back, &sent), 0);
    check_return(&p, &result);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        free(result.arrays[i]);
    }
    free(result.structure);
    discard(&p);
    drm_buffer_clear(&sent);
    drm_buffer_clear(&received);
    drm_buffer_clear(&out);
    drm_buffer_clear(&in);
}

static void test_each_row_there_and_back(void **unused)
{
    unsigned rows = 0;

    for (unsigned i = 0; drm_call_row_at(i) != NULL; i++) {
        const struct drm_call_row *row = drm_call_row_at(i);
        if (row->name == NULL) {
            continue;
        }
        rows++;
        assert_int_equal(_IOC_TYPE(row->request), DRM_IOCTL_BASE);
        assert_int_equal(_IOC_NR(row->request), i);
        for (unsigned n = 0; n < ROUND; n++) {
            go_there_and_back(row);
        }
    }
    assert_true(rows > 120);
}

/* ---- chains ---- */

#define TIMELINE struct drm_i915_gem_execbuffer_ext_timeline_fences

/* What comes of a batch's chain: a call to be cleared. */
static int carry(const void *first, struct drm_call *call, struct drm_buffer *buffer)
{
    struct drm_i915_gem_exec_object2 object = {.handle = 1};
    struct drm_i915_gem_execbuffer2 exec = {.buffers_ptr = (uintptr_t)&object,
                                            .buffer_count = 1,
                                            .flags = I915_EXEC_USE_EXTENSIONS,
                                            .cliprects_ptr = (uintptr_t)first};
    struct drm_packed packed;
    struct drm_packet packet = {0};
    const int error =
        drm_pack_request(&packed, DRM_IOCTL_I915_GEM_EXECBUFFER2_WR, &exec, &packet, buffer);

    if (error == 0) {
        assert_int_equal(drm_unpack_request(call, &packet), 0);
    }
    return error;
}

static void test_chains(void **unused)
{
    struct drm_i915_gem_exec_fence fences[3] = {{1, 2}, {3, 4}, {5, 6}};
    uint64_t points[3] = {7, 8, 9};
    TIMELINE last = {.fence_count = 2,
                     .handles_ptr = (uintptr_t)&fences[1],
                     .values_ptr = (uintptr_t)&points[1]};
    TIMELINE first = {.base = {.next_extension = (uintptr_t)&last},
                      .fence_count = 1,
                      .handles_ptr = (uintptr_t)fences,
                      .values_ptr = (uintptr_t)points};
    struct drm_buffer buffer = {0};
    struct drm_call call;

    assert_int_equal(carry(&first, &call, &buffer), 0);
    const struct drm_call_link *links = call.arrays[3].bytes;
    assert_int_equal(call.arrays[3].count, 2);
    assert_int_equal(links[0].body[0], 1);
    assert_int_equal(links[1].body[0], 2);
    assert_int_equal(call.arrays[4].count, 3);
    assert_memory_equal(call.arrays[4].bytes, fences, sizeof(fences));
    assert_int_equal(call.arrays[5].count, 3);
    assert_memory_equal(call.arrays[5].bytes, points, sizeof(points));
    drm_call_clear(&call);
    assert_int_equal(carry(NULL, &call, &buffer), 0);
    assert_int_equal(call.arrays[3].count, 0);
    drm_call_clear(&call);
    last.values_ptr = 8;
    assert_int_equal(carry(&first, &call, &buffer), -EFAULT);
    last.fence_count = UINT64_MAX; /* more than is copied: the handler says so */
    assert_int_equal(carry(&first, &call, &buffer), 0);
    assert_int_equal(call.arrays[5].count, 1);
    drm_call_clear(&call);
    last.fence_count = 1u << 20;
    assert_int_equal(carry(&first, &call, &buffer), -EINVAL);
    drm_buffer_clear(&buffer);
}

/* Nobody follows a chain behind what is wrong with it. */
static void test_bad_chains(void **unused)
{
    TIMELINE link = {.fence_count = 0};
    const struct {
        struct i915_user_extension base;
        uint32_t links;
        struct drm_call_link last;
    } rows[] = {
        {{.next_extension = (uintptr_t)&link}, DRM_CALL_LINKS_MAX, {.error = 0}},
        {{.next_extension = 8}, 2, {.error = -EFAULT}},
        {{.next_extension = 8, .flags = 5}, 1, {.flags = 5}},
        {{.next_extension = 8, .rsvd = {0, 0, 0, 1}}, 1, {.is_reserved_set = 1}},
        {{.next_extension = 8, .name = 1}, 1, {.name = 1}},
        {{.next_extension = 8, .name = 77}, 1, {.name = 77}},
    };
    struct drm_buffer buffer = {0};
    struct drm_call call;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        link.base = rows[i].base;
        assert_int_equal(carry(&link, &call, &buffer), 0);
        const struct drm_call_link *links = call.arrays[3].bytes;
        assert_int_equal(call.arrays[3].count, rows[i].links);
        assert_memory_equal(&links[rows[i].links - 1], &rows[i].last, sizeof(*links));
        drm_call_clear(&call);
    }
    drm_buffer_clear(&buffer);
}

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
    uint8_t *bytes = random_bytes(size);
    struct drm_i915_gem_pwrite write = {.size = size, .data_ptr = (uintptr_t)bytes};

    assert_int_equal(drm_pack_request(&packed, DRM_IOCTL_I915_GEM_PWRITE, &write, &packet, &buffer),
                     0);
    transfer(&packet, &there, &received);
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
    transfer(&packet, &there, &received);
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
    transfer(&answer, &back, &in);
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
    transfer(&answer, &back, &in);
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
    struct program p;
    const struct drm_call_row *row = drm_call_row(DRM_IOCTL_I915_GEM_EXECBUFFER2);

    make(&p, row);
    assert_int_equal(drm_pack_request(&packed, row->request, p.structure, &packet, &buffer), 0);
    const uint64_t whole = packet.request.payload;
    for (uint64_t size = 0; size < whole + 32; size++) {
        if (size == whole) {
            continue;
        }
        uint8_t *copy = random_bytes((size_t)(size > whole ? size : whole));
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
        uint8_t *copy = random_bytes((size_t)whole);
        memcpy(copy, packet.payload, (size_t)whole);
        put(copy, (size_t)at, 4, roll() % 3 == 0 ? UINT32_MAX : roll() % 16);
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
    discard(&p);
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
    put(answer.payload, 0, 8, 9); /* more than there is room for (PREAD's structure stays away) */
    assert_int_equal(drm_unpack_answer(&packed, &read, &answer, &buffer), -EIO);
    drm_buffer_clear(&buffer);
    drm_buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_there_and_back),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_bad_chains),
        cmocka_unit_test(test_other_sizes),
        cmocka_unit_test(test_bad_pointers_are_faults),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_large_payloads),
        cmocka_unit_test(test_descriptors_in),
        cmocka_unit_test(test_descriptors_out),
        cmocka_unit_test(test_mapping),
        cmocka_unit_test(test_failed_calls),
        cmocka_unit_test(test_hostile_payloads),
        cmocka_unit_test(test_hostile_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
