/* SPDX-License-Identifier: MIT */
/*
 * The driver's screen, with functions of ours around those that its winsys interface cannot serve:
 * reset status, fences with a deadline, shared textures, and failures that the driver passes over.
 */

#include <time.h>

#include "i915/i915_context.h"
#include "i915/i915_reg.h"
#include "i915/i915_resource.h"
#include "i915/i915_screen.h"
#include "util/os_time.h"

#include "winsys/i915/winsys.h"

static struct winsys *winsys_of_screen(struct pipe_screen *screen)
{
    return winsys_of(i915_screen(screen)->iws);
}

static int screen_get_param(struct pipe_screen *screen, enum pipe_cap cap)
{
    if (cap == PIPE_CAP_DEVICE_RESET_STATUS_QUERY || cap == PIPE_CAP_NATIVE_FENCE_FD) {
        return 1;
    }
    return winsys_of_screen(screen)->driver.get_param(screen, cap);
}

static enum pipe_reset_status context_reset_status(struct pipe_context *context)
{
    static const enum pipe_reset_status status[] = {
        [GEMD_LOST_NOT] = PIPE_NO_RESET,
        [GEMD_LOST_GUILTY] = PIPE_GUILTY_CONTEXT_RESET,
        [GEMD_LOST_INNOCENT] = PIPE_INNOCENT_CONTEXT_RESET,
        [GEMD_LOST_UNKNOWN] = PIPE_UNKNOWN_CONTEXT_RESET,
    };
    size_t lost = (size_t)gemd_session_lost(winsys_of_screen(context->screen)->session);

    if (lost == GEMD_LOST_NOT) {
        lost = (size_t)batch_notes_loss(i915_context(context)->batch);
    }
    return lost < ARRAY_SIZE(status) ? status[lost] : PIPE_UNKNOWN_CONTEXT_RESET;
}

/* The driver's map flushes first; it need not when nothing of the batch uses the texture. */
static void *context_texture_map(struct pipe_context *context, struct pipe_resource *resource,
                                 unsigned level, unsigned usage, const struct pipe_box *box,
                                 struct pipe_transfer **transfer)
{
    batch_flush_only_for(i915_texture(resource)->buffer);
    void *map = i915_texture_transfer_map(context, resource, level, usage, box, transfer);
    batch_flush_only_for(NULL);
    return map;
}

/*
 * The driver knows how to program a stipple, but forgets the one that it is given, and so draws no
 * stippled polygon at all. The hardware has 4 by 4 pixels: coarser than OpenGL asks for.
 */
static void context_set_polygon_stipple(struct pipe_context *context,
                                        const struct pipe_poly_stipple *stipple)
{
    i915_context(context)->poly_stipple = *stipple;
    i915_context(context)->dirty |= I915_NEW_STIPPLE;
}

/*
 * The driver programs the last pixel, one less than the end, and so takes an empty rectangle for
 * one without bounds. One that begins after its end is empty for the hardware as well.
 */
static void context_set_scissor_states(struct pipe_context *context, unsigned first, unsigned count,
                                       const struct pipe_scissor_state *scissors)
{
    static const struct pipe_scissor_state nothing = {.minx = 1, .miny = 1, .maxx = 1, .maxy = 1};
    const bool is_empty =
        scissors[0].minx >= scissors[0].maxx || scissors[0].miny >= scissors[0].maxy;

    atomic_load_explicit(&winsys_of_screen(context->screen)->set_scissor_states,
                         memory_order_relaxed)(context, first, count,
                                               is_empty ? &nothing : scissors);
}

/* Who asks for a fence, or will, orders others by it. */
static void context_flush(struct pipe_context *context, struct pipe_fence_handle **fence,
                          unsigned flags)
{
    atomic_load_explicit(&winsys_of_screen(context->screen)->context_flush,
                         memory_order_relaxed)(context, fence, flags);
    if ((flags & (PIPE_FLUSH_DEFERRED | PIPE_FLUSH_FENCE_FD)) == 0) {
        batch_complete_elsewhere(i915_context(context)->batch);
    }
}

/* The driver does not let go of its vertex buffers when it goes, of up to 1 MiB each. */
static void context_destroy(struct pipe_context *context)
{
    context->set_vertex_buffers(context, 0, 0, PIPE_MAX_ATTRIBS, false, NULL);
    atomic_load_explicit(&winsys_of_screen(context->screen)->context_destroy,
                         memory_order_relaxed)(context);
}

static struct pipe_context *screen_context_create(struct pipe_screen *screen, void *priv,
                                                  unsigned flags)
{
    struct pipe_context *context =
        winsys_of_screen(screen)->driver.context_create(screen, priv, flags);

    if (context == NULL) {
        return NULL;
    }
    /* The driver does not look whether it got a batch. */
    if (i915_context(context)->batch == NULL) {
        context->destroy(context);
        return NULL;
    }
    atomic_store_explicit(&winsys_of_screen(screen)->context_destroy, context->destroy,
                          memory_order_relaxed);
    context->destroy = context_destroy;
    atomic_store_explicit(&winsys_of_screen(screen)->context_flush, context->flush,
                          memory_order_relaxed);
    context->flush = context_flush;
    atomic_store_explicit(&winsys_of_screen(screen)->set_scissor_states,
                          context->set_scissor_states, memory_order_relaxed);
    context->set_scissor_states = context_set_scissor_states;
    /* The state tracker says nothing when its first rectangle is what contexts begin with. */
    context->set_scissor_states(context, 0, 1, &(struct pipe_scissor_state){.minx = 0});
    context->set_polygon_stipple = context_set_polygon_stipple;
    context->texture_map = context_texture_map;
    context->get_device_reset_status = context_reset_status;
    native_fence_init_context(context);
    return context;
}

static struct pipe_resource *screen_resource_create(struct pipe_screen *screen,
                                                    const struct pipe_resource *template)
{
    buffer_set_shared((template->bind & (PIPE_BIND_SCANOUT | PIPE_BIND_SHARED)) != 0);
    struct pipe_resource *resource =
        winsys_of_screen(screen)->driver.resource_create(screen, template);
    buffer_set_shared(false);
    return resource;
}

static struct pipe_resource *screen_resource_from_handle(struct pipe_screen *screen,
                                                         const struct pipe_resource *template,
                                                         struct winsys_handle *handle,
                                                         unsigned usage)
{
    /* The driver looks at these after it has taken the buffer, and then forgets it. */
    if ((template->target != PIPE_TEXTURE_2D && template->target != PIPE_TEXTURE_RECT) ||
        template->last_level != 0 || template->depth0 != 1) {
        return NULL;
    }
    struct pipe_resource *resource =
        winsys_of_screen(screen)->driver.resource_from_handle(screen, template, handle, usage);
    /* And it does not look whether there was a buffer to take. */
    if (resource != NULL && i915_texture(resource)->buffer == NULL) {
        screen->resource_destroy(screen, resource);
        return NULL;
    }
    return resource;
}

static bool screen_fence_finish(struct pipe_screen *screen, struct pipe_context *context,
                                struct pipe_fence_handle *fence, uint64_t timeout)
{
    struct winsys *winsys = winsys_of_screen(screen);

    if (fence == NULL || fence_passed(winsys, fence)) {
        return true;
    }
    if (timeout == 0) {
        return false;
    }
    const int64_t deadline = os_time_get_absolute_timeout(timeout);
    return fence_wait(winsys, fence,
                      deadline == (int64_t)OS_TIMEOUT_INFINITE ? GEMD_FOREVER : deadline);
}

void screen_wrap(struct pipe_screen *screen)
{
    winsys_of_screen(screen)->driver = *screen;
    screen->get_param = screen_get_param;
    screen->context_create = screen_context_create;
    screen->resource_create = screen_resource_create;
    screen->resource_from_handle = screen_resource_from_handle;
    screen->fence_finish = screen_fence_finish;
    native_fence_init_screen(screen);
}
