/* SPDX-License-Identifier: MIT */
/*
 * A daemon for tests of the client library: a thread that speaks the protocol as a script says and
 * has no GPU. Submissions are checked for form, and retired when the test says so.
 */
#ifndef GEMD_TESTS_FAKE_DAEMON_H
#define GEMD_TESTS_FAKE_DAEMON_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/protocol.h"

/* How it answers HELLO. */
enum fake_welcome {
    FAKE_WELCOME,
    FAKE_WRONG_MAJOR,
    FAKE_TRUNCATED,
    FAKE_NO_DESCRIPTORS,
    FAKE_UNSEALED_RING,
    FAKE_SMALL_RING_FILE,
    FAKE_ODD_RING,
    FAKE_WRONG_STATUS_MAGIC,
    FAKE_OTHER_MESSAGE,
    FAKE_REFUSES,
    FAKE_HANGS_UP,
};

#define FAKE_HANDLES 65536u
#define FAKE_ARENAS  4096u

/* What it has seen. */
struct fake_counts {
    uint64_t submissions, creates, closes, arena_adds, arena_removes, doorbells;
    uint64_t windows_created, windows_destroyed, vblank_waits;
    uint32_t arenas, buffers; /* that are open */
    struct gemd_record_present last_present;
    uint32_t audited, audit_on; /* by the last AUDIT */
};

struct fake_daemon {
    /* The script; fixed while it runs. */
    enum fake_welcome welcome;
    uint32_t ring_bytes;

    char directory[32];
    char path[64];
    pthread_t thread;
    int listener, connection, doorbell, control;
    struct gemd_status_page *status; /* NULL until a client came */
    struct gemd_ring_header *ring;

    /* Under lock. */
    pthread_mutex_t lock;
    bool stop, paused, retires; /* paused: the ring is not read */
    int refuse_arenas;          /* negative errno: how ARENA_ADD is refused; 0: it is not */
    uint64_t head;
    struct fake_counts counts;
    char failure[256];                   /* what the client did wrong; "" when nothing */
    uint64_t arenas[FAKE_ARENAS];        /* sizes; 0: unknown */
    uint32_t handle_arena[FAKE_HANDLES]; /* 0: closed */
};

/* Fills in a script that behaves: FAKE_WELCOME, a ring of 64 KiB, retiring at once. */
struct fake_daemon *fake_new(void);
/* Starts its thread; clients can connect to fake->path. */
void fake_start(struct fake_daemon *fake);
/* Ends it, frees everything; fails the test when the client had done something wrong. */
void fake_stop(struct fake_daemon *fake);

/* Whether it reads the ring, and whether it retires what it reads. */
void fake_set(struct fake_daemon *fake, bool paused, bool retires);
/* Retires up to a submission. */
void fake_retire(struct fake_daemon *fake, uint64_t seqno);
/* Sends an event to the client; any bytes. */
void fake_send(struct fake_daemon *fake, const void *message, size_t size);
/* Closes the connection, as if the daemon had been killed: nobody is woken. */
void fake_die(struct fake_daemon *fake);
/* Waits until it has read all of the ring (or is paused) and all messages; what it then knows. */
struct fake_counts fake_settle(struct fake_daemon *fake);
/* How ARENA_ADD is refused from now on; 0: it is not. */
void fake_refuse_arenas(struct fake_daemon *fake, int error);
/* Writes to a futex word of the status page and wakes its waiters. */
void fake_wake(uint32_t *word);

#endif
