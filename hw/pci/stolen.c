/* SPDX-License-Identifier: MIT */
#include "hw/pci/stolen.h"

uint64_t pci_stolen_size(uint32_t gmch)
{
    static const uint16_t mebibytes[16] = {0, 1, 4, 8, 16, 32, 48, 64, 128, 256, 96, 160, 224, 352};
    return (uint64_t)mebibytes[gmch >> 4 & 15u] << 20;
}
