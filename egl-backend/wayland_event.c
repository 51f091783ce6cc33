/* SPDX-License-Identifier: MIT */
/* Events of a window: each has a queue of its own, which only who draws in it waits for. */
#include "wayland.h"

static bool dispatch(struct wayland_window *window)
{
    return wl_display_dispatch_queue_pending(window->wayland->connection, window->queue) >= 0;
}

/*
 * Reads with the lock given up. The connection stays until we have left: see
 * wayland_window_orphan().
 */
static bool read_events(struct wayland_window *window, bool now)
{
    bool read;

    window->waiting++;
    pthread_mutex_unlock(&window->lock);
    read = wayland_read(window->wayland, window->wake, now);
    pthread_mutex_lock(&window->lock);
    if (--window->waiting == 0) {
        pthread_cond_broadcast(&window->left);
    }
    return read && !wayland_window_is_lost(window);
}

/* Whether there is nothing in the queue, and reading is prepared; else tells who listens. */
static bool prepare(struct wayland_window *window)
{
    if (wl_display_prepare_read_queue(window->wayland->connection, window->queue) == 0) {
        return true;
    }
    (void)dispatch(window);
    return false;
}

bool wayland_window_wait(struct wayland_window *window)
{
    if (wayland_window_is_lost(window)) {
        return false;
    }
    if (!prepare(window)) {
        return wl_display_get_error(window->wayland->connection) == 0;
    }
    return read_events(window, false) && dispatch(window);
}

static void chain_poll(struct gemd_chain *chain)
{
    struct wayland_window *window = (struct wayland_window *)chain->surface;

    if (!wayland_window_is_lost(window) && prepare(window) && read_events(window, true)) {
        (void)dispatch(window);
    }
}

static bool chain_wait(struct gemd_chain *chain)
{
    struct wayland_window *window = (struct wayland_window *)chain->surface;

    /* Nothing is drawn yet by who only makes the surface current, so that can wait. */
    return !window->surface.binding && wayland_window_wait(window);
}

const struct gemd_chain_ops wayland_chain_ops = {
    .poll = chain_poll,
    .wait = chain_wait,
    .free_native = wayland_buffer_free,
};
