/* SPDX-License-Identifier: MIT */
/* The streamer's registers, as software reads and writes them. */
#include "hw/gen3/regs.h"
#include "hw/model/core.h"

/* The streamer looks at its registers again: now if it sleeps, else at the next command. */
static void call(struct model *model)
{
    atomic_store(&model->streamer.attention, true);
    model->wakes |= MODEL_WAKE_STREAMER;
}

void streamer_take_head(struct streamer *streamer)
{
    if (streamer->head_pending) {
        atomic_store(&streamer->head, streamer->head_written);
        streamer->head_pending = false;
        streamer->starved = false;
    }
}

void streamer_reset(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    streamer->stopped = false;
    streamer->head_pending = false;
    streamer->waits = 0;
    streamer->starved = false;
    streamer->in_batch = false;
    atomic_store(&streamer->head, 0);
    atomic_store(&streamer->tail, 0);
    atomic_store(&streamer->acthd, 0);
    atomic_store(&streamer->ipehr, 0);
}

void streamer_ask_reset(struct model *model, unsigned domain)
{
    model->streamer.reset_asked = true;
    model->streamer.reset_domain = domain;
    call(model);
}

struct watcher *streamer_exchange_watcher(struct model *model, struct watcher *watcher)
{
    struct streamer *streamer = &model->streamer;

    model_lock(model);
    streamer->watch_next = watcher;
    streamer->watch_asked = true;
    call(model);
    model_unlock(model);
    model_lock(model);
    while (streamer->watch_asked) {
        pthread_cond_wait(&streamer->idle, &model->lock);
    }
    watcher = streamer->watch_next;
    model_unlock(model);
    return watcher;
}

uint32_t streamer_ring_read(struct model *model, uint32_t reg, unsigned index)
{
    struct streamer *streamer = &model->streamer;

    switch (reg) {
    case PRB0_TAIL:
        return atomic_load(&streamer->tail);
    case PRB0_HEAD:
        return streamer->head_pending ? streamer->head_written : atomic_load(&streamer->head);
    default:
        return mmio_get(&model->mmio, PRB0_CTL) | (streamer->waits != 0 ? RING_WAIT : 0);
    }
}

uint32_t streamer_status_read(struct model *model, uint32_t reg, unsigned index)
{
    struct streamer *streamer = &model->streamer;
    bool idle = streamer_is_idle(model) && !streamer->stopped;

    switch (reg) {
    case IPEHR:
        return atomic_load(&streamer->ipehr);
    case INSTDONE:
        return idle ? INSTDONE_IDLE : INSTDONE_IDLE & ~INSTDONE_RING;
    case MI_MODE:
        return mmio_get(&model->mmio, MI_MODE) | (idle ? MI_MODE_IDLE : 0);
    default:
        return atomic_load(&streamer->acthd);
    }
}

static void tail_written(struct model *model, uint32_t value)
{
    atomic_store_explicit(&model->streamer.tail, value & RING_TAIL_MASK, memory_order_release);
    /* A running streamer sees it by itself. */
    if (model->streamer.parked) {
        model->wakes |= MODEL_WAKE_STREAMER;
    }
}

void streamer_ring_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct streamer *streamer = &model->streamer;

    switch (reg) {
    case PRB0_TAIL:
        tail_written(model, value);
        return;
    case PRB0_HEAD:
        streamer->head_written = value & (RING_WRAP_MASK | RING_HEAD_MASK);
        streamer->head_pending = true;
        if (streamer->parked) {
            streamer_take_head(streamer);
        }
        break;
    case PRB0_CTL:
        if (value & RING_WAIT) {
            streamer->waits = 0;
        }
        break;
    default:
        break;
    }
    call(model);
}

void streamer_mode_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    call(model);
}

void streamer_second_ring_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    if (value != 0) {
        model_log(model, "write of 0x%08x to 0x%05x ignored: the model has one ring", value, reg);
    }
}
