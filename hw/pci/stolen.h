/* SPDX-License-Identifier: MIT */
/* Memory that the firmware has taken from the machine for the GPU (doc/gen3.md A.3). */
#ifndef GEMD_HW_PCI_STOLEN_H
#define GEMD_HW_PCI_STOLEN_H

#include <stdint.h>

/* Bytes, by what the bridge's GMCH control register holds; 0 also for what nobody knows. */
uint64_t pci_stolen_size(uint32_t gmch);

#endif
