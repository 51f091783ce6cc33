/* SPDX-License-Identifier: MIT */
/* Files of command streams: raw dwords, or records as the daemon keeps them. */
#ifndef GEMD_TOOLS_GEMCTL_STREAM_H
#define GEMD_TOOLS_GEMCTL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gemd/validator/validator.h"

/* The file's bytes, malloc'ed; "-" is standard input. NULL after one line on stderr. */
uint8_t *stream_read_all(const char *path, size_t *size);

/* One command stream of a file; the job's arrays are the batch's own. */
struct stream_batch {
    struct validator_job job;
    bool raw;         /* buffers and relocations are guesses */
    uint64_t session; /* of records */
    uint64_t seqno;   /* of records; else its number in the file */
    uint32_t *words;
    struct validator_reloc *relocs;
    struct validator_buffer *buffers;
};

/* What raw files do not say. */
struct stream_guess {
    uint16_t pci_device;
    uint64_t buffer_bytes; /* every address is the start of a buffer with as many; 0: all it can */
};

/* Where in a file the next stream is. */
struct stream_cursor {
    const char *path; /* for messages */
    const uint8_t *bytes;
    size_t size;
    size_t at;
    uint64_t number; /* of streams so far */
};

/*
 * The next stream of a file. 1; 0 at its end; -1 after one line on stderr, and nothing can be read
 * behind. stream_batch_free() takes what was read.
 */
int stream_next(struct stream_cursor *cursor, const struct stream_guess *guess,
                struct stream_batch *batch);
void stream_batch_free(struct stream_batch *batch);

#endif
