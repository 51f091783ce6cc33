/* SPDX-License-Identifier: MIT */
/*
 * A pipe's registers: timings, plane, vblank counter (gen3.md B.4 to B.8). Keeps no state. Pipe A
 * is that of the analog port, and its timings are the daemon's; another one runs as it was found.
 */
#ifndef GEMD_PIPE_H
#define GEMD_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/mode.h"
#include "hw/device.h"
#include "proto/protocol.h"

/* What the plane scans out. */
struct pipe_plane {
    enum gemd_format format;
    bool gamma;             /* its colours go through the pipe's palette */
    uint32_t address;       /* GTT, bytes */
    uint32_t stride;        /* bytes, a multiple of PIPE_STRIDE_ALIGN */
    uint32_t width, height; /* pixels */
};

/* Which pipe, 0 or 1, shows which plane, 0 to 2. */
struct pipe_head {
    uint32_t pipe, plane;
    uint32_t width,
        height; /* of the source; a smaller picture lies in the middle. Not of plane A */
};

/* Plane A on pipe A. */
extern const struct pipe_head pipe_analog;

#define PIPE_STRIDE_ALIGN 64u
#define PIPE_STRIDE_MAX   16384u

static inline enum mode_pll_kind pipe_pll_kind(const struct hw_device *dev)
{
    return dev->identity.has_pineview_pll ? MODE_PLL_PINEVIEW : MODE_PLL_GEN3;
}

/* Sets the mode; the pipe runs, the plane is off. It must be stopped. */
void pipe_start(struct hw_device *dev, const struct mode *mode);

/*
 * The same, whatever runs when the daemon comes: a pipe that has this mode already goes on as it
 * is, so that the monitor does not lose it; another one is stopped.
 */
void pipe_take_over(struct hw_device *dev, const struct mode *mode);

/* Whether the pipe runs with this mode, at the analog port. */
bool pipe_has_mode(struct hw_device *dev, const struct mode *mode);

/* Planes and cursors of all pipes off: what they read is somebody else's from now on. */
void pipe_blank_all(struct hw_device *dev);

/* Plane and pipe off; waits until the pipe stands still. */
void pipe_stop(struct hw_device *dev);

/* Takes effect at the next vblank. same: all but the address is as it was. */
void pipe_show_plane(struct hw_device *dev, const struct pipe_head *head,
                     const struct pipe_plane *plane, bool same);
void pipe_hide_plane(struct hw_device *dev, const struct pipe_head *head);

/* The number of vblanks, 24 bits; grows at the start of each vblank. */
uint32_t pipe_vblank_count(struct hw_device *dev, const struct pipe_head *head,
                           const struct mode *mode);

/* The frame counter as it is, 24 bits. */
uint32_t pipe_frame_count(struct hw_device *dev, const struct pipe_head *head);

#endif
