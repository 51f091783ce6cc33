/* SPDX-License-Identifier: MIT */
/* Where buffers lie in the GTT: as a case says if that can be, else where there is room. */
#ifndef GEMD_TESTS_FUZZ_PLACE_H
#define GEMD_TESTS_FUZZ_PLACE_H

#include "tests/fuzz/case.h"

#define PLACE_CLIENTS    0x00100000u /* below are the daemon's pages */
#define PLACE_FENCE_UNIT 0x00100000u

/* Bytes that a chip's GTT has; 0: no such chip. */
uint64_t place_gtt_bytes(uint16_t pci_device);

/* What a fence takes for a buffer of 'size' bytes: nobody else may be there. */
uint64_t place_fence_bytes(uint64_t size);

/* Puts the buffers where the GTT of the case's chip has room. False: it has not. */
bool place_buffers(struct fuzz_case *c);

#endif
