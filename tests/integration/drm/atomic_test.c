/* SPDX-License-Identifier: MIT */
/* Atomic mode setting: all of a commit or nothing, what is told of it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include <drm_fourcc.h>
#include <drm_mode.h>

#include "tests/integration/drm/stage.h"

/* ---- what is there ---- */

static const struct {
    const char *name;
    unsigned object; /* connector, CRTC, primary, cursor */
    bool hidden;
} listed[] = {
    {"EDID", 0, false},       {"DPMS", 0, false},           {"link-status", 0, false},
    {"TILE", 0, false},       {"non-desktop", 0, false},    {"CRTC_ID", 0, true},
    {"ACTIVE", 1, true},      {"MODE_ID", 1, true},         {"OUT_FENCE_PTR", 1, true},
    {"GAMMA_LUT", 1, false},  {"GAMMA_LUT_SIZE", 1, false}, {"VRR_ENABLED", 1, false},
    {"type", 2, false},       {"IN_FORMATS", 2, false},     {"FB_ID", 2, true},
    {"IN_FENCE_FD", 2, true}, {"CRTC_ID", 2, true},         {"CRTC_X", 2, true},
    {"CRTC_Y", 2, true},      {"CRTC_W", 2, true},          {"CRTC_H", 2, true},
    {"SRC_X", 2, true},       {"SRC_Y", 2, true},           {"SRC_W", 2, true},
    {"SRC_H", 2, true},       {"type", 3, false},           {"FB_ID", 3, true},
};

static void who_is_not_atomic_sees_no_such_properties(void **state)
{
    struct card card;
    struct change change;
    uint32_t id;
    card_open(&card, *state);
    const uint32_t connector = card.connector, crtc = card.crtc;
    change_begin(&change, &card); /* for the planes */
    const uint32_t objects[] = {connector, crtc, change.primary, change.cursor};
    for (unsigned round = 0; round < 2; round++) {
        struct drm_set_client_cap cap = {.capability = DRM_CLIENT_CAP_ATOMIC, .value = round * 2};
        assert_int_equal(card_ask(&card, DRM_IOCTL_SET_CLIENT_CAP, &cap), 0);
        for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
            (void)card_property(&card, objects[listed[i].object], listed[i].name, &id);
            assert_int_equal(id != 0, round == 1 || !listed[i].hidden);
        }
        struct drm_mode_get_connector get = {.connector_id = connector, .count_modes = 1};
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETCONNECTOR, &get), 0);
        assert_int_equal(get.count_props, round == 1 ? 6 : 5);
    }
    (void)card_property(&card, change.primary, "rotation", &id);
    assert_int_equal(id, 0); /* the chip cannot */
    card_close(&card);
}

/* Else weston has the height in its commits, which are refused: nobody can change it. */
static void planes_say_that_their_height_stays(void **state)
{
    struct stage stage;
    stage_open(&stage, state);
    const uint32_t planes[] = {stage.change.primary, stage.change.cursor};
    for (uint64_t height = 0; height < 2; height++) {
        uint64_t values[2] = {7, 7};
        uint32_t id;
        assert_int_equal(card_property(&stage.card, planes[height], "zpos", &id), height);
        struct drm_mode_get_property get = {
            .prop_id = id, .values_ptr = U64(values), .count_values = 2};
        assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_GETPROPERTY, &get), 0);
        assert_int_equal(get.flags, DRM_MODE_PROP_RANGE | DRM_MODE_PROP_IMMUTABLE);
        assert_int_equal(values[0], height);
        assert_int_equal(values[1], height);
    }
    stage_close(&stage);
}

static void properties_say_what_they_take(void **state)
{
    struct stage stage;
    uint32_t id;
    uint64_t values[2];
    stage_open(&stage, state);
    (void)card_property(&stage.card, stage.change.primary, "CRTC_ID", &id);
    struct drm_mode_get_property get = {
        .prop_id = id, .values_ptr = U64(values), .count_values = 2};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_GETPROPERTY, &get), 0);
    assert_int_equal(get.flags, DRM_MODE_PROP_OBJECT | DRM_MODE_PROP_ATOMIC);
    assert_int_equal(get.count_values, 1);
    assert_int_equal(values[0], DRM_MODE_OBJECT_CRTC);
    (void)card_property(&stage.card, stage.change.primary, "CRTC_X", &id);
    get =
        (struct drm_mode_get_property){.prop_id = id, .values_ptr = U64(values), .count_values = 2};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_GETPROPERTY, &get), 0);
    assert_int_equal(get.flags, DRM_MODE_PROP_SIGNED_RANGE | DRM_MODE_PROP_ATOMIC);
    assert_int_equal(get.count_values, 2);
    assert_int_equal((int64_t)values[0], INT_MIN);
    assert_int_equal(values[1], INT_MAX);
    stage_close(&stage);
}

/* ---- what is shown ---- */

static void a_mode_is_set_and_all_is_off_again(void **state)
{
    struct stage stage;
    struct gemd_screenshot shot;
    stage_open(&stage, state);
    const uint32_t crtc = stage.card.crtc, connector = stage.card.connector;
    stage_turn_on(&stage);
    card_assert_shown(&stage.card, &stage.pictures[0], 0, 0, 0, 0);
    assert_int_equal(stage_value(&stage, crtc, "ACTIVE"), 1);
    assert_int_equal(stage_value(&stage, connector, "CRTC_ID"), crtc);
    assert_int_equal(stage_value(&stage, connector, "DPMS"), DRM_MODE_DPMS_ON);
    assert_int_equal(stage_value(&stage, stage.change.primary, "SRC_W"),
                     (int64_t)stage.width << 16);
    assert_int_equal(stage_value(&stage, stage.change.primary, "FB_ID"), stage.pictures[0].fb);

    change_add(&stage.change, crtc, "ACTIVE", 0);
    assert_int_equal(stage_commit(&stage, MODESET | EVENT, 12), 0);
    stage_await_event(&stage, 12); /* it stopped */
    assert_int_equal(card_screenshot(&stage.card, &shot), -ENODATA);
    assert_int_equal(stage_value(&stage, connector, "DPMS"), DRM_MODE_DPMS_OFF);
    assert_int_not_equal(stage_value(&stage, crtc, "MODE_ID"), 0);
    change_add(&stage.change, crtc, "ACTIVE", 1);
    assert_int_equal(stage_commit(&stage, MODESET | NONBLOCK | EVENT, 13), 0);
    stage_await_event(&stage, 13);
    card_assert_shown(&stage.card, &stage.pictures[0], 0, 0, 0, 0);

    change_add(&stage.change, crtc, "ACTIVE", 0);
    change_add(&stage.change, crtc, "MODE_ID", 0);
    change_add(&stage.change, connector, "CRTC_ID", 0);
    change_add_plane(&stage.change, stage.change.primary, 0, 0, 0, 0, 0);
    assert_int_equal(stage_commit(&stage, MODESET, 0), 0);
    assert_int_equal(card_screenshot(&stage.card, &shot), -ENODATA);
    assert_int_equal(stage_value(&stage, connector, "CRTC_ID"), 0);
    assert_int_equal(stage_value(&stage, crtc, "MODE_ID"), 0);
    stage_close(&stage);
}

/* The colour of the ground, and where the cursor's is: nowhere at -1. */
static uint32_t look(const struct stage *stage, int32_t *x, int32_t *y)
{
    struct gemd_screenshot shot;
    assert_int_equal(card_screenshot(&stage->card, &shot), 0);
    const uint32_t *pixels = shot.pixels;
    const uint32_t count = shot.width * shot.height, ground = pixels[count - 1] & 0xffffff;
    *x = *y = -1;
    for (uint32_t i = 0; i < count && *x < 0; i++) {
        if ((pixels[i] & 0xffffff) != ground) {
            *x = (int32_t)(i % shot.width);
            *y = (int32_t)(i / shot.width);
        }
    }
    gemd_screenshot_free(&shot);
    return ground;
}

/*
 * The picture's colour says where the cursor is. On a slow machine a vblank may come between the
 * writes to the two planes, but seldom.
 */
static void both_planes_change_in_one_frame(void **state)
{
    struct stage stage;
    int32_t x, y;
    unsigned whole = 0;
    stage_open(&stage, state);
    picture_fill(&stage.pictures[0], 0);
    stage_turn_on(&stage);
    stage_fill_cursor(&stage, 0xffffffffu);
    for (int32_t i = 1; i <= 16; i++) {
        bool is_mixed, was_mixed = false;
        uint32_t seen;
        picture_fill(&stage.pictures[i % 2], (uint32_t)i);
        stage_add_primary(&stage, (unsigned)i % 2);
        change_add_plane(&stage.change, stage.change.cursor, stage.cursor_fb, i * 5, i * 3, 64, 64);
        assert_int_equal(stage_commit(&stage, NONBLOCK | EVENT, 100 + (uint32_t)i), 0);
        do {
            seen = look(&stage, &x, &y);
            is_mixed = x != (seen == 0 ? -1 : (int32_t)seen * 5) ||
                       y != (seen == 0 ? -1 : (int32_t)seen * 3);
            was_mixed = was_mixed || is_mixed;
        } while (seen != (uint32_t)i || is_mixed);
        whole += !was_mixed;
        stage_await_event(&stage, 100 + (uint32_t)i);
    }
    assert_in_range(whole, 8, 16);
    assert_false(card_has_event(&stage.card));
    stage_close(&stage);
}

static void the_cursor_changes_alone(void **state)
{
    struct stage stage;
    stage_open(&stage, state);
    stage_turn_on(&stage);
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t colour = 0xff204060u + i / 2; /* each second one is the same picture */
        stage_fill_cursor(&stage, colour);
        change_add_plane(&stage.change, stage.change.cursor, stage.cursor_fb, -20 + (int32_t)i, 30,
                         64, 64);
        assert_int_equal(stage_commit(&stage, EVENT, i), 0);
        stage_await_event(&stage, i);
        card_assert_shown(&stage.card, &stage.pictures[0], 0, -20 + (int32_t)i, 30, colour);
    }
    /* The ioctl of old moves the same one. */
    struct drm_mode_cursor move = {
        .flags = DRM_MODE_CURSOR_MOVE, .crtc_id = stage.card.crtc, .x = 7, .y = 9};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_CURSOR, &move), 0);
    assert_int_equal(stage_value(&stage, stage.change.cursor, "CRTC_X"), 7);
    assert_int_equal(stage_value(&stage, stage.change.cursor, "CRTC_Y"), 9);
    change_add_plane(&stage.change, stage.change.cursor, 0, 0, 0, 0, 0);
    assert_int_equal(stage_commit(&stage, 0, 0), 0);
    card_assert_shown(&stage.card, &stage.pictures[0], 0, 0, 0, 0);
    stage_close(&stage);
}

/* i915 has it so: the pipe goes on without its plane. */
static void a_pipe_without_a_plane_is_black(void **state)
{
    struct stage stage;
    stage_open(&stage, state);
    stage_turn_on(&stage);
    change_add_plane(&stage.change, stage.change.primary, 0, 0, 0, 0, 0);
    assert_int_equal(stage_commit(&stage, EVENT, 5), 0);
    stage_await_event(&stage, 5);
    card_assert_colour(&stage.card, 0);
    stage_add_primary(&stage, 1);
    assert_int_equal(stage_commit(&stage, 0, 0), 0);
    card_assert_shown(&stage.card, &stage.pictures[1], 1, 0, 0, 0);
    change_add(&stage.change, stage.change.primary, "CRTC_X", stage.width); /* out of sight */
    assert_int_equal(stage_commit(&stage, 0, 0), 0);
    card_assert_colour(&stage.card, 0);
    stage_close(&stage);
}

static void a_table_changes_the_colours(void **state)
{
    struct stage stage;
    struct drm_color_lut lut[256];
    stage_open(&stage, state);
    picture_fill(&stage.pictures[0], 0x102030);
    stage_turn_on(&stage);
    for (unsigned i = 0; i < 256; i++) {
        const uint16_t inverse = (uint16_t)((255 - i) << 8);
        lut[i] =
            (struct drm_color_lut){.red = inverse, .green = inverse, .blue = (uint16_t)(i << 8)};
    }
    const uint32_t blob = card_blob(&stage.card, lut, sizeof(lut));
    change_add(&stage.change, stage.card.crtc, "GAMMA_LUT", blob);
    assert_int_equal(stage_commit(&stage, 0, 0), 0);
    card_assert_colour(&stage.card, 0xefdf30);
    assert_int_equal(stage_value(&stage, stage.card.crtc, "GAMMA_LUT"), blob);
    assert_int_equal(stage_value(&stage, stage.card.crtc, "GAMMA_LUT_SIZE"), 256);
    change_add(&stage.change, stage.card.crtc, "GAMMA_LUT", 0);
    assert_int_equal(stage_commit(&stage, 0, 0), 0);
    card_assert_colour(&stage.card, 0x102030);
    stage_close(&stage);
}

/* ---- what is not done ---- */

static void a_test_changes_nothing(void **state)
{
    struct stage stage;
    struct gemd_screenshot shot;
    stage_open(&stage, state);
    change_add_mode(&stage.change, &stage.card.modes[0]);
    stage_add_primary(&stage, 0);
    assert_int_equal(change_commit(&stage.change, TEST_ONLY | MODESET, 0), 0);
    assert_int_equal(change_commit(&stage.change, TEST_ONLY, 0), -EINVAL); /* it is a mode set */
    assert_int_equal(card_screenshot(&stage.card, &shot), -ENODATA);
    assert_int_equal(stage_value(&stage, stage.card.crtc, "MODE_ID"), 0);
    assert_int_equal(stage_value(&stage, stage.card.crtc, "ACTIVE"), 0);
    assert_int_equal(stage_value(&stage, stage.change.primary, "FB_ID"), 0);
    assert_int_equal(stage_value(&stage, stage.card.connector, "CRTC_ID"), 0);
    assert_int_equal(stage_commit(&stage, MODESET, 0), 0); /* what passed is done */
    stage_add_primary(&stage, 1);
    change_add_plane(&stage.change, stage.change.cursor, stage.cursor_fb, 10, 10, 64, 64);
    assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), 0);
    card_assert_shown(&stage.card, &stage.pictures[0], 0, 0, 0, 0);
    assert_int_equal(stage_value(&stage, stage.change.primary, "FB_ID"), stage.pictures[0].fb);
    assert_int_equal(stage_value(&stage, stage.change.cursor, "FB_ID"), 0);
    assert_false(card_has_event(&stage.card));
    stage_close(&stage);
}

/* The last of three properties is wrong: the first two are not there either. */
static void a_commit_fails_as_a_whole(void **state)
{
    struct stage stage;
    stage_open(&stage, state);
    stage_turn_on(&stage);
    stage_add_primary(&stage, 1);
    change_add_plane(&stage.change, stage.change.cursor, stage.cursor_fb, 10, 10, 64, 64);
    change_add(&stage.change, stage.card.crtc, "GAMMA_LUT", 12345);
    assert_int_equal(stage_commit(&stage, EVENT, 9), -EINVAL);
    card_assert_shown(&stage.card, &stage.pictures[0], 0, 0, 0, 0);
    assert_int_equal(stage_value(&stage, stage.change.primary, "FB_ID"), stage.pictures[0].fb);
    assert_int_equal(stage_value(&stage, stage.change.cursor, "CRTC_ID"), 0);
    assert_false(card_has_event(&stage.card));
    stage_close(&stage);
}

/* A fill of a picture that does not begin before the gate is opened. */
static int hold_up(struct drm_file *other, uint32_t handle, const struct picture *picture)
{
    static struct bed_batch batch;
    batch = (struct bed_batch){0};
    int gate = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(gemd_fence_wait_before(other->session, gate, GEMD_FOREVER), 0);
    bed_fill(&batch, handle, picture->pitch, picture->width, picture->height, 0x010203);
    assert_int_equal(bed_run(other, &batch), 0);
    return gate;
}

static uint32_t import(const struct card *card, struct drm_file *other, uint32_t handle)
{
    struct drm_prime_handle give = {.handle = handle, .flags = DRM_CLOEXEC};
    assert_int_equal(card_ask(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &give), 0);
    struct drm_prime_handle open = {.fd = give.fd};
    assert_int_equal(bed_ioctl(other, DRM_IOCTL_PRIME_FD_TO_HANDLE, &open), 0);
    close(give.fd);
    return open.handle;
}

static void nobody_gets_ahead_of_a_commit(void **state)
{
    struct stage stage;
    stage_open(&stage, state);
    stage_turn_on(&stage);
    struct drm_file *other = bed_open(*state);
    const uint32_t handle = import(&stage.card, other, stage.pictures[1].handle);
    const int gate = hold_up(other, handle, &stage.pictures[1]);
    stage_add_primary(&stage, 1);
    assert_int_equal(stage_commit(&stage, NONBLOCK | EVENT, 1), 0);
    stage_add_primary(&stage, 0);
    assert_int_equal(change_commit(&stage.change, NONBLOCK | EVENT, 2), -EBUSY);
    assert_int_equal(change_commit(&stage.change, TEST_ONLY, 0), 0);
    assert_int_equal(card_flip(&stage.card, stage.pictures[0].fb, 0, 0), -EBUSY);
    struct change off = stage.change; /* nor does who sets a mode */
    change_clear(&off);
    change_add(&off, stage.card.crtc, "ACTIVE", 0);
    assert_int_equal(change_commit(&off, NONBLOCK | MODESET, 0), -EBUSY);
    assert_false(card_has_event(&stage.card));
    assert_int_equal(eventfd_write(gate, 1), 0);
    assert_int_equal(stage_commit(&stage, EVENT, 3),
                     0); /* waits for the one before, and for itself */
    stage_await_event(&stage, 1);
    stage_await_event(&stage, 3);
    card_assert_shown(&stage.card, &stage.pictures[0], 0, 0, 0, 0);
    close(gate);
    bed_close(other);
    stage_close(&stage);
}

static void *run_loop(void *data)
{
    drm_server_run(data);
    return NULL;
}

/*
 * Who tells sync files that they are done: wait for one before loop_end(), which would come too
 * early else. Files may not end meanwhile.
 */
static pthread_t loop_start(struct bed *bed)
{
    pthread_t loop;
    assert_int_equal(pthread_create(&loop, NULL, run_loop, &bed->server), 0);
    return loop;
}

static void loop_end(struct bed *bed, pthread_t loop)
{
    drm_server_stop(&bed->server);
    pthread_join(loop, NULL);
}

static bool is_done(int fence, int timeout_ms)
{
    struct pollfd poller = {.fd = fence, .events = POLLIN};
    return poll(&poller, 1, timeout_ms) == 1;
}

static void a_commit_gives_a_fence(void **state)
{
    struct stage stage;
    stage_open(&stage, state);
    stage_turn_on(&stage);
    struct drm_file *other = bed_open(*state);
    const uint32_t handle = import(&stage.card, other, stage.pictures[1].handle);
    const int gate = hold_up(other, handle, &stage.pictures[1]);
    int32_t fence = 77;
    stage_add_primary(&stage, 1);
    change_add(&stage.change, stage.card.crtc, "OUT_FENCE_PTR", U64(&fence));
    assert_int_equal(change_commit(&stage.change, TEST_ONLY, 0), 0);
    assert_int_equal(fence, -1);
    assert_int_equal(change_commit(&stage.change, NONBLOCK, 0), 0);
    assert_true(fence >= 0);
    const int first = fence;
    assert_int_equal(change_commit(&stage.change, NONBLOCK, 0), -EBUSY);
    assert_int_equal(fence, -1);
    change_clear(&stage.change);
    assert_false(is_done(first, 0));
    assert_int_equal(eventfd_write(gate, 1), 0);
    bed_close(other); /* the loop would end it, too */
    pthread_t loop = loop_start(*state);
    assert_true(is_done(first, CARD_ANSWER_MS));
    loop_end(*state, loop);
    close(first);
    close(gate);
    /* Also of a CRTC that stops; one that is off tells nothing. */
    change_add(&stage.change, stage.card.crtc, "ACTIVE", 0);
    change_add(&stage.change, stage.card.crtc, "OUT_FENCE_PTR", U64(&fence));
    assert_int_equal(change_commit(&stage.change, MODESET, 0), 0);
    loop = loop_start(*state);
    assert_true(is_done(fence, CARD_ANSWER_MS));
    loop_end(*state, loop);
    close(fence);
    assert_int_equal(stage_commit(&stage, MODESET, 0), -EINVAL);
    assert_int_equal(fence, -1);
    change_add(&stage.change, stage.card.crtc, "OUT_FENCE_PTR", 8);
    assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), -EFAULT);
    stage_close(&stage);
}

/* The picture itself is not drawn to: only the fence says that it has to wait. */
static void a_commit_waits_for_a_fence(void **state)
{
    static struct bed_batch batch;
    struct stage stage;
    stage_open(&stage, state);
    stage_turn_on(&stage);
    struct drm_file *other = bed_open(*state);
    const uint32_t handle = bed_create(other, 64 * 64 * 4);
    int gate = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(gemd_fence_wait_before(other->session, gate, GEMD_FOREVER), 0);
    batch = (struct bed_batch){.flags = I915_EXEC_FENCE_OUT};
    bed_fill(&batch, handle, 256, 64, 64, 0x010203);
    assert_int_equal(bed_run(other, &batch), 0);
    assert_true(batch.fence_out >= 0);
    stage_add_primary(&stage, 1);
    change_add(&stage.change, stage.change.primary, "IN_FENCE_FD", (uint64_t)batch.fence_out);
    assert_int_equal(change_commit(&stage.change, TEST_ONLY, 0), 0);
    assert_int_equal(stage_commit(&stage, NONBLOCK | EVENT, 6), 0);
    close(batch.fence_out);
    union drm_wait_vblank wait = {.request = {.type = _DRM_VBLANK_RELATIVE, .sequence = 3}};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
    assert_false(card_has_event(&stage.card));
    assert_int_equal(eventfd_write(gate, 1), 0);
    stage_await_event(&stage, 6);
    card_assert_shown(&stage.card, &stage.pictures[1], 1, 0, 0, 0);
    /* What is no fence, and two for one plane. */
    change_add(&stage.change, stage.change.primary, "IN_FENCE_FD", (uint64_t)gate);
    assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), -EINVAL);
    int32_t fence = -1;
    stage_add_primary(&stage, 0);
    change_add(&stage.change, stage.card.crtc, "OUT_FENCE_PTR", U64(&fence));
    assert_int_equal(stage_commit(&stage, 0, 0), 0);
    change_add(&stage.change, stage.change.primary, "IN_FENCE_FD", (uint64_t)fence);
    assert_int_equal(change_commit(&stage.change, TEST_ONLY, 0), 0);
    change_add(&stage.change, stage.change.primary, "IN_FENCE_FD", (uint64_t)fence);
    assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), -EINVAL);
    close(fence);
    close(gate);
    bed_close(other);
    stage_close(&stage);
}

/* As our EGL driver gives them out: its session is none of the adapter's. */
static void a_commit_waits_for_a_fence_of_another_session(void **state)
{
    struct stage stage;
    int ends[2];

    stage_open(&stage, state);
    stage_turn_on(&stage);
    assert_int_equal(pipe(ends), 0);
    stage_add_primary(&stage, 1);
    change_add(&stage.change, stage.change.primary, "IN_FENCE_FD", (uint64_t)ends[0]);
    assert_int_equal(stage_commit(&stage, NONBLOCK | EVENT, 7), 0);
    union drm_wait_vblank wait = {.request = {.type = _DRM_VBLANK_RELATIVE, .sequence = 3}};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
    assert_false(card_has_event(&stage.card));
    assert_int_equal(write(ends[1], "", 1), 1);
    stage_await_event(&stage, 7);
    card_assert_shown(&stage.card, &stage.pictures[1], 1, 0, 0, 0);
    /* Its other end is none. */
    change_add(&stage.change, stage.change.primary, "IN_FENCE_FD", (uint64_t)ends[1]);
    assert_int_equal(stage_commit(&stage, TEST_ONLY, 0), -EINVAL);
    close(ends[0]);
    close(ends[1]);
    stage_close(&stage);
}

/* Its framebuffers go with it; who comes next finds the pipe as it is, and can use it. */
static void a_file_may_die_with_a_commit_in_flight(void **state)
{
    struct stage stage, next;
    stage_open(&stage, state);
    card_open(&next.card, *state); /* so that the screen stays */
    stage_turn_on(&stage);
    struct drm_file *other = bed_open(*state);
    const uint32_t handle = import(&stage.card, other, stage.pictures[1].handle);
    const int gate = hold_up(other, handle, &stage.pictures[1]);
    stage_add_primary(&stage, 1);
    assert_int_equal(stage_commit(&stage, NONBLOCK | EVENT, 1), 0);
    stage_close(&stage);
    assert_int_equal(eventfd_write(gate, 1), 0);
    close(gate);
    bed_close(other);
    card_close(&next.card);
    stage_open(&next, state);
    stage_turn_on(&next);
    stage_add_primary(&next, 1);
    assert_int_equal(stage_commit(&next, EVENT, 2), 0);
    stage_await_event(&next, 2);
    card_assert_shown(&next.card, &next.pictures[1], 1, 0, 0, 0);
    stage_close(&next);
}

/* ---- the ioctls of old and these have one state ---- */

static void old_and_new_agree(void **state)
{
    struct stage stage;
    struct gemd_screenshot shot;
    struct drm_mode_modeinfo mode;
    uint32_t dpms;
    stage_open(&stage, state);
    const uint32_t crtc = stage.card.crtc, connector = stage.card.connector;
    assert_int_equal(card_set_crtc(&stage.card, &stage.card.modes[0], stage.pictures[0].fb), 0);
    assert_int_equal(stage_value(&stage, crtc, "ACTIVE"), 1);
    struct drm_mode_get_blob blob = {.blob_id = (uint32_t)stage_value(&stage, crtc, "MODE_ID"),
                                     .length = sizeof(mode),
                                     .data = U64(&mode)};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_GETPROPBLOB, &blob), 0);
    assert_memory_equal(&mode, &stage.card.modes[0], sizeof(mode));
    stage_add_primary(&stage, 1); /* without a mode set */
    assert_int_equal(stage_commit(&stage, 0, 0), 0);
    struct drm_mode_crtc get = {.crtc_id = crtc};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_GETCRTC, &get), 0);
    assert_int_equal(get.fb_id, stage.pictures[1].fb);
    assert_int_equal(card_flip(&stage.card, stage.pictures[0].fb, EVENT, 4), 0);
    stage_await_event(&stage, 4);
    assert_int_equal(stage_value(&stage, stage.change.primary, "FB_ID"), stage.pictures[0].fb);

    (void)card_property(&stage.card, connector, "DPMS", &dpms);
    struct drm_mode_connector_set_property set = {
        .connector_id = connector, .prop_id = dpms, .value = DRM_MODE_DPMS_SUSPEND};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_SETPROPERTY, &set), 0);
    assert_int_equal(stage_value(&stage, crtc, "ACTIVE"), 0);
    assert_int_equal(card_screenshot(&stage.card, &shot), -ENODATA);
    change_add(&stage.change, crtc, "ACTIVE", 1);
    assert_int_equal(stage_commit(&stage, MODESET, 0), 0);
    assert_int_equal(stage_value(&stage, connector, "DPMS"), DRM_MODE_DPMS_ON);
    card_assert_shown(&stage.card, &stage.pictures[0], 0, 0, 0, 0);
    struct drm_mode_obj_set_property one = {.obj_id = stage.change.primary,
                                            .obj_type = DRM_MODE_OBJECT_PLANE,
                                            .value = stage.pictures[1].fb};
    (void)card_property(&stage.card, one.obj_id, "FB_ID", &one.prop_id);
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_OBJ_SETPROPERTY, &one), 0);
    card_assert_shown(&stage.card, &stage.pictures[1], 1, 0, 0, 0);
    one.value = 12345;
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_OBJ_SETPROPERTY, &one), -EINVAL);
    one.prop_id = dpms;
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_OBJ_SETPROPERTY, &one), -EINVAL);
    stage_close(&stage);
}

static void a_blob_lives_as_long_as_it_is_used(void **state)
{
    struct stage stage;
    struct card second;
    struct drm_mode_modeinfo mode;
    stage_open(&stage, state);
    card_open(&second, *state);
    stage_turn_on(&stage);
    struct drm_mode_destroy_blob destroy = {
        .blob_id = (uint32_t)stage_value(&stage, stage.card.crtc, "MODE_ID")};
    assert_int_equal(card_ask(&second, DRM_IOCTL_MODE_DESTROYPROPBLOB, &destroy), -EPERM);
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_DESTROYPROPBLOB, &destroy), 0);
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_DESTROYPROPBLOB, &destroy), -EPERM);
    struct drm_mode_get_blob get = {
        .blob_id = destroy.blob_id, .length = sizeof(mode), .data = U64(&mode)};
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_GETPROPBLOB, &get), 0);
    assert_memory_equal(&mode, &stage.card.modes[0], sizeof(mode));
    assert_int_equal(card_set_crtc(&stage.card, NULL, 0), 0);
    assert_int_equal(card_ask(&stage.card, DRM_IOCTL_MODE_GETPROPBLOB, &get), -ENOENT);
    card_close(&second);
    stage_close(&stage);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_is_not_atomic_sees_no_such_properties),
        TEST(properties_say_what_they_take),
        TEST(planes_say_that_their_height_stays),
        TEST(a_mode_is_set_and_all_is_off_again),
        TEST(both_planes_change_in_one_frame),
        TEST(the_cursor_changes_alone),
        TEST(a_pipe_without_a_plane_is_black),
        TEST(a_table_changes_the_colours),
        TEST(a_test_changes_nothing),
        TEST(a_commit_fails_as_a_whole),
        TEST(nobody_gets_ahead_of_a_commit),
        TEST(a_commit_gives_a_fence),
        TEST(a_commit_waits_for_a_fence),
        TEST(a_commit_waits_for_a_fence_of_another_session),
        TEST(a_file_may_die_with_a_commit_in_flight),
        TEST(old_and_new_agree),
        TEST(a_blob_lives_as_long_as_it_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
