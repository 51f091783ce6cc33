/* SPDX-License-Identifier: MIT */
#include "gemd/records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gemd/pipe.h"
#include "gemd/probe.h"
#include "gemd/publish.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "gemd/tiling.h"
#include "proto/format.h"
#include "proto/codec.h"
#include "proto/ring.h"

/* Records of a turn that put nothing on the GPU, at most. */
#define TURN_RECORDS 64

/* What one record did to the session's shared words. */
struct turn {
    struct session *session;
    bool emitted; /* a batch went to the GPU, or was refused */
    bool closed;  /* a CLOSE was carried out, or a SYNC read */
    char reason[GEMD_TEXT_MAX];
};

static const struct ring_limits limits = {
    .words = SESSION_MAX_WORDS, .relocs = SESSION_MAX_RELOCS, .buffers = SESSION_MAX_BUFFERS};

/* Tells the client that a record could not be carried out; the session goes on. */
__attribute__((format(printf, 5, 6))) static int cannot(struct session *session, uint32_t record,
                                                        int error, uint32_t handle,
                                                        const char *format, ...)
{
    struct gemd_msg_ring_error message;
    char text[GEMD_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    codec_begin(&message, GEMD_MSG_RING_ERROR, 0);
    message.record = record;
    message.error = error;
    message.handle = handle;
    codec_set_text(message.text, sizeof(message.text), text);
    session_log(session, "%s", text);
    session_event(session, &message);
    return 0;
}

static int do_pad(struct turn *turn, const uint8_t *data, uint32_t size)
{
    return 0;
}

/* Somebody waits until it has been read. */
static int do_sync(struct turn *turn, const uint8_t *data, uint32_t size)
{
    turn->closed = true;
    return 0;
}

static int do_madvise(struct turn *turn, const uint8_t *data, uint32_t size)
{
    struct session *session = turn->session;
    struct gemd_record_madvise madvise;
    memcpy(&madvise, data, sizeof(madvise));
    if (madvise.advice != GEMD_ADVICE_DONT_NEED) {
        snprintf(turn->reason, sizeof(turn->reason), "MADVISE: advice %u", madvise.advice);
        return -EPROTO;
    }
    struct bo *bo = handle_table_find(&session->buffers, madvise.handle);
    if (bo == NULL || bo->imported) {
        return cannot(session, GEMD_RECORD_MADVISE, bo == NULL ? -ENOENT : -EACCES, madvise.handle,
                      bo == NULL ? "madvise: there is no buffer %u"
                                 : "madvise: buffer %u is another session's",
                      madvise.handle);
    }
    purge_offer(session, bo);
    return 0;
}

static int do_create(struct turn *turn, const uint8_t *data, uint32_t size)
{
    struct session *session = turn->session;
    struct gemd_record_create create;
    memcpy(&create, data, sizeof(create));
    struct arena *arena = handle_table_find(&session->arenas, create.arena);
    if (arena == NULL) {
        return cannot(session, GEMD_RECORD_CREATE, -ENOENT, create.handle,
                      "buffer %u: there is no arena %u", create.handle, create.arena);
    }
    if (create.size == 0 || create.size % HW_PAGE_SIZE != 0 || create.offset % HW_PAGE_SIZE != 0 ||
        create.size > arena->size || create.offset > arena->size - create.size) {
        return cannot(session, GEMD_RECORD_CREATE, -EINVAL, create.handle,
                      "buffer %u: %" PRIu64 " bytes at %" PRIu64 " of an arena of %" PRIu64,
                      create.handle, create.size, create.offset, arena->size);
    }
    char reason[GEMD_TEXT_MAX];
    enum gen3_tiling tiling;
    int error = tiling_check(session->server->gpu.dev, create.tiling, create.pitch, create.size,
                             &tiling, reason);
    if (error == 0) {
        error = quota_charge(session, LIMIT_BUFFERS, 1, reason);
    }
    if (error != 0) {
        return cannot(session, GEMD_RECORD_CREATE, error, create.handle, "buffer %u: %s",
                      create.handle, reason);
    }
    struct bo *bo = bo_create(arena, session->quota, create.handle, create.offset, create.size);
    error = bo != NULL ? handle_table_add(&session->buffers, create.handle, bo) : -ENOMEM;
    if (error != 0) {
        if (bo != NULL) {
            arena->buffers--;
            bo_unref(bo);
        }
        quota_give(session->quota, LIMIT_BUFFERS, 1);
        return cannot(session, GEMD_RECORD_CREATE, error, create.handle, "buffer %u: %s",
                      create.handle, strerror(-error));
    }
    bo_tile(bo, tiling, create.pitch);
    arena_cover(arena, bo);
    session->buffer_bytes += bo->size;
    return 0;
}

static int do_close(struct turn *turn, const uint8_t *data, uint32_t size)
{
    struct session *session = turn->session;
    struct gemd_record_close close;
    memcpy(&close, data, sizeof(close));
    if (close.reserved != 0) {
        snprintf(turn->reason, sizeof(turn->reason), "CLOSE: reserved is not 0");
        return -EPROTO;
    }
    struct bo *bo = handle_table_remove(&session->buffers, close.handle);
    if (bo == NULL) {
        return cannot(session, GEMD_RECORD_CLOSE, -ENOENT, close.handle,
                      "close: there is no buffer %u", close.handle);
    }
    session_close_bo(session, bo);
    turn->closed = true;
    return 0;
}

static int do_submit(struct turn *turn, const uint8_t *data, uint32_t size)
{
    struct session *session = turn->session;
    struct gemd_record_submit submit;
    struct ring_submit layout;
    memcpy(&submit, data, sizeof(submit));
    submit.header = (struct gemd_record_header){.type = GEMD_RECORD_SUBMIT, .size = size};
    if (ring_submit_check(&submit, &limits, &layout, turn->reason) != 0) {
        return -EPROTO;
    }
    if (submit.seqno != session->submitted + 1) {
        snprintf(turn->reason, sizeof(turn->reason), "SUBMIT: seqno %" PRIu64 " after %" PRIu64,
                 submit.seqno, session->submitted);
        return -EPROTO;
    }
    int result = exec_submit(&session->server->exec, session, &submit, &layout, data);
    turn->emitted = result == 0;
    return result;
}

/* What the plane reads of a line. */
static uint64_t frame_row_bytes(const struct window *window,
                                const struct gemd_record_present *present)
{
    return (uint64_t)window->width * format_bytes(format_of_flags(present->flags));
}

/* The same of a frame in tiles, which the pipe sees through a fence register. */
static const char *tiled_frame_fault(const struct window *window,
                                     const struct gemd_record_present *present, const struct bo *bo)
{
    uint64_t bytes;
    uint64_t row = gen3_rows_bytes(gen3_tile_height(bo->tiling), bo->pitch);
    if (bo->tiling != GEN3_TILED_X) {
        return "the screen cannot show Y tiles";
    }
    if (present->stride != bo->pitch) {
        return "its stride is not the pitch of its buffer's tiles";
    }
    if (present->offset % row != 0 ||
        !gen3_surface_extent(bo->tiling, bo->pitch, frame_row_bytes(window, present),
                             window->height, &bytes) ||
        present->offset + bytes > bo->size) {
        return "it does not lie inside its buffer, from a row of tiles on";
    }
    if (bo->quota->limits->session[LIMIT_FENCE_REGISTERS].hard < 2 ||
        bo->quota->limits->uid[LIMIT_FENCE_REGISTERS].hard < 2) {
        return "it is in tiles, and its session may not have two fence registers";
    }
    return NULL;
}

/* What is wrong with a frame; NULL when it can be shown. */
static const char *frame_fault(const struct session *session, const struct window *window,
                               const struct gemd_record_present *present, const struct bo *bo)
{
    if (bo == NULL) {
        return "there is no such buffer";
    }
    if (bo->unneeded) {
        return "it was said not to be needed";
    }
    if (bo->revoked) {
        return "its owner has revoked it";
    }
    if (bo->size > DISPLAY_BUFFER_MAX) {
        return "it is too large to be shown";
    }
    if (present->seqno > session->submitted) {
        return "its seqno has not been submitted";
    }
    if (bo->tiling != GEN3_LINEAR) {
        return tiled_frame_fault(window, present, bo);
    }
    if (present->stride % PIPE_STRIDE_ALIGN != 0 || present->stride > PIPE_STRIDE_MAX ||
        present->stride < frame_row_bytes(window, present)) {
        return "its stride does not suit the window";
    }
    uint64_t end = (uint64_t)present->offset + (uint64_t)present->stride * (window->height - 1) +
                   frame_row_bytes(window, present);
    if (present->offset % HW_PAGE_SIZE != 0 || end > bo->size) {
        return "it does not lie inside its buffer, from a page on";
    }
    return NULL;
}

#define ALL_FLAGS                                                                                  \
    (uint32_t)(GEMD_PRESENT_MAILBOX | GEMD_PRESENT_EXCLUSIVE | GEMD_PRESENT_EVENT |                \
               GEMD_PRESENT_TARGET | GEMD_PRESENT_CURSOR | GEMD_PRESENT_FORMAT_MASK)

/* What contradicts itself: a frame that replaces others waits neither for them nor for a vblank. */
static bool flags_fit(const struct gemd_record_present *present)
{
    const uint32_t waits = GEMD_PRESENT_EXCLUSIVE | GEMD_PRESENT_TARGET;
    if ((present->flags & ~ALL_FLAGS) != 0) {
        return false;
    }
    return (present->flags & GEMD_PRESENT_MAILBOX) == 0 ||
           (present->interval <= 1 && (present->flags & waits) == 0);
}

/* The vblank whose low 32 bits the client gave, half their range around now. */
static uint64_t present_target(struct display *display, uint32_t low)
{
    uint64_t now = scanout_vblank(&display->scanout);
    int32_t ahead = (int32_t)(low - (uint32_t)now);
    return ahead > 0 ? now + (uint32_t)ahead : 0;
}

/* 0, or the frame was refused, for the reason in 'text'. */
static int present_frame(struct session *session, struct window *window,
                         const struct gemd_record_present *present, struct bo *bo,
                         char text[GEMD_TEXT_MAX])
{
    struct display *display = &session->server->display;
    bool timed = (present->flags & GEMD_PRESENT_TARGET) != 0;
    const struct display_present frame = {
        .serial = present->serial,
        .seqno = present->seqno,
        .offset = present->offset,
        .stride = present->stride,
        .format = format_of_flags(present->flags),
        .interval = timed ? 1 : present->interval,
        .target = timed ? present_target(display, present->interval) : 0,
        .mailbox = (present->flags & GEMD_PRESENT_MAILBOX) != 0,
        .exclusive = (present->flags & GEMD_PRESENT_EXCLUSIVE) != 0,
        .event = (present->flags & GEMD_PRESENT_EVENT) != 0,
        .cursor = (present->flags & GEMD_PRESENT_CURSOR) != 0,
    };
    uint64_t waiting = window_waiting(window);
    PROBE4(frame_presented, session->id, window, present->serial, present->seqno);
    int error = display_present(display, window, bo, &frame);
    if (error == -EBUSY) {
        snprintf(text, GEMD_TEXT_MAX, "frame %" PRIu64 " of %u waits for its vblank after %" PRIu64,
                 waiting, window->queued + (window->pending != NULL),
                 scanout_vblank(&display->scanout));
    } else if (error != 0) {
        snprintf(text, GEMD_TEXT_MAX, "%s", strerror(-error));
    }
    return error;
}

static int do_present(struct turn *turn, const uint8_t *data, uint32_t size)
{
    struct session *session = turn->session;
    struct gemd_record_present present;
    memcpy(&present, data, sizeof(present));
    if (!flags_fit(&present)) {
        snprintf(turn->reason, sizeof(turn->reason), "PRESENT: flags %x with interval %u",
                 present.flags, present.interval);
        return -EPROTO;
    }
    struct window *window =
        present.window < GEMD_WINDOWS_MAX ? session->windows[present.window] : NULL;
    if (window == NULL) {
        return cannot(session, GEMD_RECORD_PRESENT, -ENOENT, present.window,
                      "present: there is no window %u", present.window);
    }
    if (present.serial != window->accepted + 1) {
        snprintf(turn->reason, sizeof(turn->reason), "PRESENT: serial %" PRIu64 " after %" PRIu64,
                 present.serial, window->accepted);
        return -EPROTO;
    }
    struct bo *bo = handle_table_find(&session->buffers, present.handle);
    const char *fault = frame_fault(session, window, &present, bo);
    int error = -EINVAL;
    char text[GEMD_TEXT_MAX];
    if (fault != NULL) {
        display_refuse(&session->server->display, window, present.serial);
    } else {
        error = present_frame(session, window, &present, bo, text);
        fault = text;
    }
    if (error == 0) {
        return 0;
    }
    return cannot(session, GEMD_RECORD_PRESENT, error, present.handle,
                  "frame %" PRIu64 " of window %u, buffer %u: %s", present.serial, present.window,
                  present.handle, fault);
}

static int do_wait(struct turn *turn, const uint8_t *data, uint32_t size)
{
    struct session *session = turn->session;
    struct gemd_record_wait wait;
    memcpy(&wait, data, sizeof(wait));
    if (wait.reserved != 0) {
        snprintf(turn->reason, sizeof(turn->reason), "WAIT: reserved is not 0");
        return -EPROTO;
    }
    int result = fence_import_wait(session, &wait);
    if (result == 0 || result == -EINPROGRESS) {
        return result;
    }
    return cannot(session, GEMD_RECORD_WAIT, result, wait.fence, "wait for fence %u: %s",
                  wait.fence,
                  result == -ENOENT  ? "there is no such fence"
                  : result == -ETIME ? "its deadline has passed"
                                     : strerror(-result));
}

/* 0; -EAGAIN, -EINPROGRESS: the record stays; -EPROTO with turn->reason. 'data' is writable by the
 * client. */
typedef int record_handler(struct turn *turn, const uint8_t *data, uint32_t size);

static record_handler *const handlers[] = {
    [GEMD_RECORD_PAD] = do_pad,         [GEMD_RECORD_CREATE] = do_create,
    [GEMD_RECORD_CLOSE] = do_close,     [GEMD_RECORD_SUBMIT] = do_submit,
    [GEMD_RECORD_PRESENT] = do_present, [GEMD_RECORD_WAIT] = do_wait,
    [GEMD_RECORD_SYNC] = do_sync,       [GEMD_RECORD_MADVISE] = do_madvise,
};

static uint64_t read_tail(const struct session *session)
{
    return __atomic_load_n((const uint64_t *)session->ring, __ATOMIC_SEQ_CST);
}

/* The client rings the doorbell from here on, unless it has moved the tail meanwhile. */
static bool falls_asleep(struct session *session)
{
    if (vigil_watch(&session->server->vigil, session)) {
        __atomic_store_n(&session->status->doorbell_wanted, 0, __ATOMIC_SEQ_CST);
        return true;
    }
    __atomic_store_n(&session->status->doorbell_wanted, 1, __ATOMIC_SEQ_CST);
    if (read_tail(session) == session->ring_head) {
        return true;
    }
    __atomic_store_n(&session->status->doorbell_wanted, 0, __ATOMIC_SEQ_CST);
    return false;
}

/* Whether one who waits for room would have enough by now. */
static bool is_wanted(const struct session *session)
{
    const struct gemd_ring_header *ring = session->ring;
    return session->minor < 2 ||
           session->ring_head >= __atomic_load_n(&ring->room_at, __ATOMIC_SEQ_CST);
}

static void publish_head(struct session *session, bool over_half, bool closed)
{
    /* In one order with what the client says of the room that it waits for. */
    __atomic_store_n(&session->status->ring_head, session->ring_head, __ATOMIC_SEQ_CST);
    if ((over_half || closed) && is_wanted(session)) {
        const struct gemd_ring_header *ring = session->ring;
        session_change(session, &session->status->ring_changes, &ring->ring_waits);
    }
}

/* One record. 1: done; 0: nothing there; -EAGAIN, -EINPROGRESS, -EPROTO. */
static int step(struct turn *turn, uint64_t tail)
{
    struct session *session = turn->session;
    const uint8_t *area = (const uint8_t *)session->ring + GEMD_RING_DATA_OFFSET;
    struct gemd_record_header header;
    int result =
        ring_peek(area, SESSION_RING_BYTES, session->ring_head, tail, &header, turn->reason);
    if (result <= 0) {
        return result;
    }
    const uint8_t *data = area + session->ring_head % SESSION_RING_BYTES;
    PROBE3(record_read, session->id, header.type, header.size);
    if (session->recording != NULL && !recording_take(session, &header, &data)) {
        return -EAGAIN;
    }
    result = handlers[header.type](turn, data, header.size);
    if (result != 0) {
        return result;
    }
    if (session->recording != NULL) {
        recording_done(session);
    }
    session->ring_head += header.size;
    return 1;
}

enum records_result records_turn(struct session *session)
{
    if (session->server->draining || session->server->power.state != POWER_AWAKE) {
        return RECORDS_BLOCKED;
    }
    struct turn turn = {.session = session};
    uint64_t before = session->ring_head;
    uint64_t tail = read_tail(session);
    bool over_half = tail - before > SESSION_RING_BYTES / 2;
    int result = 1;
    for (int count = 0; result == 1 && count < TURN_RECORDS && !turn.emitted; count++) {
        result = step(&turn, tail);
        if (session->ended) {
            return RECORDS_ENDED;
        }
    }
    if (session->ring_head != before) {
        publish_head(session, over_half, turn.closed);
    }
    switch (result) {
    case 1:
        return RECORDS_MORE;
    case 0:
        return falls_asleep(session) ? RECORDS_EMPTY : RECORDS_MORE;
    case -EAGAIN:
        return RECORDS_BLOCKED;
    case -EINPROGRESS:
        return RECORDS_EMPTY;
    default:
        session_violation(session, 0, "submission ring: %s", turn.reason);
        return RECORDS_ENDED;
    }
}
