/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>

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
        cmocka_unit_test(sizes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
