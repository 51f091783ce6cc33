/* SPDX-License-Identifier: MIT */
#include "winsys/shader_boundary.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/glsl_types.h"
#include "compiler/nir/nir.h"
#include "compiler/nir/nir_serialize.h"
#include "pipe/p_context.h"
#include "pipe/p_screen.h"
#include "pipe/p_state.h"
#include "util/blob.h"
#include "util/set.h"

/* The driver's own functions, of all its screens and contexts that live. */
struct shader_boundary {
    struct shader_boundary *next;
    struct pipe_screen *screen;
    struct pipe_screen driver;
};

struct wrapped_context {
    struct wrapped_context *next;
    struct pipe_context *context;
    struct pipe_context driver;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shader_boundary *screens;
static struct wrapped_context *contexts;

static struct shader_boundary *find_screen(struct pipe_screen *screen)
{
    pthread_mutex_lock(&lock);
    struct shader_boundary *wrapped = screens;
    while (wrapped->screen != screen) {
        wrapped = wrapped->next;
    }
    pthread_mutex_unlock(&lock);
    return wrapped;
}

static struct wrapped_context *find_context(struct pipe_context *context)
{
    pthread_mutex_lock(&lock);
    struct wrapped_context *wrapped = contexts;
    while (wrapped->context != context) {
        wrapped = wrapped->next;
    }
    pthread_mutex_unlock(&lock);
    return wrapped;
}

/* ---- shaders ---- */

/* The same shader, made by this copy of NIR; frees the other one. NULL: no memory. */
static nir_shader *adopt(nir_shader *foreign)
{
    struct blob blob;
    struct blob_reader reader;
    nir_shader *own = NULL;

    blob_init(&blob);
    nir_serialize(&blob, foreign, false);
    if (!blob.out_of_memory) {
        blob_reader_init(&reader, blob.data, blob.size);
        own = nir_deserialize(NULL, foreign->options, &reader);
    }
    blob_finish(&blob);
    ralloc_free(foreign);
    return own;
}

static void empty(struct set *set)
{
    memset(set->table, 0, set->size * sizeof(*set->table));
    set->entries = 0;
    set->deleted_entries = 0;
}

/* Blocks know their successors by pointers; who comes before them follows from that. */
static void renew_sets(nir_shader *shader)
{
    nir_foreach_function(function, shader)
    {
        nir_function_impl *impl = function->impl;
        if (impl == NULL) {
            continue;
        }
        nir_foreach_block(block, impl)
        {
            empty(block->predecessors);
            empty(block->dom_frontier);
        }
        empty(impl->end_block->predecessors);
        empty(impl->end_block->dom_frontier);
        nir_foreach_block(block, impl)
        {
            for (size_t i = 0; i < ARRAY_SIZE(block->successors); i++) {
                if (block->successors[i] != NULL) {
                    _mesa_set_add(block->successors[i]->predecessors, block);
                }
            }
        }
        nir_metadata_preserve(impl, nir_metadata_none);
    }
}

static char *screen_finalize_nir(struct pipe_screen *screen, void *shader)
{
    renew_sets(shader);
    char *message = find_screen(screen)->driver.finalize_nir(screen, shader);
    renew_sets(shader);
    return message;
}

#define CREATE_SHADER(name)                                                                        \
    static void *context_##name(struct pipe_context *context,                                      \
                                const struct pipe_shader_state *template)                          \
    {                                                                                              \
        struct pipe_shader_state own = *template;                                                  \
        if (own.type == PIPE_SHADER_IR_NIR) {                                                      \
            own.ir.nir = adopt(own.ir.nir);                                                        \
            if (own.ir.nir == NULL) {                                                              \
                return NULL;                                                                       \
            }                                                                                      \
        }                                                                                          \
        return find_context(context)->driver.name(context, &own);                                  \
    }

CREATE_SHADER(create_vs_state)
CREATE_SHADER(create_fs_state)
CREATE_SHADER(create_gs_state)
CREATE_SHADER(create_tcs_state)
CREATE_SHADER(create_tes_state)

static void *context_create_compute_state(struct pipe_context *context,
                                          const struct pipe_compute_state *template)
{
    struct pipe_compute_state own = *template;

    if (own.ir_type == PIPE_SHADER_IR_NIR) {
        own.prog = adopt((nir_shader *)(uintptr_t)own.prog);
        if (own.prog == NULL) {
            return NULL;
        }
    }
    return find_context(context)->driver.create_compute_state(context, &own);
}

/* ---- contexts and screens ---- */

static void context_destroy(struct pipe_context *context)
{
    struct wrapped_context *wrapped = find_context(context);

    wrapped->driver.destroy(context);
    pthread_mutex_lock(&lock);
    struct wrapped_context **link = &contexts;
    while (*link != wrapped) {
        link = &(*link)->next;
    }
    *link = wrapped->next;
    pthread_mutex_unlock(&lock);
    free(wrapped);
}

static struct pipe_context *screen_context_create(struct pipe_screen *screen, void *priv,
                                                  unsigned flags)
{
    struct wrapped_context *wrapped = malloc(sizeof(*wrapped));
    struct pipe_context *context =
        wrapped != NULL ? find_screen(screen)->driver.context_create(screen, priv, flags) : NULL;

    if (context == NULL) {
        free(wrapped);
        return NULL;
    }
    wrapped->context = context;
    wrapped->driver = *context;
    pthread_mutex_lock(&lock);
    wrapped->next = contexts;
    contexts = wrapped;
    pthread_mutex_unlock(&lock);

    context->destroy = context_destroy;
#define WRAP(name) context->name = context->name != NULL ? context_##name : NULL
    WRAP(create_vs_state);
    WRAP(create_fs_state);
    WRAP(create_gs_state);
    WRAP(create_tcs_state);
    WRAP(create_tes_state);
    WRAP(create_compute_state);
#undef WRAP
    return context;
}

static void screen_destroy(struct pipe_screen *screen)
{
    struct shader_boundary *wrapped = find_screen(screen);

    pthread_mutex_lock(&lock);
    struct shader_boundary **link = &screens;
    while (*link != wrapped) {
        link = &(*link)->next;
    }
    *link = wrapped->next;
    pthread_mutex_unlock(&lock);
    wrapped->driver.destroy(screen);
    free(wrapped);
    glsl_type_singleton_decref();
}

struct shader_boundary *shader_boundary_new(void)
{
    return calloc(1, sizeof(struct shader_boundary));
}

struct pipe_screen *shader_boundary_wrap(struct shader_boundary *boundary,
                                         struct pipe_screen *screen)
{
    if (screen == NULL) {
        free(boundary);
        return NULL;
    }
    boundary->screen = screen;
    boundary->driver = *screen;
    pthread_mutex_lock(&lock);
    boundary->next = screens;
    screens = boundary;
    pthread_mutex_unlock(&lock);

    glsl_type_singleton_init_or_ref(); /* this copy's types */
    screen->destroy = screen_destroy;
    screen->context_create = screen_context_create;
    if (screen->finalize_nir != NULL) {
        screen->finalize_nir = screen_finalize_nir;
    }
    return screen;
}
