/* SPDX-License-Identifier: MIT */
/*
 * A DRM device that only records: what a program that is preloaded with this library gets when it
 * opens /dev/dri/card0. It looks like Linux' i915 on a gen3 chip, keeps buffers in memory, shows
 * one screen that nobody sees, and runs nothing: each batch is written to a file as the validator
 * would get it.
 *
 * Environment: FOREIGN_OUT, the folder for records (without it nothing is kept); FOREIGN_CHIP, the
 * PCI device number in hexadecimal (29c2).
 *
 * An ioctl's handler returns 0 or a negative errno. One process, one lock around each ioctl; what
 * a handle means does not depend on the descriptor that it came through.
 */
#ifndef GEMD_TESTS_FOREIGN_DEVICE_H
#define GEMD_TESTS_FOREIGN_DEVICE_H

#include <stddef.h>
#include <stdint.h>

struct foreign_ioctl {
    unsigned long request; /* the number's low byte is what counts: sizes grew over the years */
    int (*handle)(void *argument);
};

/* Tables that end with request 0. */
extern const struct foreign_ioctl foreign_gem_ioctls[];  /* buffers.c */
extern const struct foreign_ioctl foreign_exec_ioctls[]; /* record.c */
extern const struct foreign_ioctl foreign_mode_ioctls[]; /* modes.c */

uint16_t foreign_chip(void);

/* Another descriptor of the device; -1 and errno. */
int foreign_device_open(void);

/* An event that the program will read from its descriptor. */
void foreign_device_event(const void *event, size_t size);

/* A console, for servers that want one: console.c. NULL or not: whether a path is one. */
int foreign_console_is(const char *path);
int foreign_console_ioctl(unsigned long request, void *argument);

#endif
