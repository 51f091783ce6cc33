/* SPDX-License-Identifier: MIT */
/*
 * Frame-buffer compression of 915GM and 945GM: the display engine reads lines that it has
 * compressed earlier, and takes no notice of pages that are flipped or drawn to by others.
 */
#ifndef GEMD_COMPRESSION_H
#define GEMD_COMPRESSION_H

#include "hw/device.h"

/* Firmware may have left it on. Returns when it stands still; chips without it are left alone. */
void compression_stop(struct hw_device *dev);

#endif
