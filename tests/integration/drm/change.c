/* SPDX-License-Identifier: MIT */
#include "tests/integration/drm/change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define PROPERTIES 32u

int64_t card_property(const struct card *card, uint32_t object, const char *name, uint32_t *id)
{
    uint32_t ids[PROPERTIES];
    uint64_t values[PROPERTIES];
    struct drm_mode_obj_get_properties get = {.props_ptr = U64(ids),
                                              .prop_values_ptr = U64(values),
                                              .count_props = PROPERTIES,
                                              .obj_id = object};
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &get), 0);
    assert_in_range(get.count_props, 1, PROPERTIES);
    for (uint32_t i = 0; i < get.count_props; i++) {
        struct drm_mode_get_property property = {.prop_id = ids[i]};
        assert_int_equal(card_ask(card, DRM_IOCTL_MODE_GETPROPERTY, &property), 0);
        if (strcmp(property.name, name) == 0) {
            *id = ids[i];
            return (int64_t)values[i];
        }
    }
    *id = 0;
    return -1;
}

uint32_t card_blob(const struct card *card, const void *bytes, uint32_t size)
{
    struct drm_mode_create_blob create = {.data = U64(bytes), .length = size};
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_CREATEPROPBLOB, &create), 0);
    return create.blob_id;
}

void change_begin(struct change *change, const struct card *card)
{
    uint32_t planes[2];
    struct drm_set_client_cap cap = {.capability = DRM_CLIENT_CAP_ATOMIC, .value = 1};
    struct drm_mode_get_plane_res list = {.plane_id_ptr = U64(planes), .count_planes = 2};
    *change = (struct change){.card = card};
    assert_int_equal(card_ask(card, DRM_IOCTL_SET_CLIENT_CAP, &cap), 0);
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_GETPLANERESOURCES, &list), 0);
    assert_int_equal(list.count_planes, 2);
    change->primary = planes[0];
    change->cursor = planes[1];
}

void change_add_id(struct change *change, uint32_t object, uint32_t id, uint64_t value)
{
    assert_true(change->count < CHANGE_MAX);
    if (change->object_count == 0 || change->objects[change->object_count - 1] != object) {
        change->counts[change->object_count] = 0;
        change->objects[change->object_count++] = object;
    }
    change->counts[change->object_count - 1]++;
    change->ids[change->count] = id;
    change->values[change->count++] = value;
}

void change_add(struct change *change, uint32_t object, const char *name, uint64_t value)
{
    uint32_t id;
    (void)card_property(change->card, object, name, &id);
    assert_int_not_equal(id, 0);
    change_add_id(change, object, id, value);
}

void change_add_plane(struct change *change, uint32_t plane, uint32_t fb, int32_t x, int32_t y,
                      uint32_t width, uint32_t height)
{
    change_add(change, plane, "FB_ID", fb);
    change_add(change, plane, "CRTC_ID", fb != 0 ? change->card->crtc : 0);
    change_add(change, plane, "CRTC_X", (uint64_t)(int64_t)x);
    change_add(change, plane, "CRTC_Y", (uint64_t)(int64_t)y);
    change_add(change, plane, "CRTC_W", width);
    change_add(change, plane, "CRTC_H", height);
    change_add(change, plane, "SRC_X", 0);
    change_add(change, plane, "SRC_Y", 0);
    change_add(change, plane, "SRC_W", (uint64_t)width << 16);
    change_add(change, plane, "SRC_H", (uint64_t)height << 16);
}

void change_add_mode(struct change *change, const struct drm_mode_modeinfo *mode)
{
    const struct card *card = change->card;
    change_add(change, card->crtc, "MODE_ID", card_blob(card, mode, sizeof(*mode)));
    change_add(change, card->crtc, "ACTIVE", 1);
    change_add(change, card->connector, "CRTC_ID", card->crtc);
}

void change_clear(struct change *change)
{
    change->object_count = change->count = 0;
}

int change_commit(struct change *change, uint32_t flags, uint64_t user_data)
{
    struct drm_mode_atomic request = {.flags = flags,
                                      .count_objs = change->object_count,
                                      .objs_ptr = U64(change->objects),
                                      .count_props_ptr = U64(change->counts),
                                      .props_ptr = U64(change->ids),
                                      .prop_values_ptr = U64(change->values),
                                      .user_data = user_data};
    return card_ask(change->card, DRM_IOCTL_MODE_ATOMIC, &request);
}
