/* SPDX-License-Identifier: MIT */
/*
 * Whether processor and GPU see the same memory: patterns go through the processor's mapping, the
 * page table, the aperture, a fence register and the blitter. Works on any device.
 *
 * It takes the last MiB of the aperture and the ring, and leaves entries, ring and fence register
 * changed; nothing else may use the GPU meanwhile.
 */
#ifndef GEMD_HW_PCI_SELFTEST_H
#define GEMD_HW_PCI_SELFTEST_H

#include "hw/device.h"

#define SELFTEST_REASON_MAX 256

/* 0; -EIO: they do not, with one line in reason; -ENOMEM and the like: it could not be found out.
 */
__attribute__((warn_unused_result)) int pci_selftest(struct hw_device *dev,
                                                     char reason[SELFTEST_REASON_MAX]);

#endif
