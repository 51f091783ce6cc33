/* SPDX-License-Identifier: MIT */
/*
 * What both ends of a channel have mapped: a request and its answer are put there, and the other
 * end finds them without a system call while it looks. Who has stopped looking says so, sleeps at
 * the socket, and is rung for. The socket has what names descriptors or is too large, too.
 *
 * The memory is the server's, sealed; the program may write anything there at any time. So a
 * message is copied first, and checked then.
 */
#ifndef GEMD_WINSYS_DRM_SHARED_H
#define GEMD_WINSYS_DRM_SHARED_H

#include <stdbool.h>

#include "winsys/drm/channel.h"

#define DRM_SHARED_PAYLOAD_MAX ((size_t)64 << 10) /* more goes by the socket */

/* What one end says. */
struct drm_shared_side {
    uint32_t number; /* of its last message; what it says belongs to it */
    uint32_t sleeps; /* not 0: it is to be rung for */
    union {
        struct drm_wire_request request;
        struct drm_wire_answer answer;
    };
    uint32_t processor; /* that it spoke from */
    uint32_t unused;    /* a line of the cache each */
};

struct drm_shared {
    struct drm_shared_side program, server;
    uint8_t payload[DRM_SHARED_PAYLOAD_MAX]; /* of whoever spoke last */
};

/* One end of a channel. */
struct drm_link {
    int socket;                /* whoever has the link closes it */
    struct drm_shared *shared; /* NULL: all goes by the socket */
    struct drm_shared_side *own, *other;
    uint32_t seen; /* the other's last message that was taken */
};

/* The server's: memory, mapped, and the descriptor to give away, whose owner closes it. */
int drm_shared_create(struct drm_link *link, int *fd);
/* The program's: maps what came, and leaves the descriptor alone. A child of fork() has it not. */
int drm_shared_open(struct drm_link *link, int fd);
/* Unmaps it, and says that this end sleeps for good. */
void drm_shared_close(struct drm_link *link);

/* As drm_packet_send() and drm_packet_receive(), whichever way it goes. */
int drm_link_send(struct drm_link *link, struct drm_packet *packet);
int drm_link_receive(struct drm_link *link, struct drm_packet *packet, struct drm_buffer *buffer);

/* Whether a message needs no socket. */
bool drm_link_fits(const struct drm_link *link, const struct drm_packet *packet);
/* Whether the other end has to be rung for, which takes the socket. */
bool drm_link_sleeps(const struct drm_link *link);

/*
 * Looks for a message, for so long at most; whether there is one. It takes a processor's time, and
 * does not when the other end spoke from this one: it could not come on.
 */
bool drm_link_look(const struct drm_link *link, uint32_t ns);

/*
 * How often looking is worth it: after some that was in vain, others are left out, up to
 * DRM_LOOKS_SKIP_MAX of them. {0} to begin with.
 */
struct drm_looks {
    uint8_t skip, misses;
};

#define DRM_LOOKS_SKIP_MAX 15u

bool drm_looks_may(struct drm_looks *looks);
void drm_looks_note(struct drm_looks *looks, bool came);

/*
 * The scheduler wakes a thread where its waker runs when all processors have something to do. Then
 * looking is of no use, and each call costs both ends a switch. So who answers many calls in a row
 * steps aside, to another processor; and back before it sleeps, as it would be woken late there,
 * where others run. {0} to begin with.
 */
struct drm_aside {
    struct drm_looks looks;
    bool is_aside;
    uint32_t calls; /* since the last step */
    uint32_t dense; /* calls in a row, each soon after the one before */
    uint64_t last_ns;
};

/* A call was answered: goes to another processor if it came from this one, and that paid lately. */
void drm_step_aside(struct drm_aside *aside, const struct drm_link *link);
void drm_step_back(struct drm_aside *aside, const struct drm_link *link);

/* Processors that this process may use: with one, looking would keep the other end from work. */
unsigned drm_processors(void);

#endif
