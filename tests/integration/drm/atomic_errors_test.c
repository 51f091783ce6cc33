/* SPDX-License-Identifier: MIT */
/* Atomic mode setting: each wrong value and request has its errno, and changes nothing. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <drm_fourcc.h>
#include <drm_mode.h>

#include "tests/integration/drm/stage.h"

enum object { CRTC, CONNECTOR, PRIMARY, CURSOR };

/* In place of a number that is not known before: made by make_value(). */
enum special {
    PLAIN,
    PIXELS,       /* of the mode's width, and so many */
    FIXED,        /* the same in 16.16 */
    CURSOR_FB,    /* a framebuffer of the cursor's format */
    SMALL_FB,     /* one that is smaller than the mode */
    CONNECTOR_ID, /* no CRTC */
    BYTES,        /* a blob of so many zeros */
    MODE_WIDTH,   /* a blob of a mode of that width */
    MODE_HTOTAL,  /* a blob of the mode with another total */
};

static const struct {
    enum object object;
    const char *name;
    enum special special;
    int64_t value;
    uint32_t flags;
    int error;
} rows[] = {
    {CRTC, "ACTIVE", PLAIN, 2, MODESET, -EINVAL},
    {CRTC, "ACTIVE", PLAIN, 0, 0, -EINVAL},
    {CRTC, "ACTIVE", PLAIN, 0, MODESET, 0},
    {CRTC, "ACTIVE", PLAIN, 1, 0, 0},
    {CRTC, "MODE_ID", PLAIN, 0, MODESET, -EINVAL},
    {CRTC, "MODE_ID", PLAIN, 12345, MODESET, -EINVAL},
    {CRTC, "MODE_ID", PLAIN, INT64_C(1) << 32, MODESET, -EINVAL},
    {CRTC, "MODE_ID", BYTES, 67, MODESET, -EINVAL},
    {CRTC, "MODE_ID", BYTES, 68, MODESET, -EINVAL},
    {CRTC, "MODE_ID", MODE_WIDTH, 4096, MODESET, -EINVAL},
    {CRTC, "MODE_ID", MODE_WIDTH, 8, MODESET, -EINVAL},
    {CRTC, "MODE_ID", MODE_HTOTAL, 8193, MODESET, -EINVAL},
    {CRTC, "MODE_ID", MODE_HTOTAL, 1, MODESET, -EINVAL},
    {CRTC, "MODE_ID", MODE_HTOTAL, 3000, MODESET, 0},
    {CRTC, "MODE_ID", MODE_HTOTAL, 3000, 0, -EINVAL},
    {CRTC, "GAMMA_LUT", BYTES, 7, 0, -EINVAL},
    {CRTC, "GAMMA_LUT", BYTES, 129 * 8, 0, -EINVAL},
    {CRTC, "GAMMA_LUT", BYTES, 256 * 8, 0, 0},
    {CRTC, "GAMMA_LUT_SIZE", PLAIN, 256, 0, -EINVAL},
    {CRTC, "VRR_ENABLED", PLAIN, 2, 0, -EINVAL},
    {CRTC, "VRR_ENABLED", PLAIN, 1, 0, 0},
    {CRTC, "OUT_FENCE_PTR", PLAIN, 0, 0, 0},
    {PRIMARY, "type", PLAIN, 1, 0, -EINVAL},
    {PRIMARY, "FB_ID", PLAIN, 0, 0, -EINVAL},
    {PRIMARY, "FB_ID", PLAIN, 12345, 0, -EINVAL},
    {PRIMARY, "FB_ID", CURSOR_FB, 0, 0, -EINVAL},
    {PRIMARY, "FB_ID", SMALL_FB, 0, 0, -ENOSPC},
    {PRIMARY, "CRTC_ID", PLAIN, 0, 0, -EINVAL},
    {PRIMARY, "CRTC_ID", PLAIN, 12345, 0, -EINVAL},
    {PRIMARY, "CRTC_ID", CONNECTOR_ID, 0, 0, -EINVAL},
    {PRIMARY, "CRTC_X", PLAIN, INT64_C(1) << 31, 0, -EINVAL},
    {PRIMARY, "CRTC_X", PLAIN, INT_MAX, 0, -ERANGE},
    {PRIMARY, "CRTC_Y", PLAIN, INT_MAX, 0, -ERANGE},
    {PRIMARY, "CRTC_X", PLAIN, 1, 0, -EINVAL},
    {PRIMARY, "CRTC_Y", PLAIN, -1, 0, -EINVAL},
    {PRIMARY, "CRTC_X", PIXELS, 0, 0, 0},
    {PRIMARY, "CRTC_X", PLAIN, INT_MIN, 0, 0},
    {PRIMARY, "CRTC_W", PLAIN, INT64_C(1) << 31, 0, -EINVAL},
    {PRIMARY, "CRTC_W", PIXELS, 1, 0, -ERANGE},
    {PRIMARY, "CRTC_W", PIXELS, -1, 0, -ERANGE},
    {PRIMARY, "CRTC_H", PLAIN, 5, 0, -ERANGE},
    {PRIMARY, "SRC_X", PLAIN, 65536, 0, -ENOSPC},
    {PRIMARY, "SRC_Y", PLAIN, 65536, 0, -ENOSPC},
    {PRIMARY, "SRC_W", FIXED, 1, 0, -ENOSPC},
    {PRIMARY, "SRC_W", FIXED, -1, 0, -ERANGE},
    {PRIMARY, "SRC_H", PLAIN, UINT_MAX, 0, -ENOSPC},
    {PRIMARY, "SRC_W", PLAIN, INT64_C(1) << 32, 0, -EINVAL},
    {PRIMARY, "IN_FENCE_FD", PLAIN, -2, 0, -EINVAL},
    {PRIMARY, "IN_FENCE_FD", PLAIN, 12345, 0, -EINVAL},
    {PRIMARY, "IN_FENCE_FD", PLAIN, -1, 0, 0},
    {CURSOR, "FB_ID", CURSOR_FB, 0, 0, -EINVAL}, /* it is on no CRTC */
    {CURSOR, "CRTC_ID", PLAIN, 0, 0, 0},
    {CONNECTOR, "CRTC_ID", PLAIN, 0, MODESET, -EINVAL},
    {CONNECTOR, "CRTC_ID", PLAIN, 12345, MODESET, -EINVAL},
    {CONNECTOR, "DPMS", PLAIN, DRM_MODE_DPMS_OFF, MODESET, -EINVAL},
    {CONNECTOR, "EDID", PLAIN, 0, 0, -EINVAL},
    {CONNECTOR, "non-desktop", PLAIN, 1, 0, -EINVAL},
    {CONNECTOR, "link-status", PLAIN, 2, 0, -EINVAL},
    {CONNECTOR, "link-status", PLAIN, 1, 0, 0},
};

static uint64_t mode_blob(const struct stage *stage, enum special special, int64_t value)
{
    struct drm_mode_modeinfo mode = stage->card.modes[0];
    if (special == MODE_HTOTAL) {
        mode.htotal = (uint16_t)value;
    } else {
        const int by = (int)value - mode.hdisplay;
        mode.hdisplay = (uint16_t)value;
        mode.hsync_start = (uint16_t)(mode.hsync_start + by);
        mode.hsync_end = (uint16_t)(mode.hsync_end + by);
        mode.htotal = (uint16_t)(mode.htotal + by);
    }
    return card_blob(&stage->card, &mode, sizeof(mode));
}

static uint64_t make_value(const struct stage *stage, enum special special, int64_t value,
                           uint32_t small_fb)
{
    static const uint8_t zeros[4096];
    switch (special) {
    case PIXELS:
        return (uint64_t)(stage->width + value);
    case FIXED:
        return (uint64_t)(((int64_t)stage->width << 16) + value);
    case CURSOR_FB:
        return stage->cursor_fb;
    case SMALL_FB:
        return small_fb;
    case CONNECTOR_ID:
        return stage->card.connector;
    case BYTES:
        return card_blob(&stage->card, zeros, (uint32_t)value);
    case MODE_WIDTH:
    case MODE_HTOTAL:
        return mode_blob(stage, special, value);
    case PLAIN:
        break;
    }
    return (uint64_t)value;
}

static void wrong_values_get_their_errors(void **state)
{
    struct stage stage;
    struct picture small;
    stage_open(&stage, state);
    picture_make(&stage.card, 64, 64, &small);
    stage_turn_on(&stage);
    const uint32_t objects[] = {stage.card.crtc, stage.card.connector, stage.change.primary,
                                stage.change.cursor};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint64_t value = make_value(&stage, rows[i].special, rows[i].value, small.fb);
        change_add(&stage.change, objects[rows[i].object], rows[i].name, value);
        const int result = stage_commit(&stage, rows[i].flags | TEST_ONLY, 0);
        if (result != rows[i].error) {
            print_error("row %zu: %s: %d\n", i, rows[i].name, result);
        }
        assert_int_equal(result, rows[i].error);
    }
    card_assert_shown(&stage.card, &stage.pictures[0], 0, 0, 0, 0);
    picture_drop(&stage.card, &small);
    stage_close(&stage);
}

/* Cursors: side, where they begin in their framebuffer, which may be larger. */
static void cursors_have_three_sizes(void **state)
{
    struct stage stage;
    struct picture large;
    stage_open(&stage, state);
    stage_turn_on(&stage);
    const uint32_t cursor = stage.change.cursor;
    static const struct {
        uint32_t width, height;
        int error;
    } sizes[] = {{64, 64, 0}, {32, 32, -EINVAL}, {64, 32, -EINVAL}, {65, 64, -ENOSPC}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        change_add_plane(&stage.change, cursor, stage.cursor_fb, 0, 0, sizes[i].width,
                         sizes[i].height);
        assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), sizes[i].error);
    }
    change_add_plane(&stage.change, cursor, stage.cursor_fb, 0, 0, 64, 64);
    change_add(&stage.change, cursor, "CRTC_W", 128);
    assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), -ERANGE);
    picture_make(&stage.card, 64, 64, &large);
    change_add_plane(&stage.change, cursor, large.fb, 0, 0, 64, 64); /* not of its format */
    assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), -EINVAL);
    picture_drop(&stage.card, &large);
    stage_close(&stage);
}

static void wrong_requests_get_their_errors(void **state)
{
    struct stage stage;
    struct card second;
    uint32_t id;
    stage_open(&stage, state);
    struct change *change = &stage.change;
    assert_int_equal(stage_commit(&stage, 0, 0), 0);           /* of nothing */
    assert_int_equal(stage_commit(&stage, EVENT, 0), -EINVAL); /* which tells nobody */
    change_add(change, stage.card.crtc, "VRR_ENABLED", 0);
    assert_int_equal(change_commit(change, EVENT, 0), -EINVAL); /* it is off, and stays */
    assert_int_equal(change_commit(change, 0, 0), 0);
    assert_int_equal(change_commit(change, DRM_MODE_PAGE_FLIP_ASYNC, 0), -EINVAL);
    assert_int_equal(change_commit(change, 0x8000, 0), -EINVAL);
    assert_int_equal(change_commit(change, TEST_ONLY | EVENT, 0), -EINVAL);
    struct drm_mode_atomic reserved = {.reserved = 1};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_ATOMIC, &reserved), -EINVAL);
    change_clear(change);

    (void)card_property(&stage.card, stage.card.crtc, "ACTIVE", &id);
    const struct {
        uint32_t object, property;
    } unknown[] = {{0, id},
                   {12345, id},
                   {stage.card.encoder, id},
                   {stage.pictures[0].fb, id},
                   {stage.change.primary, id},
                   {stage.card.crtc, 0},
                   {stage.card.crtc, 12345}};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        change_add_id(change, unknown[i].object, unknown[i].property, 0);
        assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), -ENOENT);
    }
    /* Who is not the master may not even try; who did not say that it can is told so. */
    card_open(&second, *state);
    change_begin(change, &second);
    assert_int_equal(change_commit(change, TEST_ONLY, 0), -EACCES);
    card_close(&second);
    struct drm_set_client_cap cap = {.capability = DRM_CLIENT_CAP_ATOMIC, .value = 0};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_SET_CLIENT_CAP, &cap), 0);
    change_clear(change);
    change->card = &stage.card;
    assert_int_equal(change_commit(change, TEST_ONLY, 0), -EINVAL);
    stage_close(&stage);
}

static void leases_are_refused_behind_their_checks(void **state)
{
    struct stage stage;
    stage_open(&stage, state);
    const uint32_t crtc = stage.card.crtc, connector = stage.card.connector,
                   plane = stage.change.primary;
    const struct {
        uint32_t flags, count, ids[4];
        int error;
    } asked[] = {
        {1, 3, {crtc, connector, plane}, -EINVAL},
        {0, 3, {crtc, connector, 12345}, -ENOENT},
        {0, 3, {crtc, connector, stage.card.encoder}, -EINVAL},
        {0, 2, {crtc, connector}, -EINVAL},
        {0, 2, {crtc, plane}, -EINVAL},
        {0, 2, {connector, plane}, -EINVAL},
        {0, 4, {crtc, connector, plane, plane}, -ENOSPC},
        {0, 3, {crtc, connector, plane}, -EOPNOTSUPP},
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct drm_mode_create_lease create = {.object_ids = U64(asked[i].ids),
                                               .object_count = asked[i].count,
                                               .flags = asked[i].flags};
        assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_CREATE_LEASE, &create),
                         asked[i].error);
    }
    struct drm_mode_list_lessees list = {.pad = 1};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_LIST_LESSEES, &list), -EINVAL);
    list.pad = 0;
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_LIST_LESSEES, &list), -EOPNOTSUPP);
    struct drm_mode_get_lease get = {.pad = 1};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_GET_LEASE, &get), -EINVAL);
    stage_close(&stage);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(wrong_values_get_their_errors),
        TEST(cursors_have_three_sizes),
        TEST(wrong_requests_get_their_errors),
        TEST(leases_are_refused_behind_their_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
