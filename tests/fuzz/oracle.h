/* SPDX-License-Identifier: MIT */
/*
 * What an accepted stream really does: it runs on the modelled GPU, behind the daemon's preamble,
 * and every byte that is read or written for it is looked up in the job's buffers.
 *
 * All pages of the GTT have memory behind them, so nothing that goes astray is lost; what is in no
 * buffer belongs to another client, or to the daemon. Buffers lie where the job says if that makes
 * sense (whole pages, apart from each other and from the daemon's), else where there is room. Where
 * a tiled buffer lies as a fence register wants it, it has one.
 *
 * One thread; one model for each chip that comes up, kept for all cases. Memory is as it was at
 * first when a case begins: what happens does not depend on the cases before.
 */
#ifndef GEMD_TESTS_FUZZ_ORACLE_H
#define GEMD_TESTS_FUZZ_ORACLE_H

#include "hw/model/watch.h"
#include "tests/fuzz/case.h"

enum oracle_result {
    ORACLE_REFUSED, /* by the validator, or its buffers have no place in the GTT */
    ORACLE_CLEAN,   /* accepted, and nothing bad happened */
    ORACLE_LARGE,   /* accepted, and not run: it would draw too many pixels */
    ORACLE_OUTSIDE, /* touched what is not the job's, or not as the validator says */
    ORACLE_STUCK,   /* the GPU stopped, for ever */
    ORACLE_RESULTS
};

struct oracle_report {
    enum oracle_result result;
    struct validator_verdict verdict; /* REFUSED, LARGE and CLEAN */
    /* OUTSIDE and STUCK: the command, and one line. */
    uint32_t dword, header;
    const char *command;
    char text[320];
};

struct oracle;

/* The pixels that a case may draw if nothing else is said, by the estimate of oracle_pixels(). */
#define ORACLE_PIXELS (1u << 22)

/* NULL: out of memory. */
struct oracle *oracle_create(void);
void oracle_destroy(struct oracle *oracle);

/* Another limit than ORACLE_PIXELS. */
void oracle_set_pixels(struct oracle *oracle, uint64_t pixels);

/* Places, validates and runs a case, which is changed: afterwards it is as the GPU saw it. */
enum oracle_result oracle_judge(struct oracle *oracle, struct fuzz_case *c,
                                struct oracle_report *report);

/* Only runs: the case was placed and accepted. Its buffers are what it may touch. */
enum oracle_result oracle_run(struct oracle *oracle, const struct fuzz_case *c,
                              struct oracle_report *report);

/* An upper bound of what a stream draws. */
uint64_t oracle_pixels(const struct fuzz_case *c);

const char *oracle_result_name(enum oracle_result result);

#endif
