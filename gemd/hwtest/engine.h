/* SPDX-License-Identifier: MIT */
/*
 * The command streamer as the items use it: a ring of four pages of the bench, a status page, and
 * interrupts. Nothing of it is assumed to work: all waits end.
 */
#ifndef GEMD_HWTEST_ENGINE_H
#define GEMD_HWTEST_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/gpu_ring.h"

struct hwtest;

#define ENGINE_WAIT_NS UINT64_C(5000000000)
#define ENGINE_STORE   0x100u /* where engine_put_store() writes in the status page */

struct engine {
    struct gpu_ring ring;
    bool is_running;
    bool has_failed; /* and the reason was told */
    unsigned resets; /* after which it was tried again */
    char reason[160];
    uint32_t hws_pga; /* as it was found */
};

/*
 * Starts it when it does not run, after a reset when it has failed before; false, with
 * engine.reason: it will not.
 */
bool engine_need(struct hwtest *test);
void engine_stop(struct hwtest *test);

/* Commands, at most 256 dwords until engine_go(). */
void engine_put(struct hwtest *test, const uint32_t *dwords, uint32_t count);
void engine_put_store(struct hwtest *test, uint32_t value);
/* As many bytes as one page of 64 by 16 pixels has, from page to page. */
void engine_put_copy(struct hwtest *test, uint32_t target, uint32_t source, uint32_t pages);
void engine_put_one(struct hwtest *test, uint32_t dword);

/* They are in memory; and the GPU is told of them. No wait. */
void engine_stage(struct hwtest *test);
void engine_kick(struct hwtest *test);
/* Both. */
void engine_go(struct hwtest *test);
/* Until the head has come to the tail; false: not within a second, with engine.reason. */
bool engine_wait(struct hwtest *test);
bool engine_run(struct hwtest *test);

/* What the status page holds where engine_put_store() writes. */
uint32_t engine_stored(const struct hwtest *test);

/* Takes one interrupt, acknowledges all causes and lets the next come. 0: none came in that time.
 */
uint32_t engine_take(struct hwtest *test, uint64_t ns, uint64_t *when_ns);
/* None is left. */
void engine_drain(struct hwtest *test);

/* 0 or -EIO; how long it took. What the engine was doing is over, and it is to be started again. */
int engine_reset(struct hwtest *test, uint64_t *ns);

#endif
