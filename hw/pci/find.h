/* SPDX-License-Identifier: MIT */
/* Which GPU it is to be, and whether it can be had. */
#ifndef GEMD_HW_PCI_FIND_H
#define GEMD_HW_PCI_FIND_H

#include "hw/pci/error.h"
#include "hw/pci/system.h"

/* Whether it can be a place on the bus: "DDDD:BB:DD.F". */
bool pci_slot_parse(const char *text, struct pci_function *place);

/*
 * The GPU at a place, or the first of gen3 (slot: NULL), and the host bridge beside it. Checked is
 * all that would keep the daemon from it: -ENODEV, -ENOTSUP (another GPU, or an IOMMU is in the
 * way), -EBUSY (a driver has it), -ENXIO (a BAR has no place), -EPERM (the kernel is locked down),
 * -EACCES; 'error' says it with names, and what to do.
 */
__attribute__((warn_unused_result)) int pci_find(const struct pci_system *system, const char *slot,
                                                 struct pci_function *gpu,
                                                 struct pci_function *bridge,
                                                 struct pci_error *error);

/* The name of the kernel's driver that has it; false: none has. */
bool pci_driver_of(const struct pci_system *system, const struct pci_function *function,
                   char *driver, size_t size);

#define PCI_DRIVER_UIO "uio_pci_generic"

#endif
