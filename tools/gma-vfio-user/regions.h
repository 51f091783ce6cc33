/* SPDX-License-Identifier: MIT */
/*
 * The device's regions, by VFIO's numbers for PCI: BARs 0 to 5, ROM, configuration space, VGA.
 *
 * BAR 0 registers; BAR 1 an index (at 0) and a data register (at 4) that lead to registers or, with
 * bit 0 of the index, to page-table entries; BAR 2 the aperture; BAR 3 page-table entries, of which
 * those that exist may be mapped: the model reads them from the same memory.
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_REGIONS_H
#define GEMD_TOOLS_GMA_VFIO_USER_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;

struct region_view {
    const char *name;
    uint64_t size;     /* bytes; 0: there is none */
    uint64_t mappable; /* bytes from the start on, in device.gtt_fd; 0: none */
    bool writable;
};

/* False beyond the last index. */
bool region_view(const struct device *device, uint32_t index, struct region_view *view);
unsigned region_count(void);

/*
 * The caller has checked that offset + count is inside of the region. What does not exist reads
 * zeros and ignores writes. write: 0, or a negative errno when the device is of no use any more.
 */
void region_read(struct device *device, uint32_t index, uint64_t offset, uint8_t *to, size_t count);
int region_write(struct device *device, uint32_t index, uint64_t offset, const uint8_t *from,
                 size_t count);

#endif
