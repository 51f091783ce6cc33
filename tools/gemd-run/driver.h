/* SPDX-License-Identifier: MIT */
/* Which EGL driver and GBM backend programs find, by the variables of GLVND and libgbm. */
#ifndef GEMD_TOOLS_GEMD_RUN_DRIVER_H
#define GEMD_TOOLS_GEMD_RUN_DRIVER_H

#include <stdbool.h>

/* gemd's, and with a DRM device its GBM backend as well. 0, or -1 after one line on stderr. */
__attribute__((warn_unused_result)) int driver_choose_ours(bool with_gbm);
/* The system's: what an outer gemd-run chose is not what the program is to draw with now. */
void driver_choose_mesa(void);

#endif
