/* SPDX-License-Identifier: MIT */
#include "gemd/core_clock.h"

#include "hw/gen3/regs.h"

#define SELECTS 8u

/* kHz for each value of GCFGC 6:4; 0: there is none. */
struct clocks {
    uint16_t pci_device;
    uint32_t low; /* while bit 7 is set; 0: there is no such bit */
    uint32_t slowest;
    uint32_t selected[SELECTS];
};

#define ALWAYS(khz)                                                                                \
    {                                                                                              \
        khz, khz, khz, khz, khz, khz, khz, khz                                                     \
    }

/* clang-format off */
static const struct clocks table[] = {
    {0x2582, 0, 333333, ALWAYS(333333)},
    {0x258a, 0, 333333, ALWAYS(333333)},
    {0x2592, 133333, 190000, {190000, 0, 0, 0, 333333}},
    {0x2772, 0, 400000, ALWAYS(400000)},
    {0x27a2, 133333, 200000, {200000, 0, 0, 0, 320000}},
    {0x27ae, 133333, 200000, {200000, 0, 0, 0, 320000}},
    {0xa001, 0, 133333, {266667, 333333, 444444, 0, 0, 200000, 133333, 166667}},
    {0xa011, 0, 133333, {266667, 333333, 444444, 0, 0, 200000, 133333, 166667}},
};

/* G33, Q33, Q35: a PLL, divided. */
static const struct {
    uint32_t pll_khz;
    uint8_t dividers[SELECTS];
} dividers[] = {
    {3200000, {12, 10, 8, 7, 5, 16}},
    {4000000, {14, 12, 10, 8, 6, 20}},
    {5333333, {20, 16, 12, 12, 8, 28}},
    {4800000, {20, 14, 12, 10, 8, 24}},
};
/* clang-format on */

#define G33_SLOWEST 190476u
#define PLLS        (sizeof(dividers) / sizeof(dividers[0]))

static uint32_t divided_pll(struct hw_device *dev, uint32_t select)
{
    uint32_t pll = hw_read(dev, MCH_HPLLVCO) & MCH_HPLLVCO_MASK;
    uint32_t divider = pll < PLLS ? dividers[pll].dividers[select] : 0;
    return divider != 0 ? (dividers[pll].pll_khz + divider / 2) / divider : G33_SLOWEST;
}

uint32_t core_clock_khz(struct hw_device *dev)
{
    uint32_t gcfgc = hw_config_read(dev, CONFIG_GCFGC, 2);
    uint32_t select = (gcfgc & GCFGC_CLOCK_MASK) >> GCFGC_CLOCK_SHIFT;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct clocks *clocks = &table[i];
        if (clocks->pci_device != dev->identity.pci_device) {
            continue;
        }
        if (clocks->low != 0 && (gcfgc & GCFGC_LOW) != 0) {
            return clocks->low;
        }
        return clocks->selected[select] != 0 ? clocks->selected[select] : clocks->slowest;
    }
    return divided_pll(dev, select);
}

bool core_clock_wants_double(struct hw_device *dev, uint32_t dot_khz)
{
    return (uint64_t)dot_khz * 10 > (uint64_t)core_clock_khz(dev) * 9;
}
