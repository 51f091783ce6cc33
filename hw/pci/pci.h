/* SPDX-License-Identifier: MIT */
/*
 * A gen3 GPU on the PCI bus, behind hw/device.h (doc/hardware.md).
 *
 * Opening takes privileges and files; afterwards none are needed: what is used are memory that is
 * mapped and descriptors that are open (the configuration space, a uio device or a timer, the ring
 * that pins memory, /proc/self/pagemap). Of system calls only pread and pwrite on these, read,
 * memfd_create, ftruncate, mmap, munmap, getrusage, and io_uring_register to change its table of
 * buffers. There are no threads.
 *
 * The page table, the PCI command register and the flush page are put back as they were found when
 * the device is destroyed. A process that was forked from the one that opened the device has the
 * same mappings and keeps memory pinned; ops->release() puts things back there when the first has
 * died: until then the GPU may go on writing.
 */
#ifndef GEMD_HW_PCI_PCI_H
#define GEMD_HW_PCI_PCI_H

#include "hw/device.h"
#include "hw/pci/error.h"
#include "hw/pci/system.h"

struct pci_options {
    const char *slot;                /* "0000:00:02.0"; NULL: the first one */
    const struct pci_system *system; /* NULL: the one that this runs on */
    bool skips_test;                 /* of flushes and swizzling, when it is opened */
    /* Called with one line of text, without newline; may be NULL. */
    void (*log)(void *data, bool is_warning, const char *line);
    void *log_data;
};

/* NULL, with 'error'. */
struct hw_device *pci_open(const struct pci_options *options, struct pci_error *error);

/* Whether text can be the name of a device: "", or ":" and a place on a bus. */
bool pci_name_is_valid(const char *text);

#endif
