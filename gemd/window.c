/* SPDX-License-Identifier: MIT */
#include "gemd/window.h"

#include "gemd/publish.h"

void window_init(struct window *window, uint32_t width, uint32_t height,
                 struct gemd_status_window *status, const struct window_events *events)
{
    *window = (struct window){.width = width, .height = height, .status = status, .events = events};
    list_init(&window->link);
    list_init(&window->queue);
}

static struct frame *first(const struct window *window)
{
    return list_first(&window->queue, struct frame, link);
}

/* Takes the oldest frame out of the queue, with its reference. */
static struct frame *take(struct window *window)
{
    struct frame *frame = first(window);
    list_remove(&frame->link);
    window->queued--;
    return frame;
}

static void forget(struct frame *frame)
{
    if (frame != NULL) {
        frame->window = NULL;
        frame_unref(frame);
    }
}

void window_finish(struct window *window)
{
    while (window->queued > 0) {
        forget(take(window));
    }
    forget(window->pending);
    forget(window->latched);
    window->pending = NULL;
    window->latched = NULL;
    window_cursor_finish(&window->cursor);
}

bool window_accept(struct window *window, struct frame *frame)
{
    if (window->queued == WINDOW_QUEUE_MAX) {
        return false;
    }
    window->accepted = frame->serial;
    window->dropped_bits &= ~(1ull << frame->serial % 64);
    frame->window = window;
    list_append(&window->queue, &frame->link);
    window->queued++;
    return true;
}

uint64_t window_waiting(const struct window *window)
{
    const struct frame *frame = window->pending != NULL ? window->pending
                                : window->queued > 0    ? first(window)
                                                        : NULL;
    return frame != NULL ? frame->serial : 0;
}

/* Whoever hears of it looks at the status page: that comes first. */
static void note_flip(struct window *window, const struct frame *frame, enum gemd_flip_state state,
                      uint64_t vblank, uint64_t time_ns)
{
    if (frame->event && window->flip_count < WINDOW_FLIPS_MAX) {
        window->flips[window->flip_count++] = (struct flip){frame->serial, state, vblank, time_ns};
    }
}

static void tell_flips(struct window *window)
{
    for (unsigned i = 0; i < window->flip_count; i++) {
        window->events->flipped(window->events->data, window, &window->flips[i]);
    }
    window->flip_count = 0;
}

static void count_drop(struct window *window, uint64_t serial)
{
    window->dropped_bits |= 1ull << serial % 64;
    window->drops++;
}

void window_refuse(struct window *window, uint64_t serial)
{
    window->accepted = serial;
    count_drop(window, serial);
}

/* The cursor that goes with the frame is where it is from now on. */
static void take_cursor(struct window *window, const struct frame *frame)
{
    if (!frame->cursor) {
        return;
    }
    if (window->visible && window->events->cursor_leaves != NULL) {
        window->events->cursor_leaves(window->events->data, window);
    }
    window_cursor_take(&window->cursor);
    if (window->visible) {
        window->events->cursor_came(window->events->data, window);
    }
}

/* Drops a frame that never reached the plane. */
static void drop(struct window *window, struct frame *frame)
{
    take_cursor(window, frame);
    count_drop(window, frame->serial);
    note_flip(window, frame, GEMD_FLIP_DROPPED, 0, 0);
    frame_unref(frame);
}

static bool is_drawn(const struct window *window, const struct frame *frame)
{
    return frame->seqno <= window->retired;
}

/* The next frame in turn, if it is drawn; frames that a drawn MAILBOX frame replaces are dropped.
 */
static struct frame *next_drawn(struct window *window)
{
    for (;;) {
        struct frame *frame = first(window);
        if (frame == NULL || !is_drawn(window, frame)) {
            return NULL;
        }
        if (frame->link.next == &window->queue) {
            return frame;
        }
        struct frame *after = list_entry(frame->link.next, struct frame, link);
        if (!after->mailbox || !is_drawn(window, after)) {
            return frame;
        }
        drop(window, take(window));
    }
}

static void set_latched(struct window *window, struct frame *frame, enum gemd_flip_state state,
                        uint64_t vblank, uint64_t now_ns)
{
    frame_unref(window->latched);
    window->latched = frame;
    window->latch_vblank = vblank;
    window->latch_time_ns = now_ns;
    window->frames++;
    note_flip(window, frame, state, vblank, now_ns);
}

/* A hidden window's frames take their turns without a screen. */
static void step_hidden(struct window *window, uint64_t vblank, uint64_t now_ns)
{
    for (;;) {
        struct frame *frame = next_drawn(window);
        if (frame == NULL) {
            return;
        }
        uint32_t interval = frame->interval > 0 ? frame->interval : 1;
        if (vblank < frame->target ||
            (!frame->mailbox && vblank < window->latch_vblank + interval)) {
            return;
        }
        take_cursor(window, frame);
        set_latched(window, take(window), GEMD_FLIP_HIDDEN, vblank, now_ns);
    }
}

static bool is_due(const struct window *window, const struct frame *frame, uint64_t vblank)
{
    return vblank + 1 >= frame->target && (frame->mailbox || window->latched == NULL ||
                                           vblank + 1 >= window->latch_vblank + frame->interval);
}

static void step_visible(struct window *window, struct scanout *scanout)
{
    window->stuck = false;
    for (;;) {
        struct frame *frame = next_drawn(window);
        if (frame == NULL || (window->pending != NULL && !frame->mailbox) ||
            !is_due(window, frame, scanout_vblank(scanout))) {
            return;
        }
        struct frame *before = window->pending;
        if (frame->cursor) {
            window->events->cursor_comes(window->events->data, window);
        }
        if (scanout_show(scanout, frame) != 0) {
            window->stuck = true; /* tried again when batches retire and at the next vblank */
            return;
        }
        take_cursor(window, frame);
        /* The frame before was latched or displaced meanwhile, or waits in limbo. */
        if (window->pending != NULL && window->pending == before) {
            frame_unref(window->pending);
        }
        window->pending = take(window);
        window->restore = false;
    }
}

void window_step(struct window *window, struct scanout *scanout, const struct clock *clock)
{
    if (!window->visible) {
        step_hidden(window, scanout_vblank(scanout), clock_now(clock));
    } else if (scanout_ready(scanout)) {
        step_visible(window, scanout);
        if (window->restore && window->pending == NULL && window->latched != NULL) {
            window->restore = scanout_show(scanout, window->latched) != 0;
        }
    }
    window_publish(window, scanout);
}

void window_latched(struct window *window, struct scanout *scanout, struct frame *frame,
                    uint64_t vblank, uint64_t now_ns)
{
    if (frame == window->pending) {
        window->pending = NULL;
        set_latched(window, frame, GEMD_FLIP_SHOWN, vblank, now_ns);
    }
    window_publish(window, scanout);
}

void window_displaced(struct window *window, struct scanout *scanout, struct frame *frame,
                      uint64_t now_ns)
{
    if (frame == window->latched) {
        window->restore = window->visible;
    } else if (frame == window->pending && !window->visible) {
        /* Another window took the screen before its turn came: it counts as shown. */
        window->pending = NULL;
        set_latched(window, frame, GEMD_FLIP_HIDDEN, scanout_vblank(scanout), now_ns);
    } else {
        count_drop(window, frame->serial);
        note_flip(window, frame, GEMD_FLIP_DROPPED, 0, 0);
        if (frame == window->pending) {
            window->pending = NULL;
            frame_unref(frame);
        }
    }
    window_publish(window, scanout);
}

void window_publish(struct window *window, const struct scanout *scanout)
{
    struct gemd_status_window *status = window->status;
    uint64_t latched = window->latched != NULL ? window->latched->serial : 0;
    uint64_t lowest = scanout_lowest(scanout, window);
    uint64_t released = latched > 0 ? latched - 1 : 0;
    if (lowest <= released) {
        released = lowest - 1;
    }
    if (released > window->released) {
        window->released = released;
    }
    uint64_t pending = window->pending != NULL ? window->pending->serial : 0;
    bool changed = publish_u64(&status->dropped_bits, window->dropped_bits);
    changed |= publish_u64(&status->accepted, window->accepted);
    changed |= publish_u64(&status->pending, pending);
    changed |= publish_u64(&status->latch_vblank, window->latch_vblank);
    changed |= publish_u64(&status->latch_time_ns, window->latch_time_ns);
    changed |= publish_u64(&status->latched, latched);
    changed |= publish_u64(&status->released, window->released);
    changed |= publish_u32(&status->visible, window->visible);
    if (changed) {
        publish_change(&status->changes);
    }
    tell_flips(window);
}
