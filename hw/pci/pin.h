/* SPDX-License-Identifier: MIT */
/*
 * Pages that stay where they are, and the knowledge of where that is.
 *
 * A GPU without an IOMMU writes to whatever its page table names, so a page must neither move nor
 * become somebody else's while an entry names it. Locking does not do: locked pages migrate, and
 * whoever has the memory file may punch a hole into it, after which the page is free. So the pages
 * are pinned, as fixed buffers of an io_uring that never runs (it is left disabled): the kernel
 * holds a reference to each of them, for longer than anything may move it, until it is given back
 * or the last copy of the ring's descriptor is closed. A process that has inherited it keeps them.
 *
 * Where a page is stands in /proc/self/pagemap, which goes on saying so to a descriptor that was
 * opened with CAP_SYS_ADMIN. That what it says is what is pinned is certain only when the mapping
 * did not change in between: pci_pins_take() explains how that is known.
 */
#ifndef GEMD_HW_PCI_PIN_H
#define GEMD_HW_PCI_PIN_H

#include "hw/pci/error.h"
#include "hw/pci/system.h"

#define PCI_PINS_MAX      16384u     /* places of an io_uring's table */
#define PCI_PIN_BYTES_MAX (1u << 30) /* of one place */

struct pci_pins {
    int ring, pagemap;
    unsigned next; /* where to look for a free place */
    uint8_t used[PCI_PINS_MAX];
};

/* While still privileged. 0 or a negative errno, with 'error'. */
__attribute__((warn_unused_result)) int
pci_pins_open(struct pci_pins *pins, const struct pci_system *system, struct pci_error *error);
void pci_pins_close(struct pci_pins *pins);

/*
 * Pins all pages of a shared mapping that no other thread knows of, and notes their numbers
 * (address / 4096). Their place, 0 or more; -EAGAIN: the mapping does not keep still, which only
 * happens when somebody keeps changing its file; -ENOSPC: no place is left; -ENOMEM.
 */
__attribute__((warn_unused_result)) int pci_pins_take(struct pci_pins *pins, void *memory,
                                                      size_t size, uint32_t *numbers);
/* The pages may go. */
void pci_pins_give(struct pci_pins *pins, unsigned place);

/*
 * Looks again where the pages are. The number of those that are elsewhere: a page that was
 * pinned and a hole punched at it shows, too, as the owner of the file has done that to itself.
 */
size_t pci_pins_count_moved(const struct pci_pins *pins, const void *memory, size_t size,
                            const uint32_t *numbers);

#endif
