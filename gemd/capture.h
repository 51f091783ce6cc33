/* SPDX-License-Identifier: MIT */
/*
 * Refused batches as files, for 'gemctl decode': the words as the client sent them, raw.
 * The number of files is bounded: clients cause them.
 */
#ifndef GEMD_CAPTURE_H
#define GEMD_CAPTURE_H

#include <stdint.h>

#define CAPTURE_FILES_MAX 1000u

struct capture {
    const char *directory; /* NULL: off */
    uint32_t *words;
    uint32_t count;
    uint32_t files;
};

/* Room for batches of up to max_words. 0 or -ENOMEM. */
int capture_init(struct capture *capture, const char *directory, uint32_t max_words);
void capture_finish(struct capture *capture);

/* Keeps a copy of a batch before the validator fills in addresses. */
void capture_keep(struct capture *capture, const uint32_t *words, uint32_t count);

/* Writes the kept batch to DIRECTORY/batch-SESSION-SEQNO.raw. */
void capture_write(struct capture *capture, uint32_t session, uint64_t seqno);

#endif
