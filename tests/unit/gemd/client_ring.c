/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include "tests/unit/gemd/client_ring.h"

#include <string.h>
#include <unistd.h>

#include "proto/client/session.h"
#include "proto/ring.h"

struct client_view client_view(const struct gemd_session *session)
{
    return (struct client_view){session->status, session->ring, session->doorbell};
}

uint64_t client_ring_await_read(const struct gemd_session *session)
{
    while (__atomic_load_n(&session->status->ring_head, __ATOMIC_ACQUIRE) != session->tail) {
        usleep(1000);
    }
    return session->tail;
}

void client_ring_take_back(const struct gemd_session *session, uint64_t at)
{
    static const struct ring_limits limits = {.words = 4096, .relocs = 64, .buffers = 64};
    uint8_t *record = (uint8_t *)session->ring + GEMD_RING_DATA_OFFSET + at % session->ring_bytes;
    struct gemd_record_submit submit;
    struct ring_submit layout;
    char reason[GEMD_TEXT_MAX];
    memcpy(&submit, record, sizeof(submit));
    assert_int_equal(submit.header.type, GEMD_RECORD_SUBMIT);
    assert_int_equal(ring_submit_check(&submit, &limits, &layout, reason), 0);
    __atomic_store_n((uint32_t *)(void *)(record + layout.buffers), 0xdead, __ATOMIC_RELEASE);
}
