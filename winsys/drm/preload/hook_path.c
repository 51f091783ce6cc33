/* SPDX-License-Identifier: MIT */
/* Calls that only name a path, or tell one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "winsys/drm/preload/next.h"
#include "winsys/drm/preload/node.h"
#include "winsys/drm/preload/paths.h"

HOOK int access(const char *path, int mode)
{
    struct path_room room;

    return NEXT(access)(path_map(AT_FDCWD, path, &room), mode);
}

HOOK int faccessat(int at, const char *path, int mode, int flags)
{
    struct path_room room;

    return NEXT(faccessat)(at, path_map(at, path, &room), mode, flags);
}

HOOK int euidaccess(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

HOOK int eaccess(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

/* Lists of files ask for these, and say so when the file is not there. */
HOOK ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
    struct path_room room;

    return NEXT(getxattr)(path_map(AT_FDCWD, path, &room), name, value, size);
}

HOOK ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
    struct path_room room;

    return NEXT(lgetxattr)(path_map(AT_FDCWD, path, &room), name, value, size);
}

HOOK ssize_t listxattr(const char *path, char *list, size_t size)
{
    struct path_room room;

    return NEXT(listxattr)(path_map(AT_FDCWD, path, &room), list, size);
}

HOOK ssize_t llistxattr(const char *path, char *list, size_t size)
{
    struct path_room room;

    return NEXT(llistxattr)(path_map(AT_FDCWD, path, &room), list, size);
}

/* ---- where one is ---- */

HOOK int chdir(const char *path)
{
    struct path_room room;

    return NEXT(chdir)(path_map(AT_FDCWD, path, &room));
}

HOOK char *getcwd(char *room, size_t size)
{
    char *path = NEXT(getcwd)(room, size);

    if (path != NULL) {
        path_unmap(path);
    }
    return path;
}

char *__getcwd_chk(char *room, size_t size, size_t whole);

HOOK char *__getcwd_chk(char *room, size_t size, size_t whole)
{
    char *path = NEXT(__getcwd_chk)(room, size, whole);

    if (path != NULL) {
        path_unmap(path);
    }
    return path;
}

HOOK char *get_current_dir_name(void)
{
    char *path = NEXT(get_current_dir_name)();

    if (path != NULL) {
        path_unmap(path);
    }
    return path;
}

/* ---- links ---- */

static ssize_t put_link(const char *name, char *text, size_t size)
{
    const size_t used = strlen(name) < size ? strlen(name) : size;

    memcpy(text, name, used);
    return (ssize_t)used;
}

/* The link of a descriptor, if it is a DRM file or leads into R; -1: the kernel's answer will do.
 */
static ssize_t descriptor_link(int at, const char *path, char *text, size_t size)
{
    static const char *const names[] = {"/dev/dri/card0", "/dev/dri/renderD128"};
    struct path_room room;
    pid_t process;
    int fd;

    if (!path_descriptor(at, path, &process, &fd)) {
        return -1;
    }
    const int minor = node_of_descriptor(process, fd);
    if (minor >= 0) {
        return put_link(names[minor != 0], text, size);
    }
    const int error = errno;
    const ssize_t length = NEXT(readlinkat)(at, path, room.text, PATH_MAX);
    errno = error;
    if (length <= 0) {
        return -1;
    }
    room.text[length] = '\0';
    return path_unmap(room.text) ? put_link(room.text, text, size) : -1;
}

HOOK ssize_t readlink(const char *path, char *text, size_t size)
{
    struct path_room room;
    const ssize_t length = descriptor_link(AT_FDCWD, path, text, size);

    return length >= 0 ? length : NEXT(readlink)(path_map(AT_FDCWD, path, &room), text, size);
}

HOOK ssize_t readlinkat(int at, const char *path, char *text, size_t size)
{
    struct path_room room;
    const ssize_t length = descriptor_link(at, path, text, size);

    return length >= 0 ? length : NEXT(readlinkat)(at, path_map(at, path, &room), text, size);
}

ssize_t __readlink_chk(const char *path, char *text, size_t size, size_t room);
ssize_t __readlinkat_chk(int at, const char *path, char *text, size_t size, size_t room);

HOOK ssize_t __readlink_chk(const char *path, char *text, size_t size, size_t room)
{
    return readlink(path, text, size < room ? size : room);
}

HOOK ssize_t __readlinkat_chk(int at, const char *path, char *text, size_t size, size_t room)
{
    return readlinkat(at, path, text, size < room ? size : room);
}

HOOK char *realpath(const char *path, char *resolved)
{
    struct path_room room;
    char *result = NEXT(realpath)(path_map(AT_FDCWD, path, &room), resolved);

    if (result != NULL) {
        path_unmap(result);
    }
    return result;
}

char *__realpath_chk(const char *path, char *resolved, size_t size);

HOOK char *__realpath_chk(const char *path, char *resolved, size_t size)
{
    struct path_room room;
    char *result = NEXT(__realpath_chk)(path_map(AT_FDCWD, path, &room), resolved, size);

    if (result != NULL) {
        path_unmap(result);
    }
    return result;
}

HOOK char *canonicalize_file_name(const char *path)
{
    return realpath(path, NULL);
}

/* ---- directories ---- */

HOOK DIR *opendir(const char *path)
{
    struct path_room room;

    return NEXT(opendir)(path_map(AT_FDCWD, path, &room));
}

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "one layout for both");

/* Devices are sockets in R; programs that look at the type want devices. */
static struct dirent *finish_entry(DIR *directory, struct dirent *entry)
{
    struct stat status;

    if (entry != NULL && entry->d_type == DT_SOCK &&
        (strncmp(entry->d_name, "card", 4) == 0 || strncmp(entry->d_name, "render", 6) == 0)) {
        const int error = errno;
        if (NEXT(fstatat)(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            node_of_status(&status) >= 0) {
            entry->d_type = DT_CHR;
        }
        errno = error;
    }
    return entry;
}

HOOK struct dirent *readdir(DIR *directory)
{
    return finish_entry(directory, NEXT(readdir)(directory));
}

HOOK struct dirent64 *readdir64(DIR *directory)
{
    return (struct dirent64 *)finish_entry(directory, (struct dirent *)NEXT(readdir64)(directory));
}

HOOK int scandir(const char *path, struct dirent ***list, int (*select)(const struct dirent *),
                 int (*compare)(const struct dirent **, const struct dirent **))
{
    struct path_room room;

    return NEXT(scandir)(path_map(AT_FDCWD, path, &room), list, select, compare);
}

HOOK int scandir64(const char *path, struct dirent64 ***list,
                   int (*select)(const struct dirent64 *),
                   int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
    struct path_room room;

    return NEXT(scandir64)(path_map(AT_FDCWD, path, &room), list, select, compare);
}

HOOK int scandirat(int at, const char *path, struct dirent ***list,
                   int (*select)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **))
{
    struct path_room room;

    return NEXT(scandirat)(at, path_map(at, path, &room), list, select, compare);
}

HOOK int scandirat64(int at, const char *path, struct dirent64 ***list,
                     int (*select)(const struct dirent64 *),
                     int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
    struct path_room room;

    return NEXT(scandirat64)(at, path_map(at, path, &room), list, select, compare);
}

static void close_directory(void *directory)
{
    closedir(directory);
}

static struct dirent *read_directory(void *directory)
{
    return readdir(directory);
}

static void *open_directory(const char *path)
{
    return opendir(path);
}

/* The C library's own walk would not come through here. */
static int call_glob(const char *pattern, int flags, int (*on_error)(const char *, int),
                     glob_t *list)
{
    if ((flags & GLOB_ALTDIRFUNC) != 0) {
        return NEXT(glob)(pattern, flags, on_error, list);
    }
    list->gl_closedir = close_directory;
    list->gl_readdir = read_directory;
    list->gl_opendir = open_directory;
    list->gl_lstat = lstat;
    list->gl_stat = stat;
    const int result = NEXT(glob)(pattern, flags | GLOB_ALTDIRFUNC, on_error, list);
    list->gl_flags &= ~GLOB_ALTDIRFUNC;
    return result;
}

HOOK int glob(const char *pattern, int flags, int (*on_error)(const char *, int), glob_t *list)
{
    return call_glob(pattern, flags, on_error, list);
}

HOOK int glob64(const char *pattern, int flags, int (*on_error)(const char *, int), glob64_t *list)
{
    return call_glob(pattern, flags, on_error, (glob_t *)list);
}

/* ---- file systems ---- */

/* libudev believes only what lies on a sysfs. */
static long type_of(const char *path, long type)
{
    if (path_is_ours(path, "/sys")) {
        return SYSFS_MAGIC;
    }
    return path_is_ours(path, "/dri") ? TMPFS_MAGIC : type;
}

static long type_of_fd(int fd, long type)
{
    char link[48];
    struct path_room room;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const ssize_t length = NEXT(readlink)(link, room.text, PATH_MAX);
    if (length <= 0) {
        return type;
    }
    room.text[length] = '\0';
    return type_of(room.text, type);
}

HOOK int statfs(const char *path, struct statfs *status)
{
    struct path_room room;
    const char *mapped = path_map(AT_FDCWD, path, &room);
    const int result = NEXT(statfs)(mapped, status);

    if (result == 0 && mapped != path) {
        status->f_type = type_of(mapped, status->f_type);
    }
    return result;
}

HOOK int statfs64(const char *path, struct statfs64 *status)
{
    struct path_room room;
    const char *mapped = path_map(AT_FDCWD, path, &room);
    const int result = NEXT(statfs64)(mapped, status);

    if (result == 0 && mapped != path) {
        status->f_type = type_of(mapped, status->f_type);
    }
    return result;
}

HOOK int fstatfs(int fd, struct statfs *status)
{
    const int result = NEXT(fstatfs)(fd, status);

    if (result == 0) {
        status->f_type = type_of_fd(fd, status->f_type);
    }
    return result;
}

HOOK int fstatfs64(int fd, struct statfs64 *status)
{
    const int result = NEXT(fstatfs64)(fd, status);

    if (result == 0) {
        status->f_type = type_of_fd(fd, status->f_type);
    }
    return result;
}

HOOK int statvfs(const char *path, struct statvfs *status)
{
    struct path_room room;

    return NEXT(statvfs)(path_map(AT_FDCWD, path, &room), status);
}

HOOK int statvfs64(const char *path, struct statvfs64 *status)
{
    struct path_room room;

    return NEXT(statvfs64)(path_map(AT_FDCWD, path, &room), status);
}

HOOK int name_to_handle_at(int at, const char *path, struct file_handle *handle, int *mount,
                           int flags)
{
    struct path_room room;

    return NEXT(name_to_handle_at)(at, path_map(at, path, &room), handle, mount, flags);
}

HOOK int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    struct path_room room;

    return NEXT(inotify_add_watch)(fd, path_map(AT_FDCWD, path, &room), mask);
}
