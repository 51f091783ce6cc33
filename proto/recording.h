/* SPDX-License-Identifier: MIT */
/*
 * A recording: one session's life as items, as the daemon writes them and as files hold them
 * (doc/capture.md). Little-endian, naturally aligned; each item's size is a multiple of 8.
 *
 * The first item is BEGIN. Pages are told before the batch or frame that needs them; a page that
 * nothing was told of is zero. What the GPU writes is told nowhere: who replays has it written
 * again. In files a page with contents that were there before may name them by their number.
 */
#ifndef GEMD_PROTO_RECORDING_H
#define GEMD_PROTO_RECORDING_H

#include "proto/protocol.h"

#define RECORDING_MAGIC    "GEMDREC" /* with its NUL, 8 bytes */
#define RECORDING_VERSION  1u
#define RECORDING_ITEM_MAX (4u << 20) /* bytes of one item; a ring's record is the largest */
#define RECORDING_PAGE     4096u

enum recording_type {
    RECORDING_BEGIN = 1,   /* struct recording_begin */
    RECORDING_MESSAGE = 2, /* struct recording_message and the message */
    RECORDING_RECORD = 3,  /* struct recording_record and the ring's record */
    RECORDING_PAGES = 4,  /* struct recording_page, and its contents unless they are a repetition */
    RECORDING_ARENA = 5,  /* struct recording_arena */
    RECORDING_IMPORT = 6, /* struct recording_import */
    RECORDING_WINDOW = 7, /* struct recording_window */
    RECORDING_RETIRED = 8, /* struct recording_retired */
    RECORDING_FRAME = 9,   /* struct recording_frame */
    RECORDING_FLIP = 10,   /* struct recording_flip */
    RECORDING_END = 11,    /* struct recording_end */
};

/* Starts every item. time_ns: since BEGIN. */
struct recording_item {
    uint32_t type;
    uint32_t size; /* of the whole item */
    uint64_t time_ns;
};

struct recording_begin {
    struct recording_item item;
    char magic[8];
    uint32_t version;
    uint16_t major, minor; /* of the session's protocol */
    uint32_t pci_device;
    uint32_t attached; /* 1: the session had a life before; what it has is told first */
    uint64_t aperture_bytes, gtt_bytes;
    uint64_t submitted; /* the session's last seqno before */
    uint32_t screen_width, screen_height, refresh_millihertz;
    uint32_t reserved;
    char device[GEMD_NAME_MAX];
    char name[GEMD_NAME_MAX]; /* the client's */
};

enum recording_direction { RECORDING_TO_DAEMON = 0, RECORDING_TO_CLIENT = 1 };

/* A request as it was carried out or refused, or an event; 'bytes' of it follow. */
struct recording_message {
    struct recording_item item;
    uint32_t direction; /* enum recording_direction */
    uint32_t bytes;
};

/* A record of the ring that has been carried out; it follows whole. */
struct recording_record {
    struct recording_item item;
    uint32_t refused; /* 1: a batch that was */
    uint32_t reserved;
};

enum recording_space { RECORDING_OF_ARENA = 0, RECORDING_OF_IMPORT = 1 };

/* What is in one page from here on. */
struct recording_page {
    struct recording_item item;
    uint32_t space;   /* enum recording_space */
    uint32_t object;  /* arena, or the handle of an imported buffer */
    uint32_t page;    /* its number in there */
    uint32_t content; /* 0: 4096 bytes follow; else as the content-th page of those that did */
};

/* The session has given a memory file, or taken it back. */
struct recording_arena {
    struct recording_item item;
    uint32_t arena;
    uint32_t gone; /* 1: taken back */
    uint64_t size;
};

/* A buffer that another session lent. */
struct recording_import {
    struct recording_item item;
    uint32_t handle;
    uint32_t rights; /* enum gemd_use bits */
    uint64_t size;
    uint32_t tiling, pitch;
};

struct recording_window {
    struct recording_item item;
    uint32_t window;
    uint32_t gone; /* 1: destroyed */
    uint32_t width, height;
};

/*
 * A batch has left the GPU. hash: of all pages of the buffers that its relocations write, in the
 * order of its list (XXH3, 64 bits, of each page's 128 bits as XXH128_canonicalFromHash() has
 * them); 0: it wrote nothing.
 */
struct recording_retired {
    struct recording_item item;
    uint64_t seqno;
    uint64_t hash;
};

/* Follows an accepted PRESENT. hash: XXH3, 64 bits, of the visible bytes row by row. */
struct recording_frame {
    struct recording_item item;
    uint64_t serial;
    uint64_t hash;
    uint32_t window;
    uint32_t width, height;
    uint32_t reserved;
};

/* The frame went up on the screen. */
struct recording_flip {
    struct recording_item item;
    uint64_t serial;
    uint64_t vblank;
    uint32_t window;
    uint32_t reserved;
};

enum recording_reason {
    RECORDING_ENDED = 0,   /* the session did */
    RECORDING_STOPPED = 1, /* who records wanted no more */
    RECORDING_BEHIND = 2,  /* who records did not take it fast enough: the rest is missing */
    RECORDING_FAILED = 3,  /* out of memory */
};

struct recording_end {
    struct recording_item item;
    uint32_t reason; /* enum recording_reason */
    uint32_t reserved;
    char text[GEMD_TEXT_MAX];
};

#endif
