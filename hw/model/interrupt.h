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
};

/* 0 or a negative errno. */
int model_interrupt_init(struct model *model);
void model_interrupt_finish(struct model *model);

/* All of these are called locked. */
void model_interrupt_reset(struct model *model);
void model_interrupt_raise(struct model *model, uint32_t bits);
/* Recomputes levels and the line. */
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
