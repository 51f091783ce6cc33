/* SPDX-License-Identifier: MIT */
/* Platform GBM: our backend of libgbm, and windows over its surfaces. */
#include "tests/egl/fixture.h"

#include <string.h>

#include "tests/egl/daemon.h"
#include "tests/egl/gbm_tests.h"

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_device),
        cmocka_unit_test(test_display),
        cmocka_unit_test(test_egl_device),
        cmocka_unit_test(test_no_window),
        cmocka_unit_test(test_foreign_devices),
        cmocka_unit_test(test_kernels_device),
        cmocka_unit_test(test_mesas_backend),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_upside_up),
        cmocka_unit_test(test_front),
        cmocka_unit_test(test_all_locked),
        cmocka_unit_test(test_unlocked),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_565),
        cmocka_unit_test(test_bad_windows),
        cmocka_unit_test(test_one_window),
        cmocka_unit_test(test_surface_sizes),
        cmocka_unit_test(test_modifiers),
        cmocka_unit_test(test_default_display),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_surface_first),
        cmocka_unit_test(test_window_first),
        cmocka_unit_test(test_buffers),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_bad_imports),
        cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_image_import),
        cmocka_unit_test(test_bad_images),
        cmocka_unit_test(test_device_first),
    };

    if (argc > 1 && strcmp(argv[1], "daemon") == 0) {
        return cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
