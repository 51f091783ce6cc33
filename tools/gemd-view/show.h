/* SPDX-License-Identifier: MIT */
/* The live view in a window, with its keys. */
#ifndef GEMD_TOOLS_GEMD_VIEW_SHOW_H
#define GEMD_TOOLS_GEMD_VIEW_SHOW_H

#include "tools/gemd-view/options.h"

/* Until the window closes. The program's exit status. */
int show_run(const struct options *options);

#endif
