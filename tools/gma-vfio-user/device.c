/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/trace/trace.h"

/* A file that the peer may map and write, but neither shorten nor lengthen. */
static int make_table(struct device *device)
{
    device->gtt_fd = memfd_create("gma-gtt", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (device->gtt_fd < 0 || ftruncate(device->gtt_fd, DEVICE_GTT_FILE) != 0 ||
        fcntl(device->gtt_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return -errno;
    }
    device->gtt =
        mmap(NULL, DEVICE_GTT_FILE, PROT_READ | PROT_WRITE, MAP_SHARED, device->gtt_fd, 0);
    if (device->gtt == MAP_FAILED) {
        device->gtt = NULL;
        return -errno;
    }
    device->options.model.page_table = device->gtt;
    device->options.model.copies_commands = true; /* the guest's processors run on */
    return 0;
}

/* Takes the model over, also when there is no memory for it. */
static struct hw_device *traced(struct hw_device *model, int to)
{
    int fd = fcntl(to, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        int error = errno;
        hw_device_destroy(model);
        errno = error;
        return NULL;
    }
    return trace_create(model, fd);
}

/* As the firmware does, once after each power-on. */
static void boot(struct device *device)
{
    const uint64_t base = device->options.stolen_base;
    firmware_start(device->hw, device->options.firmware, device->dma.window + base, base);
}

static int make_model(struct device *device)
{
    struct hw_device *model = model_create(&device->options.model);
    device->guest = model != NULL && device->options.trace != NULL
                        ? traced(model, *device->options.trace)
                        : model;
    if (device->guest == NULL) {
        return -errno;
    }
    device->hw = model;
    if (device->options.watch != NULL) {
        return model_set_watch(device->hw, device->options.watch, device->options.watch_data);
    }
    return 0;
}

/* The streamer leaves between two commands, and then nobody looks at memory. */
static void drop_model(struct device *device)
{
    if (device->hw != NULL && device->line_changed != NULL) {
        device->line_changed(device->line_data, -1);
    }
    hw_device_destroy(device->guest);
    device->guest = NULL;
    device->hw = NULL;
}

int device_init(struct device *device, const struct device_options *options)
{
    *device = (struct device){.options = *options, .gtt_fd = -1};
    irq_init(&device->irq);
    int error = make_table(device);
    if (error == 0) {
        error = make_model(device);
    }
    if (error == 0) {
        error = dma_init(&device->dma, model_bus_size(device->hw));
    }
    if (error == 0) {
        error = dma_steal(&device->dma, options->stolen_base, DEVICE_STOLEN_SIZE);
    }
    if (error == 0) {
        error = dma_show(&device->dma, device->hw);
    }
    if (error != 0) {
        device_finish(device);
        return error;
    }
    config_space_reset(device);
    boot(device);
    return 0;
}

void device_finish(struct device *device)
{
    drop_model(device);
    irq_finish(&device->irq);
    dma_finish(&device->dma);
    if (device->gtt != NULL) {
        munmap(device->gtt, DEVICE_GTT_FILE);
    }
    if (device->gtt_fd >= 0) {
        close(device->gtt_fd);
    }
    device->gtt_fd = -1;
    device->gtt = NULL;
}

static int restart(struct device *device)
{
    drop_model(device);
    device->io_index = 0;
    int error = make_model(device);
    if (error == 0) {
        error = dma_show(&device->dma, device->hw);
    }
    if (error != 0) {
        drop_model(device);
    } else if (device->line_changed != NULL) {
        device->line_changed(device->line_data, hw_irq_fd(device->hw));
    }
    return error;
}

int device_reset(struct device *device)
{
    drop_model(device); /* before what it works with changes */
    memset(device->gtt, 0, DEVICE_GTT_FILE);
    dma_clear_stolen(&device->dma);
    int error = restart(device);
    if (error == 0) {
        config_space_reset(device);
        boot(device);
        irq_device_changed(device);
    }
    return error;
}

void device_write_register(struct device *device, uint32_t reg, uint32_t value, uint32_t mask)
{
    if (mask == UINT32_MAX) {
        hw_write(device->guest, reg, value);
        return;
    }
    if (device->guest != device->hw) {
        trace_note_bytes(device->guest, reg, value, mask);
    }
    model_write_bytes(device->hw, reg, value, mask);
}

int device_wake(struct device *device)
{
    struct config_snapshot snapshot;
    config_space_save(device, &snapshot);
    int error = restart(device);
    if (error == 0) {
        config_space_restore(device, &snapshot);
        irq_device_changed(device);
    }
    return error;
}

int device_forget_peer(struct device *device)
{
    drop_model(device);
    irq_forget_peer(&device->irq);
    dma_unmap_all(&device->dma, NULL);
    return device_reset(device);
}
