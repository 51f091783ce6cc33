/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: IER, IIR, IMR, ISR, the error registers, and the line as an eventfd.
 *
 * User interrupt, vblank and flip are events: they set IIR once unless IMR masks them; IIR is
 * double buffered, so a second event that arrives before the first is acknowledged shows after it.
 * Pipe events and master error are levels: IIR shows them again until PIPESTAT or EIR is quiet.
 */
#ifndef GEMD_HW_MODEL_INTERRUPT_H
#define GEMD_HW_MODEL_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

struct model;

struct interrupt {
    int fd;          /* eventfd */
    bool held;       /* the line was reported and irq_unmask has not come */
    uint32_t iir;    /* what software reads */
    uint32_t queued; /* events behind those of iir */
    uint32_t live;   /* ISR's bits that are levels: flip pending */
};

/* 0 or a negative errno. */
int interrupt_init(struct model *model);
void interrupt_finish(struct model *model);

/* All of these are called locked. */
void interrupt_reset(struct model *model);
void interrupt_raise(struct model *model, uint32_t bits);
void interrupt_set_live(struct model *model, uint32_t bits, bool on);
/* Recomputes levels and the line. */
void interrupt_update(struct model *model);
/* hw_irq_unmask() */
void interrupt_unmask(struct model *model);
/* Sets bits in PGTBL_ER and reports ERROR_PAGE_TABLE. */
void interrupt_page_fault(struct model *model, uint32_t pgtbl_er);
/* Sets bits in ESR, and in EIR where EMR does not mask them. */
void interrupt_error(struct model *model, uint32_t bits);

uint32_t interrupt_read(struct model *model, uint32_t reg, unsigned index);
void interrupt_iir_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void interrupt_mask_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void interrupt_eir_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void interrupt_pgtbl_er_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);

#endif
