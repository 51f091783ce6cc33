/* SPDX-License-Identifier: MIT */
/*
 * Giving up what the daemon started with. Every step is read back, and a failure is for the caller
 * to die of: half a drop is none.
 */
#ifndef GEMD_PRIVILEGE_H
#define GEMD_PRIVILEGE_H

#include <sys/types.h>

struct privilege_user {
    uid_t uid;
    gid_t gid;
};

/* A user by name. 0; -ENOENT; another negative errno of the user data base. */
int privilege_find(const char *name, struct privilege_user *user);

/*
 * For this thread and those that it makes, so before there are others: no capability in any set,
 * and no program that it may start gains any. With a user, also becomes that one, with its first
 * group alone, and can be dumped and traced no more; only root can become another. user: NULL to
 * stay who one is. 0 or a negative errno, with *step: what could not be done.
 */
int privilege_drop(const struct privilege_user *user, const char **step);

#endif
