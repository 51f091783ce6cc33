/* SPDX-License-Identifier: MIT */
/*
 * The one seam between the daemon and a gen3 GPU, at register level.
 *
 * A device is created by the function of a concrete kind (hw/model/model.h, hw/pci/pci.h) and
 * used only through the calls below; daemon code cannot tell one kind from another.
 *
 * Units: byte offsets and byte sizes unless a name says otherwise. Pages are 4 KiB.
 * Errors: 0 or a positive count on success, a negative errno otherwise.
 * Threads: every call may come from any one thread at a time; the device has threads of its own.
 */
#ifndef GEMD_HW_DEVICE_H
#define GEMD_HW_DEVICE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define HW_PAGE_SIZE 4096u

struct hw_device;

/*
 * Memory that the device can reach. Its pages keep their bus addresses until it is released.
 * The struct belongs to the caller; the device fills it.
 */
struct hw_dma {
    void *cpu;         /* the daemon's mapping, valid until hw_dma_release() */
    size_t size;       /* multiple of HW_PAGE_SIZE */
    uint64_t bus_base; /* used by devices whose memory is contiguous on the bus */
    void *device_data; /* the device's own */
};

/* What a device is; constant for its life. */
struct hw_identity {
    const char *name;       /* "g33": the name in --device model:NAME */
    const char *board;      /* "G33": as people write it */
    uint16_t pci_device;    /* 0x29c2 */
    uint32_t gtt_entries;   /* PTEs, one page each */
    uint64_t aperture_size; /* bytes of the GTT that the CPU reaches through the aperture */
    unsigned fence_count;   /* fence registers, 8 or 16 */
    /* How the classes differ (doc/gen3.md A.5, A.6, B.8, B.9). False on G33. */
    bool needs_physical;   /* HWS_PGA and CURBASE hold bus addresses, not GTT offsets */
    bool has_gtt_enable;   /* PGTBL_CTL bit 0 */
    bool has_held_reset;   /* GDRST stays in reset until software writes 0 */
    bool has_pineview_pll; /* the dividers' layout */
    /* It reads memory past the processor's caches, but for pages whose entry says snooped. */
    bool snoops;
    bool polled; /* it does not interrupt: irq_fd is a timer's */
};

struct hw_device_ops {
    void (*destroy)(struct hw_device *dev);

    /* Registers in BAR 0, dword aligned. */
    uint32_t (*read)(struct hw_device *dev, uint32_t reg);
    void (*write)(struct hw_device *dev, uint32_t reg, uint32_t value);

    /* PCI configuration space of function 0:2.0; size is 1, 2 or 4. */
    uint32_t (*config_read)(struct hw_device *dev, uint32_t offset, unsigned size);
    void (*config_write)(struct hw_device *dev, uint32_t offset, unsigned size, uint32_t value);

    /* Page-table entries in BAR 3. */
    uint32_t (*gtt_read)(struct hw_device *dev, uint32_t index);
    void (*gtt_write)(struct hw_device *dev, uint32_t index, uint32_t pte);

    /* The aperture, BAR 2: through PTEs, detiled by fence registers. -EFAULT beyond its end. */
    int (*aperture_read)(struct hw_device *dev, uint64_t offset, void *to, size_t size);
    int (*aperture_write)(struct hw_device *dev, uint64_t offset, const void *from, size_t size);

    /*
     * Memory. alloc: zeroed memory of the daemon's own. attach: [offset, offset + size) of a
     * memory file whose size can no longer change (offset and size page aligned); fd stays the
     * caller's. release: the caller has made sure that no PTE names a page of it any more.
     */
    int (*dma_alloc)(struct hw_device *dev, size_t size, struct hw_dma *dma);
    int (*dma_attach)(struct hw_device *dev, int fd, uint64_t offset, size_t size,
                      struct hw_dma *dma);
    void (*dma_release)(struct hw_device *dev, struct hw_dma *dma);
    /* The pages of attached memory become zero and take no memory; bus addresses stay. May be NULL.
     */
    int (*dma_discard)(struct hw_device *dev, struct hw_dma *dma, size_t offset, size_t size);
    uint64_t (*dma_bus_address)(struct hw_device *dev, const struct hw_dma *dma, size_t offset);

    /*
     * Memory whose entries do not say snooped: what the processor wrote is there for the GPU, and
     * what the GPU writes is there for the processor from here on. NULL: caches are coherent.
     */
    void (*memory_flush)(struct hw_device *dev, const struct hw_dma *dma, size_t offset,
                         size_t size);

    /*
     * Interrupts. irq_fd becomes readable when the line is raised; it is then masked until
     * irq_unmask, which raises it again at once if the line is still asserted. irq_take takes what
     * made the fd readable, false: nothing had; NULL: it is an eventfd, read 8 bytes. The fd
     * belongs to the device.
     */
    int (*irq_fd)(struct hw_device *dev);
    bool (*irq_take)(struct hw_device *dev);
    void (*irq_unmask)(struct hw_device *dev);

    /*
     * For a process that was forked before the one that used the device died: nothing that the
     * device reads or writes changes any more, and its page table is as it was found. NULL: the
     * device dies with its process.
     */
    void (*release)(struct hw_device *dev);

    /* Orders CPU writes to memory before the GPU's next reads (flush page, write buffers). */
    void (*chipset_flush)(struct hw_device *dev);

    /*
     * What a monitor on pipe 0 (A) or 1 (B) shows: its size, and its pixels, 0xffRRGGBB in rows of
     * 'width', black beyond its size. -ENODATA: the pipe is off. NULL: nobody can see that.
     */
    int (*screen_size)(struct hw_device *dev, unsigned pipe, uint32_t *width, uint32_t *height);
    int (*screen_read)(struct hw_device *dev, unsigned pipe, uint32_t *pixels, uint32_t width,
                       uint32_t height);

    /*
     * Plugs the analog port's monitor in, with that description (128 bytes; NULL: the one that it
     * had at first), or pulls it out. NULL: that is done by hand.
     */
    void (*plug)(struct hw_device *dev, bool present, const uint8_t *edid);
};

/* Concrete devices embed this as their first member. */
struct hw_device {
    const struct hw_device_ops *ops;
    struct hw_identity identity;
};

static inline void hw_device_destroy(struct hw_device *dev)
{
    if (dev != NULL) {
        dev->ops->destroy(dev);
    }
}

static inline uint32_t hw_read(struct hw_device *dev, uint32_t reg)
{
    return dev->ops->read(dev, reg);
}

static inline void hw_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    dev->ops->write(dev, reg, value);
}

static inline uint32_t hw_config_read(struct hw_device *dev, uint32_t offset, unsigned size)
{
    return dev->ops->config_read(dev, offset, size);
}

static inline void hw_config_write(struct hw_device *dev, uint32_t offset, unsigned size,
                                   uint32_t value)
{
    dev->ops->config_write(dev, offset, size, value);
}

static inline uint32_t hw_gtt_read(struct hw_device *dev, uint32_t index)
{
    return dev->ops->gtt_read(dev, index);
}

static inline void hw_gtt_write(struct hw_device *dev, uint32_t index, uint32_t pte)
{
    dev->ops->gtt_write(dev, index, pte);
}

__attribute__((warn_unused_result)) static inline int
hw_aperture_read(struct hw_device *dev, uint64_t offset, void *to, size_t size)
{
    return dev->ops->aperture_read(dev, offset, to, size);
}

__attribute__((warn_unused_result)) static inline int
hw_aperture_write(struct hw_device *dev, uint64_t offset, const void *from, size_t size)
{
    return dev->ops->aperture_write(dev, offset, from, size);
}

__attribute__((warn_unused_result)) static inline int hw_dma_alloc(struct hw_device *dev,
                                                                   size_t size, struct hw_dma *dma)
{
    return dev->ops->dma_alloc(dev, size, dma);
}

__attribute__((warn_unused_result)) static inline int
hw_dma_attach(struct hw_device *dev, int fd, uint64_t offset, size_t size, struct hw_dma *dma)
{
    return dev->ops->dma_attach(dev, fd, offset, size, dma);
}

static inline void hw_dma_release(struct hw_device *dev, struct hw_dma *dma)
{
    dev->ops->dma_release(dev, dma);
}

static inline bool hw_can_discard(const struct hw_device *dev)
{
    return dev->ops->dma_discard != NULL;
}

/* -EOPNOTSUPP where a device cannot. */
__attribute__((warn_unused_result)) static inline int
hw_dma_discard(struct hw_device *dev, struct hw_dma *dma, size_t offset, size_t size)
{
    return dev->ops->dma_discard != NULL ? dev->ops->dma_discard(dev, dma, offset, size)
                                         : -EOPNOTSUPP;
}

static inline uint64_t hw_dma_bus_address(struct hw_device *dev, const struct hw_dma *dma,
                                          size_t offset)
{
    return dev->ops->dma_bus_address(dev, dma, offset);
}

static inline void hw_memory_flush(struct hw_device *dev, const struct hw_dma *dma, size_t offset,
                                   size_t size)
{
    if (dev->ops->memory_flush != NULL) {
        dev->ops->memory_flush(dev, dma, offset, size);
    }
}

static inline int hw_irq_fd(struct hw_device *dev)
{
    return dev->ops->irq_fd(dev);
}

static inline bool hw_irq_take(struct hw_device *dev)
{
    uint64_t count;
    return dev->ops->irq_take != NULL
               ? dev->ops->irq_take(dev)
               : read(dev->ops->irq_fd(dev), &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static inline void hw_irq_unmask(struct hw_device *dev)
{
    dev->ops->irq_unmask(dev);
}

static inline void hw_chipset_flush(struct hw_device *dev)
{
    dev->ops->chipset_flush(dev);
}

/* -EOPNOTSUPP where a device cannot. */
__attribute__((warn_unused_result)) static inline int
hw_screen_size(struct hw_device *dev, unsigned pipe, uint32_t *width, uint32_t *height)
{
    return dev->ops->screen_size != NULL ? dev->ops->screen_size(dev, pipe, width, height)
                                         : -EOPNOTSUPP;
}

__attribute__((warn_unused_result)) static inline int
hw_screen_read(struct hw_device *dev, unsigned pipe, uint32_t *pixels, uint32_t width,
               uint32_t height)
{
    return dev->ops->screen_read != NULL ? dev->ops->screen_read(dev, pipe, pixels, width, height)
                                         : -EOPNOTSUPP;
}

#endif
