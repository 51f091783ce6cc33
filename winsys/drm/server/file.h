/* SPDX-License-Identifier: MIT */
/*
 * DRM files: what the kernel has one of for each open file description. A file has a socket pair,
 * whose other end is the program's descriptor, and a session of the daemon, opened and closed with
 * it.
 *
 * Locks: 'lock' of a file is for what its owner rooms keep there; drm_server.lock is for what files
 * share. Handlers are called with none of them, by the threads of channels, several at a time for
 * one file. Order: server, then files (by no order: one at a time), then objects.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_FILE_H
#define GEMD_WINSYS_DRM_SERVER_FILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "proto/gemd.h"
#include "winsys/drm/call.h"

struct drm_server;
struct drm_gem_file;
struct drm_mode_file;
struct drm_descriptor_call;
struct drm_syncobj;
struct event;

struct drm_file {
    struct drm_server *server;
    struct drm_file *next; /* drm_server.files */
    uint64_t id;
    uint32_t minor; /* DRM_MINOR_CARD or _RENDER */
    int socket;     /* the server's end */
    struct event *readable, *session_readable, *retry;
    struct ucred opener; /* the process that opened it */
    char program[17];    /* what that was called then */
    unsigned references; /* drm_server.lock: the list's, and a call's each */
    bool gone;           /* the program's end has hung up */
    struct gemd_session *session;
    pthread_mutex_t
        revive_lock; /* who brings the session back; no other is taken but the server's */
    /* revive.c's, under drm_server.lock: losses by a hang, as GET_RESET_STATS has them */
    uint32_t guilty, innocent;

    /* core.c's, under drm_server.lock */
    bool authenticated, was_master, magic_spent;
    uint32_t magic; /* 0: none yet */
    /* client capabilities, as DRM_CLIENT_CAP_* set them; read by anybody */
    bool stereo, universal_planes, writeback;
    uint32_t atomic; /* 0, 1 or 2 */
    /* core.c's, of the file's context, under drm_server.lock: as SETPARAM left them */
    bool is_not_captured, is_not_bannable, is_not_recoverable;
    bool aspect_ratio;

    pthread_mutex_t lock;
    struct drm_gem_file *gem;      /* object.c's: handles */
    struct drm_mode_file *mode;    /* mode/'s */
    struct drm_syncobj **syncobjs; /* syncobj.c's: [handle - 1] */
    uint32_t syncobj_room, syncobj_low;
};

/*
 * Opens a file: 0, with a reference, and the program's end in *descriptor. The file lives until
 * that is closed and nobody has a reference. -EMFILE, -ENODEV: no session, -ENOMEM. Its session
 * comes back by itself when it was lost: at once after a hang, else as soon as there is a daemon,
 * looked for each second. Handlers see -EIO from libgemd meanwhile, and gemd_session_losses()
 * grows.
 */
int drm_file_open(struct drm_server *server, uint32_t minor, const struct ucred *opener,
                  struct drm_file **file, int *descriptor);
/* The file of that id, with a reference; NULL: none, or gone. */
struct drm_file *drm_file_find(struct drm_server *server, uint64_t id);
void drm_file_unref(struct drm_file *file);
/* Until those that have ended, and wait for the GPU in threads of their own, are gone. */
void drm_files_await(struct drm_server *server);
/* What happens by itself when the program's end hangs up: for tests without a loop. */
void drm_file_hang_up(struct drm_file *file);

static inline bool drm_file_is_render(const struct drm_file *file)
{
    return file->minor != 0;
}

/* Whether it is the device's master; whether it was, or who is has let it in. */
bool drm_file_is_master(struct drm_file *file);
bool drm_file_is_authenticated(struct drm_file *file);

/*
 * Queues an event (struct drm_event and what belongs to it) for the program to read. Never waits.
 * 0; -ENOMEM: the program has not read for long.
 */
int drm_file_send_event(struct drm_file *file, const void *event, uint32_t size);

/* What the rooms do with a file that begins and ends. open: 0 or a negative errno. */
int drm_gem_open(struct drm_file *file);
void drm_gem_close(struct drm_file *file);
/* Whether that waits a while for the GPU, as others want to see what it draws. */
bool drm_gem_is_awaited(struct drm_file *file);
/* Others wait for what it has submitted up to seqno: that is drawn even if it ends. */
void drm_gem_fenced(struct drm_file *file, uint64_t seqno);
int drm_mode_open(struct drm_file *file);
void drm_mode_close(struct drm_file *file);
/* It has become master, or is it no longer: the screen of who is not may not be changed by it. */
void drm_mode_master(struct drm_file *file, bool master);
/* An event of the file's session, from whatever thread read it. */
void drm_mode_event(struct drm_file *file, const struct gemd_msg_header *event);
void drm_gem_event(struct drm_file *file, const struct gemd_msg_header *event, const char *text);

/*
 * mmap() of the file at 'offset': the memory file, the caller's to close, and where in it.
 * -EINVAL: no such offset, or too long; -EACCES.
 */
int drm_gem_map(struct drm_file *file, uint64_t offset, uint64_t length, uint32_t prot,
                uint64_t *file_offset);
/* An ioctl on a descriptor that may be a dma-buf; -ENOTTY: it is none, or no such ioctl. */
int drm_gem_dmabuf(struct drm_server *server, struct drm_descriptor_call *call);
/* Whether the descriptor is a buffer's memory file. */
bool drm_gem_is_dmabuf(struct drm_server *server, int fd);

#endif
