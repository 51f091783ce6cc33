/* SPDX-License-Identifier: MIT */
/*
 * The modelled GPU: a functional model of a gen3 chip behind hw/device.h.
 *
 * It reads memory only through the GTT, runs only what its ring holds, and stops with IPEHR, ACTHD,
 * IPEIR, EIR and ESR set on a command that it does not know. Only a reset (GDRST) starts it again.
 *
 * What software sees of a plane: DSPADDR, DSPCNTR and DSPSTRIDE read back what was last written.
 * A write of DSPADDR (or MI_DISPLAY_FLIP) arms them; they are latched together at the first line
 * of the next vblank of the plane's pipe, or at once while that pipe does not run. Until then ISR
 * has the plane's flip-pending bit, for register writes, too. The vblank interrupt comes one line
 * or more after the latch: when it is seen, what was armed before that vblank is scanned out, and
 * the buffer before it is free. A pipe's clock and timing are taken when PIPECONF enables it.
 */
#ifndef GEMD_HW_MODEL_MODEL_H
#define GEMD_HW_MODEL_MODEL_H

#include "hw/device.h"

#define MODEL_THREADS_MAX 64

struct model_options {
    unsigned threads;    /* that draw, the streamer counted; 0: one per processor */
    const char *chipset; /* a name of model_chipset_name(), in any case; NULL: "g33" */
    const char *memory;  /* one of model_channels_name(), in any case; NULL: the chipset's first */
    /* Called from a thread of the model with one line of text, without newline; may be NULL. */
    void (*log)(void *data, const char *line);
    void *log_data;
    /*
     * The dot clock's time base. NULL: CLOCK_MONOTONIC and a thread that raises vblanks. Else a
     * test's own nanosecond clock; the test calls model_clock_changed() after it moved it.
     */
    uint64_t (*clock)(void *data);
    void *clock_data;
    /*
     * The streamer has no thread: commands run inside model_wait_idle(), in its caller's, and so do
     * resets. For who wants one thread alone; with a clock and one of 'threads' there is no other.
     */
    bool lent_thread;
    /*
     * Somebody may write to commands while they run, to harm the model: each is copied before it is
     * looked at. The daemon's are its own, so that it does without.
     */
    bool copies_commands;
    /*
     * Where the page table's entries are: the caller's, as many as the chipset has, with what is in
     * them, and valid as long as the device. Others may write them at any time. NULL: the model's.
     */
    _Atomic uint32_t *page_table;
};

/*
 * Loads what would otherwise be loaded when a program is first worth compiling: for who gives up
 * the file system. False: there is no compiler, and programs are interpreted.
 */
bool model_load_compiler(void);

/* NULL with errno set: EINVAL for an unknown chipset, or memory that it cannot have; ENOMEM. */
struct hw_device *model_create(const struct model_options *options);

/* For tests with their own clock: lets the display engine catch up with it. */
void model_clock_changed(struct hw_device *dev);

/*
 * For tests: another monitor is plugged in, with an EDID of 128 bytes or without any (NULL), or
 * what was there is pulled out. What was asked to tell of it tells.
 */
void model_plug_monitor(struct hw_device *dev, bool present, const uint8_t *edid);

/*
 * For tests: returns when the streamer has nothing left to do, or has stopped on an error. On a
 * lent thread also when it waits for an event.
 */
void model_wait_idle(struct hw_device *dev);

/* The chipsets that model_create() knows, from 0 on; NULL behind the last. */
const char *model_chipset_name(size_t index);

/*
 * How the memory of a chipset can be laid out (doc/model.md), the default first; NULL behind the
 * last.
 */
const char *model_channels_name(const char *chipset, size_t index);

/* Configuration space of what a chipset has: hw_config_read() is that of MODEL_GRAPHICS. */
enum model_function { MODEL_GRAPHICS, MODEL_GRAPHICS_SECOND, MODEL_HOST_BRIDGE };
uint32_t model_pci_read(struct hw_device *dev, enum model_function function, uint32_t offset,
                        unsigned size);
void model_pci_write(struct hw_device *dev, enum model_function function, uint32_t offset,
                     unsigned size, uint32_t value);

/* hw_write() of those bytes of a register whose bits are in 'mask'. */
void model_write_bytes(struct hw_device *dev, uint32_t reg, uint32_t value, uint32_t mask);

/*
 * For who has a bus of his own, on which hw_dma_alloc() and its like are not used: memory at bus
 * addresses. It stays the caller's. Unmapping does not wait for an engine: one that has looked a
 * page up may come to it until the device is reset or destroyed, so the CPU addresses must stay
 * addresses of something that the device may read and write.
 * 0, -EINVAL: not in pages, -ERANGE: the device has fewer address bits. Size is that of its bus.
 */
int model_bus_map(struct hw_device *dev, uint64_t bus, void *cpu, uint64_t size);
int model_bus_unmap(struct hw_device *dev, uint64_t bus, uint64_t size);
uint64_t model_bus_size(struct hw_device *dev);

#endif
