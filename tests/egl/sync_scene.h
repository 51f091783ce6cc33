/* SPDX-License-Identifier: MIT */
/*
 * What the tests of sync objects share. Functions fail the test rather than return an error.
 *
 * Work is held back by a gate, a descriptor of the test's that a context waits for, so nothing
 * depends on how fast anybody is. What must not happen while the gate is closed has a moment to
 * happen in.
 */
#ifndef GEMD_TESTS_EGL_SYNC_SCENE_H
#define GEMD_TESTS_EGL_SYNC_SCENE_H

#include <stdbool.h>

#include "tests/egl/fixture.h"

#define MOMENT_MS 150
#define MOMENT_NS (MOMENT_MS * 1000000ull)
/* The limit of waits: gates stay closed for as long as a slow machine takes. */
#define PATIENCE_MS 60000

/* How long a display that is opened from now on waits for a fence. */
void set_wait_limit(uint32_t ms);

/* A pipe: closed, then open for good. */
struct gate {
    int read, write;
};

struct gate gate_new(void);
void gate_open(const struct gate *gate);
void gate_free(const struct gate *gate);

/* Within milliseconds; -1: waits. */
bool fd_is_readable(int fd, int timeout_ms);
/* Waits for a fence's descriptor and closes it. Its state (enum gemd_fence_state), 0 for none. */
uint8_t fence_outcome(int fd);
void pause_ms(unsigned ms);

/* A display with a context that is current, and a surface of 64x64. */
struct scene {
    EGLDisplay display;
    EGLConfig config;
    EGLContext context;
    EGLSurface surface;
};

/* The default display, or another one beside it, with a session of its own. */
void scene_open_first(struct scene *scene);
void scene_open_second(struct scene *scene);
/* Makes it current again. */
void scene_use(const struct scene *scene);

/* eglDupNativeFenceFDANDROID() */
EGLint sync_dup(EGLDisplay display, EGLSync sync);
/* A descriptor as a sync, which takes it; EGL_NO_SYNC. */
EGLSync sync_import(EGLDisplay display, int fd);
/* A copy of the descriptor as a sync. */
EGLSync sync_of(const struct scene *scene, int fd);
/* One without attributes. */
EGLSync sync_new(const struct scene *scene, EGLenum type);
/* What the current context draws from now on waits for that. */
void scene_wait_for(const struct scene *scene, int fd);
EGLAttrib sync_attribute(const struct scene *scene, EGLSync sync, EGLint name);
EGLint sync_wait(const struct scene *scene, EGLSync sync, EGLTime timeout);

#define assert_held(scene, sync)                                                                   \
    assert_int_equal(sync_wait(scene, sync, MOMENT_NS), EGL_TIMEOUT_EXPIRED)
#define assert_comes(scene, sync)                                                                  \
    assert_int_equal(sync_wait(scene, sync, EGL_FOREVER), EGL_CONDITION_SATISFIED)

/* Draws much into a texture of 1024x1024, which stays bound and ends up white. */
void draw_long(void);

#endif
