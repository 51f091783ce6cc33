/* SPDX-License-Identifier: MIT */
#include "tests/egl/fake_window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct fake_screen fake_screen;

struct gemd_window {
    uint32_t width, height;
};

static int take(int *error)
{
    int taken = *error;

    *error = 0;
    return taken;
}

int gemd_session_open(const struct gemd_connect_options *options, struct gemd_session **session,
                      char reason[GEMD_TEXT_MAX])
{
    int error = take(&fake_screen.open_error);

    *session = NULL;
    if (error != 0) {
        snprintf(reason, GEMD_TEXT_MAX, "no daemon today");
        return error;
    }
    *session = fake_screen.session = fake_session_new();
    fake_screen.session->info.screen_width = 640;
    fake_screen.session->info.screen_height = 400;
    return 0;
}

void gemd_session_close(struct gemd_session *session)
{
    if (session) {
        fake_session_free(session);
        fake_screen.session = NULL;
    }
}

void gemd_session_dispatch(struct gemd_session *session)
{
}

int gemd_window_create(struct gemd_session *session, uint32_t width, uint32_t height,
                       struct gemd_window **window)
{
    int error = take(&fake_screen.window_error);

    *window = NULL;
    if (error != 0) {
        return error;
    }
    *window = calloc(1, sizeof(**window));
    (*window)->width = width ? width : session->info.screen_width;
    (*window)->height = height ? height : session->info.screen_height;
    fake_screen.windows++;
    return 0;
}

void gemd_window_destroy(struct gemd_window *window)
{
    free(window);
    fake_screen.windows--;
}

uint32_t gemd_window_width(const struct gemd_window *window)
{
    return window->width;
}

uint32_t gemd_window_height(const struct gemd_window *window)
{
    return window->height;
}

int gemd_window_present(struct gemd_window *window, struct gemd_bo *bo, uint32_t offset,
                        uint32_t stride, uint32_t interval, uint64_t seqno, uint64_t *serial)
{
    int error = take(&fake_screen.present_error);

    if (error != 0) {
        return error;
    }
    *serial = ++fake_screen.serial;
    fake_screen.frames[*serial % FAKE_FRAMES] = (struct fake_frame){
        .handle = gemd_bo_handle(bo),
        .offset = offset,
        .stride = stride,
        .interval = interval,
        .seqno = seqno,
        .last_seqno = fake_bo(bo)->last_write,
    };
    return 0;
}

bool gemd_window_released(struct gemd_window *window, uint64_t serial)
{
    return serial <= fake_screen.released || fake_screen.session->lost != GEMD_LOST_NOT;
}

int gemd_window_wait_released(struct gemd_window *window, const uint64_t *serials, unsigned count,
                              int64_t deadline, unsigned *which)
{
    if (fake_screen.session->lost != GEMD_LOST_NOT) {
        return -EIO;
    }
    fake_screen.waits++;
    fake_screen.last_count = count;
    *which = 0;
    for (unsigned i = 1; i < count; i++) {
        if (serials[i] < serials[*which]) {
            *which = i;
        }
    }
    fake_screen.released = serials[*which];
    return 0;
}
