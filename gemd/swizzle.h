/* SPDX-License-Identifier: MIT */
/* What clients are told of how tiles lie in memory. */
#ifndef GEMD_SWIZZLE_H
#define GEMD_SWIZZLE_H

struct packet;
struct session;

/* TILES_QUERY: answered by TILES. */
void tiles_query_request(struct session *session, struct packet *packet);

#endif
