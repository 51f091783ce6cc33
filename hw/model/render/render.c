/* SPDX-License-Identifier: MIT */
/* The pipeline's life and the way of a command to its handler. */
#include "hw/model/render/internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum render_status render_unknown(struct render_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->pgtbl_er = 0;
    (void)vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return RENDER_UNKNOWN;
}

enum render_status render_faulted(const struct render *render, struct render_error *error)
{
    error->pgtbl_er = render->worker.fault;
    (void)snprintf(error->text, sizeof(error->text), "3D: no page behind GTT address 0x%" PRIx64,
                   render->worker.fault_address);
    return RENDER_FAULT;
}

struct render *render_create(struct model_memory *memory, bool is_945_class)
{
    const size_t size = (sizeof(struct render) + 63u) & ~(size_t)63u;
    struct render *render = aligned_alloc(64, size);
    if (render == NULL) {
        return NULL;
    }
    memset(render, 0, size);
    render->memory = memory;
    render->is_945_class = is_945_class;
    render->kernel = kernel_find(NULL);
    render->worker.memory = memory;
    render->worker.reg[REG_ONE] = v_float(1.0f);
    if (!draw_init(render)) {
        render_destroy(render);
        return NULL;
    }
    render->jit = jit_create();
    render_reset(render);
    return render;
}

void render_destroy(struct render *render)
{
    if (render != NULL) {
        draw_finish(render);
        jit_destroy(render->jit);
        program_cache_clear(render);
        texture_cache_clear(render);
        free(render);
    }
}

void render_reset(struct render *render)
{
    render_finish(render);
    draw_changed(render);
    state_reset(render);
    program_cache_clear(render);
    texture_cache_clear(render);
    memset(&render->draw, 0, sizeof(render->draw));
    render->dirty = DIRTY_ALL;
    render->worker.fault = 0;
}

void render_flush(struct render *render)
{
    render->flushes++;
    render->dirty |= DIRTY_TARGET | DIRTY_TEXTURE;
}

void render_set_watch(struct render *render, struct watcher *watcher)
{
    render_finish(render);
    render->watcher = render->worker.watcher = watcher;
    render->flushes++;
    render->dirty = DIRTY_ALL;
}

void render_interpret(struct render *render)
{
    jit_set(render, NULL, 0);
}

enum render_status render_command(struct render *render, const uint32_t *dw, size_t count,
                                  struct render_error *error)
{
    if (count == 0 || dw[0] >> 29 != 3) {
        return render_unknown(error, "3D: not a command of client 3");
    }
    if (dw[0] >> 24 == 0x7f) {
        return primitive_command(render, dw, count, error);
    }
    const command_handler handler = state_command_find(dw[0]);
    if (handler == NULL) {
        return render_unknown(error, "3D: unknown command 0x%08x", dw[0]);
    }
    return handler(render, dw, count, error);
}
