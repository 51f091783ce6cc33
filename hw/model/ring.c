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

void streamer_take_head(struct ring *ring)
{
    if (ring->head_pending) {
        atomic_store(&ring->head, ring->head_written);
        ring->head_pending = false;
        ring->starved = false;
    }
}

void streamer_count_waits(struct streamer *streamer)
{
    streamer->waits = 0;
    for (unsigned i = 0; i < STREAMER_RINGS; i++) {
        streamer->waits |= streamer->rings[i].wait.events;
    }
}

void streamer_reset(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    for (unsigned i = 0; i < STREAMER_RINGS; i++) {
        struct ring *ring = &streamer->rings[i];
        ring->head_pending = false;
        ring->wait.events = 0;
        ring->starved = false;
        ring->in_batch = false;
        ring->non_secure = false;
        atomic_store(&ring->head, 0);
        atomic_store(&ring->tail, 0);
    }
    streamer->stopped = false;
    streamer->waits = 0;
    streamer->sync_asked = false;
    streamer->ring = &streamer->rings[0];
    streamer->arbitration_off = false;
    streamer->may_switch = false;
    streamer->contended = false;
    streamer->flush_suspended = false;
    atomic_store(&streamer->acthd, 0);
    atomic_store(&streamer->ipehr, 0);
    atomic_store(&streamer->status_page, 0);
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
    streamer_lend_thread(model);
    while (streamer->watch_asked) {
        pthread_cond_wait(&streamer->idle, &model->lock);
    }
    watcher = streamer->watch_next;
    model_unlock(model);
    return watcher;
}

uint32_t streamer_ring_read(struct model *model, uint32_t reg, unsigned index)
{
    const struct ring *ring = &model->streamer.rings[index];

    switch (reg - index * RING_STRIDE) {
    case PRB0_TAIL:
        return atomic_load(&ring->tail);
    case PRB0_HEAD:
        return ring->head_pending ? ring->head_written : atomic_load(&ring->head);
    default:
        return mmio_get(&model->mmio, reg) | (ring->wait.events != 0 ? RING_WAIT : 0);
    }
}

/*
 * The bits of units that work on the command that is being executed. They come and go at each
 * look, so that software which compares two of them sees that a long command gets on.
 */
static uint32_t busy_units(struct streamer *streamer)
{
    uint32_t header = atomic_load(&streamer->ipehr);
    bool other = streamer->looks++ % 2;

    if (header >> 24 == 0x7f) {
        return other ? INSTDONE_PIXEL_UNITS : INSTDONE_PIXEL_UNITS | INSTDONE_SETUP_UNITS;
    }
    return header >> 29 == 2 && other ? INSTDONE_COLOR_CALCULATOR : 0;
}

static uint32_t instdone(const struct model *model, struct streamer *streamer)
{
    uint32_t busy = 0;

    if (streamer_is_idle(model) && !streamer->stopped) {
        return INSTDONE_IDLE;
    }
    for (unsigned i = 0; i < STREAMER_RINGS; i++) {
        const struct ring *ring = &streamer->rings[i];
        bool has_more = ring->in_batch ||
                        (atomic_load(&ring->head) & RING_HEAD_MASK) != atomic_load(&ring->tail);
        busy |= has_more || ring == streamer->ring ? INSTDONE_RING0 << i : 0;
    }
    if (!streamer->parked && !streamer->stopped) {
        busy |= busy_units(streamer);
    }
    return INSTDONE_IDLE & ~busy;
}

uint32_t streamer_status_read(struct model *model, uint32_t reg, unsigned index)
{
    struct streamer *streamer = &model->streamer;
    bool idle = streamer_is_idle(model) && !streamer->stopped;

    switch (reg) {
    case IPEHR:
        return atomic_load(&streamer->ipehr);
    case INSTDONE:
        return instdone(model, streamer);
    case MI_MODE:
        return mmio_get(&model->mmio, MI_MODE) | (idle ? MI_MODE_IDLE : 0);
    default:
        return atomic_load(&streamer->acthd);
    }
}

static void tail_written(struct model *model, struct ring *ring, uint32_t value)
{
    struct streamer *streamer = &model->streamer;

    atomic_store_explicit(&ring->tail, value & RING_TAIL_MASK, memory_order_release);
    /* A running streamer sees the tail of its own ring by itself. */
    if (streamer_may_run_short(model, ring)) {
        streamer->short_asked = true;
    } else if (streamer->parked) {
        model->wakes |= MODEL_WAKE_STREAMER;
    } else if (mmio_get(&model->mmio, PRB1_CTL) & RING_VALID) {
        atomic_store(&streamer->attention, true);
    }
}

void streamer_ring_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct streamer *streamer = &model->streamer;
    struct ring *ring = &streamer->rings[index];

    switch (reg - index * RING_STRIDE) {
    case PRB0_TAIL:
        tail_written(model, ring, value);
        return;
    case PRB0_HEAD:
        ring->head_written = value & (RING_WRAP_MASK | RING_HEAD_MASK);
        ring->head_pending = true;
        if (streamer->parked) {
            streamer_take_head(ring);
        }
        break;
    case PRB0_CTL:
        if (value & RING_WAIT) {
            ring->wait.events = 0;
            streamer_count_waits(streamer);
        }
        break;
    default:
        break;
    }
    call(model);
}

void streamer_mode_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    if (reg == HWS_PGA) {
        atomic_store(&model->streamer.status_page, mmio_get(&model->mmio, HWS_PGA));
        return;
    }
    if (reg == INSTPM && (mmio_get(&model->mmio, INSTPM) & INSTPM_SYNC_FLUSH)) {
        model->streamer.sync_asked = true;
    }
    call(model);
}
