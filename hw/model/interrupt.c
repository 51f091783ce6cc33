/* SPDX-License-Identifier: MIT */
#include "hw/model/interrupt.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/mi.h"

int model_interrupt_init(struct model *model)
{
    model->interrupt.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return model->interrupt.fd < 0 ? -errno : 0;
}

void model_interrupt_finish(struct model *model)
{
    close(model->interrupt.fd);
}

void model_interrupt_reset(struct model *model)
{
    model->interrupt.iir = 0;
    model->interrupt.queued = 0;
    model->interrupt.toggles = 0;
    model->interrupt.mirrored = 0;
}

/* The bits whose cause still stands. */
static uint32_t levels(struct model *model)
{
    uint32_t bits = model_display_pipe_events(model);
    if (mmio_get(&model->mmio, EIR) & ~mmio_get(&model->mmio, EMR)) {
        bits |= INT_MASTER_ERROR;
    }
    return bits;
}

/* EIR takes over the conditions that EMR lets through. */
static void latch_errors(struct mmio *mmio)
{
    mmio_set(mmio, EIR, mmio_get(mmio, EIR) | (mmio_get(mmio, ESR) & ~mmio_get(mmio, EMR)));
}

static void note_page_fault(struct mmio *mmio, uint32_t pgtbl_er)
{
    mmio_set(mmio, PGTBL_ER, mmio_get(mmio, PGTBL_ER) | pgtbl_er);
    mmio_set(mmio, ESR, mmio_get(mmio, ESR) | ERROR_PAGE_TABLE);
    latch_errors(mmio);
}

static uint32_t isr(struct model *model)
{
    return levels(model) | model_display_live(model) | model->interrupt.toggles;
}

/* Tells the status page, when HWSTAM wants to hear of it. */
static void mirror(struct model *model, uint32_t events)
{
    struct interrupt *interrupt = &model->interrupt;
    uint32_t wanted = ~mmio_get(&model->mmio, HWSTAM);

    if (wanted == 0) {
        return;
    }
    uint32_t now = isr(model);
    if ((((now ^ interrupt->mirrored) | events) & wanted) == 0) {
        return;
    }
    interrupt->mirrored = now;
    if (!mi_mirror_status(model, now | events)) {
        note_page_fault(&model->mmio, PGTBL_ER_CS_GTT);
    }
}

/* Takes levels over, and raises the line when that is due. */
static void refresh(struct model *model)
{
    struct interrupt *interrupt = &model->interrupt;

    latch_errors(&model->mmio);
    interrupt->iir |= levels(model) & ~mmio_get(&model->mmio, IMR);
    if ((interrupt->iir & mmio_get(&model->mmio, IER)) != 0 && !interrupt->held) {
        interrupt->held = true;
        model->wakes |= MODEL_WAKE_IRQ;
    }
}

void model_interrupt_update(struct model *model)
{
    latch_errors(&model->mmio);
    mirror(model, 0);
    refresh(model);
}

void model_interrupt_raise(struct model *model, uint32_t bits)
{
    struct interrupt *interrupt = &model->interrupt;
    uint32_t let_through = bits & ~mmio_get(&model->mmio, IMR);

    interrupt->queued |= interrupt->iir & let_through;
    interrupt->iir |= let_through;
    mirror(model, bits);
    refresh(model);
}

void model_interrupt_toggle(struct model *model, uint32_t bits)
{
    model->interrupt.toggles ^= bits;
    uint32_t let_through = bits & ~mmio_get(&model->mmio, IMR);
    model->interrupt.queued |= model->interrupt.iir & let_through;
    model->interrupt.iir |= let_through;
    mirror(model, 0);
    refresh(model);
}

void model_interrupt_unmask(struct model *model)
{
    model->interrupt.held = false;
    model_interrupt_update(model);
}

void model_interrupt_error(struct model *model, uint32_t bits)
{
    mmio_set(&model->mmio, ESR, mmio_get(&model->mmio, ESR) | bits);
    model_interrupt_update(model);
}

void model_interrupt_page_fault(struct model *model, uint32_t pgtbl_er)
{
    note_page_fault(&model->mmio, pgtbl_er);
    model_interrupt_update(model);
}

uint32_t model_interrupt_read(struct model *model, uint32_t reg, unsigned index)
{
    model_display_catch_up(model);
    if (reg == IIR) {
        return model->interrupt.iir;
    }
    return isr(model);
}

void model_interrupt_iir_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct interrupt *interrupt = &model->interrupt;

    interrupt->iir &= ~value;
    interrupt->iir |= interrupt->queued & value;
    interrupt->queued &= ~value;
    model_interrupt_update(model);
}

void model_interrupt_mask_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    model_display_interest_changed(model);
    model_interrupt_update(model);
}

/* A bit whose condition stands is stuck, unless EMR masks it. */
void model_interrupt_eir_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    mmio_set(&model->mmio, EIR, mmio_get(&model->mmio, EIR) & ~value);
    model_interrupt_update(model);
}

/* Writing it back clears it, and with the last bit the page-table condition. */
void model_interrupt_pgtbl_er_written(struct model *model, uint32_t reg, unsigned index,
                                      uint32_t value)
{
    struct mmio *mmio = &model->mmio;

    mmio_set(mmio, PGTBL_ER, mmio_get(mmio, PGTBL_ER) & ~value);
    if (mmio_get(mmio, PGTBL_ER) == 0) {
        mmio_set(mmio, ESR, mmio_get(mmio, ESR) & ~(uint32_t)ERROR_PAGE_TABLE);
    }
    model_interrupt_update(model);
}
