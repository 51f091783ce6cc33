/* SPDX-License-Identifier: MIT */
/* What a gen3 chip on the PCI bus is like (doc/gen3.md A.1 to A.5, B.8, B.9). */
#ifndef GEMD_HW_PCI_CHIP_H
#define GEMD_HW_PCI_CHIP_H

#include <stdint.h>

#include "hw/device.h"

struct pci_chip {
    struct hw_identity identity; /* but for the sizes, which the bus and the chip tell */
    unsigned bus_bits;           /* of what PTEs can name */
    uint32_t flush_offset;       /* of IFPADDR, in the host bridge */
};

/* NULL: no chip of gen3. */
const struct pci_chip *pci_chip_find(uint16_t pci_device);

/* How many entries the page table has; pgtbl_ctl is what that register holds. */
uint32_t pci_chip_gtt_entries(const struct pci_chip *chip, uint32_t pgtbl_ctl,
                              uint64_t aperture_size, uint64_t gtt_bar_size);

#endif
