/* SPDX-License-Identifier: MIT */
#include "hw/model/config.h"

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

/* doc/gen3.md A.2, A.3 */
#define CONFIG_VENDOR    0x00
#define CONFIG_DEVICE    0x02
#define CONFIG_COMMAND   0x04
#define CONFIG_CLASS     0x08 /* 31:8 class, 7:0 revision */
#define CONFIG_HEADER    0x0e
#define CONFIG_BAR(n)    (0x10u + 4u * (n))
#define CONFIG_SUBSYSTEM 0x2c
#define CONFIG_INTERRUPT 0x3c /* 7:0 line, 15:8 pin */
#define CONFIG_MCHBAR    0x44
#define CONFIG_DEVEN     0x54
#define CONFIG_BSM       0x5c
#define CONFIG_GCFGC     0xf0
#define CONFIG_ASLS      0xfc
#define BAR_IO           1u
#define BAR_PREFETCHABLE 8u
#define MANY_FUNCTIONS   0x80u
#define CLASS_VGA        0x030000u
#define CLASS_DISPLAY    0x038000u
#define CLASS_BRIDGE     0x060000u
#define VENDOR_INTEL     0x8086u
#define REVISION         2u
#define NO_FUNCTION      0xffffffffu

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

static void fill(struct config *config, const struct config_field *fields, size_t count)
{
    config->exists = true;
    for (size_t i = 0; i < count; i++) {
        put(&config->bytes[fields[i].offset], fields[i].value, fields[i].size);
        put(&config->writable[fields[i].offset], fields[i].writable, fields[i].size);
    }
}

#define FILL(config, fields) fill(config, fields, sizeof(fields) / sizeof((fields)[0]))

static void init_graphics(struct config *config, const struct model_chipset *chipset)
{
    uint32_t aperture = chipset->aperture_mib << 20;
    /* A BAR's size shows in the address bits that cannot be written. */
    const struct config_field fields[] = {
        {CONFIG_VENDOR, 2, VENDOR_INTEL, 0},
        {CONFIG_DEVICE, 2, chipset->graphics_id, 0},
        {CONFIG_COMMAND, 2, 0, 0x0407},
        {CONFIG_CLASS, 4, CLASS_VGA << 8 | REVISION, 0},
        {CONFIG_HEADER, 1, chipset->second_id != 0 ? MANY_FUNCTIONS : 0, 0},
        {CONFIG_BAR(0), 4, 0, ~(MMIO_SIZE - 1)},
        {CONFIG_BAR(1), 4, BAR_IO, 0xfff8},
        {CONFIG_BAR(2), 4, BAR_PREFETCHABLE, ~(aperture - 1)},
        {CONFIG_BAR(3), 4, 0, ~(chipset->class->gtt_bar_size - 1)},
        {CONFIG_SUBSYSTEM, 4, VENDOR_INTEL | (uint32_t)chipset->graphics_id << 16, 0},
        {CONFIG_INTERRUPT, 2, 0x0100, 0x00ff},
        {CONFIG_GMCH, 2, chipset->gmch, 0},
        {CONFIG_BSM, 4, 0, 0},
        {CONFIG_GDRST, 1, 0, 0},
        {CONFIG_GCFGC, 2, 0, 0xffff},
        {CONFIG_ASLS, 4, 0, 0xffffffff},
    };
    FILL(config, fields);
}

static void init_second(struct config *config, const struct model_chipset *chipset)
{
    const struct config_field fields[] = {
        {CONFIG_VENDOR, 2, VENDOR_INTEL, 0},
        {CONFIG_DEVICE, 2, chipset->second_id, 0},
        {CONFIG_COMMAND, 2, 0, 0x0007},
        {CONFIG_CLASS, 4, CLASS_DISPLAY << 8 | REVISION, 0},
        {CONFIG_HEADER, 1, MANY_FUNCTIONS, 0},
        {CONFIG_BAR(0), 4, 0, ~(MMIO_SIZE - 1)},
        {CONFIG_SUBSYSTEM, 4, VENDOR_INTEL | (uint32_t)chipset->second_id << 16, 0},
    };
    if (chipset->second_id != 0) {
        FILL(config, fields);
    }
}

static void init_bridge(struct config *config, const struct model_chipset *chipset)
{
    const struct config_field fields[] = {
        {CONFIG_VENDOR, 2, VENDOR_INTEL, 0}, {CONFIG_DEVICE, 2, chipset->bridge_id, 0},
        {CONFIG_COMMAND, 2, 0x0006, 0},      {CONFIG_CLASS, 4, CLASS_BRIDGE << 8 | REVISION, 0},
        {CONFIG_MCHBAR, 4, 0, 0xffffc001},   {CONFIG_GMCH, 2, chipset->gmch, 0x0002},
        {CONFIG_DEVEN, 4, 0, 0x1000001b},    {chipset->class->flush_offset, 4, 0, 0xfffff001},
    };
    const struct config_field high = {(uint8_t)(chipset->class->flush_offset + 4), 4, 0,
                                      0x0000000f};

    FILL(config, fields);
    if (chipset->class->bus_bits > 32) {
        fill(config, &high, 1);
    }
}

void model_config_init(struct model *model)
{
    init_graphics(&model->configs[MODEL_GRAPHICS], model->chipset);
    init_second(&model->configs[MODEL_GRAPHICS_SECOND], model->chipset);
    init_bridge(&model->configs[MODEL_HOST_BRIDGE], model->chipset);
}

static bool is_access(uint32_t offset, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && offset % size == 0 &&
           offset <= CONFIG_SIZE - size;
}

/*
 * doc/gen3.md B.9: the enable bit falls by itself when the reset is done; on 915 and 945 it stays,
 * and the status bit says so, until software takes it back.
 */
static uint8_t reset_register(const struct model *model)
{
    bool busy = model->streamer.reset_asked;

    if (!model->chipset->class->has_held_reset) {
        return busy ? GDRST_ENABLE : 0;
    }
    if (!model->reset_held) {
        return 0;
    }
    return (uint8_t)(GDRST_ENABLE | (busy ? 0 : GDRST_STATUS));
}

static void reset_written(struct model *model, uint8_t value)
{
    bool enable = (value & GDRST_ENABLE) != 0;

    if (enable && !model->reset_held) {
        streamer_ask_reset(model, value >> GDRST_DOMAIN_SHIFT & 3u);
    }
    model->reset_held = enable && model->chipset->class->has_held_reset;
}

uint32_t model_config_read(struct model *model, enum model_function function, uint32_t offset,
                           unsigned size)
{
    const struct config *config = &model->configs[function];
    uint32_t value = 0;

    if (!is_access(offset, size) || !config->exists) {
        return NO_FUNCTION;
    }
    model_lock(model);
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = config->bytes[offset + i];
        if (function == MODEL_GRAPHICS && offset + i == CONFIG_GDRST) {
            byte |= reset_register(model);
        }
        value |= (uint32_t)byte << 8 * i;
    }
    model_unlock(model);
    return value;
}

void model_config_write(struct model *model, enum model_function function, uint32_t offset,
                        unsigned size, uint32_t value)
{
    struct config *config = &model->configs[function];

    if (!is_access(offset, size) || !config->exists) {
        return;
    }
    model_lock(model);
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        uint8_t mask = config->writable[offset + i];
        uint8_t *at = &config->bytes[offset + i];
        *at = (uint8_t)((*at & ~mask) | (byte & mask));
        if (function == MODEL_GRAPHICS && offset + i == CONFIG_GDRST) {
            reset_written(model, byte);
        }
    }
    model_unlock(model);
}
