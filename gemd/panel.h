/* SPDX-License-Identifier: MIT */
/*
 * The panel of a mobile machine, at the LVDS port, as the firmware runs it: its pipe, clock,
 * timing, fitter and power stay as they were found, for the firmware knows the panel. The daemon
 * shows pictures on a plane of that pipe: of the size that the fitter was given, or smaller ones in
 * the middle.
 */
#ifndef GEMD_PANEL_H
#define GEMD_PANEL_H

#include <stdbool.h>

#include "gemd/found.h"
#include "gemd/mode.h"
#include "gemd/pipe.h"
#include "hw/device.h"

struct panel {
    const struct found *found;
    struct pipe_head head;
    struct mode mode; /* the timing, and the largest picture; its PLL is only told */
};

/* Whether the panel was running when 'found' was saved, and still is. */
bool panel_find(struct panel *panel, struct hw_device *dev, const struct found *found);

/* The panel is on, black: as it goes on, or put back after registers were lost. */
void panel_take_over(const struct panel *panel, struct hw_device *dev);

/* The plane is off, and nothing of it is read any more when this returns. */
void panel_blank(const struct panel *panel, struct hw_device *dev);

#endif
