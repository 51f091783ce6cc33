/* SPDX-License-Identifier: MIT */
/* The batches of a recording as records of streams (gemd/validator/stream_file.h). */
#ifndef GEMD_TOOLS_GEMCTL_RECORDING_STREAMS_H
#define GEMD_TOOLS_GEMCTL_RECORDING_STREAMS_H

#include <stddef.h>
#include <stdint.h>

/*
 * stream_read_all(), and of a recording its batches, with the buffers as they were then, at places
 * of the GTT that are made up. Batches that the validator never saw, for they name buffers that are
 * not there or relocations that make no sense, are left out, with a line on stderr each.
 */
uint8_t *recording_streams_read(const char *path, size_t *size);

#endif
