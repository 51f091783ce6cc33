/* SPDX-License-Identifier: MIT */
/* The daemon's listening socket in the file system. */
#ifndef GEMD_LISTENER_H
#define GEMD_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct listener {
    int fd;
    char path[108];
    dev_t device; /* of the socket file, to remove no other's */
    ino_t inode;
    bool bound; /* the path is ours to remove */
    bool made;  /* and so is its directory to own: we made it */
};

/* Where the daemon listens when it is told nothing; -ENAMETOOLONG, -ENOENT: no $XDG_RUNTIME_DIR. */
int listener_default_path(char *path, size_t size);

/*
 * Listens at path, whose directory is made if need be (only the last part of it). A socket that
 * nobody answers at is replaced; -EADDRINUSE: a daemon lives there; -EEXIST: something else does.
 * Only the owner and, for root, the group may connect: 0600 or 0660.
 */
int listener_open(struct listener *listener, const char *path);

/*
 * Gives the socket's file, and its directory if it was made here, to who is to remove it. 0 or a
 * negative errno; -ESTALE: something else is in the socket's place.
 */
int listener_give(const struct listener *listener, uid_t uid);

/* A socket that was passed in; the path is not ours. */
void listener_adopt(struct listener *listener, int fd);

/* Closes it and removes the path if it is still our socket. */
void listener_close(struct listener *listener);

#endif
