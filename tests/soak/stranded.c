/* SPDX-License-Identifier: MIT */
#include "tests/soak/client.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/lib/batch.h"

enum { PITCH = 1024, SIDE = 64, BYTES = PITCH * SIDE * 2, DEPTH = 3 };
#define MARK 0x600dda7au /* in the half of the buffer that no batch touches */

static void ignore(void *data, const struct gemd_msg_header *event, const char *text)
{
}

static int submit_fills(struct client *client, struct gemd_session *session, struct gemd_bo *bo,
                        uint64_t *seqno)
{
    int result = 0;

    for (unsigned i = 0; i < DEPTH && result == 0; i++) {
        struct batch batch;

        batch_reset(&batch);
        batch_fill(&batch, bo, PITCH, 0, 0, SIDE, SIDE, client_random(client));
        result = batch_submit(&batch, session, seqno);
    }
    return result;
}

/* ---- hangs ---- */

/* Comes back as soon as its process is no longer banned; false: stopped before. */
static bool come_back(struct client *client, struct gemd_session *session)
{
    while (!client_stopped()) {
        if (gemd_session_reconnect(session, NULL) == 0) {
            return true;
        }
        usleep(50000);
    }
    return false;
}

/* It did it, so it must be told; and what it has in its memory is not the GPU's to lose. */
static bool is_told(struct client *client, struct gemd_session *session, struct gemd_bo *bo)
{
    const uint32_t *last = (const uint32_t *)gemd_bo_map(bo) + BYTES / 4 - 1;
    enum gemd_lost_reason reason = gemd_session_lost(session);

    if (reason != GEMD_LOST_GUILTY) {
        return client_error(client, "it hung the GPU, and was told %u", reason);
    }
    return *last == MARK || client_error(client, "its buffer has %08x, not %08x", *last, MARK);
}

bool client_hangs(struct client *client)
{
    struct gemd_session *session = client_open(client, ignore, NULL);
    struct gemd_bo *bo = NULL;
    bool fine = true;

    if (session == NULL) {
        return true;
    }
    if (gemd_bo_create(session, BYTES, false, &bo) != 0) {
        gemd_session_close(session);
        return client_error(client, "no buffer");
    }
    ((uint32_t *)gemd_bo_map(bo))[BYTES / 4 - 1] = MARK;
    while (fine && !client_stopped()) {
        uint64_t seqno = 0;
        int result = submit_fills(client, session, bo, &seqno);

        if (result == 0) {
            result = gemd_seqno_wait(session, seqno, GEMD_FOREVER);
        }
        if (result != 0) {
            client->rounds++;
            fine = is_told(client, session, bo);
            usleep(client_below(client, 1000000));
            (void)come_back(client, session);
        }
    }
    gemd_bo_unref(bo);
    gemd_session_close(session);
    return fine;
}

/* ---- strands ---- */

/* Work that waits for a pipe; then its other end is closed, or the session. */
static void strand(struct client *client, struct gemd_session *session, struct gemd_bo *bo)
{
    int never = eventfd(0, EFD_CLOEXEC), ends[2];
    uint64_t seqno = 0;

    if (never < 0 || pipe(ends) != 0) {
        close(never);
        return;
    }
    const bool comes = client_below(client, 2) == 0;
    if (gemd_fence_wait_before(session, comes ? ends[0] : never, GEMD_FOREVER) == 0 &&
        submit_fills(client, session, bo, &seqno) == 0) {
        usleep(client_below(client, 100000));
    }
    close(ends[1]);
    close(ends[0]);
    close(never);
    if (comes) {
        (void)gemd_seqno_wait(session, seqno, GEMD_FOREVER);
    }
}

bool client_strands(struct client *client)
{
    while (!client_stopped()) {
        struct gemd_session *session = client_open(client, ignore, NULL);
        struct gemd_bo *bo = NULL;

        if (session != NULL && gemd_bo_create(session, BYTES, false, &bo) == 0) {
            strand(client, session, bo);
            client->rounds++;
        }
        gemd_bo_unref(bo);
        gemd_session_close(session);
    }
    return true;
}
