/* SPDX-License-Identifier: MIT */
/* usage: drm_probe paths|device|sync|inherited FD|uevents COUNT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/drm/probe.h"

bool probe_true(bool is, const char *text, const char *file, int line)
{
    if (!is) {
        fprintf(stderr, "%s:%d: not so: %s (errno: %s)\n", file, line, text, strerror(errno));
    }
    return is;
}

static int run_all(const struct probe_check *checks)
{
    unsigned count = 0, failed = 0;

    for (; checks->run != NULL; checks++, count++) {
        errno = 0;
        if (!checks->run()) {
            fprintf(stderr, "drm-probe: %s: failed\n", checks->name);
            failed++;
        }
    }
    printf("drm-probe: checks=%u failed=%u\n", count, failed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "paths") == 0) {
        return run_all(probe_path_checks);
    }
    if (argc == 2 && strcmp(argv[1], "device") == 0) {
        return run_all(probe_device_checks);
    }
    if (argc == 2 && strcmp(argv[1], "sync") == 0) {
        return run_all(probe_sync_checks);
    }
    if (argc == 3 && strcmp(argv[1], "inherited") == 0) {
        return probe_inherited(atoi(argv[2]));
    }
    if (argc == 3 && strcmp(argv[1], "uevents") == 0) {
        return probe_uevents(atoi(argv[2]));
    }
    return 2;
}
