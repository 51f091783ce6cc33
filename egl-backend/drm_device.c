/* SPDX-License-Identifier: MIT */
/*
 * EGL devices with DRM nodes: those that programs draw for by GBM. Mesa's core asks libdrm for all
 * that the machine has, which are not ours to list; so for the core, libdrm is this file. Devices
 * become known when they are first drawn for.
 *
 * The core calls with its global lock held.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <xf86drm.h>

#define DRM_MAJOR_NUMBER 226
#define MINORS           64u /* of each kind of node */
#define RENDER_FIRST     128u
#define DEVICES          8u
#define NAME_BYTES       32u

struct device {
    drmDevice base; /* must be first */
    char *nodes[DRM_NODE_MAX];
    char primary[NAME_BYTES], render[NAME_BYTES];
};

static unsigned known[DEVICES]; /* minors of their primary nodes */
static int known_count;

static struct device *device_new(unsigned minor)
{
    struct device *device = calloc(1, sizeof(*device));
    struct stat node;

    if (!device) {
        return NULL;
    }
    snprintf(device->primary, NAME_BYTES, "/dev/dri/card%u", minor);
    snprintf(device->render, NAME_BYTES, "/dev/dri/renderD%u", minor + RENDER_FIRST);
    device->nodes[DRM_NODE_PRIMARY] = device->primary;
    device->base.nodes = device->nodes;
    device->base.available_nodes = 1 << DRM_NODE_PRIMARY;
    device->base.bustype = DRM_BUS_PCI;
    if (stat(device->render, &node) == 0) {
        device->nodes[DRM_NODE_RENDER] = device->render;
        device->base.available_nodes |= 1 << DRM_NODE_RENDER;
    }
    return device;
}

static void remember(unsigned minor)
{
    for (int i = 0; i < known_count; i++) {
        if (known[i] == minor) {
            return;
        }
    }
    if (known_count < (int)DEVICES) {
        known[known_count++] = minor;
    }
}

int drmGetDevice2(int fd, uint32_t flags, drmDevicePtr *out)
{
    struct stat node;

    (void)flags;
    if (fstat(fd, &node) != 0 || !S_ISCHR(node.st_mode) ||
        major(node.st_rdev) != DRM_MAJOR_NUMBER) {
        return -ENODEV;
    }
    const unsigned minor = minor(node.st_rdev) % MINORS;
    struct device *device = device_new(minor);

    if (!device) {
        return -ENOMEM;
    }
    remember(minor);
    *out = &device->base;
    return 0;
}

int drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int max_devices)
{
    int count = 0;

    (void)flags;
    while (count < known_count && count < max_devices) {
        struct device *device = device_new(known[count]);

        if (!device) {
            break;
        }
        devices[count++] = &device->base;
    }
    return count;
}

void drmFreeDevice(drmDevicePtr *device)
{
    free(*device);
    *device = NULL;
}

int drmDevicesEqual(drmDevicePtr a, drmDevicePtr b)
{
    return strcmp(a->nodes[DRM_NODE_PRIMARY], b->nodes[DRM_NODE_PRIMARY]) == 0;
}
