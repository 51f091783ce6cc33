/* SPDX-License-Identifier: MIT */
/*
 * What lies between the processor's writes and the GPU's reads: the processor's caches, where a
 * page-table entry does not say that they are to be asked, its write-combining buffers, and the
 * buffers of the chipset, which a write to the flush page drains (doc/gen3.md A.3).
 */
#ifndef GEMD_HW_PCI_FLUSH_H
#define GEMD_HW_PCI_FLUSH_H

#include "hw/pci/system.h"

/* Writes the lines of memory back and drops them, before the GPU reads or after it wrote. */
void pci_flush_lines(const void *memory, size_t size);

struct pci_flush {
    volatile uint32_t *page; /* NULL: there is none */
    int bridge;              /* its configuration space; -1: none */
    uint32_t offset;         /* of IFPADDR there */
    bool was_placed;         /* by us: taken back at the end */
};

/*
 * Takes the flush page where the firmware has placed it, or places it where the bus has no other
 * use for an address. False: there is none; only the processor's buffers are drained then. The
 * bridge's descriptor stays the caller's, open until pci_flush_close(). wide: IFPADDR has 64 bits.
 */
bool pci_flush_open(struct pci_flush *flush, const struct pci_system *system, int bridge,
                    uint32_t offset, bool wide);
void pci_flush_close(struct pci_flush *flush);

void pci_flush_chipset(struct pci_flush *flush);

/*
 * A page of the bus that nothing has, in a listing as /proc/iomem is one: the last of the largest
 * hole below 4 GiB in what PCI has. 0: there is none. Changes the text.
 */
uint64_t pci_flush_find_hole(char *iomem);

#endif
