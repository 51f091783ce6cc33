/* SPDX-License-Identifier: MIT */
#include "gemd/scanout.h"

#include <errno.h>
#include <string.h>

#include "gemd/chaos.h"
#include "gemd/compression.h"
#include "gemd/fenced.h"
#include "gemd/pipe.h"
#include "gemd/watermark.h"
#include "gemd/window.h"

#define COUNT_MASK 0xffffffu /* the hardware's counter has 24 bits */

void scanout_init(struct scanout *scanout, struct gpu *gpu, const struct scanout_events *events)
{
    *scanout =
        (struct scanout){.gpu = gpu, .events = *events, .head = &pipe_analog, .base_vblank = 1};
}

void scanout_use_panel(struct scanout *scanout, const struct panel *panel)
{
    scanout->panel = panel;
    scanout->head = &panel->head;
    gpu_set_pipe(scanout->gpu, panel->head.pipe);
}

static void turn_on(struct scanout *scanout)
{
    struct hw_device *dev = scanout->gpu->dev;
    compression_stop(dev);
    if (scanout->panel != NULL) {
        panel_take_over(scanout->panel, dev);
    }
    watermark_set(dev, &scanout->mode, scanout->head->plane);
    if (scanout->panel == NULL) {
        pipe_take_over(dev, &scanout->mode);
    }
}

/* Nothing is read any more. */
static void turn_off(struct scanout *scanout)
{
    if (scanout->panel != NULL) {
        panel_blank(scanout->panel, scanout->gpu->dev);
    } else {
        pipe_stop(scanout->gpu->dev);
    }
}

uint64_t scanout_vblank(struct scanout *scanout)
{
    if (!scanout->running) {
        return scanout->base_vblank;
    }
    uint32_t count = pipe_vblank_count(scanout->gpu->dev, scanout->head, &scanout->mode);
    uint64_t vblank = scanout->base_vblank + ((count - scanout->base_count) & COUNT_MASK);
    /* Moved along, so that the 24 bits never come round unseen. */
    scanout->base_vblank = vblank;
    scanout->base_count = count;
    return vblank;
}

static void let_go(struct scanout *scanout, struct frame *frame)
{
    gtt_unpin(&scanout->gpu->gtt, &frame->bo->node);
    frame_unref(frame);
}

static void tell_leaving(struct scanout *scanout, uint64_t vblank)
{
    if (scanout->events.leaving != NULL) {
        scanout->events.leaving(scanout->events.data, vblank);
    }
}

static void tell_changed(struct scanout *scanout, enum gemd_mirror_cause cause, uint64_t vblank)
{
    if (scanout->events.changed != NULL) {
        scanout->events.changed(scanout->events.data, cause, vblank);
    }
}

static void empty_limbo(struct scanout *scanout)
{
    while (scanout->limbo_count > 0) {
        struct frame *frame = scanout->limbo[--scanout->limbo_count];
        scanout->events.displaced(scanout->events.data, frame);
        let_go(scanout, frame);
    }
}

static void start_pipe(struct scanout *scanout)
{
    scanout->mode = scanout->target;
    turn_on(scanout);
    scanout->plane_on = false;
    scanout->palette.depth = 0; /* its registers may have lost what they had */
    scanout->running = true;
    scanout->base_vblank++;
    scanout->base_count = pipe_vblank_count(scanout->gpu->dev, scanout->head, &scanout->mode);
    gpu_enable_vblank(scanout->gpu, true);
}

static void stop_pipe(struct scanout *scanout)
{
    if (scanout->running) {
        (void)scanout_vblank(scanout);
        gpu_enable_vblank(scanout->gpu, false);
        turn_off(scanout);
        scanout->running = false;
    }
}

static void change(struct scanout *scanout)
{
    const bool ran = scanout->running;
    stop_pipe(scanout);
    empty_limbo(scanout);
    scanout->next_blank = false;
    scanout->changing = false;
    if (ran) {
        scanout->events.turned(scanout->events.data, false);
    }
    if (scanout->wanted && !scanout->suspended) {
        start_pipe(scanout);
        scanout->events.turned(scanout->events.data, true);
        scanout->events.ready(scanout->events.data);
    }
}

/* The frame that was written last but is not on the screen yet gives way to another write. */
static void displace_next(struct scanout *scanout, uint64_t before, uint64_t after)
{
    struct frame *frame = scanout->next;
    scanout->next = NULL;
    scanout->next_blank = false;
    if (frame == NULL) {
        return;
    }
    if (before != after) {
        /* A vblank fell between the two: which of both it took is not known. */
        scanout->limbo[scanout->limbo_count++] = frame;
        scanout->limbo_vblank = after + 1;
        return;
    }
    scanout->events.displaced(scanout->events.data, frame);
    let_go(scanout, frame);
}

static void blank(struct scanout *scanout)
{
    uint64_t before = scanout_vblank(scanout);
    pipe_hide_plane(scanout->gpu->dev, scanout->head);
    uint64_t after = scanout_vblank(scanout);
    displace_next(scanout, before, after);
    scanout->plane_on = false;
    scanout->next_blank = true;
    scanout->next_vblank = after + 1;
}

void scanout_set_mode(struct scanout *scanout, const struct mode *mode)
{
    scanout->wanted = mode != NULL;
    if (mode != NULL) {
        scanout->target = *mode;
    }
    if (scanout->running) {
        scanout_update(scanout);
    }
    if (scanout->running && !scanout->changing &&
        (scanout->front != NULL || scanout->next != NULL)) {
        scanout->changing = true;
        blank(scanout);
    }
    if (!scanout->changing) {
        change(scanout);
    }
}

void scanout_hide(struct scanout *scanout)
{
    if (scanout_ready(scanout) && (scanout->front != NULL || scanout->next != NULL) &&
        scanout->limbo_count < SCANOUT_LIMBO_MAX) {
        blank(scanout);
    }
}

static unsigned is_tiled(const struct frame *frame)
{
    return frame != NULL && frame->bo->tiling != GEN3_LINEAR;
}

/* Frames in tiles that the pipe may be reading, or is about to. */
static unsigned tiled_frames(const struct scanout *scanout)
{
    unsigned count = is_tiled(scanout->front) + is_tiled(scanout->next);
    for (unsigned i = 0; i < scanout->limbo_count; i++) {
        count += is_tiled(scanout->limbo[i]);
    }
    return count;
}

/* Its place in the GTT, and its fence register; until let_go(). */
static int hold(struct scanout *scanout, struct frame *frame)
{
    struct gtt *gtt = &scanout->gpu->gtt;
    if (is_tiled(frame) && tiled_frames(scanout) >= FENCED_FRAMES_MAX) {
        return -ENOSPC;
    }
    gtt_uncache(gtt, &frame->bo->node);
    int error = gtt_pin(gtt, &frame->bo->node, 1);
    if (error == 0 && is_tiled(frame)) {
        error = fenced_take_frame(gtt, frame->bo);
        if (error != 0) {
            gtt_unpin(gtt, &frame->bo->node);
        }
    }
    return error;
}

static const struct palette *palette_of(const struct frame *frame)
{
    return frame->window != NULL && frame->window->palette.depth != 0 ? &frame->window->palette
                                                                      : NULL;
}

/* To be seen from 'vblank' on, but for what the registers do at once. */
static void load_palette(struct scanout *scanout, const struct palette *palette, uint64_t vblank)
{
    const bool same = scanout->palette.depth == palette->depth &&
                      memcmp(scanout->palette.words, palette->words, sizeof(palette->words)) == 0;
    if (!same) {
        tell_leaving(scanout, vblank);
    }
    palette_load(scanout->gpu->dev, scanout->head, palette, &scanout->palette);
    if (!same) {
        tell_changed(scanout, GEMD_MIRROR_PALETTE, vblank);
    }
}

/* A frame that follows one with another palette gets its own when it is up, else before. */
static void prepare_palette(struct scanout *scanout, struct frame *frame)
{
    const struct palette *palette = palette_of(frame);
    const struct frame *front = scanout->front;
    if (palette != NULL && (front == NULL || !front->gamma || front->window == frame->window)) {
        load_palette(scanout, palette, scanout_vblank(scanout) + 1);
    }
    frame->gamma = palette != NULL;
}

bool scanout_reload_palette(struct scanout *scanout, const struct window *window)
{
    const struct frame *front = scanout->front;
    if (!scanout_ready(scanout) || front == NULL || front->window != window || !front->gamma) {
        return false;
    }
    load_palette(scanout, &window->palette, scanout_vblank(scanout) + 1);
    return true;
}

static bool is_as_written(const struct scanout *scanout, const struct pipe_plane *plane)
{
    return scanout->plane_on && scanout->plane.stride == plane->stride &&
           scanout->plane.format == plane->format && scanout->plane.gamma == plane->gamma;
}

int scanout_show(struct scanout *scanout, struct frame *frame)
{
    struct gpu *gpu = scanout->gpu;
    if (scanout->limbo_count == SCANOUT_LIMBO_MAX) {
        return -ENOSPC;
    }
    int error = chaos_hits(CHAOS_GTT_FULL_SCREEN) ? -ENOSPC : hold(scanout, frame);
    if (error != 0) {
        return error;
    }
    gtt_flush(&gpu->gtt);
    frame_ref(frame);
    scanout_update(scanout);

    prepare_palette(scanout, frame);
    const struct pipe_plane plane = {
        .format = frame->format,
        .gamma = frame->gamma,
        .address = gtt_address(&frame->bo->node) + frame->offset,
        .stride = frame->stride,
        .width = scanout->mode.width,
        .height = scanout->mode.height,
    };
    uint64_t before = scanout_vblank(scanout);
    pipe_show_plane(gpu->dev, scanout->head, &plane, is_as_written(scanout, &plane));
    uint64_t after = scanout_vblank(scanout);
    displace_next(scanout, before, after);
    scanout->plane_on = true;
    scanout->plane = plane;
    scanout->next = frame;
    scanout->next_vblank = after + 1;
    return 0;
}

static void latch(struct scanout *scanout, uint64_t vblank)
{
    struct frame *old = scanout->front;
    struct frame *frame = scanout->next;
    tell_leaving(scanout, vblank);
    scanout->front = frame;
    scanout->next = NULL;
    scanout->next_blank = false;
    if (frame != NULL) {
        if (scanout->running && frame->gamma && palette_of(frame) != NULL) {
            load_palette(scanout, palette_of(frame), vblank);
        }
        scanout->events.latched(scanout->events.data, frame, vblank);
    }
    if (scanout->running) {
        tell_changed(scanout, GEMD_MIRROR_FLIP, vblank);
    }
    if (old != NULL) {
        scanout->events.released(scanout->events.data, old);
        let_go(scanout, old);
    }
}

void scanout_update(struct scanout *scanout)
{
    if (!scanout->running) {
        return;
    }
    uint64_t vblank = scanout_vblank(scanout);
    if (scanout->limbo_count > 0 && vblank >= scanout->limbo_vblank) {
        empty_limbo(scanout);
    }
    if ((scanout->next != NULL || scanout->next_blank) && vblank >= scanout->next_vblank) {
        latch(scanout, scanout->next_vblank);
    }
    if (scanout->changing && scanout->front == NULL && !scanout->next_blank &&
        scanout->limbo_count == 0) {
        change(scanout);
    }
}

static bool forget(struct frame *frame, const struct window *window)
{
    if (frame == NULL || frame->window != window) {
        return false;
    }
    frame->window = NULL;
    return true;
}

/* The pipe is off: nothing reads it. */
static void drop_front(struct scanout *scanout)
{
    struct frame *frame = scanout->front;
    tell_leaving(scanout, UINT64_MAX);
    scanout->front = NULL;
    scanout->events.released(scanout->events.data, frame);
    let_go(scanout, frame);
}

bool scanout_forget_window(struct scanout *scanout, const struct window *window)
{
    bool any = forget(scanout->front, window);
    if (any && scanout->suspended) {
        drop_front(scanout);
    }
    any |= forget(scanout->next, window);
    for (unsigned i = 0; i < scanout->limbo_count; i++) {
        any |= forget(scanout->limbo[i], window);
    }
    return any;
}

static uint64_t lower(uint64_t lowest, const struct frame *frame, const struct window *window)
{
    return frame != NULL && frame->window == window && frame->serial < lowest ? frame->serial
                                                                              : lowest;
}

uint64_t scanout_lowest(const struct scanout *scanout, const struct window *window)
{
    uint64_t lowest = lower(UINT64_MAX, scanout->front, window);
    lowest = lower(lowest, scanout->next, window);
    for (unsigned i = 0; i < scanout->limbo_count; i++) {
        lowest = lower(lowest, scanout->limbo[i], window);
    }
    return lowest;
}

/* The pipe is off: it reads nothing, whatever was written before. */
static void lose_pipe(struct scanout *scanout)
{
    scanout->running = false;
    gpu_enable_vblank(scanout->gpu, false);
    scanout->events.turned(scanout->events.data, false);
    empty_limbo(scanout);
    if (scanout->next != NULL || scanout->next_blank) {
        latch(scanout, scanout->base_vblank + 1);
    }
    if (scanout->changing) {
        change(scanout);
    }
}

static void regain_pipe(struct scanout *scanout)
{
    start_pipe(scanout);
    scanout->events.turned(scanout->events.data, true);
    struct frame *frame = scanout->front;
    if (frame != NULL) {
        scanout->front = NULL;
        if (scanout_show(scanout, frame) != 0) {
            scanout->plane_on = false;
        }
        let_go(scanout, frame);
    }
}

void scanout_restore(struct scanout *scanout)
{
    if (!scanout->running) {
        return;
    }
    const bool changed = scanout->changing;
    lose_pipe(scanout);
    if (!changed) {
        regain_pipe(scanout);
    }
}

void scanout_suspend(struct scanout *scanout)
{
    scanout->suspended = true;
    if (scanout->running) {
        (void)scanout_vblank(scanout);
        turn_off(scanout);
        lose_pipe(scanout);
    }
}

void scanout_resume(struct scanout *scanout)
{
    scanout->suspended = false;
    if (scanout->wanted && !scanout->running) {
        regain_pipe(scanout);
        scanout->events.ready(scanout->events.data);
    }
}

void scanout_finish(struct scanout *scanout)
{
    stop_pipe(scanout);
    struct frame *frames[] = {scanout->front, scanout->next};
    for (unsigned i = 0; i < 2; i++) {
        if (frames[i] != NULL) {
            let_go(scanout, frames[i]);
        }
    }
    for (unsigned i = 0; i < scanout->limbo_count; i++) {
        let_go(scanout, scanout->limbo[i]);
    }
    scanout->front = NULL;
    scanout->next = NULL;
    scanout->limbo_count = 0;
}
