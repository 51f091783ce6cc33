/* SPDX-License-Identifier: MIT */
/*
 * The device that is served: function 0:2.0 of a chip of the model, with its regions, interrupts
 * and the guest's memory. Used by one thread; the model has threads of its own.
 *
 * The model lives as long as nobody resets the device; what outlives it is here.
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_DEVICE_H
#define GEMD_TOOLS_GMA_VFIO_USER_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/device.h"
#include "hw/model/model.h"
#include "hw/model/watch.h"
#include "tools/gma-vfio-user/config_space.h"
#include "tools/gma-vfio-user/dma.h"
#include "tools/gma-vfio-user/firmware.h"
#include "tools/gma-vfio-user/irq.h"
#include "tools/gma-vfio-user/rom.h"

/* What a range of page-table entries can take at most, and so the file that they are in. */
#define DEVICE_GTT_FILE (1u << 20)

/* Stolen memory: 8 MiB, which GMCH_CTRL of the host bridge has to say (doc/vm.md). */
#define DEVICE_STOLEN_BASE 0x7f800000u
#define DEVICE_STOLEN_SIZE (8u << 20)

struct device_options {
    struct model_options model;    /* page_table is the device's to fill in */
    uint64_t stolen_base;          /* bus address, in MiB, below 4 GiB */
    bool maps_table;               /* the peer may map the page table (doc/vm.md) */
    enum firmware_screen firmware; /* what it leaves; one that firmware_can() */
    model_watch_fn watch;          /* NULL: nobody watches */
    void *watch_data;
    const int *trace; /* a file for what the peer does (hw/trace); the caller's; NULL: none */
};

struct device {
    struct device_options options;
    /* Called with -1 before hw_irq_fd() goes, and with the new one; NULL: nobody wants to know. */
    void (*line_changed)(void *data, int fd);
    void *line_data;
    struct hw_device *hw;    /* NULL only when a restart failed */
    struct hw_device *guest; /* the same, for what the peer does, which may be written down */
    int gtt_fd;              /* sealed; entries from 0 on */
    void *gtt;
    struct dma dma;
    struct config_space config;
    struct irq irq;
    uint8_t rom[ROM_SIZE];
    uint32_t io_index; /* BAR 1: where its data register leads */
};

/* 0 or a negative errno. */
int device_init(struct device *device, const struct device_options *options);
void device_finish(struct device *device);

/*
 * As after power-on, and what the firmware does then: registers, page table, configuration and
 * stolen memory. The guest's memory and its interrupts stay; nothing of the old model runs any
 * more. 0 or a negative errno, then there is no model and the device is of no use.
 */
int device_reset(struct device *device);

/* The peer writes the bytes in 'mask' of a register. */
void device_write_register(struct device *device, uint32_t reg, uint32_t value, uint32_t mask);

/* As out of D3hot: registers only. */
int device_wake(struct device *device);

/* The peer is gone: a reset, without its memory and its interrupts. */
int device_forget_peer(struct device *device);

#endif
