/* SPDX-License-Identifier: MIT */
/* The daemon's sessions, a line each, from its status text. */
#ifndef GEMD_TOOLS_GEMD_VIEW_ROSTER_H
#define GEMD_TOOLS_GEMD_VIEW_ROSTER_H

#include "tools/gemd-view/overlay.h"

/* Adds a heading and the sessions that 'status' has. */
void roster_print(struct overlay_text *text, const char *status);

#endif
