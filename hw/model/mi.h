/* SPDX-License-Identifier: MIT */
/*
 * Commands of client 0, as the streamer's thread executes them, unlocked.
 *
 * A command that gen3 does not have, a reserved bit or an operand that means nothing stops the
 * streamer. What a batch that was called as non-secure may not say is parsed and skipped, as if it
 * were MI_NOOP: see the table in mi.c.
 */
#ifndef GEMD_HW_MODEL_MI_H
#define GEMD_HW_MODEL_MI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;

/* What the streamer does after a command. */
enum step {
    STEP_NEXT,
    STEP_JUMP,    /* the position was set by the command */
    STEP_YIELD,   /* behind the command; the ring waits, or the other one may go on */
    STEP_MORE,    /* the ring does not hold all of the command yet */
    STEP_UNKNOWN, /* instruction error */
    STEP_FAULT,   /* page-table error that nothing can follow, with outcome.pgtbl_er */
};

struct outcome {
    enum step step;
    uint32_t pgtbl_er;
    char text[160]; /* why, for UNKNOWN and FAULT */
};

void mi_execute(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome);

/* Writes the ring's head to the status page, as auto report and MI_REPORT_HEAD do. */
void mi_report_head(struct model *model, struct outcome *outcome);

/* Writes the first dword of the status page, as HWSTAM asks for. False: there is no page. */
bool mi_mirror_status(struct model *model, uint32_t value);

/* Fills an outcome. */
void outcome_unknown(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void outcome_fault(struct outcome *outcome, uint32_t pgtbl_er, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

typedef void (*mi_fn)(struct model *model, const uint32_t *dw, size_t count,
                      struct outcome *outcome);

/* mi_memory.c: between memory, registers and the page table */
void mi_store_data_imm(struct model *model, const uint32_t *dw, size_t count,
                       struct outcome *outcome);
void mi_store_data_index(struct model *model, const uint32_t *dw, size_t count,
                         struct outcome *outcome);
void mi_load_register_imm(struct model *model, const uint32_t *dw, size_t count,
                          struct outcome *outcome);
void mi_update_gtt(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome);
void mi_store_register_mem(struct model *model, const uint32_t *dw, size_t count,
                           struct outcome *outcome);

/* mi_context.c */
void mi_set_context(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome);

/* mi_display.c: flips, scan lines, the overlay */
void mi_wait_for_event(struct model *model, const uint32_t *dw, size_t count,
                       struct outcome *outcome);
void mi_overlay_flip(struct model *model, const uint32_t *dw, size_t count,
                     struct outcome *outcome);
void mi_load_scan_lines(struct model *model, const uint32_t *dw, size_t count,
                        struct outcome *outcome);
void mi_display_flip(struct model *model, const uint32_t *dw, size_t count,
                     struct outcome *outcome);

/* Bits of headers that several files read. */
#define MI_OPCODE_SHIFT 23
#define MI_STORE_GTT    (1u << 22)
#define MI_PLANE_SHIFT  20
#define MI_FLIP_ASYNC   (1u << 22)

#endif
