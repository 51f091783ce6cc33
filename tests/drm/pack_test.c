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

#include "tests/drm/pack_rig.h"

#define ROUND 50

/* What arrives at the handler is what the program has. */
static void check_arrival(const struct pack_program *p, const struct drm_call *call)
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
static void handle(const struct pack_program *p, struct drm_call *call)
{
    pack_fill(call->argument, p->row->size);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        const struct drm_array_row *array = &p->row->arrays[i];
        if (array->kind == DRM_ARRAY_NONE || (array->way & DRM_WAY_OUT) == 0) {
            continue;
        }
        const bool all = array->kind == DRM_ARRAY_NESTED || array->way == DRM_WAY_BOTH;
        call->arrays[i].used =
            all ? call->arrays[i].count : pack_roll() % (call->arrays[i].count + 1);
        pack_fill(call->arrays[i].bytes, (size_t)call->arrays[i].used * array->element);
    }
}

struct result {
    uint8_t *structure;
    uint8_t *arrays[DRM_CALL_ARRAYS];
    uint32_t used[DRM_CALL_ARRAYS];
};

static void keep(struct result *r, const struct pack_program *p, const struct drm_call *call)
{
    *r = (struct result){.structure = pack_random_bytes(p->row->size)};
    memcpy(r->structure, call->argument, p->row->size);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        const size_t bytes = (size_t)call->arrays[i].used * p->row->arrays[i].element;
        r->used[i] = call->arrays[i].used;
        r->arrays[i] = pack_random_bytes(bytes);
        if (bytes > 0) {
            memcpy(r->arrays[i], call->arrays[i].bytes, bytes);
        }
    }
}

static void check_return(const struct pack_program *p, const struct result *r)
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
    struct pack_program p;
    struct drm_packed packed;
    struct drm_packet request = {0}, there, answer = {0}, back;
    struct drm_buffer sent = {0}, received = {0}, out = {0}, in = {0};
    struct drm_call call;
    struct result result;

    pack_make(&p, row);
    assert_int_equal(drm_pack_request(&packed, row->request, p.structure, &request, &sent), 0);
    pack_transfer(&request, &there, &received);
    assert_int_equal(drm_unpack_request(&call, &there), 0);
    check_arrival(&p, &call);
    handle(&p, &call);
    keep(&result, &p, &call);
    assert_int_equal(drm_pack_answer(&call, row->request, 0, &answer, &out), 0);
    drm_call_clear(&call);
    pack_transfer(&answer, &back, &in);
    assert_int_equal(drm_unpack_answer(&packed, p.structure, &back, &sent), 0);
    check_return(&p, &result);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        free(result.arrays[i]);
    }
    free(result.structure);
    pack_discard(&p);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_there_and_back),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_bad_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
