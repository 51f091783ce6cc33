/* SPDX-License-Identifier: MIT */
/*
 * Gears through everything (eglgears, EGL, Mesa's i915 driver, winsys, daemon, model) against the
 * same frame from softpipe through the same EGL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/gears/command.h"
#include "tests/gears/compare.h"
#include "tests/lib/chipset.h"

/*
 * The tolerance. The i915 driver gives the chip vertex colours of 8 bits a channel where softpipe
 * interpolates floats: a level of rounding here and there inside of faces, far from the 8 levels
 * that count as off. The chip snaps vertices to another grid than softpipe: a pixel whose centre
 * lies between the two places of an outline falls to the other side, and is then as far off as the
 * two colours are; so the worst pixel has no bound but few edge pixels are off. Measured: mean
 * 0.005 levels, 6 edge pixels in 10000, at most one pixel inside. The limits are some ten times
 * that; one frame's turn of the wheels breaks each of them by far (test_another_angle).
 */
static const struct {
    double mean;              /* levels */
    double off_edges_percent; /* of all edge pixels */
    double off_inside_ppm;    /* of all pixels, in a million */
} tolerance = {.mean = 0.05, .off_edges_percent = 0.6, .off_inside_ppm = 40};

#define FRAMES 7 /* an angle where no edge is upright */

static void load(struct picture *picture, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", command_directory(), name);
    assert_int_equal(picture_load(picture, path), 0);
}

static void measure(const char *reference_name, const char *name, struct difference *d)
{
    struct picture reference, picture;
    load(&reference, reference_name);
    load(&picture, name);
    assert_true(compare_pictures(&reference, &picture, d));
    print_message("%ux%u: mean=%.4f worst=%u edges=%lu off_edges=%lu off_inside=%lu\n",
                  picture.width, picture.height, d->mean, d->worst, d->edges, d->off_edges,
                  d->off_inside);
    /* A scene without edges would pass everything else. */
    assert_true(d->edges > 2 * (unsigned long)reference.height);
    picture_free(&reference);
    picture_free(&picture);
}

static void assert_alike(const char *reference_name, const char *name)
{
    struct difference d;
    measure(reference_name, name, &d);
    assert_true(d.mean <= tolerance.mean);
    assert_true(d.off_edges_percent <= tolerance.off_edges_percent);
    assert_true(d.off_inside_ppm <= tolerance.off_inside_ppm);
}

static void draw_in_software(const char *size, int frames, const char *name)
{
    char output[1024];
    assert_int_equal(command_run(output, sizeof output,
                                 "LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=softpipe \"$BIN/eglgears\""
                                 " --size %s --frames %d --png \"$DIR/%s\"",
                                 size, frames, name),
                     0);
    assert_non_null(strstr(output, "renderer=\"softpipe\""));
}

static void compare_size(const char *size)
{
    char output[1024];
    assert_int_equal(
        command_run(output, sizeof output,
                    "\"$BIN/gemd-run\" --device model:%s \"$BIN/eglgears\" --interval 0"
                    " --size %s --frames %d --png \"$DIR/gemd.png\"",
                    test_chipset_name(), size, FRAMES),
        0);
    char renderer[64];
    snprintf(renderer, sizeof renderer, "renderer=\"%s\"", test_chipset_renderer());
    assert_non_null(strstr(output, renderer));
    assert_non_null(strstr(output, size));
    draw_in_software(size, FRAMES, "softpipe.png");
    assert_alike("softpipe.png", "gemd.png");
}

/* The limits must be able to fail: the frame before is another picture by each of them. */
static void test_another_angle(void **state)
{
    struct difference d;
    draw_in_software("300x300", FRAMES, "this.png");
    draw_in_software("300x300", FRAMES - 1, "last.png");
    measure("this.png", "last.png", &d);
    assert_true(d.mean > 10 * tolerance.mean);
    assert_true(d.off_edges_percent > 10 * tolerance.off_edges_percent);
    assert_true(d.off_inside_ppm > 10 * tolerance.off_inside_ppm);
}

static void test_64x64(void **state)
{
    compare_size("64x64");
}

static void test_300x300(void **state)
{
    compare_size("300x300");
}

static void test_800x600(void **state)
{
    compare_size("800x600");
}

static void test_2048x2048(void **state)
{
    compare_size("2048x2048");
}

/* Two programs at once on one daemon: each gets its own picture, not a mixture. */
static void test_two_at_once(void **state)
{
    char output[2048];
    assert_int_equal(
        command_run(output, sizeof output,
                    "\"$BIN/gemd-run\" --private sh -c '"
                    "\"$BIN/eglgears\" -i 0 --size 320x240 --frames 60 --png \"$DIR/one.png\" &"
                    "\"$BIN/eglgears\" -i 0 --size 240x320 --frames 60 --png \"$DIR/two.png\";"
                    "two=$?; wait $! && exit $two'"),
        0);
    char *first = strstr(output, "i915 (chipset: G33)");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "i915 (chipset: G33)"));
    draw_in_software("320x240", 60, "one-soft.png");
    draw_in_software("240x320", 60, "two-soft.png");
    assert_alike("one-soft.png", "one.png");
    assert_alike("two-soft.png", "two.png");
}

/*
 * What the pipe scans out is what the program drew, to the bit. The last frame goes up at some
 * vblank after eglgears has said that it is done: the script looks until it is there.
 */
static void scan_out(const char *size)
{
    char output[1024];
    assert_int_equal(
        command_run(output, sizeof output, "\"$BIN/gemd-run\" --device model:%s sh \"%s\" %s %d",
                    test_chipset_name(), GEMD_SOURCE_DIR "/tests/gears/scanout.sh", size, FRAMES),
        0);
    assert_non_null(strstr(output, "scanout: same"));
}

static void test_scanout_300x300(void **state)
{
    scan_out("300x300");
}

static void test_scanout_800x600(void **state)
{
    scan_out("800x600");
}

static void test_scanout_2048x2048(void **state)
{
    scan_out("2048x2048");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_angle),     cmocka_unit_test(test_64x64),
        cmocka_unit_test(test_300x300),           cmocka_unit_test(test_800x600),
        cmocka_unit_test(test_2048x2048),         cmocka_unit_test(test_two_at_once),
        cmocka_unit_test(test_scanout_300x300),   cmocka_unit_test(test_scanout_800x600),
        cmocka_unit_test(test_scanout_2048x2048),
    };
    /* On the other chipsets, one size is enough to see whether gears are gears. */
    const struct CMUnitTest few[] = {
        cmocka_unit_test(test_300x300),
        cmocka_unit_test(test_scanout_300x300),
    };
    command_setup();
    int failed = test_chipset != NULL ? cmocka_run_group_tests(few, NULL, NULL)
                                      : cmocka_run_group_tests(tests, NULL, NULL);
    command_teardown();
    return failed;
}
