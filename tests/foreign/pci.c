/* SPDX-License-Identifier: MIT */
/*
 * The bus as an X server sees it through libpciaccess: a graphics device at 0:2.0, and nothing
 * else. And the questions to libdrm that it would look for in /sys.
 */
#include <errno.h>
#include <pciaccess.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "tests/foreign/device.h"

/* What is defined here replaces what the program would call. */
#pragma GCC visibility push(default)

int drmCheckModesettingSupported(const char *bus); /* in no header */

struct pci_device_iterator {
    bool ended;
};

static struct pci_device graphics = {
    .dev = 2,
    .vendor_id = 0x8086,
    .subvendor_id = 0x8086,
    .device_class = 0x030000,
};

static bool matches(uint32_t wanted, uint32_t value)
{
    return wanted == PCI_MATCH_ANY || wanted == value;
}

int pci_system_init(void)
{
    graphics.device_id = foreign_chip();
    graphics.subdevice_id = foreign_chip();
    graphics.regions[2].size = 256u << 20; /* the aperture: UXA asks how large it is */
    return 0;
}

struct pci_device_iterator *pci_slot_match_iterator_create(const struct pci_slot_match *match)
{
    struct pci_device_iterator *it = calloc(1, sizeof(*it));

    if (it != NULL && match != NULL) {
        it->ended = !matches(match->domain, 0) || !matches(match->bus, 0) ||
                    !matches(match->dev, 2) || !matches(match->func, 0);
    }
    return it;
}

struct pci_device_iterator *pci_id_match_iterator_create(const struct pci_id_match *match)
{
    struct pci_device_iterator *it = calloc(1, sizeof(*it));

    if (it != NULL && match != NULL) {
        it->ended = !matches(match->vendor_id, 0x8086) ||
                    !matches(match->device_id, foreign_chip()) ||
                    (graphics.device_class & match->device_class_mask) !=
                        (match->device_class & match->device_class_mask);
    }
    return it;
}

struct pci_device *pci_device_next(struct pci_device_iterator *it)
{
    if (it == NULL || it->ended) {
        return NULL;
    }
    it->ended = true;
    return &graphics;
}

void pci_iterator_destroy(struct pci_device_iterator *it)
{
    free(it);
}

struct pci_device *pci_device_find_by_slot(uint32_t domain, uint32_t bus, uint32_t dev,
                                           uint32_t func)
{
    return domain == 0 && bus == 0 && dev == 2 && func == 0 ? &graphics : NULL;
}

int pci_device_probe(struct pci_device *device)
{
    (void)device;
    return 0;
}

int pci_device_is_boot_vga(struct pci_device *device)
{
    return device == &graphics;
}

int pci_device_cfg_read_u16(struct pci_device *device, uint16_t *data, pciaddr_t offset)
{
    (void)device;
    *data = offset == 4 ? 7 : 0; /* the command register: memory, ports, bus master */
    return 0;
}

int pci_device_cfg_read_u32(struct pci_device *device, uint32_t *data, pciaddr_t offset)
{
    (void)device;
    (void)offset;
    *data = 0;
    return 0;
}

int pci_device_vgaarb_init(void)
{
    return ENODEV;
}

/* ---- libdrm ---- */

int drmCheckModesettingSupported(const char *bus)
{
    (void)bus;
    return 0;
}

int drmOpen(const char *name, const char *bus)
{
    (void)name;
    (void)bus;
    return foreign_device_open();
}

char *drmGetDeviceNameFromFd(int fd)
{
    (void)fd;
    return strdup("/dev/dri/card0");
}

char *drmGetDeviceNameFromFd2(int fd)
{
    return drmGetDeviceNameFromFd(fd);
}
