/* SPDX-License-Identifier: MIT */
#include "tests/soak/client.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/batch.h"
#include "tests/soak/watch.h"

enum { FRAMES = 3, LIVE = 24, MOST_PAGES = 300 };

/* ---- draws ---- */

/* A fill, a copy of it and a triangle over the copy; then both are looked at. */
static bool draw_once(struct watch *watch, struct gemd_session *session, struct gemd_bo *from,
                      struct gemd_bo *to)
{
    const uint32_t below = client_random(watch->client), above = client_random(watch->client);
    struct batch batch;
    uint64_t seqno = 0;

    batch_reset(&batch);
    batch_fill(&batch, from, WATCH_PITCH, 0, 0, WATCH_SIDE, WATCH_SIDE, below);
    BATCH_PUT(&batch, 0x54f00006, 0x03cc0000 | WATCH_PITCH, 0, WATCH_SIDE << 16 | WATCH_SIDE);
    batch_address(&batch, to, 0, GEMD_USE_WRITE);
    BATCH_PUT(&batch, 0, WATCH_PITCH);
    batch_address(&batch, from, 0, GEMD_USE_READ);
    batch_triangle(&batch, to, above);
    if (!watch_submitted(watch, session, &batch, &seqno) ||
        !watch_finished(watch, session, seqno)) {
        return false;
    }
    for (uint32_t i = 0; i < WATCH_SIDE; i += 5) {
        if (!watch_is_filled(watch, from, i, WATCH_SIDE - 1 - i, below, "fill") ||
            !watch_is_filled(watch, to, i / 2, (WATCH_SIDE - 1 - i) / 2, above, "triangle") ||
            !watch_is_filled(watch, to, WATCH_SIDE - 1 - i / 4, WATCH_SIDE - 1, below, "copy")) {
            return false;
        }
    }
    return true;
}

bool client_draws(struct client *client)
{
    struct watch watch = {.client = client};
    struct gemd_session *session = client_open(client, watch_event, &watch);

    if (session == NULL) {
        return true;
    }
    struct gemd_bo *from = watch_buffer(&watch, session, WATCH_BYTES, false);
    struct gemd_bo *to = watch_buffer(&watch, session, WATCH_BYTES, true);
    bool fine = from != NULL && to != NULL;
    while (fine && !client_stopped()) {
        fine = draw_once(&watch, session, from, to) && watch_is_sound(&watch, session);
        client->rounds++;
    }
    gemd_bo_unref(from);
    gemd_bo_unref(to);
    gemd_session_close(session);
    return fine;
}

/* ---- shows ---- */

static bool show_once(struct watch *watch, struct gemd_session *session, struct gemd_window *window,
                      struct gemd_bo *bo, uint64_t *serial)
{
    struct batch batch;
    uint64_t seqno = 0;

    batch_reset(&batch);
    batch_fill(&batch, bo, WATCH_PITCH, 0, 0, WATCH_SIDE, WATCH_SIDE, client_random(watch->client));
    if (!watch_submitted(watch, session, &batch, &seqno)) {
        return false;
    }
    int result = gemd_window_present(window, bo, 0, WATCH_PITCH, 1, seqno, serial);
    if (result == 0) {
        result = gemd_window_wait_latched(window, *serial, GEMD_FOREVER);
    }
    return result == 0 || client_error(watch->client, "frame: %s", strerror(-result));
}

bool client_shows(struct client *client)
{
    struct watch watch = {.client = client};
    struct gemd_session *session = client_open(client, watch_event, &watch);
    struct gemd_window *window = NULL;
    struct gemd_bo *frames[FRAMES] = {0};

    if (session == NULL) {
        return true;
    }
    bool fine = gemd_window_create(session, WATCH_SIDE, WATCH_SIDE, &window) == 0 ||
                client_error(client, "no window");
    for (unsigned i = 0; fine && i < FRAMES; i++) {
        frames[i] = watch_buffer(&watch, session, WATCH_BYTES, true);
        fine = frames[i] != NULL;
    }
    uint64_t serials[FRAMES] = {0};
    while (fine && !client_stopped()) {
        unsigned next = (unsigned)(client->rounds++ % FRAMES), which = 0;

        fine = (gemd_window_wait_released(window, &serials[next], 1, GEMD_FOREVER, &which) == 0 ||
                client_error(client, "a frame is not given back")) &&
               show_once(&watch, session, window, frames[next], &serials[next]) &&
               watch_is_sound(&watch, session);
    }
    gemd_window_destroy(window);
    for (unsigned i = 0; i < FRAMES; i++) {
        gemd_bo_unref(frames[i]);
    }
    gemd_session_close(session);
    return fine;
}

/* ---- streams ---- */

/* A new buffer is zero, and holds what is drawn. */
static bool replace(struct watch *watch, struct gemd_session *session, struct gemd_bo **bo)
{
    const uint64_t bytes = 4096ull * (1 + client_below(watch->client, MOST_PAGES));
    const uint32_t rows = (uint32_t)(bytes / WATCH_PITCH), colour = client_random(watch->client);
    struct batch batch;
    uint64_t seqno = 0;

    gemd_bo_unref(*bo);
    *bo = watch_buffer(watch, session, bytes, client_below(watch->client, 8) == 0);
    if (*bo == NULL) {
        return false;
    }
    if (!watch_is_filled(watch, *bo, client_below(watch->client, WATCH_SIDE),
                         client_below(watch->client, rows), 0, "new buffer")) {
        return false;
    }
    batch_reset(&batch);
    batch_fill(&batch, *bo, WATCH_PITCH, 0, 0, WATCH_SIDE, rows, colour);
    if (!watch_submitted(watch, session, &batch, &seqno)) {
        return false;
    }
    return client_below(watch->client, 4) != 0 ||
           (watch_finished(watch, session, seqno) &&
            watch_is_filled(watch, *bo, WATCH_SIDE - 1, rows - 1, colour, "fill"));
}

bool client_streams(struct client *client)
{
    struct watch watch = {.client = client};
    struct gemd_session *session = client_open(client, watch_event, &watch);
    struct gemd_bo *bos[LIVE] = {0};
    bool fine = true;

    if (session == NULL) {
        return true;
    }
    while (fine && !client_stopped()) {
        fine = replace(&watch, session, &bos[client_below(client, LIVE)]) &&
               watch_is_sound(&watch, session);
        client->rounds++;
    }
    for (unsigned i = 0; i < LIVE; i++) {
        gemd_bo_unref(bos[i]);
    }
    gemd_session_close(session);
    return fine;
}

/* ---- idles ---- */

bool client_idles(struct client *client)
{
    struct watch watch = {.client = client};
    struct gemd_session *session = client_open(client, watch_event, &watch);
    bool fine = true;

    while (session != NULL && fine && !client_stopped()) {
        usleep(500000);
        fine = watch_is_sound(&watch, session);
        client->rounds++;
    }
    gemd_session_close(session);
    return fine;
}
