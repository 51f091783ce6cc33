/* SPDX-License-Identifier: MIT */
/*
 * Which process this is, without a system call each time. A child of fork(), however it was made,
 * finds out at its first question.
 */
#ifndef GEMD_WINSYS_DRM_PROCESS_H
#define GEMD_WINSYS_DRM_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* Not that of any process that this one was forked from; never 0. */
uint32_t process_generation(void);
/* As getpid(). With vfork(), which shares memory, it may be the parent's. */
pid_t process_id(void);

#endif
