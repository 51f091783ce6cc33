/* SPDX-License-Identifier: MIT */
#include "gemd/replug.h"

#include <errno.h>

#include "gemd/log.h"
#include "gemd/screen_modes.h"
#include "gemd/server.h"

#define NS_PER_US 1000u

/* Sessions have their turn before, also without a pause. */
static void take_turn(struct replug *replug, uint32_t pause_ns)
{
    const struct timeval time = {.tv_usec = (pause_ns + NS_PER_US - 1) / NS_PER_US};
    if (event_add(replug->turn, &time) != 0) {
        log_warning("monitor: no memory to look at it");
        replug_stop(replug);
    }
}

static void on_turn(evutil_socket_t fd, short what, void *data)
{
    struct replug *replug = data;
    struct display *display = &replug->server->display;
    const uint64_t changes = display->connector.changes;
    uint32_t pause_ns = 0;
    replug->steps++;
    const bool goes_on = display_look(display, &pause_ns);
    if (display->connector.changes != changes) {
        screen_changed(replug->server);
    }
    if (goes_on) {
        take_turn(replug, pause_ns);
    } else if (replug->again) {
        replug_begin(replug);
    }
}

int replug_init(struct replug *replug, struct server *server)
{
    *replug = (struct replug){.server = server};
    replug->turn = event_new(server->base, -1, 0, on_turn, replug);
    return replug->turn != NULL ? 0 : -ENOMEM;
}

void replug_finish(struct replug *replug)
{
    if (replug->turn != NULL) {
        event_free(replug->turn);
        replug->turn = NULL;
    }
}

void replug_begin(struct replug *replug)
{
    struct connector *connector = &replug->server->display.connector;
    if (replug->server->power.state == POWER_ASLEEP || connector->state == CONNECTOR_PANEL) {
        return; /* it looks anyhow when it wakes; what is at the port is not the screen */
    }
    replug->again = connector->looks;
    if (!connector->looks) {
        connector_begin(connector);
        take_turn(replug, 0);
    }
}

void replug_stop(struct replug *replug)
{
    (void)event_del(replug->turn);
    connector_drop_look(&replug->server->display.connector);
    replug->again = false;
}
