/* SPDX-License-Identifier: MIT */
/* The tests of platform GBM, which gbm_test.c runs. */
#ifndef GEMD_TESTS_EGL_GBM_TESTS_H
#define GEMD_TESTS_EGL_GBM_TESTS_H

/* ---- gbm_device_tests.c ---- */
void test_device(void **state);
void test_display(void **state);
void test_egl_device(void **state);
void test_no_window(void **state);
void test_foreign_devices(void **state);
void test_kernels_device(void **state);
void test_mesas_backend(void **state);

/* ---- gbm_window_tests.c ---- */
void test_frames(void **state);
void test_upside_up(void **state);
void test_front(void **state);
void test_all_locked(void **state);
void test_unlocked(void **state);
void test_age(void **state);
void test_formats(void **state);
void test_565(void **state);
void test_bad_windows(void **state);
void test_one_window(void **state);
void test_surface_sizes(void **state);
void test_modifiers(void **state);
void test_default_display(void **state);
void test_lost(void **state);
void test_surface_first(void **state);
void test_window_first(void **state);
void test_device_first(void **state);

/* ---- gbm_buffer_tests.c ---- */
void test_buffers(void **state);
void test_maps(void **state);
void test_imports(void **state);
void test_bad_imports(void **state);
void test_tiles(void **state);

/* ---- gbm_image_tests.c ---- */
void test_image(void **state);
void test_image_import(void **state);
void test_bad_images(void **state);

#endif
