/* SPDX-License-Identifier: MIT */
/* Reads a session's submission ring and carries out its records, each from a private copy. */
#ifndef GEMD_RECORDS_H
#define GEMD_RECORDS_H

struct session;

enum records_result {
    RECORDS_EMPTY,   /* all read, the client rings the doorbell for more; or the next record waits
                        for a fence, which will wake the session */
    RECORDS_MORE,    /* a turn is over */
    RECORDS_BLOCKED, /* the next record has to wait until a batch retires */
    RECORDS_ENDED,   /* the session broke the protocol and is no more */
};

/* A turn: up to one batch goes to the GPU. */
enum records_result records_turn(struct session *session);

#endif
