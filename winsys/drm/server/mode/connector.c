/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/connector.h"

#include <errno.h>
#include <i915_drm.h>
#include <stdio.h>
#include <string.h>

#include "winsys/drm/server/mode/screen.h"

#define STATUS_CONNECTED    1u
#define STATUS_DISCONNECTED 2u
#define MM_OF_CM            10u
#define EDID_WIDTH_CM       21u /* bytes of its block */
#define EDID_HEIGHT_CM      22u

static struct drm_mode_modeinfo describe(const struct gemd_mode *mode, bool preferred)
{
    const uint64_t pixels = (uint64_t)mode->htotal * mode->vtotal;
    struct drm_mode_modeinfo info = {
        .clock = mode->clock_khz,
        .hdisplay = mode->width,
        .hsync_start = mode->hsync_start,
        .hsync_end = mode->hsync_end,
        .htotal = mode->htotal,
        .vdisplay = mode->height,
        .vsync_start = mode->vsync_start,
        .vsync_end = mode->vsync_end,
        .vtotal = mode->vtotal,
        .vrefresh = pixels > 0 ? (uint32_t)((mode->clock_khz * 1000ull + pixels / 2) / pixels) : 0,
        .flags = ((mode->flags & GEMD_MODE_HSYNC_HIGH) != 0 ? DRM_MODE_FLAG_PHSYNC
                                                            : DRM_MODE_FLAG_NHSYNC) |
                 ((mode->flags & GEMD_MODE_VSYNC_HIGH) != 0 ? DRM_MODE_FLAG_PVSYNC
                                                            : DRM_MODE_FLAG_NVSYNC),
        .type = DRM_MODE_TYPE_DRIVER | (preferred ? DRM_MODE_TYPE_PREFERRED : 0u),
    };
    snprintf(info.name, sizeof(info.name), "%ux%u", mode->width, mode->height);
    return info;
}

int connector_resources(struct drm_file *file, struct drm_call *call)
{
    static const uint32_t crtc = MODE_ID_CRTC, encoder = MODE_ID_ENCODER,
                          connector = MODE_ID_CONNECTOR;
    struct drm_mode_card_res *resources = call->argument;
    struct drm_screen *screen = screen_of(file);
    struct drm_call_array *ids = &call->arrays[0];
    uint32_t count = 0;
    pthread_mutex_lock(&screen->lock);
    for (const struct framebuffer *fb = screen->framebuffers; fb != NULL; fb = fb->next) {
        if (fb->owner != file->id) {
            continue;
        }
        if (count < ids->count) {
            ((uint32_t *)ids->bytes)[count] = fb->id;
            ids->used = count + 1;
        }
        count++;
    }
    pthread_mutex_unlock(&screen->lock);
    screen_tell_ids(&call->arrays[1], &crtc, 1);
    screen_tell_ids(&call->arrays[2], &connector, 1);
    screen_tell_ids(&call->arrays[3], &encoder, 1);
    resources->count_fbs = count;
    resources->count_crtcs = 1;
    resources->count_connectors = 1;
    resources->count_encoders = 1;
    resources->min_width = 0;
    resources->min_height = 0;
    resources->max_width = SCREEN_SIZE_MAX;
    resources->max_height = SCREEN_SIZE_MAX;
    return 0;
}

int connector_get_encoder(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_get_encoder *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    if (get->encoder_id != MODE_ID_ENCODER) {
        return -ENOENT;
    }
    pthread_mutex_lock(&screen->lock);
    get->crtc_id = screen->crtc.state.connected ? MODE_ID_CRTC : 0;
    pthread_mutex_unlock(&screen->lock);
    get->encoder_type = DRM_MODE_ENCODER_DAC;
    get->possible_crtcs = 1;
    get->possible_clones = 1;
    return 0;
}

/* The hardware's number for it, which batches that wait for its lines need. */
int connector_get_pipe(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_get_pipe_from_crtc_id *get = call->argument;
    if (get->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    get->pipe = 0;
    return 0;
}

/* All modes, or none when there is no room for all. */
static uint32_t tell_modes(const struct drm_screen *screen, struct drm_call_array *array)
{
    const struct gemd_screen_modes *monitor = &screen->monitor;
    const uint32_t count = monitor->monitor != GEMD_MONITOR_NONE ? monitor->mode_count : 0;
    struct drm_mode_modeinfo *modes = array->bytes;
    array->used = 0;
    for (uint32_t i = 0; i < count && array->count >= count; i++) {
        modes[i] = describe(&monitor->modes[i], i == 0);
        array->used = i + 1;
    }
    return count;
}

int connector_get(struct drm_file *file, struct drm_call *call)
{
    static const uint32_t encoder = MODE_ID_ENCODER;
    struct drm_mode_get_connector *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    if (get->connector_id != MODE_ID_CONNECTOR) {
        return -ENOENT;
    }
    const bool probes = get->count_modes == 0 && drm_file_is_master(file);
    pthread_mutex_lock(&screen->lock);
    if (probes) {
        screen_probe(screen);
    }
    const struct gemd_screen_modes *monitor = &screen->monitor;
    const bool known = monitor->edid_bytes == GEMD_EDID_BYTES;
    screen_tell_ids(&call->arrays[0], &encoder, 1);
    get->count_encoders = 1;
    get->count_modes = tell_modes(screen, &call->arrays[1]);
    get->encoder_id = screen->crtc.state.connected ? MODE_ID_ENCODER : 0;
    get->connector_type = DRM_MODE_CONNECTOR_VGA;
    get->connector_type_id = 1;
    get->connection =
        monitor->monitor == GEMD_MONITOR_NONE ? STATUS_DISCONNECTED : STATUS_CONNECTED;
    get->mm_width = known ? monitor->edid[EDID_WIDTH_CM] * MM_OF_CM : 0;
    get->mm_height = known ? monitor->edid[EDID_HEIGHT_CM] * MM_OF_CM : 0;
    get->subpixel = 1; /* unknown */
    get->pad = 0;
    get->count_props =
        property_tell(screen, file, MODE_ID_CONNECTOR, &call->arrays[2], &call->arrays[3]);
    pthread_mutex_unlock(&screen->lock);
    return 0;
}
