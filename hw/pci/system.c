/* SPDX-License-Identifier: MIT */
#include "hw/pci/system.h"

#include <errno.h>
#include <pciaccess.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void convert(struct pci_device *device, struct pci_function *function)
{
    *function = (struct pci_function){
        .domain = device->domain,
        .bus = device->bus,
        .dev = device->dev,
        .func = device->func,
        .vendor = device->vendor_id,
        .device = device->device_id,
        .class = device->device_class,
    };
    const char *vendor = pci_device_get_vendor_name(device);
    const char *name = pci_device_get_device_name(device);
    if (vendor != NULL && name != NULL) {
        snprintf(function->name, sizeof(function->name), "%s %s", vendor, name);
    }
    for (unsigned i = 0; i < PCI_BARS; i++) {
        const struct pci_mem_region *region = &device->regions[i];
        function->bars[i] = (struct pci_bar){region->base_addr, region->size, region->is_IO != 0};
    }
}

static size_t count_devices(void)
{
    size_t count = 0;
    struct pci_device_iterator *walk = pci_slot_match_iterator_create(NULL);
    while (walk != NULL && pci_device_next(walk) != NULL) {
        count++;
    }
    pci_iterator_destroy(walk);
    return count;
}

static int list(struct pci_function **functions, size_t *count)
{
    int error = pci_system_init();
    if (error != 0) {
        return -error;
    }
    size_t room = count_devices();
    *count = 0;
    *functions = calloc(room + 1, sizeof(**functions));
    struct pci_device_iterator *walk = pci_slot_match_iterator_create(NULL);
    if (*functions == NULL || walk == NULL) {
        free(*functions);
        pci_iterator_destroy(walk);
        pci_system_cleanup();
        return -ENOMEM;
    }
    struct pci_device *device;
    while (*count < room && (device = pci_device_next(walk)) != NULL) {
        /* Without the right to read all of it a device has its numbers, if no BARs. */
        (void)pci_device_probe(device);
        convert(device, &(*functions)[(*count)++]);
    }
    pci_iterator_destroy(walk);
    pci_system_cleanup();
    return 0;
}

static void enable(const struct pci_function *function)
{
    if (pci_system_init() != 0) {
        return;
    }
    struct pci_device *device =
        pci_device_find_by_slot(function->domain, function->bus, function->dev, function->func);
    if (device != NULL) {
        pci_device_enable(device);
    }
    pci_system_cleanup();
}

static void pause_for(long ns)
{
    const struct timespec time = {.tv_nsec = ns};
    nanosleep(&time, NULL);
}

const struct pci_system pci_system = {
    .list = list,
    .enable = enable,
    .pause = pause_for,
    .devices = "/sys/bus/pci/devices",
    .drivers = "/sys/bus/pci/drivers",
    .dev = "/dev",
    .lockdown = "/sys/kernel/security/lockdown",
    .iomem = "/proc/iomem",
    .pagemap = "/proc/self/pagemap",
};

void pci_function_slot(const struct pci_function *function, char slot[PCI_SLOT_MAX])
{
    snprintf(slot, PCI_SLOT_MAX, "%04x:%02x:%02x.%u", function->domain & 0xffffu, function->bus,
             function->dev & 0x1fu, function->func & 7u);
}

void pci_function_describe(const struct pci_function *function, char *text, size_t size)
{
    snprintf(text, size, "%s%s%04x:%04x%s", function->name, function->name[0] != '\0' ? " (" : "",
             function->vendor, function->device, function->name[0] != '\0' ? ")" : "");
}

bool pci_function_path(const struct pci_system *system, const struct pci_function *function,
                       const char *file, char *path, size_t size)
{
    char slot[PCI_SLOT_MAX];
    pci_function_slot(function, slot);
    int length = snprintf(path, size, "%s/%s/%s", system->devices, slot, file);
    return length > 0 && (size_t)length < size;
}
