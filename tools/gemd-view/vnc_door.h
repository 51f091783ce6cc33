/* SPDX-License-Identifier: MIT */
/*
 * Where VNC viewers come in: a port of the loopback interface, or a socket of the file system; and
 * the password that the port asks for, since any user of the machine can connect to it.
 */
#ifndef GEMD_TOOLS_GEMD_VIEW_VNC_DOOR_H
#define GEMD_TOOLS_GEMD_VIEW_VNC_DOOR_H

#include <stdbool.h>

#define VNC_PASSWORD_MAX 8 /* characters; the protocol takes no more */

struct vnc_door {
    int fd;         /* listens, does not block */
    char name[160]; /* for people */
    char path[108]; /* of a socket file, to be removed; "" */
    bool has_password;
    bool made_up; /* the password is nobody's yet, and has to be told */
    char password[VNC_PASSWORD_MAX + 1];
};

/*
 * Opens it at "[ADDRESS:]PORT", ADDRESS 127.0.0.1 or [::1], or at "unix:PATH", mode 0600. A file
 * has the password in its first line and is readable by its owner only. 0, or -1 after one line on
 * stderr.
 */
__attribute__((warn_unused_result)) int vnc_door_open(struct vnc_door *door, const char *where,
                                                      const char *password_file);
void vnc_door_close(struct vnc_door *door);

#endif
