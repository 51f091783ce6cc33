/* SPDX-License-Identifier: MIT */
#include "gemd/policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gemd/policy/internal.h"

static const char built_in[] = "allow uid 0 role operator sees all view yes\n"
                               "allow self role operator sees all view yes\n"
                               "allow any\n";

void policy_free(struct policy *policy)
{
    if (policy != NULL) {
        free(policy->rules);
        free(policy);
    }
}

const char *policy_source(const struct policy *policy)
{
    return policy->source;
}

size_t policy_rule_count(const struct policy *policy)
{
    return policy->count;
}

/* ---- matching ---- */

static bool is_within(const struct policy_condition *condition, uint32_t number)
{
    return number >= condition->first && number <= condition->last;
}

static bool has_group(const struct policy_condition *condition, const struct policy_peer *peer)
{
    if (is_within(condition, peer->gid)) {
        return true;
    }
    for (size_t i = 0; i < peer->group_count; i++) {
        if (is_within(condition, peer->groups[i])) {
            return true;
        }
    }
    return false;
}

static bool holds(const struct policy_condition *condition, const struct policy_peer *peer)
{
    switch (condition->kind) {
    case POLICY_ANY:
        return true;
    case POLICY_UID:
        return is_within(condition, peer->uid);
    case POLICY_GID:
        return has_group(condition, peer);
    }
    return false;
}

static bool matches(const struct policy_rule *rule, const struct policy_peer *peer)
{
    for (unsigned i = 0; i < rule->condition_count; i++) {
        if (!holds(&rule->conditions[i], peer)) {
            return false;
        }
    }
    return true;
}

void policy_match(const struct policy *policy, const struct policy_peer *peer,
                  struct policy_grant *grant)
{
    for (size_t i = 0; i < policy->count; i++) {
        if (matches(&policy->rules[i], peer)) {
            *grant = policy->rules[i].grant;
            return;
        }
    }
    *grant = (struct policy_grant){.connects = false};
    limits_default(&grant->limits);
}

/* ---- names ---- */

/* Unknown names are no error of the data base: it says 0 or one of these (getpwnam(3)). */
static int name_error(int error)
{
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM
               ? -ENOENT
               : -error;
}

static int system_user(const char *name, uid_t *uid)
{
    errno = 0;
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL) {
        return name_error(errno);
    }
    *uid = entry->pw_uid;
    return 0;
}

static int system_group(const char *name, gid_t *gid)
{
    errno = 0;
    const struct group *entry = getgrnam(name);
    if (entry == NULL) {
        return name_error(errno);
    }
    *gid = entry->gr_gid;
    return 0;
}

const struct policy_names policy_system_names = {
    .user = system_user, .group = system_group, .self = (uid_t)-1};

/* ---- files ---- */

/* Bytes of the file, at most 'room'; more is more than a policy may have. */
static ssize_t read_all(int fd, char *text, size_t room)
{
    size_t size = 0;
    while (size < room) {
        ssize_t got = read(fd, text + size, room - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -errno;
        }
        if (got == 0) {
            break;
        }
        size += (size_t)got;
    }
    return (ssize_t)size;
}

/* A file that others may write would let them decide. */
static const char *file_fault(const struct stat *status)
{
    if (!S_ISREG(status->st_mode)) {
        return "it is not a file";
    }
    if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return "its group or others may write it (mode go-w is needed)";
    }
    if (status->st_uid != 0 && status->st_uid != geteuid()) {
        return "it is neither root's nor ours";
    }
    return NULL;
}

static ssize_t read_file(const char *path, char *text, char reason[POLICY_REASON_MAX])
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t size = fd < 0 || fstat(fd, &status) != 0 ? -errno : 0;
    const char *fault = size < 0 ? strerror((int)-size) : file_fault(&status);
    if (fault == NULL) {
        size = read_all(fd, text, POLICY_TEXT_MAX + 1);
        fault = size < 0 ? strerror((int)-size) : NULL;
    } else if (size == 0) {
        size = -EPERM;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (fault != NULL) {
        snprintf(reason, POLICY_REASON_MAX, "%.128s: %s", path, fault);
    }
    return size;
}

struct policy *policy_load(const char *path, const struct policy_names *names, int *error,
                           char reason[POLICY_REASON_MAX])
{
    struct policy *policy = NULL;
    char *text = malloc(POLICY_TEXT_MAX + 1);
    if (text == NULL) {
        snprintf(reason, POLICY_REASON_MAX, "%.128s: out of memory", path);
        *error = -ENOMEM;
        return NULL;
    }
    ssize_t size = read_file(path, text, reason);
    if (size < 0) {
        *error = (int)size;
    } else {
        policy = policy_parse(path, text, (size_t)size, names, error, reason);
    }
    free(text);
    return policy;
}

struct policy *policy_open(const char *option, const struct policy_names *names, int *error,
                           char reason[POLICY_REASON_MAX])
{
    *error = 0;
    if (option == NULL || strcmp(option, POLICY_NONE) != 0) {
        struct policy *policy =
            policy_load(option != NULL ? option : POLICY_PATH, names, error, reason);
        if (policy != NULL || option != NULL || *error != -ENOENT) {
            return policy;
        }
    }
    return policy_parse(POLICY_BUILT_IN, built_in, sizeof(built_in) - 1, names, error, reason);
}
