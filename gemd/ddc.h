/* SPDX-License-Identifier: MIT */
/*
 * Reads the EDID of the monitor at the analog port: by the I2C controller (GMBUS), and by moving
 * the two wires when that does not answer (gen3.md B.11). Takes 15 ms, or 300 by hand; a monitor
 * or a controller that hangs takes a second at most.
 */
#ifndef GEMD_DDC_H
#define GEMD_DDC_H

#include <stdint.h>

#include "gemd/edid.h"
#include "hw/device.h"

/*
 * 0 with a block that begins as an EDID does and adds up; -ENXIO: nobody answers; -EIO: the bus
 * hangs; -EBADMSG: nothing but garbage, also when asked again.
 */
int ddc_read(struct hw_device *dev, uint8_t block[EDID_BLOCK]);

#endif
