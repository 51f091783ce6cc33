/* SPDX-License-Identifier: MIT */
#include "hw/model/interrupt.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

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

void model_interrupt_update(struct model *model)
{
    struct interrupt *interrupt = &model->interrupt;

    interrupt->iir |= levels(model) & ~mmio_get(&model->mmio, IMR);
    if ((interrupt->iir & mmio_get(&model->mmio, IER)) != 0 && !interrupt->held) {
        interrupt->held = true;
        model->wakes |= MODEL_WAKE_IRQ;
    }
}

void model_interrupt_raise(struct model *model, uint32_t bits)
{
    struct interrupt *interrupt = &model->interrupt;

    bits &= ~mmio_get(&model->mmio, IMR);
    interrupt->queued |= interrupt->iir & bits;
    interrupt->iir |= bits;
    model_interrupt_update(model);
}

void model_interrupt_unmask(struct model *model)
{
    model->interrupt.held = false;
    model_interrupt_update(model);
}

void model_interrupt_error(struct model *model, uint32_t bits)
{
    struct mmio *mmio = &model->mmio;

    mmio_set(mmio, ESR, mmio_get(mmio, ESR) | bits);
    mmio_set(mmio, EIR, mmio_get(mmio, EIR) | (bits & ~mmio_get(mmio, EMR)));
    model_interrupt_update(model);
}

void model_interrupt_page_fault(struct model *model, uint32_t pgtbl_er)
{
    mmio_set(&model->mmio, PGTBL_ER, mmio_get(&model->mmio, PGTBL_ER) | pgtbl_er);
    model_interrupt_error(model, ERROR_PAGE_TABLE);
}

uint32_t model_interrupt_read(struct model *model, uint32_t reg, unsigned index)
{
    model_display_catch_up(model);
    if (reg == IIR) {
        return model->interrupt.iir;
    }
    return levels(model) | model_display_live(model);
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

/* EIR keeps edges: writing 1 clears, and the same condition, still in ESR, does not set it anew. */
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
        mmio_set(mmio, ESR, mmio_get(mmio, ESR) & ~ERROR_PAGE_TABLE);
    }
}
