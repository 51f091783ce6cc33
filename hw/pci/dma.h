/* SPDX-License-Identifier: MIT */
/* Memory that the GPU reaches by its physical address: pinned memory files (pin.h). */
#ifndef GEMD_HW_PCI_DMA_H
#define GEMD_HW_PCI_DMA_H

#include "hw/device.h"
#include "hw/pci/pin.h"

struct pci_dma_space {
    struct pci_pins pins;
    unsigned bus_bits;                 /* addresses beyond these bits cannot be named */
    uint64_t stolen_base, stolen_size; /* the GPU's own memory, which no page may be in */
    bool wants_one_piece;              /* of what is allocated: registers hold its bus address */
    uint64_t bytes;                    /* that are pinned now */
    uint64_t moved;                    /* pages found elsewhere: 0, or something is very wrong */
};

/*
 * As hw_dma_alloc(), hw_dma_attach() and so on; -ERANGE: a page is where the GPU cannot reach.
 * What is allocated is in one piece where that is wanted and there is a huge page for it.
 */
int pci_dma_alloc(struct pci_dma_space *space, size_t size, struct hw_dma *dma);
int pci_dma_attach(struct pci_dma_space *space, int fd, uint64_t offset, size_t size,
                   struct hw_dma *dma);
void pci_dma_release(struct pci_dma_space *space, struct hw_dma *dma);
uint64_t pci_dma_bus_address(const struct hw_dma *dma, size_t offset);

#endif
