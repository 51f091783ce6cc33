/* SPDX-License-Identifier: MIT */
/*
 * A modelled device with a ring, a status page and memory at chosen GTT addresses, driven through
 * hw/device.h as the daemon drives it. What fails in here aborts the test.
 *
 *   struct model_harness h;
 *   harness_init(&h, NULL);
 *   uint32_t *words = harness_bind(&h, 0x100000, 1 << 20);
 *   harness_run(&h, (uint32_t[]){MI_NOOP, ...}, n);
 *   harness_finish(&h);
 */
#ifndef GEMD_TESTS_LIB_MODEL_HARNESS_H
#define GEMD_TESTS_LIB_MODEL_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/device.h"
#include "hw/gen3/surface.h"
#include "hw/model/model.h"

#define HARNESS_RING        0x00000000u /* GTT */
#define HARNESS_RING_SIZE   0x00004000u
#define HARNESS_STATUS_PAGE 0x00010000u
#define HARNESS_DMA         32

struct model_harness {
    struct hw_device *dev;
    struct hw_dma dma[HARNESS_DMA];
    size_t dma_count;
    uint32_t *ring;
    uint32_t *status;
    uint32_t status_place; /* what HWS_PGA holds */
    uint32_t tail;
    uint64_t now; /* the test's clock, ns; used when test_clock */
    bool test_clock, lent_thread;
    char log[8][256]; /* the last lines */
    unsigned log_count;
};

/* chipset NULL: test_chipset, else g33. The ring runs, interrupts are off. */
void harness_init(struct model_harness *h, const char *chipset);
/* With a clock that only harness_advance() moves. */
void harness_init_clock(struct model_harness *h, const char *chipset);
/* The same with memory of a layout (model_channels_name()). */
void harness_init_memory(struct model_harness *h, const char *memory);
/* The same, and commands run in the test's thread, in harness_run(). */
void harness_init_lent(struct model_harness *h, const char *chipset);
void harness_finish(struct model_harness *h);

/* Tiles as this chipset's fences have them: those of 915 differ (doc/gen3.md A.8). */
uint32_t harness_tile_width(const struct model_harness *h, enum gen3_tiling tiling);
uint64_t harness_tile_offset(const struct model_harness *h, enum gen3_tiling tiling, uint32_t pitch,
                             uint32_t x, uint32_t y);

/*
 * What A.9's table says of such memory, for a byte of an X or Y tile that is at 'bus' on the bus:
 * what its bit 6 is XORed with, 0 or 1.
 */
unsigned harness_flip(const char *memory, bool walk_y, uint64_t bus);

/* Zeroed memory at a GTT address; pages are released by harness_finish(). */
void *harness_bind(struct model_harness *h, uint32_t address, size_t size);
/* The PTE for a bus address. */
uint32_t harness_pte(uint64_t bus);

/* Programs the ring registers, as at start or after a reset. */
void harness_start_ring(struct model_harness *h);
/* Writes words to the ring, wrapping with MI_NOOP, and the tail. Returns at once. */
void harness_submit(struct model_harness *h, const uint32_t *words, size_t count);
/* The same, and waits until the streamer is idle or stopped. */
void harness_run(struct model_harness *h, const uint32_t *words, size_t count);

/* Whether the streamer has stopped on an error. */
bool harness_stopped(struct model_harness *h);
/* GDRST, all domains, polled until done. Registers are then at their reset values. */
void harness_reset(struct model_harness *h);
/* One domain of it; what software sets up afterwards is not set up. */
void harness_reset_domain(struct model_harness *h, unsigned domain);
/* Whether a line of the log contains 'text'. */
bool harness_logged(struct model_harness *h, const char *text);

/* Moves the test's clock. */
void harness_advance(struct model_harness *h, uint64_t ns);

/*
 * 640x480 at 60 Hz on pipe 0 (A) or 1 (B): 800 x 525 pixels at 25.2 MHz, vblank from line 480 on,
 * its event with line 481. The planes stay as they are.
 */
#define HARNESS_FRAME_NS 16666667u /* rounded up */
void harness_mode(struct model_harness *h, unsigned pipe);
/* Its clock with a small picture; the pipe begins anew. */
void harness_small_mode(struct model_harness *h, unsigned pipe, uint32_t width, uint32_t height);

/* Whether the interrupt line has been raised since the last call (reads the eventfd). */
bool harness_irq(struct model_harness *h);

#endif
