/* SPDX-License-Identifier: MIT */
#include "gemd/display.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/chaos.h"
#include "gemd/log.h"
#include "gemd/pipe.h"
#include "gemd/probe.h"

static void on_latched(void *data, struct frame *frame, uint64_t vblank)
{
    struct display *display = data;
    display->flips++;
    PROBE3(frame_latched, frame->window, frame->serial, vblank);
    if (frame->window != NULL) {
        window_latched(frame->window, &display->scanout, frame, vblank, clock_now(display->clock));
    }
}

static void on_displaced(void *data, struct frame *frame)
{
    struct display *display = data;
    if (frame->window != NULL) {
        window_displaced(frame->window, &display->scanout, frame, clock_now(display->clock));
    }
}

static void on_released(void *data, struct frame *frame)
{
    struct display *display = data;
    if (frame->window != NULL) {
        window_publish(frame->window, &display->scanout);
    }
}

static void step_all(struct display *display)
{
    list_for_each(window, &display->windows, struct window, link)
    {
        window_step(window, &display->scanout, display->clock);
    }
}

static void on_turned(void *data, bool on)
{
    struct display *display = data;
    display->events.turned(display->events.data, on);
}

static void on_leaving(void *data, uint64_t vblank)
{
    struct display *display = data;
    display->events.leaving(display->events.data, vblank);
}

static void on_changed(void *data, enum gemd_mirror_cause cause, uint64_t vblank)
{
    struct display *display = data;
    display->events.changed(display->events.data, cause, vblank);
}

/* What is seen is about to change at the next vblank. */
static void leave(struct display *display)
{
    on_leaving(display, scanout_vblank(&display->scanout) + 1);
}

/* What is seen of it. */
static struct cursor_look look_of(const struct display *display, const struct window *window)
{
    const bool on = window != NULL && window->cursor.visible && window->cursor.image != NULL;
    return on ? (struct cursor_look){.owner = window,
                                     .images = window->cursor.images,
                                     .x = window->cursor.x,
                                     .y = window->cursor.y,
                                     .on = true}
              : (struct cursor_look){.on = false};
}

/* To be seen from the next vblank on. */
static int show_cursor(struct display *display, const struct window *window)
{
    const struct cursor_look look = look_of(display, window), *old = &display->look;
    const bool same = look.on == old->on && look.owner == old->owner &&
                      look.images == old->images && look.x == old->x && look.y == old->y;
    if (same) {
        return cursor_show(&display->cursor, display->scanout.head, window);
    }
    const uint64_t vblank = scanout_vblank(&display->scanout) + 1;
    display->look = look;
    display->events.changed(display->events.data, GEMD_MIRROR_CURSOR, vblank);
    return cursor_show(&display->cursor, display->scanout.head, window);
}

static void on_flipped(void *data, struct window *window, const struct flip *flip)
{
    struct display *display = data;
    display->events.flipped(display->events.data, window, flip);
}

static void on_cursor_comes(void *data, struct window *window)
{
    struct display *display = data;
    cursor_prepare(&display->cursor, window);
}

static void on_cursor_leaves(void *data, struct window *window)
{
    leave(data);
}

static void on_cursor_came(void *data, struct window *window)
{
    struct display *display = data;
    (void)show_cursor(display, window);
}

static void on_ready(void *data)
{
    struct display *display = data;
    const struct mode *mode = &display->scanout.mode;
    log_info("screen: %ux%u at %u.%03u Hz", mode->width, mode->height,
             mode->refresh_millihertz / 1000, mode->refresh_millihertz % 1000);
    step_all(display);
}

/* The size of a window without wishes. */
static int choose_size(struct display *display, uint32_t width, uint32_t height)
{
    char reason[MODE_REASON_MAX];
    if (width == 0 && height == 0) {
        connector_default_size(&display->connector, &width, &height);
    }
    int error = connector_choose(&display->connector, width, height, &display->mode, reason);
    if (error != 0) {
        log_error("the screen: %s", reason);
    }
    return error;
}

int display_init(struct display *display, struct gpu *gpu, const struct clock *clock,
                 uint32_t width, uint32_t height, bool ask, const struct found *found,
                 const struct display_events *events)
{
    *display = (struct display){.gpu = gpu, .clock = clock, .events = *events};
    display->window_events = (struct window_events){.flipped = on_flipped,
                                                    .cursor_comes = on_cursor_comes,
                                                    .cursor_leaves = on_cursor_leaves,
                                                    .cursor_came = on_cursor_came,
                                                    .data = display};
    list_init(&display->windows);
    const struct scanout_events scanout_events = {
        .latched = on_latched,
        .displaced = on_displaced,
        .released = on_released,
        .turned = on_turned,
        .leaving = on_leaving,
        .changed = on_changed,
        .ready = on_ready,
        .data = display,
    };
    scanout_init(&display->scanout, gpu, &scanout_events);
    cursor_init(&display->cursor, gpu);
    display->asked_width = width;
    display->asked_height = height;
    connector_init(&display->connector, gpu->dev);
    pipe_blank_all(gpu->dev); /* what firmware shows lies where others' pages will be */
    if (found != NULL && panel_find(&display->panel, gpu->dev, found)) {
        connector_set_panel(&display->connector, &display->panel.mode);
        scanout_use_panel(&display->scanout, &display->panel);
    } else if (ask) {
        (void)connector_probe(&display->connector);
    }
    return choose_size(display, width, height);
}

void display_finish(struct display *display)
{
    scanout_finish(&display->scanout);
    cursor_finish(&display->cursor);
}

static void set_mode(struct display *display, const struct window *window)
{
    struct mode mode;
    char reason[MODE_REASON_MAX];
    int error = connector_choose(&display->connector, window->width, window->height, &mode, reason);
    if (error != 0) {
        /* Another monitor since the window was made: better a picture that may not show. */
        log_warning("the screen: %s", reason);
        error =
            mode_compute(pipe_pll_kind(display->gpu->dev), window->width, window->height, &mode);
    }
    if (error == 0) {
        scanout_set_mode(&display->scanout, &mode);
    }
}

/* Gives the screen to the window on top. */
static void update_owner(struct display *display)
{
    struct scanout *scanout = &display->scanout;
    struct window *top = list_last(&display->windows, struct window, link);
    leave(display);
    list_for_each(window, &display->windows, struct window, link)
    {
        bool visible = window == top;
        if (visible && !window->visible) {
            window->restore = window->latched != NULL;
        }
        window->visible = visible;
    }
    if (top == NULL) {
        scanout_set_mode(scanout, NULL);
    } else if (!scanout->wanted || scanout->target.width != top->width ||
               scanout->target.height != top->height) {
        set_mode(display, top);
    }
    (void)show_cursor(display, top);
    step_all(display);
}

void display_touch_cursor(struct display *display, const struct window *window)
{
    if (window->visible) {
        leave(display);
    }
}

int display_update_cursor(struct display *display, const struct window *window)
{
    return window->visible ? show_cursor(display, window) : 0;
}

void display_set_palette(struct display *display, struct window *window,
                         const struct palette *palette)
{
    if (window->visible) {
        leave(display);
    }
    window->palette = *palette;
    if (!window->visible) {
        return;
    }
    if (!scanout_reload_palette(&display->scanout, window)) {
        window->restore = window->latched != NULL; /* to go through it from now on */
    }
    (void)show_cursor(display, window);
    window_step(window, &display->scanout, display->clock);
}

struct window *display_open(struct display *display, uint32_t width, uint32_t height,
                            struct gemd_status_window *status, void *owner, uint32_t slot,
                            int *error, char reason[MODE_REASON_MAX])
{
    if (width == 0 && height == 0) {
        width = display->mode.width;
        height = display->mode.height;
    }
    struct mode mode;
    *error = connector_choose(&display->connector, width, height, &mode, reason);
    if (*error != 0) {
        return NULL;
    }
    struct window *window = chaos_hits(CHAOS_ALLOC_WINDOW) ? NULL : malloc(sizeof(*window));
    if (window == NULL) {
        *error = -ENOMEM;
        snprintf(reason, MODE_REASON_MAX, "%s", strerror(ENOMEM));
        return NULL;
    }
    *status = (struct gemd_status_window){.changes = status->changes};
    window_init(window, width, height, status, &display->window_events);
    window->owner = owner;
    window->slot = slot;
    list_append(&display->windows, &window->link);
    update_owner(display);
    return window;
}

void display_close(struct display *display, struct window *window)
{
    leave(display);
    list_remove(&window->link);
    scanout_forget_window(&display->scanout, window);
    display->drops += window->drops;
    cursor_forget(&display->cursor);
    window_finish(window);
    free(window);
    update_owner(display);
    struct window *top = list_last(&display->windows, struct window, link);
    if (top != NULL && top->latched == NULL && top->pending == NULL) {
        scanout_hide(&display->scanout); /* nothing else would take the closed one's place */
    }
}

bool display_is_reading_closed(const struct display *display)
{
    return scanout_lowest(&display->scanout, NULL) != UINT64_MAX;
}

uint64_t display_now(struct display *display, uint64_t *time_ns)
{
    uint64_t vblank = scanout_vblank(&display->scanout);
    if (vblank != display->seen) {
        display->seen = vblank;
        display->seen_ns = clock_now(display->clock);
    }
    *time_ns = display->seen_ns;
    return vblank;
}

static bool is_busy(const struct window *window, const struct display_present *present)
{
    return present->exclusive && window_waiting(window) != 0;
}

int display_present(struct display *display, struct window *window, struct bo *bo,
                    const struct display_present *present)
{
    struct frame *frame = chaos_hits(CHAOS_ALLOC_FRAME) ? NULL : calloc(1, sizeof(*frame));
    if (present->format == GEMD_FORMAT_C8 && window->palette.depth == 0) {
        palette_straighten(&window->palette); /* what indices are without one nobody says */
    }
    int error = -ENOMEM;
    if (frame != NULL) {
        *frame = (struct frame){
            .bo = bo_ref(bo),
            .serial = present->serial,
            .seqno = present->seqno,
            .offset = present->offset,
            .stride = present->stride,
            .format = present->format,
            .interval = present->interval,
            .target = present->target,
            .mailbox = present->mailbox,
            .event = present->event,
            .cursor = present->cursor,
            .refs = 1,
        };
        list_init(&frame->link);
        error = !is_busy(window, present) && window_accept(window, frame) ? 0 : -EBUSY;
    }
    if (error != 0) {
        window_refuse(window, present->serial);
        frame_unref(frame);
    }
    window_step(window, &display->scanout, display->clock);
    return error;
}

void display_refuse(struct display *display, struct window *window, uint64_t serial)
{
    window_refuse(window, serial);
    window_publish(window, &display->scanout);
}

void display_retired(struct display *display, struct window *window, uint64_t retired)
{
    window->retired = retired;
    if (window->queued > 0) {
        window_step(window, &display->scanout, display->clock);
    }
}

void display_retry(struct display *display)
{
    struct window *top = list_last(&display->windows, struct window, link);
    if (top != NULL && top->stuck) {
        window_step(top, &display->scanout, display->clock);
    }
}

bool display_look(struct display *display, uint32_t *pause_ns)
{
    struct window *top = list_last(&display->windows, struct window, link);
    enum connector_look look = connector_look(&display->connector, pause_ns);
    if (look != CONNECTOR_CHANGED) {
        return look == CONNECTOR_AGAIN;
    }
    if (choose_size(display, display->asked_width, display->asked_height) != 0) {
        (void)choose_size(display, 0, 0);
    }
    if (top != NULL) {
        top->restore = top->latched != NULL; /* its picture goes with the mode */
        set_mode(display, top);
        step_all(display);
    }
    return false;
}

void display_vblank(struct display *display)
{
    display->vblanks++;
    scanout_update(&display->scanout);
    step_all(display);
    uint64_t time_ns;
    uint64_t vblank = display_now(display, &time_ns);
    display->events.vblank(display->events.data, vblank, time_ns);
}

/* Its registers were lost. */
static void show_cursor_again(struct display *display)
{
    cursor_forget(&display->cursor);
    (void)show_cursor(display, list_last(&display->windows, struct window, link));
}

void display_restore(struct display *display)
{
    connector_rearm(&display->connector);
    scanout_restore(&display->scanout);
    show_cursor_again(display);
    step_all(display);
}

void display_suspend(struct display *display)
{
    scanout_suspend(&display->scanout);
    step_all(display);
}

void display_resume(struct display *display)
{
    const struct window *top = list_last(&display->windows, struct window, link);
    if (top != NULL) {
        set_mode(display, top);
    }
    scanout_resume(&display->scanout);
    show_cursor_again(display);
    step_all(display);
}
