/* SPDX-License-Identifier: MIT */
/*
 * The device's interrupt: one line, which reaches the peer as INTx or as a message, by an eventfd.
 *
 * The model reports its line once and then holds it until it is unmasked (hw_irq_unmask()), which
 * reports it again if it is still asserted. INTx: a report is one signal, and masks until the peer
 * unmasks. MSI: a message for each report; the line is unmasked when it has been seen to drop, and
 * by each write of IIR, which lets it drop for an instant even when events queue up.
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_IRQ_H
#define GEMD_TOOLS_GMA_VFIO_USER_IRQ_H

#include <stdbool.h>
#include <stdint.h>

struct device;

enum irq_index { IRQ_INTX, IRQ_MSI, IRQ_INDEXES };

struct irq {
    int triggers[IRQ_INDEXES]; /* eventfds, owned; -1: none */
    bool masked;               /* INTx */
    bool raised;               /* the model reported its line, and has not been unmasked since */
};

void irq_init(struct irq *irq);
/* Closes the peer's eventfds; nothing is masked. */
void irq_forget_peer(struct irq *irq);
void irq_finish(struct irq *irq);

/* Takes the descriptor over; -1: no trigger any more. */
void irq_set_trigger(struct device *device, enum irq_index index, int fd);
/* INTx only. */
void irq_set_masked(struct device *device, bool masked);
/* The peer wants to see the eventfd signalled. */
void irq_test(struct device *device, enum irq_index index);

/* IIR & IER. */
bool irq_line_is_asserted(struct device *device);

/* hw_irq_fd() is readable, or may be. */
void irq_poll(struct device *device);
/* Something has changed that a report may have waited for. */
void irq_evaluate(struct device *device);
/* Software wrote a register. */
void irq_register_written(struct device *device, uint32_t reg);
/* There is a new model. */
void irq_device_changed(struct device *device);

#endif
