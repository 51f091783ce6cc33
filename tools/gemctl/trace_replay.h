/* SPDX-License-Identifier: MIT */
/*
 * A trace done again on another device: writes are made, reads are compared.
 *
 * What is in memory is not in a trace: each page-table entry that is valid names one page of zeros,
 * so that rings run and do nothing, and what commands would have changed is not compared.
 */
#ifndef GEMD_TOOLS_GEMCTL_TRACE_REPLAY_H
#define GEMD_TOOLS_GEMCTL_TRACE_REPLAY_H

#include "hw/device.h"
#include "tools/gemctl/trace_file.h"

struct trace_replay_options {
    /* A device as after power-on, of the chip of that name; NULL after one line on stderr. */
    struct hw_device *(*create)(void *data, const char *chip);
    void *data;
    FILE *out;  /* one line for each register that answered otherwise */
    bool found; /* also what was there before it was written: firmware's */
};

struct trace_replay_counts {
    uint64_t lines, writes;
    uint64_t reads;     /* polls of one register are one */
    uint64_t excused;   /* of them: nothing of the value counts */
    uint64_t found;     /* of them: differs, but was never written */
    uint64_t differ;    /* of them: differs */
    unsigned registers; /* that differ */
};

/* 0, or -1 after one line on stderr. */
int trace_replay(struct trace_file *trace, const struct trace_replay_options *options,
                 struct trace_replay_counts *counts);

#endif
