/* SPDX-License-Identifier: MIT */
/*
 * The guest's memory, as far as the peer shows it: ranges of bus addresses, of which those with a
 * file are mapped.
 *
 * The whole bus of the device is one reserved range of addresses of this process, the window: bus
 * address A is window + A, for ever. A range is mapped over its part of the window, and plain zero
 * memory takes its place when it goes. So an engine of the model that has looked a page up before
 * comes to that, or to what is there now, but never to an address that is none.
 *
 * A range that may only be read is a private mapping: the device may write to it and reads back
 * what it wrote, as far as it goes; the guest sees nothing of it. When a file is made shorter while
 * it is mapped, its pages become zero memory (dma_guard_install()).
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_DMA_H
#define GEMD_TOOLS_GMA_VFIO_USER_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hw_device;

#define DMA_RANGES_MAX 4096u

struct dma_range {
    uint64_t address, size; /* bytes; size is not 0, the end does not wrap */
    bool mapped;            /* else there is no file behind it: the device finds nothing there */
};

struct dma {
    uint8_t *window;
    uint64_t size;            /* of the window: what the device can address */
    struct dma_range *ranges; /* by address, none overlaps another */
    size_t count;
    struct dma_range stolen; /* the server's own memory, see dma_steal(); size 0: none */
};

/* 0 or a negative errno. 'size' is model_bus_size(). */
int dma_init(struct dma *dma, uint64_t size);
void dma_finish(struct dma *dma);

/* Zero memory of the server's at a bus address, which stays there. 0 or a negative errno. */
int dma_steal(struct dma *dma, uint64_t address, uint64_t size);

/*
 * All of the range is new, page aligned, and has 'size' bytes from 'offset' on of the file 'fd'
 * (which stays the caller's; -1: none) behind it. What is beyond the window is remembered only.
 * 0, or -EEXIST: overlaps a range that is there; -EINVAL: not in pages, or the file is none that
 * has so many bytes; -ENOSPC: too many; or what mmap() says. 'dev' then knows the range.
 */
int dma_map(struct dma *dma, struct hw_device *dev, const struct dma_range *range, int fd,
            uint64_t offset, bool writable);

/* The range with exactly this address and size goes. 0 or -ENOENT. */
int dma_unmap(struct dma *dma, struct hw_device *dev, uint64_t address, uint64_t size);
/* All but what is stolen. dev NULL: there is none at the moment. */
void dma_unmap_all(struct dma *dma, struct hw_device *dev);

/* Makes a device know all ranges, which it does not yet. 0 or a negative errno. */
int dma_show(struct dma *dma, struct hw_device *dev);
/* What is stolen becomes zero. */
void dma_clear_stolen(struct dma *dma);

/*
 * From now on, an access to a page of the window whose file has become shorter finds zeros;
 * dma_was_cut() says once that it happened. For one window at a time. 0 or a negative errno.
 */
int dma_guard_install(const struct dma *dma);
bool dma_was_cut(void);

#endif
