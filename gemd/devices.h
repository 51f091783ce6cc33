/* SPDX-License-Identifier: MIT */
/* The kinds of GPU that --device can name: with its source the only files that know any. */
#ifndef GEMD_DEVICES_H
#define GEMD_DEVICES_H

#include <stdbool.h>
#include <stdio.h>

#include "gemd/sandbox.h"
#include "hw/device.h"
#include "hw/model/model.h"

struct device_kind;

/* A device that is still to be made. */
struct device {
    const char *name; /* as --device has it */
    const struct device_kind *kind;
    char text[64];
    struct model_options model; /* points into the text */
    bool is_modelled;           /* in this process: no file of the system tells of it */
    bool skips_test;            /* whoever opens it tests it: a device that fails is opened, too */
    struct hw_device *opened;   /* by device_open(), when that can make it already */
};

/* False: there is no such device. The name stays the caller's. */
bool device_parse(const char *name, struct device *device);

/* A line for each, as a user would type it. */
void devices_list(FILE *to);

/*
 * Does what takes files or privileges, and makes no threads. 0 or a negative errno, which was
 * logged. 'calls' is told what the device will still need.
 */
int device_open(struct device *device, struct sandbox_calls *calls);
/* What is left to do; NULL: it was logged why. The device is the caller's, whom it outlives not. */
struct hw_device *device_create(struct device *device);
/* Closes what device_open() opened, if device_create() did not follow. */
void device_close(struct device *device);

#endif
