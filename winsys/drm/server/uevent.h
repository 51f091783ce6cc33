/* SPDX-License-Identifier: MIT */
/*
 * Uevents: what a program's monitors of udev hear, and the kernel's own, which take the same way.
 *
 * A socket of ours stands for each that a program makes of NETLINK_KOBJECT_UEVENT. What the host
 * says there goes on to it, but for what belongs to the host's device in the place of ours; and the
 * card's change when its screen is another one. All from any thread.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_UEVENT_H
#define GEMD_WINSYS_DRM_SERVER_UEVENT_H

struct drm_server;

/* 0 or -ENOMEM. A host without such sockets says nothing. */
int drm_uevent_init(struct drm_server *server);
void drm_uevent_finish(struct drm_server *server);

/* The program's end, close-on-exec and blocking; -EMFILE: too many, or another errno. */
int drm_uevent_open(struct drm_server *server);

/* There is another monitor at the connector, or none any more. */
void drm_uevent_hotplug(struct drm_server *server);

#endif
