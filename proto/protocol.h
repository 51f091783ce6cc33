/* SPDX-License-Identifier: MIT */
/*
 * The contract between the daemon and its clients: wire messages and shared-memory layouts.
 *
 * Transport: a unix socket of type SOCK_SEQPACKET; one message is one packet, descriptors ride with
 * it (SCM_RIGHTS). Everything is little-endian, fixed size, naturally aligned, reserved fields are
 * zero (and checked). A packet whose size, number of descriptors, type or reserved bytes differ
 * from the table in messages.def is a protocol error: the daemon answers ERROR and closes.
 * An operation that cannot be done is answered ERROR, and the session goes on.
 *
 * Three memory files come with WELCOME, all sealed against resizing:
 *   submission ring  written by the client: struct gemd_ring_header, then a power of two of bytes
 *   status page      written by the daemon, read-only for the client: struct gemd_status_page
 *   doorbell         an eventfd (not a memory file): written by the client when the daemon sleeps
 *
 * Errors are negative errno values of Linux.
 */
#ifndef GEMD_PROTOCOL_H
#define GEMD_PROTOCOL_H

#include <stdint.h>

#define GEMD_PROTOCOL_MAJOR 1           /* must be equal on both sides */
#define GEMD_PROTOCOL_MINOR 2           /* the lower of both holds */
#define GEMD_PROTOCOL_MAGIC 0x646d6567u /* "gemd" */

#define GEMD_MESSAGE_MAX 1024 /* bytes of the largest message */
#define GEMD_FDS_MAX     4    /* descriptors of one message, at most */
#define GEMD_TEXT_MAX    256
#define GEMD_NAME_MAX    64
#define GEMD_KEPT_MAX    64 /* buffers that a client keeps, as the daemon sees it */

enum gemd_message_type {
#define GEMD_MESSAGE(number, NAME, body, direction, fds, who, meaning) GEMD_MSG_##NAME = number,
#include "messages.def"
#undef GEMD_MESSAGE
};

/* Starts every message. */
struct gemd_msg_header {
    uint32_t type;
    uint32_t size;   /* of the whole message */
    uint64_t serial; /* chosen by the asker, repeated in the answer; 0 in events */
};

enum gemd_role {
    GEMD_ROLE_CLIENT = 0,
    GEMD_ROLE_OPERATOR = 1, /* status, screenshots, audits; no buffers, no submissions */
    GEMD_ROLE_OBSERVER = 2, /* status and lists, of the own user's sessions unless it may all */
};

struct gemd_msg_hello {
    struct gemd_msg_header header;
    uint32_t magic;
    uint16_t major, minor;
    uint32_t role;
    uint32_t reserved;
    char name[GEMD_NAME_MAX]; /* the program, for logs and status; NUL-terminated */
};

struct gemd_msg_welcome {
    struct gemd_msg_header header;
    uint16_t major, minor;
    uint32_t session;    /* its number, in logs and status */
    uint32_t pci_device; /* 0x29c2: which chip the command streams are for */
    uint32_t ring_bytes; /* of the ring's data area, a power of two */
    uint64_t aperture_bytes;
    uint64_t gtt_bytes; /* that a batch's buffers can take together */
    uint32_t max_batch_words;
    uint32_t max_relocs;                  /* per batch */
    uint32_t max_buffers;                 /* per batch */
    uint32_t screen_width, screen_height; /* the mode, pixels */
    uint32_t refresh_millihertz;
    char device[GEMD_NAME_MAX]; /* "model:g33" */
    char daemon[GEMD_NAME_MAX]; /* "gemd 0.1.0" */
};

struct gemd_msg_error {
    struct gemd_msg_header header;
    int32_t error;           /* negative errno */
    uint32_t protocol_error; /* 1: the connection is closed after this */
    char text[GEMD_TEXT_MAX];
};

struct gemd_msg_done {
    struct gemd_msg_header header;
};

struct gemd_msg_arena_add {
    struct gemd_msg_header header;
    uint32_t arena; /* chosen by the client, unused so far */
    uint32_t reserved;
    uint64_t size; /* bytes, a multiple of 4096, the file's whole size */
};

struct gemd_msg_arena_remove {
    struct gemd_msg_header header;
    uint32_t arena;
    uint32_t reserved;
};

struct gemd_msg_window_create {
    struct gemd_msg_header header;
    uint32_t width, height; /* pixels; both 0: the screen's mode */
};

struct gemd_msg_window_created {
    struct gemd_msg_header header;
    uint32_t window; /* slot in gemd_status_page.windows */
    uint32_t width, height;
    uint32_t stride_align; /* a presented buffer's stride is a multiple of it, bytes */
};

struct gemd_msg_window_destroy {
    struct gemd_msg_header header;
    uint32_t window;
    uint32_t reserved;
};

/* ---- the screen (since version 1.2) ---- */

#define GEMD_EDID_BYTES      128
#define GEMD_MODES_MAX       32
#define GEMD_CURSOR_SIDE_MAX 256 /* pixels, each way: 64, 128 or 256 */

enum gemd_mode_flags {
    GEMD_MODE_HSYNC_HIGH = 1, /* polarities */
    GEMD_MODE_VSYNC_HIGH = 2,
};

/* What the pipe does for a window of that size; pixels and lines from the picture's first. */
struct gemd_mode {
    uint32_t clock_khz;
    uint16_t width, hsync_start, hsync_end, htotal;
    uint16_t height, vsync_start, vsync_end, vtotal;
    uint32_t flags; /* enum gemd_mode_flags */
};

enum gemd_monitor {
    GEMD_MONITOR_UNKNOWN = 0, /* nobody looked, or it says nothing of itself */
    GEMD_MONITOR_NONE = 1,
    GEMD_MONITOR_KNOWN = 2,
};

struct gemd_msg_tiles_query {
    struct gemd_msg_header header;
};

/* Bits of the physical address that are XORed into its bit 6, where a surface is tiled; 0: none. */
struct gemd_msg_tiles {
    struct gemd_msg_header header;
    uint32_t swizzle_x, swizzle_y;
};

struct gemd_msg_screen_query {
    struct gemd_msg_header header;
};

struct gemd_msg_screen {
    struct gemd_msg_header header;
    uint32_t monitor;                       /* enum gemd_monitor */
    uint32_t mode_count;                    /* at least one */
    uint32_t edid_bytes;                    /* 0 or GEMD_EDID_BYTES */
    uint32_t reserved;                      /* 0 */
    uint8_t edid[GEMD_EDID_BYTES];          /* the monitor's block, as it came */
    struct gemd_mode modes[GEMD_MODES_MAX]; /* the preferred one first; no size twice */
};

/* The file: 'side' lines of as many pixels, ARGB8888, premultiplied. It is copied. */
enum gemd_cursor_when {
    GEMD_CURSOR_NOW = 0,        /* at the next vblank */
    GEMD_CURSOR_WITH_FRAME = 1, /* together with the next frame that has GEMD_PRESENT_CURSOR */
};

struct gemd_msg_cursor_image {
    struct gemd_msg_header header;
    uint32_t window;
    uint32_t side; /* 64, 128 or 256 */
    uint32_t when; /* enum gemd_cursor_when */
    uint32_t reserved;
};

struct gemd_msg_cursor_move {
    struct gemd_msg_header header;
    uint32_t window;
    uint32_t visible; /* 1, or 0: off; it has no picture before CURSOR_IMAGE */
    int32_t x, y;     /* of its upper left pixel in the window; may lie outside */
    uint32_t when;    /* enum gemd_cursor_when */
    uint32_t reserved;
};

#define GEMD_PALETTE_WORDS 256

/*
 * The file: GEMD_PALETTE_WORDS words, as the pipe has them, bits 31:24 zero. depth 8: a colour
 * each, 0x00RRGGBB. depth 10: two for each of 128 stretches of 8 values, for each channel in its
 * byte: first the lower 8 bits of where it begins, then its upper 2 bits (1:0) and the slope,
 * mantissa (5:2) and exponent (7:6): it rises by mantissa << (3 - exponent) in all. It is copied.
 */
struct gemd_msg_palette {
    struct gemd_msg_header header;
    uint32_t window;
    uint32_t depth; /* 8 or 10 bits */
};

struct gemd_msg_batch_rejected {
    struct gemd_msg_header header;
    uint64_t seqno;
    int32_t error;    /* -EINVAL: refused; -ENOSPC: buffers do not fit the GTT; -ENOMEM */
    uint32_t dword;   /* index in the batch */
    uint32_t command; /* header of the command it belongs to */
    uint32_t rule;    /* number of the rule */
    char rule_name[GEMD_NAME_MAX];
    char text[GEMD_TEXT_MAX];
};

struct gemd_msg_ring_error {
    struct gemd_msg_header header;
    uint32_t record; /* enum gemd_record_type */
    int32_t error;
    uint32_t handle; /* what it was about: buffer or window */
    uint32_t reserved;
    char text[GEMD_TEXT_MAX];
};

struct gemd_msg_status_query {
    struct gemd_msg_header header;
};

struct gemd_msg_status {
    struct gemd_msg_header header;
    uint64_t bytes; /* of text in the file */
};

struct gemd_msg_screenshot {
    struct gemd_msg_header header;
};

struct gemd_msg_suspend {
    struct gemd_msg_header header;
};

struct gemd_msg_resume {
    struct gemd_msg_header header;
};

/* A monitor with that description; edid_bytes 0: the one that the model came with. */
struct gemd_msg_monitor_plug {
    struct gemd_msg_header header;
    uint32_t plugged;    /* 1, or 0: pulled out, edid_bytes is 0 */
    uint32_t edid_bytes; /* 0 or GEMD_EDID_BYTES */
    uint8_t edid[GEMD_EDID_BYTES];
};

struct gemd_msg_screen_changed {
    struct gemd_msg_header header;
};

struct gemd_msg_screenshot_taken {
    struct gemd_msg_header header;
    uint32_t width, height, stride; /* XRGB8888, bytes B G R X */
    uint32_t reserved;
    uint64_t frame; /* the pipe's frame counter, extended to 64 bits */
};

struct gemd_msg_audit {
    struct gemd_msg_header header;
    uint32_t session; /* its number, as in the status */
    uint32_t on;      /* 1, or 0: off */
};

/* Asks for a descriptor of a fence: the session's seqno, submitted already or not. */
struct gemd_msg_fence_export {
    struct gemd_msg_header header;
    uint64_t seqno;
};

/* Its descriptor is the read end of a pipe, readable once the seqno has retired or never will. */
struct gemd_msg_fence_exported {
    struct gemd_msg_header header;
};

/* The byte in the pipe of an exported fence; after it comes the end of the file. */
enum gemd_fence_state {
    GEMD_FENCE_DONE = 1, /* the work has left the GPU */
    GEMD_FENCE_LOST = 2, /* the session ended, and the work will not be done */
};

/* Gives a descriptor that becomes readable: what a WAIT of the ring can name. */
struct gemd_msg_fence_import {
    struct gemd_msg_header header;
    uint32_t fence; /* chosen by the client, unused so far, not 0 */
    uint32_t reserved;
};

enum gemd_vblank_flags {
    GEMD_VBLANK_RELATIVE = 1, /* 'sequence' counts from the vblank that was last */
    GEMD_VBLANK_NEXT = 2,     /* one that has passed stands for the next one */
};

/* How far ahead a vblank may be that is waited for. */
#define GEMD_VBLANK_AHEAD_MAX (UINT64_C(1) << 31)

/* Asks to be told of a vblank. */
struct gemd_msg_vblank_wait {
    struct gemd_msg_header header;
    uint32_t pipe;  /* 0: there is one */
    uint32_t flags; /* enum gemd_vblank_flags */
    uint64_t sequence;
    uint64_t cookie; /* the client's */
};

struct gemd_msg_vblank_event {
    struct gemd_msg_header header;
    uint32_t pipe;
    int32_t error;     /* 0: it came; -ENODATA, -ECANCELED, -EIO: it did not */
    uint64_t sequence; /* the vblank that was last */
    uint64_t time_ns;  /* its CLOCK_MONOTONIC time */
    uint64_t cookie;   /* that of the request */
};

enum gemd_flip_state {
    GEMD_FLIP_SHOWN = 1,   /* it is on the screen */
    GEMD_FLIP_DROPPED = 2, /* it was replaced before */
    GEMD_FLIP_HIDDEN = 3,  /* it took its turn while another window had the screen */
};

/* What became of a frame whose PRESENT asked for it. */
struct gemd_msg_flip_event {
    struct gemd_msg_header header;
    uint32_t window;
    uint32_t pipe;
    uint64_t serial;   /* of the frame */
    uint64_t sequence; /* the vblank at which it went up; 0: dropped */
    uint64_t time_ns;  /* its CLOCK_MONOTONIC time; 0: dropped */
    uint32_t state;    /* enum gemd_flip_state */
    uint32_t reserved;
};

/* ---- the live view: a mirror of what the pipe scans out (since version 1.2) ---- */

#define GEMD_MIRROR_SLOTS_MIN 2u
#define GEMD_MIRROR_SLOTS_MAX 64u

/* Begins a mirror: from now on FILE and PICTURE events come. One for each session. */
struct gemd_msg_mirror_start {
    struct gemd_msg_header header;
    uint32_t slots; /* pictures that the daemon keeps for it, 2 to 64; fewer when they are large */
    uint32_t reserved;
};

struct gemd_msg_mirror_stop {
    struct gemd_msg_header header;
};

/* Has what is on the screen sent once more, as if it had changed. */
struct gemd_msg_mirror_look {
    struct gemd_msg_header header;
};

/* The picture in a slot is not needed any more. Has no answer, unless it is refused. */
struct gemd_msg_mirror_return {
    struct gemd_msg_header header;
    uint32_t generation; /* of its PICTURE; of a file that has been replaced: nothing happens */
    uint32_t slot;
};

/* The file that pictures are in from now on: slot N of it begins at N * slot_bytes. */
struct gemd_msg_mirror_file {
    struct gemd_msg_header header;
    uint64_t bytes, slot_bytes;
    uint32_t generation; /* its number, from 1 on */
    uint32_t slots;
    uint32_t width, height; /* pixels */
    uint32_t stride;        /* bytes, XRGB8888: bytes B G R X */
    uint32_t reserved;
};

/* What has changed since the picture before. */
enum gemd_mirror_cause {
    GEMD_MIRROR_FLIP = 1,  /* another frame, or none */
    GEMD_MIRROR_DRAWN = 2, /* something was drawn into the frame that is on the screen */
    GEMD_MIRROR_CURSOR = 4,
    GEMD_MIRROR_PALETTE = 8,
    GEMD_MIRROR_MODE = 16,  /* the pipe began to run, perhaps with another mode */
    GEMD_MIRROR_OFF = 32,   /* it ended */
    GEMD_MIRROR_ASKED = 64, /* nothing: it is the first, or was asked for */
};

/* A picture of what the pipe scans out, in a slot, which is the client's until MIRROR_RETURN. */
struct gemd_msg_mirror_picture {
    struct gemd_msg_header header;
    uint64_t number;     /* counts what has been on the screen, for all viewers alike */
    uint64_t sequence;   /* the vblank since which it is on the screen */
    uint64_t time_ns;    /* CLOCK_MONOTONIC: when that was seen */
    uint64_t lost;       /* that this mirror had no slot for, since it began */
    uint32_t generation; /* of the file; 0: there was none yet, since the pipe is off */
    uint32_t slot;
    uint32_t causes; /* enum gemd_mirror_cause bits, also of those that were lost before */
    uint32_t on;     /* 0: the pipe is off, and there is no picture in the slot */
};

/* For viewers: the client's processor has drawn into the frame that its window shows. */
struct gemd_msg_window_drawn {
    struct gemd_msg_header header;
    uint32_t window;
    uint32_t reserved;
};

/* The mirror has ended: the policy does not allow it any more. */
struct gemd_msg_mirror_ended {
    struct gemd_msg_header header;
    int32_t error; /* negative errno */
    uint32_t reserved;
    char text[GEMD_TEXT_MAX];
};

enum gemd_errors_form {
    GEMD_ERRORS_LIST = 0, /* a line of text for each */
    GEMD_ERRORS_TEXT = 1,
    GEMD_ERRORS_JSON = 2,   /* an array */
    GEMD_ERRORS_STREAM = 3, /* the batches, as gemctl check and decode read them */
};

struct gemd_msg_errors_query {
    struct gemd_msg_header header;
    uint64_t number; /* of an error; 0: all that are kept */
    uint32_t form;   /* enum gemd_errors_form */
    uint32_t reserved;
};

struct gemd_msg_errors {
    struct gemd_msg_header header;
    uint64_t bytes; /* of the file's content */
};

enum gemd_list_what {
    GEMD_LIST_BUFFERS = 1,
    GEMD_LIST_GTT = 2,
    GEMD_LIST_FENCES = 3,
    GEMD_LIST_RINGS = 4,
    GEMD_LIST_REGISTERS = 5,
    GEMD_LIST_WINDOWS = 6,
    GEMD_LIST_PIPES = 7,
};

struct gemd_msg_list {
    struct gemd_msg_header header;
    uint32_t what; /* enum gemd_list_what */
    uint32_t reserved;
};

struct gemd_msg_listed {
    struct gemd_msg_header header;
    uint64_t bytes; /* of text in the file */
    uint32_t rows;
    uint32_t left_out; /* rows that were too many */
};

/* Its descriptor is one end of a SOCK_STREAM socket: the daemon writes proto/recording.h there. */
struct gemd_msg_record {
    struct gemd_msg_header header;
    uint32_t session; /* its number, as in the status; 0: the next that begins of 'group' */
    uint32_t group;   /* a process, or a process group, by number; 0 with 'session' */
};

struct gemd_msg_record_self {
    struct gemd_msg_header header;
};

enum gemd_lost_reason {
    GEMD_LOST_NOT = 0,
    GEMD_LOST_GUILTY = 1, /* this session's work hung the GPU */
    GEMD_LOST_INNOCENT = 2,
    GEMD_LOST_UNKNOWN = 3, /* the daemon went away, or the connection did */
};

struct gemd_msg_session_lost {
    struct gemd_msg_header header;
    uint32_t reason; /* enum gemd_lost_reason */
    uint32_t reserved;
    char text[GEMD_TEXT_MAX];
};

struct gemd_msg_limit_passed {
    struct gemd_msg_header header;
    uint32_t of_user; /* 1: of all sessions of the user together; 0: of this one */
    uint32_t reserved;
    uint64_t used, soft, hard; /* in the kind's unit; UINT64_MAX: no limit */
    char kind[GEMD_NAME_MAX];  /* "bytes" */
    char text[GEMD_TEXT_MAX];
};

struct gemd_msg_buffer_export {
    struct gemd_msg_header header;
    uint32_t handle; /* the daemon has read its CREATE */
    uint32_t rights; /* enum gemd_use bits: READ, or both */
};

struct gemd_msg_buffer_exported {
    struct gemd_msg_header header;
};

struct gemd_msg_buffer_import {
    struct gemd_msg_header header;
    uint32_t handle; /* chosen by the client, unused so far */
    uint32_t reserved;
};

struct gemd_msg_buffer_imported {
    struct gemd_msg_header header;
    uint32_t handle;
    uint32_t rights; /* enum gemd_use bits: what batches may do with it */
    uint64_t size;
    uint32_t tiling; /* enum gemd_tiling */
    uint32_t pitch;  /* bytes, when tiled */
};

struct gemd_msg_buffer_revoke {
    struct gemd_msg_header header;
    uint32_t handle;
    uint32_t reserved;
};

struct gemd_msg_buffer_revoked {
    struct gemd_msg_header header;
    uint32_t handle; /* the importer's */
    uint32_t reserved;
};

struct gemd_msg_buffer_need {
    struct gemd_msg_header header;
    uint32_t handle; /* the daemon has read its MADVISE */
    uint32_t reserved;
};

struct gemd_msg_buffer_needed {
    struct gemd_msg_header header;
    uint32_t handle;
    uint32_t retained; /* 1; 0: its contents are gone, it is zero */
};

/* ---- the submission ring ---- */

/*
 * Positions are 64-bit byte counts that only grow; position modulo ring_bytes is the offset in the
 * data area. The client writes records and then 'tail'; the daemon publishes how far it has read in
 * gemd_status_page.ring_head. A record never straddles the end: PAD fills what is left.
 * Before it sleeps the daemon sets gemd_status_page.doorbell_wanted, looks at 'tail' once more, and
 * sleeps. A client that has moved 'tail' (sequentially consistent) and then sees doorbell_wanted
 * writes 1 to the doorbell.
 */
struct gemd_ring_header {
    uint64_t tail;
    /* Since 1.2: how many of the client's threads may sleep on these words of the status page. */
    uint32_t retired_waits, ring_waits, vblank_waits;
    uint32_t reserved0;
    uint64_t room_at; /* those that sleep on ring_changes want to be woken from this ring_head on */
    uint64_t retired_at; /* those that sleep on retired_changes, from this 'retired' on */
    uint8_t reserved[24];
    /*
     * Since 1.2: handles of buffers that the client keeps to use again; 0: none at this place. The
     * daemon may drop what is in them. First it puts the handle into kept_lost of the status page,
     * and goes on if it is still here; a client takes it away here, and uses the buffer if it is
     * not there, else closes it. All of that is sequentially consistent.
     */
    uint32_t kept[GEMD_KEPT_MAX];
};
#define GEMD_RING_DATA_OFFSET 4096u /* the data area's place in the memory file */

enum gemd_record_type {
    GEMD_RECORD_PAD = 1,
    GEMD_RECORD_CREATE = 2,  /* struct gemd_record_create */
    GEMD_RECORD_CLOSE = 3,   /* struct gemd_record_close */
    GEMD_RECORD_SUBMIT = 4,  /* struct gemd_record_submit and its arrays */
    GEMD_RECORD_PRESENT = 5, /* struct gemd_record_present */
    GEMD_RECORD_WAIT = 6,    /* struct gemd_record_wait */
    GEMD_RECORD_MADVISE = 9, /* struct gemd_record_madvise */
    GEMD_RECORD_SYNC = 8,    /* nothing else: ring_changes grows when it has been read */
};

/* Starts every record. size: of the whole record, a multiple of 8. */
struct gemd_record_header {
    uint32_t type;
    uint32_t size;
};

enum gemd_tiling { GEMD_TILING_NONE = 0, GEMD_TILING_X = 1, GEMD_TILING_Y = 2 };

/* A buffer object: a range of an arena. Handles are chosen by the client, not 0. */
struct gemd_record_create {
    struct gemd_record_header header;
    uint32_t handle;
    uint32_t arena;
    uint64_t offset; /* in the arena, a multiple of 4096 */
    uint64_t size;   /* a multiple of 4096 */
    uint32_t tiling; /* enum gemd_tiling */
    uint32_t pitch;  /* bytes, when tiled */
};

/* Its memory is the client's again once ring_head has passed this record and it is idle. */
struct gemd_record_close {
    struct gemd_record_header header;
    uint32_t handle;
    uint32_t reserved;
};

enum gemd_advice { GEMD_ADVICE_DONT_NEED = 1 };

/* What is in the buffer may be dropped until BUFFER_NEED; no batch may name it. */
struct gemd_record_madvise {
    struct gemd_record_header header;
    uint32_t handle;
    uint32_t advice; /* enum gemd_advice */
};

enum gemd_use { GEMD_USE_READ = 1, GEMD_USE_WRITE = 2 };

struct gemd_reloc {
    uint32_t dword;  /* index of the address dword in the batch; ascending */
    uint32_t buffer; /* index in the submission's buffer list */
    uint32_t delta;  /* bytes into the buffer */
    uint32_t use;    /* enum gemd_use bits: what the GPU does there */
};

/*
 * Followed by: uint32_t words[word_count], struct gemd_reloc relocs[reloc_count],
 * uint32_t buffers[buffer_count] (handles, no handle twice); then zeros up to a multiple of 8.
 * The batch ends with MI_BATCH_BUFFER_END; its length is even.
 */
struct gemd_record_submit {
    struct gemd_record_header header;
    uint64_t seqno; /* the session's last one + 1 */
    uint32_t word_count;
    uint32_t reloc_count;
    uint32_t buffer_count;
    uint32_t flags; /* 0 */
};

enum gemd_present_flags {
    GEMD_PRESENT_MAILBOX = 1, /* replaces what waits for the next vblank instead of queueing */
    /* Since 1.2: */
    GEMD_PRESENT_EXCLUSIVE = 2, /* refused, -EBUSY, while another frame of the window waits */
    GEMD_PRESENT_EVENT = 4,     /* FLIP_EVENT says what becomes of it */
    GEMD_PRESENT_TARGET = 8,    /* 'interval' is the vblank from which on it may be shown */
    GEMD_PRESENT_CURSOR = 16,   /* takes the cursor along that was sent WITH_FRAME */
};

/* Since 1.2, in bits 9:8 of the flags: what a frame's pixels are. */
enum gemd_format {
    GEMD_FORMAT_XRGB8888 = 0,
    GEMD_FORMAT_RGB565 = 1,
    GEMD_FORMAT_XRGB1555 = 2,
    GEMD_FORMAT_C8 = 3, /* indices of the window's palette; without one, greys */
};
#define GEMD_PRESENT_FORMAT_SHIFT 8
#define GEMD_PRESENT_FORMAT_MASK  (3u << GEMD_PRESENT_FORMAT_SHIFT)

/* Shows 'handle' in a window once the GPU has passed 'seqno' (of this session; 0: at once). */
struct gemd_record_present {
    struct gemd_record_header header;
    uint64_t seqno;
    uint64_t serial; /* of the window, the last one + 1 */
    uint32_t window;
    uint32_t handle;
    uint32_t offset;   /* bytes into the buffer, a multiple of 4096 */
    uint32_t stride;   /* bytes, a multiple of stride_align */
    uint32_t interval; /* vblanks since the window's last frame, at least; 0 or 1 with MAILBOX;
                          with TARGET: the low 32 bits of a vblank's number */
    uint32_t flags;    /* enum gemd_present_flags, enum gemd_format in bits 9:8 */
};

/* What follows in the ring is not read before the fence has come. Uses the fence up. */
struct gemd_record_wait {
    struct gemd_record_header header;
    uint32_t fence; /* of FENCE_IMPORT */
    uint32_t reserved;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC; from then on the ring goes on without it; 0: none */
};

/* ---- the status page ---- */

#define GEMD_WINDOWS_MAX 16 /* per session */

/*
 * One window. A frame's life: accepted (submitted), latched (on screen) or dropped (replaced before
 * it was shown), released (the pipe reads it no more). Frames are latched and released in order of
 * serial; a frame with serial <= released may be drawn into again, and so may one that was dropped:
 * with MAILBOX the client looks at 'dropped_bits' for the 64 serials up to 'accepted'. The daemon
 * clears a serial's bit before it raises 'accepted' to it; a client loads 'accepted' again after
 * the bits, so it never takes one serial's bit for another's.
 */
struct gemd_status_window {
    uint64_t accepted;      /* serial of the newest frame that the daemon has read */
    uint64_t latched;       /* serial on screen, or last shown by a hidden window; 0: none */
    uint64_t pending;       /* serial that waits for the next vblank; 0: none */
    uint64_t dropped_bits;  /* bit serial % 64: that serial was dropped */
    uint64_t latch_vblank;  /* the pipe's vblank number at which 'latched' went up */
    uint64_t latch_time_ns; /* CLOCK_MONOTONIC */
    uint32_t changes;       /* futex word: grows when any field above does */
    uint32_t visible;       /* 1: this window owns the screen; 0: hidden behind another */
    uint64_t released;      /* the pipe reads no frame of this window up to here any more */
};

/*
 * Aligned to a page. Each field is written whole; a reader needs acquire loads. A field that a
 * client waits on has a 32-bit futex word (shared futexes; a read-only mapping suffices).
 */
struct gemd_status_page {
    uint32_t magic;
    uint16_t major, minor;
    uint64_t retired;         /* every submission with seqno <= retired has left the GPU */
    uint32_t retired_changes; /* futex word: grows with 'retired' */
    uint32_t doorbell_wanted;
    uint64_t ring_head;      /* the daemon has read the ring up to here */
    uint32_t ring_changes;   /* futex word: grows with 'ring_head' when the ring was over half full,
                                and whenever a CLOSE was carried out */
    uint32_t lost;           /* enum gemd_lost_reason; all futex words grow when it is set */
    uint64_t rejected;       /* how many submissions were refused */
    uint64_t vblank;         /* the pipe's vblank number */
    uint64_t vblank_time_ns; /* CLOCK_MONOTONIC; 0 while the two are being written */
    uint32_t vblank_changes; /* futex word: grows with 'vblank' and 'pipe_changes' */
    uint32_t pipe_changes;   /* since 1.2: odd while the pipe runs; grows when it begins and ends */
    uint32_t reserved[10];
    struct gemd_status_window windows[GEMD_WINDOWS_MAX];
    uint32_t kept_lost[GEMD_KEPT_MAX]; /* since 1.2: see struct gemd_ring_header */
};

#endif
