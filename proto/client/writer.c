/* SPDX-License-Identifier: MIT */
#include "proto/client/session.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/client/bo.h"
#include "proto/ring.h"

static uint64_t ring_head(struct gemd_session *session)
{
    return __atomic_load_n(&session->status->ring_head, __ATOMIC_ACQUIRE);
}

bool writer_passed(struct gemd_session *session, uint64_t tail)
{
    return ring_head(session) >= tail;
}

static void *place(struct gemd_session *session, uint64_t position)
{
    uint8_t *data = (uint8_t *)session->ring + GEMD_RING_DATA_OFFSET;
    return data + (position & (session->ring_bytes - 1));
}

/* Makes what lies before 'tail + size' readable; wakes a sleeping daemon. */
static void publish(struct gemd_session *session, uint64_t size)
{
    session->tail += size;
    __atomic_store_n(&session->ring->tail, session->tail, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&session->status->doorbell_wanted, __ATOMIC_SEQ_CST) != 0) {
        uint64_t one = 1;
        ssize_t written;
        do {
            written = write(session->doorbell, &one, sizeof(one));
        } while (written < 0 && errno == EINTR);
    }
}

/* Fills the rest of the data area, so that the next record starts at its beginning. */
static void write_pad(struct gemd_session *session, uint64_t size)
{
    struct gemd_record_header pad = {.type = GEMD_RECORD_PAD, .size = (uint32_t)size};
    memcpy(place(session, session->tail), &pad, sizeof(pad));
    publish(session, size);
}

struct room {
    uint64_t tail, size;
};

static bool room_condition(struct gemd_session *session, const void *data)
{
    const struct room *room = data;
    return session->ring_bytes - (room->tail - ring_head(session)) >= room->size;
}

int writer_begin(struct gemd_session *session, uint64_t size, void **record)
{
    for (;;) {
        uint64_t pad, none;
        pthread_mutex_lock(&session->lock);
        if (session_gone(session)) {
            pthread_mutex_unlock(&session->lock);
            return -EIO;
        }
        int result = ring_place(session->ring_bytes, ring_head(session), session->tail, size, &pad);
        /*
         * PAD goes out by itself as soon as it fits: what then still waits finds the ring more than
         * half full, and so is woken.
         */
        if (result != -E2BIG && pad > 0 &&
            ring_place(session->ring_bytes, ring_head(session), session->tail, pad, &none) == 0) {
            write_pad(session, pad);
            pthread_mutex_unlock(&session->lock);
            continue;
        }
        if (result == 0) {
            *record = place(session, session->tail);
            return 0;
        }
        /* Half of it, so that writer and daemon do not wake each other for every record. */
        __atomic_store_n(&session->ring->room_at, session->tail - session->ring_bytes / 2,
                         __ATOMIC_SEQ_CST);
        struct room room = {.tail = session->tail, .size = session->ring_bytes / 2};
        pthread_mutex_unlock(&session->lock);
        if (result == -E2BIG) {
            return result;
        }
        result = wait_until(session, &session->status->ring_changes, room_condition, &room,
                            GEMD_FOREVER);
        if (result < 0) {
            return result;
        }
    }
}

/* Reconnecting sleeps for the daemon so long, as nobody else may write. Nanoseconds. */
#define ROOM_POLL_NS   1000000
#define ROOM_TURNS_MAX 10000 /* a daemon that reads nothing for so long is none */

int writer_begin_locked(struct gemd_session *session, uint64_t size, void **record)
{
    for (unsigned turns = 0;; turns++) {
        uint64_t pad, none;
        int result = ring_place(session->ring_bytes, ring_head(session), session->tail, size, &pad);
        if (result == 0) {
            *record = place(session, session->tail);
            return 0;
        }
        if (result == -E2BIG || turns == ROOM_TURNS_MAX) {
            return result == -E2BIG ? result : -EIO;
        }
        if (pad > 0 &&
            ring_place(session->ring_bytes, ring_head(session), session->tail, pad, &none) == 0) {
            write_pad(session, pad);
            continue;
        }
        nanosleep(&(struct timespec){.tv_nsec = ROOM_POLL_NS}, NULL);
    }
}

void writer_end_locked(struct gemd_session *session, uint64_t size)
{
    publish(session, size);
}

void writer_end(struct gemd_session *session, uint64_t size)
{
    publish(session, size);
    pthread_mutex_unlock(&session->lock);
}

/* ---- submissions ---- */

static void write_submission(uint8_t *record, const struct gemd_submission *submission,
                             const struct ring_submit *layout, uint64_t seqno)
{
    struct gemd_record_submit head = {
        .header = {.type = GEMD_RECORD_SUBMIT, .size = (uint32_t)layout->size},
        .seqno = seqno,
        .word_count = submission->word_count,
        .reloc_count = submission->reloc_count,
        .buffer_count = submission->buffer_count,
    };
    memset(record + layout->size - RING_ALIGN, 0, RING_ALIGN);
    memcpy(record, &head, sizeof(head));
    memcpy(record + layout->words, submission->words, layout->relocs - layout->words);
    if (submission->reloc_count > 0) {
        memcpy(record + layout->relocs, submission->relocs, layout->buffers - layout->relocs);
    }
    for (uint32_t i = 0; i < submission->buffer_count; i++) {
        uint32_t handle = submission->buffers[i]->handle;
        memcpy(record + layout->buffers + i * sizeof(handle), &handle, sizeof(handle));
    }
}

/* Notes on each buffer who used it last. lock is held. */
static void note_uses(const struct gemd_submission *submission, uint64_t seqno)
{
    for (uint32_t i = 0; i < submission->buffer_count; i++) {
        __atomic_store_n(&submission->buffers[i]->last_use, seqno, __ATOMIC_RELEASE);
    }
    for (uint32_t i = 0; i < submission->reloc_count; i++) {
        const struct gemd_reloc *reloc = &submission->relocs[i];
        if ((reloc->use & GEMD_USE_WRITE) != 0 && reloc->buffer < submission->buffer_count) {
            __atomic_store_n(&submission->buffers[reloc->buffer]->last_write, seqno,
                             __ATOMIC_RELEASE);
        }
    }
}

int gemd_submit(struct gemd_session *session, const struct gemd_submission *submission,
                uint64_t *seqno)
{
    const struct gemd_info *info = &session->info;
    void *record;

    if (submission->word_count > info->max_batch_words ||
        submission->reloc_count > info->max_relocs ||
        submission->buffer_count > info->max_buffers) {
        return -E2BIG;
    }
    struct ring_submit layout = ring_submit_layout(submission->word_count, submission->reloc_count,
                                                   submission->buffer_count);
    int result = writer_begin(session, layout.size, &record);
    if (result < 0) {
        return result;
    }
    *seqno = session->last_seqno + 1;
    write_submission(record, submission, &layout, seqno_on_wire(session, *seqno));
    note_uses(submission, *seqno);
    __atomic_store_n(&session->last_seqno, *seqno, __ATOMIC_RELEASE);
    writer_end(session, layout.size);
    return 0;
}

uint64_t gemd_last_seqno(struct gemd_session *session)
{
    return __atomic_load_n(&session->last_seqno, __ATOMIC_ACQUIRE);
}
