/* SPDX-License-Identifier: MIT */
/* What differs between the chips that the model can be: one row each, and one of its class. */
#ifndef GEMD_HW_MODEL_CHIPSET_H
#define GEMD_HW_MODEL_CHIPSET_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"
#include "hw/model/channels.h"

struct model_class {
    unsigned fence_count;
    bool is_945_class; /* texture layouts, and Y tiles of 128 x 32 bytes instead of 512 x 8 */
    bool needs_physical, has_gtt_enable, has_held_reset, has_pineview_pll; /* as in hw_identity */
    unsigned bus_bits;     /* of the addresses in a PTE: 32 or 36 */
    uint32_t gtt_bar_size; /* BAR 3, bytes */
    uint8_t flush_offset;  /* IFPADDR in the host bridge; 64 bits wide beyond 0x60 */
    uint32_t dsparb;       /* how the planes share the FIFO at first */
    const struct model_channels *channels; /* what its memory can be like */
};

struct model_chipset {
    const char *name, *board; /* "945gm", "945GM" */
    const struct model_class *class;
    uint16_t graphics_id; /* 0:2.0 */
    uint16_t second_id;   /* 0:2.1, 0 none */
    uint16_t bridge_id;   /* 0:0.0 */
    bool mobile;          /* LVDS and panel fitter; either plane may drive either pipe */
    bool has_fbc;         /* compression of plane A */
    bool has_tv;
    bool has_hotplug;
    uint32_t aperture_mib;
    uint32_t gtt_entries;
    uint32_t pgtbl_ctl; /* what the firmware left there: the GTT's size or place */
    uint16_t gmch;      /* GMCH_CTRL: stolen memory and VGA disable */
};

/* Of the display PLLs, Hz. */
#define MODEL_REFERENCE_CLOCK 96000000u

/* Upper and lower case are the same. NULL for a name that is no row; a NULL name is the first. */
const struct model_chipset *model_chipset_find(const char *name);

struct hw_identity model_chipset_identity(const struct model_chipset *chipset);

#endif
