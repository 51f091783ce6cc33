/* SPDX-License-Identifier: MIT */
/* The messages that clients send, and what the daemon does on each. */
#ifndef GEMD_MESSAGES_H
#define GEMD_MESSAGES_H

struct session;

/* The session's socket is readable: takes what is there. May end the session. */
void messages_receive(struct session *session);

#endif
