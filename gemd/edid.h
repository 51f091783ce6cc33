/* SPDX-License-Identifier: MIT */
/*
 * What a monitor says of itself: the base block of VESA's E-EDID (versions 1.0 to 1.4).
 *
 * Monitors lie, and who plugs one in may mean ill: nothing in the block is believed that was not
 * checked. Extensions are not read: analog monitors have none that matter.
 */
#ifndef GEMD_EDID_H
#define GEMD_EDID_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/timing.h"

#define EDID_BLOCK       128u
#define EDID_TIMINGS_MAX 32u /* 4 detailed, 17 established, 8 standard */

struct edid {
    char maker[4]; /* "GEM" */
    uint16_t product;
    char name[14];    /* printable ASCII; "": it says none */
    uint8_t revision; /* of version 1 */
    bool digital;     /* its input, whatever the cable says */
    bool continuous;  /* any timing within its limits, not only those that it lists */
    bool has_limits;  /* the four below */
    uint32_t hertz_min, hertz_max;
    uint32_t line_rate_min, line_rate_max;   /* hertz */
    uint32_t clock_max_khz;                  /* 0: it does not say */
    struct timing timings[EDID_TIMINGS_MAX]; /* all sane; the one that it likes best first */
    unsigned timing_count;
    bool prefers; /* it says so itself of the first one */
};

/* 0, or -EINVAL with *reason, a constant text. */
int edid_parse(const uint8_t block[EDID_BLOCK], struct edid *edid, const char **reason);

/* All bytes add up to 0. */
bool edid_sums_up(const uint8_t block[EDID_BLOCK]);

/* Whether a timing lies within its limits; true when it says none. */
bool edid_takes(const struct edid *edid, const struct timing *timing);

#endif
