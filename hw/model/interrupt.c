/* SPDX-License-Identifier: MIT */
#include "hw/model/interrupt.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

int interrupt_init(struct model *model)
{
    model->interrupt.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return model->interrupt.fd < 0 ? -errno : 0;
}

void interrupt_finish(struct model *model)
{
    close(model->interrupt.fd);
}

void interrupt_reset(struct model *model)
{
    model->interrupt.iir = 0;
    model->interrupt.queued = 0;
    model->interrupt.live = 0;
}

/* The bits whose cause still stands. */
static uint32_t levels(struct model *model)
{
    uint32_t bits = display_pipe_events(model);
    if (mmio_get(&model->mmio, EIR) & ~mmio_get(&model->mmio, EMR)) {
        bits |= INT_MASTER_ERROR;
    }
    return bits;
}

void interrupt_update(struct model *model)
{
    struct interrupt *interrupt = &model->interrupt;

    interrupt->iir |= levels(model) & ~mmio_get(&model->mmio, IMR);
    if ((interrupt->iir & mmio_get(&model->mmio, IER)) != 0 && !interrupt->held) {
        interrupt->held = true;
        model->wakes |= MODEL_WAKE_IRQ;
    }
}

void interrupt_raise(struct model *model, uint32_t bits)
{
    struct interrupt *interrupt = &model->interrupt;

    bits &= ~mmio_get(&model->mmio, IMR);
    interrupt->queued |= interrupt->iir & bits;
    interrupt->iir |= bits;
    interrupt_update(model);
}

void interrupt_set_live(struct model *model, uint32_t bits, bool on)
{
    if (on) {
        model->interrupt.live |= bits;
    } else {
        model->interrupt.live &= ~bits;
    }
}

void interrupt_unmask(struct model *model)
{
    model->interrupt.held = false;
    interrupt_update(model);
}

void interrupt_error(struct model *model, uint32_t bits)
{
    struct mmio *mmio = &model->mmio;

    mmio_set(mmio, ESR, mmio_get(mmio, ESR) | bits);
    mmio_set(mmio, EIR, mmio_get(mmio, EIR) | (bits & ~mmio_get(mmio, EMR)));
    interrupt_update(model);
}

void interrupt_page_fault(struct model *model, uint32_t pgtbl_er)
{
    mmio_set(&model->mmio, PGTBL_ER, mmio_get(&model->mmio, PGTBL_ER) | pgtbl_er);
    interrupt_error(model, ERROR_PAGE_TABLE);
}

uint32_t interrupt_read(struct model *model, uint32_t reg, unsigned index)
{
    display_catch_up(model);
    if (reg == IIR) {
        return model->interrupt.iir;
    }
    return model->interrupt.live | levels(model) | display_live(model);
}

void interrupt_iir_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct interrupt *interrupt = &model->interrupt;

    interrupt->iir &= ~value;
    interrupt->iir |= interrupt->queued & value;
    interrupt->queued &= ~value;
    interrupt_update(model);
}

void interrupt_mask_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    display_interest_changed(model);
    interrupt_update(model);
}

/* EIR keeps edges: writing 1 clears, and the same condition, still in ESR, does not set it anew. */
void interrupt_eir_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    mmio_set(&model->mmio, EIR, mmio_get(&model->mmio, EIR) & ~value);
    interrupt_update(model);
}

/* Writing it back clears it, and with the last bit the page-table condition. */
void interrupt_pgtbl_er_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct mmio *mmio = &model->mmio;

    mmio_set(mmio, PGTBL_ER, mmio_get(mmio, PGTBL_ER) & ~value);
    if (mmio_get(mmio, PGTBL_ER) == 0) {
        mmio_set(mmio, ESR, mmio_get(mmio, ESR) & ~ERROR_PAGE_TABLE);
    }
}
