/* SPDX-License-Identifier: MIT */
/*
 * Mode setting, as far as an X server needs it: one crtc, one encoder, one connector with a monitor
 * of one mode. Flips are done at once; nothing is shown.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <libdrm/drm.h>
#include <libdrm/drm_mode.h>
#include <libdrm/i915_drm.h>

#include "tests/foreign/buffers.h"
#include "tests/foreign/device.h"

#define WIDTH  800u
#define HEIGHT 600u

enum { CRTC = 1, ENCODER, CONNECTOR, FIRST_FB = 16 };

/* VESA's 800x600 at 60 Hz. */
static const struct drm_mode_modeinfo the_mode = {
    .clock = 40000,
    .hdisplay = WIDTH,
    .hsync_start = 840,
    .hsync_end = 968,
    .htotal = 1056,
    .vdisplay = HEIGHT,
    .vsync_start = 601,
    .vsync_end = 605,
    .vtotal = 628,
    .vrefresh = 60,
    .flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_PVSYNC,
    .type = DRM_MODE_TYPE_DRIVER | DRM_MODE_TYPE_PREFERRED,
    .name = "800x600",
};

static uint32_t scanned_out, last_fb = FIRST_FB;
static uint32_t frames;

/* ---- the device ---- */

static void put_text(char *to, __kernel_size_t *length, const char *text)
{
    const size_t size = strlen(text);

    if (to != NULL) {
        memcpy(to, text, size < *length ? size : *length);
    }
    *length = size;
}

static int version(void *argument)
{
    struct drm_version *request = argument;

    request->version_major = 1;
    request->version_minor = 6;
    request->version_patchlevel = 0;
    put_text(request->name, &request->name_len, "i915");
    put_text(request->date, &request->date_len, "20200917");
    put_text(request->desc, &request->desc_len, "Intel Graphics");
    return 0;
}

static int get_unique(void *argument)
{
    struct drm_unique *request = argument;

    put_text(request->unique, &request->unique_len, "pci:0000:00:02.0");
    return 0;
}

static int get_cap(void *argument)
{
    struct drm_get_cap *request = argument;

    switch (request->capability) {
    case DRM_CAP_DUMB_BUFFER:
    case DRM_CAP_TIMESTAMP_MONOTONIC:
    case DRM_CAP_CRTC_IN_VBLANK_EVENT:
        request->value = 1;
        return 0;
    default:
        request->value = 0;
        return 0;
    }
}

static int get_magic(void *argument)
{
    ((struct drm_auth *)argument)->magic = 1;
    return 0;
}

static int nothing(void *argument)
{
    (void)argument;
    return 0;
}

/* ---- what there is ---- */

static void put_id(uint64_t to, uint32_t *count, uint32_t id)
{
    if (*count >= 1 && to != 0) {
        *(uint32_t *)(uintptr_t)to = id;
    }
    *count = 1;
}

static int get_resources(void *argument)
{
    struct drm_mode_card_res *request = argument;

    put_id(request->crtc_id_ptr, &request->count_crtcs, CRTC);
    put_id(request->encoder_id_ptr, &request->count_encoders, ENCODER);
    put_id(request->connector_id_ptr, &request->count_connectors, CONNECTOR);
    request->count_fbs = 0;
    request->min_width = request->min_height = 1;
    request->max_width = request->max_height = 2048;
    return 0;
}

static int get_connector(void *argument)
{
    struct drm_mode_get_connector *request = argument;

    if (request->connector_id != CONNECTOR) {
        return -ENOENT;
    }
    put_id(request->encoders_ptr, &request->count_encoders, ENCODER);
    if (request->count_modes >= 1 && request->modes_ptr != 0) {
        memcpy((void *)(uintptr_t)request->modes_ptr, &the_mode, sizeof(the_mode));
    }
    request->count_modes = 1;
    request->count_props = 0;
    request->encoder_id = ENCODER;
    request->connector_type = DRM_MODE_CONNECTOR_VGA;
    request->connector_type_id = 1;
    request->connection = 1; /* there is a monitor */
    request->mm_width = 320;
    request->mm_height = 240;
    request->subpixel = 1; /* unknown */
    return 0;
}

static int get_encoder(void *argument)
{
    struct drm_mode_get_encoder *request = argument;

    request->encoder_type = DRM_MODE_ENCODER_DAC;
    request->crtc_id = CRTC;
    request->possible_crtcs = 1;
    request->possible_clones = 0;
    return 0;
}

static int get_crtc(void *argument)
{
    struct drm_mode_crtc *request = argument;

    request->fb_id = scanned_out;
    request->x = request->y = 0;
    request->gamma_size = 256;
    request->mode_valid = scanned_out != 0;
    request->mode = the_mode;
    return 0;
}

static int set_crtc(void *argument)
{
    scanned_out = ((const struct drm_mode_crtc *)argument)->fb_id;
    return 0;
}

static int get_pipe(void *argument)
{
    ((struct drm_i915_get_pipe_from_crtc_id *)argument)->pipe = 0;
    return 0;
}

static int get_planes(void *argument)
{
    ((struct drm_mode_get_plane_res *)argument)->count_planes = 0;
    return 0;
}

static int get_properties(void *argument)
{
    ((struct drm_mode_obj_get_properties *)argument)->count_props = 0;
    return 0;
}

static int add_fb(void *argument)
{
    struct drm_mode_fb_cmd *request = argument;

    request->fb_id = ++last_fb;
    return foreign_buffer(request->handle) != NULL ? 0 : -ENOENT;
}

static int add_fb2(void *argument)
{
    struct drm_mode_fb_cmd2 *request = argument;

    request->fb_id = ++last_fb;
    return foreign_buffer(request->handles[0]) != NULL ? 0 : -ENOENT;
}

/* ---- time ---- */

static void event(uint32_t type, uint64_t user)
{
    struct drm_event_vblank happened = {
        .base = {type, sizeof(happened)}, .user_data = user, .sequence = ++frames, .crtc_id = CRTC};
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    happened.tv_sec = (uint32_t)now.tv_sec;
    happened.tv_usec = (uint32_t)(now.tv_nsec / 1000);
    foreign_device_event(&happened, sizeof(happened));
}

static int flip(void *argument)
{
    const struct drm_mode_crtc_page_flip *request = argument;

    scanned_out = request->fb_id;
    if ((request->flags & DRM_MODE_PAGE_FLIP_EVENT) != 0) {
        event(DRM_EVENT_FLIP_COMPLETE, request->user_data);
    }
    return 0;
}

static int wait_vblank(void *argument)
{
    union drm_wait_vblank *request = argument;

    if ((request->request.type & _DRM_VBLANK_EVENT) != 0) {
        event(DRM_EVENT_VBLANK, request->request.signal);
    }
    request->reply.sequence = ++frames;
    return 0;
}

const struct foreign_ioctl foreign_mode_ioctls[] = {
    {DRM_IOCTL_VERSION, version},
    {DRM_IOCTL_GET_UNIQUE, get_unique},
    {DRM_IOCTL_GET_CAP, get_cap},
    {DRM_IOCTL_SET_CLIENT_CAP, nothing},
    {DRM_IOCTL_SET_VERSION, nothing},
    {DRM_IOCTL_GET_MAGIC, get_magic},
    {DRM_IOCTL_AUTH_MAGIC, nothing},
    {DRM_IOCTL_SET_MASTER, nothing},
    {DRM_IOCTL_DROP_MASTER, nothing},
    {DRM_IOCTL_WAIT_VBLANK, wait_vblank},
    {DRM_IOCTL_MODE_GETRESOURCES, get_resources},
    {DRM_IOCTL_MODE_GETCONNECTOR, get_connector},
    {DRM_IOCTL_MODE_GETENCODER, get_encoder},
    {DRM_IOCTL_MODE_GETCRTC, get_crtc},
    {DRM_IOCTL_MODE_SETCRTC, set_crtc},
    {DRM_IOCTL_MODE_CURSOR, nothing},
    {DRM_IOCTL_MODE_CURSOR2, nothing},
    {DRM_IOCTL_MODE_GETGAMMA, nothing},
    {DRM_IOCTL_MODE_SETGAMMA, nothing},
    {DRM_IOCTL_I915_GET_PIPE_FROM_CRTC_ID, get_pipe},
    {DRM_IOCTL_MODE_GETPLANERESOURCES, get_planes},
    {DRM_IOCTL_MODE_OBJ_GETPROPERTIES, get_properties},
    {DRM_IOCTL_MODE_ADDFB, add_fb},
    {DRM_IOCTL_MODE_ADDFB2, add_fb2},
    {DRM_IOCTL_MODE_RMFB, nothing},
    {DRM_IOCTL_MODE_DIRTYFB, nothing},
    {DRM_IOCTL_MODE_PAGE_FLIP, flip},
    {0, NULL},
};
