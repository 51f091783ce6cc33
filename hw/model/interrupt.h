/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: IER, IIR, IMR, ISR, the error registers, and the line as an eventfd.
 *
 * User interrupt, vblank and flip are events: they set IIR once unless IMR masks them; IIR is
 * double buffered, so a second event that arrives before the first is acknowledged shows after it.
 * Sync status is an event at each change of its bit in ISR. Pipe events and master error are
 * levels: IIR shows them again until PIPESTAT or EIR is quiet.
 *
 * ESR has the error conditions that stand: an instruction error until a reset, a page-table error
 * until PGTBL_ER is clear. EIR takes over what EMR does not mask, and writing 1 clears a bit only
 * when its condition has gone; one that is stuck goes quiet by being masked.
 *
 * HWSTAM: when an ISR bit that it does not mask changes or has an event, ISR is written to the
 * first dword of the status page.
 */
#ifndef GEMD_HW_MODEL_INTERRUPT_H
#define GEMD_HW_MODEL_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

struct model;

struct interrupt {
    int fd;            /* eventfd */
    bool held;         /* the line was reported and irq_unmask has not come */
    uint32_t iir;      /* what software reads */
    uint32_t queued;   /* events behind those of iir */
    uint32_t toggles;  /* ISR bits that change with each event */
    uint32_t mirrored; /* the levels that the status page was last told */
};

/* 0 or a negative errno. */
int model_interrupt_init(struct model *model);
void model_interrupt_finish(struct model *model);

/* All of these are called locked. */
void model_interrupt_reset(struct model *model);
void model_interrupt_raise(struct model *model, uint32_t bits);
/* An event that changes its bit in ISR. */
void model_interrupt_toggle(struct model *model, uint32_t bits);
/* Recomputes errors, levels and the line. */
void model_interrupt_update(struct model *model);
/* hw_irq_unmask() */
void model_interrupt_unmask(struct model *model);
/* Sets bits in PGTBL_ER and reports ERROR_PAGE_TABLE. */
void model_interrupt_page_fault(struct model *model, uint32_t pgtbl_er);
/* Sets bits in ESR, and in EIR where EMR does not mask them. */
void model_interrupt_error(struct model *model, uint32_t bits);

uint32_t model_interrupt_read(struct model *model, uint32_t reg, unsigned index);
void model_interrupt_iir_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void model_interrupt_mask_written(struct model *model, uint32_t reg, unsigned index,
                                  uint32_t value);
void model_interrupt_eir_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void model_interrupt_pgtbl_er_written(struct model *model, uint32_t reg, unsigned index,
                                      uint32_t value);

#endif
