/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/property.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winsys/drm/server/mode/format.h"
#include "winsys/drm/server/mode/screen.h"

/* ---- blobs ---- */

static struct blob *find_blob(struct drm_screen *screen, uint32_t id)
{
    struct blob *blob = screen->blobs;
    while (blob != NULL && blob->id != id) {
        blob = blob->next;
    }
    return blob;
}

uint32_t blob_add(struct drm_screen *screen, uint64_t owner, const void *bytes, uint32_t length)
{
    unsigned count = 0;
    uint64_t total = length;
    for (const struct blob *other = screen->blobs; other != NULL; other = other->next) {
        total += other->length;
        count++;
    }
    struct blob *blob =
        count < BLOBS_MAX && total <= BLOBS_BYTES_MAX ? malloc(sizeof(*blob) + length) : NULL;
    if (blob == NULL) {
        return 0;
    }
    *blob = (struct blob){
        .next = screen->blobs, .id = ++screen->last_id, .owner = owner, .length = length};
    memcpy(blob->bytes, bytes, length);
    screen->blobs = blob;
    return blob->id;
}

void blob_remove(struct drm_screen *screen, uint32_t id)
{
    for (struct blob **link = &screen->blobs; *link != NULL; link = &(*link)->next) {
        if ((*link)->id == id) {
            struct blob *blob = *link;
            *link = blob->next;
            free(blob);
            return;
        }
    }
}

void blob_close_all(struct drm_screen *screen, uint64_t owner)
{
    for (struct blob *blob = screen->blobs, *next; blob != NULL; blob = next) {
        next = blob->next;
        if (blob->owner == owner) {
            blob_remove(screen, blob->id);
        }
    }
}

/* ---- properties ---- */

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

static uint64_t edid_of(const struct drm_screen *screen, uint32_t object)
{
    return screen->edid_blob;
}

static uint64_t dpms_of(const struct drm_screen *screen, uint32_t object)
{
    return screen->crtc.dpms;
}

static uint64_t zero(const struct drm_screen *screen, uint32_t object)
{
    return 0;
}

static uint64_t type_of(const struct drm_screen *screen, uint32_t object)
{
    return object == MODE_ID_CURSOR ? 2 : 1;
}

static uint64_t formats_of(const struct drm_screen *screen, uint32_t object)
{
    return object == MODE_ID_CURSOR ? screen->cursor_formats : screen->primary_formats;
}

static uint64_t height_of(const struct drm_screen *screen, uint32_t object)
{
    return object == MODE_ID_CURSOR;
}

enum on { ON_CONNECTOR = 1, ON_PLANES = 2 };

/* What i915 has on gen3 for who does not set modes by atomic commits. The row's number is the id.
 */
static const struct property {
    const char *name;
    uint32_t flags, on;
    const struct choice *choices;
    uint64_t range[2];
    uint64_t (*value)(const struct drm_screen *screen, uint32_t object);
} properties[] = {
    {"EDID", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE, ON_CONNECTOR, NULL, {0}, edid_of},
    {"DPMS", DRM_MODE_PROP_ENUM, ON_CONNECTOR, dpms_choices, {0}, dpms_of},
    {"link-status", DRM_MODE_PROP_ENUM, ON_CONNECTOR, link_choices, {0}, zero},
    {"non-desktop",
     DRM_MODE_PROP_RANGE | DRM_MODE_PROP_IMMUTABLE,
     ON_CONNECTOR,
     NULL,
     {0, 1},
     zero},
    {"TILE", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE, ON_CONNECTOR, NULL, {0}, zero},
    {"type", DRM_MODE_PROP_ENUM | DRM_MODE_PROP_IMMUTABLE, ON_PLANES, type_choices, {0}, type_of},
    {"IN_FORMATS", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE, ON_PLANES, NULL, {0}, formats_of},
    {"zpos", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_IMMUTABLE, ON_PLANES, NULL, {0, 1}, height_of},
};

#define PROPERTIES ((uint32_t)(sizeof(properties) / sizeof(properties[0])))

static uint32_t room_of(uint32_t object)
{
    return object == MODE_ID_CONNECTOR                             ? ON_CONNECTOR
           : object == MODE_ID_PRIMARY || object == MODE_ID_CURSOR ? ON_PLANES
                                                                   : 0;
}

uint32_t property_tell(const struct drm_screen *screen, uint32_t object, struct drm_call_array *ids,
                       struct drm_call_array *values)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < PROPERTIES; i++) {
        if ((properties[i].on & room_of(object)) == 0) {
            continue;
        }
        if (count < ids->count && count < values->count) {
            ((uint32_t *)ids->bytes)[count] = i + 1;
            ((uint64_t *)values->bytes)[count] = properties[i].value(screen, object);
            ids->used = values->used = count + 1;
        }
        count++;
    }
    return count;
}

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
    } else if ((property->flags & DRM_MODE_PROP_RANGE) != 0) {
        struct drm_call_array *values = &call->arrays[0];
        values->used = values->count < 2 ? values->count : 2;
        memcpy(values->bytes, property->range, values->used * sizeof(uint64_t));
        get->count_values = 2;
    } else {
        get->count_values = 0;
        get->count_enum_blobs = 0;
    }
    return 0;
}

/* ---- ioctls on blobs ---- */

int property_get_blob(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_get_blob *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    const struct blob *blob = find_blob(screen, get->blob_id);
    if (blob != NULL) {
        if (get->length == blob->length && call->arrays[0].count >= blob->length) {
            memcpy(call->arrays[0].bytes, blob->bytes, blob->length);
            call->arrays[0].used = blob->length;
        }
        get->length = blob->length;
    }
    pthread_mutex_unlock(&screen->lock);
    return blob != NULL ? 0 : -ENOENT;
}

int property_create_blob(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_create_blob *create = call->argument;
    struct drm_screen *screen = screen_of(file);
    if (create->length == 0 || call->arrays[0].count < create->length) {
        return -EINVAL;
    }
    pthread_mutex_lock(&screen->lock);
    create->blob_id = blob_add(screen, file->id, call->arrays[0].bytes, create->length);
    pthread_mutex_unlock(&screen->lock);
    return create->blob_id != 0 ? 0 : -ENOMEM;
}

int property_destroy_blob(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_destroy_blob *destroy = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    const struct blob *blob = find_blob(screen, destroy->blob_id);
    int result = blob == NULL ? -ENOENT : blob->owner != file->id ? -EPERM : 0;
    if (result == 0) {
        blob_remove(screen, destroy->blob_id);
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}

/* IN_FORMATS: formats, and the modifiers that all of them may have. */
static uint32_t add_formats(struct drm_screen *screen, const uint32_t *names, uint32_t count,
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

/* 0; -ENOENT: no such object; -EINVAL: one without properties. Under the screen's lock. */
static int find_object(struct drm_screen *screen, uint32_t id, uint32_t type)
{
    uint32_t is = type_name(id);
    if (is == 0) {
        is = id == 0                                ? 0
             : framebuffer_find(screen, id) != NULL ? DRM_MODE_OBJECT_FB
             : find_blob(screen, id) != NULL        ? DRM_MODE_OBJECT_BLOB
             : id <= PROPERTIES                     ? DRM_MODE_OBJECT_PROPERTY
                                                    : 0;
    }
    if (is == 0 || (type != DRM_MODE_OBJECT_ANY && type != is)) {
        return -ENOENT;
    }
    return is == DRM_MODE_OBJECT_CONNECTOR || is == DRM_MODE_OBJECT_CRTC ||
                   is == DRM_MODE_OBJECT_PLANE
               ? 0
               : -EINVAL;
}

int property_get_all(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_obj_get_properties *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    int result = find_object(screen, get->obj_id, get->obj_type);
    if (result == 0) {
        get->count_props = property_tell(screen, get->obj_id, &call->arrays[0], &call->arrays[1]);
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}

static int set_locked(struct drm_screen *screen, uint32_t object, uint32_t id, uint64_t value)
{
    if (id == 0 || id > PROPERTIES || (properties[id - 1].on & room_of(object)) == 0 ||
        (properties[id - 1].flags & DRM_MODE_PROP_IMMUTABLE) != 0) {
        return -EINVAL;
    }
    const struct property *property = &properties[id - 1];
    if (property->choices == dpms_choices) {
        return crtc_set_dpms(screen, value);
    }
    /* link-status: it is always good. */
    return value <= DRM_MODE_LINK_STATUS_BAD ? 0 : -EINVAL;
}

int property_set(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_obj_set_property *set = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    int result = find_object(screen, set->obj_id, set->obj_type);
    result = result == 0 ? set_locked(screen, set->obj_id, set->prop_id, set->value) : result;
    pthread_mutex_unlock(&screen->lock);
    return result;
}

int property_set_connector(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_connector_set_property *set = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    int result = find_object(screen, set->connector_id, DRM_MODE_OBJECT_CONNECTOR);
    result = result == 0 ? set_locked(screen, set->connector_id, set->prop_id, set->value) : result;
    pthread_mutex_unlock(&screen->lock);
    return result;
}
