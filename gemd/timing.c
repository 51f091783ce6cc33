/* SPDX-License-Identifier: MIT */
#include "gemd/timing.h"

#define SIZE_MAX_HERE 4096u
#define HERTZ_MAX     240u
#define TOTAL_MAX     8192u /* of the pipe's registers, 13 bits */
#define VTOTAL_MAX    4096u

/* CVT 1.1, 3.4: pixels, lines, microseconds, percent. */
#define CELL          8u
#define VFRONT        3u
#define VBACK_MIN     6u
#define VSYNC_BACK_US 550.0
#define DUTY_C        30.0
#define DUTY_M        300.0
#define DUTY_MIN      20.0
#define CLOCK_STEP    250u /* kHz */

#define LOW  false
#define HIGH true

/* clang-format off */
static const struct timing dmt[] = {
    { 640,  656,  752,  800,  480,  490,  492,  525,  25175, LOW,  LOW},
    { 640,  664,  704,  832,  480,  489,  492,  520,  31500, LOW,  LOW},
    { 640,  656,  720,  840,  480,  481,  484,  500,  31500, LOW,  LOW},
    { 640,  696,  752,  832,  480,  481,  484,  509,  36000, LOW,  LOW},
    { 720,  738,  846,  900,  400,  412,  414,  449,  28320, LOW,  HIGH},
    { 800,  840,  968, 1056,  600,  601,  605,  628,  40000, HIGH, HIGH},
    { 800,  824,  896, 1024,  600,  601,  603,  625,  36000, HIGH, HIGH},
    { 800,  856,  976, 1040,  600,  637,  643,  666,  50000, HIGH, HIGH},
    { 800,  816,  896, 1056,  600,  601,  604,  625,  49500, HIGH, HIGH},
    { 800,  832,  896, 1048,  600,  601,  604,  631,  56250, HIGH, HIGH},
    {1024, 1048, 1184, 1344,  768,  771,  777,  806,  65000, LOW,  LOW},
    {1024, 1048, 1184, 1328,  768,  771,  777,  806,  75000, LOW,  LOW},
    {1024, 1040, 1136, 1312,  768,  769,  772,  800,  78750, HIGH, HIGH},
    {1024, 1072, 1168, 1376,  768,  769,  772,  808,  94500, HIGH, HIGH},
    {1152, 1216, 1344, 1600,  864,  865,  868,  900, 108000, HIGH, HIGH},
    {1280, 1344, 1472, 1664,  768,  771,  778,  798,  79500, LOW,  HIGH},
    {1280, 1352, 1480, 1680,  800,  803,  809,  831,  83500, LOW,  HIGH},
    {1280, 1376, 1488, 1800,  960,  961,  964, 1000, 108000, HIGH, HIGH},
    {1280, 1344, 1504, 1728,  960,  961,  964, 1011, 148500, HIGH, HIGH},
    {1280, 1328, 1440, 1688, 1024, 1025, 1028, 1066, 108000, HIGH, HIGH},
    {1280, 1296, 1440, 1688, 1024, 1025, 1028, 1066, 135000, HIGH, HIGH},
    {1280, 1344, 1504, 1728, 1024, 1025, 1028, 1072, 157500, HIGH, HIGH},
    {1360, 1424, 1536, 1792,  768,  771,  777,  795,  85500, HIGH, HIGH},
    {1366, 1436, 1579, 1792,  768,  771,  774,  798,  85500, HIGH, HIGH},
    {1400, 1488, 1632, 1864, 1050, 1053, 1057, 1089, 121750, LOW,  HIGH},
    {1440, 1520, 1672, 1904,  900,  903,  909,  934, 106500, LOW,  HIGH},
    {1600, 1624, 1704, 1800,  900,  901,  904, 1000, 108000, HIGH, HIGH},
    {1600, 1664, 1856, 2160, 1200, 1201, 1204, 1250, 162000, HIGH, HIGH},
    {1600, 1664, 1856, 2160, 1200, 1201, 1204, 1250, 175500, HIGH, HIGH},
    {1600, 1664, 1856, 2160, 1200, 1201, 1204, 1250, 189000, HIGH, HIGH},
    {1600, 1664, 1856, 2160, 1200, 1201, 1204, 1250, 202500, HIGH, HIGH},
    {1600, 1664, 1856, 2160, 1200, 1201, 1204, 1250, 229500, HIGH, HIGH},
    {1680, 1784, 1960, 2240, 1050, 1053, 1059, 1089, 146250, LOW,  HIGH},
    {1792, 1920, 2120, 2448, 1344, 1345, 1348, 1394, 204750, LOW,  HIGH},
    {1856, 1952, 2176, 2528, 1392, 1393, 1396, 1439, 218250, LOW,  HIGH},
    {1920, 2008, 2052, 2200, 1080, 1084, 1089, 1125, 148500, HIGH, HIGH},
    {1920, 2056, 2256, 2592, 1200, 1203, 1209, 1245, 193250, LOW,  HIGH},
    {1920, 1968, 2000, 2080, 1200, 1203, 1209, 1235, 154000, HIGH, LOW},
    {1920, 2048, 2256, 2600, 1440, 1441, 1444, 1500, 234000, LOW,  HIGH},
    {1920, 2064, 2288, 2640, 1440, 1441, 1444, 1500, 297000, LOW,  HIGH},
    {2048, 2074, 2154, 2250, 1152, 1153, 1156, 1200, 162000, HIGH, HIGH},
};
/* clang-format on */

const struct timing *timing_dmt(size_t *count)
{
    *count = sizeof(dmt) / sizeof(dmt[0]);
    return dmt;
}

const struct timing *timing_find(uint32_t width, uint32_t height, uint32_t hertz)
{
    for (size_t i = 0; i < sizeof(dmt) / sizeof(dmt[0]); i++) {
        uint32_t rate = (timing_refresh(&dmt[i]) + 500) / 1000;
        if (dmt[i].width == width && dmt[i].height == height && rate + 1 >= hertz &&
            rate <= hertz + 1) {
            return &dmt[i];
        }
    }
    return NULL;
}

/* The width of the vertical sync tells the shape of the picture (CVT 1.1, table 3-2). */
static uint32_t cvt_vsync(uint32_t width, uint32_t height)
{
    static const struct {
        uint32_t across, down, lines;
    } shapes[] = {{4, 3, 4}, {16, 9, 5}, {16, 10, 6}, {5, 4, 7}, {15, 9, 7}};
    for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (height * shapes[i].across / shapes[i].down / CELL * CELL == width) {
            return shapes[i].lines;
        }
    }
    return 10;
}

bool timing_cvt(uint32_t width, uint32_t height, uint32_t hertz, struct timing *timing)
{
    if (width == 0 || height == 0 || width > SIZE_MAX_HERE || height > SIZE_MAX_HERE ||
        hertz == 0 || hertz > HERTZ_MAX) {
        return false;
    }
    const uint32_t cells = (width + CELL - 1) / CELL * CELL;
    const uint32_t vsync = cvt_vsync(width, height);
    const double line_us = (1e6 / hertz - VSYNC_BACK_US) / (height + VFRONT);
    uint32_t back = (uint32_t)(VSYNC_BACK_US / line_us) + 1; /* with the sync */
    back = back < vsync + VBACK_MIN ? vsync + VBACK_MIN : back;
    double duty = DUTY_C - DUTY_M * line_us / 1000;
    duty = duty < DUTY_MIN ? DUTY_MIN : duty;
    const uint32_t blank = (uint32_t)(cells * duty / (100 - duty) / (2 * CELL)) * 2 * CELL;
    const uint32_t least = 4 * CELL; /* of pictures so small that no rule was made for them */

    *timing = (struct timing){.width = width, .height = height, .vsync_high = true};
    timing->htotal = cells + (blank < least ? least : blank);
    timing->hsync_end = cells + (timing->htotal - cells) / 2;
    timing->hsync_start = timing->hsync_end - (uint32_t)(timing->htotal * 8 / 100) / CELL * CELL;
    if (timing->hsync_start == timing->hsync_end) {
        timing->hsync_start -= CELL;
    }
    timing->vsync_start = height + VFRONT;
    timing->vsync_end = timing->vsync_start + vsync;
    timing->vtotal = height + VFRONT + back;
    timing->clock_khz = (uint32_t)(timing->htotal / line_us * 1000 / CLOCK_STEP) * CLOCK_STEP;
    timing->clock_khz = timing->clock_khz == 0 ? CLOCK_STEP : timing->clock_khz;
    return timing_is_sane(timing);
}

bool timing_is_sane(const struct timing *t)
{
    return t->width > 0 && t->width <= t->hsync_start && t->hsync_start < t->hsync_end &&
           t->hsync_end <= t->htotal && t->width < t->htotal && t->htotal <= TOTAL_MAX &&
           t->height > 0 && t->height <= t->vsync_start && t->vsync_start < t->vsync_end &&
           t->vsync_end <= t->vtotal && t->height < t->vtotal && t->vtotal <= VTOTAL_MAX &&
           t->clock_khz > 0;
}

uint32_t timing_refresh(const struct timing *t)
{
    uint64_t pixels = (uint64_t)t->htotal * t->vtotal;
    return pixels != 0 ? (uint32_t)((t->clock_khz * 1000000ull + pixels / 2) / pixels) : 0;
}

uint32_t timing_line_rate(const struct timing *t)
{
    return t->htotal != 0 ? (uint32_t)(t->clock_khz * 1000ull / t->htotal) : 0;
}
