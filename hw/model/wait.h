/* SPDX-License-Identifier: MIT */
/*
 * MI_WAIT_FOR_EVENT: what a ring waits for, and whether it has come. Called locked.
 *
 * Flips, vblanks and scan lines are the display's; this file adds the rest: start of vblank and
 * horizontal blanks, by time; condition codes (EXCC); and what the model never has to wait for:
 * compression (there is none), plane C and the overlay (their flips are never pending).
 */
#ifndef GEMD_HW_MODEL_WAIT_H
#define GEMD_HW_MODEL_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct model;

/* Events that come at a time that is known: horizontal blank and start of vblank, each A and B. */
#define WAIT_TIMED 4u

struct wait {
    uint32_t events;          /* MI_WAIT_FOR_EVENT bits, 0: it does not wait */
    uint64_t due[WAIT_TIMED]; /* ns; UINT64_MAX: the pipe does not run */
};

/* Whether gen3 has these events; the bits of the command beside its opcode. */
bool wait_is_known(uint32_t events);

/* Several events in one command: the first that comes ends the wait. */
void wait_begin(struct model *model, struct wait *wait, uint32_t events);
bool wait_is_over(struct model *model, struct wait *wait);

/* When to look again although nobody calls, on CLOCK_MONOTONIC; false: not before a call. */
bool wait_deadline(struct model *model, struct wait *wait, struct timespec *until);

#endif
