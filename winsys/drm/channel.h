/* SPDX-License-Identifier: MIT */
/* Sends and receives the packets of wire.h, for both sides. Both heads have the same size and
 * order. */
#ifndef GEMD_WINSYS_DRM_CHANNEL_H
#define GEMD_WINSYS_DRM_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "winsys/drm/wire.h"

/* A packet: request or answer. */
struct drm_packet {
    union {
        struct drm_wire_request request;
        struct drm_wire_answer answer;
    };
    int fd;           /* what is named; -1: nothing. Received: the owner's to close */
    uint8_t *payload; /* aligned to 8; the buffer's */
};

/* Memory that payloads are put into; grows. {0} to begin with. */
struct drm_buffer {
    uint8_t *bytes;
    size_t room;
};

/* At least 'size' bytes, what was there is lost. 0, -ENOMEM. */
int drm_buffer_reserve(struct drm_buffer *buffer, size_t size);
/* Gives back what is more than a packet can hold: few calls carry so much. */
void drm_buffer_trim(struct drm_buffer *buffer);
void drm_buffer_clear(struct drm_buffer *buffer);

/*
 * Sends head, payload and descriptor; flags (FD, OUTSIDE) are set as needed. The descriptor stays
 * the caller's. 0, -EPIPE, -ECONNRESET; -EBADF: no such descriptor; -ENOMEM, -EMFILE. No SIGPIPE.
 */
int drm_packet_send(int socket, struct drm_packet *packet);
/*
 * Receives one. 1; 0: the other end has closed; -EPROTO: not as wire.h has it; -EMFILE: this
 * process could not take the descriptors; -ENOMEM. Signals do not end the wait.
 */
int drm_packet_receive(int socket, struct drm_packet *packet, struct drm_buffer *buffer);

#endif
