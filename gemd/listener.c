/* SPDX-License-Identifier: MIT */
#include "gemd/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/address.h"

#define BACKLOG 64

int listener_default_path(char *path, size_t size)
{
    if (geteuid() == 0) {
        return snprintf(path, size, "%s", ADDRESS_SYSTEM) < (int)size ? 0 : -ENAMETOOLONG;
    }
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime == NULL || runtime[0] != '/') {
        return -ENOENT;
    }
    return snprintf(path, size, "%s/gemd/gemd.sock", runtime) < (int)size ? 0 : -ENAMETOOLONG;
}

static int make_directory(const char *path, bool *made)
{
    char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];
    snprintf(copy, sizeof(copy), "%s", path);
    const char *directory = dirname(copy);
    *made = mkdir(directory, geteuid() == 0 ? 0755 : 0700) == 0;
    return *made || errno == EEXIST ? 0 : -errno;
}

/* Two daemons that start at once must not both replace the same stale socket. */
static int lock_directory(const char *path)
{
    char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];
    snprintf(copy, sizeof(copy), "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (flock(fd, LOCK_EX) != 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

/* 0: nothing is in the way any more. */
static int remove_stale(const char *path, const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return -EEXIST;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    int result = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    int error = errno;
    close(fd);
    if (result == 0 || error != ECONNREFUSED) {
        return -EADDRINUSE;
    }
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

static int bind_and_listen(struct listener *listener, const struct sockaddr_un *address)
{
    listener->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0) {
        return -errno;
    }
    /* The mode counts from the moment the file exists. */
    mode_t mask = umask(geteuid() == 0 ? 0117 : 0177);
    int result = bind(listener->fd, (const struct sockaddr *)address, sizeof(*address));
    int error = -errno;
    umask(mask);
    if (result != 0) {
        return error;
    }
    listener->bound = true;
    struct stat status;
    if (lstat(listener->path, &status) != 0 || listen(listener->fd, BACKLOG) != 0) {
        return -errno;
    }
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    return 0;
}

int listener_open(struct listener *listener, const char *path)
{
    struct sockaddr_un address;
    *listener = (struct listener){.fd = -1};
    int error = address_of_path(path, &address);
    if (error != 0) {
        return error;
    }
    snprintf(listener->path, sizeof(listener->path), "%s", path);
    error = make_directory(path, &listener->made);
    if (error != 0) {
        return error;
    }
    int lock = lock_directory(path);
    if (lock < 0) {
        return lock;
    }
    error = remove_stale(path, &address);
    if (error == 0) {
        error = bind_and_listen(listener, &address);
    }
    close(lock);
    if (error != 0) {
        listener_close(listener);
    }
    return error;
}

/* Its owner, if it is ours: who may write to the directory could have put a link in its place. */
static int give_socket(const struct listener *listener, uid_t uid)
{
    struct stat status;
    int fd = open(listener->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int error = 0;
    if (fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode) || status.st_dev != listener->device ||
        status.st_ino != listener->inode) {
        error = -ESTALE;
    } else if (fchownat(fd, "", uid, (gid_t)-1, AT_EMPTY_PATH) != 0) {
        error = -errno;
    }
    close(fd);
    return error;
}

int listener_give(const struct listener *listener, uid_t uid)
{
    char copy[sizeof(listener->path)];
    if (!listener->bound) {
        return 0;
    }
    int error = give_socket(listener, uid);
    snprintf(copy, sizeof(copy), "%s", listener->path);
    if (error == 0 && listener->made && lchown(dirname(copy), uid, (gid_t)-1) != 0) {
        error = -errno;
    }
    return error;
}

void listener_adopt(struct listener *listener, int fd)
{
    *listener = (struct listener){.fd = fd};
}

void listener_close(struct listener *listener)
{
    struct stat status;
    if (listener->bound && lstat(listener->path, &status) == 0 &&
        status.st_dev == listener->device && status.st_ino == listener->inode) {
        unlink(listener->path);
    }
    listener->bound = false;
    if (listener->fd >= 0) {
        close(listener->fd);
        listener->fd = -1;
    }
}
