/* SPDX-License-Identifier: MIT */
/*
 * The model's physical memory and its page table: what the device, not an engine, does to it.
 *
 * Every piece of memory that the daemon allocates or attaches gets a range of bus addresses below
 * 2^36; a flat table leads from a bus page to the CPU page, so that a translation is two loads.
 * Threads: allocation has its own lock; PTEs and fences are atomic words.
 */
#ifndef GEMD_HW_MODEL_PHYSICAL_H
#define GEMD_HW_MODEL_PHYSICAL_H

#include "hw/device.h"
#include "hw/gen3/surface.h"
#include "hw/model/memory.h"

#define MODEL_FENCES 16

/* How an access must be told about its fence: filled by model_fence_decode(). */
struct model_fence {
    uint64_t start;
    uint64_t size;
    uint32_t pitch; /* bytes */
    enum gen3_tiling tiling;
};

struct model_channels;
struct model_chipset;

/*
 * NULL: out of memory. A table with an enable bit is off. 'table': where the entries are, the
 * caller's, with what it has in it (model_options.page_table); NULL: zeros of its own.
 */
struct model_memory *model_memory_create(const struct model_chipset *chipset,
                                         const struct model_channels *channels,
                                         _Atomic uint32_t *table);
void model_memory_destroy(struct model_memory *memory);

/* PGTBL_CTL's enable bit: without it no entry is valid. */
void model_memory_enable(struct model_memory *memory, bool enable);

uint32_t model_memory_pte(struct model_memory *memory, uint32_t index);
void model_memory_set_pte(struct model_memory *memory, uint32_t index, uint32_t pte);

/* The fence registers' values live here, because every fenced access reads them. */
uint32_t model_memory_fence(struct model_memory *memory, unsigned index);
void model_memory_set_fence(struct model_memory *memory, unsigned index, uint32_t value);

#define FENCE_MAX_PITCH 8192u

/*
 * False when the register does not say VALID, or says what gen3 does not do: a longer pitch, a
 * start that the size does not divide. Accesses are then as if there were no fence.
 */
bool model_fence_decode(const struct model_memory *memory, uint32_t value,
                        struct model_fence *fence);

/*
 * The CPU address of a bus address, for what the chip addresses physically, and in *span the bytes
 * up to the end of its page. NULL: nothing is there.
 */
void *model_memory_bus_at(struct model_memory *memory, uint64_t bus, uint64_t *span);

/* How fenced accesses see a range of the GTT. */
enum model_view {
    MODEL_VIEW_LINEAR, /* no fence touches it */
    MODEL_VIEW_FENCED, /* one fence governs all of it */
    MODEL_VIEW_MIXED,  /* each address its own: model_memory_fenced_at() */
};
enum model_view model_memory_view(struct model_memory *memory, uint64_t low, uint64_t high,
                                  struct model_fence *fence);

/* hw_dma_alloc() and its relatives; 0 or a negative errno. */
int model_dma_alloc(struct model_memory *memory, size_t size, struct hw_dma *dma);
int model_dma_attach(struct model_memory *memory, int fd, uint64_t offset, size_t size,
                     struct hw_dma *dma);
int model_dma_discard(struct hw_dma *dma, size_t offset, size_t size);
void model_dma_release(struct model_memory *memory, struct hw_dma *dma);

/* model_bus_map(), and with cpu NULL model_bus_unmap(). */
int model_memory_place(struct model_memory *memory, uint64_t bus, uint8_t *cpu, uint64_t size);

#endif
