/* SPDX-License-Identifier: MIT */
/*
 * libgemd: a client's sessions, buffers, submissions and windows.
 *
 * Errors: 0 or a negative errno unless said otherwise. Times: nanoseconds of CLOCK_MONOTONIC;
 * GEMD_FOREVER waits without a deadline. Threads: every call on a session may come from any thread;
 * the library locks. Signals: waits survive EINTR.
 *
 * When the daemon dies or drops the session, nothing aborts: submissions and requests
 * return -EIO, waits end, gemd_session_lost() tells why, maps stay valid and memory is still given
 * out (buffers are the client's own memory). gemd_session_reconnect() goes on with all of it.
 */
#ifndef GEMD_H
#define GEMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GEMD_FOREVER INT64_MAX
#define GEMD_API     __attribute__((visibility("default")))
#define GEMD_CHECKED __attribute__((warn_unused_result))

struct gemd_session;
struct gemd_bo;
struct gemd_window;

/* What the daemon said in WELCOME. */
struct gemd_info {
    uint32_t session;
    uint16_t pci_device;
    uint64_t aperture_bytes, gtt_bytes;
    uint32_t max_batch_words, max_relocs, max_buffers;
    uint32_t screen_width, screen_height, refresh_millihertz;
    char device[GEMD_NAME_MAX];
    char daemon[GEMD_NAME_MAX];
};

/*
 * The socket that a client uses when it is told none: $GEMD_SOCKET, else
 * $XDG_RUNTIME_DIR/gemd/gemd.sock if that exists, else /run/gemd/gemd.sock.
 * Writes it to path; -ENAMETOOLONG.
 */
GEMD_API GEMD_CHECKED int gemd_socket_path(char *path, size_t size);

struct gemd_connect_options {
    const char *socket; /* NULL: gemd_socket_path() */
    const char *name;   /* NULL: the program's */
    uint32_t role;      /* enum gemd_role */
    /*
     * Told of refused batches and other events, from the thread that happened to read them, with
     * no lock held. text is one line. May be NULL: then they go to stderr.
     */
    void (*on_event)(void *data, const struct gemd_msg_header *event, const char *text);
    void *on_event_data;
};

/*
 * Opens a session. On failure *session is NULL and reason (may be NULL) holds one line, such as
 * "no daemon at /run/gemd/gemd.sock: No such file or directory".
 * -ENOENT or -ECONNREFUSED: no daemon; -ENOTSOCK; -EPROTO: not a gemd, or another version.
 */
GEMD_API GEMD_CHECKED int gemd_session_open(const struct gemd_connect_options *options,
                                            struct gemd_session **session,
                                            char reason[GEMD_TEXT_MAX]);
/* Closes it; its buffers and windows must be gone or are forgotten. NULL is fine. */
GEMD_API void gemd_session_close(struct gemd_session *session);
GEMD_API const struct gemd_info *gemd_session_info(const struct gemd_session *session);
/* Why the session no longer works; GEMD_LOST_NOT while it does. Cheap enough for every frame. */
GEMD_API enum gemd_lost_reason gemd_session_lost(struct gemd_session *session);
/*
 * Comes back after a loss: a new session on the same socket, with all buffers, which are the
 * client's memory, and what they hold, and with all windows. What had been submitted counts as
 * passed, and what had been shown as released, whether it was or not. Other threads may go on
 * meanwhile. 0, also for a session that was not lost. -ENOENT, -ECONNREFUSED: no daemon, perhaps
 * not yet; -EPROTO: another chip or other sizes: this session cannot go on there; -EIO: lost again.
 * reason: one line, may be NULL.
 */
GEMD_API GEMD_CHECKED int gemd_session_reconnect(struct gemd_session *session,
                                                 char reason[GEMD_TEXT_MAX]);
/* How often it has come back. */
GEMD_API uint32_t gemd_session_losses(struct gemd_session *session);
/* Why it had been lost before it came back the last time; GEMD_LOST_NOT when it never did. */
GEMD_API enum gemd_lost_reason gemd_session_last_loss(struct gemd_session *session);
/* Reads events that wait on the socket, without blocking; calls on_event for each. */
GEMD_API void gemd_session_dispatch(struct gemd_session *session);
/*
 * For a poll loop: readable when events wait, or when the session is gone. Then call
 * gemd_session_dispatch(). Nobody else may read it. It stays the session's, and the same when the
 * session comes back. Threads in other calls may read events before: they tell them, too.
 */
GEMD_API int gemd_session_fd(const struct gemd_session *session);
/* How many of this session's submissions were refused so far. */
GEMD_API uint64_t gemd_session_rejected(struct gemd_session *session);

/* ---- buffer objects ---- */

/*
 * Zeroed memory that CPU and GPU share. size is rounded up to pages. shared: gets a memory file of
 * its own that gemd_bo_export() can give away; otherwise it is a range of the session's arenas.
 * Of a lost session it is memory that no daemon knows until the session comes back: a GL program
 * does not look for the loss at every texture, and must live until it does. -ENOMEM, -EINVAL;
 * -EDQUOT: the session or its user has as much as it may.
 */
GEMD_API GEMD_CHECKED int gemd_bo_create(struct gemd_session *session, uint64_t size, bool shared,
                                         struct gemd_bo **bo);
/*
 * The same, in tiles: enum gemd_tiling and a pitch in bytes, for the buffer's life. The GPU walks
 * it so, through fence registers where commands do not say it; the CPU sees the tiles as they lie
 * in memory. What the chip cannot do is told as RING_ERROR, with the rule and the numbers.
 */
GEMD_API GEMD_CHECKED int gemd_bo_create_tiled(struct gemd_session *session, uint64_t size,
                                               bool shared, uint32_t tiling, uint32_t pitch,
                                               struct gemd_bo **bo);
GEMD_API struct gemd_bo *gemd_bo_ref(struct gemd_bo *bo);
/*
 * Gives a reference back; the last one frees it once the GPU is done with it. A small one that is
 * not shared may be kept a second for the next of its size. NULL is fine.
 */
GEMD_API void gemd_bo_unref(struct gemd_bo *bo);
GEMD_API uint64_t gemd_bo_size(const struct gemd_bo *bo);
GEMD_API uint32_t gemd_bo_handle(const struct gemd_bo *bo);
/* enum gemd_tiling, and the pitch, 0 when linear; also of what gemd_bo_accept() made. */
GEMD_API uint32_t gemd_bo_tiling(const struct gemd_bo *bo, uint32_t *pitch);
/*
 * The CPU's view; always mapped, never fails, but NULL for what gemd_bo_accept() made. Wait first
 * if the GPU may use it.
 */
GEMD_API void *gemd_bo_map(struct gemd_bo *bo);
/* A descriptor of a shared buffer's memory file, the caller's to close; -EINVAL when not shared. */
GEMD_API GEMD_CHECKED int gemd_bo_export(struct gemd_bo *bo);
/*
 * A buffer over somebody's sealed memory file (F_SEAL_SHRINK and F_SEAL_GROW); fd stays the
 * caller's. The same file gives the same buffer with one more reference. -EINVAL: not sealed.
 */
GEMD_API GEMD_CHECKED int gemd_bo_import(struct gemd_session *session, int fd, struct gemd_bo **bo);
/*
 * The same in tiles, as gemd_bo_create_tiled(): one buffer for each tiling and pitch that the file
 * is imported with. They share the file's contents, not what is known of the GPU's use of it.
 */
GEMD_API GEMD_CHECKED int gemd_bo_import_tiled(struct gemd_session *session, int fd,
                                               uint32_t tiling, uint32_t pitch,
                                               struct gemd_bo **bo);

/*
 * Which bits of the physical address the memory controller XORs into bit 6 where X or Y tiles are;
 * the CPU sees that in their memory. 0: none. -EIO; -EOPNOTSUPP: an older daemon.
 */
GEMD_API GEMD_CHECKED int gemd_query_swizzle(struct gemd_session *session, uint32_t *x,
                                             uint32_t *y);

/*
 * Lends a shared buffer to whoever is given the descriptor that this returns (the caller's to
 * close), for the GPU only, with rights that can be taken back. rights: GEMD_USE_READ, or READ |
 * WRITE. The same rights give the same token. It ends with the buffer. -EINVAL: not shared, or
 * other rights; -EACCES: itself made of a token; -EDQUOT; -EOPNOTSUPP: an older daemon.
 */
GEMD_API GEMD_CHECKED int gemd_bo_share(struct gemd_bo *bo, uint32_t rights);
/*
 * A buffer made of a token, by any process; the token stays the caller's. Its memory lives as
 * long as it, but the CPU does not see it (gemd_bo_map(): NULL): who has WRITE may be given the
 * file too (gemd_bo_export()), which nobody can take back. A session that comes back after a loss
 * does not bring it along. -ENOENT: no token, or no longer; -EDQUOT; -EOPNOTSUPP.
 */
GEMD_API GEMD_CHECKED int gemd_bo_accept(struct gemd_session *session, int token,
                                         struct gemd_bo **bo);
/* What batches may do with it: enum gemd_use bits. */
GEMD_API uint32_t gemd_bo_rights(const struct gemd_bo *bo);
/*
 * Takes a lent buffer back from everybody. Returns when no batch of theirs uses it any more; later
 * ones are refused, and they get the event BUFFER_REVOKED. -EIO, -EINVAL, -EACCES.
 */
GEMD_API GEMD_CHECKED int gemd_bo_revoke(struct gemd_bo *bo);

/*
 * The program does not need what is in the buffer for now: the daemon may drop it, once the GPU is
 * done with it. Neither CPU nor batches may use it until gemd_bo_need(). -EIO; -EACCES: made of a
 * token.
 */
GEMD_API GEMD_CHECKED int gemd_bo_dont_need(struct gemd_bo *bo);
/*
 * It needs it again. *retained: whether the contents are still there; else they are to be made
 * anew, all of it. Asks the daemon, and so takes a round trip. -EIO; -EDQUOT: the contents are
 * lost, and the session may not have the memory for new ones now.
 */
GEMD_API GEMD_CHECKED int gemd_bo_need(struct gemd_bo *bo, bool *retained);

/* The last submission that uses it (write: that writes it); 0 when none did. */
GEMD_API uint64_t gemd_bo_last_use(const struct gemd_bo *bo, bool write);
/* Whether the GPU still uses it (write_only: still writes it). */
GEMD_API bool gemd_bo_busy(struct gemd_bo *bo, bool write_only);
/* -ETIME, -EIO. */
GEMD_API int gemd_bo_wait(struct gemd_bo *bo, bool write_only, int64_t deadline);

/* ---- submission ---- */

struct gemd_submission {
    const uint32_t *words;
    uint32_t word_count; /* even, ends with MI_BATCH_BUFFER_END (and a NOOP) */
    const struct gemd_reloc *relocs;
    uint32_t reloc_count;
    struct gemd_bo *const *buffers; /* no buffer twice */
    uint32_t buffer_count;
};

/*
 * Queues a batch. Waits only while the ring is full. The buffers may be unreferenced at once.
 * *seqno names it. -E2BIG: over a limit of gemd_info; -EIO: session lost.
 */
GEMD_API GEMD_CHECKED int gemd_submit(struct gemd_session *session,
                                      const struct gemd_submission *submission, uint64_t *seqno);
/* The last seqno given out. */
GEMD_API uint64_t gemd_last_seqno(struct gemd_session *session);
/* One load. True for 0, and for everything once the session is lost. */
GEMD_API bool gemd_seqno_passed(struct gemd_session *session, uint64_t seqno);
/* 0, -ETIME; -EIO when the session was lost (the wait ends at once). */
GEMD_API int gemd_seqno_wait(struct gemd_session *session, uint64_t seqno, int64_t deadline);

/* ---- fences across sessions ---- */

/*
 * A descriptor, the caller's to close, that becomes readable (poll) once seqno has retired, and for
 * good: a pipe with one byte of enum gemd_fence_state. It may be given to other processes and it
 * outlives the session. seqno may still be to come; when the session ends before, the fence is
 * GEMD_FENCE_LOST. -EIO: the session is lost; -ENOSPC: too many have not come; -EMFILE.
 */
GEMD_API GEMD_CHECKED int gemd_fence_export(struct gemd_session *session, uint64_t seqno);
/*
 * Waits, in this thread, until a fence's descriptor is readable or its other end is closed. 0 looks
 * without waiting. 0, -ETIME; -EINVAL: not a descriptor that gemd_fence_wait_before() may take.
 */
GEMD_API GEMD_CHECKED int gemd_fence_wait(int fd, int64_t deadline);
/*
 * What this session submits and presents from now on waits, in the daemon, until fd is readable or
 * its other end is closed: an exported fence, a pipe, an eventfd, a sync_file, a timerfd. Nobody
 * reads it; it stays the caller's. Others are not held up. At the deadline the work goes on all the
 * same, and an event tells of -ETIME. Does not wait itself, unless the ring is full.
 * -EINVAL: not such a descriptor; -ENOSPC: too many are being waited for; -EIO.
 */
GEMD_API GEMD_CHECKED int gemd_fence_wait_before(struct gemd_session *session, int fd,
                                                 int64_t deadline);

/* ---- windows: framebuffers of the daemon's screen ---- */

/* width and height 0: the screen's mode. -EINVAL: size beyond the device; -ENOSPC: too many. */
GEMD_API GEMD_CHECKED int gemd_window_create(struct gemd_session *session, uint32_t width,
                                             uint32_t height, struct gemd_window **window);
GEMD_API void gemd_window_destroy(struct gemd_window *window);
GEMD_API uint32_t gemd_window_width(const struct gemd_window *window);
GEMD_API uint32_t gemd_window_height(const struct gemd_window *window);

/*
 * Queues a frame: bo is shown from the vblank after the GPU has passed seqno, 'interval' vblanks
 * after the frame before it. interval 0: the newest frame replaces one that still waits.
 * *serial names the frame. stride: bytes, a multiple of 64.
 */
GEMD_API GEMD_CHECKED int gemd_window_present(struct gemd_window *window, struct gemd_bo *bo,
                                              uint32_t offset, uint32_t stride, uint32_t interval,
                                              uint64_t seqno, uint64_t *serial);
/* Whether the screen no longer needs that frame's buffer (0: true). One or two loads. */
GEMD_API bool gemd_window_released(struct gemd_window *window, uint64_t serial);
/* Waits until any one of 'count' frames is released; *which says which. -ETIME, -EIO. */
GEMD_API int gemd_window_wait_released(struct gemd_window *window, const uint64_t *serials,
                                       unsigned count, int64_t deadline, unsigned *which);
/* Waits until frame 'serial' has been on screen or was dropped. -ETIME, -EIO. */
GEMD_API int gemd_window_wait_latched(struct gemd_window *window, uint64_t serial,
                                      int64_t deadline);

/*
 * A flip, for who paces itself: as gemd_window_present() with interval 1, but nothing queues. The
 * frame goes up at the first vblank from number 'target' on (0: any), and not before the GPU has
 * passed seqno. -EBUSY: the window's frame before it still waits for its vblank. With on_event the
 * event FLIP_EVENT says what became of it (gemd_msg_flip_event.window: gemd_window_slot()); frames
 * of before a loss of the session get none. -EINVAL: target lies more than
 * GEMD_VBLANK_AHEAD_MAX ahead; -EOPNOTSUPP: an older daemon.
 */
GEMD_API GEMD_CHECKED int gemd_window_flip(struct gemd_window *window, struct gemd_bo *bo,
                                           uint32_t offset, uint32_t stride, uint64_t seqno,
                                           uint64_t target, uint64_t *serial);
/* What events call the window; it may be another one after gemd_session_reconnect(). */
GEMD_API uint32_t gemd_window_slot(struct gemd_window *window);

/* ---- vblanks: of the pipe, which runs while there is any client's window ---- */

/*
 * Numbers grow by one with each vblank while the pipe runs, also behind a mode or a reset; they
 * never go back on the same daemon. flags: enum gemd_vblank_flags. A number that has passed already
 * is not waited for, unless flags has GEMD_VBLANK_NEXT.
 */
struct gemd_vblank {
    uint64_t sequence;
    int64_t time_ns; /* CLOCK_MONOTONIC, as the daemon saw it; 0: not known */
};

/* The last one. Loads only. -ENODATA: the pipe is off; -EIO; -EOPNOTSUPP: an older daemon. */
GEMD_API int gemd_vblank_now(struct gemd_session *session, struct gemd_vblank *now);
/*
 * Sleeps until one has come; *when (may be NULL) is the last one by then. -ETIME; -ENODATA: the
 * pipe is off, or went off; -ECANCELED: it stopped for another mode, or for a reset; -EINVAL: more
 * than GEMD_VBLANK_AHEAD_MAX ahead; -EIO; -EOPNOTSUPP.
 */
GEMD_API int gemd_vblank_wait(struct gemd_session *session, uint32_t flags, uint64_t sequence,
                              int64_t deadline, struct gemd_vblank *when);
/*
 * Asks for an event, and does not wait for it: on_event is told of VBLANK_EVENT with this cookie,
 * once for each request, come what may: 'error' in it is as above, and -EDQUOT: too many have not
 * come; -EIO: the session was lost. A refusal is told as an event ERROR, too. -EINVAL: there is no
 * on_event; -ENOMEM, -EIO, -EOPNOTSUPP: no event follows.
 */
GEMD_API GEMD_CHECKED int gemd_vblank_request(struct gemd_session *session, uint32_t flags,
                                              uint64_t sequence, uint64_t cookie);

/* ---- the screen ---- */

struct gemd_screen_modes {
    enum gemd_monitor monitor;
    unsigned mode_count;                    /* at least one */
    struct gemd_mode modes[GEMD_MODES_MAX]; /* the preferred one first; no size twice */
    unsigned edid_bytes;                    /* 0 or GEMD_EDID_BYTES */
    uint8_t edid[GEMD_EDID_BYTES];
};

/*
 * What is plugged in now, and the mode that a window of each size gets. From then on an event tells
 * when that is another monitor, or none: GEMD_MSG_SCREEN_CHANGED. -EIO; -EOPNOTSUPP.
 */
GEMD_API GEMD_CHECKED int gemd_query_screen_modes(struct gemd_session *session,
                                                  struct gemd_screen_modes *screen);

/*
 * The window's cursor, above its pictures while it has the screen. image: 'side' lines (64, 128 or
 * 256) of as many pixels, ARGB8888, premultiplied; it is copied. A window that comes back after a
 * loss has none. -ENOMEM; -EOPNOTSUPP: an older daemon, or a chip that cannot reach the daemon's
 * memory; -EIO.
 */
GEMD_API GEMD_CHECKED int gemd_cursor_set(struct gemd_window *window, uint32_t side,
                                          const uint32_t *image);
/*
 * Where its upper left pixel is in the window, from the next vblank on, and whether it is seen.
 * -EINVAL: beyond 4095 pixels either way; -EOPNOTSUPP, -EIO.
 */
GEMD_API GEMD_CHECKED int gemd_cursor_move(struct gemd_window *window, bool visible, int32_t x,
                                           int32_t y);

/*
 * Picture (NULL: the one it has), place and whether it is seen, as the two above, together with the
 * next frame that is presented or flipped: both are seen from the same vblank on. One frame at a
 * time: what waits already is replaced.
 */
GEMD_API GEMD_CHECKED int gemd_cursor_with_frame(struct gemd_window *window, uint32_t side,
                                                 const uint32_t *image, bool visible, int32_t x,
                                                 int32_t y);

/*
 * The window's palette, which its pictures and its cursor go through while it has the screen, from
 * the next frame on, or at once if one is up already. words: GEMD_PALETTE_WORDS of them, 8 or 10
 * bits a channel, as struct gemd_msg_palette says; they are copied. A window that comes back after
 * a loss has none. -EINVAL: another depth, or more than 24 bits in a word; -EOPNOTSUPP; -EIO.
 */
GEMD_API GEMD_CHECKED int gemd_window_set_palette(struct gemd_window *window, uint32_t depth,
                                                  const uint32_t *words);
/*
 * For viewers (gemd_mirror_open()): the processor has drawn into the frame that is shown. The
 * screen itself needs no telling. -EOPNOTSUPP, -EIO.
 */
GEMD_API GEMD_CHECKED int gemd_window_drawn(struct gemd_window *window);
/* What the pixels of the frames are that follow; XRGB8888 at first. -EINVAL; -EOPNOTSUPP. */
GEMD_API GEMD_CHECKED int gemd_window_set_format(struct gemd_window *window,
                                                 enum gemd_format format);

/* ---- observers (GEMD_ROLE_OBSERVER) and operators (GEMD_ROLE_OPERATOR) ---- */

/*
 * What one may see of the daemon's state as text, 'key: value' a line, groups headed '[group]';
 * *text is malloc'ed, NUL-terminated.
 */
GEMD_API GEMD_CHECKED int gemd_query_status(struct gemd_session *session, char **text);

/*
 * A table (enum gemd_list_what) as text: a line of column names, then the rows, cells separated by
 * tabs; *text is malloc'ed, NUL-terminated. left_out, may be NULL: how many rows were too many.
 * -EINVAL: the daemon has no such list.
 */
GEMD_API GEMD_CHECKED int gemd_query_list(struct gemd_session *session, uint32_t what, char **text,
                                          uint32_t *left_out);

struct gemd_screenshot {
    uint32_t width, height, stride; /* XRGB8888: bytes B G R X */
    uint64_t frame;
    void *pixels; /* a mapping of size bytes; gemd_screenshot_free() */
    size_t size;
};
/*
 * What the pipe scans out right now. -ENODATA: the pipe is off; -EACCES: the policy does not let
 * this user see the screen.
 */
GEMD_API GEMD_CHECKED int gemd_take_screenshot(struct gemd_session *session,
                                               struct gemd_screenshot *screenshot);
GEMD_API void gemd_screenshot_free(struct gemd_screenshot *screenshot);

/* ---- the live view of an operator who may see the screen (policy: view yes) ---- */

struct gemd_mirror;
struct gemd_mirror_file;

/* What the pipe scans out, from one vblank on. It is the program's until gemd_mirror_return(). */
struct gemd_picture {
    const void *pixels;             /* XRGB8888, bytes B G R X, read-only; NULL: the pipe is off */
    uint32_t width, height, stride; /* pixels, and bytes; 0 when it is off */
    uint32_t causes;   /* enum gemd_mirror_cause: what has changed since the last one */
    uint64_t number;   /* counts what was on the screen: those between two that came were lost */
    uint64_t sequence; /* the vblank since which it is on the screen */
    int64_t time_ns;   /* CLOCK_MONOTONIC: when the daemon saw that */
    uint64_t lost;     /* that there was no slot for, since gemd_mirror_open() */
    /* The library's: */
    uint32_t generation, slot;
    struct gemd_mirror_file *file;
};

/*
 * Begins a live view; one for each session. The daemon keeps 'slots' pictures (2 to 64; fewer when
 * they are larger than 64 MiB together), so a program that keeps some is not behind, and one that
 * is slow loses pictures: nobody waits for it. When nothing changes nothing comes; the first
 * picture comes at once. What a client's processor draws into its frame comes when the client says
 * so (gemd_window_drawn()), or with gemd_mirror_look(). -EACCES: the policy does not allow it;
 * -EALREADY; -EBUSY: there are as many as there may be; -EINVAL; -EOPNOTSUPP: an older daemon;
 * -EIO.
 */
GEMD_API GEMD_CHECKED int gemd_mirror_open(struct gemd_session *session, unsigned slots,
                                           struct gemd_mirror **mirror);
/* Pictures that were not returned are the program's no more. NULL is fine. */
GEMD_API void gemd_mirror_close(struct gemd_mirror *mirror);
/*
 * Waits for the next picture. -ETIME; -EACCES: the policy is another one now, and the view has
 * ended; -EIO: the session was lost: close it, and open another when the session has come back. In
 * a poll loop: gemd_session_fd() becomes readable, and before sleeping this is called with deadline
 * 0 until it says -ETIME.
 */
GEMD_API GEMD_CHECKED int gemd_mirror_next(struct gemd_mirror *mirror, int64_t deadline,
                                           struct gemd_picture *picture);
/* Gives its slot back. */
GEMD_API void gemd_mirror_return(struct gemd_mirror *mirror, struct gemd_picture *picture);
/* Has the picture of now sent, whether anything has changed or not. -EIO. */
GEMD_API GEMD_CHECKED int gemd_mirror_look(struct gemd_mirror *mirror);

/*
 * Switches the audit of another session, by its number in the status: its broken batches are logged
 * and run instead of being refused. It is not held to its own buffers then. -ENOENT: no such one.
 */
GEMD_API GEMD_CHECKED int gemd_audit(struct gemd_session *session, uint32_t number, bool on);

/*
 * What the GPU did when it hung, error 'number' or, 0, all that are kept. *bytes is malloc'ed, with
 * a NUL behind *size of them. -ENOENT: not kept; -ENODATA: no batch to make a stream of.
 */
GEMD_API GEMD_CHECKED int gemd_query_errors(struct gemd_session *session, uint64_t number,
                                            enum gemd_errors_form form, char **bytes, size_t *size);

/*
 * Before and after the machine sleeps: the daemon begins no work, and the GPU stands still when
 * this returns; then all goes on, although registers were lost. -EALREADY: it is so already;
 * -EOPNOTSUPP: an older daemon.
 */
GEMD_API GEMD_CHECKED int gemd_suspend(struct gemd_session *session);
GEMD_API GEMD_CHECKED int gemd_resume(struct gemd_session *session);

/*
 * Plugs the model's monitor in, with an EDID of GEMD_EDID_BYTES (NULL: its own), or pulls it out.
 * The daemon looks afterwards. -EOPNOTSUPP: a real port, or an older daemon.
 */
GEMD_API GEMD_CHECKED int gemd_plug_monitor(struct gemd_session *session, bool plugged,
                                            const uint8_t *edid);

/*
 * Has a session recorded (doc/capture.md): number, as in the status; or, when that is 0, the next
 * that begins of 'group', a process or a process group. 'socket', the caller's, is one end of a
 * connected SOCK_STREAM unix socket: the recording is read at the other. -ENOENT, -EALREADY,
 * -EBUSY: too many; -EOPNOTSUPP: an older daemon.
 */
GEMD_API GEMD_CHECKED int gemd_record(struct gemd_session *session, uint32_t number, uint32_t group,
                                      int socket);
/* The same for this session, which needs no rights. */
GEMD_API GEMD_CHECKED int gemd_record_self(struct gemd_session *session, int socket);

#ifdef __cplusplus
}
#endif

#endif
