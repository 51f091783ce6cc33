/* SPDX-License-Identifier: MIT */
/* The live view for VNC viewers, to look at only. */
#ifndef GEMD_TOOLS_GEMD_VIEW_VNC_H
#define GEMD_TOOLS_GEMD_VIEW_VNC_H

#include "tools/gemd-view/options.h"

/* Until SIGINT, SIGTERM, or an error. The program's exit status. */
int vnc_run(const struct options *options);

#endif
