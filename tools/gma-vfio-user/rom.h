/* SPDX-License-Identifier: MIT */
/*
 * The expansion ROM: the one thing of a graphics BIOS that drivers rely on. It writes GMCH_CTRL of
 * the host bridge, which says that there is stolen memory and how large the page table is; to a
 * bridge that has no such register it does nothing.
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_ROM_H
#define GEMD_TOOLS_GMA_VFIO_USER_ROM_H

#include <stddef.h>
#include <stdint.h>

#define ROM_SIZE 2048u

/* Fills the ROM of a device with this PCI id; 'gmch' is what it is to write. */
void rom_make(uint8_t rom[ROM_SIZE], uint16_t device, uint16_t gmch);

#endif
