/* SPDX-License-Identifier: MIT */
#include "proto/client/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/client/bo.h"

#define FLIP_MINOR      2   /* of the protocol */
#define DROPPED_SERIALS 64u /* that gemd_status_window.dropped_bits speaks of */

typedef int asker(struct gemd_session *session, void *message, const int *fds, uint32_t answer,
                  struct packet *packet);

/* WINDOW_CREATE, and what the daemon made of it. */
static int ask_for_window(struct gemd_session *session, asker *ask, uint32_t width, uint32_t height,
                          struct gemd_msg_window_created *created)
{
    struct gemd_msg_window_create create;
    struct packet answer;

    codec_begin(&create, GEMD_MSG_WINDOW_CREATE, 0);
    create.width = width;
    create.height = height;
    int result = ask(session, &create, NULL, GEMD_MSG_WINDOW_CREATED, &answer);
    if (result == 0) {
        memcpy(created, answer.bytes, sizeof(*created));
        packet_clear(&answer);
        result = created->window < GEMD_WINDOWS_MAX && created->stride_align > 0 ? 0 : -EIO;
    }
    return result;
}

int gemd_window_create(struct gemd_session *session, uint32_t width, uint32_t height,
                       struct gemd_window **window)
{
    struct gemd_msg_window_created created = {0};

    *window = NULL;
    struct gemd_window *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return -ENOMEM;
    }
    pthread_rwlock_rdlock(&session->connection);
    int result = ask_for_window(session, request, width, height, &created);
    if (result < 0) {
        pthread_rwlock_unlock(&session->connection);
        free(made);
        return result;
    }
    made->references = 1;
    made->session = session_ref(session);
    made->status = &session->status->windows[created.window];
    made->slot = created.window;
    made->width = created.width;
    made->height = created.height;
    made->stride_align = created.stride_align;
    pthread_mutex_lock(&session->lock);
    made->next = session->windows;
    session->windows = made;
    pthread_mutex_unlock(&session->lock);
    pthread_rwlock_unlock(&session->connection);
    *window = made;
    return 0;
}

int window_recreate(struct gemd_window *window)
{
    struct gemd_session *session = window->session;
    struct gemd_msg_window_created created = {0};

    int result = ask_for_window(session, request_locked, window->width, window->height, &created);
    if (result < 0) {
        return result;
    }
    if (created.width != window->width || created.height != window->height ||
        window->stride_align % created.stride_align != 0) {
        return -EPROTO;
    }
    /* First the base: whatever the page says then, older frames count as released. */
    __atomic_store_n(&window->serial_base, window->serial, __ATOMIC_SEQ_CST);
    __atomic_store_n(&window->status, &session->status->windows[created.window], __ATOMIC_SEQ_CST);
    window->slot = created.window;
    return 0;
}

static void leave_list(struct gemd_window *window)
{
    struct gemd_session *session = window->session;

    pthread_mutex_lock(&session->lock);
    for (struct gemd_window **link = &session->windows; *link != NULL; link = &(*link)->next) {
        if (*link == window) {
            *link = window->next;
            break;
        }
    }
    pthread_mutex_unlock(&session->lock);
}

void window_unref(struct gemd_window *window)
{
    if (window != NULL && __atomic_sub_fetch(&window->references, 1, __ATOMIC_ACQ_REL) == 0) {
        free(window);
    }
}

void gemd_window_destroy(struct gemd_window *window)
{
    struct gemd_msg_window_destroy message;
    struct packet answer;
    if (window == NULL) {
        return;
    }
    struct gemd_session *session = window->session;
    pthread_rwlock_rdlock(&session->connection);
    leave_list(window);
    codec_begin(&message, GEMD_MSG_WINDOW_DESTROY, 0);
    message.window = window->slot;
    if (request(session, &message, NULL, GEMD_MSG_DONE, &answer) == 0) {
        packet_clear(&answer);
        __atomic_store_n(&window->gone, 1, __ATOMIC_RELEASE);
    }
    pthread_rwlock_unlock(&session->connection);
    window_unref(window);
    session_unref(session);
}

uint32_t gemd_window_width(const struct gemd_window *window)
{
    return window->width;
}

uint32_t gemd_window_height(const struct gemd_window *window)
{
    return window->height;
}

/* Notes on the buffer where it is shown, so that its memory is not used again too early. */
static struct gemd_window *note_shown(struct gemd_window *window, struct gemd_bo *bo,
                                      uint64_t serial)
{
    struct gemd_window *before = bo->shown_in;
    __atomic_add_fetch(&window->references, 1, __ATOMIC_RELAXED);
    bo->shown_in = window;
    bo->shown_serial = serial;
    return before;
}

/* What a frame is, but for the buffer. */
struct frame {
    uint32_t offset, stride, interval, flags;
    uint64_t seqno;
};

static int present(struct gemd_window *window, struct gemd_bo *bo, const struct frame *frame,
                   uint64_t *serial)
{
    struct gemd_session *session = window->session;
    struct gemd_record_present *record;

    if (bo->session != session || frame->offset % 4096 != 0 || frame->stride == 0 ||
        frame->stride % window->stride_align != 0) {
        return -EINVAL;
    }
    int result = writer_begin(session, sizeof(*record), (void **)&record);
    if (result < 0) {
        return result;
    }
    if (window->format != GEMD_FORMAT_XRGB8888 && session->status->minor < FLIP_MINOR) {
        pthread_mutex_unlock(&session->lock);
        return -EOPNOTSUPP;
    }
    *serial = ++window->serial;
    *record = (struct gemd_record_present){
        .header = {.type = GEMD_RECORD_PRESENT, .size = sizeof(*record)},
        .seqno = seqno_on_wire(session, frame->seqno),
        .serial = *serial - window->serial_base,
        .window = window->slot,
        .handle = bo->handle,
        .offset = frame->offset,
        .stride = frame->stride,
        .interval = frame->interval,
        .flags = frame->flags | (uint32_t)window->format << GEMD_PRESENT_FORMAT_SHIFT |
                 (window->cursor_waits ? GEMD_PRESENT_CURSOR : 0),
    };
    window->cursor_waits = false;
    struct gemd_window *before = note_shown(window, bo, *serial);
    writer_end(session, sizeof(*record));
    window_unref(before);
    return 0;
}

int gemd_window_present(struct gemd_window *window, struct gemd_bo *bo, uint32_t offset,
                        uint32_t stride, uint32_t interval, uint64_t seqno, uint64_t *serial)
{
    const struct frame frame = {
        .offset = offset,
        .stride = stride,
        .interval = interval,
        .flags = interval == 0 ? GEMD_PRESENT_MAILBOX : 0,
        .seqno = seqno,
    };
    return present(window, bo, &frame, serial);
}

/* ---- what became of a frame ---- */

static uint64_t load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static const struct gemd_status_window *status_of(const struct gemd_window *window)
{
    return __atomic_load_n(&window->status, __ATOMIC_ACQUIRE);
}

/* 'serial' is this connection's. */
static bool is_dropped(const struct gemd_status_window *status, uint64_t serial)
{
    if (serial > load(&status->accepted)) {
        return false;
    }
    bool bit = (load(&status->dropped_bits) >> serial % 64 & 1) != 0;
    /* Again: by now the bit may be that of a serial 64 later. */
    return bit && load(&status->accepted) - serial < DROPPED_SERIALS;
}

static bool is_released(const struct gemd_window *window, uint64_t serial)
{
    const struct gemd_status_window *status = status_of(window);
    uint64_t base = load(&window->serial_base);

    return serial <= base || serial - base <= load(&status->released) ||
           is_dropped(status, serial - base) ||
           __atomic_load_n(&window->gone, __ATOMIC_ACQUIRE) != 0;
}

bool gemd_window_released(struct gemd_window *window, uint64_t serial)
{
    return is_released(window, serial) || session_gone(window->session);
}

struct frames {
    const struct gemd_window *window;
    const uint64_t *serials;
    unsigned count;
    unsigned *which;
};

static bool released_condition(struct gemd_session *session, const void *data)
{
    const struct frames *frames = data;
    for (unsigned i = 0; i < frames->count; i++) {
        if (is_released(frames->window, frames->serials[i])) {
            *frames->which = i;
            return true;
        }
    }
    return false;
}

int gemd_window_wait_released(struct gemd_window *window, const uint64_t *serials, unsigned count,
                              int64_t deadline, unsigned *which)
{
    struct frames frames = {window, serials, count, which};
    if (count == 0) {
        return -EINVAL;
    }
    return wait_until(window->session, &status_of(window)->changes, released_condition, &frames,
                      deadline);
}

static bool latched_condition(struct gemd_session *session, const void *data)
{
    const struct frames *frames = data;
    uint64_t serial = frames->serials[0];
    uint64_t base = load(&frames->window->serial_base);
    return serial <= base + load(&status_of(frames->window)->latched) ||
           is_released(frames->window, serial);
}

int gemd_window_wait_latched(struct gemd_window *window, uint64_t serial, int64_t deadline)
{
    struct frames frames = {.window = window, .serials = &serial, .count = 1};
    return wait_until(window->session, &status_of(window)->changes, latched_condition, &frames,
                      deadline);
}

/* ---- flips ---- */

int gemd_window_flip(struct gemd_window *window, struct gemd_bo *bo, uint32_t offset,
                     uint32_t stride, uint64_t seqno, uint64_t target, uint64_t *serial)
{
    struct gemd_session *session = window->session;
    struct frame frame = {
        .offset = offset,
        .stride = stride,
        .interval = 1,
        .flags = GEMD_PRESENT_EXCLUSIVE | (session->on_event != NULL ? GEMD_PRESENT_EVENT : 0),
        .seqno = seqno,
    };
    uint64_t last;
    const struct frames before = {.window = window, .serials = &last, .count = 1};

    if (session->status->minor < FLIP_MINOR) {
        return -EOPNOTSUPP;
    }
    if (session_gone(session)) {
        return -EIO;
    }
    pthread_mutex_lock(&session->lock);
    last = window->serial;
    pthread_mutex_unlock(&session->lock);
    if (!latched_condition(session, &before)) {
        return -EBUSY;
    }
    uint64_t now = load(&session->status->vblank);
    if (target > now) {
        if (target - now > GEMD_VBLANK_AHEAD_MAX - 1) {
            return -EINVAL;
        }
        frame.flags |= GEMD_PRESENT_TARGET;
        frame.interval = (uint32_t)target;
    }
    return present(window, bo, &frame, serial);
}

uint32_t gemd_window_slot(struct gemd_window *window)
{
    pthread_mutex_lock(&window->session->lock);
    uint32_t slot = window->slot;
    pthread_mutex_unlock(&window->session->lock);
    return slot;
}

uint64_t window_serial(struct gemd_session *session, uint32_t slot, uint64_t serial)
{
    uint64_t found = 0;

    pthread_mutex_lock(&session->lock);
    for (struct gemd_window *window = session->windows; window != NULL; window = window->next) {
        if (window->slot == slot) {
            found = window->serial_base + serial;
        }
    }
    pthread_mutex_unlock(&session->lock);
    return found;
}
