/* SPDX-License-Identifier: MIT */
/*
 * A process that outlives the daemon: when that ends, or dies without a word, whatever of, it stops
 * the engine and puts the screen back as it was found. It is forked from the daemon, has the same
 * access to the device, and needs nothing else.
 */
#ifndef GEMD_SUPERVISOR_H
#define GEMD_SUPERVISOR_H

#include <sys/types.h>

#include "gemd/found.h"
#include "hw/device.h"

struct supervisor {
    pid_t pid; /* 0: there is none */
    int pipe;  /* to it */
};

/*
 * Where the device goes on without this process (ops->release); else there is nothing to supervise,
 * and 0. Descriptors in 'closes' are closed there. Before there are threads. A negative errno:
 * none.
 */
int supervisor_start(struct supervisor *supervisor, struct hw_device *dev,
                     const struct found *found, const int *closes, unsigned count);

/* The daemon has let go of the device. Returns when the screen is put back. */
void supervisor_finish(struct supervisor *supervisor);

#endif
