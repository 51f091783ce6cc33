/* SPDX-License-Identifier: MIT */
/*
 * A device around another one that writes down what is done with it (doc/tracing.md has the
 * format). Everything else goes through as it is.
 */
#ifndef GEMD_HW_TRACE_TRACE_H
#define GEMD_HW_TRACE_TRACE_H

#include "hw/device.h"

/*
 * Takes over both the device and the descriptor, which is written to; they go with the new device,
 * and also when there is none: NULL with errno set.
 */
struct hw_device *trace_create(struct hw_device *inner, int fd);

/*
 * For who can write parts of a register, which a device cannot: the bytes in 'mask' were written.
 * It is the caller who writes them. 'dev' is a device of trace_create().
 */
void trace_note_bytes(struct hw_device *dev, uint32_t reg, uint32_t value, uint32_t mask);

#endif
