/* SPDX-License-Identifier: MIT */
#include "gemd/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int privilege_find(const char *name, struct privilege_user *user)
{
    errno = 0;
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL) {
        return errno == 0 || errno == ESRCH ? -ENOENT : -errno;
    }
    *user = (struct privilege_user){.uid = entry->pw_uid, .gid = entry->pw_gid};
    return 0;
}

static int error_of(int result)
{
    return result < 0 ? -errno : 0;
}

/* ---- the steps, in their order; each is done, and read back ---- */

/* What this kernel does not know of, it says EINVAL to. */
static int bounding_drop(const struct privilege_user *user)
{
    int is_there;
    for (unsigned long capability = 0; (is_there = prctl(PR_CAPBSET_READ, capability)) >= 0;
         capability++) {
        if (is_there != 0 && prctl(PR_CAPBSET_DROP, capability) != 0) {
            return -errno;
        }
    }
    return 0;
}

static bool bounding_is_empty(const struct privilege_user *user)
{
    int is_there;
    unsigned long capability = 0;
    while ((is_there = prctl(PR_CAPBSET_READ, capability)) == 0) {
        capability++;
    }
    return is_there < 0 && capability > 0;
}

static int groups_drop(const struct privilege_user *user)
{
    return error_of(setgroups(0, NULL));
}

static bool groups_are_none(const struct privilege_user *user)
{
    return getgroups(0, NULL) == 0;
}

static int gid_set(const struct privilege_user *user)
{
    return error_of(setresgid(user->gid, user->gid, user->gid));
}

static bool gid_is_set(const struct privilege_user *user)
{
    gid_t real, effective, saved;
    return getresgid(&real, &effective, &saved) == 0 && real == user->gid &&
           effective == user->gid && saved == user->gid;
}

static int uid_set(const struct privilege_user *user)
{
    return error_of(setresuid(user->uid, user->uid, user->uid));
}

static bool uid_is_set(const struct privilege_user *user)
{
    uid_t real, effective, saved;
    return getresuid(&real, &effective, &saved) == 0 && real == user->uid &&
           effective == user->uid && saved == user->uid;
}

static int ambient_drop(const struct privilege_user *user)
{
    return error_of(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

static bool ambient_is_empty(const struct privilege_user *user)
{
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++) {
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) != 0) {
            return false;
        }
    }
    return true;
}

static int sets_drop(const struct privilege_user *user)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return error_of((int)syscall(SYS_capset, &header, none));
}

static bool sets_are_empty(const struct privilege_user *user)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, sets) != 0) {
        return false;
    }
    uint32_t left = 0;
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        left |= sets[i].effective | sets[i].permitted | sets[i].inheritable;
    }
    return left == 0;
}

static int gain_none(const struct privilege_user *user)
{
    return error_of(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static bool gains_none(const struct privilege_user *user)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static int undump(const struct privilege_user *user)
{
    return error_of(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

static bool is_undumpable(const struct privilege_user *user)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* The way back must be shut. */
static int nothing(const struct privilege_user *user)
{
    return 0;
}

static bool is_for_good(const struct privilege_user *user)
{
    return (user->uid == 0 || setuid(0) != 0) && (user->gid == 0 || setgid(0) != 0);
}

enum when {
    ALWAYS,
    WITH_USER = 1, /* when there is one to become */
    AS_ROOT = 2,   /* nobody else can, nor has what is lost */
};

static const struct step {
    const char *name;
    unsigned when; /* all that must be so */
    int (*take)(const struct privilege_user *user);
    bool (*was_taken)(const struct privilege_user *user);
} steps[] = {
    {"emptying the bounding set", AS_ROOT, bounding_drop, bounding_is_empty},
    {"leaving groups", WITH_USER | AS_ROOT, groups_drop, groups_are_none},
    {"changing the group", WITH_USER | AS_ROOT, gid_set, gid_is_set},
    {"changing the user", WITH_USER | AS_ROOT, uid_set, uid_is_set},
    {"being that user", WITH_USER, nothing, uid_is_set},
    {"emptying the ambient set", ALWAYS, ambient_drop, ambient_is_empty},
    {"giving up capabilities", ALWAYS, sets_drop, sets_are_empty},
    {"forbidding new privileges", ALWAYS, gain_none, gains_none},
    {"hiding memory from other processes", WITH_USER, undump, is_undumpable},
    {"not being able to go back", WITH_USER, nothing, is_for_good},
};

/* What is so already is left alone: a service manager may forbid even the call that does it. */
static int take_step(const struct step *step, const struct privilege_user *user)
{
    if (step->was_taken(user)) {
        return 0;
    }
    int error = step->take(user);
    if (error != 0) {
        return error;
    }
    return step->was_taken(user) ? 0 : -EPERM;
}

int privilege_drop(const struct privilege_user *user, const char **step)
{
    const unsigned is = (user != NULL ? WITH_USER : 0) | (geteuid() == 0 ? AS_ROOT : 0);
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if ((steps[i].when & ~is) != 0) {
            continue;
        }
        *step = steps[i].name;
        int error = take_step(&steps[i], user);
        if (error != 0) {
            return error;
        }
    }
    *step = NULL;
    return 0;
}
