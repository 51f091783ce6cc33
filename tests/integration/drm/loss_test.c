/* SPDX-License-Identifier: MIT */
/* What DRM programs lose: buffers that they do not need, a GPU that hangs; and what they do not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/integration/drm/bed.h"

static uint32_t advise(struct drm_file *file, uint32_t handle, uint32_t advice)
{
    struct drm_i915_gem_madvise request = {.handle = handle, .madv = advice};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_MADVISE, &request), 0);
    return request.retained;
}

static int setup_purging(void **state)
{
    static const char *const arguments[] = {"--purge-limit", "1", NULL};
    return bed_setup_with(state, arguments);
}

static void fill(struct drm_file *file, uint32_t handle, uint32_t side, int expected)
{
    struct bed_batch batch = {0};
    bed_fill(&batch, handle, side * 4, side, side, 0x00c0ffee);
    assert_int_equal(bed_run(file, &batch), expected);
    bed_wait(file, handle);
}

static void what_is_not_needed_may_be_lost(void **state)
{
    enum { WIDE = 512, MANY = 4 }; /* a MiB each, and room for one */
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    uint32_t handles[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        handles[i] = bed_create(file, WIDE * WIDE * 4);
        fill(file, handles[i], WIDE, 0);
        assert_int_equal(advise(file, handles[i], I915_MADV_DONTNEED), 1);
    }
    assert_int_equal(advise(file, handles[0], I915_MADV_WILLNEED), 0);
    assert_int_equal(advise(file, handles[MANY - 1], I915_MADV_WILLNEED), 1);
    fill(file, handles[0], WIDE, -EFAULT); /* gone for good */
    fill(file, handles[MANY - 1], WIDE, 0);
    fill(file, handles[1], WIDE, -EFAULT); /* not needed */
    /* What was never used goes at once. */
    uint32_t fresh = bed_create(file, 4096);
    assert_int_equal(advise(file, fresh, I915_MADV_DONTNEED), 0);
    /* What another file has stays. */
    struct drm_file *other = bed_open(bed);
    struct drm_prime_handle prime = {.handle = handles[MANY - 1]};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    assert_int_equal(bed_ioctl(other, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
    close(prime.fd);
    assert_int_equal(advise(other, prime.handle, I915_MADV_DONTNEED), 1);
    assert_int_equal(advise(other, prime.handle, I915_MADV_WILLNEED), 1);
    bed_close(other);
    bed_close(file);
}

static void thousands_of_buffers_can_be_used(void **state)
{
    enum { MANY = 5000 }; /* more than memory files that a session may have */
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    for (unsigned i = 0; i < MANY; i += BED_FILLS) {
        struct bed_batch batch = {0};
        for (unsigned j = 0; j < BED_FILLS; j++) {
            bed_fill(&batch, bed_create(file, 4096), 128, 32, 32, i + j + 1);
        }
        assert_int_equal(bed_run(file, &batch), 0);
    }
    for (uint32_t handle = 1; handle <= MANY; handle++) {
        uint32_t pixels[2];
        struct drm_i915_gem_pread read = {
            .handle = handle, .offset = 4088, .size = 8, .data_ptr = (uintptr_t)pixels};
        assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PREAD, &read), 0);
        assert_int_equal(pixels[1], handle);
    }
    bed_close(file);
}

/* Each batch of this program hangs the GPU. */
static int setup_hanging(void **state)
{
    static const char *const arguments[] = {"--chaos",
                                            "3,stall=1000,session=drm_loss_test",
                                            "--hang-timeout",
                                            "200",
                                            "--hang-ban",
                                            "off",
                                            NULL};
    return bed_setup_with(state, arguments);
}

static uint32_t hangs_of(struct drm_file *file)
{
    struct drm_i915_reset_stats stats = {0};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GET_RESET_STATS, &stats), 0);
    return stats.batch_active;
}

/* Nobody looks after the session but who draws. Who hangs twice draws no more, unless he must. */
static void each_hang_is_told_once(void **state)
{
    struct drm_file *file = bed_open(*state), *other = bed_open(*state);
    uint32_t handle = bed_create(file, 64 * 64 * 4);
    struct drm_i915_gem_context_param may_ban = {.param = I915_CONTEXT_PARAM_BANNABLE};
    for (uint32_t hangs = 0; hangs < 2; hangs++) {
        assert_int_equal(hangs_of(file), hangs);
        fill(file, handle, 64, 0);
        fill(file, handle, 64, -EIO);
    }
    fill(file, handle, 64, -EIO);
    assert_int_equal(hangs_of(file), 2);
    if (getuid() == 0) {
        assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_CONTEXT_SETPARAM, &may_ban), 0);
        fill(file, handle, 64, 0);
        fill(file, handle, 64, -EIO);
        assert_int_equal(hangs_of(file), 3);
    }
    assert_int_equal(hangs_of(other), 0);
    fill(other, bed_create(other, 64 * 64 * 4), 64, 0);
    bed_close(other);
    bed_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_needed_may_be_lost, setup_purging,
                                        bed_teardown),
        cmocka_unit_test_setup_teardown(each_hang_is_told_once, setup_hanging, bed_teardown),
        cmocka_unit_test_setup_teardown(thousands_of_buffers_can_be_used, bed_setup, bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
