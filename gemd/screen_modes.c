/* SPDX-License-Identifier: MIT */
#include "gemd/screen_modes.h"

#include <errno.h>
#include <string.h>

#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"
#include "proto/packet.h"

static bool has_size(const struct gemd_msg_screen *screen, uint32_t width, uint32_t height)
{
    for (uint32_t i = 0; i < screen->mode_count; i++) {
        if (screen->modes[i].width == width && screen->modes[i].height == height) {
            return true;
        }
    }
    return false;
}

static struct gemd_mode describe(const struct mode *mode)
{
    return (struct gemd_mode){
        .clock_khz = mode->pll.clock_khz,
        .width = (uint16_t)mode->width,
        .hsync_start = (uint16_t)mode->hsync_start,
        .hsync_end = (uint16_t)mode->hsync_end,
        .htotal = (uint16_t)mode->htotal,
        .height = (uint16_t)mode->height,
        .vsync_start = (uint16_t)mode->vsync_start,
        .vsync_end = (uint16_t)mode->vsync_end,
        .vtotal = (uint16_t)mode->vtotal,
        .flags = (mode->hsync_high ? GEMD_MODE_HSYNC_HIGH : 0u) |
                 (mode->vsync_high ? GEMD_MODE_VSYNC_HIGH : 0u),
    };
}

static uint32_t area(const struct gemd_mode *mode)
{
    return (uint32_t)mode->width * mode->height;
}

/* Behind the first, which is preferred, the larger ones come first. */
static void add(struct gemd_msg_screen *screen, const struct connector *connector, uint32_t width,
                uint32_t height)
{
    struct mode mode;
    char reason[MODE_REASON_MAX];
    if (screen->mode_count == GEMD_MODES_MAX || has_size(screen, width, height) ||
        connector_choose(connector, width, height, &mode, reason) != 0) {
        return;
    }
    const struct gemd_mode made = describe(&mode);
    uint32_t at = screen->mode_count++;
    for (; at > 1 && area(&screen->modes[at - 1]) < area(&made); at--) {
        screen->modes[at] = screen->modes[at - 1];
    }
    screen->modes[at] = made;
}

static enum gemd_monitor monitor_of(const struct connector *connector)
{
    return connector->state == CONNECTOR_EMPTY ? GEMD_MONITOR_NONE
           : connector->state == CONNECTOR_KNOWN || connector->state == CONNECTOR_PANEL
               ? GEMD_MONITOR_KNOWN
               : GEMD_MONITOR_UNKNOWN;
}

void screen_modes_tell(const struct connector *connector, const struct mode *preferred,
                       struct gemd_msg_screen *screen)
{
    size_t count;
    const struct timing *table = timing_dmt(&count);
    screen->monitor = monitor_of(connector);
    screen->mode_count = 1;
    screen->modes[0] = describe(preferred);
    if (connector->state == CONNECTOR_KNOWN) {
        screen->edid_bytes = GEMD_EDID_BYTES;
        memcpy(screen->edid, connector->block, GEMD_EDID_BYTES);
    }
    for (unsigned i = 0; i < connector->mode_count; i++) {
        add(screen, connector, connector->modes[i].width, connector->modes[i].height);
    }
    /* Any size would do; people know these. */
    for (size_t i = 0; i < count && connector->mode_count == 0; i++) {
        add(screen, connector, table[i].width, table[i].height);
    }
}

void screen_query_request(struct session *session, struct packet *packet)
{
    const struct display *display = &session->server->display;
    struct gemd_msg_screen screen;
    session->knows_screen = true;
    codec_begin(&screen, GEMD_MSG_SCREEN, packet->header.serial);
    screen_modes_tell(&display->connector, &display->mode, &screen);
    session_answer(session, &screen, NULL);
}

void screen_changed(struct server *server)
{
    list_for_each(session, &server->sessions, struct session, link)
    {
        if (session->knows_screen && !session->ended) {
            struct gemd_msg_screen_changed message;
            codec_begin(&message, GEMD_MSG_SCREEN_CHANGED, 0);
            session_event(session, &message);
        }
    }
}

void screen_plug_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_monitor_plug *plug = (const void *)packet->bytes;
    struct server *server = session->server;
    struct hw_device *dev = server->gpu.dev;
    const uint64_t serial = plug->header.serial;
    struct gemd_msg_done done;
    if (plug->plugged > 1 || (plug->edid_bytes != 0 && plug->edid_bytes != GEMD_EDID_BYTES) ||
        (plug->plugged == 0 && plug->edid_bytes != 0)) {
        session_refuse(session, serial, -EINVAL,
                       "the monitor: plugged %u (0 or 1) with an EDID of %u bytes (0, or 128 of "
                       "one that is plugged in)",
                       plug->plugged, plug->edid_bytes);
        return;
    }
    if (dev->ops->plug == NULL) {
        session_refuse(session, serial, -EOPNOTSUPP,
                       "the monitor: who wants another one has to plug it in by hand");
        return;
    }
    dev->ops->plug(dev, plug->plugged == 1, plug->edid_bytes != 0 ? plug->edid : NULL);
    replug_begin(&server->replug); /* also where nobody looked before */
    codec_begin(&done, GEMD_MSG_DONE, serial);
    session_answer(session, &done, NULL);
}
