/* SPDX-License-Identifier: MIT */
/* Finds a renderer: the daemon with its driver, or software. */
#include "screen.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pipe/p_screen.h"
#include "proto/gemd.h"
#include "winsys/i915/driver.h"

#define LINE_MAX_BYTES 1024
#define TRY_EVERY_NS   100000000

static const char hardware_driver[] = "libgemd_i915.so";
static const char software_driver[] = "libgemd_swrast.so";

/* In the order of preference when $GALLIUM_DRIVER names none. */
static const char *const software_names[] = {"llvmpipe", "softpipe"};

static void __attribute__((format(printf, 1, 2))) tell_once(const char *format, ...)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;
    char line[LINE_MAX_BYTES];
    va_list arguments;

    if (atomic_flag_test_and_set(&told)) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    /* One write, so that lines of several processes do not mix. */
    fprintf(stderr, "gemd-egl: %s\n", line);
}

/* The directory of the drivers, with its slash; "" leaves the search to dlopen. */
static void driver_directory(char *path, size_t size)
{
    const char *wanted = secure_getenv("GEMD_DRIVERS_PATH");
    Dl_info self;

    path[0] = '\0';
    if (wanted && wanted[0]) {
        snprintf(path, size, "%s/", wanted);
    } else if (dladdr(driver_directory, &self) && self.dli_fname) {
        const char *slash = strrchr(self.dli_fname, '/');

        if (slash) {
            snprintf(path, size, "%.*s", (int)(slash + 1 - self.dli_fname), self.dli_fname);
        }
    }
}

/* NULL with one line in reason. */
static const struct gemd_gallium_driver *load_driver(const char *file, char *reason, size_t size)
{
    const struct gemd_gallium_driver *driver;
    char path[LINE_MAX_BYTES / 2];
    size_t used;
    void *object;

    driver_directory(path, sizeof(path));
    used = strlen(path);
    snprintf(path + used, sizeof(path) - used, "%s", file);
    object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!object) {
        snprintf(reason, size, "cannot load the driver: %s", dlerror());
        return NULL;
    }
    driver = dlsym(object, GEMD_DRIVER_SYMBOL);
    if (!driver) {
        snprintf(reason, size, "%s is not a gemd driver", path);
    } else if (driver->abi != GEMD_DRIVER_ABI) {
        snprintf(reason, size, "%s has driver interface %u, not %u", path, driver->abi,
                 GEMD_DRIVER_ABI);
    } else if (strcmp(driver->mesa_version, PACKAGE_VERSION) != 0) {
        snprintf(reason, size, "%s was built with Mesa %s, not %s", path, driver->mesa_version,
                 PACKAGE_VERSION);
    } else {
        return driver;
    }
    dlclose(object);
    return NULL;
}

static bool open_hardware(struct gemd_screen *screen, char *reason, size_t size)
{
    char why[GEMD_TEXT_MAX] = "";

    if (gemd_session_open(&(struct gemd_connect_options){0}, &screen->session, why) != 0) {
        snprintf(reason, size, "%s", why);
        return false;
    }
    screen->driver = load_driver(hardware_driver, reason, size);
    if (screen->driver) {
        screen->pipe = screen->driver->create_screen(screen->session);
        if (screen->pipe) {
            return true;
        }
        snprintf(reason, size, "the %s driver refuses this device (%s)", screen->driver->name,
                 gemd_session_info(screen->session)->device);
    }
    gemd_session_close(screen->session);
    *screen = (struct gemd_screen){0};
    return false;
}

static bool create_software(struct gemd_screen *screen, const char *name)
{
    screen->pipe = screen->driver->create_software_screen(name);
    return screen->pipe != NULL;
}

/* The renderer's name, or NULL with a line in reason. */
static const char *open_software(struct gemd_screen *screen, char *reason, size_t size)
{
    const char *wanted = getenv("GALLIUM_DRIVER");

    screen->driver = load_driver(software_driver, reason, size);
    if (!screen->driver) {
        return NULL;
    }
    for (unsigned i = 0; i < sizeof(software_names) / sizeof(software_names[0]); i++) {
        if (wanted && wanted[0] && strcmp(wanted, software_names[i]) != 0) {
            continue;
        }
        if (create_software(screen, software_names[i])) {
            return software_names[i];
        }
    }
    snprintf(reason, size, "no software renderer%s%s", wanted ? " called " : "",
             wanted ? wanted : "");
    *screen = (struct gemd_screen){0};
    return NULL;
}

bool gemd_screen_open(struct gemd_screen *screen, bool software)
{
    char hardware_reason[LINE_MAX_BYTES / 2] = "", software_reason[LINE_MAX_BYTES / 2] = "";
    const char *name;

    *screen = (struct gemd_screen){0};
    if (!software && open_hardware(screen, hardware_reason, sizeof(hardware_reason))) {
        return true;
    }
    name = open_software(screen, software_reason, sizeof(software_reason));
    if (!name) {
        tell_once("%s%s%s", hardware_reason, hardware_reason[0] ? "; " : "", software_reason);
        return false;
    }
    if (!software) {
        tell_once("%s; rendering in software with %s", hardware_reason, name);
    }
    return true;
}

void gemd_screen_close(struct gemd_screen *screen)
{
    if (screen->pipe) {
        screen->pipe->destroy(screen->pipe);
    }
    gemd_session_close(screen->session);
    *screen = (struct gemd_screen){0};
}

bool gemd_screen_lost(const struct gemd_screen *screen)
{
    return screen->session && gemd_session_lost(screen->session) != GEMD_LOST_NOT;
}

bool gemd_screen_revive(struct gemd_screen *screen, bool guilty_too)
{
    const enum gemd_lost_reason reason = gemd_session_lost(screen->session);
    struct timespec now;

    if (reason == GEMD_LOST_NOT) {
        return true;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if ((reason == GEMD_LOST_GUILTY && !guilty_too) ||
        now_ns < __atomic_load_n(&screen->next_try_ns, __ATOMIC_RELAXED)) {
        return false;
    }
    __atomic_store_n(&screen->next_try_ns, now_ns + TRY_EVERY_NS, __ATOMIC_RELAXED);
    return gemd_session_reconnect(screen->session, NULL) == 0;
}
