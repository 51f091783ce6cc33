/* SPDX-License-Identifier: MIT */
/* A program under the DRM adapter: looks at what it sees, check by check. */
#ifndef GEMD_TESTS_INTEGRATION_DRM_PROBE_H
#define GEMD_TESTS_INTEGRATION_DRM_PROBE_H

#include <stdbool.h>

struct probe_check {
    const char *name;
    bool (*run)(void);
};

/* Tables that end with run NULL. */
extern const struct probe_check probe_path_checks[];   /* what needs no server */
extern const struct probe_check probe_device_checks[]; /* DRM files */
extern const struct probe_check probe_sync_checks[];   /* fences */

/* Run again by a check, in a process of its own: looks at the DRM file at 'fd'. Exit status. */
int probe_inherited(int fd);

/*
 * Listens to udev and to the kernel, says "ready", and what the connector is; then again at each of
 * so many plugs. Exit status.
 */
int probe_uevents(int count);

/* Whether 'is'; says where not. */
bool probe_true(bool is, const char *text, const char *file, int line);
#define TRUE(is) probe_true((is), #is, __FILE__, __LINE__)

#endif
