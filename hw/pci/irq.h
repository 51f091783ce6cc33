/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: INTx by uio_pci_generic, whose handler masks the device's line (PCI command bit 10)
 * when the device says that it asserts it; a line may be shared. Without that driver a timer asks
 * for a look every few milliseconds.
 */
#ifndef GEMD_HW_PCI_IRQ_H
#define GEMD_HW_PCI_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/pci/error.h"
#include "hw/pci/system.h"

#define PCI_POLL_NS 2000000

struct pci_irq {
    int fd;
    int config;       /* the GPU's configuration space, the caller's */
    uint32_t command; /* what its PCI command register held, without the mask */
    bool polls;
};

/* Polls where there is no uio device of the GPU; else -errno with 'error'. */
__attribute__((warn_unused_result)) int pci_irq_open(struct pci_irq *irq,
                                                     const struct pci_system *system,
                                                     const struct pci_function *gpu, int config,
                                                     struct pci_error *error);
void pci_irq_close(struct pci_irq *irq);

/* Takes what made the descriptor readable; false: nothing had. */
bool pci_irq_take(struct pci_irq *irq);
/* The line may interrupt again; it does so at once when it is still asserted. */
void pci_irq_unmask(struct pci_irq *irq);

#endif
