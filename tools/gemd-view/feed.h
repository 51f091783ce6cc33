/* SPDX-License-Identifier: MIT */
/*
 * Pictures of a daemon's screen, from a thread that waits for them, and for the daemon when that
 * has gone. Whoever takes a picture gives it back, at the latest when he is told that the daemon
 * has gone.
 */
#ifndef GEMD_TOOLS_GEMD_VIEW_FEED_H
#define GEMD_TOOLS_GEMD_VIEW_FEED_H

#include <pthread.h>
#include <stdbool.h>

#include "proto/gemd.h"

#define FEED_SLOTS 4u

enum feed_state {
    FEED_RUNS,
    FEED_GONE,    /* no daemon; it is waited for */
    FEED_REFUSED, /* no more pictures will come; 'text' says why */
};

struct feed {
    struct gemd_session *session; /* the same one for always */
    void (*notify)(void *data);   /* from the thread: there is something to look at */
    void *data;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct gemd_mirror *mirror;
    struct gemd_picture queue[FEED_SLOTS];
    unsigned first, count;
    unsigned taken; /* and not given back */
    enum feed_state state;
    bool stops;
    char text[GEMD_TEXT_MAX]; /* what the daemon said last */
};

/* socket NULL: the usual one. 0; else a negative errno, after a line on stderr. */
__attribute__((warn_unused_result)) int feed_start(struct feed *feed, const char *socket,
                                                   void (*notify)(void *data), void *data);
/* All pictures have been given back. */
void feed_stop(struct feed *feed);

/* The oldest picture that nobody took. */
bool feed_take(struct feed *feed, struct gemd_picture *picture);
void feed_return(struct feed *feed, struct gemd_picture *picture);
/* text: GEMD_TEXT_MAX bytes. */
enum feed_state feed_look(struct feed *feed, char *text);
/* Asks for the picture of now. */
void feed_refresh(struct feed *feed);

#endif
