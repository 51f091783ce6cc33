/* SPDX-License-Identifier: MIT */
/* Commands of client 0, as the streamer's thread executes them, unlocked. */
#ifndef GEMD_HW_MODEL_MI_H
#define GEMD_HW_MODEL_MI_H

#include <stddef.h>
#include <stdint.h>

struct model;

/* What the streamer does after a command. */
enum step {
    STEP_NEXT,
    STEP_JUMP,    /* the position was set by the command */
    STEP_WAIT,    /* behind the command, for streamer.waits */
    STEP_MORE,    /* the ring does not hold all of the command yet */
    STEP_UNKNOWN, /* instruction error */
    STEP_FAULT,   /* page-table error, with outcome.pgtbl_er */
};

struct outcome {
    enum step step;
    uint32_t pgtbl_er;
    char text[160]; /* why, for UNKNOWN and FAULT */
};

void mi_execute(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome);

/* Writes the ring's head to the status page, as auto report and MI_REPORT_HEAD do. */
void mi_report_head(struct model *model, struct outcome *outcome);

/* Fills an outcome. */
void outcome_unknown(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void outcome_fault(struct outcome *outcome, uint32_t pgtbl_er, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
