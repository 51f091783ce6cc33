/* SPDX-License-Identifier: MIT */
/*
 * Who gets a session, and with what: asks the policy about the peer of a socket, and holds each
 * user to the sessions that it may have at once.
 */
#ifndef GEMD_ADMISSION_H
#define GEMD_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/policy/policy.h"

/* Connections of a user beyond its sessions, in which it can be told why it gets none. */
#define ADMISSION_DOOR 4u

struct server;
struct session;

/* A connection was made: fills in session->grant. False: its user has too many already. */
bool admission_enter(struct session *session);

/*
 * HELLO has come, for that role. False: the client was told why it may not have a session (or not
 * in that role), and the session has ended.
 */
bool admission_greet(struct session *session, uint64_t serial, uint32_t role);

/* After how many hangs of its process that gets no new session: the policy's or the daemon's. */
const struct ban_rule *admission_ban_rule(const struct session *session);

/*
 * Another policy holds from now on, for those who are here, too; the server takes it over. Whoever
 * may no longer be here is told and let go. Returns how many were.
 */
unsigned admission_replace(struct server *server, struct policy *policy);

#endif
