/* SPDX-License-Identifier: MIT */
/* What clients are told of the monitor, and of the mode that a window of each size gets. */
#ifndef GEMD_SCREEN_MODES_H
#define GEMD_SCREEN_MODES_H

struct connector;
struct gemd_msg_screen;
struct mode;
struct packet;
struct server;
struct session;

/* SCREEN_QUERY: answered by SCREEN. */
void screen_query_request(struct session *session, struct packet *packet);

/* MONITOR_PLUG: answered by DONE; the daemon looks what is there afterwards. */
void screen_plug_request(struct session *session, struct packet *packet);

/* There is another monitor, or none any more: sessions that have asked are told to ask again. */
void screen_changed(struct server *server);

/* Fills in all but the header. preferred: the mode of a window without wishes. */
void screen_modes_tell(const struct connector *connector, const struct mode *preferred,
                       struct gemd_msg_screen *screen);

#endif
