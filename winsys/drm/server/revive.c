/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/revive.h"

#include <errno.h>

#include <event2/event.h>

#include "winsys/drm/server/server.h"

#define HANGS_MAX 2u /* one less than what the daemon bans for, unless told otherwise */

static const struct timeval retry_after = {.tv_sec = 1};

static void count_loss(struct drm_file *file, enum gemd_lost_reason reason)
{
    pthread_mutex_lock(&file->server->lock);
    file->guilty += reason == GEMD_LOST_GUILTY;
    file->innocent += reason == GEMD_LOST_INNOCENT;
    file->server->resets += reason != GEMD_LOST_UNKNOWN;
    pthread_mutex_unlock(&file->server->lock);
}

int revive_session(struct drm_file *file, char reason[GEMD_TEXT_MAX])
{
    pthread_mutex_lock(&file->revive_lock);
    const enum gemd_lost_reason why = gemd_session_lost(file->session);
    const int error = why != GEMD_LOST_NOT ? gemd_session_reconnect(file->session, reason) : 0;
    if (error == 0 && why != GEMD_LOST_NOT) {
        count_loss(file, why);
    }
    pthread_mutex_unlock(&file->revive_lock);
    return error;
}

bool revive_is_banned(const struct drm_file *file)
{
    pthread_mutex_lock(&file->server->lock);
    const bool is = file->guilty >= HANGS_MAX && !file->is_not_bannable;
    pthread_mutex_unlock(&file->server->lock);
    return is;
}

/* The descriptor of a lost session stays readable: it is not looked at until there is a new one. */
static void revive(struct drm_file *file)
{
    char reason[GEMD_TEXT_MAX];

    if (revive_session(file, reason) == 0) {
        event_add(file->session_readable, NULL);
    } else { /* no daemon yet, or one that is just going, or another chip's: the next one may do */
        event_add(file->retry, &retry_after);
    }
}

static void on_retry(evutil_socket_t socket, short what, void *data)
{
    revive(data);
}

static void on_session(evutil_socket_t socket, short what, void *data)
{
    struct drm_file *file = data;

    gemd_session_dispatch(file->session);
    if (gemd_session_lost(file->session) != GEMD_LOST_NOT) {
        event_del(file->session_readable);
        revive(file);
    }
}

int revive_watch(struct drm_file *file)
{
    struct event_base *base = file->server->base;

    file->session_readable =
        event_new(base, gemd_session_fd(file->session), EV_READ | EV_PERSIST, on_session, file);
    file->retry = event_new(base, -1, 0, on_retry, file);
    if (file->session_readable == NULL || file->retry == NULL) {
        return -ENOMEM;
    }
    event_add(file->session_readable, NULL);
    return 0;
}

void revive_unwatch(struct drm_file *file)
{
    if (file->session_readable != NULL) {
        event_free(file->session_readable);
    }
    if (file->retry != NULL) {
        event_free(file->retry);
    }
    file->session_readable = file->retry = NULL;
}
