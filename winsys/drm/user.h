/* SPDX-License-Identifier: MIT */
/*
 * The memory that a program names in an ioctl. It is reached as the kernel would reach it: what is
 * not mapped, or not to be written, is -EFAULT and no signal. That is a system call, but for what
 * is in the frames of those who called us, which are there.
 */
#ifndef GEMD_WINSYS_DRM_USER_H
#define GEMD_WINSYS_DRM_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define USER_PIECES 64u

/* Pieces to be copied together. */
struct user_copy {
    bool out; /* to the program */
    unsigned count;
    size_t size; /* of all */
    struct iovec ours[USER_PIECES], theirs[USER_PIECES];
};

/* 0 or -EFAULT. */
int user_copy_in(void *ours, uint64_t theirs, size_t size);
int user_copy_out(const void *ours, uint64_t theirs, size_t size);

/* {.out = ...}; adds one, and copies when there are many; then the rest. 0 or -EFAULT. */
int user_copy_add(struct user_copy *copy, void *ours, uint64_t theirs, size_t size);
int user_copy_finish(struct user_copy *copy);

#endif
