/* SPDX-License-Identifier: MIT */
#include "hw/trace/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES   (64u << 10)
#define LINE_MAX_BYTES 128u
#define NS_PER_S       1000000000

/*
 * Accesses one behind the other that make one line: page-table entries that are alike, bytes of the
 * aperture.
 */
struct run {
    char what; /* the line's letter; 0: there is none */
    uint32_t entry;
    uint64_t time_ns;
    uint64_t first, count;
};

struct trace {
    struct hw_device base; /* first */
    struct hw_device_ops ops;
    struct hw_device *inner;
    FILE *file;
    size_t held;    /* bytes in the file's buffer: whole lines only are written */
    bool holds_not; /* each line is written at once */
    struct timespec began;
    struct run run;
    char buffer[BUFFER_BYTES]; /* of the file; the C library makes none of this size */
};

static struct trace *trace_of(struct hw_device *dev)
{
    return (struct trace *)dev;
}

static uint64_t now(const struct trace *trace)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)((time.tv_sec - trace->began.tv_sec) * NS_PER_S + time.tv_nsec -
                      trace->began.tv_nsec);
}

/*
 * A process that dies with lines in its buffer leaves no part of a line in the file, for another
 * one may go on behind it.
 */
__attribute__((format(printf, 2, 3))) static void put(struct trace *trace, const char *format, ...)
{
    va_list args;
    if (trace->held + LINE_MAX_BYTES > BUFFER_BYTES) {
        fflush(trace->file);
        trace->held = 0;
    }
    va_start(args, format);
    int length = vfprintf(trace->file, format, args);
    va_end(args);
    trace->held += length > 0 ? (size_t)length : 0;
    if (trace->holds_not) {
        fflush(trace->file);
    }
}

static void end_run(struct trace *trace)
{
    const struct run *run = &trace->run;
    char entry[16] = "";
    if (run->what == 'G' || run->what == 'g') {
        snprintf(entry, sizeof(entry), " %08x", run->entry);
    }
    if (run->what != 0) {
        put(trace, "%" PRIu64 " %c %05" PRIx64 "+%" PRIu64 "%s\n", run->time_ns, run->what,
            run->first, run->count, entry);
    }
    trace->run.what = 0;
}

static void note_run(struct trace *trace, char what, uint64_t where, uint64_t count, uint32_t entry)
{
    struct run *run = &trace->run;
    if (run->what != what || where != run->first + run->count || entry != run->entry) {
        end_run(trace);
        *run = (struct run){.what = what, .entry = entry, .time_ns = now(trace), .first = where};
    }
    run->count += count;
}

static void note(struct trace *trace, char what, uint32_t where, uint32_t value)
{
    end_run(trace);
    put(trace, "%" PRIu64 " %c %05x %08x\n", now(trace), what, where, value);
}

static void note_event(struct trace *trace, char what)
{
    end_run(trace);
    put(trace, "%" PRIu64 " %c\n", now(trace), what);
}

static void op_destroy(struct hw_device *dev)
{
    struct trace *trace = trace_of(dev);
    end_run(trace);
    hw_device_destroy(trace->inner);
    fclose(trace->file);
    free(trace);
}

static uint32_t op_read(struct hw_device *dev, uint32_t reg)
{
    uint32_t value = hw_read(trace_of(dev)->inner, reg);
    note(trace_of(dev), 'r', reg, value);
    return value;
}

static void op_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    note(trace_of(dev), 'w', reg, value);
    hw_write(trace_of(dev)->inner, reg, value);
}

static void note_config(struct trace *trace, char what, uint32_t offset, unsigned size,
                        uint32_t value)
{
    end_run(trace);
    put(trace, "%" PRIu64 " %c %05x+%u %08x\n", now(trace), what, offset, size, value);
}

static uint32_t op_config_read(struct hw_device *dev, uint32_t offset, unsigned size)
{
    uint32_t value = hw_config_read(trace_of(dev)->inner, offset, size);
    note_config(trace_of(dev), 'c', offset, size, value);
    return value;
}

static void op_config_write(struct hw_device *dev, uint32_t offset, unsigned size, uint32_t value)
{
    note_config(trace_of(dev), 'C', offset, size, value);
    hw_config_write(trace_of(dev)->inner, offset, size, value);
}

static uint32_t op_gtt_read(struct hw_device *dev, uint32_t index)
{
    uint32_t entry = hw_gtt_read(trace_of(dev)->inner, index);
    note_run(trace_of(dev), 'g', index, 1, entry);
    return entry;
}

static void op_gtt_write(struct hw_device *dev, uint32_t index, uint32_t pte)
{
    note_run(trace_of(dev), 'G', index, 1, pte);
    hw_gtt_write(trace_of(dev)->inner, index, pte);
}

static int op_aperture_read(struct hw_device *dev, uint64_t offset, void *to, size_t size)
{
    note_run(trace_of(dev), 'a', offset, size, 0);
    return hw_aperture_read(trace_of(dev)->inner, offset, to, size);
}

static int op_aperture_write(struct hw_device *dev, uint64_t offset, const void *from, size_t size)
{
    note_run(trace_of(dev), 'A', offset, size, 0);
    return hw_aperture_write(trace_of(dev)->inner, offset, from, size);
}

static int op_dma_alloc(struct hw_device *dev, size_t size, struct hw_dma *dma)
{
    return hw_dma_alloc(trace_of(dev)->inner, size, dma);
}

static int op_dma_attach(struct hw_device *dev, int fd, uint64_t offset, size_t size,
                         struct hw_dma *dma)
{
    return hw_dma_attach(trace_of(dev)->inner, fd, offset, size, dma);
}

static void op_dma_release(struct hw_device *dev, struct hw_dma *dma)
{
    hw_dma_release(trace_of(dev)->inner, dma);
}

static int op_dma_discard(struct hw_device *dev, struct hw_dma *dma, size_t offset, size_t size)
{
    return hw_dma_discard(trace_of(dev)->inner, dma, offset, size);
}

static uint64_t op_dma_bus_address(struct hw_device *dev, const struct hw_dma *dma, size_t offset)
{
    return hw_dma_bus_address(trace_of(dev)->inner, dma, offset);
}

static void op_memory_flush(struct hw_device *dev, const struct hw_dma *dma, size_t offset,
                            size_t size)
{
    hw_memory_flush(trace_of(dev)->inner, dma, offset, size);
}

static int op_irq_fd(struct hw_device *dev)
{
    return hw_irq_fd(trace_of(dev)->inner);
}

static bool op_irq_take(struct hw_device *dev)
{
    bool taken = hw_irq_take(trace_of(dev)->inner);
    if (taken) {
        note_event(trace_of(dev), 'i');
    }
    return taken;
}

static void op_irq_unmask(struct hw_device *dev)
{
    note_event(trace_of(dev), 'u');
    hw_irq_unmask(trace_of(dev)->inner);
}

static void op_chipset_flush(struct hw_device *dev)
{
    note_event(trace_of(dev), 'f');
    hw_chipset_flush(trace_of(dev)->inner);
}

/*
 * In another process: what the first one had not written when this one was forked is in its buffer,
 * too, and the first one has written it since or has died with it. From here on this one's own
 * count.
 */
static void op_release(struct hw_device *dev)
{
    struct trace *trace = trace_of(dev);
    __fpurge(trace->file);
    trace->held = 0;
    trace->run.what = 0;
    trace->holds_not = true;
    put(trace, "# another process goes on\n");
    trace->inner->ops->release(trace->inner);
}

static int op_screen_size(struct hw_device *dev, unsigned pipe, uint32_t *width, uint32_t *height)
{
    return hw_screen_size(trace_of(dev)->inner, pipe, width, height);
}

static int op_screen_read(struct hw_device *dev, unsigned pipe, uint32_t *pixels, uint32_t width,
                          uint32_t height)
{
    return hw_screen_read(trace_of(dev)->inner, pipe, pixels, width, height);
}

static const struct hw_device_ops ops = {
    .destroy = op_destroy,
    .read = op_read,
    .write = op_write,
    .config_read = op_config_read,
    .config_write = op_config_write,
    .gtt_read = op_gtt_read,
    .gtt_write = op_gtt_write,
    .aperture_read = op_aperture_read,
    .aperture_write = op_aperture_write,
    .dma_alloc = op_dma_alloc,
    .dma_attach = op_dma_attach,
    .dma_release = op_dma_release,
    .dma_discard = op_dma_discard,
    .dma_bus_address = op_dma_bus_address,
    .memory_flush = op_memory_flush,
    .irq_fd = op_irq_fd,
    .irq_take = op_irq_take,
    .irq_unmask = op_irq_unmask,
    .chipset_flush = op_chipset_flush,
    .release = op_release,
    .screen_size = op_screen_size,
    .screen_read = op_screen_read,
};

struct hw_device *trace_create(struct hw_device *inner, int fd)
{
    struct trace *trace = calloc(1, sizeof(*trace));
    FILE *file = trace != NULL ? fdopen(fd, "w") : NULL;
    if (file == NULL || setvbuf(file, trace->buffer, _IOFBF, BUFFER_BYTES) != 0) {
        int error = trace == NULL ? ENOMEM : errno;
        if (file != NULL) {
            fclose(file);
        } else {
            close(fd);
        }
        free(trace);
        hw_device_destroy(inner);
        errno = error;
        return NULL;
    }
    trace->ops = ops;
    if (inner->ops->release == NULL) {
        trace->ops.release = NULL;
    }
    if (inner->ops->dma_discard == NULL) {
        trace->ops.dma_discard = NULL;
    }
    trace->base = (struct hw_device){.ops = &trace->ops, .identity = inner->identity};
    trace->inner = inner;
    trace->file = file;
    clock_gettime(CLOCK_MONOTONIC, &trace->began);
    put(trace, "# gemd-trace 1 %s 8086:%04x\n", inner->identity.name, inner->identity.pci_device);
    return &trace->base;
}

void trace_note_bytes(struct hw_device *dev, uint32_t reg, uint32_t value, uint32_t mask)
{
    struct trace *trace = trace_of(dev);
    end_run(trace);
    put(trace, "%" PRIu64 " w %05x&%08x %08x\n", now(trace), reg, mask, value);
}
