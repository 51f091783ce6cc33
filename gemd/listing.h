/* SPDX-License-Identifier: MIT */
/*
 * Tables for who looks at the daemon: buffers, the GTT, batches in flight, rings. Text: a line of
 * column names, then a line for each row, cells separated by tabs; an empty cell does not apply.
 */
#ifndef GEMD_LISTING_H
#define GEMD_LISTING_H

#include <stdint.h>

struct session;

/* Rows at most: the daemon does nothing else while it writes them. */
#define LISTING_ROWS_MAX       65536u
#define LISTING_ROWS_MAX_OTHER 4096u /* for observers who see only their own */

struct listing {
    uint64_t bytes;
    uint32_t rows, left_out;
};

/*
 * What 'viewer' may see of 'what' (enum gemd_list_what): a sealed memory file, the caller's to
 * close; or a negative errno, -EINVAL: there is no such list.
 */
int listing_write(const struct session *viewer, uint32_t what, struct listing *listing);

#endif
