/* SPDX-License-Identifier: MIT */
#include "hw/model/parser.h"

#include <inttypes.h>
#include <string.h>

#include "hw/gen3/command.h"
#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/mi.h"

#define CLIENT_MI 0u
#define CLIENT_2D 2u
#define CLIENT_3D 3u
/* Of INSTPM's kinds of commands: the header's upper bits. */
#define OPCODE_PRIMITIVE 0x7fu
#define OPCODE_STIPPLE   0x7d83u
#define OPCODE_PALETTE   0x7d8fu
#define CACHELINE_DWORDS 16u
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

void streamer_forget_memory(struct streamer *streamer)
{
    streamer->window = (struct stream_window){0};
}

void streamer_call_batch(struct streamer *streamer, uint64_t batch, uint64_t limit, bool non_secure)
{
    struct ring *ring = streamer->ring;

    /* What a batch may not say, it cannot have said by another that it chains to. */
    ring->non_secure = non_secure || (ring->in_batch && ring->non_secure);
    ring->in_batch = true;
    ring->batch = batch;
    ring->batch_limit = limit;
    streamer_forget_memory(streamer);
}

void streamer_end_batch(struct streamer *streamer)
{
    streamer->ring->in_batch = false;
    streamer->ring->non_secure = false;
    streamer_forget_memory(streamer);
}

/* Whether INSTPM has commands like this one parsed only, and not executed. */
static bool is_disabled(uint32_t disabled, uint32_t header)
{
    uint32_t kind = 0;

    if (header >> 29 == CLIENT_2D) {
        kind = INSTPM_2D_DISABLE;
    } else if (header >> 24 == OPCODE_PRIMITIVE) {
        kind = INSTPM_3D_DISABLE;
    } else if (header >> 16 == OPCODE_STIPPLE || header >> 16 == OPCODE_PALETTE) {
        kind = INSTPM_PALETTE_DISABLE | INSTPM_STATE_DISABLE;
    } else if (header >> 29 == CLIENT_3D) {
        kind = INSTPM_STATE_DISABLE;
    }
    return (disabled & kind) != 0;
}

/*
 * Whether an MI command shows nobody what was drawn before it, or sees to that itself, so that the
 * drawing may go on.
 */
static bool is_quiet(uint32_t header)
{
    const uint64_t quiet = UINT64_C(1) << 0x00 | UINT64_C(1) << 0x02 | UINT64_C(1) << 0x04 |
                           UINT64_C(1) << 0x05 | UINT64_C(1) << 0x08 | UINT64_C(1) << 0x0a |
                           UINT64_C(1) << 0x21 | UINT64_C(1) << 0x30 |
                           UINT64_C(1) << 0x31; /* NOOP, FLUSH, arbitration, batches; and notes */
    return quiet >> (header >> 23 & 63) & 1;
}

static void dispatch(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    struct render_error error; /* not zeroed whole: there are many small commands */

    error.pgtbl_er = 0;
    error.text[0] = '\0';
    if (__builtin_expect(model->streamer.disabled != 0, 0) &&
        is_disabled(model->streamer.disabled, dw[0])) {
        return;
    }
    switch (dw[0] >> 29) {
    case CLIENT_MI:
        if (!is_quiet(dw[0])) {
            render_finish(model->render);
        }
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

    render_finish(model->render); /* what came before the error is done when it is seen */
    model_lock(model);
    streamer->stopped = true;
    mmio_set(&model->mmio, IPEIR, streamer->ring->in_batch ? IPEIR_IN_BATCH : 0);
    if (outcome->step == STEP_FAULT) {
        model_interrupt_page_fault(model, outcome->pgtbl_er);
    } else {
        model_interrupt_error(model, ERROR_INSTRUCTION);
    }
    model_log(model, "streamer stopped at 0x%08" PRIx64 " in the %s, command 0x%08x: %s", address,
              streamer->ring->in_batch ? "batch" : "ring", atomic_load(&streamer->ipehr),
              outcome->text);
    model_unlock(model);
}

/* Moves the ring's head behind 'bytes'; it wraps at the ring's end, and the wrap is counted. */
static void advance_ring(struct model *model, uint64_t bytes, struct outcome *outcome)
{
    struct ring *ring = model->streamer.ring;
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint32_t before = head & RING_HEAD_MASK;
    uint32_t offset = before + (uint32_t)bytes;
    uint32_t wraps = head & RING_WRAP_MASK;

    if (offset >= ring->size) {
        offset = 0;
        wraps += RING_WRAP_ONE;
    }
    if (offset == ring->seen_tail) {
        render_finish(model->render); /* an empty ring says that all is done */
    }
    atomic_store_explicit(&ring->head, wraps | offset, memory_order_release);
    if (ring->report_shift != 0 &&
        (before >> ring->report_shift != offset >> ring->report_shift || offset == 0)) {
        mi_report_head(model, outcome);
    }
}

/* Where the next command is, and how many bytes of its stream are there from it on. */
struct place {
    uint32_t head; /* in the ring */
    uint64_t address;
    uint64_t have;
};

static struct place find_place(struct ring *ring)
{
    struct place place = {
        .head = atomic_load_explicit(&ring->head, memory_order_relaxed) & RING_HEAD_MASK,
        .address = ring->batch,
    };

    if (ring->in_batch) {
        place.have = ring->batch_limit > ring->batch ? ring->batch_limit - ring->batch : 0;
        return place;
    }
    ring->seen_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    place.address = (uint64_t)ring->start + place.head;
    place.have = ring->seen_tail >= place.head ? ring->seen_tail - place.head
                                               : (uint64_t)ring->size - place.head;
    return place;
}

/* The upper half of a header says which row of the table it is. */
static const struct gen3_command *find_command(const struct streamer *streamer, uint32_t header)
{
    uint8_t row = streamer->rows[header >> 16];

    return row != 0 ? &streamer->commands[row - 1] : NULL;
}

/* A command that nobody can change any more; what was looked at is what it begins with. */
static const uint32_t *copy(struct streamer *streamer, const uint32_t *dw, uint32_t header,
                            size_t count)
{
    memmove(streamer->scratch, dw, count * 4); /* it may be there already */
    streamer->scratch[0] = header;
    return streamer->scratch;
}

/* The dwords of the command, *count of them. NULL: the outcome says why not. */
static const uint32_t *parse(struct model *model, const struct place *place, size_t *count,
                             struct outcome *outcome)
{
    struct streamer *streamer = &model->streamer;
    const struct ring *ring = streamer->ring;
    const uint32_t *dw = fetch(model, place->address, 4);

    if (dw == NULL) {
        outcome_fault(outcome, PGTBL_ER_CS_INSTR, "no memory behind the command's address");
        return NULL;
    }
    uint32_t header = __atomic_load_n(&dw[0], __ATOMIC_RELAXED);
    atomic_store_explicit(&streamer->ipehr, header, memory_order_relaxed);
    const struct gen3_command *command = find_command(streamer, header);
    *count = command != NULL ? gen3_command_length(command, header) : 0;
    if (*count == 0 || *count > PARSER_COMMAND_DWORDS) {
        outcome_unknown(outcome, "%s", command != NULL ? "malformed length" : "no such command");
        return NULL;
    }
    if (*count * 4 > place->have) {
        bool at_ring_end = place->head + place->have == ring->size;
        if (ring->in_batch || at_ring_end) {
            outcome_unknown(outcome, "%s of %zu dwords is cut by the end of the %s", command->name,
                            *count, ring->in_batch ? "batch" : "ring");
        } else {
            outcome->step = STEP_MORE;
        }
        return NULL;
    }
    dw = *count == 1 ? dw : fetch(model, place->address, *count * 4);
    if (dw == NULL) {
        outcome_fault(outcome, PGTBL_ER_CS_INSTR, "no memory behind %s", command->name);
        return NULL;
    }
    return model->options.copies_commands ? copy(streamer, dw, header, *count) : dw;
}

/*
 * An engine missed a page: it has read zeros there and lost what it wrote, as with a scratch page
 * that nobody looks at, and goes on.
 */
static void report_fault(struct model *model, struct outcome *outcome)
{
    model_lock(model);
    model_log(model, "page fault of command 0x%08x at 0x%08x: %s",
              atomic_load(&model->streamer.ipehr), atomic_load(&model->streamer.acthd),
              outcome->text);
    model_interrupt_page_fault(model, outcome->pgtbl_er);
    model_unlock(model);
    outcome->step = STEP_NEXT;
}

/* Executes a command and moves the position behind it, or to where it jumps. */
static void execute(struct model *model, uint64_t address, const uint32_t *dw, size_t count,
                    struct outcome *outcome)
{
    struct ring *ring = model->streamer.ring;
    bool from_batch = ring->in_batch;

    dispatch(model, dw, count, outcome);
    if (outcome->step == STEP_UNKNOWN) {
        return;
    }
    if (outcome->step == STEP_FAULT) {
        report_fault(model, outcome);
    }
    /* A batch returns behind the command of the ring that called it. */
    if (!from_batch) {
        advance_ring(model, count * 4, outcome);
    } else if (outcome->step != STEP_JUMP) {
        ring->batch = address + count * 4;
    }
}

static void execute_watched(struct model *model, uint64_t address, const uint32_t *dw, size_t count,
                            struct outcome *outcome)
{
    struct watcher *watcher = model->watcher;

    watcher_begin(watcher, address, dw[0]);
    watcher_touch(watcher, MODEL_WATCH_STREAMER, address, 4 * (uint64_t)count, false);
    execute(model, address, dw, count, outcome);
    render_finish(model->render);
    watcher_end(watcher);
}

/* What the loop does after a command. False when it has to go back under the lock. */
static bool follow(struct model *model, uint64_t address, const struct outcome *outcome)
{
    struct streamer *streamer = &model->streamer;

    switch (outcome->step) {
    case STEP_NEXT:
        return true;
    case STEP_JUMP:
        return !streamer->contended || streamer->ring->in_batch;
    case STEP_YIELD:
        return false;
    case STEP_MORE:
        streamer->ring->starved = true;
        return false;
    case STEP_UNKNOWN:
    case STEP_FAULT:
        stop(model, address, outcome);
        return false;
    }
    return false;
}

static inline uint32_t command_length(const struct gen3_command *command, uint32_t header)
{
    return command->length_rule == GEN3_LENGTH_FIXED   ? command->length
           : command->length_rule == GEN3_LENGTH_FIELD ? (header & command->length_mask) + 2
                                                       : gen3_command_length(command, header);
}

/* Most MI commands may; not those that batches are padded with and flush caches by. */
static inline bool moves_position(uint32_t header)
{
    return header >> 29 == CLIENT_MI && header != MI_NOOP &&
           (header & ~(uint32_t)MI_FLUSH_BITS) != MI_FLUSH;
}

/*
 * Commands that neither draw nor copy nor wait, and need no more than a glance at memory. Most of
 * the 3D pipeline's only set state.
 */
static inline bool is_short(uint32_t header)
{
    const uint64_t short_mi = UINT64_C(1) << 0x00 | UINT64_C(1) << 0x02 | UINT64_C(1) << 0x04 |
                              UINT64_C(1) << 0x0a | UINT64_C(1) << 0x21 |
                              UINT64_C(1) << 0x31; /* NOOP, interrupt, flush, batches, store */

    return header >> 29 == CLIENT_MI
               ? short_mi >> (header >> 23 & 63) & 1
               : header >> 29 == CLIENT_3D && header >> 24 != OPCODE_PRIMITIVE;
}

/*
 * Commands of a batch that lie in the window that has been looked up: most of all commands, and
 * many of them small. Leaves what is anything else to run_command(). 'left': NULL, or how many
 * there may be, and only short ones.
 */
static inline __attribute__((always_inline)) void run_window(struct model *model, unsigned *left)
{
    struct streamer *streamer = &model->streamer;
    struct ring *ring = streamer->ring;
    struct outcome outcome;

    outcome.step = STEP_NEXT;
    while (!atomic_load_explicit(&streamer->attention, memory_order_relaxed)) {
        uint64_t address = ring->batch;
        uint64_t offset = address - streamer->window.address;
        if (offset >= streamer->window.bytes) {
            return;
        }
        const uint32_t *dw = streamer->window.words + offset / 4;
        uint32_t header = dw[0];
        const struct gen3_command *command = find_command(streamer, header);
        uint64_t count = command != NULL ? command_length(command, header) : 0;
        if (count == 0 || offset + 4 * count > streamer->window.bytes ||
            address + 4 * count > ring->batch_limit || moves_position(header)) {
            return;
        }
        if (left != NULL && (*left == 0 || !is_short(header))) {
            return;
        }
        __builtin_prefetch(dw + 2 * CACHELINE_DWORDS);
        atomic_store_explicit(&streamer->acthd, (uint32_t)address, memory_order_relaxed);
        atomic_store_explicit(&streamer->ipehr, header, memory_order_relaxed);
        dispatch(model, dw, count, &outcome);
        if (__builtin_expect(outcome.step == STEP_UNKNOWN, 0)) {
            stop(model, address, &outcome);
            return;
        }
        if (__builtin_expect(outcome.step == STEP_FAULT, 0)) {
            report_fault(model, &outcome);
        }
        ring->batch = address + 4 * count;
        if (left != NULL) {
            (*left)--;
        }
    }
}

/* One command. False when the loop has to go back under the lock. */
static bool run_command(struct model *model)
{
    struct streamer *streamer = &model->streamer;
    struct ring *ring = streamer->ring;
    struct place place = find_place(ring);
    struct outcome outcome;

    outcome.step = STEP_NEXT;
    if (place.have == 0 && !ring->in_batch) {
        return false;
    }
    if (place.have < 4) { /* MI_BATCH_BUFFER has reached its end address */
        streamer_end_batch(streamer);
        return !streamer->contended;
    }
    atomic_store_explicit(&streamer->acthd, (uint32_t)place.address, memory_order_relaxed);
    if (!ring->in_batch && (place.head >= ring->size || ring->seen_tail >= ring->size)) {
        outcome_unknown(&outcome, "HEAD 0x%x, TAIL 0x%x in a ring of 0x%x bytes", place.head,
                        ring->seen_tail, ring->size);
    } else {
        size_t count;
        const uint32_t *dw = parse(model, &place, &count, &outcome);
        if (dw != NULL && model->watcher == NULL) {
            execute(model, place.address, dw, count, &outcome);
        } else if (dw != NULL) {
            execute_watched(model, place.address, dw, count, &outcome);
        }
    }
    return follow(model, place.address, &outcome);
}

void parser_run(struct model *model)
{
    struct streamer *streamer = &model->streamer;

    while (!atomic_load_explicit(&streamer->attention, memory_order_relaxed) &&
           run_command(model)) {
        if (streamer->ring->in_batch && model->watcher == NULL && !model->options.copies_commands) {
            run_window(model, NULL);
        }
        if (streamer->stopped) {
            return;
        }
    }
}

static bool is_short_next(struct model *model)
{
    struct place place = find_place(model->streamer.ring);
    const uint32_t *dw = place.have >= 4 ? fetch(model, place.address, 4) : NULL;

    return dw != NULL && is_short(dw[0]);
}

void parser_run_short(struct model *model, unsigned commands)
{
    const struct streamer *streamer = &model->streamer;
    unsigned left = commands;

    while (left > 0 && !atomic_load_explicit(&streamer->attention, memory_order_relaxed) &&
           is_short_next(model) && run_command(model)) {
        left--;
        if (streamer->ring->in_batch && !model->options.copies_commands) {
            run_window(model, &left);
        }
        if (streamer->stopped) {
            return;
        }
    }
}
