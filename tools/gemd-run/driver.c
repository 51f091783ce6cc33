/* SPDX-License-Identifier: MIT */
#include "tools/gemd-run/driver.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lib/install.h"

#define VENDOR_VARIABLE "__EGL_VENDOR_LIBRARY_FILENAMES"
#define GBM_VARIABLE    "GBM_BACKENDS_PATH"

/* Ours is what ends so; both kinds of file have names of their own. */
static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int choose_gbm(void)
{
    char path[PATH_MAX];

    if (install_find_gbm(path, sizeof path) != 0) {
        return -1;
    }
    *strrchr(path, '/') = '\0';
    setenv(GBM_VARIABLE, path, 1);
    return 0;
}

int driver_choose_ours(bool with_gbm)
{
    char path[PATH_MAX];

    if (install_find_vendor(path, sizeof path) != 0) {
        return -1;
    }
    setenv(VENDOR_VARIABLE, path, 1);
    return with_gbm ? choose_gbm() : 0;
}

/* Of a GBM backend the folder is known: it is looked for where an outer gemd-run found it. */
void driver_choose_mesa(void)
{
    const char *vendor = getenv(VENDOR_VARIABLE), *gbm = getenv(GBM_VARIABLE);
    char path[PATH_MAX];

    if (vendor != NULL && ends_with(vendor, "/10_gemd.json")) {
        unsetenv(VENDOR_VARIABLE);
    }
    if (gbm != NULL && install_find_gbm(path, sizeof path) == 0) {
        *strrchr(path, '/') = '\0';
        if (strcmp(path, gbm) == 0) {
            unsetenv(GBM_VARIABLE);
        }
    }
}
