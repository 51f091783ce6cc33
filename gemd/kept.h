/* SPDX-License-Identifier: MIT */
/*
 * Buffers that a client has closed for itself and keeps to use again, without a word to the daemon:
 * when memory is short the daemon may have their pages. Each side has a word of its own for each
 * of them, writes it and then looks at the other's: so never both think that it is theirs
 * (struct gemd_ring_header).
 */
#ifndef GEMD_KEPT_H
#define GEMD_KEPT_H

#include "gemd/bo.h"

/*
 * The next kept buffer, from place *next on, that is the daemon's from now on and that nothing
 * uses: its client will only close it. NULL: there is none. *next is moved on.
 */
struct bo *kept_claim(struct session *session, unsigned *next);

/* A claimed buffer is closed: its handle may be another's soon. Of others: nothing. */
void kept_forget(struct session *session, struct bo *bo);

#endif
