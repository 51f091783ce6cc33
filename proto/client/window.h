/* SPDX-License-Identifier: MIT */
#ifndef GEMD_CLIENT_WINDOW_H
#define GEMD_CLIENT_WINDOW_H

#include "proto/client/session.h"

/* Gives back one of a window's references: the caller's, and one of each buffer shown in it. */
void window_unref(struct gemd_window *window);

#endif
