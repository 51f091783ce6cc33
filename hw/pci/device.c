/* SPDX-License-Identifier: MIT */
#include "hw/pci/pci.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/pci/chip.h"
#include "hw/pci/dma.h"
#include "hw/pci/entries.h"
#include "hw/pci/find.h"
#include "hw/pci/flush.h"
#include "hw/pci/irq.h"
#include "hw/pci/map.h"
#include "hw/pci/selftest.h"
#include "hw/pci/stolen.h"
#include "hw/pci/swizzle.h"

#define CONFIG_BSM      0x5cu
#define BSM_MASK        0xfff00000u
#define RESET_LOOKS_MAX 100000u

struct pci_device_state {
    struct hw_device base; /* first */
    struct pci_options options;
    const struct pci_system *system;
    const struct pci_chip *chip;
    struct pci_function gpu, bridge;
    struct pci_map map;
    struct pci_irq irq;
    struct pci_flush flush;
    struct pci_dma_space dma;
    int bridge_config;
    bool told_range;
    /* As found. */
    uint32_t command;
    uint32_t pgtbl_ctl;
    struct pci_entries entries;
};

static struct pci_device_state *state_of(struct hw_device *dev)
{
    return (struct pci_device_state *)dev;
}

__attribute__((format(printf, 3, 4))) static void tell(const struct pci_device_state *state,
                                                       bool is_warning, const char *format, ...)
{
    char line[320];
    va_list args;
    if (state->options.log == NULL) {
        return;
    }
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    state->options.log(state->options.log_data, is_warning, line);
}

/* ---- registers, page table, aperture ---- */

static uint32_t op_read(struct hw_device *dev, uint32_t reg)
{
    const struct pci_map *map = &state_of(dev)->map;
    return reg < map->registers_size ? map->registers[reg / 4] : ~0u;
}

static void op_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    const struct pci_map *map = &state_of(dev)->map;
    if (reg < map->registers_size) {
        map->registers[reg / 4] = value;
    }
}

static uint32_t op_config_read(struct hw_device *dev, uint32_t offset, unsigned size)
{
    return pci_config_read(state_of(dev)->map.config, offset, size);
}

static void op_config_write(struct hw_device *dev, uint32_t offset, unsigned size, uint32_t value)
{
    (void)pci_config_write(state_of(dev)->map.config, offset, size, value);
}

static uint32_t op_gtt_read(struct hw_device *dev, uint32_t index)
{
    return index < dev->identity.gtt_entries ? state_of(dev)->map.gtt[index] : 0;
}

static void op_gtt_write(struct hw_device *dev, uint32_t index, uint32_t pte)
{
    if (index < dev->identity.gtt_entries) {
        state_of(dev)->map.gtt[index] = pte;
    }
}

static bool is_in_aperture(const struct pci_device_state *state, uint64_t offset, size_t size)
{
    uint64_t end = state->map.aperture_size;
    return offset <= end && size <= end - offset;
}

/* As few accesses as alignment allows: each is one on the bus, and must be whole. */
static size_t step_at(uint64_t offset, size_t size)
{
    for (size_t step = 8; step > 1; step /= 2) {
        if (offset % step == 0 && size >= step) {
            return step;
        }
    }
    return 1;
}

static uint64_t load(const volatile uint8_t *from, size_t step)
{
    switch (step) {
    case 8:
        return *(const volatile uint64_t *)(const volatile void *)from;
    case 4:
        return *(const volatile uint32_t *)(const volatile void *)from;
    case 2:
        return *(const volatile uint16_t *)(const volatile void *)from;
    default:
        return *from;
    }
}

static void store(volatile uint8_t *to, uint64_t value, size_t step)
{
    switch (step) {
    case 8:
        *(volatile uint64_t *)(volatile void *)to = value;
        break;
    case 4:
        *(volatile uint32_t *)(volatile void *)to = (uint32_t)value;
        break;
    case 2:
        *(volatile uint16_t *)(volatile void *)to = (uint16_t)value;
        break;
    default:
        *to = (uint8_t)value;
    }
}

/* Only little-endian machines have these chips: a value's first bytes are its lowest. */
static int op_aperture_read(struct hw_device *dev, uint64_t offset, void *to, size_t size)
{
    struct pci_device_state *state = state_of(dev);
    if (!is_in_aperture(state, offset, size)) {
        return -EFAULT;
    }
    for (uint8_t *out = to; size > 0;) {
        size_t step = step_at(offset, size);
        uint64_t value = load(state->map.aperture + offset, step);
        memcpy(out, &value, step);
        offset += step;
        out += step;
        size -= step;
    }
    return 0;
}

static int op_aperture_write(struct hw_device *dev, uint64_t offset, const void *from, size_t size)
{
    struct pci_device_state *state = state_of(dev);
    if (!is_in_aperture(state, offset, size)) {
        return -EFAULT;
    }
    for (const uint8_t *in = from; size > 0;) {
        size_t step = step_at(offset, size);
        uint64_t value = 0;
        memcpy(&value, in, step);
        store(state->map.aperture + offset, value, step);
        offset += step;
        in += step;
        size -= step;
    }
    return 0;
}

/* ---- memory, interrupts, flushes ---- */

/* Only the first time: clients may ask for as much as they like. */
static int tell_memory(struct pci_device_state *state, int error)
{
    if (error == -ERANGE && !state->told_range) {
        state->told_range = true;
        tell(state, true,
             "memory: a page has an address of more than %u bits, or is stolen; the %s cannot "
             "reach it: boot with mem=%s",
             state->chip->bus_bits, state->base.identity.board,
             state->chip->bus_bits > 32 ? "64G" : "4G");
    }
    return error;
}

static int op_dma_alloc(struct hw_device *dev, size_t size, struct hw_dma *dma)
{
    return tell_memory(state_of(dev), pci_dma_alloc(&state_of(dev)->dma, size, dma));
}

static int op_dma_attach(struct hw_device *dev, int fd, uint64_t offset, size_t size,
                         struct hw_dma *dma)
{
    return tell_memory(state_of(dev), pci_dma_attach(&state_of(dev)->dma, fd, offset, size, dma));
}

static void op_dma_release(struct hw_device *dev, struct hw_dma *dma)
{
    struct pci_device_state *state = state_of(dev);
    uint64_t moved = state->dma.moved;
    pci_dma_release(&state->dma, dma);
    if (state->dma.moved != moved && moved == 0) {
        /* Its owner has punched a hole, which harms nobody else; or pinning does not pin. */
        tell(state, true, "memory: %llu pages of a file are not where they were",
             (unsigned long long)state->dma.moved);
    }
}

static uint64_t op_dma_bus_address(struct hw_device *dev, const struct hw_dma *dma, size_t offset)
{
    return pci_dma_bus_address(dma, offset);
}

static void op_memory_flush(struct hw_device *dev, const struct hw_dma *dma, size_t offset,
                            size_t size)
{
    pci_flush_lines((const uint8_t *)dma->cpu + offset, size);
}

static int op_irq_fd(struct hw_device *dev)
{
    return state_of(dev)->irq.fd;
}

static bool op_irq_take(struct hw_device *dev)
{
    return pci_irq_take(&state_of(dev)->irq);
}

static void op_irq_unmask(struct hw_device *dev)
{
    pci_irq_unmask(&state_of(dev)->irq);
}

static void op_chipset_flush(struct hw_device *dev)
{
    pci_flush_chipset(&state_of(dev)->flush);
}

/* ---- the end ---- */

/* The daemon has reset the engine; one that was killed has not, and the engine may still write. */
static void stop_engine(struct hw_device *dev)
{
    bool is_held = dev->identity.has_held_reset;
    uint32_t bit = is_held ? GDRST_STATUS : GDRST_ENABLE, value = is_held ? GDRST_STATUS : 0;
    hw_write(dev, IER, 0);
    hw_write(dev, IMR, ~0u);
    hw_write(dev, MI_MODE, MASKED_SET(MI_MODE_STOP_RING));
    hw_write(dev, PRB0_CTL, 0);
    hw_config_write(dev, CONFIG_GDRST, 1, GDRST_ENABLE);
    for (unsigned i = 0; i < RESET_LOOKS_MAX; i++) {
        if ((hw_config_read(dev, CONFIG_GDRST, 1) & bit) == value) {
            break;
        }
    }
    if (is_held) {
        hw_config_write(dev, CONFIG_GDRST, 1, 0);
    }
}

static void restore_table(struct pci_device_state *state)
{
    struct hw_device *dev = &state->base;
    pci_entries_restore(&state->entries, dev);
    hw_write(dev, GFX_FLSH_CNTL, 0);
    hw_write(dev, PGTBL_CTL, state->pgtbl_ctl);
    hw_write(dev, GFX_FLSH_CNTL, 0);
}

static void op_release(struct hw_device *dev)
{
    struct pci_device_state *state = state_of(dev);
    if (state->entries.found != NULL) {
        stop_engine(dev);
        restore_table(state);
    }
    pci_flush_close(&state->flush);
    if (state->map.config >= 0) {
        (void)pci_config_write(state->map.config, PCI_COMMAND, 2, state->command);
    }
}

static void op_destroy(struct hw_device *dev)
{
    struct pci_device_state *state = state_of(dev);
    op_release(dev);
    pci_irq_close(&state->irq);
    pci_pins_close(&state->dma.pins);
    pci_map_close(&state->map);
    if (state->bridge_config >= 0) {
        close(state->bridge_config);
    }
    pci_entries_free(&state->entries);
    free(state);
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
    .dma_bus_address = op_dma_bus_address,
    .memory_flush = op_memory_flush,
    .irq_fd = op_irq_fd,
    .irq_take = op_irq_take,
    .irq_unmask = op_irq_unmask,
    .chipset_flush = op_chipset_flush,
    .release = op_release,
};

/* ---- the beginning: step by step, each told when it fails ---- */

static int find(struct pci_device_state *state, struct pci_error *error)
{
    int code = pci_find(state->system, state->options.slot, &state->gpu, &state->bridge, error);
    if (code != 0) {
        return code;
    }
    state->chip = pci_chip_find(state->gpu.device);
    state->base.identity = state->chip->identity;
    if (state->system->enable != NULL) {
        state->system->enable(&state->gpu);
    }
    return 0;
}

static int map(struct pci_device_state *state, struct pci_error *error)
{
    int code = pci_map_open(&state->map, state->system, &state->gpu, error);
    if (code != 0) {
        return code;
    }
    state->command = pci_config_read(state->map.config, PCI_COMMAND, 2);
    uint32_t wanted = state->command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    code = pci_config_write(state->map.config, PCI_COMMAND, 2, wanted);
    return code == 0 ? 0
                     : pci_error_set(error, code, "the device cannot be switched on: %s",
                                     strerror(-code));
}

/* What the chip itself says of its page table. */
static int look(struct pci_device_state *state, struct pci_error *error)
{
    struct hw_device *dev = &state->base;
    state->pgtbl_ctl = hw_read(dev, PGTBL_CTL);
    if (state->pgtbl_ctl == ~0u && hw_read(dev, IER) == ~0u) {
        return pci_error_set(error, -EIO, "the registers read as ones: the GPU is off");
    }
    dev->identity.aperture_size = state->map.aperture_size;
    dev->identity.gtt_entries = pci_chip_gtt_entries(state->chip, state->pgtbl_ctl,
                                                     state->map.aperture_size, state->map.gtt_size);
    if (dev->identity.gtt_entries == 0) {
        return pci_error_set(error, -EIO, "the page table has no entries (PGTBL_CTL 0x%08x)",
                             state->pgtbl_ctl);
    }
    return 0;
}

static int open_memory(struct pci_device_state *state, struct pci_error *error)
{
    state->dma.bus_bits = state->chip->bus_bits;
    state->dma.wants_one_piece = state->base.identity.needs_physical;
    return pci_pins_open(&state->dma.pins, state->system, error);
}

static int open_irq(struct pci_device_state *state, struct pci_error *error)
{
    int code = pci_irq_open(&state->irq, state->system, &state->gpu, state->map.config, error);
    state->base.identity.polled = state->irq.polls;
    if (code == 0 && state->irq.polls) {
        char slot[PCI_SLOT_MAX];
        pci_function_slot(&state->gpu, slot);
        tell(state, true,
             "no interrupts, the GPU is asked each %u ms; 'modprobe %s', then write that name to "
             "%s/%s/driver_override and %s to %s_probe",
             PCI_POLL_NS / 1000000, PCI_DRIVER_UIO, state->system->devices, slot, slot,
             state->system->drivers);
    }
    return code;
}

/* A bridge that cannot be seen is no reason to do without the GPU. */
static int open_bridge(struct pci_device_state *state, struct pci_error *error)
{
    state->bridge_config =
        state->bridge.vendor != 0 ? pci_config_open(state->system, &state->bridge) : -ENODEV;
    if (state->bridge_config >= 0) {
        uint32_t gmch = pci_config_read(state->bridge_config, CONFIG_GMCH, 2);
        state->dma.stolen_base = pci_config_read(state->map.config, CONFIG_BSM, 4) & BSM_MASK;
        state->dma.stolen_size = gmch != 0xffffu ? pci_stolen_size(gmch) : 0;
    }
    bool has_page = pci_flush_open(&state->flush, state->system, state->bridge_config,
                                   state->chip->flush_offset, state->chip->bus_bits > 32);
    if (!has_page) {
        tell(state, true, "no flush page: what the chipset holds back is not drained");
    }
    return 0;
}

/* From here on the page table is ours. */
static int keep_entries(struct pci_device_state *state, struct pci_error *error)
{
    int code = pci_entries_keep(&state->entries, &state->base, state->dma.stolen_size);
    return code == 0 ? 0 : pci_error_set(error, code, "out of memory");
}

static int test(struct pci_device_state *state, struct pci_error *error)
{
    char reason[SELFTEST_REASON_MAX];
    if (state->options.skips_test) {
        return 0;
    }
    int code = pci_selftest(&state->base, reason);
    return code == 0 ? 0 : pci_error_set(error, code, "self-test: %s", reason);
}

static void tell_opened(const struct pci_device_state *state)
{
    const struct hw_identity *identity = &state->base.identity;
    char slot[PCI_SLOT_MAX];
    pci_function_slot(&state->gpu, slot);
    tell(state, false, "%s at %s: %u page-table entries, %llu MiB of aperture%s, %s, %s",
         identity->board, slot, identity->gtt_entries,
         (unsigned long long)(identity->aperture_size >> 20),
         state->map.is_combined ? "" : " (uncached)",
         state->irq.polls ? "polled" : "interrupts by uio",
         state->flush.page != NULL ? "a flush page" : "no flush page");
    tell(state, false, "%llu MiB stolen at 0x%llx, swizzling %s",
         (unsigned long long)(state->dma.stolen_size >> 20),
         (unsigned long long)state->dma.stolen_base,
         pci_swizzle_name(pci_swizzle_of((struct hw_device *)&state->base)));
}

struct hw_device *pci_open(const struct pci_options *options, struct pci_error *error)
{
    static int (*const steps[])(struct pci_device_state *, struct pci_error *) = {
        find, map, look, open_memory, open_irq, open_bridge, keep_entries, test};
    struct pci_device_state *state = calloc(1, sizeof(*state));
    *error = (struct pci_error){0};
    if (state == NULL) {
        (void)pci_error_set(error, -ENOMEM, "out of memory");
        return NULL;
    }
    state->base.ops = &ops;
    state->options = *options;
    state->system = options->system != NULL ? options->system : &pci_system;
    state->map.config = -1;
    state->irq.fd = -1;
    state->flush.bridge = -1;
    state->bridge_config = -1;
    state->dma.pins.ring = -1;
    state->dma.pins.pagemap = -1;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i](state, error) != 0) {
            op_destroy(&state->base);
            return NULL;
        }
    }
    tell_opened(state);
    return &state->base;
}

bool pci_name_is_valid(const char *text)
{
    struct pci_function place;
    return text[0] == '\0' || (text[0] == ':' && pci_slot_parse(text + 1, &place));
}
