/* SPDX-License-Identifier: MIT */
#include "proto/client/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/client/bo.h"

#define DROPPED_SERIALS 64u /* that gemd_status_window.dropped_bits speaks of */

struct gemd_window {
    int references; /* atomic */
    int gone;       /* atomic: 1 once the screen shows nothing of it any more */
    struct gemd_session *session;
    const struct gemd_status_window *status;
    uint32_t slot, width, height, stride_align;
    uint64_t serial; /* session->lock: of the last frame */
};

int gemd_window_create(struct gemd_session *session, uint32_t width, uint32_t height,
                       struct gemd_window **window)
{
    struct gemd_msg_window_create create;
    struct gemd_msg_window_created created = {0};
    struct packet answer;

    *window = NULL;
    struct gemd_window *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return -ENOMEM;
    }
    codec_begin(&create, GEMD_MSG_WINDOW_CREATE, 0);
    create.width = width;
    create.height = height;
    int result = request(session, &create, NULL, GEMD_MSG_WINDOW_CREATED, &answer);
    if (result == 0) {
        memcpy(&created, answer.bytes, sizeof(created));
        packet_clear(&answer);
        result = created.window < GEMD_WINDOWS_MAX && created.stride_align > 0 ? 0 : -EIO;
    }
    if (result < 0) {
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
    *window = made;
    return 0;
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
    codec_begin(&message, GEMD_MSG_WINDOW_DESTROY, 0);
    message.window = window->slot;
    if (request(session, &message, NULL, GEMD_MSG_DONE, &answer) == 0) {
        packet_clear(&answer);
        __atomic_store_n(&window->gone, 1, __ATOMIC_RELEASE);
    }
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

int gemd_window_present(struct gemd_window *window, struct gemd_bo *bo, uint32_t offset,
                        uint32_t stride, uint32_t interval, uint64_t seqno, uint64_t *serial)
{
    struct gemd_session *session = window->session;
    struct gemd_record_present *record;

    if (bo->session != session || offset % 4096 != 0 || stride == 0 ||
        stride % window->stride_align != 0) {
        return -EINVAL;
    }
    int result = writer_begin(session, sizeof(*record), (void **)&record);
    if (result < 0) {
        return result;
    }
    *serial = ++window->serial;
    *record = (struct gemd_record_present){
        .header = {.type = GEMD_RECORD_PRESENT, .size = sizeof(*record)},
        .seqno = seqno,
        .serial = *serial,
        .window = window->slot,
        .handle = bo->handle,
        .offset = offset,
        .stride = stride,
        .interval = interval,
        .flags = interval == 0 ? GEMD_PRESENT_MAILBOX : 0,
    };
    struct gemd_window *before = note_shown(window, bo, *serial);
    writer_end(session, sizeof(*record));
    window_unref(before);
    return 0;
}

/* ---- what became of a frame ---- */

static uint64_t load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

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
    return serial <= load(&window->status->released) || is_dropped(window->status, serial) ||
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
    return wait_until(window->session, &window->status->changes, released_condition, &frames,
                      deadline);
}

static bool latched_condition(struct gemd_session *session, const void *data)
{
    const struct frames *frames = data;
    uint64_t serial = frames->serials[0];
    return serial <= load(&frames->window->status->latched) || is_released(frames->window, serial);
}

int gemd_window_wait_latched(struct gemd_window *window, uint64_t serial, int64_t deadline)
{
    struct frames frames = {.window = window, .serials = &serial, .count = 1};
    return wait_until(window->session, &window->status->changes, latched_condition, &frames,
                      deadline);
}
