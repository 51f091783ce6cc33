/* SPDX-License-Identifier: MIT */
/* Bit 6 of addresses in X tiles, by what the memory controller says (doc/gen3.md A.9). */
#ifndef GEMD_HW_PCI_SWIZZLE_H
#define GEMD_HW_PCI_SWIZZLE_H

#include "hw/device.h"

/* The bits of the physical address that are XORed into bit 6; 0: none. */
uint32_t pci_swizzle_of(struct hw_device *dev);
/* "9_10_11", "none" */
const char *pci_swizzle_name(uint32_t bits);

#endif
