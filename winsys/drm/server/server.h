/* SPDX-License-Identifier: MIT */
/*
 * The server: DRM files for the programs under one gemd-run, on sessions of a daemon. One thread
 * runs the event loop (files that hang up, new channels), each channel has one of its own.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_SERVER_H
#define GEMD_WINSYS_DRM_SERVER_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/gemd.h"
#include "winsys/drm/server/file.h"

#define DRM_CHANNELS_MAX 512u /* threads */
#define DRM_FILES_MAX    256u

#define DRM_PCI_NAME "pci:0000:00:02.0" /* what GET_UNIQUE says; drm/server/tree.c has the same */

struct event_base;
struct event;
struct drm_channel;
struct drm_objects;
struct drm_screen;
struct drm_sync_files;
struct drm_uevents;

struct drm_server {
    struct event_base *base;
    bool own_base;
    struct event *listening;
    int listener; /* -1: none */
    uint64_t id;
    char socket_path[108];
    const char *daemon_socket; /* NULL: the default one */
    struct gemd_info info;     /* of the daemon, as it was at the beginning */
    uint32_t swizzle[2];       /* of X and Y tiles: bits that go into bit 6 */
    bool atomic;               /* whether clients may have DRM_CLIENT_CAP_ATOMIC: mode/'s choice */

    pthread_mutex_t lock;
    struct drm_file *files;
    unsigned file_count;
    struct drm_file *master; /* of card0; NULL: none */
    uint32_t last_magic;
    bool has_unique; /* core.c's: somebody asked for version 1.1 by SET_VERSION */
    uint32_t resets; /* that sessions of this server have seen */
    struct drm_channel *channels;
    unsigned channel_count;
    unsigned closer_count; /* threads in which files end */
    pthread_cond_t channels_gone;
    unsigned processors;     /* that there are for us */
    unsigned channels_awake; /* that look for a request; atomic */

    struct drm_objects *objects;       /* object.c's: all memory files by identity, names */
    struct drm_screen *screen;         /* mode/'s */
    struct drm_sync_files *sync_files; /* sync_file.c's */
    struct drm_uevents *uevents;
    const char *directory; /* R; NULL: there is none */
};

/*
 * Everything but the socket: tests call drm_channel_start(), or drm_file_open() and drm_ioctl(), on
 * it. base: of evthread_use_pthreads(); NULL: makes its own. The daemon must answer: a negative
 * errno else, with a line in reason. daemon_socket must stay.
 */
int drm_server_init(struct drm_server *server, struct event_base *base, const char *daemon_socket,
                    char reason[GEMD_TEXT_MAX]);
/* Serves until drm_server_stop(), which any thread may call. Without it files do not end. */
void drm_server_run(struct drm_server *server);
void drm_server_stop(struct drm_server *server);
/* Listens at R/server.sock. directory must stay. */
int drm_server_listen(struct drm_server *server, const char *directory);
/* Ends channels and files, and frees all. No other thread is in a call. */
void drm_server_finish(struct drm_server *server);

/* Serves a connected socket in a thread of its own; takes the socket. -EAGAIN: too many. */
int drm_channel_start(struct drm_server *server, int socket);
/* Ends all channels and waits for their threads. */
void drm_channels_end(struct drm_server *server);

/*
 * One ioctl, as drm_ioctl() of Linux: permission, then the handler of the tables. What it returns.
 * Tests of handlers come in here.
 */
int drm_ioctl(struct drm_file *file, struct drm_call *call);
/* Whether any table has a handler for it. */
bool drm_ioctl_is_served(uint32_t number);

/* The rooms' own of the server. */
int drm_gem_init(struct drm_server *server);
void drm_gem_finish(struct drm_server *server);
int drm_mode_init(struct drm_server *server);
void drm_mode_finish(struct drm_server *server);

#endif
