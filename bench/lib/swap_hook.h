/* SPDX-License-Identifier: MIT */
/*
 * For libraries that are preloaded into programs: tells each frame that one shows by EGL. Whoever
 * loads EGL by itself is given our eglSwapBuffers() by dlsym(), too: programs, SDL, epoxy.
 */
#ifndef GEMD_BENCH_SWAP_HOOK_H
#define GEMD_BENCH_SWAP_HOOK_H

#include <EGL/egl.h>
#include <stdbool.h>

#define SWAP_HOOK_EXPORT __attribute__((visibility("default")))

typedef void (*swap_hook_function)(void);

/* The user's: a frame was shown, in the thread that did it. */
void swap_hook_shown(EGLDisplay display);

/* The C library's dlsym(), and the same of EGL itself. NULL: there is none. */
swap_hook_function swap_hook_find(void *library, const char *name);
swap_hook_function swap_hook_find_in_egl(const char *name);

/* Whether that address is of the program itself, not of a library. */
bool swap_hook_is_program(const void *caller);

#endif
