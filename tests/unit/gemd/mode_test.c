/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <string.h>

#include "gemd/mode.h"

static void check_with(enum mode_pll_kind kind, uint32_t width, uint32_t height)
{
    struct mode mode;
    assert_int_equal(mode_compute(kind, width, height, &mode), 0);
    assert_int_equal(mode.width, width);
    assert_int_equal(mode.height, height);
    assert_true(width < mode.hsync_start && mode.hsync_start < mode.hsync_end &&
                mode.hsync_end <= mode.htotal && mode.htotal <= 8192);
    assert_true(height < mode.vsync_start && mode.vsync_start < mode.vsync_end &&
                mode.vsync_end <= mode.vtotal && mode.vtotal <= 4096);
    /* Half a percent: what monitors take, and what nobody sees. */
    assert_in_range(mode.refresh_millihertz, 59700, 60300);

    const struct mode_pll *pll = &mode.pll;
    assert_int_equal(pll->kind, kind);
    assert_in_range(pll->p1, 1, 8);
    assert_true(pll->p2 == 5 || pll->p2 == 10);
    uint64_t vco;
    if (kind == MODE_PLL_PINEVIEW) {
        assert_in_range(pll->n, 3, 6);
        assert_int_equal(pll->m1, 0);
        assert_in_range(pll->m2, 0, 254);
        vco = 96000ull * (pll->m2 + 2) / pll->n;
    } else {
        assert_in_range(pll->n, 1, 6);
        assert_true(pll->m1 > pll->m2);
        vco = 96000ull * (5 * (pll->m1 + 2) + pll->m2 + 2) / (pll->n + 2);
    }
    uint64_t clock = vco / (pll->p1 * pll->p2);
    assert_in_range(clock, pll->clock_khz - 1, pll->clock_khz + 1);
    uint64_t millihertz = clock * 1000000u / ((uint64_t)mode.htotal * mode.vtotal);
    assert_in_range(millihertz, mode.refresh_millihertz - 10, mode.refresh_millihertz + 10);
}

static void check(uint32_t width, uint32_t height)
{
    check_with(MODE_PLL_GEN3, width, height);
    check_with(MODE_PLL_PINEVIEW, width, height);
}

static void every_size_comes_near_60_hertz(void **state)
{
    for (uint32_t width = MODE_SIZE_MIN; width <= MODE_SIZE_MAX; width += 127) {
        for (uint32_t height = MODE_SIZE_MIN; height <= MODE_SIZE_MAX; height += 127) {
            check(width, height);
        }
    }
    check(64, 64);
    check(640, 480);
    check(800, 600);
    check(1024, 768);
    check(1920, 1080);
    check(MODE_SIZE_MAX, MODE_SIZE_MAX);
}

static void sizes_beyond_the_pipe_are_refused(void **state)
{
    struct mode mode;
    assert_int_equal(mode_compute(MODE_PLL_GEN3, MODE_SIZE_MAX + 1, 600, &mode), -EINVAL);
    assert_int_equal(mode_compute(MODE_PLL_GEN3, 800, MODE_SIZE_MAX + 1, &mode), -EINVAL);
    assert_int_equal(mode_compute(MODE_PLL_GEN3, 0, 600, &mode), -EINVAL);
    assert_int_equal(mode_compute(MODE_PLL_GEN3, 800, MODE_SIZE_MIN - 1, &mode), -EINVAL);
    assert_int_equal(mode_compute(MODE_PLL_GEN3, UINT32_MAX, UINT32_MAX, &mode), -EINVAL);
}

/* VESA's standard timings, all that fit: both kinds of PLL make each within half a percent. */
static void standard_timings_have_a_clock(void **state)
{
    size_t count;
    const struct timing *rows = timing_dmt(&count);
    unsigned made = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned kind = MODE_PLL_GEN3; kind <= MODE_PLL_PINEVIEW; kind++) {
            struct mode mode;
            char reason[MODE_REASON_MAX] = "";
            assert_true(timing_is_sane(&rows[i]));
            int error = mode_of_timing((enum mode_pll_kind)kind, &rows[i], rows[i].width,
                                       rows[i].height, &mode, reason);
            assert_string_equal(reason, "");
            assert_int_equal(error, 0);
            assert_in_range(mode.pll.clock_khz * 200ull, rows[i].clock_khz * 199ull,
                            rows[i].clock_khz * 201ull);
            assert_in_range(mode.refresh_millihertz, timing_refresh(&rows[i]) * 199ull / 200,
                            timing_refresh(&rows[i]) * 201ull / 200);
            made++;
        }
    }
    assert_true(made >= 80);
}

/* Rates as their names say. */
static void the_table_has_the_rates_of_its_names(void **state)
{
    static const struct {
        uint16_t width, height, hertz;
    } names[] = {
        {640, 480, 60},   {640, 480, 72},   {640, 480, 75},   {640, 480, 85},   {720, 400, 70},
        {800, 600, 56},   {800, 600, 60},   {800, 600, 72},   {800, 600, 75},   {800, 600, 85},
        {1024, 768, 60},  {1024, 768, 70},  {1024, 768, 75},  {1024, 768, 85},  {1152, 864, 75},
        {1280, 960, 60},  {1280, 960, 85},  {1280, 1024, 60}, {1280, 1024, 75}, {1280, 1024, 85},
        {1600, 1200, 60}, {1600, 1200, 75}, {1600, 1200, 85}, {1920, 1080, 60}, {1920, 1200, 60},
    };
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct timing *found = timing_find(names[i].width, names[i].height, names[i].hertz);
        assert_non_null(found);
        assert_in_range(timing_refresh(found), names[i].hertz * 1000u - 400u,
                        names[i].hertz * 1000u + 850u);
    }
    assert_null(timing_find(1024, 768, 50));
    assert_null(timing_find(1023, 768, 60));
}

/* What VESA's own sheet gives. */
static void cvt_gives_what_the_sheet_gives(void **state)
{
    static const struct timing known[] = {
        {640, 656, 720, 800, 480, 483, 487, 500, 23750, false, true},
        {1024, 1072, 1176, 1328, 768, 771, 775, 798, 63500, false, true},
        {1280, 1360, 1496, 1712, 1024, 1027, 1034, 1063, 109000, false, true},
        {1600, 1712, 1880, 2160, 1200, 1203, 1207, 1245, 161000, false, true},
        {1920, 2048, 2248, 2576, 1080, 1083, 1088, 1120, 173000, false, true},
    };
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct timing made;
        assert_true(timing_cvt(known[i].width, known[i].height, 60, &made));
        assert_int_equal(made.hsync_start, known[i].hsync_start);
        assert_int_equal(made.hsync_end, known[i].hsync_end);
        assert_int_equal(made.htotal, known[i].htotal);
        assert_int_equal(made.vsync_start, known[i].vsync_start);
        assert_int_equal(made.vsync_end, known[i].vsync_end);
        assert_int_equal(made.vtotal, known[i].vtotal);
        assert_int_equal(made.clock_khz, known[i].clock_khz);
    }
    struct timing made;
    assert_false(timing_cvt(0, 768, 60, &made));
    assert_false(timing_cvt(1024, 5000, 60, &made));
    assert_false(timing_cvt(1024, 768, 0, &made));
    assert_false(timing_cvt(1024, 768, 1000, &made));
}

/* The monitor sees the timing that it asked for; the picture is in its middle. */
static void smaller_pictures_lie_in_the_middle(void **state)
{
    const struct timing *timing = timing_find(1024, 768, 60);
    struct mode mode;
    char reason[MODE_REASON_MAX];
    assert_int_equal(mode_of_timing(MODE_PLL_GEN3, timing, 301, 200, &mode, reason), 0);
    const uint32_t left = mode.htotal - mode.hblank_end, top = mode.vtotal - mode.vblank_end;
    const uint32_t right = mode.hblank_start - mode.width, below = mode.vblank_start - mode.height;
    assert_int_equal(mode.width, 301);
    assert_int_equal(mode.height, 200);
    assert_int_equal(left + mode.width + right, timing->width);
    assert_int_equal(top + mode.height + below, timing->height);
    assert_in_range(right - left, 0, 1);
    assert_in_range(below - top, 0, 1);
    assert_int_equal(mode.htotal, timing->htotal);
    assert_int_equal(mode.vtotal, timing->vtotal);
    assert_int_equal(mode.hsync_start - mode.hblank_start, timing->hsync_start - timing->width);
    assert_int_equal(mode.vsync_start - mode.vblank_start, timing->vsync_start - timing->height);
    assert_int_equal(mode.hsync_end - mode.hsync_start, timing->hsync_end - timing->hsync_start);
}

static void modes_beyond_the_chip_are_refused_with_numbers(void **state)
{
    struct timing timing = *timing_find(1024, 768, 60);
    struct mode mode;
    char reason[MODE_REASON_MAX];
    timing.clock_khz = MODE_CLOCK_MAX_KHZ + 1;
    assert_int_equal(mode_of_timing(MODE_PLL_GEN3, &timing, 1024, 768, &mode, reason), -ERANGE);
    assert_non_null(strstr(reason, "400001 kHz, the DAC has 400000"));
    timing.clock_khz = 9000;
    assert_int_equal(mode_of_timing(MODE_PLL_GEN3, &timing, 1024, 768, &mode, reason), -ERANGE);
    assert_non_null(strstr(reason, "9000 kHz"));
    timing = *timing_find(1024, 768, 60);
    assert_int_equal(mode_of_timing(MODE_PLL_GEN3, &timing, 1025, 768, &mode, reason), -EINVAL);
    assert_non_null(strstr(reason, "1025x768 does not fit into a screen of 1024x768"));
    assert_int_equal(mode_of_timing(MODE_PLL_GEN3, &timing, 8, 768, &mode, NULL), -EINVAL);
    timing.width = 2100;
    timing.hsync_start = 2200;
    timing.hsync_end = 2300;
    timing.htotal = 2400;
    assert_int_equal(mode_of_timing(MODE_PLL_GEN3, &timing, 1024, 768, &mode, reason), -EINVAL);
    assert_non_null(strstr(reason, "16 to 2048"));
    timing.htotal = 2100;
    assert_int_equal(mode_of_timing(MODE_PLL_GEN3, &timing, 1024, 768, &mode, reason), -EINVAL);
}

static void sizes_are_read(void **state)
{
    uint32_t width = 0, height = 0;
    assert_true(mode_parse("1024x768", &width, &height));
    assert_int_equal(width, 1024);
    assert_int_equal(height, 768);
    const char *const bad[] = {"", "1024", "1024x", "x768", "1024x768 ", "0x0", "99999x1", "axb"};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(mode_parse(bad[i], &width, &height));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_comes_near_60_hertz),
        cmocka_unit_test(sizes_beyond_the_pipe_are_refused),
        cmocka_unit_test(standard_timings_have_a_clock),
        cmocka_unit_test(the_table_has_the_rates_of_its_names),
        cmocka_unit_test(cvt_gives_what_the_sheet_gives),
        cmocka_unit_test(smaller_pictures_lie_in_the_middle),
        cmocka_unit_test(modes_beyond_the_chip_are_refused_with_numbers),
        cmocka_unit_test(sizes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
