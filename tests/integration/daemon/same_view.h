/* SPDX-License-Identifier: MIT */
/* Viewers get what a screenshot shows, although the daemon makes the two in different ways. */
#ifndef GEMD_TESTS_INTEGRATION_DAEMON_SAME_VIEW_H
#define GEMD_TESTS_INTEGRATION_DAEMON_SAME_VIEW_H

#include "proto/gemd.h"

/* Of an operator's session; nothing may change meanwhile. */
void assert_same_view(struct gemd_session *session, const struct gemd_screenshot *shot);

#endif
