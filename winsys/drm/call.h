/* SPDX-License-Identifier: MIT */
/*
 * An ioctl as its handler sees it: the structure, and copies of the arrays that it points to, in
 * the server's own memory. Nobody else can change them meanwhile.
 */
#ifndef GEMD_WINSYS_DRM_CALL_H
#define GEMD_WINSYS_DRM_CALL_H

#include <stddef.h>
#include <stdint.h>

struct drm_file;

#define DRM_CALL_ARRAYS 8

/* What a pointer of the structure names; the order is that of calls.def. */
struct drm_call_array {
    void *bytes;    /* 'count' elements: given, or (out) zeroed room for them */
    uint32_t count; /* elements that the program gave, or has room for */
    uint32_t used;  /* out: elements that go back; at most count */
};

struct drm_call {
    uint32_t number; /* _IOC_NR */
    void *argument;  /* the structure at this library's size: padded with zeros, or cut */
    uint32_t given;  /* bytes of it that the program knows */
    int32_t pid;     /* of the program that calls, as the server sees it */
    uint32_t uid;
    struct drm_call_array arrays[DRM_CALL_ARRAYS];
    /*
     * Descriptors that the structure names. in: the server's own copy, -1 without; a handler that
     * keeps it sets it to -1. out: what a handler gives away, closed after it was sent.
     */
    int fd_in, fd_out;
    /* hangs up when the thread that calls is gone: what waits for long polls it; -1: it stays */
    int channel;
};

/* 0, or a negative errno as Linux' i915 gives it on gen3. May block; holds no lock when called. */
typedef int drm_handler(struct drm_file *file, struct drm_call *call);

/* Tables of handlers end with handle NULL; what is in none of them gives -EINVAL. */
struct drm_ioctl {
    uint32_t number;
    uint32_t flags; /* enum drm_ioctl_flags */
    drm_handler *handle;
};

enum drm_ioctl_flags {
    DRM_IOCTL_RENDER = 1u << 0, /* also on a render node; others give -EACCES there */
    DRM_IOCTL_AUTH = 1u << 1,   /* on a card: wants authentication, -EACCES */
    DRM_IOCTL_MASTER = 1u << 2, /* wants to be master, -EACCES */
    DRM_IOCTL_ROOT = 1u << 3,   /* wants a privileged opener, -EACCES */
};

extern const struct drm_ioctl drm_core_ioctls[]; /* core.c: VERSION, caps, magic, master, names */
extern const struct drm_ioctl drm_gem_ioctls[];  /* gem.c, prime.c */
extern const struct drm_ioctl drm_exec_ioctls[]; /* exec.c */
extern const struct drm_ioctl drm_syncobj_ioctls[]; /* syncobj_calls.c */
extern const struct drm_ioctl drm_mode_ioctls[];    /* mode/ */

#endif
