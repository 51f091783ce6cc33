/* SPDX-License-Identifier: MIT */
/*
 * Between the library in a program (preload/) and the server: a channel, which is a SOCK_SEQPACKET
 * connection to R/server.sock, one per thread, and some memory that both have (shared.h). One
 * request, one answer. A malformed request ends the channel; a refused one has a negative errno in
 * its answer.
 *
 * The name of a DRM file's other end, as getpeername() of the program's descriptor gives it: the
 * abstract address "\0gemd-drm/SERVER/FILE/MINOR", with 16 digits of hex, 16 digits of hex, and 0
 * or 128.
 *
 * The payload of IOCTL: the structure's bytes (request: those of drm_call_bytes_in(); answer: of
 * drm_call_bytes_out()), padded to 8; then for each array of the row a struct drm_wire_array and
 * the bytes that it says, padded to 8. pack.h has both directions.
 */
#ifndef GEMD_WINSYS_DRM_WIRE_H
#define GEMD_WINSYS_DRM_WIRE_H

#include <stdint.h>

#define DRM_WIRE_VERSION     2u
#define DRM_WIRE_SOCKET      "server.sock" /* in the directory R */
#define DRM_WIRE_LIBRARY     "libgemd_drm.so"
#define DRM_WIRE_NAME        "gemd-drm"
#define DRM_WIRE_NAME_FORMAT DRM_WIRE_NAME "/%016llx/%016llx/%u" /* behind the zero byte */
/* The same of a socket that stands for one of NETLINK_KOBJECT_UEVENT: server, number of its own. */
#define DRM_WIRE_UEVENT_NAME   "gemd-uevent"
#define DRM_WIRE_UEVENT_FORMAT DRM_WIRE_UEVENT_NAME "/%016llx/%016llx"
/* Its groups, as netlink's; the program's end says which with a packet of these 4 bytes. */
#define DRM_WIRE_UEVENT_KERNEL 1u
#define DRM_WIRE_UEVENT_UDEV   2u
#define DRM_WIRE_INLINE_MAX                                                                        \
    (128u << 10) /* bytes of a packet; a larger payload is a memory file                           \
                  */
#define DRM_WIRE_PAYLOAD_MAX (UINT64_C(520) << 20)
#define DRM_WIRE_FDS_MAX     2u /* what is named, and the memory file */

#define DRM_MINOR_CARD   0u
#define DRM_MINOR_RENDER 128u

enum drm_wire_type {
    /*
     * file: DRM_WIRE_VERSION; length: 1 for memory that both ends have (shared.h), 0 for none, and
     * for giving up what there was. Answer: file is the server's id; -EPROTO: another version; the
     * memory's descriptor, if there is one.
     */
    DRM_WIRE_HELLO = 1,
    /* minor. Answer: file, and the descriptor, close-on-exec and blocking. -EMFILE, -ENODEV. */
    DRM_WIRE_OPEN,
    /* file, request, payload, and the descriptor that the structure names. */
    DRM_WIRE_IOCTL,
    /*
     * file, offset (what mmap() is given), length, request: PROT_* bits. Answer: a memory file, and
     * where in it: offset. -EINVAL, -EACCES: as Linux' mmap().
     */
    DRM_WIRE_MAP,
    /*
     * A descriptor that may be a dma-buf or a sync file, request, payload: the structure's bytes;
     * offset: what LOOK said of the sync file that the structure names, if it does. Answer: the
     * structure, padded to 8, and what its pointer is to show; the descriptor that it makes.
     */
    DRM_WIRE_DMABUF,
    /*
     * A descriptor: what is it? Answer: file (0: no DRM file of this server) and minor; length: 1
     * when it is a buffer's memory file, a dma-buf, or a sync file; offset: which sync file.
     */
    DRM_WIRE_LOOK,
    /* Answer: a socket that hears uevents. -EMFILE. */
    DRM_WIRE_UEVENT,
    DRM_WIRE_BELL, /* no request: the shared memory has one, or an answer */
    DRM_WIRE_TYPES
};

enum drm_wire_flags {
    DRM_WIRE_FD = 1u << 0,      /* a descriptor is named: the first */
    DRM_WIRE_OUTSIDE = 1u << 1, /* the payload is in a memory file, the last descriptor */
    /* Only in shared memory: the message is a packet that comes by the socket. */
    DRM_WIRE_ELSEWHERE = 1u << 2,
};

/* What is not said to be used is 0. A packet is this and the payload, if that is not outside. */
struct drm_wire_request {
    uint32_t type;  /* enum drm_wire_type */
    uint32_t flags; /* enum drm_wire_flags */
    uint32_t request;
    uint32_t minor;
    uint64_t file;
    uint64_t offset, length;
    uint64_t payload; /* bytes */
};

struct drm_wire_answer {
    uint32_t type;
    uint32_t flags;
    int32_t result; /* what the call returns, or a negative errno */
    uint32_t minor;
    uint64_t file;
    uint64_t offset, length;
    uint64_t payload;
};

struct drm_wire_array {
    uint64_t count; /* elements: given or room (request), that go back (answer) */
    uint64_t bytes; /* that follow */
};

#endif
