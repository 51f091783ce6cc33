/* SPDX-License-Identifier: MIT */
#include "hw/model/chipset.h"

#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/model.h"

/* doc/gen3.md A.1 to A.4, B.8. */
static const struct model_chipset chipsets[] = {
    {
        .identity =
            {
                .name = "g33",
                .board = "G33",
                .pci_device = 0x29c2,
                .gtt_entries = 65536,
                .aperture_size = 256u << 20,
                .fence_count = 16,
            },
        .is_945_class = true,
        .pgtbl_ctl = PGTBL_CTL_SIZE_256K,
        .gtt_bar_size = 1u << 20,
        .gmch = 0x0102, /* no stolen memory, 1 MiB for the GTT, VGA disabled */
        .reference_clock = 96000000,
    },
};

#define CHIPSETS (sizeof(chipsets) / sizeof(chipsets[0]))

static const char *const names[CHIPSETS + 1] = {"g33", NULL};

const char *const *model_chipsets(void)
{
    return names;
}

const struct model_chipset *model_chipset_find(const char *name)
{
    if (name == NULL) {
        return &chipsets[0];
    }
    for (size_t i = 0; i < CHIPSETS; i++) {
        if (strcmp(chipsets[i].identity.name, name) == 0) {
            return &chipsets[i];
        }
    }
    return NULL;
}
