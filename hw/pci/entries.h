/* SPDX-License-Identifier: MIT */
/*
 * The firmware's page-table entries, which are put back when the device is let go of: those of its
 * stolen memory, and those of what a plane shows (doc/gen3.md A.3, A.5). What lies behind them is
 * nobody's, or a former driver's, whose pages are long gone: these entries become 0. Entries are
 * read one by one, uncached; in a virtual machine each is a message.
 */
#ifndef GEMD_HW_PCI_ENTRIES_H
#define GEMD_HW_PCI_ENTRIES_H

#include <stdint.h>

#include "hw/device.h"

struct pci_entries {
    uint32_t *found; /* malloc'ed; NULL: nothing was kept */
    uint32_t count;
};

/* Reads them. stolen_size in bytes; 0, not known: all entries are the firmware's. 0, -ENOMEM. */
int pci_entries_keep(struct pci_entries *entries, struct hw_device *dev, uint64_t stolen_size);
/* Writes all of the table; the GPU must not use it meanwhile. */
void pci_entries_restore(const struct pci_entries *entries, struct hw_device *dev);
void pci_entries_free(struct pci_entries *entries);

#endif
