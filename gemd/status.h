/* SPDX-License-Identifier: MIT */
/*
 * The daemon's state as text: one 'key: value' a line, in groups that are headed '[group]'. The
 * keys are those of status_keys.def.
 */
#ifndef GEMD_STATUS_H
#define GEMD_STATUS_H

#include <stdint.h>

struct session;

/* What 'viewer' may see: a sealed memory file, the caller's to close; or a negative errno. */
int status_write(const struct session *viewer, uint64_t *bytes);

#endif
