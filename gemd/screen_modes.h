/* SPDX-License-Identifier: MIT */
/* What clients are told of the monitor, and of the mode that a window of each size gets. */
#ifndef GEMD_SCREEN_MODES_H
#define GEMD_SCREEN_MODES_H

struct connector;
struct gemd_msg_screen;
struct mode;
struct packet;
struct session;

/* SCREEN_QUERY: answered by SCREEN. */
void screen_query_request(struct session *session, struct packet *packet);

/* Fills in all but the header. preferred: the mode of a window without wishes. */
void screen_modes_tell(const struct connector *connector, const struct mode *preferred,
                       struct gemd_msg_screen *screen);

#endif
