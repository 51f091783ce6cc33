/* SPDX-License-Identifier: MIT */
/*
 * The analog port and what is plugged into it: whether there is a monitor, what it says of itself,
 * and which mode a picture of some size gets.
 *
 * A monitor that shows any timing within its limits gets one of the picture's own size. Others get
 * one from their list, the picture in its middle. Without a monitor, or when nobody asked,
 * pictures get a timing of their own, so that programs go on.
 */
#ifndef GEMD_CONNECTOR_H
#define GEMD_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/ddc.h"
#include "gemd/edid.h"
#include "gemd/mode.h"
#include "hw/device.h"

enum connector_state {
    CONNECTOR_UNASKED, /* nobody looked */
    CONNECTOR_EMPTY,   /* no monitor */
    CONNECTOR_SILENT,  /* there is one, or may be, and it says nothing of itself */
    CONNECTOR_KNOWN,   /* 'edid' is its own */
    CONNECTOR_PANEL,   /* the screen is not at this port at all: the first mode is the panel's */
};

/* What a look at the port came to. */
enum connector_look {
    CONNECTOR_AGAIN,   /* it goes on */
    CONNECTOR_SAME,    /* as before */
    CONNECTOR_CHANGED, /* which was logged */
};

#define CONNECTOR_TEXT_MAX 1024u

struct connector {
    struct hw_device *dev;
    enum connector_state state;
    struct edid edid;
    uint8_t block[EDID_BLOCK];           /* it as it came, while known */
    struct mode modes[EDID_TIMINGS_MAX]; /* those of it that this chip can make, the best first */
    unsigned mode_count;
    bool has_hotplug; /* the chip tells when one is plugged in or out */
    uint64_t probes, changes; /* looks, and those that found something else */

    /* A look that goes on; the rest is as it was, until it is over. */
    bool looks, detects;
    struct ddc ddc;
    unsigned waited;
};

void connector_init(struct connector *connector, struct hw_device *dev);

/* The screen is a panel, with this timing and no other; the port is left alone. */
void connector_set_panel(struct connector *connector, const struct mode *mode);

/* Whether somebody looked, and so somebody may look again. */
static inline bool connector_is_asked(const struct connector *connector)
{
    return connector->state != CONNECTOR_UNASKED && connector->state != CONNECTOR_PANEL;
}

/*
 * Begins to look what is there, anew if that was going on. Then connector_look() until it is over,
 * each time not before *pause_ns have passed: within 20 ms mostly (ddc.h has the worst).
 */
void connector_begin(struct connector *connector);
enum connector_look connector_look(struct connector *connector, uint32_t *pause_ns);
void connector_drop_look(struct connector *connector);

/* All of that, pauses and all. Whether it is another monitor than before. */
bool connector_probe(struct connector *connector);

/* Has the port tell of plugs again, which a reset of the chip has made it forget; a look too. */
void connector_rearm(struct connector *connector);

/* What a screen without wishes should be: the first mode, or 1024x768. */
void connector_default_size(const struct connector *connector, uint32_t *width, uint32_t *height);

/* 0, or -EINVAL, -ERANGE with the reason. */
int connector_choose(const struct connector *connector, uint32_t width, uint32_t height,
                     struct mode *mode, char reason[MODE_REASON_MAX]);

/* "none", "gemd model (GEM 2933)"; for people. */
void connector_describe(const struct connector *connector, char text[CONNECTOR_TEXT_MAX]);
/* "1024x768@60.00 ..."; "any" when there is no list. */
void connector_list_modes(const struct connector *connector, char text[CONNECTOR_TEXT_MAX]);

#endif
