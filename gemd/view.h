/* SPDX-License-Identifier: MIT */
/*
 * Who may see what, by the policy: everything, or the sessions of the own user and nothing of
 * anybody else's.
 */
#ifndef GEMD_VIEW_H
#define GEMD_VIEW_H

#include <stdbool.h>

struct session;

/* Everything is shown to 'viewer'. */
bool view_is_whole(const struct session *viewer);

/* 'session' is a client's, and 'viewer' may see it. */
bool view_shows(const struct session *viewer, const struct session *session);

#endif
