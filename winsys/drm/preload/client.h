/* SPDX-License-Identifier: MIT */
/*
 * A thread's channel to the server. It is connected at the first call, and again when a program has
 * closed its descriptor, or goes on as another process after a fork.
 */
#ifndef GEMD_WINSYS_DRM_PRELOAD_CLIENT_H
#define GEMD_WINSYS_DRM_PRELOAD_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "winsys/drm/shared.h"

struct client {
    struct drm_link link; /* its socket is -1: none */
    uint32_t process;     /* process_generation() */
    dev_t device;
    ino_t inode; /* what the socket was: a program may have closed it, and got the number again */
    bool busy;
    bool temporary;
    bool is_sure; /* that the socket is ours, in this call */
    bool may_look;
    struct drm_looks looks[256]; /* by the ioctl's number: some of them wait for the GPU */
    struct drm_buffer sent, received;
};

/*
 * The thread's channel, connected, or 'spare' as one for this call: when a signal handler comes
 * between, or never came back. -ENODEV after one line on stderr: there is no server.
 */
int client_begin(struct client **client, struct client *spare);
void client_end(struct client *client);

/*
 * Sends the request in 'packet' and puts the answer there. 0, also when answer.result is an error;
 * -ENODEV: the server is gone; others as drm_packet_send() has them. Signals do not end it.
 */
int client_call(struct client *client, struct drm_packet *packet);

#endif
