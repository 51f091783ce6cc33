/* SPDX-License-Identifier: MIT */
/*
 * What the model's engines see of memory: GTT addresses, resolved page by page.
 *
 * Units: bytes; addresses are GTT byte offsets. Threads: translation is lock-free and may run
 * beside hw_gtt_write(); an engine sees the old or the new entry, as on hardware.
 */
#ifndef GEMD_HW_MODEL_MEMORY_H
#define GEMD_HW_MODEL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/gen3/surface.h"

struct model_memory;

/*
 * The CPU address of GTT address 'address', and in *span how many bytes from there on are
 * contiguous in the model's memory (at least up to the end of the page; adjacent PTEs that name
 * adjacent memory are merged up to 'want' bytes). NULL on an invalid PTE or an address beyond the
 * GTT: the engine stops with its PGTBL_ER bit (the 3D pipeline by returning RENDER_FAULT).
 */
void *model_memory_at(struct model_memory *memory, uint64_t address, uint64_t want, uint64_t *span);

/*
 * The same through the fence registers: where a fence covers 'address', it is taken as a linear
 * address of the fenced surface, and *span ends at the end of its run inside the tile (512 bytes
 * for X, or 64 where bit 6 is swizzled; 16 for Y).
 */
void *model_memory_fenced_at(struct model_memory *memory, uint64_t address, uint64_t want,
                             uint64_t *span);

/* Where that is in the GTT, and in *run how far it goes on there, fence or not. */
uint64_t model_memory_fenced_address(struct model_memory *memory, uint64_t address, uint64_t *run);

/*
 * What the memory controller makes of addresses in tiles, where a command itself says that a
 * surface is tiled (fences see to it themselves): 'address' is where the tiling has a byte, the
 * result is where in the GTT it is, and *run says how many bytes go on there.
 */
uint64_t model_memory_tiled_address(struct model_memory *memory, enum gen3_tiling tiling,
                                    uint64_t address, uint64_t *run);

/* Whether that is ever another place. */
bool model_memory_swizzles(const struct model_memory *memory, enum gen3_tiling tiling);

/* Copies that cross pages. False on a fault. */
bool model_memory_read(struct model_memory *memory, uint64_t address, void *to, uint64_t size);
bool model_memory_write(struct model_memory *memory, uint64_t address, const void *from,
                        uint64_t size);

/* A copy from bus addresses, past the page table. False where no memory is. */
bool model_memory_physical_read(struct model_memory *memory, uint64_t address, void *to,
                                uint64_t size);

/* The same through the fence registers. */
bool model_memory_fenced_read(struct model_memory *memory, uint64_t address, void *to,
                              uint64_t size);
bool model_memory_fenced_write(struct model_memory *memory, uint64_t address, const void *from,
                               uint64_t size);

/* How many bytes from 'address' on, up to 'want', no page is behind. Not through fences. */
uint64_t model_memory_missing(struct model_memory *memory, uint64_t address, uint64_t want);

/*
 * Pages that are not there. An engine that can go on without (the blitter) reads zeros and loses
 * what it writes, and notes it: 'pgtbl_er' is its bit of PGTBL_ER, 'address' in the GTT. take:
 * the bits noted since the last call, 0 for none, and the first address; between two commands.
 */
void model_memory_note_fault(struct model_memory *memory, uint32_t pgtbl_er, uint64_t address);
uint32_t model_memory_take_faults(struct model_memory *memory, uint64_t *address);

/* One aligned dword, atomically and after all that the engine wrote before. False on a fault. */
bool model_memory_store(struct model_memory *memory, uint64_t address, uint32_t value);
/* The same to a bus address. */
bool model_memory_store_bus(struct model_memory *memory, uint64_t bus, uint32_t value);

#endif
