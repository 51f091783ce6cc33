/* SPDX-License-Identifier: MIT */
/*
 * The native window of the EGL default display: a framebuffer on the daemon's screen.
 *
 *     struct gemd_egl_window window = {.width = 300, .height = 300};
 *     EGLDisplay display = eglGetDisplay(EGL_DEFAULT_DISPLAY);
 *     ...
 *     surface = eglCreateWindowSurface(display, config, (EGLNativeWindowType)&window, NULL);
 *
 * Width and height both 0 ask for the size of the screen's mode; what came out is answered by
 * eglQuerySurface(EGL_WIDTH, EGL_HEIGHT). The struct is read once, during the call, but its address
 * stands for the window: two windows at a time need two structs. NULL is refused by EGL itself
 * (EGL_BAD_NATIVE_WINDOW).
 *
 * When the display renders in software (no daemon, or LIBGL_ALWAYS_SOFTWARE) there is no screen:
 * the window is an off-screen surface, 640x480 when no size was asked for, and eglSwapBuffers only
 * finishes the frame.
 *
 * Swap intervals: N from 1 (the default) to 4 shows each frame for at least N vblanks of the
 * screen, 0 shows the newest frame at the next vblank and drops those it overtakes. Contents of the
 * back buffer are undefined after a swap unless EGL_BUFFER_AGE_EXT says otherwise.
 */
#ifndef GEMD_EGL_H
#define GEMD_EGL_H

#include <stdint.h>

struct gemd_egl_window {
    uint32_t width, height; /* pixels */
};

#endif
