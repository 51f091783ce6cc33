/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/config_space.h"

#include <string.h>

#include "hw/gen3/regs.h"
#include "tools/gma-vfio-user/device.h"

#define BAR(n)            (0x10u + 4u * (n))
#define BAR_IO            1u
#define HEADER_TYPE       0x0eu
#define MANY_FUNCTIONS    0x80u
#define ROM_BAR           0x30u
#define ROM_BAR_ENABLE    1u
#define STATUS_LIST       (1u << 4) /* there are capabilities */
#define MSI_ID            0x05u
#define PM_ID             0x01u
#define PM_VERSION        2u
#define POWER_STATE       3u
#define GMCH_STOLEN_MASK  0xf0u
#define GMCH_STOLEN_8M    0x30u
#define GMCH_VGA_OFF      (1u << 1)
#define MESSAGE_ADDRESSES 0xfffffffcu

/* What is the server's: value, and the bits that software can change. */
struct field {
    uint8_t offset, size;
    uint32_t value, writable;
};

static void put(struct config_space *config, const struct field *field)
{
    for (unsigned i = 0; i < field->size; i++) {
        config->bytes[field->offset + i] = (uint8_t)(field->value >> 8 * i);
        config->writable[field->offset + i] = (uint8_t)(field->writable >> 8 * i);
        config->own[field->offset + i] = true;
    }
}

/* The size of a BAR shows in the bits that cannot be written. */
static uint32_t probe_bar(struct hw_device *hw, unsigned bar)
{
    hw_config_write(hw, BAR(bar), 4, 0xffffffffu);
    uint32_t value = hw_config_read(hw, BAR(bar), 4);
    hw_config_write(hw, BAR(bar), 4, 0);
    /* An I/O BAR has 16 bits of address, and two that say what it is. */
    value = (value & BAR_IO) ? (value & ~3u) | 0xffff0000u : value & ~15u;
    return value != 0 ? ~value + 1 : 0;
}

void config_space_reset(struct device *device)
{
    struct config_space *config = &device->config;
    uint32_t header = hw_config_read(device->hw, HEADER_TYPE, 1) & ~MANY_FUNCTIONS;
    uint32_t gmch = hw_config_read(device->hw, CONFIG_GMCH, 2) & ~(GMCH_STOLEN_MASK | GMCH_VGA_OFF);
    gmch |= GMCH_STOLEN_8M;
    const struct field fields[] = {
        {CONFIG_SPACE_STATUS, 2, STATUS_LIST, 0},
        {HEADER_TYPE, 1, header, 0}, /* 0:2.1 is not served */
        {ROM_BAR, 4, 0, ~(ROM_SIZE - 1) | ROM_BAR_ENABLE},
        {CONFIG_SPACE_CAPABILITIES, 1, CONFIG_SPACE_MSI, 0},
        {CONFIG_GMCH, 2, gmch, 0},
        {CONFIG_SPACE_BSM, 4, (uint32_t)device->dma.stolen.address, 0},
        /* One message, 32-bit address. */
        {CONFIG_SPACE_MSI, 4, MSI_ID | CONFIG_SPACE_PM << 8, 1u << 16},
        {CONFIG_SPACE_MSI + 4, 4, 0, MESSAGE_ADDRESSES},
        {CONFIG_SPACE_MSI + 8, 2, 0, 0xffff},
        {CONFIG_SPACE_PM, 4, PM_ID | PM_VERSION << 16, 0},
        {CONFIG_SPACE_PM_CONTROL, 4, 0, POWER_STATE},
    };

    memset(config, 0, sizeof(*config));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        put(config, &fields[i]);
    }
    rom_make(device->rom, device->hw->identity.pci_device, (uint16_t)gmch);
    for (unsigned bar = 0; bar < CONFIG_SPACE_BARS; bar++) {
        config->bar_sizes[bar] = probe_bar(device->hw, bar);
    }
}

void config_space_save(struct device *device, struct config_snapshot *snapshot)
{
    for (uint32_t i = 0; i < CONFIG_SPACE_SIZE / 4; i++) {
        snapshot->model[i] = hw_config_read(device->hw, 4 * i, 4);
    }
    memcpy(snapshot->bytes, device->config.bytes, sizeof(snapshot->bytes));
}

void config_space_restore(struct device *device, const struct config_snapshot *snapshot)
{
    for (uint32_t i = 0; i < CONFIG_SPACE_SIZE / 4; i++) {
        if (4 * i != (CONFIG_GDRST & ~3u)) {
            hw_config_write(device->hw, 4 * i, 4, snapshot->model[i]);
        }
    }
    memcpy(device->config.bytes, snapshot->bytes, sizeof(snapshot->bytes));
}

static uint8_t read_byte(struct device *device, uint32_t offset)
{
    if (!device->config.own[offset]) {
        return (uint8_t)hw_config_read(device->guest, offset, 1);
    }
    uint8_t value = device->config.bytes[offset];
    if (offset == CONFIG_SPACE_STATUS && irq_line_is_asserted(device)) {
        value |= CONFIG_STATUS_INTX;
    }
    return value;
}

void config_space_read(struct device *device, uint64_t offset, uint8_t *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = read_byte(device, (uint32_t)(offset + i));
    }
}

/* 0 or a negative errno. */
static int write_byte(struct device *device, uint32_t offset, uint8_t value)
{
    struct config_space *config = &device->config;
    uint8_t before = config->bytes[offset];
    if (!config->own[offset]) {
        hw_config_write(device->guest, offset, 1, value);
        if (offset / 2 == CONFIG_SPACE_COMMAND / 2) {
            irq_evaluate(device);
        }
        return 0;
    }
    config->bytes[offset] =
        (uint8_t)((before & ~config->writable[offset]) | (value & config->writable[offset]));
    /* Out of D3hot the chip comes without its registers: the driver has to restore them. */
    bool wakes = offset == CONFIG_SPACE_PM_CONTROL && (before & POWER_STATE) == POWER_STATE &&
                 (config->bytes[offset] & POWER_STATE) == 0;
    return wakes ? device_wake(device) : 0;
}

int config_space_write(struct device *device, uint64_t offset, const uint8_t *from, size_t count)
{
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        error = write_byte(device, (uint32_t)(offset + i), from[i]);
    }
    return error;
}

bool config_space_intx_is_off(struct device *device)
{
    return (hw_config_read(device->hw, CONFIG_SPACE_COMMAND, 2) & CONFIG_COMMAND_INTX_OFF) != 0;
}
