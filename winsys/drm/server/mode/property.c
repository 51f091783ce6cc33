/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/property.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "winsys/drm/fence_property.h"
#include "winsys/drm/server/mode/blob.h"
#include "winsys/drm/server/mode/check.h"
#include "winsys/drm/server/mode/commit.h"
#include "winsys/drm/server/mode/format.h"
#include "winsys/drm/server/mode/screen.h"
#include "winsys/drm/server/sync_file.h"

#define ATOMIC    DRM_MODE_PROP_ATOMIC
#define IMMUTABLE DRM_MODE_PROP_IMMUTABLE
#define MINUS_ONE UINT64_MAX

/* ---- values ---- */

static const struct plane_state *plane_of(const struct drm_screen *screen, uint32_t object)
{
    const struct mode_state *state = &screen->crtc.state;
    return object == MODE_ID_CURSOR ? &state->cursor : &state->primary;
}

typedef uint64_t value_of(const struct drm_screen *screen, uint32_t object);

#define VALUE(name, expression)                                                                    \
    static uint64_t name(const struct drm_screen *screen, uint32_t object)                         \
    {                                                                                              \
        return expression;                                                                         \
    }
#define PLANE_VALUE(name, expression)                                                              \
    static uint64_t name(const struct drm_screen *screen, uint32_t object)                         \
    {                                                                                              \
        const struct plane_state *plane = plane_of(screen, object);                                \
        return expression;                                                                         \
    }

static uint64_t id_of(const struct blob *blob)
{
    return blob != NULL ? blob->id : 0;
}

VALUE(nothing, 0)
VALUE(no_fence, MINUS_ONE)
VALUE(edid_of, id_of(screen->edid))
VALUE(dpms_of, screen->crtc.dpms)
VALUE(type_of, object == MODE_ID_CURSOR ? 2 : 1)
VALUE(formats_of,
      id_of(object == MODE_ID_CURSOR ? screen->cursor_formats : screen->primary_formats))
VALUE(height_of, object == MODE_ID_CURSOR)
VALUE(active_of, screen->crtc.state.active)
VALUE(mode_of, id_of(screen->crtc.state.mode))
VALUE(gamma_of, id_of(screen->crtc.state.gamma))
VALUE(gamma_size, GAMMA_SIZE)
VALUE(vrr_of, screen->crtc.state.vrr)
VALUE(crtc_of, (object == MODE_ID_CONNECTOR ? screen->crtc.state.connected
                                            : plane_of(screen, object)->on_crtc)
                   ? MODE_ID_CRTC
                   : 0)
PLANE_VALUE(fb_of, plane->fb != NULL ? plane->fb->id : 0)
PLANE_VALUE(crtc_x_of, (uint64_t)(int64_t)plane->crtc_x)
PLANE_VALUE(crtc_y_of, (uint64_t)(int64_t)plane->crtc_y)
PLANE_VALUE(crtc_w_of, plane->crtc_w)
PLANE_VALUE(crtc_h_of, plane->crtc_h)
PLANE_VALUE(src_x_of, plane->src_x)
PLANE_VALUE(src_y_of, plane->src_y)
PLANE_VALUE(src_w_of, plane->src_w)
PLANE_VALUE(src_h_of, plane->src_h)

/* ---- changes: what is set fits the property ---- */

typedef int set_value(struct property_change *change, uint32_t object, uint64_t value);

static struct plane_state *plane_to_set(struct property_change *change, uint32_t object)
{
    return object == MODE_ID_CURSOR ? &change->next->cursor : &change->next->primary;
}

#define SET_PLANE(name, statement)                                                                 \
    static int name(struct property_change *change, uint32_t object, uint64_t value)               \
    {                                                                                              \
        struct plane_state *plane = plane_to_set(change, object);                                  \
        statement;                                                                                 \
        return 0;                                                                                  \
    }

SET_PLANE(set_fb, plane_state_set_fb(plane, framebuffer_find(change->screen, (uint32_t)value)))
SET_PLANE(set_crtc_x, plane->crtc_x = (int32_t)value)
SET_PLANE(set_crtc_y, plane->crtc_y = (int32_t)value)
SET_PLANE(set_crtc_w, plane->crtc_w = (uint32_t)value)
SET_PLANE(set_crtc_h, plane->crtc_h = (uint32_t)value)
SET_PLANE(set_src_x, plane->src_x = (uint32_t)value)
SET_PLANE(set_src_y, plane->src_y = (uint32_t)value)
SET_PLANE(set_src_w, plane->src_w = (uint32_t)value)
SET_PLANE(set_src_h, plane->src_h = (uint32_t)value)

static int set_crtc(struct property_change *change, uint32_t object, uint64_t value)
{
    if (object == MODE_ID_CONNECTOR) {
        change->next->connected = value != 0;
    } else {
        plane_to_set(change, object)->on_crtc = value != 0;
    }
    return 0;
}

static int set_in_fence(struct property_change *change, uint32_t object, uint64_t value)
{
    const unsigned part = object == MODE_ID_CURSOR ? STATE_CURSOR : STATE_PRIMARY;
    if ((change->fenced & part) != 0) {
        return -EINVAL;
    }
    if (value == MINUS_ONE) {
        return 0;
    }
    change->fenced |= part;
    return change->in_fence != NULL ? 0
                                    : drm_sync_file_any_fence(change->screen->server,
                                                              change->fence_fd, &change->in_fence);
}

static int set_out_fence(struct property_change *change, uint32_t object, uint64_t value)
{
    change->wants_out_fence |= value != 0;
    return 0;
}

static int set_active(struct property_change *change, uint32_t object, uint64_t value)
{
    change->next->active = value != 0;
    return 0;
}

static int set_vrr(struct property_change *change, uint32_t object, uint64_t value)
{
    change->next->vrr = value != 0;
    return 0;
}

static int set_mode(struct property_change *change, uint32_t object, uint64_t value)
{
    struct blob *blob = blob_find(change->screen, (uint32_t)value);
    if (blob == change->next->mode) {
        return 0;
    }
    if (blob != NULL && (blob->length != sizeof(struct drm_mode_modeinfo) ||
                         mode_check((const void *)blob->bytes) != 0)) {
        return -EINVAL;
    }
    state_set_blob(change->screen, &change->next->mode, blob);
    return 0;
}

static int set_gamma(struct property_change *change, uint32_t object, uint64_t value)
{
    struct blob *blob = blob_find(change->screen, (uint32_t)value);
    if (blob != NULL && blob->length % sizeof(struct drm_color_lut) != 0) {
        return -EINVAL;
    }
    state_set_blob(change->screen, &change->next->gamma, blob);
    return 0;
}

/* It is always good, and programs cannot make it bad. */
static int set_link(struct property_change *change, uint32_t object, uint64_t value)
{
    return 0;
}

/* ---- the table ---- */

struct choice {
    uint64_t value;
    const char *name;
};

static const struct choice dpms_choices[] = {
    {DRM_MODE_DPMS_ON, "On"},
    {DRM_MODE_DPMS_STANDBY, "Standby"},
    {DRM_MODE_DPMS_SUSPEND, "Suspend"},
    {DRM_MODE_DPMS_OFF, "Off"},
    {0, NULL},
};
static const struct choice link_choices[] = {
    {DRM_MODE_LINK_STATUS_GOOD, "Good"}, {DRM_MODE_LINK_STATUS_BAD, "Bad"}, {0, NULL}};
static const struct choice type_choices[] = {
    {0, "Overlay"}, {1, "Primary"}, {2, "Cursor"}, {0, NULL}};

enum on {
    ON_CONNECTOR = 1,
    ON_CRTC = 2,
    ON_PRIMARY = 4,
    ON_CURSOR = 8,
    ON_PLANES = ON_PRIMARY | ON_CURSOR,
};

#define BLOB(name, flags, on, value, set)                                                          \
    {                                                                                              \
        name, DRM_MODE_PROP_BLOB | (flags), on, NULL, {0}, value, set                              \
    }
#define ENUM(name, flags, on, choices, value, set)                                                 \
    {                                                                                              \
        name, DRM_MODE_PROP_ENUM | (flags), on, choices, {0}, value, set                           \
    }
#define RANGE(name, flags, on, low, high, value, set)                                              \
    {                                                                                              \
        name, DRM_MODE_PROP_RANGE | (flags), on, NULL, {low, high}, value, set                     \
    }
#define SIGNED(name, flags, on, low, high, value, set)                                             \
    {                                                                                              \
        name, DRM_MODE_PROP_SIGNED_RANGE | (flags), on, NULL, {(uint64_t)(low), high}, value, set  \
    }
#define OBJECT(name, flags, on, type, value, set)                                                  \
    {                                                                                              \
        name, DRM_MODE_PROP_OBJECT | (flags), on, NULL, {type}, value, set                         \
    }

/*
 * What i915 has on gen3, in the order in which each object lists its own. The row's number is the
 * id. Without 'set' nobody can, by an atomic commit.
 */
static const struct property {
    const char *name;
    uint32_t flags, on;
    const struct choice *choices;
    uint64_t range[2];
    value_of *value;
    set_value *set;
} properties[] = {
    BLOB("EDID", IMMUTABLE, ON_CONNECTOR, edid_of, NULL),
    ENUM("DPMS", 0, ON_CONNECTOR, dpms_choices, dpms_of, NULL),
    ENUM("link-status", 0, ON_CONNECTOR, link_choices, nothing, set_link),
    RANGE("non-desktop", IMMUTABLE, ON_CONNECTOR, 0, 1, nothing, NULL),
    BLOB("TILE", IMMUTABLE, ON_CONNECTOR, nothing, NULL),
    ENUM("type", IMMUTABLE, ON_PLANES, type_choices, type_of, NULL),
    OBJECT("FB_ID", ATOMIC, ON_PLANES, DRM_MODE_OBJECT_FB, fb_of, set_fb),
    [DRM_PROPERTY_IN_FENCE_FD - 1] =
        SIGNED("IN_FENCE_FD", ATOMIC, ON_PLANES, -1, INT_MAX, no_fence, set_in_fence),
    OBJECT("CRTC_ID", ATOMIC, ON_PLANES | ON_CONNECTOR, DRM_MODE_OBJECT_CRTC, crtc_of, set_crtc),
    SIGNED("CRTC_X", ATOMIC, ON_PLANES, INT_MIN, INT_MAX, crtc_x_of, set_crtc_x),
    SIGNED("CRTC_Y", ATOMIC, ON_PLANES, INT_MIN, INT_MAX, crtc_y_of, set_crtc_y),
    RANGE("CRTC_W", ATOMIC, ON_PLANES, 0, INT_MAX, crtc_w_of, set_crtc_w),
    RANGE("CRTC_H", ATOMIC, ON_PLANES, 0, INT_MAX, crtc_h_of, set_crtc_h),
    RANGE("SRC_X", ATOMIC, ON_PLANES, 0, UINT_MAX, src_x_of, set_src_x),
    RANGE("SRC_Y", ATOMIC, ON_PLANES, 0, UINT_MAX, src_y_of, set_src_y),
    RANGE("SRC_W", ATOMIC, ON_PLANES, 0, UINT_MAX, src_w_of, set_src_w),
    RANGE("SRC_H", ATOMIC, ON_PLANES, 0, UINT_MAX, src_h_of, set_src_h),
    BLOB("IN_FORMATS", IMMUTABLE, ON_PLANES, formats_of, NULL),
    /* Its range says that a plane stays where it is: programs then leave it out of commits. */
    RANGE("zpos", IMMUTABLE, ON_PRIMARY, 0, 0, height_of, NULL),
    RANGE("zpos", IMMUTABLE, ON_CURSOR, 1, 1, height_of, NULL),
    RANGE("ACTIVE", ATOMIC, ON_CRTC, 0, 1, active_of, set_active),
    BLOB("MODE_ID", ATOMIC, ON_CRTC, mode_of, set_mode),
    [DRM_PROPERTY_OUT_FENCE_PTR - 1] =
        RANGE("OUT_FENCE_PTR", ATOMIC, ON_CRTC, 0, UINT64_MAX, nothing, set_out_fence),
    RANGE("VRR_ENABLED", 0, ON_CRTC, 0, 1, vrr_of, set_vrr),
    BLOB("GAMMA_LUT", 0, ON_CRTC, gamma_of, set_gamma),
    RANGE("GAMMA_LUT_SIZE", IMMUTABLE, ON_CRTC, 0, UINT_MAX, gamma_size, NULL),
};

#define PROPERTIES ((uint32_t)(sizeof(properties) / sizeof(properties[0])))
_Static_assert(sizeof(properties) / sizeof(properties[0]) < MODE_ID_PRIMARY,
               "ids before those of objects");

static uint32_t room_of(uint32_t object)
{
    return object == MODE_ID_CONNECTOR ? ON_CONNECTOR
           : object == MODE_ID_CRTC    ? ON_CRTC
           : object == MODE_ID_PRIMARY ? ON_PRIMARY
           : object == MODE_ID_CURSOR  ? ON_CURSOR
                                       : 0;
}

static const struct property *find(uint32_t object, uint32_t id)
{
    return id != 0 && id <= PROPERTIES && (properties[id - 1].on & room_of(object)) != 0
               ? &properties[id - 1]
               : NULL;
}

uint32_t property_tell(const struct drm_screen *screen, const struct drm_file *file,
                       uint32_t object, struct drm_call_array *ids, struct drm_call_array *values)
{
    uint32_t count = 0;
    for (uint32_t id = 1; id <= PROPERTIES; id++) {
        const struct property *property = find(object, id);
        if (property == NULL || ((property->flags & ATOMIC) != 0 && file->atomic == 0)) {
            continue;
        }
        if (count < ids->count && count < values->count) {
            ((uint32_t *)ids->bytes)[count] = id;
            ((uint64_t *)values->bytes)[count] = property->value(screen, object);
            ids->used = values->used = count + 1;
        }
        count++;
    }
    return count;
}

/* ---- changing one ---- */

static bool is_choice(const struct choice *choices, uint64_t value)
{
    while (choices->name != NULL && choices->value != value) {
        choices++;
    }
    return choices->name != NULL;
}

static bool fits(struct drm_screen *screen, const struct property *property, uint64_t value)
{
    if ((property->flags & IMMUTABLE) != 0) {
        return false;
    }
    if (property->choices != NULL) {
        return is_choice(property->choices, value);
    }
    switch (property->flags & (DRM_MODE_PROP_LEGACY_TYPE | DRM_MODE_PROP_EXTENDED_TYPE)) {
    case DRM_MODE_PROP_RANGE:
        return value >= property->range[0] && value <= property->range[1];
    case DRM_MODE_PROP_SIGNED_RANGE:
        return (int64_t)value >= (int64_t)property->range[0] &&
               (int64_t)value <= (int64_t)property->range[1];
    case DRM_MODE_PROP_BLOB:
        return value == 0 || (value <= UINT32_MAX && blob_find(screen, (uint32_t)value) != NULL);
    default: /* an object */
        return value == 0 ||
               (property->range[0] == DRM_MODE_OBJECT_CRTC
                    ? value == MODE_ID_CRTC
                    : value <= UINT32_MAX && framebuffer_find(screen, (uint32_t)value) != NULL);
    }
}

static unsigned part_of(uint32_t object)
{
    return object == MODE_ID_CONNECTOR ? STATE_CONNECTOR
           : object == MODE_ID_CRTC    ? STATE_CRTC
           : object == MODE_ID_PRIMARY ? STATE_PRIMARY
                                       : STATE_CURSOR;
}

int property_change(struct property_change *change, uint32_t object, uint32_t id, uint64_t value)
{
    const struct property *property = find(object, id);
    if (property == NULL) {
        return -ENOENT;
    }
    if (!fits(change->screen, property, value) || property->set == NULL) {
        return -EINVAL;
    }
    change->parts |= part_of(object);
    return property->set(change, object, value);
}

/* ---- GETPROPERTY ---- */

static uint32_t tell_choices(const struct choice *choices, struct drm_call_array *values,
                             struct drm_call_array *enums)
{
    uint32_t count = 0;
    for (; choices[count].name != NULL; count++) {
        if (count < values->count) {
            ((uint64_t *)values->bytes)[count] = choices[count].value;
            values->used = count + 1;
        }
        if (count < enums->count) {
            struct drm_mode_property_enum *to =
                &((struct drm_mode_property_enum *)enums->bytes)[count];
            memset(to, 0, sizeof(*to));
            to->value = choices[count].value;
            strncpy(to->name, choices[count].name, sizeof(to->name) - 1);
            enums->used = count + 1;
        }
    }
    return count;
}

/* Two of a range, the type of an object. */
static uint32_t tell_range(const struct property *property, struct drm_call_array *values)
{
    const bool object = (property->flags & DRM_MODE_PROP_EXTENDED_TYPE) == DRM_MODE_PROP_OBJECT;
    const uint32_t count = object ? 1 : 2;
    values->used = values->count < count ? values->count : count;
    memcpy(values->bytes, property->range, values->used * sizeof(uint64_t));
    return count;
}

int property_get(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_get_property *get = call->argument;
    if (get->prop_id == 0 || get->prop_id > PROPERTIES) {
        return -ENOENT;
    }
    const struct property *property = &properties[get->prop_id - 1];
    memset(get->name, 0, sizeof(get->name));
    strncpy(get->name, property->name, sizeof(get->name) - 1);
    get->flags = property->flags;
    if (property->choices != NULL) {
        get->count_values = get->count_enum_blobs =
            tell_choices(property->choices, &call->arrays[0], &call->arrays[1]);
    } else if ((property->flags & DRM_MODE_PROP_BLOB) != 0) {
        get->count_values = 0;
        get->count_enum_blobs = 0;
    } else {
        get->count_values = tell_range(property, &call->arrays[0]);
    }
    return 0;
}

/* ---- IN_FORMATS ---- */

/* Formats, and the modifiers that all of them may have. */
static struct blob *add_formats(struct drm_screen *screen, const uint32_t *names, uint32_t count,
                                bool tiles)
{
    struct {
        struct drm_format_modifier_blob head;
        uint32_t formats[PRIMARY_FORMATS];
        struct drm_format_modifier modifiers[2];
    } blob = {
        .head = {.version = FORMAT_BLOB_CURRENT,
                 .count_formats = count,
                 .formats_offset = sizeof(struct drm_format_modifier_blob),
                 .count_modifiers = tiles ? 2 : 1,
                 .modifiers_offset =
                     sizeof(struct drm_format_modifier_blob) + PRIMARY_FORMATS * sizeof(uint32_t)},
        .modifiers = {{.formats = (1u << count) - 1,
                       .modifier = tiles ? I915_FORMAT_MOD_X_TILED : DRM_FORMAT_MOD_LINEAR},
                      {.formats = (1u << count) - 1, .modifier = DRM_FORMAT_MOD_LINEAR}},
    };
    memcpy(blob.formats, names, count * sizeof(*names));
    return blob_add(screen, 0, &blob,
                    (uint32_t)(sizeof(blob) - (tiles ? 0 : sizeof(blob.modifiers[0]))));
}

void property_describe_formats(struct drm_screen *screen)
{
    uint32_t names[PRIMARY_FORMATS + 1];
    for (unsigned i = 0; i <= PRIMARY_FORMATS; i++) {
        names[i] = drm_formats[i].name;
    }
    screen->primary_formats = add_formats(screen, names, PRIMARY_FORMATS, true);
    screen->cursor_formats = add_formats(screen, &names[PRIMARY_FORMATS], 1, false);
}

/* ---- ioctls on objects ---- */

static uint32_t type_name(uint32_t object)
{
    switch (object) {
    case MODE_ID_CONNECTOR:
        return DRM_MODE_OBJECT_CONNECTOR;
    case MODE_ID_CRTC:
        return DRM_MODE_OBJECT_CRTC;
    case MODE_ID_ENCODER:
        return DRM_MODE_OBJECT_ENCODER;
    case MODE_ID_PRIMARY:
    case MODE_ID_CURSOR:
        return DRM_MODE_OBJECT_PLANE;
    default:
        return 0;
    }
}

int property_find_object(struct drm_screen *screen, uint32_t id, uint32_t type)
{
    uint32_t is = type_name(id);
    if (is == 0) {
        is = id == 0                                ? 0
             : framebuffer_find(screen, id) != NULL ? DRM_MODE_OBJECT_FB
             : blob_find(screen, id) != NULL        ? DRM_MODE_OBJECT_BLOB
             : id <= PROPERTIES                     ? DRM_MODE_OBJECT_PROPERTY
                                                    : 0;
    }
    if (is == 0 || (type != DRM_MODE_OBJECT_ANY && type != is)) {
        return -ENOENT;
    }
    return room_of(id) != 0 ? 0 : -EINVAL;
}

int property_get_all(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_obj_get_properties *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    int result = property_find_object(screen, get->obj_id, get->obj_type);
    if (result == 0) {
        get->count_props =
            property_tell(screen, file, get->obj_id, &call->arrays[0], &call->arrays[1]);
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}

/* Standby and suspend are off. The CRTC stays what it is, but stops. */
static int set_dpms(struct drm_screen *screen, uint64_t value, struct property_change *change)
{
    struct crtc *crtc = &screen->crtc;
    const uint64_t before = crtc->dpms;
    crtc->dpms = value == DRM_MODE_DPMS_ON ? DRM_MODE_DPMS_ON : DRM_MODE_DPMS_OFF;
    if (crtc->dpms == before || !crtc->state.connected) {
        return 0;
    }
    change->next->active = crtc->dpms == DRM_MODE_DPMS_ON;
    change->parts = STATE_CRTC | STATE_CONNECTOR;
    return 0;
}

static int change_one(struct property_change *change, uint32_t object, uint32_t id, uint64_t value)
{
    const struct property *property = find(object, id);
    if (property == NULL || !fits(change->screen, property, value)) {
        return -EINVAL;
    }
    return property->choices == dpms_choices ? set_dpms(change->screen, value, change)
                                             : property_change(change, object, id, value);
}

/* A commit of that alone. */
static int set_locked(struct drm_screen *screen, uint32_t object, uint32_t id, uint64_t value)
{
    const uint64_t dpms = screen->crtc.dpms;
    struct mode_state next;
    struct property_change change = {.screen = screen, .next = &next, .fence_fd = -1};
    state_copy(&next, &screen->crtc.state);
    int result = change_one(&change, object, id, value);
    if (result == 0) {
        result = state_check(screen, &next,
                             &(struct state_change){.parts = change.parts, .allow_modeset = true});
    }
    result =
        result == 0 ? commit_state(screen, &next, &(struct commit){.parts = change.parts}) : result;
    if (result != 0) {
        screen->crtc.dpms = dpms;
    }
    state_drop(screen, &next);
    return result;
}

static int set(struct drm_file *file, uint32_t object, uint32_t type, uint32_t id, uint64_t value)
{
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    int result = property_find_object(screen, object, type);
    result = result == 0 ? set_locked(screen, object, id, value) : result;
    pthread_mutex_unlock(&screen->lock);
    return result;
}

int property_set(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_obj_set_property *request = call->argument;
    return set(file, request->obj_id, request->obj_type, request->prop_id, request->value);
}

int property_set_connector(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_connector_set_property *request = call->argument;
    return set(file, request->connector_id, DRM_MODE_OBJECT_CONNECTOR, request->prop_id,
               request->value);
}
