/* SPDX-License-Identifier: MIT */
/*
 * The system as hw/pci looks at it: what is on the bus, by libpciaccess, and where the kernel's
 * files about it are. Tests give a bus of their own.
 */
#ifndef GEMD_HW_PCI_SYSTEM_H
#define GEMD_HW_PCI_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_BARS 6

struct pci_bar {
    uint64_t base, size; /* 0: not assigned; there is none */
    bool is_io;
};

struct pci_function {
    uint32_t domain;
    uint8_t bus, dev, func;
    uint16_t vendor, device;
    uint32_t class; /* 23:16 class, 15:8 subclass */
    char name[128]; /* vendor and device, of pci.ids; "" when it does not know */
    struct pci_bar bars[PCI_BARS];
};

#define PCI_SLOT_MAX 16 /* "0000:00:02.0" and its end */

struct pci_system {
    /* A new array, the caller's to free(); 0 or a negative errno. */
    int (*list)(struct pci_function **functions, size_t *count);
    /* The device is switched on, as the kernel does for a driver; may be NULL. */
    void (*enable)(const struct pci_function *function);
    /* So long passes while somebody else is waited for. */
    void (*pause)(long ns);
    const char *devices;  /* "/sys/bus/pci/devices" */
    const char *drivers;  /* "/sys/bus/pci/drivers" */
    const char *dev;      /* "/dev" */
    const char *lockdown; /* "/sys/kernel/security/lockdown" */
    const char *iomem;    /* "/proc/iomem" */
    const char *pagemap;  /* "/proc/self/pagemap" */
};

extern const struct pci_system pci_system;

/* "0000:00:02.0" */
void pci_function_slot(const struct pci_function *function, char slot[PCI_SLOT_MAX]);
/* "Intel Corporation 945G (8086:2772)", or the numbers alone. */
void pci_function_describe(const struct pci_function *function, char *text, size_t size);
/* The path of a file of the function; false: too long. */
bool pci_function_path(const struct pci_system *system, const struct pci_function *function,
                       const char *file, char *path, size_t size);

#endif
