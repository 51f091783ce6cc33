/* SPDX-License-Identifier: MIT */
#include "tools/lib/install.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Relative to the directory that this program is in; the first that exists counts. */
static const char *const daemon_places[] = {"gemd", "../sbin/gemd", "../libexec/gemd", NULL};
static const char *const vendor_places[] = {
    "../share/glvnd/egl_vendor.d/10_gemd.json",
    "../../share/glvnd/egl_vendor.d/10_gemd.json",
    "/usr/share/glvnd/egl_vendor.d/10_gemd.json",
    NULL,
};
static const char *const adapter_places[] = {"gemd-drm", "../libexec/gemd-drm",
                                             "../libexec/gemd/gemd-drm", NULL};
static const char *const preload_places[] = {
    "../lib/libgemd_drm.so",
    "../lib/gemd/libgemd_drm.so",
    "../" GEMD_LIBDIR "/gemd/libgemd_drm.so",
    NULL,
};
static const char *const gbm_places[] = {
    "../lib/gbm/i915_gbm.so",
    "../lib/gemd/gbm/i915_gbm.so",
    "../" GEMD_LIBDIR "/gemd/gbm/i915_gbm.so",
    NULL,
};

static int own_directory(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length <= 0) {
        return -1;
    }
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return -1;
    }
    *slash = '\0';
    return 0;
}

/* override: an environment variable that names it, or NULL. */
static int find(const char *what, const char *override, const char *const *places, int mode,
                char *path, size_t size)
{
    char directory[PATH_MAX], candidate[2 * PATH_MAX], real[PATH_MAX];
    const char *chosen = override != NULL ? getenv(override) : NULL;
    if (chosen != NULL && chosen[0] != '\0') {
        int length = snprintf(path, size, "%s", chosen);
        return length > 0 && (size_t)length < size ? 0 : -1;
    }
    if (own_directory(directory, sizeof directory) != 0) {
        fprintf(stderr, "%s: /proc is not mounted: cannot find the %s\n",
                program_invocation_short_name, what);
        return -1;
    }
    for (; *places != NULL; places++) {
        snprintf(candidate, sizeof candidate, "%s/%s", (*places)[0] == '/' ? "" : directory,
                 *places);
        if (realpath(candidate, real) != NULL && access(real, mode) == 0) {
            int length = snprintf(path, size, "%s", real);
            return length > 0 && (size_t)length < size ? 0 : -1;
        }
    }
    fprintf(stderr, "%s: found no %s near %s%s%s%s\n", program_invocation_short_name, what,
            directory, override != NULL ? " (" : "", override != NULL ? override : "",
            override != NULL ? " can name it)" : "");
    return -1;
}

int install_find_daemon(char *path, size_t size)
{
    return find("daemon", "GEMD_DAEMON", daemon_places, X_OK, path, size);
}

int install_find_vendor(char *path, size_t size)
{
    return find("EGL vendor file", "GEMD_EGL_VENDOR", vendor_places, R_OK, path, size);
}

int install_find_adapter(char *path, size_t size)
{
    return find("DRM adapter's server", NULL, adapter_places, X_OK, path, size);
}

int install_find_preload(char *path, size_t size)
{
    return find("DRM adapter's library", NULL, preload_places, R_OK, path, size);
}

int install_find_gbm(char *path, size_t size)
{
    return find("GBM backend", NULL, gbm_places, R_OK, path, size);
}
