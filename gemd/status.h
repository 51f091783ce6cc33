/* SPDX-License-Identifier: MIT */
/* The daemon's state as text for operators: one 'key: value' a line. */
#ifndef GEMD_STATUS_H
#define GEMD_STATUS_H

#include <stdint.h>

struct server;

/* A sealed memory file with the text, the caller's to close; or a negative errno. */
int status_write(struct server *server, uint64_t *bytes);

#endif
