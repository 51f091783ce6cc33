/* SPDX-License-Identifier: MIT */
/* PALETTE. */
#ifndef GEMD_PALETTE_MESSAGES_H
#define GEMD_PALETTE_MESSAGES_H

struct packet;
struct session;

void palette_request(struct session *session, struct packet *packet);

#endif
