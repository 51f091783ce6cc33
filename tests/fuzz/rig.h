/* SPDX-License-Identifier: MIT */
/*
 * A modelled GPU in one thread, set up as the daemon sets it up: address 0 is the dummy page, then
 * come the status page, the preamble, the ring and a place for batches. Behind every other page of
 * the GTT there is memory that is full of floats, colours and nonsense; it is so again before each
 * batch.
 */
#ifndef GEMD_TESTS_FUZZ_RIG_H
#define GEMD_TESTS_FUZZ_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/gen3/surface.h"
#include "hw/model/watch.h"

/* GTT, bytes. */
#define RIG_BATCH 0x00010000u

struct rig;

/* NULL: out of memory, or no such chip. */
struct rig *rig_create(const char *chipset);
void rig_destroy(struct rig *rig);

/*
 * Has a fence register describe a tiled buffer, until the next batch has run. False: there is
 * none left, or a fence cannot.
 */
bool rig_fence(struct rig *rig, uint32_t address, uint64_t size, enum gen3_tiling tiling,
               uint32_t pitch);

/*
 * Runs a batch behind the preamble. 'touched' hears of the accesses of all commands but the ring's
 * and the preamble's. False: the GPU stopped or missed a page; rig_said() tells what it said, and
 * it has been reset.
 */
bool rig_run(struct rig *rig, const uint32_t *words, size_t count, model_watch_fn touched,
             void *user);
const char *rig_said(const struct rig *rig);
/* Whether it stopped, and did not only miss a page; then where. */
bool rig_stopped_at(const struct rig *rig, uint32_t *address);

#endif
