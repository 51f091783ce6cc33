/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/trace_replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hw/gen3/regs.h"
#include "tools/gemctl/trace_registers.h"

#define AGAIN_NS    1000000 /* a device that is not there yet is asked again ... */
#define AGAIN_TIMES 50

enum { NOTE_WRITTEN = 1, NOTE_TOLD = 2, NOTE_FOUND_TOLD = 4 };

struct replay {
    struct trace_file *trace;
    const struct trace_replay_options *options;
    struct trace_replay_counts *counts;
    struct hw_device *dev;
    struct hw_dma page;
    struct trace_line poll; /* 'r' or 'c' that is not compared yet; what 0: none */
    uint64_t poll_number;
    uint8_t notes[TRACE_MMIO / 4];
    bool config_told[TRACE_CONFIG];
};

static void end_device(struct replay *replay)
{
    if (replay->dev != NULL) {
        hw_dma_release(replay->dev, &replay->page);
        hw_device_destroy(replay->dev);
    }
    replay->dev = NULL;
}

static int begin_device(struct replay *replay, const char *chip)
{
    end_device(replay);
    for (size_t i = 0; i < TRACE_MMIO / 4; i++) {
        replay->notes[i] &= (uint8_t)~NOTE_WRITTEN;
    }
    struct hw_device *dev = replay->options->create(replay->options->data, chip);
    if (dev == NULL) {
        return -1;
    }
    if (hw_dma_alloc(dev, HW_PAGE_SIZE, &replay->page) != 0) {
        fputs("gemctl: out of memory\n", stderr);
        hw_device_destroy(dev);
        return -1;
    }
    replay->dev = dev;
    return 0;
}

/* ---- page table ---- */

static uint32_t entry_of(struct replay *replay, uint32_t entry)
{
    uint64_t bus = hw_dma_bus_address(replay->dev, &replay->page, 0);
    uint32_t high = (uint32_t)(bus >> PTE_HIGH_SHIFT) & PTE_HIGH_MASK;
    return (entry & PTE_VALID) == 0
               ? 0
               : ((uint32_t)bus & PTE_ADDRESS_MASK) | high | (entry & (PTE_VALID | PTE_CACHED));
}

static void write_entries(struct replay *replay, const struct trace_line *line)
{
    uint64_t end = line->where + line->count;
    for (uint64_t i = line->where; i < end && i < replay->dev->identity.gtt_entries; i++) {
        hw_gtt_write(replay->dev, (uint32_t)i, entry_of(replay, line->value));
    }
}

/* ---- registers ---- */

static void write_register(struct replay *replay, const struct trace_line *line)
{
    uint32_t reg = (uint32_t)line->where;
    uint32_t value = line->value & line->mask;
    if (line->mask != UINT32_MAX) {
        value |= hw_read(replay->dev, reg) & ~line->mask & ~trace_register_events(reg);
    }
    replay->notes[reg / 4] |= NOTE_WRITTEN;
    replay->counts->writes++;
    hw_write(replay->dev, reg, value);
}

static void tell(struct replay *replay, const struct trace_line *line, uint32_t value,
                 const char *what)
{
    char name[TRACE_NAME_MAX];
    trace_register_name((uint32_t)line->where, name);
    fprintf(replay->options->out,
            "%s:%" PRIu64 ": %s %05" PRIx64 " %s: %08" PRIx32 " in the trace, %08" PRIx32
            " here, bits %08" PRIx32 "\n",
            replay->trace->path, replay->poll_number, what, line->where, name, line->value, value,
            line->value ^ value);
}

static void differs(struct replay *replay, const struct trace_line *line, uint32_t value)
{
    uint8_t *note = &replay->notes[line->where / 4];
    if ((*note & NOTE_WRITTEN) == 0) {
        replay->counts->found++;
        if (replay->options->found && (*note & NOTE_FOUND_TOLD) == 0) {
            tell(replay, line, value, "found");
        }
        *note |= NOTE_FOUND_TOLD;
        return;
    }
    replay->counts->differ++;
    if ((*note & NOTE_TOLD) == 0) {
        replay->counts->registers++;
        tell(replay, line, value, "differs");
    }
    *note |= NOTE_TOLD;
}

static uint32_t read_line(struct replay *replay, const struct trace_line *line)
{
    return line->what == 'r'
               ? hw_read(replay->dev, (uint32_t)line->where)
               : hw_config_read(replay->dev, (uint32_t)line->where, (unsigned)line->count);
}

/* The trace has been waiting for it, too, in its time. */
static uint32_t read_until(struct replay *replay, const struct trace_line *line, uint32_t counting,
                           bool hopeless)
{
    const struct timespec again = {.tv_nsec = AGAIN_NS};
    uint32_t value = read_line(replay, line);
    for (int i = 0; ((value ^ line->value) & counting) != 0 && !hopeless && i < AGAIN_TIMES; i++) {
        nanosleep(&again, NULL);
        value = read_line(replay, line);
    }
    return value;
}

static void compare_config(struct replay *replay, const struct trace_line *line)
{
    if (!trace_config_is_fixed((uint32_t)line->where)) {
        replay->counts->excused++;
        return;
    }
    uint32_t value = read_until(replay, line, UINT32_MAX, false);
    if (value == line->value) {
        return;
    }
    replay->counts->differ++;
    if (!replay->config_told[line->where]) {
        fprintf(replay->options->out,
                "%s:%" PRIu64 ": differs config %02" PRIx64 ": %08" PRIx32
                " in the trace, %08" PRIx32 " here\n",
                replay->trace->path, replay->poll_number, line->where, line->value, value);
    }
    replay->config_told[line->where] = true;
}

static void compare_register(struct replay *replay, const struct trace_line *line)
{
    uint32_t counting = ~trace_register_excused((uint32_t)line->where);
    uint8_t notes = replay->notes[line->where / 4];
    if (counting == 0) {
        (void)read_line(replay, line);
        replay->counts->excused++;
        return;
    }
    uint32_t value =
        read_until(replay, line, counting, (notes & (NOTE_TOLD | NOTE_FOUND_TOLD)) != 0);
    if (((value ^ line->value) & counting) != 0) {
        differs(replay, line, value);
    }
}

/* What was read last where it was read again and again. */
static void end_poll(struct replay *replay)
{
    const struct trace_line line = replay->poll;
    replay->poll.what = 0;
    if (line.what != 0) {
        replay->counts->reads++;
        (line.what == 'r' ? compare_register : compare_config)(replay, &line);
    }
}

static void begin_poll(struct replay *replay, const struct trace_line *line)
{
    const struct trace_line *poll = &replay->poll;
    bool same = poll->what == line->what && poll->where == line->where &&
                poll->count == line->count &&
                !(line->what == 'r' && trace_register_is_queue((uint32_t)line->where));
    if (!same) {
        end_poll(replay);
    }
    replay->poll = *line;
    replay->poll_number = replay->trace->number;
}

static void read_entries(struct replay *replay, const struct trace_line *line)
{
    bool same = true;
    for (uint64_t i = line->where; i < line->where + line->count; i++) {
        same = same && ((hw_gtt_read(replay->dev, (uint32_t)i) ^ line->value) & PTE_VALID) == 0;
    }
    replay->counts->reads++;
    replay->counts->found += !same;
}

static int carry_out(struct replay *replay, const struct trace_line *line)
{
    if (line->what == 'r' || line->what == 'c') {
        begin_poll(replay, line);
        return 0;
    }
    end_poll(replay);
    switch (line->what) {
    case TRACE_BEGIN:
        return begin_device(replay, line->chip);
    case 'w':
        write_register(replay, line);
        break;
    case 'C':
        hw_config_write(replay->dev, (uint32_t)line->where, (unsigned)line->count, line->value);
        break;
    case 'g':
        read_entries(replay, line);
        break;
    case 'G':
        write_entries(replay, line);
        break;
    case 'u':
        hw_irq_unmask(replay->dev);
        break;
    case 'f':
        hw_chipset_flush(replay->dev);
        break;
    default:
        break; /* interrupts come of themselves; what went through the aperture is unknown */
    }
    return 0;
}

int trace_replay(struct trace_file *trace, const struct trace_replay_options *options,
                 struct trace_replay_counts *counts)
{
    struct replay *replay = calloc(1, sizeof(*replay));
    struct trace_line line;
    int result = replay != NULL ? 1 : -1;
    *counts = (struct trace_replay_counts){0};
    if (replay == NULL) {
        fputs("gemctl: out of memory\n", stderr);
        return -1;
    }
    replay->trace = trace;
    replay->options = options;
    replay->counts = counts;
    while (result > 0 && (result = trace_file_next(trace, &line)) > 0) {
        counts->lines++;
        if (carry_out(replay, &line) != 0) {
            result = -1;
        }
    }
    if (result == 0 && replay->dev != NULL) {
        end_poll(replay);
    }
    end_device(replay);
    free(replay);
    return result;
}
