/* SPDX-License-Identifier: MIT */
/*
 * A libgemd without a daemon, for tests of one side of the winsys: it keeps the last submission,
 * counts what it is asked, and retires work when it is told to. Not for threads.
 */
#ifndef GEMD_TESTS_FAKE_GEMD_H
#define GEMD_TESTS_FAKE_GEMD_H

#include "proto/gemd.h"

#define FAKE_WORDS   (64u * 1024)
#define FAKE_RELOCS  4096u
#define FAKE_BUFFERS 256u

struct fake_bo {
    struct gemd_session *session;
    struct fake_bo *next;
    int references;
    int fd; /* of a shared one, else -1 */
    uint32_t handle;
    uint64_t size;
    uint64_t last_use, last_write;
    void *map;
};

struct gemd_session {
    struct gemd_info info;
    enum gemd_lost_reason lost;
    uint32_t losses;
    enum gemd_lost_reason last_loss;
    uint64_t seqno, retired;
    struct fake_bo *bos; /* all that live */
    uint32_t next_handle;
    int submit_error; /* what the next gemd_submit() returns instead of 0 */
    bool out_of_memory;
    uint32_t swizzle; /* of X tiles */
    /* The last submission. */
    uint32_t words[FAKE_WORDS];
    struct gemd_reloc relocs[FAKE_RELOCS];
    struct gemd_bo *buffers[FAKE_BUFFERS]; /* without a reference */
    uint32_t word_count, reloc_count, buffer_count;
    unsigned submissions, waits;
    uint64_t last_wait; /* the seqno last waited for */
    /* Fences: what was exported last, as an eventfd of nobody's; what the session waits for. */
    uint64_t exported;
    unsigned exports, fence_waits;
    unsigned submissions_before_wait; /* of the last of them */
    int fence_error;                  /* what both return instead */
};

/* A G33 with small limits; free with fake_session_free(), which fails the test if a buffer lives.
 */
struct gemd_session *fake_session_new(void);
void fake_session_free(struct gemd_session *session);
unsigned fake_live_buffers(const struct gemd_session *session);

static inline struct fake_bo *fake_bo(struct gemd_bo *bo)
{
    return (struct fake_bo *)bo;
}

#endif
