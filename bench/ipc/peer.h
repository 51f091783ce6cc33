/* SPDX-License-Identifier: MIT */
/* What is measured: each can go there and back again many times. */
#ifndef GEMD_BENCH_IPC_PEER_H
#define GEMD_BENCH_IPC_PEER_H

#include <stdbool.h>

struct peer {
    const char *name;
    /* Makes the other side ready; 'at' is a socket's path where it is one. False, told why. */
    bool (*start)(const char *at);
    /* 'count' round trips, one after the other. */
    bool (*round_trips)(unsigned count);
};

extern const struct peer peer_futex; /* two processes wake each other by a futex word each */
extern const struct peer peer_pipe;  /* a byte through a pipe, and one back */
extern const struct peer peer_vtest; /* virgl's test server: an empty submission, and its fence */
extern const struct peer peer_gemd;  /* an empty batch, and its fence */

/* Queues 'count' empty batches and waits for the last. */
bool gemd_pipeline(unsigned count);
/* Makes a buffer and destroys it, 'count' times. */
bool gemd_buffers(unsigned count);

#endif
