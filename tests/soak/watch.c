/* SPDX-License-Identifier: MIT */
#include "tests/soak/watch.h"

#include <string.h>

void watch_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct watch *watch = data;

    watch->spoiled = !client_error(watch->client, "event %u: %s", event->type, text);
}

bool watch_is_sound(struct watch *watch, struct gemd_session *session)
{
    if (gemd_session_lost(session) != GEMD_LOST_NOT) {
        return client_error(watch->client, "the session was lost");
    }
    return !watch->spoiled;
}

bool watch_submitted(struct watch *watch, struct gemd_session *session, struct batch *batch,
                     uint64_t *seqno)
{
    int result = batch_submit(batch, session, seqno);

    return result == 0 || client_error(watch->client, "submission: %s", strerror(-result));
}

bool watch_finished(struct watch *watch, struct gemd_session *session, uint64_t seqno)
{
    int result = gemd_seqno_wait(session, seqno, GEMD_FOREVER);

    return result == 0 || client_error(watch->client, "waiting: %s", strerror(-result));
}

struct gemd_bo *watch_buffer(struct watch *watch, struct gemd_session *session, uint64_t bytes,
                             bool shared)
{
    struct gemd_bo *bo = NULL;
    int result = gemd_bo_create(session, bytes, shared, &bo);

    if (result != 0) {
        client_error(watch->client, "buffer of %llu bytes: %s", (unsigned long long)bytes,
                     strerror(-result));
    }
    return bo;
}

bool watch_is_filled(struct watch *watch, struct gemd_bo *bo, uint32_t x, uint32_t y,
                     uint32_t colour, const char *what)
{
    const uint32_t *pixels = gemd_bo_map(bo);
    uint32_t is = pixels[y * (WATCH_PITCH / 4) + x];

    return is == colour ||
           client_error(watch->client, "%s at %u,%u: %08x, not %08x", what, x, y, is, colour);
}
