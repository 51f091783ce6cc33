/* SPDX-License-Identifier: MIT */
#include "tests/unit/hwtest/silicon.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gemd/hwtest/bench.h"
#include "hw/gen3/regs.h"
#include "hw/model/model.h"

#define LINE         64u
#define REGIONS      4u
#define LOOK_NS      1000u
#define WAIT_STEP_NS 20000u
#define STORE_NS     100u /* of a line that the bus takes */
#define COMBINED_NS  2u
#define CLFLUSH_NS   15u
#define RESET_NS     200000000u

/* Memory behind a cache: what the processor sees, what it saw last of memory, and memory. */
struct region {
    struct hw_dma real;
    uint8_t *seen, *known;
    uint32_t *staged; /* lines that the chipset still holds */
    size_t staged_count;
};

struct silicon {
    struct hw_device base; /* first */
    struct hw_device *model;
    struct silicon_faults faults;
    struct hwtest_clock clock;
    struct region regions[REGIONS];
    uint32_t *entries, *pending; /* as written, and those that the TLB does not know yet */
    uint32_t pending_count;
    uint32_t first, end; /* of the entries that were written */
    uint64_t ns, reset_ns, last_line;
    unsigned clflushes, chipset_flushes, interrupts, aperture_writes, looks;
    bool is_late, resets;
    int fd;
};

static struct silicon *of(struct hw_device *dev)
{
    return (struct silicon *)dev;
}

/* Whether this one is lost. */
static bool is_lost(unsigned *count, unsigned every)
{
    return every != 0 && ++*count % every == 0;
}

/* ---- memory ---- */

static struct region *region_of(struct silicon *silicon, const struct hw_dma *dma)
{
    for (unsigned i = 0; i < REGIONS; i++) {
        if (silicon->regions[i].seen == dma->cpu) {
            return &silicon->regions[i];
        }
    }
    abort();
}

static int op_dma_alloc(struct hw_device *dev, size_t size, struct hw_dma *dma)
{
    struct silicon *silicon = of(dev);
    struct region *region = silicon->regions;
    while (region->seen != NULL) {
        region++;
    }
    int error = hw_dma_alloc(silicon->model, size, &region->real);
    region->seen = calloc(1, size);
    region->known = calloc(1, size);
    region->staged = calloc(size / LINE + 1, sizeof(region->staged[0]));
    region->staged_count = 0;
    *dma = region->real;
    dma->cpu = region->seen;
    return error;
}

static void op_dma_release(struct hw_device *dev, struct hw_dma *dma)
{
    struct region *region = region_of(of(dev), dma);
    hw_dma_release(of(dev)->model, &region->real);
    free(region->seen);
    free(region->known);
    free(region->staged);
    *region = (struct region){.seen = NULL};
}

static uint64_t op_dma_bus_address(struct hw_device *dev, const struct hw_dma *dma, size_t offset)
{
    return hw_dma_bus_address(of(dev)->model, &region_of(of(dev), dma)->real, offset);
}

static bool is_dirty(const struct region *region, size_t at)
{
    return memcmp(region->seen + at, region->known + at, LINE) != 0;
}

static void write_through(struct region *region, size_t at)
{
    memcpy(region->known + at, region->seen + at, LINE);
    memcpy((uint8_t *)region->real.cpu + at, region->seen + at, LINE);
}

static void load(struct region *region, size_t at)
{
    memcpy(region->seen + at, (uint8_t *)region->real.cpu + at, LINE);
    memcpy(region->known + at, region->seen + at, LINE);
}

static void op_memory_flush(struct hw_device *dev, const struct hw_dma *dma, size_t offset,
                            size_t size)
{
    struct silicon *silicon = of(dev);
    struct region *region = region_of(silicon, dma);
    if (offset == PAGE_SOURCE * HW_PAGE_SIZE &&
        is_lost(&silicon->clflushes, silicon->faults.loses_clflush_every)) {
        return;
    }
    for (size_t at = offset; at < offset + size; at += LINE) {
        if (is_dirty(region, at)) {
            memcpy(region->known + at, region->seen + at, LINE);
            region->staged[region->staged_count++ % (region->real.size / LINE)] =
                (uint32_t)(at / LINE);
            silicon->ns += silicon->faults.is_slow_to_flush ? 4 * CLFLUSH_NS : CLFLUSH_NS;
        } else if (region->staged_count == 0) {
            load(region, at);
        }
    }
}

static void op_chipset_flush(struct hw_device *dev)
{
    struct silicon *silicon = of(dev);
    if (is_lost(&silicon->chipset_flushes, silicon->faults.loses_chipset_every)) {
        return;
    }
    for (unsigned i = 0; i < REGIONS; i++) {
        struct region *region = &silicon->regions[i];
        for (size_t j = 0; j < region->staged_count && j < region->real.size / LINE; j++) {
            size_t at = (size_t)region->staged[j] * LINE;
            memcpy((uint8_t *)region->real.cpu + at, region->known + at, LINE);
        }
        region->staged_count = 0;
    }
}

/* ---- snooping: whenever the GPU has had its turn ---- */

static struct region *region_at(struct silicon *silicon, uint32_t entry, size_t *offset)
{
    uint64_t bus = (entry & PTE_ADDRESS_MASK) | (uint64_t)(entry & PTE_HIGH_MASK) << PTE_HIGH_SHIFT;
    for (unsigned i = 0; i < REGIONS; i++) {
        struct region *region = &silicon->regions[i];
        for (size_t at = 0; region->seen != NULL && at < region->real.size; at += HW_PAGE_SIZE) {
            if (hw_dma_bus_address(silicon->model, &region->real, at) == bus) {
                *offset = at;
                return region;
            }
        }
    }
    return NULL;
}

/* Of a line of a snooped page; before: the GPU is about to have its turn. */
static void snoop_line(struct silicon *silicon, struct region *region, size_t at, bool before,
                       bool is_status)
{
    size_t line = at / LINE + 1;
    unsigned misses = silicon->faults.snoop_misses_every, hides = silicon->faults.snoop_hides_every;
    if (before && is_dirty(region, at) && (is_status || misses == 0 || line % misses != 0)) {
        write_through(region, at);
    }
    if (!before && !is_dirty(region, at) && (is_status || hides == 0 || line % hides != 0)) {
        load(region, at);
    }
}

static void snoop(struct silicon *silicon, bool before)
{
    for (uint32_t i = silicon->first; i < silicon->end; i++) {
        size_t offset;
        bool is_status = i % BENCH_PAGES == PAGE_STATUS;
        if ((silicon->entries[i] & PTE_CACHED) == 0 || (is_status && !before && silicon->is_late)) {
            continue;
        }
        struct region *region = region_at(silicon, silicon->entries[i], &offset);
        for (size_t at = 0; region != NULL && at < HW_PAGE_SIZE; at += LINE) {
            snoop_line(silicon, region, offset + at, before, is_status);
        }
    }
}

/* ---- the GPU's turn ---- */

static bool is_raised(const struct silicon *silicon)
{
    struct pollfd poll_fd = {.fd = hw_irq_fd(silicon->model), .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

static void pass_interrupt(struct silicon *silicon)
{
    if (!is_raised(silicon) || !hw_irq_take(silicon->model)) {
        return;
    }
    if (is_lost(&silicon->interrupts, silicon->faults.loses_interrupt_every)) {
        hw_write(silicon->model, PIPESTAT_A, hw_read(silicon->model, PIPESTAT_A));
        hw_write(silicon->model, IIR, ~0u);
        hw_write(silicon->model, IIR, ~0u);
        hw_irq_unmask(silicon->model);
        return;
    }
    silicon->is_late = silicon->faults.store_is_late;
    (void)eventfd_write(silicon->fd, 1);
}

static void give_turn(struct silicon *silicon)
{
    snoop(silicon, true);
    model_clock_changed(silicon->model);
    model_wait_idle(silicon->model);
    if (silicon->faults.store_is_late) {
        pass_interrupt(silicon);
        snoop(silicon, false);
    } else {
        snoop(silicon, false);
        pass_interrupt(silicon);
    }
}

static uint64_t clock_now(void *data)
{
    struct silicon *silicon = data;
    return silicon->ns += LOOK_NS;
}

static void clock_sleep(void *data, uint64_t ns)
{
    struct silicon *silicon = data;
    silicon->ns += ns;
    give_turn(silicon);
    silicon->is_late = false;
}

static bool clock_await(void *data, int fd, uint64_t ns)
{
    struct silicon *silicon = data;
    for (uint64_t end = silicon->ns + ns; silicon->ns < end; silicon->ns += WAIT_STEP_NS) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        give_turn(silicon);
        if (poll(&poll_fd, 1, 0) == 1) {
            return true;
        }
    }
    return false;
}

static uint64_t model_clock(void *data)
{
    const struct silicon *silicon = data;
    unsigned percent = silicon->faults.clock_percent;
    return silicon->ns * (percent != 0 ? percent : 100) / 100;
}

/* ---- the page table, behind a TLB ---- */

static uint32_t op_gtt_read(struct hw_device *dev, uint32_t index)
{
    uint32_t entry = of(dev)->entries[index];
    return of(dev)->faults.drops_cached_bits ? entry & ~PTE_CACHED : entry;
}

static void op_gtt_write(struct hw_device *dev, uint32_t index, uint32_t pte)
{
    struct silicon *silicon = of(dev);
    bool is_window = index % BENCH_PAGES == PAGE_WINDOW;
    if (silicon->faults.tlb_is_late && is_window) {
        hw_gtt_write(silicon->model, index, silicon->entries[index]);
    } else {
        silicon->pending[silicon->pending_count++ % silicon->base.identity.gtt_entries] = index;
    }
    silicon->entries[index] = pte;
    silicon->first = index < silicon->first ? index : silicon->first;
    silicon->end = index >= silicon->end ? index + 1 : silicon->end;
}

static void flush_tlb(struct silicon *silicon)
{
    uint32_t entries = silicon->base.identity.gtt_entries;
    for (uint32_t i = 0; i < silicon->pending_count && i < entries; i++) {
        uint32_t index = silicon->pending[i];
        hw_gtt_write(silicon->model, index, silicon->entries[index]);
    }
    silicon->pending_count = 0;
}

/* ---- registers ---- */

static uint32_t op_read(struct hw_device *dev, uint32_t reg)
{
    struct silicon *silicon = of(dev);
    const struct silicon_faults *faults = &silicon->faults;
    uint32_t value = hw_read(silicon->model, reg);
    switch (reg) {
    case MCH_DCC:
        return faults->channels != 0 ? faults->channels : value;
    case PIPEDSL_A:
        return faults->never_locks ? 0 : value + faults->lines_ahead;
    case FRAMEPIXEL_A:
    case FRAMEHIGH_A:
        return faults->never_locks ? 0 : value;
    case GPIO_ANALOG:
        return faults->wires_are_cut ? 0 : value;
    case GMBUS2:
        return faults->has_no_controller ? 0 : value;
    case PGTBL_ER:
        return faults->has_no_error_bits ? 0 : value;
    case FW_BLC:
        return faults->counts_by_itself ? silicon->looks++ : value;
    default:
        return value;
    }
}

static void op_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    struct silicon *silicon = of(dev);
    if (reg == GFX_FLSH_CNTL) {
        flush_tlb(silicon);
    }
    if (reg != PRB0_TAIL || value == 0 || !silicon->faults.tail_is_lost) {
        hw_write(silicon->model, reg, value);
    }
}

static uint32_t op_config_read(struct hw_device *dev, uint32_t offset, unsigned size)
{
    struct silicon *silicon = of(dev);
    uint32_t value = hw_config_read(silicon->model, offset, size);
    bool is_busy = silicon->faults.never_resets ||
                   (silicon->faults.resets_slowly && silicon->ns < silicon->reset_ns);
    return offset == CONFIG_GDRST && silicon->resets && is_busy ? GDRST_ENABLE : value;
}

static void op_config_write(struct hw_device *dev, uint32_t offset, unsigned size, uint32_t value)
{
    struct silicon *silicon = of(dev);
    if (offset == CONFIG_GDRST && (value & GDRST_ENABLE) != 0) {
        silicon->resets = true;
        silicon->reset_ns = silicon->ns + RESET_NS;
    } else if (offset == CONFIG_GDRST) {
        silicon->resets = false;
    }
    hw_config_write(silicon->model, offset, size, value);
}

/* ---- the aperture ---- */

static int op_aperture_read(struct hw_device *dev, uint64_t offset, void *to, size_t size)
{
    of(dev)->ns += size / 8 * 2 * STORE_NS;
    return hw_aperture_read(of(dev)->model, offset, to, size);
}

static int op_aperture_write(struct hw_device *dev, uint64_t offset, const void *from, size_t size)
{
    struct silicon *silicon = of(dev);
    bool is_same = offset / LINE == silicon->last_line && !silicon->faults.is_uncombined;
    silicon->last_line = offset / LINE;
    silicon->ns += is_same ? COMBINED_NS : STORE_NS;
    return is_lost(&silicon->aperture_writes, silicon->faults.aperture_loses_every)
               ? 0
               : hw_aperture_write(silicon->model, offset, from, size);
}

/* ---- interrupts ---- */

static int op_irq_fd(struct hw_device *dev)
{
    return of(dev)->fd;
}

static void op_irq_unmask(struct hw_device *dev)
{
    hw_irq_unmask(of(dev)->model);
}

static void op_destroy(struct hw_device *dev)
{
    struct silicon *silicon = of(dev);
    hw_device_destroy(silicon->model);
    close(silicon->fd);
    free(silicon->entries);
    free(silicon->pending);
    free(silicon);
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
    .dma_release = op_dma_release,
    .dma_bus_address = op_dma_bus_address,
    .memory_flush = op_memory_flush,
    .irq_fd = op_irq_fd,
    .irq_unmask = op_irq_unmask,
    .chipset_flush = op_chipset_flush,
};

struct silicon *silicon_create(const char *chipset, const struct silicon_faults *faults)
{
    struct silicon *silicon = calloc(1, sizeof(*silicon));
    const struct model_options options = {
        .chipset = chipset,
        .memory = faults->memory,
        .threads = 1,
        .lent_thread = true,
        .clock = model_clock,
        .clock_data = silicon,
    };
    silicon->faults = *faults;
    silicon->model = model_create(&options);
    silicon->base.ops = &ops;
    silicon->base.identity = silicon->model->identity;
    silicon->base.identity.snoops = true;
    silicon->entries = calloc(silicon->base.identity.gtt_entries, sizeof(uint32_t));
    silicon->pending = calloc(silicon->base.identity.gtt_entries, sizeof(uint32_t));
    silicon->first = silicon->base.identity.gtt_entries;
    silicon->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    silicon->clock = (struct hwtest_clock){clock_now, clock_sleep, clock_await, silicon};
    return silicon;
}

void silicon_destroy(struct silicon *silicon)
{
    hw_device_destroy(&silicon->base);
}

struct hw_device *silicon_device(struct silicon *silicon)
{
    return &silicon->base;
}

const struct hwtest_clock *silicon_clock(struct silicon *silicon)
{
    return &silicon->clock;
}
