/* SPDX-License-Identifier: MIT */
#include "hw/pci/swizzle.h"

#include "hw/gen3/regs.h"

#define BIT(n) (1u << (n))

static const struct {
    uint32_t bits;
    const char *name;
} kinds[] = {
    {0, "none"},
    {BIT(9) | BIT(10), "9_10"},
    {BIT(9) | BIT(10) | BIT(11), "9_10_11"},
    {BIT(9) | BIT(10) | BIT(17), "9_10_17"},
};

const char *pci_swizzle_name(uint32_t bits)
{
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].bits == bits) {
            return kinds[i].name;
        }
    }
    return "unknown";
}

/* G33 has no DCC: two channels that end at the same place are interleaved. */
static bool has_channel_ends(const struct hw_identity *identity)
{
    return !identity->has_gtt_enable && !identity->has_pineview_pll;
}

uint32_t pci_swizzle_of(struct hw_device *dev)
{
    if (has_channel_ends(&dev->identity)) {
        uint32_t first = hw_read(dev, MCH_C0DRB2) >> MCH_DRB3_SHIFT;
        uint32_t second = hw_read(dev, MCH_C1DRB2) >> MCH_DRB3_SHIFT;
        return first == second ? kinds[1].bits : 0;
    }
    uint32_t dcc = hw_read(dev, MCH_DCC);
    if ((dcc & DCC_MODE_MASK) != DCC_INTERLEAVED) {
        return 0;
    }
    if ((dcc & DCC_NO_XOR) != 0) {
        return kinds[1].bits;
    }
    return (dcc & DCC_XOR_17) != 0 ? kinds[3].bits : kinds[2].bits;
}
