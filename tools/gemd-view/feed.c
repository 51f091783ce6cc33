/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/feed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOOK_NS  250000000 /* between two looks whether it shall stop */
#define AGAIN_NS 300000000 /* between two tries to find a daemon */

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct feed *feed = data;
    pthread_mutex_lock(&feed->lock);
    snprintf(feed->text, sizeof(feed->text), "%s", text);
    pthread_mutex_unlock(&feed->lock);
}

/* The lock is held. */
static void set_state(struct feed *feed, enum feed_state state)
{
    feed->state = state;
    pthread_mutex_unlock(&feed->lock);
    feed->notify(feed->data);
    pthread_mutex_lock(&feed->lock);
}

/* The lock is held. */
static void wait_some(struct feed *feed, int64_t ns)
{
    const int64_t end = now_ns() + ns;
    const struct timespec until = {.tv_sec = end / 1000000000, .tv_nsec = end % 1000000000};
    pthread_cond_timedwait(&feed->changed, &feed->lock, &until);
}

/* The view is over, and so are its pictures. The lock is held. */
static void end_mirror(struct feed *feed)
{
    for (; feed->count > 0; feed->count--) {
        gemd_mirror_return(feed->mirror, &feed->queue[feed->first]);
        feed->first = (feed->first + 1) % FEED_SLOTS;
    }
    while (feed->taken > 0) {
        pthread_cond_wait(&feed->changed, &feed->lock);
    }
    gemd_mirror_close(feed->mirror);
    feed->mirror = NULL;
}

/*
 * Begins a view, with a daemon that may have to come first: one that is just dying takes
 * connections, and says nothing. The lock is held.
 */
static void begin_mirror(struct feed *feed)
{
    struct gemd_mirror *mirror = NULL;
    pthread_mutex_unlock(&feed->lock);
    int error = gemd_session_reconnect(feed->session, NULL);
    const bool there = error == 0;
    error = there ? gemd_mirror_open(feed->session, FEED_SLOTS, &mirror) : error;
    pthread_mutex_lock(&feed->lock);
    feed->mirror = mirror;
    if (error == 0) {
        set_state(feed, FEED_RUNS);
    } else if (there && error != -EIO) {
        set_state(feed, FEED_REFUSED);
    } else {
        wait_some(feed, AGAIN_NS);
    }
}

static void take_next(struct feed *feed)
{
    struct gemd_picture picture;
    struct gemd_mirror *mirror = feed->mirror;
    pthread_mutex_unlock(&feed->lock);
    int error = gemd_mirror_next(mirror, now_ns() + LOOK_NS, &picture);
    pthread_mutex_lock(&feed->lock);
    if (error == 0) {
        if (feed->count == FEED_SLOTS) { /* some are of a file that was replaced */
            gemd_mirror_return(mirror, &feed->queue[feed->first]);
            feed->first = (feed->first + 1) % FEED_SLOTS;
            feed->count--;
        }
        feed->queue[(feed->first + feed->count++) % FEED_SLOTS] = picture;
        pthread_mutex_unlock(&feed->lock);
        feed->notify(feed->data);
        pthread_mutex_lock(&feed->lock);
    } else if (error != -ETIME) {
        set_state(feed, error == -EIO ? FEED_GONE : FEED_REFUSED);
        end_mirror(feed);
    }
}

static void *run(void *data)
{
    struct feed *feed = data;
    pthread_mutex_lock(&feed->lock);
    while (!feed->stops && feed->state != FEED_REFUSED) {
        if (feed->mirror != NULL) {
            take_next(feed);
        } else {
            begin_mirror(feed);
        }
    }
    if (feed->mirror != NULL) {
        end_mirror(feed);
    }
    pthread_mutex_unlock(&feed->lock);
    return NULL;
}

static int open_session(struct feed *feed, const char *socket)
{
    char reason[GEMD_TEXT_MAX];
    const struct gemd_connect_options connect = {.socket = socket,
                                                 .name = "gemd-view",
                                                 .role = GEMD_ROLE_OPERATOR,
                                                 .on_event = on_event,
                                                 .on_event_data = feed};
    int error = gemd_session_open(&connect, &feed->session, reason);
    if (error != 0) {
        fprintf(stderr, "gemd-view: %s\n", reason);
        return error;
    }
    error = gemd_mirror_open(feed->session, FEED_SLOTS, &feed->mirror);
    if (error != 0) {
        fprintf(stderr, "gemd-view: no live view: %s\n",
                feed->text[0] != '\0' ? feed->text : strerror(-error));
        gemd_session_close(feed->session);
    }
    return error;
}

int feed_start(struct feed *feed, const char *socket, void (*notify)(void *data), void *data)
{
    pthread_condattr_t monotonic;
    *feed = (struct feed){.notify = notify, .data = data, .state = FEED_RUNS};
    pthread_mutex_init(&feed->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&feed->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int error = open_session(feed, socket);
    if (error == 0) {
        error = -pthread_create(&feed->thread, NULL, run, feed);
        if (error != 0) {
            fprintf(stderr, "gemd-view: no thread: %s\n", strerror(-error));
            gemd_mirror_close(feed->mirror);
            gemd_session_close(feed->session);
        }
    }
    return error;
}

void feed_stop(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->stops = true;
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
    pthread_join(feed->thread, NULL);
    gemd_session_close(feed->session);
    pthread_cond_destroy(&feed->changed);
    pthread_mutex_destroy(&feed->lock);
}

bool feed_take(struct feed *feed, struct gemd_picture *picture)
{
    pthread_mutex_lock(&feed->lock);
    /* Those of a view that has ended are the thread's to give back. */
    const bool any = feed->count > 0 && feed->state == FEED_RUNS;
    if (any) {
        *picture = feed->queue[feed->first];
        feed->first = (feed->first + 1) % FEED_SLOTS;
        feed->count--;
        feed->taken++;
    }
    pthread_mutex_unlock(&feed->lock);
    return any;
}

void feed_return(struct feed *feed, struct gemd_picture *picture)
{
    pthread_mutex_lock(&feed->lock);
    gemd_mirror_return(feed->mirror, picture);
    feed->taken--;
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
}

enum feed_state feed_look(struct feed *feed, char *text)
{
    pthread_mutex_lock(&feed->lock);
    const enum feed_state state = feed->state;
    memcpy(text, feed->text, GEMD_TEXT_MAX);
    pthread_mutex_unlock(&feed->lock);
    return state;
}

void feed_refresh(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    struct gemd_mirror *mirror = feed->mirror;
    feed->taken += mirror != NULL; /* so that it stays */
    pthread_mutex_unlock(&feed->lock);
    if (mirror != NULL) {
        (void)!gemd_mirror_look(mirror);
        pthread_mutex_lock(&feed->lock);
        feed->taken--;
        pthread_cond_broadcast(&feed->changed);
        pthread_mutex_unlock(&feed->lock);
    }
}
