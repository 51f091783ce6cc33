/* SPDX-License-Identifier: MIT */
/*
 * Batches as files, with buffers and relocations, as gemd/validator/stream_file.h has them: each
 * refused one in a file of its own, or all in one. For 'gemctl check' and 'gemctl decode', and the
 * fuzzers. Files and bytes are bounded: clients cause them.
 */
#ifndef GEMD_CAPTURE_H
#define GEMD_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gemd/validator/validator.h"

#define CAPTURE_FILES_MAX  1000u
#define CAPTURE_RECORD_MAX (UINT64_C(4) << 30) /* bytes */

struct capture {
    const char *directory; /* NULL: refused batches are not kept */
    int record;            /* the file of all batches; -1: none */
    uint64_t recorded;     /* bytes */
    uint8_t *bytes;        /* the last record; NULL: off */
    size_t room, size;
    uint32_t files;
};

/*
 * directory: for refused batches, record: a file for all, which is made anew; either may be NULL.
 * max: the greatest counts of a job. 0 or a negative errno.
 */
int capture_init(struct capture *capture, const char *directory, const char *record,
                 const struct validator_job *max);
void capture_finish(struct capture *capture);

/* Keeps a copy of a job before the validator fills in addresses, and records it. */
void capture_keep(struct capture *capture, const struct validator_job *job, uint32_t session,
                  uint64_t seqno);

/* Writes the kept job to DIRECTORY/batch-SESSION-SEQNO.stream. */
void capture_write(struct capture *capture, uint32_t session, uint64_t seqno);

#endif
