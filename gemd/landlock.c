/* SPDX-License-Identifier: MIT */
/* Files, by Landlock. Its library calls are newer than our C library: system calls by number. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gemd/sandbox.h"

/* Newer than the headers that we build with. */
#define FS_REFER    (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL    (UINT64_C(1) << 15)
#define NET_TCP     UINT64_C(3) /* bind, connect */
#define SCOPES      UINT64_C(3) /* abstract sockets, signals */

struct ruleset {
    uint64_t files, net, scopes;
};

static const uint64_t rights_of[] = {
    [SANDBOX_CREATE] = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE,
    [SANDBOX_WRITE] = LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE,
    [SANDBOX_REMOVE] = LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

/* All that this version of Landlock can take away, and how much of the struct it knows. */
static size_t ruleset_of_version(long version, struct ruleset *set)
{
    *set = (struct ruleset){.files = FS_REFER - 1};
    set->files |= version >= 2 ? FS_REFER : 0;
    set->files |= version >= 3 ? FS_TRUNCATE : 0;
    set->files |= version >= 5 ? FS_IOCTL : 0;
    set->net = version >= 4 ? NET_TCP : 0;
    set->scopes = version >= 6 ? SCOPES : 0;
    return version >= 6 ? 24 : version >= 4 ? 16 : 8;
}

static int add_path(int ruleset, const struct sandbox_path *path, uint64_t handled)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = rights_of[path->right] & handled,
        .parent_fd = open(path->path, O_PATH | O_CLOEXEC),
    };
    if (beneath.parent_fd < 0) {
        return -errno;
    }
    long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    int error = result < 0 ? -errno : 0;
    close(beneath.parent_fd);
    return error;
}

int sandbox_close_files(const struct sandbox_path *paths, size_t count)
{
    struct ruleset set;
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0) {
        return errno == ENOSYS ? -EOPNOTSUPP : -errno;
    }
    size_t size = ruleset_of_version(version, &set);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
    if (ruleset < 0) {
        return -errno;
    }
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        error = add_path(ruleset, &paths[i], set.files);
    }
    if (error == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
        error = -errno;
    }
    close(ruleset);
    return error;
}
