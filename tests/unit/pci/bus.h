/* SPDX-License-Identifier: MIT */
/*
 * A bus of a test's own: functions in an array, and their files in a directory shaped as the
 * kernel's. Registers and entries are files that keep what is written; nothing else happens.
 */
#ifndef TESTS_UNIT_PCI_BUS_H
#define TESTS_UNIT_PCI_BUS_H

#include "hw/pci/system.h"

#define BUS_FUNCTIONS_MAX 4
#define BUS_APERTURE      (4u << 20)
#define BUS_ENTRIES_BYTES (512u << 10)

struct bus {
    struct pci_system system; /* first */
    char root[64];
    char paths[6][96]; /* what the system's point to */
    struct pci_function functions[BUS_FUNCTIONS_MAX];
    unsigned count;
};

/* Empty, and the one that its system lists: one at a time. */
void bus_init(struct bus *bus);
void bus_finish(struct bus *bus);

/* A display or a bridge at 0000:00:DEV.0, with config space, and the BARs of a GPU if it is one. */
struct pci_function *bus_add(struct bus *bus, uint8_t dev, uint16_t vendor, uint16_t device,
                             const char *name);

/* A file of the root, or of the GPU at 0000:00:02.0 ("config"); its path is good until the next. */
const char *bus_path(const struct bus *bus, const char *file);
const char *bus_gpu_path(const struct bus *bus, const char *file);
/* With its directories. */
void bus_write(const char *path, const void *bytes, size_t size, uint64_t file_size);
void bus_write_text(const char *path, const char *text);
void bus_link(const char *path, const char *target);
uint32_t bus_read_dword(const char *path, uint64_t offset);
void bus_write_dword(const char *path, uint64_t offset, uint32_t value);

#endif
