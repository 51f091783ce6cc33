/* SPDX-License-Identifier: MIT */
/* The core's ioctls, as programs call them: answers and errors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include <drm.h>
#include <i915_drm.h>

#include "tests/drm/rig.h"

#define ORDINARY 1000u /* a user without privileges */

static void test_version(void **state)
{
    struct rig_file file = rig_open(*state, DRM_MINOR_RENDER);
    char name[8] = "", date[9] = "", desc[32] = "1234";
    struct drm_version version = {
        .name_len = 8, .name = name, .date_len = 8, .date = date, .desc_len = 4, .desc = desc};

    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_VERSION, &version), 0);
    assert_int_equal(version.version_major, 1);
    assert_int_equal(version.version_minor, 6);
    assert_string_equal(name, "i915");
    assert_string_equal(date, "20201103");
    assert_string_equal(desc, "Inte"); /* as much as there is room for, and the whole length */
    assert_int_equal(version.name_len, 4);
    assert_int_equal(version.desc_len, strlen("Intel Graphics"));
    version.name = NULL; /* nowhere to put it: not an error */
    version.name_len = 100;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_VERSION, &version), 0);
    version.name = (char *)8;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_VERSION, &version), -EFAULT);
    rig_close(*state, &file);
}

static void test_unique_comes_with_a_version(void **state)
{
    struct rig_file file = rig_open(*state, DRM_MINOR_CARD);
    char name[32] = "";
    struct drm_unique unique = {.unique_len = sizeof(name), .unique = name};
    struct drm_set_version version = {1, 4, -1, -1};

    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_GET_UNIQUE, &unique), 0);
    assert_int_equal(unique.unique_len, 0);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_SET_VERSION, &version), 0);
    assert_int_equal(version.drm_dd_major, 1);
    assert_int_equal(version.drm_dd_minor, 6);
    unique.unique_len = 3; /* too short: only the length comes */
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_GET_UNIQUE, &unique), 0);
    assert_string_equal(name, "");
    assert_int_equal(unique.unique_len, strlen(DRM_PCI_NAME));
    unique.unique_len = sizeof(name);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_GET_UNIQUE, &unique), 0);
    assert_string_equal(name, DRM_PCI_NAME);
    const struct drm_set_version bad[] = {{2, 0, -1, -1}, {1, 5, -1, -1}, {1, -1, -1, -1},
                                          {-1, -1, 2, 0}, {-1, -1, 1, 7}, {-1, -1, 1, -1}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        version = bad[i];
        assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_SET_VERSION, &version), -EINVAL);
        assert_int_equal(version.drm_di_major, 1);
    }
    rig_close(*state, &file);
}

static void test_getparam(void **state)
{
    static const struct {
        int param, value;
    } cases[] = {
        {I915_PARAM_CHIPSET_ID, 0x29c2},
        {I915_PARAM_NUM_FENCES_AVAIL, 16},
        {I915_PARAM_MMAP_GTT_VERSION, 4},
        {I915_PARAM_CS_TIMESTAMP_FREQUENCY, 12500000},
        {I915_PARAM_PERF_REVISION, 5},
        {I915_PARAM_HAS_OVERLAY, 0},      /* Linux: 1 */
        {I915_PARAM_HAS_EXEC_SOFTPIN, 0}, /* Linux: 1 */
        {I915_PARAM_HAS_GEM, 1},
        {I915_PARAM_HAS_PAGEFLIPPING, 1},
        {I915_PARAM_HAS_EXECBUF2, 1},
        {I915_PARAM_HAS_RELAXED_FENCING, 1},
        {I915_PARAM_HAS_COHERENT_RINGS, 1},
        {I915_PARAM_HAS_RELAXED_DELTA, 1},
        {I915_PARAM_HAS_GEN7_SOL_RESET, 1},
        {I915_PARAM_HAS_WAIT_TIMEOUT, 1},
        {I915_PARAM_HAS_PRIME_VMAP_FLUSH, 1},
        {I915_PARAM_HAS_PINNED_BATCHES, 1},
        {I915_PARAM_HAS_EXEC_NO_RELOC, 1},
        {I915_PARAM_HAS_EXEC_HANDLE_LUT, 1},
        {I915_PARAM_HAS_COHERENT_PHYS_GTT, 1},
        {I915_PARAM_MMAP_VERSION, 1},
        {I915_PARAM_HAS_GPU_RESET, 1},
        {I915_PARAM_HAS_EXEC_ASYNC, 1},
        {I915_PARAM_HAS_EXEC_FENCE, 1},
        {I915_PARAM_HAS_EXEC_CAPTURE, 1},
        {I915_PARAM_HAS_EXEC_BATCH_FIRST, 1},
        {I915_PARAM_HAS_EXEC_FENCE_ARRAY, 1},
        {I915_PARAM_HAS_EXEC_SUBMIT_FENCE, 1},
        {I915_PARAM_HAS_EXEC_TIMELINE_FENCES, 1},
        {I915_PARAM_HAS_USERPTR_PROBE, 1},
        {I915_PARAM_MMAP_GTT_COHERENT, 1},
        {I915_PARAM_HAS_BSD, 0},
        {I915_PARAM_HAS_BLT, 0},
        {I915_PARAM_HAS_LLC, 0},
        {I915_PARAM_HAS_ALIASING_PPGTT, 0},
        {I915_PARAM_HAS_SEMAPHORES, 0},
        {I915_PARAM_HAS_VEBOX, 0},
        {I915_PARAM_HAS_SECURE_BATCHES, 0},
        {I915_PARAM_HAS_WT, 0},
        {I915_PARAM_CMD_PARSER_VERSION, 0},
        {I915_PARAM_HAS_BSD2, 0},
        {I915_PARAM_HAS_RESOURCE_STREAMER, 0},
        {I915_PARAM_HAS_POOLED_EU, 0},
        {I915_PARAM_MIN_EU_IN_POOL, 0},
        {I915_PARAM_HAS_SCHEDULER, 0},
        {I915_PARAM_HAS_CONTEXT_ISOLATION, 0},
        {I915_PARAM_IRQ_ACTIVE, -ENODEV},
        {I915_PARAM_ALLOW_BATCHBUFFER, -ENODEV},
        {I915_PARAM_LAST_DISPATCH, -ENODEV},
        {I915_PARAM_HAS_EXEC_CONSTANTS, -ENODEV},
        {I915_PARAM_SUBSLICE_TOTAL, -ENODEV},
        {I915_PARAM_EU_TOTAL, -ENODEV},
        {I915_PARAM_HUC_STATUS, -ENODEV},
        {I915_PARAM_SLICE_MASK, -ENODEV},
        {I915_PARAM_SUBSLICE_MASK, -ENODEV},
        {1000, -EINVAL},
        {0, -EINVAL},
        {-1, -EINVAL},
    };
    struct rig_file file = rig_open(*state, DRM_MINOR_RENDER);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int value = -77;
        drm_i915_getparam_t param = {.param = cases[i].param, .value = &value};
        const int result = rig_ioctl(*state, &file, DRM_IOCTL_I915_GETPARAM, &param);
        if (cases[i].value < 0) {
            assert_int_equal(result, cases[i].value);
            assert_int_equal(value, -77);
        } else {
            assert_int_equal(result, 0);
            assert_int_equal(value, cases[i].value);
        }
    }
    drm_i915_getparam_t param = {.param = I915_PARAM_HAS_GEM, .value = NULL};
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GETPARAM, &param), -EFAULT);
    rig_close(*state, &file);
}

static int get_cap(struct rig *rig, struct rig_file *file, uint64_t capability, uint64_t *value)
{
    struct drm_get_cap cap = {.capability = capability, .value = 99};
    const int result = rig_ioctl(rig, file, DRM_IOCTL_GET_CAP, &cap);

    *value = cap.value;
    return result;
}

static void test_caps(void **state)
{
    static const struct {
        uint64_t capability, value;
    } cases[] = {
        {DRM_CAP_PRIME, 3},           {DRM_CAP_TIMESTAMP_MONOTONIC, 1},
        {DRM_CAP_DUMB_BUFFER, 1},     {DRM_CAP_DUMB_PREFERRED_DEPTH, 24},
        {DRM_CAP_ASYNC_PAGE_FLIP, 0}, {DRM_CAP_CRTC_IN_VBLANK_EVENT, 1},
        {DRM_CAP_CURSOR_WIDTH, 256},  {DRM_CAP_PAGE_FLIP_TARGET, 0},
    };
    struct rig_file file = rig_open(*state, DRM_MINOR_CARD);
    uint64_t value;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(get_cap(*state, &file, cases[i].capability, &value), 0);
        assert_int_equal(value, cases[i].value);
    }
    assert_int_equal(get_cap(*state, &file, 0x1000, &value), -EINVAL);
    assert_int_equal(value, 0);
    rig_close(*state, &file);
}

static int set_client_cap(struct rig *rig, struct rig_file *file, uint64_t capability,
                          uint64_t value)
{
    struct drm_set_client_cap cap = {capability, value};

    return rig_ioctl(rig, file, DRM_IOCTL_SET_CLIENT_CAP, &cap);
}

static void test_client_caps(void **state)
{
    struct rig *rig = *state;
    struct rig_file card = rig_open(rig, DRM_MINOR_CARD);
    struct rig_file render = rig_open(rig, DRM_MINOR_RENDER);
    const bool atomic = rig->server.atomic;

    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1), 0);
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 2), -EINVAL);
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_STEREO_3D, 2), -EINVAL);
    assert_int_equal(set_client_cap(rig, &card, 99, 1), -EINVAL);
    assert_int_equal(set_client_cap(rig, &render, DRM_CLIENT_CAP_STEREO_3D, 1), -EACCES);
    rig->server.atomic = false;
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_ATOMIC, 1), -EOPNOTSUPP);
    rig->server.atomic = true;
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1), -EINVAL);
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_ATOMIC, 3), -EINVAL);
    char name[16];
    assert_int_equal(prctl(PR_GET_NAME, name), 0);
    assert_int_equal(prctl(PR_SET_NAME, "Xsomething"), 0);
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_ATOMIC, 1), -EOPNOTSUPP);
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_ATOMIC, 2), 0);
    assert_int_equal(prctl(PR_SET_NAME, name), 0);
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_ATOMIC, 1), 0);
    assert_int_equal(set_client_cap(rig, &card, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1), 0);
    rig->server.atomic = atomic;
    rig_close(rig, &card);
    rig_close(rig, &render);
}

/* Root needs no magic: what others need is seen when it has none. */
static void forget_root(struct rig *rig, const struct rig_file *file)
{
    struct drm_file *there = drm_file_find(&rig->server, file->id);

    assert_non_null(there);
    pthread_mutex_lock(&rig->server.lock);
    assert_int_equal(there->authenticated, getuid() == 0);
    there->authenticated = false;
    pthread_mutex_unlock(&rig->server.lock);
    drm_file_unref(there);
}

static void test_magic(void **state)
{
    struct rig_file master = rig_open(*state, DRM_MINOR_CARD);
    struct rig_file other = rig_open(*state, DRM_MINOR_CARD);
    struct rig_file render = rig_open(*state, DRM_MINOR_RENDER);
    struct drm_auth auth = {0}, again = {0}, wrong = {.magic = 4711};
    struct drm_client client = {0};

    forget_root(*state, &other);
    assert_int_equal(rig_ioctl(*state, &other, DRM_IOCTL_GET_CLIENT, &client), 0);
    assert_int_equal(client.auth, 0);
    assert_int_equal(rig_ioctl(*state, &other, DRM_IOCTL_FINISH, &(struct drm_lock){0}), -EACCES);
    assert_int_equal(rig_ioctl(*state, &other, DRM_IOCTL_GET_MAGIC, &auth), 0);
    assert_true(auth.magic != 0);
    assert_int_equal(rig_ioctl(*state, &other, DRM_IOCTL_GET_MAGIC, &again), 0);
    assert_int_equal(again.magic, auth.magic);
    assert_int_equal(rig_ioctl(*state, &render, DRM_IOCTL_GET_MAGIC, &again), -EACCES);
    assert_int_equal(rig_ioctl(*state, &other, DRM_IOCTL_AUTH_MAGIC, &auth), -EACCES);
    assert_int_equal(rig_ioctl(*state, &master, DRM_IOCTL_AUTH_MAGIC, &wrong), -EINVAL);
    assert_int_equal(rig_ioctl(*state, &master, DRM_IOCTL_AUTH_MAGIC, &auth), 0);
    assert_int_equal(rig_ioctl(*state, &master, DRM_IOCTL_AUTH_MAGIC, &auth), -EINVAL);
    assert_int_equal(rig_ioctl(*state, &other, DRM_IOCTL_GET_CLIENT, &client), 0);
    assert_int_equal(client.auth, 1);
    assert_int_equal(client.pid, getpid());
    assert_int_equal(rig_ioctl(*state, &other, DRM_IOCTL_FINISH, &(struct drm_lock){0}), 0);
    client.idx = 1;
    assert_int_equal(rig_ioctl(*state, &other, DRM_IOCTL_GET_CLIENT, &client), -EINVAL);
    rig_close(*state, &render);
    rig_close(*state, &other);
    rig_close(*state, &master);
}

/* As an ordinary user and another process would call it. */
static int call_as(struct rig *rig, const struct rig_file *file, uint32_t request, int32_t pid)
{
    struct drm_file *there = drm_file_find(&rig->server, file->id);
    struct drm_call call = {.number = _IOC_NR(request), .pid = pid, .uid = ORDINARY};

    assert_non_null(there);
    const int result = drm_ioctl(there, &call);
    drm_file_unref(there);
    return result;
}

static void test_master(void **state)
{
    struct rig_file first = rig_open(*state, DRM_MINOR_CARD);
    struct rig_file second = rig_open(*state, DRM_MINOR_CARD);
    struct drm_set_version version = {1, 4, -1, -1};
    const int32_t pid = getpid();

    assert_int_equal(rig_ioctl(*state, &second, DRM_IOCTL_SET_VERSION, &version), -EACCES);
    assert_int_equal(call_as(*state, &second, DRM_IOCTL_SET_MASTER, pid), -EACCES);
    assert_int_equal(call_as(*state, &first, DRM_IOCTL_SET_MASTER, pid), 0);
    assert_int_equal(call_as(*state, &first, DRM_IOCTL_DROP_MASTER, pid + 1), -EACCES);
    if (getuid() == 0) {
        assert_int_equal(rig_ioctl(*state, &second, DRM_IOCTL_SET_MASTER, NULL), -EBUSY);
        assert_int_equal(rig_ioctl(*state, &second, DRM_IOCTL_DROP_MASTER, NULL), -EINVAL);
    }
    assert_int_equal(call_as(*state, &first, DRM_IOCTL_DROP_MASTER, pid), 0);
    assert_int_equal(call_as(*state, &first, DRM_IOCTL_DROP_MASTER, pid), -EINVAL);
    assert_int_equal(rig_ioctl(*state, &first, DRM_IOCTL_SET_VERSION, &version), -EACCES);
    assert_int_equal(call_as(*state, &first, DRM_IOCTL_SET_MASTER, pid + 1), -EACCES);
    assert_int_equal(call_as(*state, &first, DRM_IOCTL_SET_MASTER, pid), 0);
    rig_close(*state, &first); /* and there is none again */
    struct rig_file third = rig_open(*state, DRM_MINOR_CARD);
    assert_int_equal(rig_ioctl(*state, &third, DRM_IOCTL_SET_VERSION, &version), 0);
    rig_close(*state, &second);
    rig_close(*state, &third);
}

static void test_context_bits_stay(void **state)
{
    static const struct {
        uint64_t param, at_first, then;
    } rows[] = {
        {I915_CONTEXT_PARAM_NO_ERROR_CAPTURE, 0, 1},
        {I915_CONTEXT_PARAM_RECOVERABLE, 1, 0},
        {I915_CONTEXT_PARAM_BANNABLE, 1, 1},
    };
    struct rig_file file = rig_open(*state, DRM_MINOR_RENDER);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct drm_i915_gem_context_param param = {.param = rows[i].param, .value = 77};
        assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM, &param), 0);
        assert_int_equal(param.value, rows[i].at_first);
        param.value = rows[i].then;
        assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_SETPARAM, &param), 0);
        param.value = 77;
        assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM, &param), 0);
        assert_int_equal(param.value, rows[i].then);
        param.size = 8;
        assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_SETPARAM, &param),
                         -EINVAL);
    }
    struct drm_i915_gem_context_param sseu = {.param = I915_CONTEXT_PARAM_SSEU};
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM, &sseu), 0);
    assert_int_equal(sseu.size, sizeof(struct drm_i915_gem_context_param_sseu));
    rig_close(*state, &file);
}

static void test_contexts_are_refused(void **state)
{
    struct rig_file file = rig_open(*state, DRM_MINOR_RENDER);
    struct drm_i915_gem_context_create create = {0};
    struct drm_i915_gem_context_destroy destroy = {0};
    struct drm_i915_gem_context_param param = {.ctx_id = 1};
    struct drm_i915_gem_vm_control vm = {0};
    struct drm_i915_reset_stats stats = {0};
    struct drm_i915_reg_read read = {.offset = 0x2358};

    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_CREATE, &create), -ENODEV);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &destroy),
                     -ENOENT);
    destroy.pad = 1;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &destroy),
                     -EINVAL);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM, &param),
                     -ENOENT);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_SETPARAM, &param),
                     -ENOENT);
    param = (struct drm_i915_gem_context_param){.param = I915_CONTEXT_PARAM_GTT_SIZE};
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM, &param), 0);
    assert_true(param.value >= 128u << 20);
    param.param = I915_CONTEXT_PARAM_ENGINES;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM, &param),
                     -EINVAL);
    param.param = I915_CONTEXT_PARAM_PRIORITY;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_CONTEXT_SETPARAM, &param),
                     -ENODEV);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_VM_CREATE, &vm), -ENODEV);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GEM_VM_DESTROY, &vm), -ENOENT);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GET_RESET_STATS, &stats), 0);
    assert_int_equal(stats.batch_active, 0);
    stats.ctx_id = 1;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GET_RESET_STATS, &stats), -ENOENT);
    stats.flags = 1;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_GET_RESET_STATS, &stats), -EINVAL);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_REG_READ, &read), -EINVAL);
    assert_int_equal(rig_ioctl(*state, &file, _IO(DRM_IOCTL_BASE, 0xfe), NULL), -EINVAL);
    rig_close(*state, &file);
}

static void test_query(void **state)
{
    struct rig_file file = rig_open(*state, DRM_MINOR_RENDER);
    uint64_t engines[32] = {0}, regions[32] = {0};
    struct drm_i915_query_engine_info *engine = (void *)engines;
    struct drm_i915_query_item items[] = {
        {.query_id = DRM_I915_QUERY_ENGINE_INFO},
        {.query_id = DRM_I915_QUERY_MEMORY_REGIONS},
        {.query_id = DRM_I915_QUERY_TOPOLOGY_INFO},
        {.query_id = 1000},
    };
    struct drm_i915_query query = {.num_items = 4, .items_ptr = (uintptr_t)items};

    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_QUERY, &query), 0);
    assert_int_equal(items[0].length, sizeof(struct drm_i915_query_engine_info) +
                                          sizeof(struct drm_i915_engine_info));
    assert_int_equal(items[2].length, -ENODEV);
    assert_int_equal(items[3].length, -EINVAL);
    items[0].data_ptr = (uintptr_t)engines;
    items[1].data_ptr = (uintptr_t)regions;
    items[2].length = items[3].length = 0;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_QUERY, &query), 0);
    assert_int_equal(engine->num_engines, 1);
    struct drm_i915_query_memory_regions *memory = (void *)regions;
    assert_int_equal(memory->num_regions, 1);
    assert_true(memory->regions[0].probed_size > 1u << 20);
    /* The numbers that the kernel wants to be 0 are no longer; and a length that is too short. */
    items[1].length = 4;
    items[2].length = items[3].length = 0;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_QUERY, &query), 0);
    assert_int_equal(items[0].length, -EINVAL);
    assert_int_equal(items[1].length, -EINVAL);
    query.flags = 1;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_QUERY, &query), -EINVAL);
    query.flags = 0;
    items[0].query_id = 0;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_QUERY, &query), -EINVAL);
    query.items_ptr = 8;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_QUERY, &query), -EFAULT);
    rig_close(*state, &file);
}

static void test_overlays_are_none(void **state)
{
    struct rig_file file = rig_open(*state, DRM_MINOR_CARD);
    struct drm_intel_overlay_put_image image = {.flags = I915_OVERLAY_ENABLE};
    struct drm_intel_overlay_attrs attrs = {.flags = 0};
    struct drm_intel_sprite_colorkey key = {.plane_id = 1, .flags = I915_SET_COLORKEY_NONE};

    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_OVERLAY_PUT_IMAGE, &image), -ENODEV);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_OVERLAY_ATTRS, &attrs), -ENODEV);
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_SET_SPRITE_COLORKEY, &key), -ENOENT);
    key.flags = I915_SET_COLORKEY_DESTINATION | I915_SET_COLORKEY_SOURCE;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_SET_SPRITE_COLORKEY, &key), -EINVAL);
    key.flags = 8;
    assert_int_equal(rig_ioctl(*state, &file, DRM_IOCTL_I915_SET_SPRITE_COLORKEY, &key), -EINVAL);
    rig_close(*state, &file);
}

/* Each number that is served wants no more of a program than the kernel does, and no less. */
static void test_permissions(void **state)
{
    struct rig_file master = rig_open(*state, DRM_MINOR_CARD);
    struct rig_file card = rig_open(*state, DRM_MINOR_CARD);
    struct rig_file render = rig_open(*state, DRM_MINOR_RENDER);

    forget_root(*state, &card);
    for (const struct drm_ioctl *row = drm_core_ioctls; row->handle != NULL; row++) {
        if ((row->flags & DRM_IOCTL_RENDER) == 0) {
            assert_int_equal(call_as(*state, &render, row->number, 1), -EACCES);
        }
        if ((row->flags & (DRM_IOCTL_MASTER | DRM_IOCTL_AUTH)) != 0) {
            assert_int_equal(call_as(*state, &card, row->number, 1), -EACCES);
        }
        if ((row->flags & DRM_IOCTL_ROOT) != 0) {
            assert_int_equal(call_as(*state, &master, row->number, 1), -EACCES);
        }
        assert_non_null(drm_call_row(row->number)->name); /* programs can call it */
    }
    rig_close(*state, &card);
    rig_close(*state, &render);
    rig_close(*state, &master);
}

/* One place for each number: the rooms do not take each other's. */
static void test_tables_are_apart(void **state)
{
    const struct drm_ioctl *const tables[] = {drm_core_ioctls, drm_gem_ioctls, drm_exec_ioctls,
                                              drm_syncobj_ioctls, drm_mode_ioctls};
    unsigned seen[256] = {0};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct drm_ioctl *row = tables[i]; row->handle != NULL; row++) {
            assert_true(row->number < 256);
            if (seen[row->number]++ != 0) {
                fail_msg("%s is in two tables", drm_call_row(row->number)->name);
            }
            assert_non_null(drm_call_row(row->number)); /* programs can call it */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_unique_comes_with_a_version),
        cmocka_unit_test(test_getparam),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_client_caps),
        cmocka_unit_test(test_magic),
        cmocka_unit_test(test_master),
        cmocka_unit_test(test_context_bits_stay),
        cmocka_unit_test(test_overlays_are_none),
        cmocka_unit_test(test_contexts_are_refused),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_tables_are_apart),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
