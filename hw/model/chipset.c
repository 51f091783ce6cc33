/* SPDX-License-Identifier: MIT */
#include "hw/model/chipset.h"

#include <strings.h>

#include "hw/gen3/regs.h"
#include "hw/model/model.h"

/* DSPARB: where the FIFO's parts of planes B and C begin (doc/gen3.md B.5). */
#define FIFO_SPLIT(b, c) ((uint32_t)(c) << 7 | (b))

/* doc/gen3.md A.1 to A.9, B.8, B.9 */
static const struct model_class class_915 = {
    .fence_count = 8,
    .needs_physical = true,
    .has_gtt_enable = true,
    .has_held_reset = true,
    .bus_bits = 32,
    .gtt_bar_size = 256u << 10,
    .flush_offset = 0x60,
    .dsparb = FIFO_SPLIT(28, 59),
    .channels = model_channels_dcc,
};

static const struct model_class class_945 = {
    .fence_count = 16,
    .is_945_class = true,
    .needs_physical = true,
    .has_gtt_enable = true,
    .has_held_reset = true,
    .bus_bits = 32,
    .gtt_bar_size = 256u << 10,
    .flush_offset = 0x60,
    .dsparb = FIFO_SPLIT(28, 59),
    .channels = model_channels_dcc,
};

static const struct model_class class_g33 = {
    .fence_count = 16,
    .is_945_class = true,
    .bus_bits = 36,
    .gtt_bar_size = 1u << 20,
    .flush_offset = 0x70,
    .dsparb = FIFO_SPLIT(48, 96),
    .channels = model_channels_drb,
};

static const struct model_class class_pineview = {
    .fence_count = 16,
    .is_945_class = true,
    .has_pineview_pll = true,
    .bus_bits = 36,
    .gtt_bar_size = 1u << 20,
    .flush_offset = 0x70,
    .dsparb = FIFO_SPLIT(48, 96),
    .channels = model_channels_dcc,
};

#define STOLEN_8M   (3u << 4)
#define GTT_1M      (1u << 8)
#define GTT_2M      (2u << 8)
#define VGA_OFF     (1u << 1)
#define TABLE_ABOVE 0x7ffc0000u /* the page table at the end of stolen memory, disabled */

/* clang-format off */
static const struct model_chipset chipsets[] = {
    {"g33", "G33", &class_g33, 0x29c2, 0x29c3, 0x29c0, .has_hotplug = true,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = PGTBL_CTL_SIZE_256K,
     .gmch = GTT_1M | VGA_OFF},
    {"q33", "Q33", &class_g33, 0x29d2, 0x29d3, 0x29d0, .has_hotplug = true,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = PGTBL_CTL_SIZE_256K,
     .gmch = GTT_1M | VGA_OFF},
    {"q35", "Q35", &class_g33, 0x29b2, 0x29b3, 0x29b0, .has_hotplug = true,
     .aperture_mib = 512, .gtt_entries = 131072, .pgtbl_ctl = PGTBL_CTL_SIZE_512K,
     .gmch = GTT_2M | VGA_OFF},
    {"pineview-g", "Pineview G", &class_pineview, 0xa001, 0xa002, 0xa000, .has_hotplug = true,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = PGTBL_CTL_SIZE_256K,
     .gmch = GTT_1M | VGA_OFF},
    {"pineview-m", "Pineview M", &class_pineview, 0xa011, 0xa012, 0xa010, .mobile = true,
     .has_hotplug = true,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = PGTBL_CTL_SIZE_256K,
     .gmch = GTT_1M | VGA_OFF},
    {"945g", "945G", &class_945, 0x2772, 0x2776, 0x2770, .has_hotplug = true,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = TABLE_ABOVE,
     .gmch = STOLEN_8M | VGA_OFF},
    {"945gm", "945GM", &class_945, 0x27a2, 0x27a6, 0x27a0, .mobile = true, .has_fbc = true,
     .has_tv = true, .has_hotplug = true,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = TABLE_ABOVE,
     .gmch = STOLEN_8M | VGA_OFF},
    {"945gme", "945GME", &class_945, 0x27ae, 0x27a6, 0x27ac, .mobile = true, .has_fbc = true,
     .has_tv = true, .has_hotplug = true,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = TABLE_ABOVE,
     .gmch = STOLEN_8M | VGA_OFF},
    {"915g", "915G", &class_915, 0x2582, 0x2782, 0x2580,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = TABLE_ABOVE,
     .gmch = STOLEN_8M | VGA_OFF},
    {"915gm", "915GM", &class_915, 0x2592, 0x2792, 0x2590, .mobile = true, .has_fbc = true,
     .has_tv = true,
     .aperture_mib = 256, .gtt_entries = 65536, .pgtbl_ctl = TABLE_ABOVE,
     .gmch = STOLEN_8M | VGA_OFF},
    /* A 915G for servers; Mesa does not know its number. */
    {"e7221g", "E7221G", &class_915, 0x258a, 0, 0x2588,
     .aperture_mib = 128, .gtt_entries = 32768, .pgtbl_ctl = TABLE_ABOVE,
     .gmch = STOLEN_8M | VGA_OFF},
};
/* clang-format on */

#define CHIPSETS (sizeof(chipsets) / sizeof(chipsets[0]))

const char *model_chipset_name(size_t index)
{
    return index < CHIPSETS ? chipsets[index].name : NULL;
}

const struct model_chipset *model_chipset_find(const char *name)
{
    if (name == NULL) {
        return &chipsets[0];
    }
    for (size_t i = 0; i < CHIPSETS; i++) {
        if (strcasecmp(chipsets[i].name, name) == 0) {
            return &chipsets[i];
        }
    }
    return NULL;
}

const char *model_channels_name(const char *chipset, size_t index)
{
    const struct model_chipset *row = model_chipset_find(chipset);
    const struct model_channels *channels = row != NULL ? row->class->channels : NULL;

    for (size_t i = 0; channels != NULL && channels->name != NULL; i++, channels++) {
        if (i == index) {
            return channels->name;
        }
    }
    return NULL;
}

struct hw_identity model_chipset_identity(const struct model_chipset *chipset)
{
    return (struct hw_identity){
        .name = chipset->name,
        .board = chipset->board,
        .pci_device = chipset->graphics_id,
        .gtt_entries = chipset->gtt_entries,
        .aperture_size = (uint64_t)chipset->aperture_mib << 20,
        .fence_count = chipset->class->fence_count,
        .needs_physical = chipset->class->needs_physical,
        .has_gtt_enable = chipset->class->has_gtt_enable,
        .has_held_reset = chipset->class->has_held_reset,
        .has_pineview_pll = chipset->class->has_pineview_pll,
    };
}
