/* SPDX-License-Identifier: MIT */
#include "reset.h"

#include <pthread.h>
#include <stdlib.h>

#include "pipe/p_context.h"
#include "pipe/p_defines.h"
#include "pipe/p_screen.h"
#include "proto/gemd.h"

/* What a screen's functions were before we stepped in. A handful per process at most. */
struct hooked_screen {
    struct hooked_screen *next;
    struct pipe_screen *screen;
    struct gemd_session *session;
    int (*get_param)(struct pipe_screen *screen, enum pipe_cap param);
    struct pipe_context *(*context_create)(struct pipe_screen *screen, void *priv, unsigned flags);
};

static struct hooked_screen *hooked_screens;
static pthread_mutex_t hooked_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct hooked_screen *find(struct pipe_screen *screen)
{
    struct hooked_screen *hooked;

    pthread_mutex_lock(&hooked_lock);
    for (hooked = hooked_screens; hooked && hooked->screen != screen; hooked = hooked->next) {
    }
    pthread_mutex_unlock(&hooked_lock);
    return hooked;
}

static const enum pipe_reset_status reset_statuses[] = {
    [GEMD_LOST_NOT] = PIPE_NO_RESET,
    [GEMD_LOST_GUILTY] = PIPE_GUILTY_CONTEXT_RESET,
    [GEMD_LOST_INNOCENT] = PIPE_INNOCENT_CONTEXT_RESET,
    [GEMD_LOST_UNKNOWN] = PIPE_UNKNOWN_CONTEXT_RESET,
};

static enum pipe_reset_status get_device_reset_status(struct pipe_context *pipe)
{
    const struct hooked_screen *hooked = find(pipe->screen);
    unsigned lost;

    if (!hooked->session) {
        return PIPE_NO_RESET;
    }
    gemd_session_dispatch(hooked->session);
    lost = gemd_session_lost(hooked->session);
    return lost <= GEMD_LOST_UNKNOWN ? reset_statuses[lost] : PIPE_UNKNOWN_CONTEXT_RESET;
}

static int get_param(struct pipe_screen *screen, enum pipe_cap param)
{
    return param == PIPE_CAP_DEVICE_RESET_STATUS_QUERY ? 1 : find(screen)->get_param(screen, param);
}

static struct pipe_context *context_create(struct pipe_screen *screen, void *priv, unsigned flags)
{
    struct pipe_context *pipe = find(screen)->context_create(screen, priv, flags);

    if (pipe && !pipe->get_device_reset_status) {
        pipe->get_device_reset_status = get_device_reset_status;
    }
    return pipe;
}

void gemd_reset_install(struct pipe_screen *screen, struct gemd_session *session)
{
    struct hooked_screen *hooked;

    if (screen->get_param(screen, PIPE_CAP_DEVICE_RESET_STATUS_QUERY)) {
        return;
    }
    hooked = calloc(1, sizeof(*hooked));
    if (!hooked) {
        return;
    }
    *hooked = (struct hooked_screen){
        .screen = screen,
        .session = session,
        .get_param = screen->get_param,
        .context_create = screen->context_create,
    };
    screen->get_param = get_param;
    screen->context_create = context_create;
    pthread_mutex_lock(&hooked_lock);
    hooked->next = hooked_screens;
    hooked_screens = hooked;
    pthread_mutex_unlock(&hooked_lock);
}

void gemd_reset_remove(struct pipe_screen *screen)
{
    struct hooked_screen **link, *hooked = NULL;

    pthread_mutex_lock(&hooked_lock);
    for (link = &hooked_screens; *link; link = &(*link)->next) {
        if ((*link)->screen == screen) {
            hooked = *link;
            *link = hooked->next;
            break;
        }
    }
    pthread_mutex_unlock(&hooked_lock);
    if (hooked) {
        screen->get_param = hooked->get_param;
        screen->context_create = hooked->context_create;
        free(hooked);
    }
}
