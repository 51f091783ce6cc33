/* SPDX-License-Identifier: MIT */
/* Streams that nobody sends but to keep the validator busy: as much work per dword as we know. */
#ifndef GEMD_BENCH_HOSTILE_H
#define GEMD_BENCH_HOSTILE_H

#include "recording.h"

/* How many kinds there are, and the name of one. */
size_t hostile_count(void);
const char *hostile_name(size_t kind);

/* A stream of at most 'dwords'. False when there is no memory. */
bool hostile_make(size_t kind, size_t dwords, struct stream *stream);

#endif
