/* SPDX-License-Identifier: MIT */
/* Recorded streams in memory, ready to be validated again and again. */
#ifndef GEMD_BENCH_RECORDING_H
#define GEMD_BENCH_RECORDING_H

#include <stdbool.h>

#include "gemd/validator/stream_file.h"

/* One stream: as it came, and the job that works on a private copy of it. */
struct stream {
    struct validator_job job;
    const uint32_t *words; /* as the client sent them */
    const struct validator_reloc *relocs;
};

struct recording {
    struct stream *streams;
    size_t count;
};

/* Reads 'path'; false with a line on standard error. What it allocates lives as long as we do. */
bool recording_read(const char *path, struct recording *recording);

/* A stream of the caller's parts, which it takes over. False when there is no memory. */
bool stream_make(struct stream *stream, const struct validator_job *parts);

/* Copies words and relocations and validates the copy, as the daemon does for each batch. */
bool stream_validate(struct stream *stream, struct validator_verdict *verdict);

#endif
