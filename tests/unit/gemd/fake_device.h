/* SPDX-License-Identifier: MIT */
/*
 * A device that does nothing: registers keep what is written (IIR and EIR lose it), entries of the
 * page table too, and memory is plain memory. A test plays the GPU and the pipe by setting
 * registers.
 */
#ifndef TESTS_UNIT_GEMD_FAKE_DEVICE_H
#define TESTS_UNIT_GEMD_FAKE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"

#define FAKE_GTT_ENTRIES 4096u
#define FAKE_MMIO_BYTES  0x80000u

struct fake_device {
    struct hw_device base;
    uint32_t registers[FAKE_MMIO_BYTES / 4];
    uint32_t gtt[FAKE_GTT_ENTRIES];
    unsigned gtt_writes, flushes, chipset_flushes, resets;
    unsigned memories;        /* allocated and attached, not released */
    const void *flushed_from; /* where the last memory_flush() began */
    size_t flushed_bytes;     /* by all of them */
    uint32_t gcfgc;           /* what GCFGC says */
    uint64_t next_bus;
    int irq;
    uint32_t moving; /* a register that counts how often it was read; 0: none */
    /* Called before a register is written, to play what happens at that moment. */
    void (*on_write)(struct fake_device *fake, uint32_t reg, uint32_t value);
    void *on_write_data;
};

struct fake_device *fake_device_create(void);
void fake_device_destroy(struct fake_device *fake);

uint32_t fake_register(const struct fake_device *fake, uint32_t reg);

/* Sets bits of IIR and raises the line. */
void fake_interrupt(struct fake_device *fake, uint32_t bits);

/* The pipe's counters: whole frames, and the pixel within the frame. */
void fake_set_frame(struct fake_device *fake, uint32_t frame, uint32_t pixel);

#endif
