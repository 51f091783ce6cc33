/* SPDX-License-Identifier: MIT */
#include "gemd/connector.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gemd/ddc.h"
#include "gemd/log.h"
#include "gemd/pipe.h"
#include "hw/gen3/regs.h"

#define DETECT_STEP_NS 2000000
#define DETECT_STEPS   50 /* it takes two frames of the port's own */
#define DEFAULT_WIDTH  1024u
#define DEFAULT_HEIGHT 768u
#define DEFAULT_HERTZ  60u

void connector_init(struct connector *connector, struct hw_device *dev)
{
    *connector = (struct connector){.dev = dev};
}

static void start_telling(struct connector *connector)
{
    hw_write(connector->dev, PORT_HOTPLUG_EN, HOTPLUG_CRT_ENABLE);
    connector->has_hotplug = (hw_read(connector->dev, PORT_HOTPLUG_EN) & HOTPLUG_CRT_ENABLE) != 0;
}

/* What the monitor lists and this chip makes. */
static void make_modes(struct connector *connector)
{
    const enum mode_pll_kind kind = pipe_pll_kind(connector->dev);
    connector->mode_count = 0;
    for (unsigned i = 0; i < connector->edid.timing_count; i++) {
        const struct timing *timing = &connector->edid.timings[i];
        char reason[MODE_REASON_MAX];
        struct mode *mode = &connector->modes[connector->mode_count];
        if (mode_of_timing(kind, timing, timing->width, timing->height, mode, reason) == 0) {
            connector->mode_count++;
        } else {
            log_debug("monitor: left out: %s", reason);
        }
    }
}

/* The look is over. */
static enum connector_look know(struct connector *connector, enum connector_state state,
                                const struct edid *edid)
{
    const bool changed =
        connector->state != state || memcmp(edid, &connector->edid, sizeof(*edid)) != 0;
    connector->looks = false;
    connector->probes++;
    start_telling(connector);
    if (!changed) {
        return CONNECTOR_SAME;
    }
    char text[CONNECTOR_TEXT_MAX];
    connector->changes++;
    connector->state = state;
    connector->edid = *edid;
    make_modes(connector);
    connector_describe(connector, text);
    log_info("monitor: %s, %u modes", text, connector->mode_count);
    return CONNECTOR_CHANGED;
}

/*
 * The port measures the load on its wires. The event that this makes is not one that anybody
 * waits for: telling is off meanwhile. 915 has no such register (gen3.md B.11).
 */
static enum connector_look detect(struct connector *connector, uint32_t *pause_ns)
{
    struct hw_device *dev = connector->dev;
    const struct edid nothing = {0};
    *pause_ns = DETECT_STEP_NS;
    if ((hw_read(dev, PORT_HOTPLUG_EN) & HOTPLUG_CRT_DETECT) != 0 &&
        ++connector->waited < DETECT_STEPS) {
        return CONNECTOR_AGAIN;
    }
    const bool found = (hw_read(dev, PORT_HOTPLUG_STAT) & HOTPLUG_CRT_COLOUR) != 0;
    hw_write(dev, PORT_HOTPLUG_STAT, HOTPLUG_EVENTS);
    return know(connector, found ? CONNECTOR_SILENT : CONNECTOR_EMPTY, &nothing);
}

/* There is no description: is there anything? */
static enum connector_look begin_detection(struct connector *connector)
{
    const struct edid nothing = {0};
    if (!connector->has_hotplug) {
        return know(connector, CONNECTOR_SILENT, &nothing);
    }
    connector->detects = true;
    connector->waited = 0;
    hw_write(connector->dev, PORT_HOTPLUG_EN, HOTPLUG_CRT_DETECT);
    return CONNECTOR_AGAIN;
}

void connector_set_panel(struct connector *connector, const struct mode *mode)
{
    connector->state = CONNECTOR_PANEL;
    connector->modes[0] = *mode;
    connector->mode_count = 1;
    log_info("the panel: %ux%u at %u.%03u Hz, as it was found", mode->width, mode->height,
             mode->refresh_millihertz / 1000, mode->refresh_millihertz % 1000);
}

void connector_begin(struct connector *connector)
{
    connector->looks = true;
    connector->detects = false;
    start_telling(connector);
    ddc_begin(&connector->ddc, connector->dev);
}

enum connector_look connector_look(struct connector *connector, uint32_t *pause_ns)
{
    const char *reason = NULL;
    struct edid edid = {0};
    if (connector->detects) {
        return detect(connector, pause_ns);
    }
    int error = ddc_step(&connector->ddc);
    *pause_ns = connector->ddc.pause_ns;
    if (error == DDC_AGAIN) {
        return CONNECTOR_AGAIN;
    }
    if (error == 0 && edid_parse(connector->ddc.block, &edid, &reason) == 0) {
        memcpy(connector->block, connector->ddc.block, sizeof(connector->block));
        return know(connector, CONNECTOR_KNOWN, &edid);
    }
    if (error != -ENXIO) {
        log_warning("monitor: its description cannot be read: %s",
                    reason != NULL ? reason : strerror(-error));
    }
    return begin_detection(connector);
}

void connector_drop_look(struct connector *connector)
{
    connector->looks = false;
}

bool connector_probe(struct connector *connector)
{
    enum connector_look look;
    uint32_t pause_ns = 0;
    connector_begin(connector);
    while ((look = connector_look(connector, &pause_ns)) == CONNECTOR_AGAIN) {
        if (pause_ns != 0) {
            const struct timespec time = {.tv_nsec = (long)pause_ns};
            nanosleep(&time, NULL);
        }
    }
    return look == CONNECTOR_CHANGED;
}

void connector_rearm(struct connector *connector)
{
    if (connector->looks) {
        connector_begin(connector);
    } else if (connector_is_asked(connector)) {
        start_telling(connector);
    }
}

void connector_default_size(const struct connector *connector, uint32_t *width, uint32_t *height)
{
    const bool known = connector->mode_count > 0;
    *width = known ? connector->modes[0].width : DEFAULT_WIDTH;
    *height = known ? connector->modes[0].height : DEFAULT_HEIGHT;
}

/* The first mode that has the size, or else the smallest one that it fits into. */
static const struct mode *find_mode(const struct connector *connector, uint32_t width,
                                    uint32_t height)
{
    const struct mode *best = NULL;
    for (unsigned i = 0; i < connector->mode_count; i++) {
        const struct mode *mode = &connector->modes[i];
        if (mode->width == width && mode->height == height) {
            return mode;
        }
        if (mode->width >= width && mode->height >= height &&
            (best == NULL || mode->width * mode->height < best->width * best->height)) {
            best = mode;
        }
    }
    return best;
}

static bool takes(const struct connector *connector, const struct mode *mode)
{
    struct timing timing;
    mode_timing(mode, &timing);
    return connector->mode_count == 0 ||
           (connector->edid.continuous && edid_takes(&connector->edid, &timing));
}

/*
 * A timing of the size's own: with the blanking that tubes need, or, where the PLL has no clock for
 * that, and for monitors that nobody asked, another one. 0, -EINVAL, -ERANGE as mode_compute().
 */
static int make_mode(const struct connector *connector, uint32_t width, uint32_t height,
                     struct mode *mode)
{
    const enum mode_pll_kind kind = pipe_pll_kind(connector->dev);
    struct timing timing;
    if (connector->state != CONNECTOR_UNASKED &&
        timing_cvt(width, height, DEFAULT_HERTZ, &timing) &&
        mode_of_timing(kind, &timing, width, height, mode, NULL) == 0 && takes(connector, mode)) {
        return 0;
    }
    return mode_compute(kind, width, height, mode);
}

/* The largest of its modes, for who wants too much. */
static const struct mode *largest(const struct connector *connector)
{
    const struct mode *best = &connector->modes[0];
    for (unsigned i = 1; i < connector->mode_count; i++) {
        const struct mode *mode = &connector->modes[i];
        best = mode->width * mode->height > best->width * best->height ? mode : best;
    }
    return best;
}

/* Its timing, and a picture in the middle of it. */
static int choose_of_panel(const struct mode *most, uint32_t width, uint32_t height,
                           struct mode *mode, char reason[MODE_REASON_MAX])
{
    if (width < MODE_SIZE_MIN || height < MODE_SIZE_MIN) {
        snprintf(reason, MODE_REASON_MAX, "%ux%u: the pipe shows %u pixels each way at least",
                 width, height, MODE_SIZE_MIN);
        return -EINVAL;
    }
    if (width > most->width || height > most->height) {
        snprintf(reason, MODE_REASON_MAX, "%ux%u: the panel has %ux%u", width, height, most->width,
                 most->height);
        return -ERANGE;
    }
    *mode = *most;
    mode->width = width;
    mode->height = height;
    return 0;
}

int connector_choose(const struct connector *connector, uint32_t width, uint32_t height,
                     struct mode *mode, char reason[MODE_REASON_MAX])
{
    const enum mode_pll_kind kind = pipe_pll_kind(connector->dev);
    if (connector->state == CONNECTOR_PANEL) {
        return choose_of_panel(&connector->modes[0], width, height, mode, reason);
    }
    const struct mode *listed = find_mode(connector, width, height);
    if (listed != NULL && listed->width == width && listed->height == height) {
        *mode = *listed;
        return 0;
    }
    int error = make_mode(connector, width, height, mode);
    if (error != 0) {
        snprintf(reason, MODE_REASON_MAX, "%ux%u: the pipe shows %u to %u pixels each way", width,
                 height, MODE_SIZE_MIN, MODE_SIZE_MAX);
        return error;
    }
    if (takes(connector, mode)) {
        return 0;
    }
    if (listed == NULL) {
        const struct mode *most = largest(connector);
        snprintf(reason, MODE_REASON_MAX, "%ux%u: the monitor's largest mode is %ux%u", width,
                 height, most->width, most->height);
        return -ERANGE;
    }
    struct timing timing;
    mode_timing(listed, &timing);
    return mode_of_timing(kind, &timing, width, height, mode, reason);
}

void connector_describe(const struct connector *connector, char text[CONNECTOR_TEXT_MAX])
{
    static const char *const states[] = {
        [CONNECTOR_UNASKED] = "unknown",
        [CONNECTOR_EMPTY] = "none",
        [CONNECTOR_SILENT] = "one that says nothing of itself",
        [CONNECTOR_PANEL] = "the machine's panel",
    };
    const struct edid *edid = &connector->edid;
    if (connector->state == CONNECTOR_KNOWN) {
        snprintf(text, CONNECTOR_TEXT_MAX, "%s%s%s %04x%s", edid->name,
                 edid->name[0] != '\0' ? " (" : "", edid->maker, edid->product,
                 edid->name[0] != '\0' ? ")" : "");
    } else {
        snprintf(text, CONNECTOR_TEXT_MAX, "%s", states[connector->state]);
    }
}

void connector_list_modes(const struct connector *connector, char text[CONNECTOR_TEXT_MAX])
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < connector->mode_count; i++) {
        const struct mode *mode = &connector->modes[i];
        int length =
            snprintf(text + used, CONNECTOR_TEXT_MAX - used, "%s%ux%u@%u.%02u", i > 0 ? " " : "",
                     mode->width, mode->height, mode->refresh_millihertz / 1000,
                     mode->refresh_millihertz % 1000 / 10);
        if (length < 0 || (size_t)length >= CONNECTOR_TEXT_MAX - used) {
            text[used] = '\0';
            return;
        }
        used += (size_t)length;
    }
    if (connector->mode_count == 0) {
        snprintf(text, CONNECTOR_TEXT_MAX, "any");
    }
}
