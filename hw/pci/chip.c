/* SPDX-License-Identifier: MIT */
#include "hw/pci/chip.h"

#include <stddef.h>

#include "hw/gen3/regs.h"

#define IDENTITY_915(id, name_, board_)                                                            \
    .name = name_, .board = board_, .pci_device = id, .fence_count = 8, .needs_physical = true,    \
    .has_gtt_enable = true, .has_held_reset = true
#define IDENTITY_945(id, name_, board_)                                                            \
    .name = name_, .board = board_, .pci_device = id, .fence_count = 16, .needs_physical = true,   \
    .has_gtt_enable = true, .has_held_reset = true
#define IDENTITY_G33(id, name_, board_)                                                            \
    .name = name_, .board = board_, .pci_device = id, .fence_count = 16
#define IDENTITY_PINEVIEW(id, name_, board_)                                                       \
    IDENTITY_G33(id, name_, board_), .has_pineview_pll = true

/* The ring of a real chip reads memory past the processor's caches. */
#define ROW(identity_, bits, flush)                                                                \
    {                                                                                              \
        .identity = {identity_, .snoops = true}, .bus_bits = bits, .flush_offset = flush           \
    }

static const struct pci_chip chips[] = {
    ROW(IDENTITY_915(0x2582, "915g", "915G"), 32, 0x60),
    ROW(IDENTITY_915(0x258a, "e7221g", "E7221G"), 32, 0x60),
    ROW(IDENTITY_915(0x2592, "915gm", "915GM"), 32, 0x60),
    ROW(IDENTITY_945(0x2772, "945g", "945G"), 32, 0x60),
    ROW(IDENTITY_945(0x27a2, "945gm", "945GM"), 32, 0x60),
    ROW(IDENTITY_945(0x27ae, "945gme", "945GME"), 32, 0x60),
    ROW(IDENTITY_G33(0x29c2, "g33", "G33"), 36, 0x70),
    ROW(IDENTITY_G33(0x29b2, "q35", "Q35"), 36, 0x70),
    ROW(IDENTITY_G33(0x29d2, "q33", "Q33"), 36, 0x70),
    ROW(IDENTITY_PINEVIEW(0xa001, "pineview-g", "Pineview G"), 36, 0x70),
    ROW(IDENTITY_PINEVIEW(0xa011, "pineview-m", "Pineview M"), 36, 0x70),
};

const struct pci_chip *pci_chip_find(uint16_t pci_device)
{
    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
        if (chips[i].identity.pci_device == pci_device) {
            return &chips[i];
        }
    }
    return NULL;
}

/* On 915 and 945 as many as the aperture has pages; on G33 the register says it (A.4). */
uint32_t pci_chip_gtt_entries(const struct pci_chip *chip, uint32_t pgtbl_ctl,
                              uint64_t aperture_size, uint64_t gtt_bar_size)
{
    static const uint32_t kibibytes[] = {512, 256, 128};
    uint32_t size = (pgtbl_ctl & PGTBL_CTL_SIZE_MASK) >> 1;
    uint64_t entries = aperture_size / HW_PAGE_SIZE;
    if (!chip->identity.has_gtt_enable) {
        entries = size < 3 ? kibibytes[size] * 1024u / 4 : 0;
    }
    uint64_t room = gtt_bar_size / 4;
    return (uint32_t)(entries < room ? entries : room);
}
