/* SPDX-License-Identifier: MIT */
#include "hw/gen3/chip.h"

#include <strings.h>

static const struct gen3_chip chips[] = {
    {"g33", 0x29c2, true},        {"q33", 0x29d2, true},        {"q35", 0x29b2, true},
    {"pineview-g", 0xa001, true}, {"pineview-m", 0xa011, true}, {"945g", 0x2772, true},
    {"945gm", 0x27a2, true},      {"945gme", 0x27ae, true},     {"915g", 0x2582, false},
    {"915gm", 0x2592, false},     {"e7221g", 0x258a, false},
};

#define CHIPS (sizeof(chips) / sizeof(chips[0]))

const struct gen3_chip *gen3_chips(size_t *count)
{
    *count = CHIPS;
    return chips;
}

const struct gen3_chip *gen3_chip_named(const char *name)
{
    for (size_t i = 0; i < CHIPS; i++) {
        if (strcasecmp(chips[i].name, name) == 0) {
            return &chips[i];
        }
    }
    return NULL;
}

const struct gen3_chip *gen3_chip_find(uint16_t pci_device)
{
    for (size_t i = 0; i < CHIPS; i++) {
        if (chips[i].pci_device == pci_device) {
            return &chips[i];
        }
    }
    return NULL;
}
