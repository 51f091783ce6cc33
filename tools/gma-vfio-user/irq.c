/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/irq.h"

#include <poll.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "tools/gma-vfio-user/device.h"

void irq_init(struct irq *irq)
{
    *irq = (struct irq){.triggers = {-1, -1}};
}

void irq_forget_peer(struct irq *irq)
{
    for (unsigned i = 0; i < IRQ_INDEXES; i++) {
        if (irq->triggers[i] >= 0) {
            close(irq->triggers[i]);
        }
        irq->triggers[i] = -1;
    }
    irq->masked = false;
}

void irq_finish(struct irq *irq)
{
    irq_forget_peer(irq);
}

bool irq_line_is_asserted(struct device *device)
{
    return (hw_read(device->hw, IIR) & hw_read(device->hw, IER)) != 0;
}

/* An eventfd that is full blocks its writer, and has been signalled anyway. */
static void signal_trigger(int fd)
{
    static const uint64_t one = 1;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT)) {
        ssize_t written = write(fd, &one, sizeof(one));
        (void)written;
    }
}

static void deliver(struct device *device)
{
    struct irq *irq = &device->irq;
    if (irq->triggers[IRQ_MSI] >= 0) {
        signal_trigger(irq->triggers[IRQ_MSI]);
    } else if (irq->triggers[IRQ_INTX] >= 0 && !irq->masked && !config_space_intx_is_off(device)) {
        irq->masked = true;
        signal_trigger(irq->triggers[IRQ_INTX]);
    }
}

void irq_poll(struct device *device)
{
    if (hw_irq_take(device->guest)) {
        device->irq.raised = true;
        deliver(device);
    }
}

void irq_evaluate(struct device *device)
{
    irq_poll(device); /* not lost, and not twice */
    device->irq.raised = false;
    hw_irq_unmask(device->guest);
    irq_poll(device);
}

void irq_register_written(struct device *device, uint32_t reg)
{
    struct irq *irq = &device->irq;
    if (irq->triggers[IRQ_MSI] < 0) {
        return;
    }
    irq_poll(device);
    if (irq->raised && (reg == IIR || !irq_line_is_asserted(device))) {
        irq_evaluate(device);
    }
}

void irq_device_changed(struct device *device)
{
    device->irq.raised = false;
    device->irq.masked = false;
}

void irq_set_trigger(struct device *device, enum irq_index index, int fd)
{
    struct irq *irq = &device->irq;
    if (irq->triggers[index] >= 0) {
        close(irq->triggers[index]);
    }
    irq->triggers[index] = fd;
    if (index == IRQ_INTX) {
        irq->masked = false;
    }
    if (fd >= 0) {
        irq_evaluate(device);
    }
}

void irq_set_masked(struct device *device, bool masked)
{
    device->irq.masked = masked;
    if (!masked) {
        irq_evaluate(device);
    }
}

void irq_test(struct device *device, enum irq_index index)
{
    if (device->irq.triggers[index] >= 0) {
        signal_trigger(device->irq.triggers[index]);
    }
}
