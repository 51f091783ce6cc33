/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/regions.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "tools/gma-vfio-user/device.h"

#define MMIO_BYTES     (512u << 10)
#define IO_INDEX       0u
#define IO_DATA        4u
#define IO_TARGET_MASK 3u /* of the index: 0 registers, 1 page-table entries */
#define IO_TARGET_GTT  1u

struct region {
    const char *name;
    int bar; /* whose size it has, -1: 'size' */
    uint32_t size;
    bool writable;
    /* A dword that is aligned; mask says which of its bytes are written. */
    uint32_t (*read)(struct device *device, uint32_t offset);
    void (*write)(struct device *device, uint32_t offset, uint32_t value, uint32_t mask);
    /* Any bytes instead. */
    void (*read_bytes)(struct device *device, uint64_t offset, uint8_t *to, size_t count);
    int (*write_bytes)(struct device *device, uint64_t offset, const uint8_t *from, size_t count);
};

static uint32_t read_register(struct device *device, uint32_t offset)
{
    return offset < MMIO_BYTES ? hw_read(device->guest, offset) : 0;
}

static void write_register(struct device *device, uint32_t offset, uint32_t value, uint32_t mask)
{
    if (offset < MMIO_BYTES) {
        device_write_register(device, offset, value, mask);
        irq_register_written(device, offset);
    }
}

static uint32_t read_entry(struct device *device, uint32_t offset)
{
    return hw_gtt_read(device->guest, offset / 4);
}

static void write_entry(struct device *device, uint32_t offset, uint32_t value, uint32_t mask)
{
    uint32_t index = offset / 4;
    if (mask != 0xffffffffu) {
        value = (value & mask) | (hw_gtt_read(device->hw, index) & ~mask);
    }
    hw_gtt_write(device->guest, index, value);
}

static uint32_t read_io(struct device *device, uint32_t offset)
{
    uint32_t at = device->io_index & ~IO_TARGET_MASK;
    if (offset == IO_INDEX) {
        return device->io_index;
    }
    switch (device->io_index & IO_TARGET_MASK) {
    case 0:
        return read_register(device, at);
    case IO_TARGET_GTT:
        return read_entry(device, at);
    default:
        return 0;
    }
}

static void write_io(struct device *device, uint32_t offset, uint32_t value, uint32_t mask)
{
    uint32_t at = device->io_index & ~IO_TARGET_MASK;
    if (offset == IO_INDEX) {
        device->io_index = (device->io_index & ~mask) | (value & mask);
    } else if ((device->io_index & IO_TARGET_MASK) == 0) {
        write_register(device, at, value, mask);
    } else if ((device->io_index & IO_TARGET_MASK) == IO_TARGET_GTT) {
        write_entry(device, at, value, mask);
    }
}

/* Up to the end of a page: a page that is not there makes a difference to its own bytes only. */
static size_t piece(uint64_t offset, size_t count)
{
    size_t rest = HW_PAGE_SIZE - (size_t)(offset % HW_PAGE_SIZE);
    return count < rest ? count : rest;
}

static void read_aperture(struct device *device, uint64_t offset, uint8_t *to, size_t count)
{
    memset(to, 0, count);
    while (count > 0) {
        size_t now = piece(offset, count);
        if (hw_aperture_read(device->guest, offset, to, now) != 0) {
            memset(to, 0, now); /* the model has noted the fault */
        }
        offset += now;
        to += now;
        count -= now;
    }
}

static int write_aperture(struct device *device, uint64_t offset, const uint8_t *from, size_t count)
{
    while (count > 0) {
        size_t now = piece(offset, count);
        int error = hw_aperture_write(device->guest, offset, from, now);
        (void)error; /* the model has noted the fault */
        offset += now;
        from += now;
        count -= now;
    }
    return 0;
}

static void read_rom(struct device *device, uint64_t offset, uint8_t *to, size_t count)
{
    memcpy(to, device->rom + offset, count);
}

/* clang-format off */
static const struct region regions[] = {
    [VFIO_PCI_BAR0_REGION_INDEX] = {.name = "registers", .bar = 0, .writable = true,
                                    .read = read_register, .write = write_register},
    [VFIO_PCI_BAR1_REGION_INDEX] = {.name = "index and data", .bar = 1, .writable = true,
                                    .read = read_io, .write = write_io},
    [VFIO_PCI_BAR2_REGION_INDEX] = {.name = "aperture", .bar = 2, .writable = true,
                                    .read_bytes = read_aperture, .write_bytes = write_aperture},
    [VFIO_PCI_BAR3_REGION_INDEX] = {.name = "page table", .bar = 3, .writable = true,
                                    .read = read_entry, .write = write_entry},
    [VFIO_PCI_BAR4_REGION_INDEX] = {.name = "BAR 4", .bar = -1},
    [VFIO_PCI_BAR5_REGION_INDEX] = {.name = "BAR 5", .bar = -1},
    [VFIO_PCI_ROM_REGION_INDEX] = {.name = "ROM", .bar = -1, .size = ROM_SIZE,
                                   .read_bytes = read_rom},
    [VFIO_PCI_CONFIG_REGION_INDEX] = {.name = "configuration space", .bar = -1,
                                      .size = CONFIG_SPACE_SIZE, .writable = true,
                                      .read_bytes = config_space_read,
                                      .write_bytes = config_space_write},
    [VFIO_PCI_VGA_REGION_INDEX] = {.name = "VGA", .bar = -1},
};
/* clang-format on */

#define REGIONS (sizeof(regions) / sizeof(regions[0]))

unsigned region_count(void)
{
    return REGIONS;
}

bool region_view(const struct device *device, uint32_t index, struct region_view *view)
{
    if (index >= REGIONS) {
        return false;
    }
    const struct region *region = &regions[index];
    *view = (struct region_view){
        .name = region->name,
        .size = region->bar >= 0 ? device->config.bar_sizes[region->bar] : region->size,
        .writable = region->writable,
    };
    if (index == VFIO_PCI_BAR3_REGION_INDEX && device->options.maps_table) {
        uint64_t entries = (uint64_t)device->hw->identity.gtt_entries * sizeof(uint32_t);
        view->mappable = entries < view->size ? entries : view->size;
    }
    return true;
}

static void read_dwords(struct device *device, const struct region *region, uint64_t offset,
                        uint8_t *to, size_t count)
{
    while (count > 0) {
        uint32_t skip = (uint32_t)(offset % 4);
        size_t now = count < 4 - skip ? count : 4 - skip;
        uint32_t value = region->read(device, (uint32_t)(offset - skip)) >> 8 * skip;
        memcpy(to, &value, now);
        offset += now;
        to += now;
        count -= now;
    }
}

static void write_dwords(struct device *device, const struct region *region, uint64_t offset,
                         const uint8_t *from, size_t count)
{
    while (count > 0) {
        uint32_t skip = (uint32_t)(offset % 4);
        size_t now = count < 4 - skip ? count : 4 - skip;
        uint32_t value = 0;
        uint32_t mask = (now == 4 ? 0xffffffffu : (1u << 8 * now) - 1) << 8 * skip;
        memcpy(&value, from, now);
        region->write(device, (uint32_t)(offset - skip), value << 8 * skip, mask);
        offset += now;
        from += now;
        count -= now;
    }
}

void region_read(struct device *device, uint32_t index, uint64_t offset, uint8_t *to, size_t count)
{
    const struct region *region = &regions[index];
    if (region->read_bytes != NULL) {
        region->read_bytes(device, offset, to, count);
    } else if (region->read != NULL) {
        read_dwords(device, region, offset, to, count);
    }
}

int region_write(struct device *device, uint32_t index, uint64_t offset, const uint8_t *from,
                 size_t count)
{
    const struct region *region = &regions[index];
    if (region->write_bytes != NULL) {
        return region->write_bytes(device, offset, from, count);
    }
    if (region->write != NULL) {
        write_dwords(device, region, offset, from, count);
    }
    return 0;
}
