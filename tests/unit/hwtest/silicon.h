/* SPDX-License-Identifier: MIT */
/*
 * The model as silicon would be: behind caches that must be flushed, a chipset that holds writes
 * back, a TLB, and a clock that only looks move. Each of these can be broken.
 *
 * All runs in the test's thread: commands while the clock sleeps or waits.
 */
#ifndef TESTS_UNIT_HWTEST_SILICON_H
#define TESTS_UNIT_HWTEST_SILICON_H

#include "gemd/hwtest/hwtest.h"

/* What is wrong; every: of so many, the last; 0: none. */
struct silicon_faults {
    const char *memory;             /* the model's layout */
    uint32_t channels;              /* what DCC says; 0: as it is */
    unsigned loses_clflush_every;   /* of the source's pages */
    unsigned loses_chipset_every;   /* flushes of the chipset */
    unsigned snoop_misses_every;    /* lines that the GPU reads from memory */
    unsigned snoop_hides_every;     /* lines that the GPU writes and nobody is told of */
    unsigned loses_interrupt_every; /* of those that the line raises */
    unsigned aperture_loses_every;  /* writes through it */
    bool store_is_late;             /* later than its interrupt */
    bool tlb_is_late;               /* one flush behind */
    bool drops_cached_bits;         /* of entries */
    bool never_locks;               /* the PLL */
    bool never_resets;
    bool resets_slowly;
    bool tail_is_lost;
    bool has_no_error_bits;
    bool counts_by_itself; /* a register that should not */
    bool is_uncombined;    /* the aperture */
    bool is_slow_to_flush;
    bool wires_are_cut, has_no_controller; /* of the analog port */
    unsigned clock_percent;                /* of what the PLL should give; 0: 100 */
    unsigned lines_ahead;                  /* PIPEDSL */
};

struct silicon;

struct silicon *silicon_create(const char *chipset, const struct silicon_faults *faults);
void silicon_destroy(struct silicon *silicon);

struct hw_device *silicon_device(struct silicon *silicon);
const struct hwtest_clock *silicon_clock(struct silicon *silicon);

#endif
