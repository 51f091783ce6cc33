/* SPDX-License-Identifier: MIT */
/* Where the parts of this installation are, seen from the running program: installed or built. */
#ifndef GEMD_TOOLS_LIB_INSTALL_H
#define GEMD_TOOLS_LIB_INSTALL_H

#include <stddef.h>

/* Write an absolute path and return 0, or -1 after one line on stderr. */
__attribute__((warn_unused_result)) int install_find_daemon(char *path, size_t size);
__attribute__((warn_unused_result)) int install_find_vendor(char *path, size_t size);
/* gemd-drm, and what it has programs preload. */
__attribute__((warn_unused_result)) int install_find_adapter(char *path, size_t size);
__attribute__((warn_unused_result)) int install_find_preload(char *path, size_t size);
/* What libgbm loads for the adapter's devices; the folder is for $GBM_BACKENDS_PATH. */
__attribute__((warn_unused_result)) int install_find_gbm(char *path, size_t size);

#endif
