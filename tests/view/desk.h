/* SPDX-License-Identifier: MIT */
/*
 * gemd-view as a process of its own on a daemon of the test's, whose screen the test draws. All of
 * it asserts; nothing is timed, but half a minute without what is waited for fails.
 */
#ifndef GEMD_TESTS_VIEW_DESK_H
#define GEMD_TESTS_VIEW_DESK_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/lib/daemon.h"

struct desk {
    struct daemon daemon;
    struct gemd_session *session; /* who draws */
    struct gemd_window *window;   /* NULL: the pipe is off */
    struct gemd_bo *bos[2];
    unsigned shown;
    uint32_t width, height;
    pid_t view;       /* 0: it does not run */
    char folder[64];  /* where it runs */
    char output[128]; /* a file with its standard output, and error */
};

void desk_open(struct desk *desk);
void desk_close(struct desk *desk);
/* Whoever draws connects. */
void desk_begin(struct desk *desk);
/* It goes; the daemon may be gone already. */
void desk_end(struct desk *desk);
/* A window of that size. */
void desk_turn_on(struct desk *desk, uint32_t width, uint32_t height);
void desk_turn_off(struct desk *desk);
/* Shows a picture in which each pixel says where it is, and returns when it is up. */
void desk_show(struct desk *desk, uint32_t seed);
/* The pixel of that picture. */
uint32_t desk_pixel(uint32_t seed, uint32_t x, uint32_t y);

/* Starts gemd-view with these arguments after --socket, NULL-terminated. */
void desk_view(struct desk *desk, const char *const *arguments);
/* Waits for its end; its exit status. */
int desk_await_end(struct desk *desk);
/* Waits until its output has that text; the text behind it, up to the end of the line. */
void desk_await_output(const struct desk *desk, const char *text, char *rest, size_t size);

/* To be called again and again: fails the test after half a minute, and pauses. */
void desk_wait(int64_t *begin);

#endif
