/* SPDX-License-Identifier: MIT */
/*
 * A PCI function's BARs as memory, and its configuration space. All stays usable when the files can
 * no longer be opened, and to others than root.
 */
#ifndef GEMD_HW_PCI_MAP_H
#define GEMD_HW_PCI_MAP_H

#include "hw/pci/error.h"
#include "hw/pci/system.h"

struct pci_map {
    volatile uint32_t *registers;                     /* BAR 0, uncached */
    volatile uint32_t *gtt;                           /* BAR 3, uncached */
    volatile uint8_t *aperture;                       /* BAR 2, write-combined if that can be had */
    uint64_t registers_size, gtt_size, aperture_size; /* bytes */
    bool is_combined;
    int config; /* -1: none */
};

/*
 * 0 or a negative errno, with 'error'. The device is this process's then, and its forks': the file
 * of the configuration space is locked, and stays so until the last of them has closed it. Whoever
 * still has it is waited for: PCI_LOCK_STEPS times PCI_LOCK_STEP_NS.
 */
__attribute__((warn_unused_result)) int pci_map_open(struct pci_map *map,
                                                     const struct pci_system *system,
                                                     const struct pci_function *gpu,
                                                     struct pci_error *error);
void pci_map_close(struct pci_map *map);

/* The configuration space of a function; a descriptor or a negative errno. */
int pci_config_open(const struct pci_system *system, const struct pci_function *function);
/* size: 1, 2 or 4. All ones where there is nothing to read. */
uint32_t pci_config_read(int config, uint32_t offset, unsigned size);
/* 0 or a negative errno. */
int pci_config_write(int config, uint32_t offset, unsigned size, uint32_t value);

#define PCI_LOCK_STEP_NS 10000000
#define PCI_LOCK_STEPS   500u

#define PCI_COMMAND          0x04u
#define PCI_COMMAND_MEMORY   (1u << 1)
#define PCI_COMMAND_MASTER   (1u << 2)
#define PCI_COMMAND_INTX_OFF (1u << 10)

#endif
