/* SPDX-License-Identifier: MIT */
/* The streamer's thread: which ring goes on, what software wrote meanwhile, and sleep. */
#include "hw/model/streamer.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "hw/gen3/command.h"
#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/denormals.h"
#include "hw/model/parser.h"
#include "hw/model/thread.h"

/* Whether the ring, or the batch that it called, has a command to run now. Locked. */
static bool has_work(const struct model *model, const struct ring *ring)
{
    const struct mmio *mmio = &model->mmio;
    unsigned index = (unsigned)(ring - model->streamer.rings);
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed) & RING_HEAD_MASK;

    if (!(mmio_get(mmio, PRB0_CTL + index * RING_STRIDE) & RING_VALID) || ring->wait.events != 0) {
        return false;
    }
    return ring->in_batch || (!(mmio_get(mmio, MI_MODE) & MI_MODE_STOP_RING) && head != tail &&
                              !(ring->starved && ring->seen_tail == tail));
}

bool streamer_is_idle(const struct model *model)
{
    const struct streamer *streamer = &model->streamer;

    if (!streamer->parked) {
        return false; /* what follows is the thread's own while it runs */
    }
    bool works = streamer->waits != 0 || (streamer->sync_asked && !streamer->flush_suspended);

    for (unsigned i = 0; i < STREAMER_RINGS; i++) {
        works = works || has_work(model, &streamer->rings[i]);
    }
    return !streamer->reset_asked && !streamer->watch_asked && (streamer->stopped || !works);
}

/* Which ring goes on now, NULL: none. Locked. */
static struct ring *arbitrate(struct model *model)
{
    struct streamer *streamer = &model->streamer;
    struct ring *now = streamer->ring;
    bool works = has_work(model, now);
    bool may_switch = !now->in_batch || streamer->may_switch || !works;
    struct ring *best = works ? now : NULL;

    streamer->contended = false;
    for (unsigned i = 0; i < STREAMER_RINGS; i++) {
        struct ring *other = &streamer->rings[i];
        if (other == now || !has_work(model, other)) {
            continue;
        }
        streamer->contended = true;
        /* An empty ring has nothing to protect from arbitration. */
        bool is_empty = !works && now->wait.events == 0;
        if (is_empty || (!streamer->arbitration_off && may_switch && (!works || other > now))) {
            best = other;
        }
    }
    return best;
}

/* Locked, between commands. */
static void take_watcher(struct model *model)
{
    struct streamer *streamer = &model->streamer;
    struct watcher *before = model->watcher;

    if (!streamer->watch_asked) {
        return;
    }
    model->watcher = streamer->watch_next;
    render_set_watch(model->render, model->watcher);
    streamer->watch_next = before;
    streamer->watch_asked = false;
    pthread_cond_broadcast(&streamer->idle);
}

/* Takes over what software wrote to a ring's registers. Locked, between commands. */
static void take_ring(struct model *model, struct ring *ring, uint32_t base)
{
    uint32_t control = mmio_get(&model->mmio, base + (PRB0_CTL - PRB0_TAIL));

    streamer_take_head(ring);
    if (!(control & RING_VALID)) {
        ring->in_batch = false;
        ring->non_secure = false;
        ring->wait.events = 0;
    }
    ring->start = mmio_get(&model->mmio, base + (PRB0_START - PRB0_TAIL));
    ring->size = (control & RING_SIZE_MASK) + 4096;
    ring->report_shift = (control & RING_REPORT_MASK) == RING_REPORT_64K    ? 16
                         : (control & RING_REPORT_MASK) == RING_REPORT_128K ? 17
                                                                            : 0;
    if (ring->wait.events != 0 && wait_is_over(model, &ring->wait)) {
        ring->wait.events = 0;
    }
}

static void take_registers(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    atomic_store(&streamer->attention, false);
    for (unsigned i = 0; i < STREAMER_RINGS; i++) {
        take_ring(model, &streamer->rings[i], PRB0_TAIL + i * RING_STRIDE);
    }
    streamer_count_waits(streamer);
    streamer->disabled = mmio_get(&model->mmio, INSTPM) & INSTPM_DISABLES;
    /* PTEs may have changed while it slept. */
    streamer_forget_memory(streamer);
    if (streamer->sync_asked && !streamer->flush_suspended) {
        /* INSTPM's synchronous flush: the device takes the bit back when it is done. */
        streamer->sync_asked = false;
        render_flush(model->render);
        mmio_set(&model->mmio, INSTPM, mmio_get(&model->mmio, INSTPM) & ~INSTPM_SYNC_FLUSH);
        model_interrupt_toggle(model, INT_SYNC_STATUS);
    }
}

/* When the first event comes whose time is known. Locked. */
static bool find_deadline(struct model *model, struct timespec *until)
{
    struct streamer *streamer = &model->streamer;
    bool found = false;

    for (unsigned i = 0; i < STREAMER_RINGS; i++) {
        struct timespec at;
        if (streamer->rings[i].wait.events == 0 ||
            !wait_deadline(model, &streamer->rings[i].wait, &at)) {
            continue;
        }
        bool earlier = !found || at.tv_sec < until->tv_sec ||
                       (at.tv_sec == until->tv_sec && at.tv_nsec < until->tv_nsec);
        *until = earlier ? at : *until;
        found = true;
    }
    return found;
}

/* Sleeps until there may be something to do, at the latest when an event comes. Locked. */
static void sleep_until_woken(struct model *model)
{
    struct streamer *streamer = &model->streamer;
    struct timespec until;

    if (model->wakes != 0) {
        /* Looking at the clock has raised something: others first, then look again. */
        model_unlock(model);
        model_lock(model);
        return;
    }
    streamer->parked = true;
    pthread_cond_broadcast(&streamer->idle);
    bool timed = streamer->waits != 0 && find_deadline(model, &until);
    do {
        sleeper_sleep(&streamer->sleeper, &model->lock, timed ? &until : NULL);
    } while (streamer->lent);
    streamer->parked = false;
}

/* What is there to do, or one stretch of commands. False: there is nothing. Locked. */
static bool turn(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    if (streamer->reset_asked) {
        model_reset(model, streamer->reset_domain);
        streamer->reset_asked = false;
    }
    take_registers(model);
    take_watcher(model);
    struct ring *ring = streamer->stopped ? NULL : arbitrate(model);
    if (ring == NULL) {
        return false;
    }
    streamer->ring = ring;
    streamer->may_switch = false;
    ring->starved = false;
    model_unlock(model);
    parser_run(model);
    render_finish(model->render);
    model_lock(model);
    return true;
}

static void *streamer_main(void *data)
{
    struct model *model = data;

    (void)denormals_are_zero();
    model_lock(model);
    while (!model->streamer.quit) {
        if (!turn(model)) {
            sleep_until_woken(model);
        }
    }
    model_unlock(model);
    return NULL;
}

void streamer_lend_thread(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    if (!model->options.lent_thread) {
        return;
    }
    uint64_t before = denormals_are_zero();
    streamer->parked = false;
    while (turn(model)) {
    }
    streamer->parked = true;
    denormals_restore(before);
}

bool streamer_may_run_short(const struct model *model, const struct ring *ring)
{
    const struct streamer *streamer = &model->streamer;

    return streamer->started && streamer->parked && ring == &streamer->rings[0] &&
           !streamer->stopped && streamer->waits == 0 && !streamer->reset_asked &&
           !streamer->watch_asked && !streamer->sync_asked && model->watcher == NULL &&
           !(mmio_get(&model->mmio, PRB1_CTL) & RING_VALID);
}

/* Locked; not while commands run. */
static void run_short(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    streamer->parked = false;
    streamer->lent = true;
    take_registers(model);
    struct ring *ring = arbitrate(model);
    if (ring != NULL) {
        streamer->ring = ring;
        streamer->may_switch = false;
        ring->starved = false;
        model_unlock(model);
        uint64_t before = denormals_are_zero();
        parser_run_short(model, STREAMER_SHORT_COMMANDS);
        denormals_restore(before);
        model_lock(model);
    }
    streamer->lent = false;
    streamer->parked = true;
}

void streamer_run_short(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    model_lock(model);
    streamer->short_asked = false;
    if (streamer_may_run_short(model, &streamer->rings[0])) {
        run_short(model);
        pthread_cond_broadcast(&streamer->idle);
    }
    if (!streamer_is_idle(model) || atomic_load(&streamer->attention)) {
        model->wakes |= MODEL_WAKE_STREAMER;
    }
    model_unlock(model);
}

/* The same for all models, and made by the first: a device that is reset is a new one. */
static uint8_t rows_of_headers[STREAMER_HEADERS];
static pthread_once_t rows_made = PTHREAD_ONCE_INIT;

static void make_rows(void)
{
    size_t count;
    const struct gen3_command *commands = gen3_commands(&count);

    for (uint32_t i = 0; i < STREAMER_HEADERS; i++) {
        const struct gen3_command *command = gen3_command_find(i << 16);
        rows_of_headers[i] = command != NULL ? (uint8_t)(command - commands + 1) : 0;
    }
}

int streamer_init(struct model *model)
{
    struct streamer *streamer = &model->streamer;
    size_t count;

    streamer->scratch = malloc(PARSER_COMMAND_DWORDS * 4);
    streamer->commands = gen3_commands(&count);
    if (streamer->scratch == NULL) {
        return -ENOMEM;
    }
    streamer->ring = &streamer->rings[0];
    pthread_once(&rows_made, make_rows);
    streamer->rows = rows_of_headers;
    pthread_cond_init(&streamer->idle, NULL);
    if (model->options.lent_thread) {
        streamer->parked = true;
        return 0;
    }
    int result = thread_start(&streamer->thread, streamer_main, model);
    streamer->started = result == 0;
    return -result;
}

void streamer_finish(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    if (streamer->started) {
        model_lock(model);
        streamer->quit = true;
        atomic_store(&streamer->attention, true);
        model->wakes |= MODEL_WAKE_STREAMER;
        model_unlock(model);
        pthread_join(streamer->thread, NULL);
        pthread_cond_destroy(&streamer->idle);
    }
    free(streamer->scratch);
}
