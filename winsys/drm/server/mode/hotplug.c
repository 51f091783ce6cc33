/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/hotplug.h"

#include <stdio.h>
#include <string.h>

#include "winsys/drm/server/mode/screen.h"
#include "winsys/drm/server/tree.h"
#include "winsys/drm/server/uevent.h"

void hotplug_came(struct drm_screen *screen)
{
    __atomic_store_n(&screen->replugged, true, __ATOMIC_RELEASE);
}

/* One line for each size; none where nothing is plugged in. */
void hotplug_describe(const struct gemd_screen_modes *monitor, struct drm_tree_info *info,
                      char modes[HOTPLUG_MODES_BYTES])
{
    size_t used = 0;

    modes[0] = '\0';
    for (unsigned i = 0; i < monitor->mode_count && monitor->monitor != GEMD_MONITOR_NONE; i++) {
        used += (size_t)snprintf(modes + used, HOTPLUG_MODES_BYTES - used, "%ux%u\n",
                                 monitor->modes[i].width, monitor->modes[i].height);
    }
    info->modes = modes;
    info->edid = monitor->edid;
    info->edid_bytes = monitor->edid_bytes;
}

void hotplug_look(struct drm_screen *screen)
{
    struct drm_server *server = screen->server;
    char modes[HOTPLUG_MODES_BYTES];
    struct drm_tree_info info = {0};

    if (!__atomic_exchange_n(&screen->replugged, false, __ATOMIC_ACQUIRE)) {
        return;
    }
    pthread_mutex_lock(&screen->lock);
    screen_probe(screen);
    const struct gemd_screen_modes monitor = screen->monitor;
    pthread_mutex_unlock(&screen->lock);
    if (server->directory != NULL) {
        hotplug_describe(&monitor, &info, modes);
        const int error = drm_tree_set_connector(server->directory, &info);
        if (error != 0) {
            fprintf(stderr, "gemd-drm: the connector's files: %s\n", strerror(-error));
        }
    }
    drm_uevent_hotplug(server);
}
