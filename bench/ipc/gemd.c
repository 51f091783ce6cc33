/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>

#include "peer.h"
#include "proto/gemd.h"

static struct gemd_session *session;

static bool start(const char *at)
{
    const struct gemd_connect_options options = {.socket = at};
    char reason[GEMD_TEXT_MAX];
    if (session == NULL && gemd_session_open(&options, &session, reason) != 0) {
        fprintf(stderr, "ipc-speed: %s\n", reason);
    }
    return session != NULL;
}

static bool submit(uint64_t *seqno)
{
    static const uint32_t words[] = {0x05000000, 0}; /* MI_BATCH_BUFFER_END and a NOOP */
    const struct gemd_submission empty = {.words = words, .word_count = 2};
    return gemd_submit(session, &empty, seqno) == 0;
}

static bool finish(uint64_t seqno)
{
    bool done = gemd_seqno_wait(session, seqno, GEMD_FOREVER) == 0;
    if (!done || gemd_session_rejected(session) != 0) {
        fprintf(stderr, "ipc-speed: the daemon does not run empty batches\n");
        return false;
    }
    return true;
}

static bool round_trips(unsigned count)
{
    uint64_t seqno = 0;
    while (count-- > 0) {
        if (!submit(&seqno) || !finish(seqno)) {
            return false;
        }
    }
    return true;
}

bool gemd_pipeline(unsigned count)
{
    uint64_t seqno = 0;
    while (count-- > 0) {
        if (!submit(&seqno)) {
            return false;
        }
    }
    return finish(seqno);
}

bool gemd_buffers(unsigned count)
{
    while (count-- > 0) {
        struct gemd_bo *bo = NULL;
        if (gemd_bo_create(session, 4096, false, &bo) != 0) {
            fprintf(stderr, "ipc-speed: no buffer\n");
            return false;
        }
        gemd_bo_unref(bo);
    }
    return true;
}

const struct peer peer_gemd = {"gemd", start, round_trips};
