/* SPDX-License-Identifier: MIT */
/*
 * The rest of a libgemd without a daemon (tests/winsys/fake_gemd.h): sessions and windows, on a
 * screen where frames are shown and released only when a test says so. It is built as libgemd.so.0,
 * so that the EGL driver and the i915 driver take it for the real one. One session at a time.
 */
#ifndef GEMD_TESTS_EGL_FAKE_WINDOW_H
#define GEMD_TESTS_EGL_FAKE_WINDOW_H

#include "tests/winsys/fake_gemd.h"

#define FAKE_FRAMES 64u

struct fake_frame {
    uint32_t handle; /* of the buffer */
    uint32_t offset, stride, interval;
    uint64_t seqno; /* that it waits for */
    uint64_t last_seqno;
};

struct fake_screen {
    struct gemd_session *session; /* NULL while none is open */
    int open_error;               /* what the next gemd_session_open() returns instead of 0 */
    int window_error;             /* and gemd_window_create() */
    int present_error;            /* and gemd_window_present() */
    unsigned windows;             /* that live */
    struct fake_frame frames[FAKE_FRAMES]; /* by serial */
    uint64_t serial;                       /* of the last frame */
    uint64_t released;                     /* frames up to here */
    unsigned waits;      /* for a release, each of which releases the oldest of those asked for */
    unsigned last_count; /* frames that the last wait was for */
};

GEMD_API extern struct fake_screen fake_screen;

#endif
