/* SPDX-License-Identifier: MIT */
#include "hw/model/streamer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hw/gen3/command.h"
#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/mi.h"

#define CLIENT_MI 0u
#define CLIENT_2D 2u
#define CLIENT_3D 3u
/* The longest command: an inline 3DPRIMITIVE with its 17-bit length field. */
#define MAX_COMMAND_DWORDS (0x1ffffu + 2u)
/* How much of memory one look at the GTT merges; a batch is seldom longer. */
#define WINDOW_BYTES (64u << 10)

/* The words at 'address': at least 'bytes' of them, from memory or put together in scratch. */
static const uint32_t *fetch(struct model *model, uint64_t address, uint64_t bytes)
{
    struct streamer *streamer = &model->streamer;
    struct stream_window *window = &streamer->window;

    if (address < window->address || address + bytes > window->address + window->bytes) {
        window->address = address;
        window->words = model_memory_at(
            model->memory, address, bytes > WINDOW_BYTES ? bytes : WINDOW_BYTES, &window->bytes);
        if (window->words == NULL) {
            return NULL;
        }
    }
    if (bytes <= window->address + window->bytes - address) {
        return window->words + (address - window->address) / 4;
    }
    return model_memory_read(model->memory, address, streamer->scratch, bytes) ? streamer->scratch
                                                                               : NULL;
}

void streamer_jump(struct streamer *streamer, bool in_batch, uint64_t batch, uint64_t limit)
{
    streamer->in_batch = in_batch;
    streamer->batch = batch;
    streamer->batch_limit = limit;
    streamer->window = (struct stream_window){0};
}

static void dispatch(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    struct render_error error; /* not zeroed whole: there are many small commands */

    error.pgtbl_er = 0;
    error.text[0] = '\0';
    switch (dw[0] >> 29) {
    case CLIENT_MI:
        mi_execute(model, dw, count, outcome);
        return;
    case CLIENT_2D:
        blitter_execute(model, dw, count, outcome);
        return;
    case CLIENT_3D:
        switch (render_command(model->render, dw, count, &error)) {
        case RENDER_OK:
            return;
        case RENDER_UNKNOWN:
            outcome_unknown(outcome, "%s", error.text);
            return;
        case RENDER_FAULT:
            outcome_fault(outcome, error.pgtbl_er, "%s", error.text);
            return;
        }
        return;
    default:
        outcome_unknown(outcome, "reserved client %u", dw[0] >> 29);
    }
}

/* Stops until a reset, with the registers that say why. */
static void stop(struct model *model, uint64_t address, const struct outcome *outcome)
{
    struct streamer *streamer = &model->streamer;

    model_lock(model);
    streamer->stopped = true;
    mmio_set(&model->mmio, IPEIR, streamer->in_batch ? IPEIR_IN_BATCH : 0);
    if (outcome->step == STEP_FAULT) {
        model_interrupt_page_fault(model, outcome->pgtbl_er);
    } else {
        model_interrupt_error(model, ERROR_INSTRUCTION);
    }
    model_log(model, "streamer stopped at 0x%08" PRIx64 " in the %s, command 0x%08x: %s", address,
              streamer->in_batch ? "batch" : "ring", atomic_load(&streamer->ipehr), outcome->text);
    model_unlock(model);
}

/* Moves the ring's head behind 'bytes'; it wraps at the ring's end, and the wrap is counted. */
static void advance_ring(struct model *model, uint64_t bytes, struct outcome *outcome)
{
    struct streamer *streamer = &model->streamer;
    uint32_t head = atomic_load_explicit(&streamer->head, memory_order_relaxed);
    uint32_t before = head & RING_HEAD_MASK;
    uint32_t offset = before + (uint32_t)bytes;
    uint32_t wraps = head & RING_WRAP_MASK;

    if (offset >= streamer->size) {
        offset = 0;
        wraps += RING_WRAP_ONE;
    }
    atomic_store_explicit(&streamer->head, wraps | offset, memory_order_release);
    if (streamer->report_shift != 0 &&
        (before >> streamer->report_shift != offset >> streamer->report_shift || offset == 0)) {
        mi_report_head(model, outcome);
    }
}

/* Where the next command is, and how many bytes of its stream are there from it on. */
struct place {
    uint32_t head; /* in the ring */
    uint64_t address;
    uint64_t have;
};

static struct place find_place(struct streamer *streamer)
{
    struct place place = {
        .head = atomic_load_explicit(&streamer->head, memory_order_relaxed) & RING_HEAD_MASK,
        .address = streamer->batch,
    };

    if (streamer->in_batch) {
        bool inside = streamer->batch_limit > streamer->batch;
        place.have = inside ? streamer->batch_limit - streamer->batch : 0;
        return place;
    }
    streamer->seen_tail = atomic_load_explicit(&streamer->tail, memory_order_acquire);
    place.address = (uint64_t)streamer->start + place.head;
    place.have = streamer->seen_tail >= place.head ? streamer->seen_tail - place.head
                                                   : (uint64_t)streamer->size - place.head;
    return place;
}

/* The dwords of the command, *count of them. NULL: the outcome says why not. */
static const uint32_t *parse(struct model *model, const struct place *place, size_t *count,
                             struct outcome *outcome)
{
    struct streamer *streamer = &model->streamer;
    const uint32_t *dw = fetch(model, place->address, 4);

    if (dw == NULL) {
        outcome_fault(outcome, PGTBL_ER_CS_INSTR, "no memory behind the command's address");
        return NULL;
    }
    uint32_t header = dw[0];
    atomic_store_explicit(&streamer->ipehr, header, memory_order_relaxed);
    const struct gen3_command *command = gen3_command_find(header);
    *count = command != NULL ? gen3_command_length(command, header) : 0;
    if (*count == 0 || *count > MAX_COMMAND_DWORDS) {
        outcome_unknown(outcome, "%s", command != NULL ? "malformed length" : "no such command");
        return NULL;
    }
    if (*count * 4 > place->have) {
        bool at_ring_end = place->head + place->have == streamer->size;
        if (streamer->in_batch || at_ring_end) {
            outcome_unknown(outcome, "%s of %zu dwords is cut by the end of the %s", command->name,
                            *count, streamer->in_batch ? "batch" : "ring");
        } else {
            outcome->step = STEP_MORE;
        }
        return NULL;
    }
    dw = *count == 1 ? dw : fetch(model, place->address, *count * 4);
    if (dw == NULL) {
        outcome_fault(outcome, PGTBL_ER_CS_INSTR, "no memory behind %s", command->name);
    }
    return dw;
}

/* Executes a command and moves the position behind it, or to where it jumps. */
static void execute(struct model *model, uint64_t address, const uint32_t *dw, size_t count,
                    struct outcome *outcome)
{
    struct streamer *streamer = &model->streamer;
    bool from_batch = streamer->in_batch;

    dispatch(model, dw, count, outcome);
    if (outcome->step == STEP_UNKNOWN || outcome->step == STEP_FAULT) {
        return;
    }
    /* A batch returns behind the command of the ring that called it. */
    if (!from_batch) {
        advance_ring(model, count * 4, outcome);
    } else if (outcome->step != STEP_JUMP) {
        streamer->batch = address + count * 4;
    }
}

static void execute_watched(struct model *model, uint64_t address, const uint32_t *dw, size_t count,
                            struct outcome *outcome)
{
    struct watcher *watcher = model->watcher;

    watcher_begin(watcher, address, dw[0]);
    watcher_touch(watcher, MODEL_WATCH_STREAMER, address, 4 * (uint64_t)count, false);
    execute(model, address, dw, count, outcome);
    watcher_end(watcher);
}

/* One command. False when the loop has to go back under the lock. */
static bool run_command(struct model *model)
{
    struct streamer *streamer = &model->streamer;
    struct place place = find_place(streamer);
    struct outcome outcome;

    outcome.step = STEP_NEXT;
    if (place.have == 0 && !streamer->in_batch) {
        return false;
    }
    if (place.have < 4) { /* MI_BATCH_BUFFER has reached its end address */
        streamer_jump(streamer, false, 0, 0);
        return true;
    }
    atomic_store_explicit(&streamer->acthd, (uint32_t)place.address, memory_order_relaxed);
    if (!streamer->in_batch &&
        (place.head >= streamer->size || streamer->seen_tail >= streamer->size)) {
        outcome_unknown(&outcome, "HEAD 0x%x, TAIL 0x%x in a ring of 0x%x bytes", place.head,
                        streamer->seen_tail, streamer->size);
    } else {
        size_t count;
        const uint32_t *dw = parse(model, &place, &count, &outcome);
        if (dw != NULL && model->watcher == NULL) {
            execute(model, place.address, dw, count, &outcome);
        } else if (dw != NULL) {
            execute_watched(model, place.address, dw, count, &outcome);
        }
    }
    switch (outcome.step) {
    case STEP_NEXT:
    case STEP_JUMP:
        return true;
    case STEP_WAIT:
        return false;
    case STEP_MORE:
        streamer->starved = true;
        return false;
    case STEP_UNKNOWN:
    case STEP_FAULT:
        stop(model, place.address, &outcome);
        return false;
    }
    return false;
}

/* Whether the ring or a batch has a command to run. Locked. */
static bool has_work(const struct model *model)
{
    const struct streamer *streamer = &model->streamer;
    uint32_t tail = atomic_load_explicit(&streamer->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&streamer->head, memory_order_relaxed) & RING_HEAD_MASK;

    if (streamer->stopped || !(mmio_get(&model->mmio, PRB0_CTL) & RING_VALID)) {
        return false;
    }
    if (streamer->in_batch) {
        return true;
    }
    return !(mmio_get(&model->mmio, MI_MODE) & MI_MODE_STOP_RING) && head != tail &&
           !(streamer->starved && streamer->seen_tail == tail);
}

bool streamer_is_idle(const struct model *model)
{
    return model->streamer.parked && !model->streamer.reset_asked &&
           (model->streamer.stopped || (model->streamer.waits == 0 && !has_work(model)));
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

/* Takes over what software wrote to the ring registers. Locked, between commands. */
static void take_registers(struct model *model)
{
    struct streamer *streamer = &model->streamer;
    uint32_t control = mmio_get(&model->mmio, PRB0_CTL);

    atomic_store(&streamer->attention, false);
    streamer_take_head(streamer);
    if (!(control & RING_VALID)) {
        streamer->in_batch = false;
        streamer->waits = 0;
    }
    streamer->start = mmio_get(&model->mmio, PRB0_START);
    streamer->size = (control & RING_SIZE_MASK) + 4096;
    streamer->report_shift = (control & RING_REPORT_MASK) == RING_REPORT_64K    ? 16
                             : (control & RING_REPORT_MASK) == RING_REPORT_128K ? 17
                                                                                : 0;
    /* PTEs may have changed while it slept. */
    streamer->window = (struct stream_window){0};
}

/* Sleeps until there may be something to do, at the latest when a scan line comes. Locked. */
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
    bool timed =
        streamer->waits != 0 && model_display_wait_deadline(model, streamer->waits, &until);
    sleeper_sleep(&streamer->sleeper, &model->lock, timed ? &until : NULL);
    streamer->parked = false;
}

static void *streamer_main(void *data)
{
    struct model *model = data;
    struct streamer *streamer = &model->streamer;

    model_lock(model);
    while (!streamer->quit) {
        if (streamer->reset_asked) {
            model_reset(model, streamer->reset_domain);
            streamer->reset_asked = false;
        }
        take_registers(model);
        take_watcher(model);
        if (streamer->waits != 0 && model_display_wait_is_over(model, streamer->waits)) {
            streamer->waits = 0;
        }
        if (streamer->waits != 0 || !has_work(model)) {
            sleep_until_woken(model);
            continue;
        }
        streamer->starved = false;
        model_unlock(model);
        while (!atomic_load_explicit(&streamer->attention, memory_order_relaxed) &&
               run_command(model)) {
        }
        model_lock(model);
    }
    model_unlock(model);
    return NULL;
}

int streamer_init(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    streamer->scratch = malloc(MAX_COMMAND_DWORDS * 4);
    if (streamer->scratch == NULL) {
        return -ENOMEM;
    }
    pthread_cond_init(&streamer->idle, NULL);
    int result = pthread_create(&streamer->thread, NULL, streamer_main, model);
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
