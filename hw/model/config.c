/* SPDX-License-Identifier: MIT */
#include "hw/model/config.h"

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

/* doc/gen3.md A.2, A.3 */
#define CONFIG_VENDOR    0x00
#define CONFIG_DEVICE    0x02
#define CONFIG_COMMAND   0x04
#define CONFIG_CLASS     0x08 /* 31:8 class, 7:0 revision */
#define CONFIG_BAR(n)    (0x10u + 4u * (n))
#define CONFIG_SUBSYSTEM 0x2c
#define CONFIG_INTERRUPT 0x3c /* 7:0 line, 15:8 pin */
#define CONFIG_GMCH      0x52
#define CONFIG_BSM       0x5c
#define BAR_IO           1u
#define BAR_PREFETCHABLE 8u
#define CLASS_VGA        0x030000u
#define VENDOR_INTEL     0x8086u
#define REVISION         2u

struct config_field {
    uint8_t offset;
    uint8_t size;
    uint32_t value;
    uint32_t writable;
};

static void put(uint8_t *bytes, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

void model_config_init(struct model *model)
{
    const struct model_chipset *chipset = model->chipset;
    /* A BAR's size shows in the address bits that cannot be written. */
    const struct config_field fields[] = {
        {CONFIG_VENDOR, 2, VENDOR_INTEL, 0},
        {CONFIG_DEVICE, 2, chipset->identity.pci_device, 0},
        {CONFIG_COMMAND, 2, 0, 0x0407},
        {CONFIG_CLASS, 4, CLASS_VGA << 8 | REVISION, 0},
        {CONFIG_BAR(0), 4, 0, ~(MMIO_SIZE - 1)},
        {CONFIG_BAR(1), 4, BAR_IO, 0xfff8},
        {CONFIG_BAR(2), 4, BAR_PREFETCHABLE, ~((uint32_t)chipset->identity.aperture_size - 1)},
        {CONFIG_BAR(3), 4, 0, ~(chipset->gtt_bar_size - 1)},
        {CONFIG_SUBSYSTEM, 4, VENDOR_INTEL | (uint32_t)chipset->identity.pci_device << 16, 0},
        {CONFIG_INTERRUPT, 2, 0x0100, 0x00ff},
        {CONFIG_GMCH, 2, chipset->gmch, 0},
        {CONFIG_BSM, 4, 0, 0},
        {CONFIG_GDRST, 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        put(&model->config.bytes[fields[i].offset], fields[i].value, fields[i].size);
        put(&model->config.writable[fields[i].offset], fields[i].writable, fields[i].size);
    }
}

static bool is_access(uint32_t offset, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && offset % size == 0 &&
           offset <= CONFIG_SIZE - size;
}

uint32_t model_config_read(struct model *model, uint32_t offset, unsigned size)
{
    uint32_t value = 0;

    if (!is_access(offset, size)) {
        return 0xffffffffu;
    }
    model_lock(model);
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = model->config.bytes[offset + i];
        if (offset + i == CONFIG_GDRST && model->streamer.reset_asked) {
            byte |= GDRST_ENABLE;
        }
        value |= (uint32_t)byte << 8 * i;
    }
    model_unlock(model);
    return value;
}

void model_config_write(struct model *model, uint32_t offset, unsigned size, uint32_t value)
{
    if (!is_access(offset, size)) {
        return;
    }
    model_lock(model);
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        uint8_t mask = model->config.writable[offset + i];
        uint8_t *at = &model->config.bytes[offset + i];
        *at = (uint8_t)((*at & ~mask) | (byte & mask));
        if (offset + i == CONFIG_GDRST && (byte & GDRST_ENABLE)) {
            streamer_ask_reset(model, byte >> GDRST_DOMAIN_SHIFT & 3u);
        }
    }
    model_unlock(model);
}
