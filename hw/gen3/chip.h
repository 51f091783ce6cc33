/* SPDX-License-Identifier: MIT */
/* The chips of gen3 by name and number (doc/gen3.md A.1), and what command streams see of them. */
#ifndef GEMD_HW_GEN3_CHIP_H
#define GEMD_HW_GEN3_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gen3_chip {
    const char *name;    /* "945gm" */
    uint16_t pci_device; /* of function 0, 0x27a2 */
    bool is_945_class;   /* texture layouts and Y tiles of 945, G33 and Pineview, not 915's */
};

/* The table, for walks. */
const struct gen3_chip *gen3_chips(size_t *count);

/* NULL: no chip of gen3. Upper and lower case are the same. */
const struct gen3_chip *gen3_chip_named(const char *name);
const struct gen3_chip *gen3_chip_find(uint16_t pci_device);

#endif
