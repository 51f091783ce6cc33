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

/*
 * The tolerance. The i915 driver gives the chip vertex colours of 8 bits a channel, softpipe
 * interpolates floats: one or two levels of rounding inside of faces, so the mean stays below one
 * level, and hardly a pixel inside is off. The chip snaps vertices to a grid of its own: a pixel
 * whose centre lies within such a step of an outline may fall to either side, and is then as far
 * off as the two colours are: the worst pixel has no bound, but few edge pixels are off.
 */
static const struct {
    double mean;              /* levels */
    double off_edges_percent; /* of all edge pixels */
    double off_inside_ppm;    /* of all pixels, in a million */
} tolerance = {.mean = 1.0, .off_edges_percent = 5.0, .off_inside_ppm = 200};

#define FRAMES 7 /* an angle where no edge is upright */

static void load(struct picture *picture, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", command_directory(), name);
    assert_int_equal(picture_load(picture, path), 0);
}

static void assert_alike(const char *reference_name, const char *name)
{
    struct picture reference, picture;
    struct difference d;
    load(&reference, reference_name);
    load(&picture, name);
    assert_true(compare_pictures(&reference, &picture, &d));
    const double pixels = (double)picture.width * picture.height;
    print_message("%ux%u: mean=%.4f worst=%u edges=%lu off_edges=%lu off_inside=%lu\n",
                  picture.width, picture.height, d.mean, d.worst, d.edges, d.off_edges,
                  d.off_inside);
    picture_free(&reference);
    picture_free(&picture);
    /* A scene without edges would pass everything else. */
    assert_true((double)d.edges > 2 * (double)reference.height);
    assert_true(d.mean <= tolerance.mean);
    assert_true(100.0 * (double)d.off_edges <= tolerance.off_edges_percent * (double)d.edges);
    assert_true(1e6 * (double)d.off_inside <= tolerance.off_inside_ppm * pixels);
}

static void draw_in_software(const char *size, const char *name)
{
    char output[1024];
    assert_int_equal(command_run(output, sizeof output,
                                 "LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=softpipe \"$BIN/eglgears\""
                                 " --size %s --frames %d --png \"$DIR/%s\"",
                                 size, FRAMES, name),
                     0);
    assert_non_null(strstr(output, "renderer=\"softpipe\""));
}

static void compare_size(const char *size)
{
    char output[1024];
    assert_int_equal(command_run(output, sizeof output,
                                 "\"$BIN/gemd-run\" --private \"$BIN/eglgears\" --interval 0"
                                 " --size %s --frames %d --png \"$DIR/gemd.png\"",
                                 size, FRAMES),
                     0);
    assert_non_null(strstr(output, "renderer=\"i915 (chipset: G33)\""));
    assert_non_null(strstr(output, size));
    draw_in_software(size, "softpipe.png");
    assert_alike("softpipe.png", "gemd.png");
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
    assert_int_equal(command_run(output, sizeof output,
                                 "export LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=softpipe;"
                                 "\"$BIN/eglgears\" --size 320x240 --frames 60 --png "
                                 "\"$DIR/one-soft.png\" && \"$BIN/eglgears\" --size 240x320 "
                                 "--frames 60 --png \"$DIR/two-soft.png\""),
                     0);
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
    assert_int_equal(command_run(output, sizeof output,
                                 "\"$BIN/gemd-run\" --private sh \"%s\" %s %d",
                                 GEMD_SOURCE_DIR "/tests/gears/scanout.sh", size, FRAMES),
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
        cmocka_unit_test(test_64x64),           cmocka_unit_test(test_300x300),
        cmocka_unit_test(test_800x600),         cmocka_unit_test(test_2048x2048),
        cmocka_unit_test(test_two_at_once),     cmocka_unit_test(test_scanout_300x300),
        cmocka_unit_test(test_scanout_800x600), cmocka_unit_test(test_scanout_2048x2048),
    };
    command_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    command_teardown();
    return failed;
}
