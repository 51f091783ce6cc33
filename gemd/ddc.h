/* SPDX-License-Identifier: MIT */
/*
 * Reads the EDID of the monitor at the analog port: by the I2C controller (GMBUS), and by moving
 * the two wires when that does not answer (gen3.md B.11). In steps, for who has others to serve:
 * all together take 50 ms, or 300 by hand; a monitor or a controller that hangs takes a second at
 * most.
 */
#ifndef GEMD_DDC_H
#define GEMD_DDC_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/edid.h"
#include "hw/device.h"

#define DDC_AGAIN 1

/* A reading that goes on. Plain data: it may be dropped at any moment, or begun anew. */
struct ddc {
    struct hw_device *dev;
    uint8_t block[EDID_BLOCK];
    uint32_t pause_ns; /* before the next step, at least */
    int (*next)(struct ddc *ddc);
    int error;
    unsigned tries;
    unsigned waited; /* steps without an answer */
    unsigned byte;   /* of the block, in words by the controller */
    /* By hand. */
    unsigned stage;
    unsigned bit;
    bool raised; /* the clock was let go, and is waited for */
};

void ddc_begin(struct ddc *ddc, struct hw_device *dev);

/*
 * A few register accesses and 15 us. DDC_AGAIN: there are more steps. Or 0 with a block that begins
 * as an EDID does and adds up; -ENXIO: nobody answers; -EIO: the bus hangs; -EBADMSG: nothing but
 * garbage, also when asked again.
 */
int ddc_step(struct ddc *ddc);

/* All steps of one, with their pauses; for who has nobody to serve. */
int ddc_read(struct hw_device *dev, uint8_t block[EDID_BLOCK]);

#endif
