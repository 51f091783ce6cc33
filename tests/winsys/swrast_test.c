/* SPDX-License-Identifier: MIT */
/* Display targets of software renderers: what is drawn lies in a file that others can be given. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "drm-uapi/drm_fourcc.h"
#include "frontend/winsys_handle.h"
#include "pipe/p_state.h"
/* Which needs the ones above. */
#include "frontend/sw_winsys.h"

#include "proto/memfile.h"
#include "winsys/swrast/winsys.h"

#define FORMAT PIPE_FORMAT_B8G8R8A8_UNORM

static int setup(void **state)
{
    *state = swrast_winsys_create();
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct sw_winsys *winsys = *state;
    winsys->destroy(winsys);
    return 0;
}

static struct sw_displaytarget *create(struct sw_winsys *winsys, unsigned width, unsigned height,
                                       unsigned *stride)
{
    return winsys->displaytarget_create(winsys, PIPE_BIND_DISPLAY_TARGET, FORMAT, width, height, 64,
                                        NULL, stride);
}

static struct sw_displaytarget *import(struct sw_winsys *winsys, struct winsys_handle handle,
                                       unsigned width, unsigned height)
{
    const struct pipe_resource picture = {
        .format = FORMAT, .width0 = width, .height0 = (uint16_t)height};
    unsigned stride = 0;
    struct sw_displaytarget *target =
        winsys->displaytarget_from_handle(winsys, &picture, &handle, &stride);
    assert_int_equal(stride, target != NULL ? handle.stride : 0);
    return target;
}

static void are_files_that_others_map(void **state)
{
    struct sw_winsys *winsys = *state;
    struct winsys_handle handle = {.type = WINSYS_HANDLE_TYPE_FD};
    char reason[GEMD_TEXT_MAX];
    unsigned stride = 0;

    struct sw_displaytarget *target = create(winsys, 33, 7, &stride);
    assert_non_null(target);
    assert_int_equal(stride, 192); /* 33 pixels are 132 bytes */
    uint32_t *pixels = winsys->displaytarget_map(winsys, target, 0);
    pixels[6 * 48 + 32] = 0xff123456;

    assert_true(winsys->displaytarget_get_handle(winsys, target, &handle));
    assert_int_equal(handle.stride, stride);
    assert_int_equal(handle.modifier, DRM_FORMAT_MOD_LINEAR);
    assert_int_equal(memfile_check((int)handle.handle, handle.size, NULL, reason), 0);
    const uint32_t *seen =
        mmap(NULL, handle.size, PROT_READ, MAP_SHARED, (int)handle.handle, handle.offset);
    assert_ptr_not_equal(seen, MAP_FAILED);
    assert_int_equal(seen[6 * 48 + 32], 0xff123456);

    struct sw_displaytarget *other = import(winsys, handle, 33, 7);
    assert_non_null(other);
    ((uint32_t *)winsys->displaytarget_map(winsys, other, 0))[5] = 0x01020304;
    assert_int_equal(seen[5], 0x01020304);
    munmap((void *)(uintptr_t)seen, handle.size);
    close((int)handle.handle);
    winsys->displaytarget_destroy(winsys, other);
    winsys->displaytarget_destroy(winsys, target);
}

/* Renderers touch whole blocks of four rows, so also behind the last row of a file that just fits.
 */
static void have_room_behind_the_last_row(void **state)
{
    struct sw_winsys *winsys = *state;
    const struct winsys_handle handle = {.type = WINSYS_HANDLE_TYPE_FD,
                                         .handle = (unsigned)memfile_create("test", 4096),
                                         .stride = 4096};

    struct sw_displaytarget *target = import(winsys, handle, 1024, 1);
    assert_non_null(target);
    memset(winsys->displaytarget_map(winsys, target, 0), 0xff, 4 * 4096);
    winsys->displaytarget_destroy(winsys, target);
    close((int)handle.handle);
}

static void refuse_files_that_do_not_fit(void **state)
{
    struct sw_winsys *winsys = *state;
    const int fd = memfile_create("test", 8192), loose = memfd_create("test", 0);
    assert_int_equal(ftruncate(loose, 8192), 0);
    const struct winsys_handle fits = {
        .type = WINSYS_HANDLE_TYPE_FD, .handle = (unsigned)fd, .stride = 256};
    struct winsys_handle wrong[7];

    for (size_t i = 0; i < 7; i++) {
        wrong[i] = fits;
    }
    wrong[0].type = WINSYS_HANDLE_TYPE_KMS;
    wrong[1].stride = 252; /* 64 pixels are more */
    wrong[2].stride = 4096;
    wrong[3].offset = 4096 + 4;
    wrong[4].offset = UINT32_MAX;
    wrong[5].handle = (unsigned)loose; /* its owner could cut it off */
    wrong[6].modifier = I915_FORMAT_MOD_X_TILED;
    for (size_t i = 0; i < 7; i++) {
        assert_null(import(winsys, wrong[i], 64, 16));
    }
    assert_null(import(winsys, fits, 64, 33)); /* rows */
    assert_null(import(winsys, fits, 0, 1));

    struct sw_displaytarget *target = import(winsys, fits, 64, 32);
    assert_non_null(target);
    winsys->displaytarget_destroy(winsys, target);
    close(fd);
    close(loose);
}

static void are_refused_when_too_large_for_anybody(void **state)
{
    unsigned stride;
    assert_null(create(*state, 32768, 32768, &stride));
    assert_null(create(*state, 16, 0, &stride));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(are_files_that_others_map, setup, teardown),
        cmocka_unit_test_setup_teardown(have_room_behind_the_last_row, setup, teardown),
        cmocka_unit_test_setup_teardown(refuse_files_that_do_not_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(are_refused_when_too_large_for_anybody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
