/* SPDX-License-Identifier: MIT */
/*
 * What a graphics BIOS leaves behind: a mode that runs, and a picture in stolen memory on it, which
 * the first entries of the page table name.
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_FIRMWARE_H
#define GEMD_TOOLS_GMA_VFIO_USER_FIRMWARE_H

#include <stdbool.h>

#include "hw/device.h"

enum firmware_screen {
    FIRMWARE_DARK,    /* nothing runs */
    FIRMWARE_MONITOR, /* pipe A at the analog port, 1024x768 */
    FIRMWARE_PANEL,   /* pipe B at LVDS, 1024x768 enlarged from 800x600; a mobile chip has it */
};

/* False: the chip has no such port. */
bool firmware_can(const struct hw_device *hw, enum firmware_screen screen);

/* 'stolen' is the memory at bus address 'base'; there is room for a picture of 1024x768. */
void firmware_start(struct hw_device *hw, enum firmware_screen screen, void *stolen, uint64_t base);

#endif
