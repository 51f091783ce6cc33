/* SPDX-License-Identifier: MIT */
/* KMS: what is listed, what the pipe shows, what is told when, and each ioctl's errors. */
#include <errno.h>
#include <fcntl.h>
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
#include <i915_drm.h>

#include "tests/integration/drm/card.h"

static void each_mode_is_shown(void **state)
{
    struct card card;
    card_open(&card, *state);
    for (uint32_t i = 0; i < card.mode_count; i++) {
        const struct drm_mode_modeinfo *mode = &card.modes[i];
        struct picture picture;
        picture_make(&card, mode->hdisplay, mode->vdisplay, &picture);
        picture_draw(&picture, i);
        assert_int_equal(card_set_crtc(&card, mode, picture.fb), 0);
        card_assert_shown(&card, &picture, i, 0, 0, 0);
        struct drm_mode_crtc get = {.crtc_id = card.crtc};
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETCRTC, &get), 0);
        assert_int_equal(get.fb_id, picture.fb);
        assert_int_equal(get.mode_valid, 1);
        assert_memory_equal(&get.mode, mode, sizeof(*mode));
        picture_drop(&card, &picture); /* which turns the plane off */
        card_assert_colour(&card, 0);
        get = (struct drm_mode_crtc){.crtc_id = card.crtc};
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETCRTC, &get), 0);
        assert_int_equal(get.fb_id, 0);
        assert_int_equal(get.mode_valid, 1);
    }
    struct gemd_screenshot shot;
    assert_int_equal(card_set_crtc(&card, NULL, 0), 0);
    assert_int_equal(card_screenshot(&card, &shot), -ENODATA);
    card_close(&card);
}

/* The processor draws; viewers of the screen get it when the program says DIRTYFB. */
static void what_is_dirty_is_seen_by_viewers(void **state)
{
    struct card card;
    struct picture shown, other;
    struct gemd_session *session;
    struct gemd_mirror *mirror;
    struct gemd_picture picture;
    card_open(&card, *state);
    const struct drm_mode_modeinfo *mode = &card.modes[0];
    picture_make(&card, mode->hdisplay, mode->vdisplay, &shown);
    picture_make(&card, mode->hdisplay, mode->vdisplay, &other);
    picture_draw(&shown, 1);
    assert_int_equal(card_set_crtc(&card, mode, shown.fb), 0);
    card_assert_shown(&card, &shown, 1, 0, 0, 0);
    const struct gemd_connect_options options = {.socket = card.bed->daemon.socket,
                                                 .role = GEMD_ROLE_OPERATOR};
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    assert_int_equal(gemd_mirror_open(session, 2, &mirror), 0);
    assert_int_equal(gemd_mirror_next(mirror, GEMD_FOREVER, &picture), 0);
    gemd_mirror_return(mirror, &picture);
    picture_draw(&shown, 2);
    struct drm_mode_fb_dirty_cmd dirty = {.fb_id = other.fb};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_DIRTYFB, &dirty), 0); /* not on the screen */
    assert_int_equal(gemd_vblank_wait(session, GEMD_VBLANK_RELATIVE, 3, GEMD_FOREVER, NULL), 0);
    assert_int_equal(gemd_mirror_next(mirror, 0, &picture), -ETIME);
    dirty.fb_id = shown.fb;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_DIRTYFB, &dirty), 0);
    assert_int_equal(gemd_mirror_next(mirror, GEMD_FOREVER, &picture), 0);
    assert_int_equal(picture.causes, GEMD_MIRROR_DRAWN);
    for (uint32_t x = 0; x < picture.width; x++) {
        assert_int_equal(((const uint32_t *)picture.pixels)[x] & 0xffffff,
                         picture_pixel(x, 0, 2) & 0xffffff);
    }
    gemd_mirror_return(mirror, &picture);
    gemd_mirror_close(mirror);
    gemd_session_close(session);
    picture_drop(&card, &shown);
    picture_drop(&card, &other);
    card_close(&card);
}

static void flips_come_one_a_vblank(void **state)
{
    struct card card;
    struct picture pictures[2];
    struct drm_event_vblank event, before = {0};
    card_open(&card, *state);
    for (unsigned i = 0; i < 2; i++) {
        picture_make(&card, card.modes[0].hdisplay, card.modes[0].vdisplay, &pictures[i]);
        picture_draw(&pictures[i], i);
    }
    assert_int_equal(card_flip(&card, pictures[0].fb, 0, 0), -EBUSY); /* nothing is shown */
    assert_int_equal(card_set_crtc(&card, &card.modes[0], pictures[0].fb), 0);
    for (unsigned i = 1; i <= 20; i++) {
        assert_int_equal(card_flip(&card, pictures[i % 2].fb, DRM_MODE_PAGE_FLIP_EVENT, 1000 + i),
                         0);
        card_read_event(&card, &event, DRM_EVENT_FLIP_COMPLETE, sizeof(event));
        assert_int_equal(event.user_data, 1000 + i);
        assert_int_equal(event.crtc_id, card.crtc);
        assert_true(event.tv_sec != 0 || event.tv_usec != 0);
        if (i > 1) {
            assert_true(event.sequence > before.sequence);
        }
        before = event;
        if (i % 7 == 0) {
            card_assert_shown(&card, &pictures[i % 2], i % 2, 0, 0, 0);
        }
    }
    assert_int_equal(card_flip(&card, pictures[1].fb, 0, 0), 0); /* no event is wanted */
    int result;
    do {
        result = card_flip(&card, pictures[0].fb, DRM_MODE_PAGE_FLIP_EVENT, 7);
    } while (result == -EBUSY);
    assert_int_equal(result, 0);
    card_read_event(&card, &event, DRM_EVENT_FLIP_COMPLETE, sizeof(event));
    assert_int_equal(event.user_data, 7);
    assert_false(card_has_event(&card));
    picture_drop(&card, &pictures[0]);
    picture_drop(&card, &pictures[1]);
    card_close(&card);
}

/* A flip that is under way when the screen goes off is told all the same. */
static void a_flip_is_told_when_the_screen_goes_off(void **state)
{
    struct card card;
    struct picture pictures[2];
    struct drm_event_vblank event;
    card_open(&card, *state);
    for (unsigned i = 0; i < 2; i++) {
        picture_make(&card, 640, 480, &pictures[i]);
    }
    struct drm_mode_modeinfo mode = card.modes[0];
    mode.hdisplay = 640;
    mode.vdisplay = 480;
    assert_int_equal(card_set_crtc(&card, &mode, pictures[0].fb), 0);
    assert_int_equal(card_flip(&card, pictures[1].fb, DRM_MODE_PAGE_FLIP_EVENT, 3), 0);
    assert_int_equal(card_set_crtc(&card, NULL, 0), 0);
    card_read_event(&card, &event, DRM_EVENT_FLIP_COMPLETE, sizeof(event));
    assert_int_equal(event.user_data, 3);
    assert_false(card_has_event(&card));
    picture_drop(&card, &pictures[0]);
    picture_drop(&card, &pictures[1]);
    card_close(&card);
}

static void vblanks_are_waited_for_and_told(void **state)
{
    struct card card;
    struct picture picture;
    card_open(&card, *state);
    picture_make(&card, card.modes[0].hdisplay, card.modes[0].vdisplay, &picture);
    union drm_wait_vblank wait = {.request = {.type = _DRM_VBLANK_RELATIVE}};
    struct drm_crtc_get_sequence get = {.crtc_id = card.crtc};
    assert_int_equal(card_ask(&card, DRM_IOCTL_WAIT_VBLANK, &wait), -EINVAL); /* the pipe is off */
    assert_int_equal(card_ask(&card, DRM_IOCTL_CRTC_GET_SEQUENCE, &get), -EINVAL);
    assert_int_equal(card_set_crtc(&card, &card.modes[0], picture.fb), 0);

    wait = (union drm_wait_vblank){.request = {.type = _DRM_VBLANK_RELATIVE}};
    assert_int_equal(card_ask(&card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
    const uint32_t first = wait.reply.sequence;
    wait = (union drm_wait_vblank){.request = {.type = _DRM_VBLANK_RELATIVE, .sequence = 3}};
    assert_int_equal(card_ask(&card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
    assert_true(wait.reply.sequence - first >= 3);
    assert_true(wait.reply.tval_sec != 0);
    const uint32_t absolute = wait.reply.sequence + 2;
    wait = (union drm_wait_vblank){
        .request = {.type = (enum drm_vblank_seq_type)(_DRM_VBLANK_ABSOLUTE),
                    .sequence = absolute}};
    assert_int_equal(card_ask(&card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
    assert_true((int32_t)(wait.reply.sequence - absolute) >= 0);

    struct drm_event_vblank event;
    wait = (union drm_wait_vblank){
        .request = {.type = (enum drm_vblank_seq_type)(_DRM_VBLANK_RELATIVE | _DRM_VBLANK_EVENT),
                    .sequence = 2,
                    .signal = 77}};
    assert_int_equal(card_ask(&card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
    const uint32_t promised = wait.reply.sequence;
    card_read_event(&card, &event, DRM_EVENT_VBLANK, sizeof(event));
    assert_int_equal(event.user_data, 77);
    assert_true((int32_t)(event.sequence - promised) >= 0);
    assert_int_equal(event.crtc_id, card.crtc);

    /* One that has passed is told at once, or the next with NEXTONMISS. */
    wait = (union drm_wait_vblank){
        .request = {.type = (enum drm_vblank_seq_type)(_DRM_VBLANK_EVENT), .sequence = first}};
    assert_int_equal(card_ask(&card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
    card_read_event(&card, &event, DRM_EVENT_VBLANK, sizeof(event));
    const uint32_t last = event.sequence;
    wait = (union drm_wait_vblank){
        .request = {.type = (enum drm_vblank_seq_type)(_DRM_VBLANK_EVENT | _DRM_VBLANK_NEXTONMISS),
                    .sequence = first}};
    assert_int_equal(card_ask(&card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
    card_read_event(&card, &event, DRM_EVENT_VBLANK, sizeof(event));
    assert_true((int32_t)(event.sequence - last) > 0);

    assert_int_equal(card_ask(&card, DRM_IOCTL_CRTC_GET_SEQUENCE, &get), 0);
    assert_int_equal(get.active, 1);
    assert_true((int32_t)((uint32_t)get.sequence - event.sequence) >= 0);
    struct drm_crtc_queue_sequence queue = {
        .crtc_id = card.crtc, .flags = DRM_CRTC_SEQUENCE_RELATIVE, .sequence = 1, .user_data = 5};
    struct drm_event_crtc_sequence told;
    assert_int_equal(card_ask(&card, DRM_IOCTL_CRTC_QUEUE_SEQUENCE, &queue), 0);
    card_read_event(&card, &told, DRM_EVENT_CRTC_SEQUENCE, sizeof(told));
    assert_int_equal(told.user_data, 5);
    assert_true(told.sequence >= queue.sequence);
    assert_true(told.time_ns > 0);
    picture_drop(&card, &picture);
    card_close(&card);
}

static void await_vblanks(const struct card *card, uint32_t count)
{
    union drm_wait_vblank wait = {.request = {.type = _DRM_VBLANK_RELATIVE, .sequence = count}};
    assert_int_equal(card_ask(card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
}

static void a_cursor_is_above_the_picture(void **state)
{
    struct card card;
    struct picture picture;
    card_open(&card, *state);
    picture_make(&card, card.modes[0].hdisplay, card.modes[0].vdisplay, &picture);
    picture_draw(&picture, 9);
    uint32_t handle = bed_create(card.file, 64 * 64 * 4);
    uint32_t *image = bed_map(card.file, handle, 64 * 64 * 4, false);
    for (unsigned i = 0; i < 64 * 64; i++) {
        image[i] = 0xff12ab34u;
    }
    struct drm_mode_cursor cursor = {.flags = DRM_MODE_CURSOR_BO | DRM_MODE_CURSOR_MOVE,
                                     .crtc_id = card.crtc,
                                     .x = 40,
                                     .y = 30,
                                     .width = 64,
                                     .height = 64,
                                     .handle = handle};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_CURSOR, &cursor),
                     0); /* before there is a mode */
    assert_int_equal(card_set_crtc(&card, &card.modes[0], picture.fb), 0);
    await_vblanks(&card, 2);
    card_assert_shown(&card, &picture, 9, 40, 30, 0xff12ab34u);
    cursor.flags = DRM_MODE_CURSOR_MOVE;
    cursor.x = -10;
    cursor.y = (int32_t)picture.height - 20;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_CURSOR, &cursor), 0);
    await_vblanks(&card, 2);
    card_assert_shown(&card, &picture, 9, cursor.x, cursor.y, 0xff12ab34u);
    cursor.flags = DRM_MODE_CURSOR_BO;
    cursor.handle = 0;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_CURSOR, &cursor), 0);
    await_vblanks(&card, 2);
    card_assert_shown(&card, &picture, 9, 0, 0, 0);
    munmap(image, 64 * 64 * 4);
    bed_drop(card.file, handle);
    picture_drop(&card, &picture);
    card_close(&card);
}

/* The id of an object's property with its value; 0: it has none of that name. */
static uint32_t find_property(const struct card *card, uint32_t object, uint32_t type,
                              const char *name, uint64_t *value)
{
    uint32_t ids[32];
    uint64_t values[32];
    struct drm_mode_obj_get_properties get = {.props_ptr = U64(ids),
                                              .prop_values_ptr = U64(values),
                                              .count_props = 32,
                                              .obj_id = object,
                                              .obj_type = type};
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &get), 0);
    for (uint32_t i = 0; i < get.count_props; i++) {
        struct drm_mode_get_property property = {.prop_id = ids[i]};
        assert_int_equal(card_ask(card, DRM_IOCTL_MODE_GETPROPERTY, &property), 0);
        if (strcmp(property.name, name) == 0) {
            *value = values[i];
            return ids[i];
        }
    }
    return 0;
}

/* Whether an EDID names the size: of a monitor that has no extension. */
static bool names_size(const uint8_t *edid, uint32_t width, uint32_t height)
{
    static const struct {
        uint32_t byte, bit, width, height;
    } established[] = {{35, 5, 640, 480}, {35, 0, 800, 600}, {36, 3, 1024, 768}};
    static const uint32_t across[] = {16, 4, 5, 16}, down[] = {10, 3, 4, 9};
    for (unsigned i = 0; i < sizeof(established) / sizeof(established[0]); i++) {
        if ((edid[established[i].byte] >> established[i].bit & 1) != 0 &&
            established[i].width == width && established[i].height == height) {
            return true;
        }
    }
    for (const uint8_t *standard = edid + 38; standard < edid + 54; standard += 2) {
        const uint32_t wide = (standard[0] + 31u) * 8, shape = standard[1] >> 6;
        if (standard[0] != 1 && wide == width && wide * down[shape] / across[shape] == height) {
            return true;
        }
    }
    return (edid[56] | (edid[58] >> 4) << 8) == (int)width &&
           (edid[59] | (edid[61] >> 4) << 8) == (int)height; /* the preferred one */
}

static int setup_with_monitor(void **state)
{
    static const char *const arguments[] = {"--monitor", "ask", NULL};
    return bed_setup_with(state, arguments);
}

static void the_monitor_says_what_is_listed(void **state)
{
    struct card card;
    uint64_t value;
    uint8_t edid[128], sum = 0;
    card_open(&card, *state);
    (void)find_property(&card, card.connector, DRM_MODE_OBJECT_CONNECTOR, "EDID", &value);
    assert_int_not_equal(value, 0);
    struct drm_mode_get_blob blob = {
        .blob_id = (uint32_t)value, .length = sizeof(edid), .data = U64(edid)};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETPROPBLOB, &blob), 0);
    assert_int_equal(blob.length, sizeof(edid));
    assert_memory_equal(edid, "\0\xff\xff\xff\xff\xff\xff\0", 8);
    for (unsigned i = 0; i < sizeof(edid); i++) {
        sum = (uint8_t)(sum + edid[i]);
    }
    assert_int_equal(sum, 0);
    for (uint32_t i = 0; i < card.mode_count; i++) {
        assert_true(names_size(edid, card.modes[i].hdisplay, card.modes[i].vdisplay));
    }
    struct drm_mode_get_connector get = {.connector_id = card.connector, .count_modes = 1};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETCONNECTOR, &get), 0);
    assert_int_equal(get.mm_width, edid[21] * 10);
    card_close(&card);
}

static void properties_are_what_they_say(void **state)
{
    struct card card;
    struct picture picture;
    uint64_t value;
    card_open(&card, *state);
    picture_make(&card, card.modes[0].hdisplay, card.modes[0].vdisplay, &picture);
    picture_draw(&picture, 2);

    assert_int_not_equal(
        find_property(&card, card.connector, DRM_MODE_OBJECT_CONNECTOR, "EDID", &value), 0);
    uint8_t edid[128];
    struct drm_mode_get_blob blob = {.blob_id = (uint32_t)value};
    if (value != 0) {
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETPROPBLOB, &blob), 0);
        assert_int_equal(blob.length, 128);
        blob.data = U64(edid);
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETPROPBLOB, &blob), 0);
        assert_memory_equal(edid, "\0\xff\xff\xff\xff\xff\xff\0", 8);
    }
    /* DPMS: off and on again, the picture comes back. */
    uint32_t dpms = find_property(&card, card.connector, DRM_MODE_OBJECT_CONNECTOR, "DPMS", &value);
    assert_int_equal(value, DRM_MODE_DPMS_OFF);
    assert_int_equal(card_set_crtc(&card, &card.modes[0], picture.fb), 0);
    struct drm_mode_connector_set_property set = {
        .connector_id = card.connector, .prop_id = dpms, .value = DRM_MODE_DPMS_OFF};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_SETPROPERTY, &set), 0);
    struct gemd_screenshot shot;
    assert_int_equal(card_screenshot(&card, &shot), -ENODATA);
    assert_int_equal(card_flip(&card, picture.fb, 0, 0), -EINVAL);
    set.value = DRM_MODE_DPMS_ON;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_SETPROPERTY, &set), 0);
    card_assert_shown(&card, &picture, 2, 0, 0, 0);
    set.value = 4;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_SETPROPERTY, &set), -EINVAL);
    set.prop_id = find_property(&card, card.connector, DRM_MODE_OBJECT_ANY, "EDID", &value);
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_SETPROPERTY, &set), -EINVAL); /* immutable */

    /* Planes, for who knows of them. */
    uint32_t planes[4];
    struct drm_mode_get_plane_res list = {.plane_id_ptr = U64(planes), .count_planes = 4};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETPLANERESOURCES, &list), 0);
    assert_int_equal(list.count_planes, 0);
    card.file->universal_planes = true;
    list.count_planes = 4;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETPLANERESOURCES, &list), 0);
    assert_int_equal(list.count_planes, 2);
    for (unsigned i = 0; i < 2; i++) {
        static const uint32_t primary[] = {DRM_FORMAT_C8, DRM_FORMAT_XRGB1555, DRM_FORMAT_RGB565,
                                           DRM_FORMAT_XRGB8888};
        static const uint32_t upper[] = {DRM_FORMAT_ARGB8888};
        const uint32_t *wanted = i == 0 ? primary : upper, count = i == 0 ? 4 : 1;
        uint32_t listed[8];
        struct drm_mode_get_plane plane = {
            .plane_id = planes[i], .format_type_ptr = U64(listed), .count_format_types = 8};
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETPLANE, &plane), 0);
        assert_int_equal(plane.count_format_types, count);
        assert_memory_equal(listed, wanted, count * sizeof(*wanted));
        assert_int_not_equal(find_property(&card, planes[i], DRM_MODE_OBJECT_PLANE, "type", &value),
                             0);
        assert_int_equal(value, i + 1);
        assert_int_not_equal(
            find_property(&card, planes[i], DRM_MODE_OBJECT_PLANE, "IN_FORMATS", &value), 0);
        uint8_t formats[256];
        blob = (struct drm_mode_get_blob){.blob_id = (uint32_t)value};
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETPROPBLOB, &blob), 0);
        assert_in_range(blob.length, 40, sizeof(formats));
        blob.data = U64(formats);
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETPROPBLOB, &blob), 0);
        const struct drm_format_modifier_blob *head = (const void *)formats;
        assert_int_equal(head->count_modifiers, i == 0 ? 2 : 1);
        assert_int_equal(head->count_formats, count);
        assert_memory_equal(formats + head->formats_offset, wanted, count * sizeof(*wanted));
        for (uint32_t k = 0; k < head->count_modifiers; k++) {
            struct drm_format_modifier modifier;
            memcpy(&modifier, formats + head->modifiers_offset + k * sizeof(modifier),
                   sizeof(modifier));
            assert_int_equal(modifier.formats, (1u << count) - 1);
            assert_int_equal(modifier.modifier,
                             i == 0 && k == 0 ? I915_FORMAT_MOD_X_TILED : DRM_FORMAT_MOD_LINEAR);
        }
    }
    picture_drop(&card, &picture);
    card_close(&card);
}

/* X tiles, drawn through the aperture's lines, are shown as lines. */
static void tiles_are_shown(void **state)
{
    struct card card;
    card_open(&card, *state);
    const uint32_t width = 640, height = 480, pitch = 4096; /* tiles want a power of two */
    const uint32_t handle = bed_create(card.file, pitch * height);
    struct drm_i915_gem_set_tiling tiling = {
        .handle = handle, .tiling_mode = I915_TILING_X, .stride = pitch};
    assert_int_equal(card_ask(&card, DRM_IOCTL_I915_GEM_SET_TILING, &tiling), 0);
    struct picture picture = {
        .handle = handle, .width = width, .height = height, .pitch = pitch, .size = pitch * height};
    picture.pixels = bed_map(card.file, handle, picture.size, true);
    bed_set_domain(card.file, handle, I915_GEM_DOMAIN_GTT, I915_GEM_DOMAIN_GTT);
    picture_draw(&picture, 5);
    struct drm_mode_fb_cmd2 add = {.width = width,
                                   .height = height,
                                   .pixel_format = DRM_FORMAT_XRGB8888,
                                   .flags = DRM_MODE_FB_MODIFIERS,
                                   .handles = {handle},
                                   .pitches = {pitch}};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_ADDFB2, &add), -EINVAL); /* linear it is not */
    add.modifier[0] = I915_FORMAT_MOD_X_TILED;
    add.pitches[0] = pitch * 2;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_ADDFB2, &add), -EINVAL);
    add.pitches[0] = pitch;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_ADDFB2, &add), 0);
    picture.fb = add.fb_id;
    struct drm_mode_modeinfo mode = card.modes[0];
    mode.hdisplay = 640;
    mode.vdisplay = 480;
    assert_int_equal(card_set_crtc(&card, &mode, picture.fb), 0);
    card_assert_shown(&card, &picture, 5, 0, 0, 0);
    tiling.tiling_mode = I915_TILING_NONE;
    assert_int_equal(card_ask(&card, DRM_IOCTL_I915_GEM_SET_TILING, &tiling), -EBUSY);
    picture_drop(&card, &picture);
    card_close(&card);
}

/* What the GPU still draws when a flip is asked for is on the screen when that is told. */
static void a_flip_waits_for_what_is_drawn(void **state)
{
    struct card card;
    struct picture pictures[2];
    struct drm_event_vblank event;
    card_open(&card, *state);
    struct drm_file *other = bed_open((struct bed *)*state);
    for (unsigned i = 0; i < 2; i++) {
        picture_make(&card, 640, 480, &pictures[i]);
    }
    struct drm_mode_modeinfo mode = card.modes[0];
    mode.hdisplay = 640;
    mode.vdisplay = 480;
    assert_int_equal(card_set_crtc(&card, &mode, pictures[0].fb), 0);
    struct drm_prime_handle give = {.handle = pictures[1].handle, .flags = DRM_CLOEXEC};
    assert_int_equal(card_ask(&card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &give), 0);
    struct drm_prime_handle open = {.fd = give.fd};
    assert_int_equal(bed_ioctl(other, DRM_IOCTL_PRIME_FD_TO_HANDLE, &open), 0);
    close(give.fd);
    for (uint32_t i = 1; i <= 5; i++) {
        static struct bed_batch batch;
        batch = (struct bed_batch){0};
        int gate = eventfd(0, EFD_CLOEXEC); /* that holds the GPU's work up */
        assert_int_equal(gemd_fence_wait_before(other->session, gate, GEMD_FOREVER), 0);
        bed_fill(&batch, open.handle, pictures[1].pitch, 640, 480, i * 0x010203u);
        assert_int_equal(bed_run(other, &batch), 0);
        assert_int_equal(card_flip(&card, pictures[1].fb, DRM_MODE_PAGE_FLIP_EVENT, i), 0);
        await_vblanks(&card, 3);
        assert_false(card_has_event(&card));
        assert_int_equal(eventfd_write(gate, 1), 0);
        close(gate);
        card_read_event(&card, &event, DRM_EVENT_FLIP_COMPLETE, sizeof(event));
        struct gemd_screenshot shot;
        assert_int_equal(card_screenshot(&card, &shot), 0);
        const uint32_t *pixels = shot.pixels;
        for (uint32_t k = 0; k < 640 * 480; k++) {
            assert_int_equal(pixels[k] & 0xffffff, i * 0x010203u);
        }
        gemd_screenshot_free(&shot);
    }
    bed_close(other);
    picture_drop(&card, &pictures[0]);
    picture_drop(&card, &pictures[1]);
    card_close(&card);
}

static void only_the_master_sets_modes(void **state)
{
    struct card card, second;
    struct picture picture;
    card_open(&card, *state);
    card_open(&second, *state);
    picture_make(&second, second.modes[0].hdisplay, second.modes[0].vdisplay, &picture);
    assert_int_equal(card_set_crtc(&second, &second.modes[0], picture.fb), -EACCES);
    assert_int_equal(card_flip(&second, picture.fb, 0, 0), -EACCES);
    /* Framebuffers of others have the same names, but may not be removed. */
    struct drm_mode_fb_cmd get = {.fb_id = picture.fb};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETFB, &get), 0);
    assert_int_not_equal(get.handle, 0);
    bed_drop(card.file, get.handle);
    get = (struct drm_mode_fb_cmd){.fb_id = picture.fb};
    assert_int_equal(card_ask(&second, DRM_IOCTL_MODE_GETFB, &get), 0);
    assert_int_equal(get.handle, 0);
    uint32_t id = picture.fb;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_RMFB, &id), -ENOENT);
    /* The master shows it; it goes with its owner. */
    picture_draw(&picture, 3);
    assert_int_equal(card_set_crtc(&card, &card.modes[0], picture.fb), 0);
    card_assert_shown(&card, &picture, 3, 0, 0, 0);
    munmap(picture.pixels, picture.size);
    card_close(&second);
    await_vblanks(&card, 2);
    card_assert_colour(&card, 0);
    card_close(&card);
}

/* Nobody has the card any more: others may have the screen. */
static void the_last_file_turns_the_screen_off(void **state)
{
    struct card card, second;
    struct picture picture;
    struct gemd_screenshot shot;
    card_open(&card, *state);
    card_open(&second, *state);
    picture_make(&card, card.modes[0].hdisplay, card.modes[0].vdisplay, &picture);
    assert_int_equal(card_set_crtc(&card, &card.modes[0], picture.fb), 0);
    munmap(picture.pixels, picture.size);
    card_close(&card);
    assert_int_equal(card_screenshot(&second, &shot), 0);
    gemd_screenshot_free(&shot);
    card_close(&second);
    assert_int_equal(card_screenshot(&second, &shot), -ENODATA);
}

static void wrong_arguments_get_their_errors(void **state)
{
    struct card card;
    struct picture picture;
    card_open(&card, *state);
    picture_make(&card, card.modes[0].hdisplay, card.modes[0].vdisplay, &picture);
    uint32_t connectors[2] = {card.connector, card.connector};
    struct drm_mode_crtc good = {.crtc_id = card.crtc,
                                 .fb_id = picture.fb,
                                 .mode_valid = 1,
                                 .mode = card.modes[0],
                                 .set_connectors_ptr = U64(connectors),
                                 .count_connectors = 1};
#define REFUSED(request, good_one, change, error)                                                  \
    do {                                                                                           \
        __typeof__(good_one) bad = good_one;                                                       \
        change;                                                                                    \
        assert_int_equal(card_ask(&card, request, &bad), error);                                   \
    } while (false)
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.x = 0x10000, -ERANGE);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.crtc_id = 1, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.fb_id = 1, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.fb_id = UINT32_MAX, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.mode.clock = UINT32_MAX, -ERANGE);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.mode.htotal = 5, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.mode.vsync_end = 0, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.x = 4, -ENOSPC);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.count_connectors = 0, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.mode_valid = 0, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, bad.count_connectors = 2, -EINVAL);
    connectors[0] = 3;
    REFUSED(DRM_IOCTL_MODE_SETCRTC, good, (void)bad, -ENOENT);
    connectors[0] = card.connector;

    struct drm_mode_fb_cmd2 fb = {.width = picture.width,
                                  .height = picture.height,
                                  .pixel_format = DRM_FORMAT_XRGB8888,
                                  .handles = {picture.handle},
                                  .pitches = {picture.pitch}};
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.flags = 4, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.width = 0, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.height = 4097, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.height = picture.height + 16, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.pixel_format = 0x20203852, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.handles[0] = 0, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.handles[0] = 12345, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.pitches[0] = UINT32_MAX, -ERANGE);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.pitches[0] = picture.pitch - 64, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.offsets[0] = 4096, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.modifier[0] = 1, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_ADDFB2, fb, bad.modifier[2] = 1, -EINVAL);

    struct drm_mode_crtc_page_flip shown = {.crtc_id = card.crtc, .fb_id = picture.fb};
    assert_int_equal(card_set_crtc(&card, &card.modes[0], picture.fb), 0);
    REFUSED(DRM_IOCTL_MODE_PAGE_FLIP, shown, bad.flags = 0x10, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_PAGE_FLIP, shown, bad.flags = DRM_MODE_PAGE_FLIP_ASYNC, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_PAGE_FLIP, shown, bad.flags = DRM_MODE_PAGE_FLIP_TARGET_ABSOLUTE,
            -EINVAL);
    REFUSED(DRM_IOCTL_MODE_PAGE_FLIP, shown, bad.reserved = 1, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_PAGE_FLIP, shown, bad.crtc_id = 1, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_PAGE_FLIP, shown, bad.fb_id = 1, -ENOENT);

    struct drm_mode_cursor cursor = {
        .flags = DRM_MODE_CURSOR_BO, .crtc_id = card.crtc, .width = 64, .height = 64};
    REFUSED(DRM_IOCTL_MODE_CURSOR, cursor, bad.flags = 0, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_CURSOR, cursor, bad.flags = 8, -EINVAL);
    REFUSED(DRM_IOCTL_MODE_CURSOR, cursor, bad.crtc_id = 1, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_CURSOR, cursor, bad.handle = 12345, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_CURSOR, cursor, (bad.handle = picture.handle, bad.width = 32), -EINVAL);

    union drm_wait_vblank wait = {.request = {.type = _DRM_VBLANK_RELATIVE}};
    REFUSED(DRM_IOCTL_WAIT_VBLANK, wait, bad.request.type |= _DRM_VBLANK_SIGNAL, -EINVAL);
    REFUSED(DRM_IOCTL_WAIT_VBLANK, wait, bad.request.type |= _DRM_VBLANK_SECONDARY, -EINVAL);
    REFUSED(DRM_IOCTL_WAIT_VBLANK, wait, bad.request.type |= _DRM_VBLANK_FLIP, -EINVAL);
    struct drm_crtc_queue_sequence queue = {.crtc_id = card.crtc};
    REFUSED(DRM_IOCTL_CRTC_QUEUE_SEQUENCE, queue, bad.flags = 4, -EINVAL);
    REFUSED(DRM_IOCTL_CRTC_QUEUE_SEQUENCE, queue, bad.crtc_id = 2, -ENOENT);

    struct drm_mode_obj_get_properties all = {.obj_id = card.connector};
    REFUSED(DRM_IOCTL_MODE_OBJ_GETPROPERTIES, all, bad.obj_id = 9999, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_OBJ_GETPROPERTIES, all, bad.obj_type = DRM_MODE_OBJECT_CRTC, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_OBJ_GETPROPERTIES, all, bad.obj_id = card.encoder, -EINVAL);
    struct drm_mode_get_property property = {.prop_id = 1};
    REFUSED(DRM_IOCTL_MODE_GETPROPERTY, property, bad.prop_id = 0, -ENOENT);
    REFUSED(DRM_IOCTL_MODE_GETPROPERTY, property, bad.prop_id = 99, -ENOENT);
    struct drm_mode_crtc_lut lut = {.crtc_id = card.crtc};
    REFUSED(DRM_IOCTL_MODE_GETGAMMA, lut, bad.crtc_id = 0, -ENOENT);
    struct drm_mode_atomic atomic = {0};
    REFUSED(DRM_IOCTL_MODE_ATOMIC, atomic, (void)bad, -EINVAL); /* it did not say that it can */
#undef REFUSED

    uint8_t bytes[3] = {1, 2, 3};
    struct drm_mode_create_blob create = {.data = U64(bytes), .length = 3};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_CREATEPROPBLOB, &create), 0);
    struct drm_mode_destroy_blob destroy = {.blob_id = create.blob_id};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_DESTROYPROPBLOB, &destroy), 0);
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_DESTROYPROPBLOB, &destroy), -ENOENT);
    create.length = 0;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_CREATEPROPBLOB, &create), -EINVAL);
    picture_drop(&card, &picture);
    card_close(&card);
}

/* A program cannot have the server keep all its memory for blobs. */
static void blobs_have_a_bound(void **state)
{
    struct card card;
    card_open(&card, *state);
    const uint32_t size = 1u << 20;
    void *bytes = calloc(1, size);
    unsigned count = 0;
    struct drm_mode_create_blob create = {.data = U64(bytes), .length = size};
    while (card_ask(&card, DRM_IOCTL_MODE_CREATEPROPBLOB, &create) == 0) {
        assert_true(++count <= 16);
    }
    assert_true(count >= 8);
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_CREATEPROPBLOB, &create), -ENOMEM);
    card_close(&card);
    card_open(&card, *state); /* they went with the file */
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_CREATEPROPBLOB, &create), 0);
    card_close(&card);
    free(bytes);
}

static void the_crtc_is_on_pipe_a(void **state)
{
    struct card card;
    card_open(&card, *state);
    struct drm_i915_get_pipe_from_crtc_id get = {.crtc_id = card.crtc, .pipe = 7};
    assert_int_equal(card_ask(&card, DRM_IOCTL_I915_GET_PIPE_FROM_CRTC_ID, &get), 0);
    assert_int_equal(get.pipe, 0);
    get.crtc_id = card.connector;
    assert_int_equal(card_ask(&card, DRM_IOCTL_I915_GET_PIPE_FROM_CRTC_ID, &get), -ENOENT);
    card_close(&card);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_mode_is_shown),
        TEST(what_is_dirty_is_seen_by_viewers),
        TEST(flips_come_one_a_vblank),
        TEST(a_flip_is_told_when_the_screen_goes_off),
        TEST(vblanks_are_waited_for_and_told),
        TEST(a_cursor_is_above_the_picture),
        TEST(properties_are_what_they_say),
        cmocka_unit_test_setup_teardown(the_monitor_says_what_is_listed, setup_with_monitor,
                                        bed_teardown),
        TEST(tiles_are_shown),
        TEST(a_flip_waits_for_what_is_drawn),
        TEST(only_the_master_sets_modes),
        TEST(the_last_file_turns_the_screen_off),
        TEST(blobs_have_a_bound),
        TEST(the_crtc_is_on_pipe_a),
        TEST(wrong_arguments_get_their_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
