/* SPDX-License-Identifier: MIT */
/* What clients ask about their windows' cursors; answered by DONE or refused. */
#ifndef GEMD_CURSOR_MESSAGES_H
#define GEMD_CURSOR_MESSAGES_H

struct packet;
struct session;

void cursor_image_request(struct session *session, struct packet *packet);
void cursor_move_request(struct session *session, struct packet *packet);

#endif
