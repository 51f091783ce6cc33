/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/trace_states.h"

#include <stdlib.h>
#include <string.h>

#include "hw/gen3/regs.h"

struct step {
    const char *name;
    uint32_t reg;
};

struct order {
    const char *name;
    uint32_t end, end_bits; /* the write that ends it */
    struct step steps[TRACE_ORDER_STEPS];
};

#define RING_STEPS                                                                                 \
    {"HWS_PGA", HWS_PGA}, {"HWSTAM", HWSTAM}, {"HEAD", PRB0_HEAD}, {"TAIL", PRB0_TAIL},            \
        {"START", PRB0_START},                                                                     \
    {                                                                                              \
        "CTL", PRB0_CTL                                                                            \
    }

/* clang-format off */
static const struct order orders[TRACE_ORDERS] = {
    [TRACE_ORDER_MODE] = {"mode", DSPCNTR_A, DSPCNTR_ENABLE, {
        {"VGACNTRL", VGACNTRL}, {"FP0", FPA0}, {"FP1", FPA1}, {"DPLL", DPLL_A},
        {"HTOTAL", HTOTAL_A}, {"VTOTAL", VTOTAL_A}, {"PIPESRC", PIPESRC_A}, {"PIPECONF", PIPECONF_A},
        {"ADPA", ADPA}, {"FW_BLC", FW_BLC}, {"DSPSTRIDE", DSPSTRIDE_A}, {"DSPSIZE", DSPSIZE_A},
        {"DSPCNTR", DSPCNTR_A}}},
    [TRACE_ORDER_RING] = {"ring", PRB0_CTL, RING_VALID, {RING_STEPS}},
    [TRACE_ORDER_RESET] = {"reset", PRB0_CTL, RING_VALID, {
        {"GDRST", 0}, {"FENCE", FENCE(0)}, RING_STEPS}},
};
/* clang-format on */

const char *trace_order_name(enum trace_order order)
{
    return orders[order].name;
}

const char *trace_order_step(enum trace_order order, unsigned step)
{
    return orders[order].steps[step].name;
}

/* The register that stands for a write to GDRST; it is a fence register's neighbour, unused. */
#define RESET_PLACE (TRACE_MMIO / 4 - 1)

static uint64_t written_at(const struct trace_states *states, const struct step *step)
{
    return states->last_write[step->reg != 0 ? step->reg / 4 : RESET_PLACE];
}

/* Steps by the time of their last write, those since the last reset only. */
static void keep_order(struct trace_states *states, enum trace_order which)
{
    const struct order *order = &orders[which];
    uint8_t *kept = states->orders[which];
    uint64_t since = which == TRACE_ORDER_RESET ? states->last_write[RESET_PLACE] : 1;
    unsigned count = 0;
    for (unsigned i = 0; i < TRACE_ORDER_STEPS && order->steps[i].name != NULL; i++) {
        uint64_t at = written_at(states, &order->steps[i]);
        if (at < since) {
            continue;
        }
        unsigned place = count++;
        while (place > 0 && written_at(states, &order->steps[kept[place - 1]]) > at) {
            kept[place] = kept[place - 1];
            place--;
        }
        kept[place] = (uint8_t)i;
    }
    states->order_steps[which] = (uint8_t)count;
}

static bool is_running(const struct trace_states *states)
{
    return (states->now.values[PRB0_CTL / 4] & RING_VALID) != 0;
}

static bool is_shown(const struct trace_states *states)
{
    return states->own_planes != 0 && is_running(states) &&
           (states->now.values[PIPECONF_A / 4] & PIPECONF_ENABLE) != 0;
}

/* A plane that was switched on before the ring is firmware's, or put back for it. */
static void note_plane(struct trace_states *states, uint32_t reg, uint32_t value)
{
    if (reg == DSPCNTR_A || reg == DSPCNTR_A + PIPE_STRIDE) {
        unsigned plane = 1u << (reg != DSPCNTR_A);
        bool own =
            (value & (DSPCNTR_ENABLE | DSPCNTR_PIPE_B)) == DSPCNTR_ENABLE && is_running(states);
        states->own_planes = own ? states->own_planes | plane : states->own_planes & ~plane;
    } else if (!is_running(states)) {
        states->own_planes = 0;
    }
}

static void keep_shown(struct trace_states *states)
{
    states->shown = states->now;
    states->has_shown = true;
}

static uint32_t merged(const struct trace_line *line, uint32_t before)
{
    uint32_t value = (line->value & line->mask) | (before & ~line->mask);
    if (!trace_register_is_masked((uint32_t)line->where)) {
        return value & ~trace_register_events((uint32_t)line->where);
    }
    uint32_t mask = value >> 16;
    return (before & ~mask) | (value & mask);
}

/* Modes are what a driver does first; its last one may be firmware's, put back. */
static bool is_kept(const struct trace_states *states, enum trace_order order)
{
    return order == TRACE_ORDER_MODE && states->order_steps[order] != 0;
}

static void end_orders(struct trace_states *states, const struct trace_line *line)
{
    for (enum trace_order i = 0; i < TRACE_ORDERS; i++) {
        bool begun = i != TRACE_ORDER_RESET || states->last_write[RESET_PLACE] != 0;
        if (begun && !is_kept(states, i) && line->where == orders[i].end &&
            (line->value & orders[i].end_bits) != 0) {
            keep_order(states, i);
        }
    }
}

static void write_register(struct trace_states *states, const struct trace_line *line,
                           uint64_t number)
{
    size_t place = line->where / 4;
    struct trace_values *now = &states->now;
    uint32_t value = merged(line, now->values[place]);
    bool was_shown = is_shown(states);
    uint32_t before = now->values[place];
    now->values[place] = value;
    note_plane(states, (uint32_t)line->where, value);
    if (was_shown && !is_shown(states)) {
        keep_shown(states);
        states->shown.values[place] = before;
    }
    states->writes[place]++;
    states->last_write[place] = number;
    end_orders(states, line);
}

static void reset(struct trace_states *states, uint64_t number)
{
    if (is_shown(states)) {
        keep_shown(states);
    }
    memset(&states->now, 0, sizeof(states->now));
    states->own_planes = 0;
    states->last_write[RESET_PLACE] = number;
}

static void take(struct trace_states *states, const struct trace_line *line, uint64_t number)
{
    if (line->what == TRACE_BEGIN) {
        memcpy(states->chip, line->chip, sizeof(states->chip));
    } else if (line->what == 'w') {
        write_register(states, line, number);
    } else if (line->what == 'C' && line->where == CONFIG_GDRST &&
               (line->value & GDRST_ENABLE) != 0) {
        reset(states, number);
    }
}

struct trace_states *trace_states_read(const char *path)
{
    struct trace_file trace;
    struct trace_line line;
    struct trace_states *states = calloc(1, sizeof(*states));
    int result = 0;
    if (states == NULL || !trace_file_open(&trace, path)) {
        free(states);
        return NULL;
    }
    while ((result = trace_file_next(&trace, &line)) > 0) {
        take(states, &line, trace.number);
    }
    trace_file_close(&trace);
    if (result != 0) {
        free(states);
        return NULL;
    }
    if (is_shown(states)) {
        keep_shown(states);
    }
    return states;
}
