/* SPDX-License-Identifier: MIT */
/*
 * GL reset notification. The Gallium drivers that we load know of no resets; what can be lost here
 * is the session with the daemon, which the screen's owner knows.
 */
#ifndef GEMD_EGL_RESET_H
#define GEMD_EGL_RESET_H

struct gemd_session;
struct pipe_screen;

/*
 * Makes the screen, which has no contexts yet, answer PIPE_CAP_DEVICE_RESET_STATUS_QUERY and its
 * contexts get_device_reset_status(): from the session, or never lost when that is NULL. A driver
 * that answers by itself is left alone.
 */
void gemd_reset_install(struct pipe_screen *screen, struct gemd_session *session);
/* Before the screen is destroyed. */
void gemd_reset_remove(struct pipe_screen *screen);

#endif
