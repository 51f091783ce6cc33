/* SPDX-License-Identifier: MIT */
#include "hw/model/model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define NS_PER_S     1000000000u
#define RESET_ALL    0u
#define RESET_RENDER 1u

void model_lock(struct model *model)
{
    pthread_mutex_lock(&model->lock);
}

void model_unlock(struct model *model)
{
    static const uint64_t one = 1;
    unsigned wakes = model->wakes;
    bool streamer = (wakes & MODEL_WAKE_STREAMER) != 0 && sleeper_call(&model->streamer.sleeper);
    bool display = (wakes & MODEL_WAKE_DISPLAY) != 0 && sleeper_call(&model->display.sleeper);

    model->wakes = 0;
    pthread_mutex_unlock(&model->lock);
    if (streamer) {
        sleeper_wake(&model->streamer.sleeper);
    }
    if (display) {
        sleeper_wake(&model->display.sleeper);
    }
    if (wakes & MODEL_WAKE_IRQ) {
        /* It can only fail when the counter is full, and then the fd is readable anyway. */
        ssize_t written = write(model->interrupt.fd, &one, sizeof(one));
        (void)written;
    }
}

void model_log(struct model *model, const char *format, ...)
{
    char line[256];
    va_list arguments;

    if (model->options.log == NULL) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    model->options.log(model->options.log_data, line);
}

uint64_t model_now(struct model *model)
{
    struct timespec now;

    if (model->options.clock != NULL) {
        return model->options.clock(model->options.clock_data);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void model_reset(struct model *model, unsigned domain)
{
    if (domain != RESET_ALL && domain != RESET_RENDER) {
        return;
    }
    if (domain == RESET_ALL) {
        model_display_reset(model);
    }
    for (unsigned i = 0; i < model->chipset->class->fence_count; i++) {
        model_memory_set_fence(model->memory, i, 0);
    }
    mmio_reset(model, domain == RESET_ALL);
    model_interrupt_reset(model);
    streamer_reset(model);
    blitter_reset(&model->blitter);
    render_reset(model->render);
}

static void op_destroy(struct hw_device *dev)
{
    struct model *model = model_of(dev);

    streamer_finish(model);
    watcher_destroy(model->watcher);
    model_display_finish(model);
    model_interrupt_finish(model);
    blitter_finish(&model->blitter);
    mmio_finish(model);
    if (model->render != NULL) {
        render_destroy(model->render);
    }
    model_memory_destroy(model->memory);
    pthread_mutex_destroy(&model->lock);
    free(model);
}

static uint32_t op_read(struct hw_device *dev, uint32_t reg)
{
    return mmio_read(model_of(dev), reg);
}

static void op_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    mmio_write(model_of(dev), reg, value);
}

static uint32_t op_config_read(struct hw_device *dev, uint32_t offset, unsigned size)
{
    return model_config_read(model_of(dev), MODEL_GRAPHICS, offset, size);
}

static void op_config_write(struct hw_device *dev, uint32_t offset, unsigned size, uint32_t value)
{
    model_config_write(model_of(dev), MODEL_GRAPHICS, offset, size, value);
}

static uint32_t op_gtt_read(struct hw_device *dev, uint32_t index)
{
    return model_memory_pte(model_of(dev)->memory, index);
}

static void op_gtt_write(struct hw_device *dev, uint32_t index, uint32_t pte)
{
    model_memory_set_pte(model_of(dev)->memory, index, pte);
}

static int host_fault(struct model *model, uint64_t offset, size_t size)
{
    model_lock(model);
    model_log(model, "aperture: no memory behind all of 0x%llx, %zu bytes",
              (unsigned long long)offset, size);
    model_interrupt_page_fault(model, PGTBL_ER_HOST_GTT);
    model_unlock(model);
    return -EFAULT;
}

static bool is_in_aperture(struct model *model, uint64_t offset, size_t size)
{
    uint64_t end = model->device.identity.aperture_size;

    return offset <= end && size <= end - offset;
}

static int op_aperture_read(struct hw_device *dev, uint64_t offset, void *to, size_t size)
{
    struct model *model = model_of(dev);

    if (!is_in_aperture(model, offset, size)) {
        return -EFAULT;
    }
    return model_memory_fenced_read(model->memory, offset, to, size)
               ? 0
               : host_fault(model, offset, size);
}

static int op_aperture_write(struct hw_device *dev, uint64_t offset, const void *from, size_t size)
{
    struct model *model = model_of(dev);

    if (!is_in_aperture(model, offset, size)) {
        return -EFAULT;
    }
    return model_memory_fenced_write(model->memory, offset, from, size)
               ? 0
               : host_fault(model, offset, size);
}

static int op_dma_alloc(struct hw_device *dev, size_t size, struct hw_dma *dma)
{
    return model_dma_alloc(model_of(dev)->memory, size, dma);
}

static int op_dma_attach(struct hw_device *dev, int fd, uint64_t offset, size_t size,
                         struct hw_dma *dma)
{
    return model_dma_attach(model_of(dev)->memory, fd, offset, size, dma);
}

static int op_dma_discard(struct hw_device *dev, struct hw_dma *dma, size_t offset, size_t size)
{
    return model_dma_discard(dma, offset, size);
}

static void op_dma_release(struct hw_device *dev, struct hw_dma *dma)
{
    model_dma_release(model_of(dev)->memory, dma);
}

static uint64_t op_dma_bus_address(struct hw_device *dev, const struct hw_dma *dma, size_t offset)
{
    return dma->bus_base + offset;
}

static int op_irq_fd(struct hw_device *dev)
{
    return model_of(dev)->interrupt.fd;
}

static void op_irq_unmask(struct hw_device *dev)
{
    struct model *model = model_of(dev);

    model_lock(model);
    model_interrupt_unmask(model);
    model_unlock(model);
}

static void op_chipset_flush(struct hw_device *dev)
{
    /* A write to the flush page: stores before it are visible before any that follow. */
    atomic_fetch_add(&model_of(dev)->flush_page, 1);
}

static int op_screen_size(struct hw_device *dev, unsigned pipe, uint32_t *width, uint32_t *height)
{
    return model_screen_size(model_of(dev), pipe, width, height);
}

static int op_screen_read(struct hw_device *dev, unsigned pipe, uint32_t *pixels, uint32_t width,
                          uint32_t height)
{
    return model_screen_read(model_of(dev), pipe, pixels, width, height);
}

static void op_plug(struct hw_device *dev, bool present, const uint8_t *edid)
{
    uint8_t own[EDID_BYTES];

    model_monitor_edid(own);
    model_plug_monitor(dev, present, edid != NULL ? edid : own);
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
    .irq_fd = op_irq_fd,
    .irq_unmask = op_irq_unmask,
    .chipset_flush = op_chipset_flush,
    .screen_size = op_screen_size,
    .screen_read = op_screen_read,
    .plug = op_plug,
};

struct hw_device *model_create(const struct model_options *options)
{
    const struct model_chipset *chipset =
        model_chipset_find(options != NULL ? options->chipset : NULL);
    const struct model_channels *channels =
        chipset != NULL ? model_channels_find(chipset->class->channels,
                                              options != NULL ? options->memory : NULL)
                        : NULL;
    struct model *model = channels != NULL ? calloc(1, sizeof(*model)) : NULL;

    if (model == NULL) {
        errno = channels == NULL ? EINVAL : ENOMEM;
        return NULL;
    }
    model->device = (struct hw_device){.ops = &ops, .identity = model_chipset_identity(chipset)};
    model->chipset = chipset;
    model->channels = channels;
    model->interrupt.fd = -1;
    if (options != NULL) {
        model->options = *options;
        model->options.chipset = chipset->name; /* the caller's may go */
        model->options.memory = channels->name;
    }
    pthread_mutex_init(&model->lock, NULL);
    model_config_init(model);
    model->memory = model_memory_create(chipset, channels, model->options.page_table);
    model->render =
        model->memory != NULL ? render_create(model->memory, chipset->class->is_945_class) : NULL;
    if (model->render != NULL) {
        render_set_threads(model->render, model->options.threads);
        if (model->options.lent_thread) {
            render_interpret(model->render); /* the compiler has a thread */
        }
    }
    if (model->render == NULL || mmio_init(model) != 0 || blitter_init(&model->blitter) != 0 ||
        model_interrupt_init(model) != 0 || model_display_init(model) != 0 ||
        streamer_init(model) != 0) {
        op_destroy(&model->device);
        errno = ENOMEM;
        return NULL;
    }
    return &model->device;
}

int model_set_watch(struct hw_device *dev, model_watch_fn fn, void *user)
{
    struct model *model = model_of(dev);
    struct watcher *watcher = fn != NULL ? watcher_create(fn, user) : NULL;

    watcher_destroy(streamer_exchange_watcher(model, watcher));
    return fn != NULL && watcher == NULL ? -ENOMEM : 0;
}

void model_plug_monitor(struct hw_device *dev, bool present, const uint8_t *edid)
{
    struct model *model = model_of(dev);

    model_lock(model);
    model_monitor_plug(model, present, edid);
    model_unlock(model);
}

void model_clock_changed(struct hw_device *dev)
{
    struct model *model = model_of(dev);

    model_lock(model);
    model_display_catch_up(model);
    model->wakes |= model->streamer.waits != 0 ? MODEL_WAKE_STREAMER : 0;
    model_unlock(model);
}

uint32_t model_pci_read(struct hw_device *dev, enum model_function function, uint32_t offset,
                        unsigned size)
{
    return model_config_read(model_of(dev), function, offset, size);
}

void model_pci_write(struct hw_device *dev, enum model_function function, uint32_t offset,
                     unsigned size, uint32_t value)
{
    model_config_write(model_of(dev), function, offset, size, value);
}

void model_write_bytes(struct hw_device *dev, uint32_t reg, uint32_t value, uint32_t mask)
{
    mmio_write_bytes(model_of(dev), reg, value, mask);
}

int model_bus_map(struct hw_device *dev, uint64_t bus, void *cpu, uint64_t size)
{
    return model_memory_place(model_of(dev)->memory, bus, cpu, size);
}

int model_bus_unmap(struct hw_device *dev, uint64_t bus, uint64_t size)
{
    return model_memory_place(model_of(dev)->memory, bus, NULL, size);
}

uint64_t model_bus_size(struct hw_device *dev)
{
    return (uint64_t)1 << model_of(dev)->chipset->class->bus_bits;
}

void model_wait_idle(struct hw_device *dev)
{
    struct model *model = model_of(dev);

    model_lock(model);
    streamer_lend_thread(model);
    while (!model->options.lent_thread && !streamer_is_idle(model)) {
        pthread_cond_wait(&model->streamer.idle, &model->lock);
    }
    model_unlock(model);
}

bool model_load_compiler(void)
{
    return render_load_compiler();
}
